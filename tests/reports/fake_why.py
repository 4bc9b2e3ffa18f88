"""Made themes, numbers and points to do over invented codings: what reports ask ``study.why`` for.

Themes are dealt out by a seed; what is computed of them is the package's own. The tables of the
team's numbers and of what to do are written here, so that each case of theirs is on the page.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from journeyqual import drivers
from journeyqual.codebook import Codebook
from journeyqual.estimate import settled
from journeyqual.schema import (
    ASSOCIATIONS,
    FLAGS,
    NUMBERS,
    OFF_JOURNEY,
    OPPORTUNITIES,
    STAGE_EXAMPLES,
    THEMED,
    THEMES,
    check,
)

NAMES = ("late again", "the app", "<b>price & terms</b>")


class FakeThemes:
    """Answers what ``study.themes`` answers."""

    def __init__(self, table: pd.DataFrame, themed: pd.DataFrame) -> None:
        self._table, self._themed = table, themed

    def table(self, status: object = None) -> pd.DataFrame:
        return self._table

    def units(self, scope: str = "") -> pd.DataFrame:
        return self._themed

    def state(self) -> str:
        return "made"


class FakeWhy:
    """Answers what ``study.why`` answers, over any coded units."""

    def __init__(
        self, coded: pd.DataFrame, codebook: Codebook, curve: pd.DataFrame, *, mark: str = ""
    ) -> None:
        self.coded, self.codebook, self.curve = coded, codebook, curve
        self.mark = mark
        self.themes = self._deal()

    def _deal(self) -> FakeThemes:
        """Two themes a stage, the first spoken of by those who feel worse, and one off it."""
        rng = np.random.default_rng(3)
        held = settled(self.coded)
        rows, named = [], []
        for number, stage in enumerate((*self.codebook.stage_names, OFF_JOURNEY)):
            own = held[held["stage"] == ("" if stage == OFF_JOURNEY else stage)]
            if own.empty:
                continue
            low = own["valence"] < own["valence"].median()
            chance = np.where(low, 0.5, 0.08)
            first = rng.random(len(own)) < chance
            second = ~first & (rng.random(len(own)) < 0.25)
            ids = [f"t{number:02d}{k}" for k in range(2)]
            theme = np.where(first, ids[0], np.where(second, ids[1], ""))
            rows.append(
                pd.DataFrame(
                    {"unit_id": own["unit_id"], "scope": stage, "theme": theme, "similarity": 0.5}
                )
            )
            for k, one in enumerate(ids):
                mine = own[theme == one]
                named.append(
                    {
                        "theme": one, "scope": stage,
                        "name": f"{NAMES[(number + k) % 3]}{self.mark}",
                        "named_by": "human:ana" if k == 0 else "", "definition": "",
                        "words": "van, slot, wait, call", "n_units": len(mine),
                        "status": "accepted" if k == 0 else "suggested",
                        "n_participants": mine["participant"].nunique(),
                        "representative": " ".join(mine["unit_id"].head(3)),
                        "found_at": "2026-05-01", "round": 1,
                    }
                )  # fmt: skip
        waiting = {**named[0], "theme": "t99", "status": "proposed", "named_by": "", "name": "rain"}
        table = pd.DataFrame([*named, waiting]) if named else THEMES.empty()
        themed = pd.concat(rows, ignore_index=True) if rows else THEMED.empty()
        return FakeThemes(check(table, THEMES), check(themed, THEMED))

    def drivers(self) -> pd.DataFrame:
        return drivers.drivers(
            self.coded, self.themes.units(), self.themes.table(), self.codebook, draws=200
        )

    def quotes(self, units: pd.DataFrame | None = None) -> pd.DataFrame:
        return drivers.quotes(
            settled(self.coded).assign(unsure=False),
            units if units is not None else self._units(),
            self.themes.units(),
            self.drivers(),
            self.codebook,
        )

    def _units(self) -> pd.DataFrame:
        return self.coded.assign(
            kind="segment", turn_index=0, start_char=0, end_char=1, start_s=61.0, end_s=70.0,
            text=[
                f"What {p} said of it, and it took some telling before it was told{self.mark}."
                for p in self.coded["participant"]
            ],
        )  # fmt: skip

    def new_stages(self) -> pd.DataFrame:
        return drivers.new_stages(
            settled(self.coded), self.themes.units(), self.themes.table(), self.codebook, draws=200
        )

    def examples(self) -> pd.DataFrame:
        found = drivers.examples(self.new_stages(), self._units())
        return check(found, STAGE_EXAMPLES)

    def opportunities(self) -> pd.DataFrame:
        """Return a point for every driver whose own words have a side."""
        table = self.drivers()
        many = self.coded["participant"].nunique()
        rows: list[dict[str, Any]] = []
        for r in table[table["valence"].notna()].itertuples():
            depth = abs(r.valence)
            score = depth * r.n_with / many * 0.5
            rows.append(
                {
                    "kind": "mend" if r.valence < 0 else "keep",
                    "owner": self.codebook.stage(r.stage).owner, "stage": r.stage,
                    "stage_order": r.stage_order, "theme": r.theme, "name": r.name,
                    "n_people": r.n_with, "n_of": many, "share": r.n_with / many,
                    "share_low": 0.1, "share_high": 0.9, "depth": depth,
                    "metric": f"done in time{self.mark}" if r.stage_order % 2 else "",
                    "stake": 0.5, "score": score, "score_low": 0.6 * score,
                    "score_high": min(1.0, 1.4 * score), "n_units": r.n_units,
                    "is_thin": r.is_thin, "method": r.method, "statement": "One sentence.",
                }
            )  # fmt: skip
        rows.sort(key=lambda row: -row["score"])
        table = pd.DataFrame(
            [{"rank": n, **row} for n, row in enumerate(rows, start=1)],
            columns=OPPORTUNITIES.names,
        )
        return check(table, OPPORTUNITIES)

    def numbers(self) -> pd.DataFrame:
        """Return one number a stage, with every flag in turn."""
        rows = []
        for n, r in enumerate(self.curve.itertuples()):
            rows.append(
                {
                    "stage": r.stage, "stage_order": r.stage_order,
                    "metric": f"done in time{self.mark}", "value": 91.0 - 7 * n, "unit": "%",
                    "better": "higher", "period": "2026-Q1", "group": "",
                    "valence": r.valence, "valence_low": r.valence_low,
                    "valence_high": r.valence_high, "n_participants": r.n_participants,
                    "is_thin": r.is_thin, "method": r.method, "flag": FLAGS[n % len(FLAGS)],
                    "compared": "other stages", "why": f"Why number {n} is so{self.mark}.",
                }
            )  # fmt: skip
        return check(pd.DataFrame(rows, columns=NUMBERS.names), NUMBERS)

    def associations(self) -> pd.DataFrame:
        row = {
            "metric": f"done in time{self.mark}", "unit": "%", "stage": "", "group": "",
            "period": "", "across": "stages", "n_points": 8, "p_holm": 0.02,
            "rho": 0.8, "rho_low": 0.3, "rho_high": 0.95, "p": 0.01, "words": "moves with",
            "method": "machine", "reason": "",
        }  # fmt: skip
        few = {
            **row, "metric": "calls", "n_points": 2, "rho": np.nan, "rho_low": np.nan,
            "rho_high": np.nan, "p": np.nan, "p_holm": np.nan, "words": "cannot say",
            "reason": "it takes four points",
        }  # fmt: skip
        return check(pd.DataFrame([row, few]), ASSOCIATIONS)
