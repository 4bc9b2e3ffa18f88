"""Studies for the tests of formats: a real store, and invented themes, drivers and numbers.

What the why of a study is made of has tests of its own; here it only has to be there, with the
words that must not break a file.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from journeyqual import open_study, schema
from journeyqual.codebook import Codebook
from journeyqual.reports.formats.tables import Results, gather
from tests.reports.fake_study import HOSTILE, QUOTE, FakeStudy, codebook
from tests.reports.real_study import _fill, _toml

NASTY = (
    "=cmd|' /C calc'!A0 </w:t><script>alert(1)</script> & \"quoted\" [link](javascript:alert(2)) "
    "\u202etfel ot thgir \u200bzero\u200dwidth مرحبا "
)
"""What must never run, anywhere."""
LONG = ("a name that never ends, " * 17)[:400]
SILENT = "P03"
SECRET = "zanzibar quince"
"""What the participant said who does not agree to be quoted."""


def make(
    folder: Path,
    *,
    book: Codebook | None = None,
    words: str = QUOTE,
    title: str = "Pannier: the first year with a cargo bike",
    people: int = 12,
    by: str = "segment",
    theme: str = "",
) -> Path:
    """Make a study folder; `SILENT` is somebody in it who may not be quoted."""
    folder.mkdir(parents=True)
    book = book or codebook()
    coded = FakeStudy(codebook=book, n=people).coded()
    (folder / "study.toml").write_text(
        f"title = {json.dumps(title)}\nnote = {json.dumps('These interviews are invented.')}\n"
        f"{theme}\n[curve]\ndraws = 200\n" + (f"by = {json.dumps(by)}\n" if by else ""),
        encoding="utf-8",
    )
    (folder / "codebook.toml").write_text(_toml(book), encoding="utf-8")
    (folder / "transcripts").mkdir()
    known = coded.drop_duplicates("participant")[["participant", "segment", "town"]]
    known = known.assign(consent_quote=np.where(known["participant"] == SILENT, "no", "yes"))
    known.to_csv(folder / "participants.csv", index=False)
    study = open_study(folder)
    for person, own in coded.groupby("participant"):
        _fill(study, own, f"{SECRET} {words}" if person == SILENT else words)
    study.close()
    return folder


def dressed(folder: Path, *, words: str = "", empty: bool = False) -> object:
    """Open a study and give it a why; ``words`` stands before each name and statement."""
    study = open_study(folder)
    why = Why(study, words, empty=empty)
    study.__dict__["why"] = why
    study.__dict__["themes"] = SimpleNamespace(
        table=lambda **_: why.themes(), state=lambda: "fixed", units=schema.THEMED.empty
    )
    return study


def results(folder: Path, **given: object) -> Results:
    study = dressed(folder, **given)
    found = gather(study)
    study.close()
    return found


class Why:
    """Invented tables of the declared shape, over the stages of a study."""

    def __init__(self, study, words, *, empty):
        self.study, self.words, self.empty = study, words, empty
        self.curve = study.curve()
        self.told = self.curve[self.curve["valence"].notna()]

    def _made(self, rows, table):
        rows = [] if self.empty else list(rows)
        return schema.check(pd.DataFrame(rows, columns=table.names), table)

    def _named(self, stage):
        for number, name in enumerate(("late without a word", "kind people"), start=1):
            yield f"{stage.stage_order}-{number}", f"{self.words}{name}"

    def themes(self):
        rows = (
            dict.fromkeys(schema.THEMES.names, "")
            | {"theme": theme, "scope": s.stage, "name": name, "status": "accepted"}
            | {"n_units": 5, "n_participants": 4, "found_at": "2026-04-24", "round": 1}
            for s in self.told.itertuples()
            for theme, name in self._named(s)
        )
        return self._made(rows, schema.THEMES)

    def drivers(self):
        rows = []
        for s in self.told.itertuples():
            for number, (theme, name) in enumerate(self._named(s)):
                shift = 0.4 if number else -0.4
                row = dict.fromkeys(schema.DRIVERS.names, np.nan)
                row |= {"stage": s.stage, "stage_order": s.stage_order, "theme": theme}
                row |= {"name": name, "contrast": shift, "contrast_low": shift - 0.2}
                row |= {"contrast_high": shift + 0.2, "differs": not number, "n_with": 5}
                row |= {"n_without": 6, "n_units": 9, "is_thin": False, "method": s.method}
                rows.append(row | {"reason": ""})
        return self._made(rows, schema.DRIVERS)

    def quotes(self):
        quotes = self.study.quotes()
        rows = [
            {
                "theme": f"{q.stage_order}-1",
                "name": f"{self.words}late without a word",
                **q._asdict(),
            }
            for q in quotes.itertuples(index=False)
        ]
        return self._made(rows, schema.DRIVER_QUOTES)

    def opportunities(self):
        owners = itertools.cycle(["Operations", "Finance", "Support", f"{self.words}Product"])
        rows = []
        for rank, s in enumerate(self.told.sort_values("valence").itertuples(), start=1):
            row = dict.fromkeys(schema.OPPORTUNITIES.names, np.nan)
            row |= {"rank": rank, "kind": "mend" if s.valence < 0 else "keep", "theme": ""}
            row |= {"owner": next(owners), "stage": s.stage, "stage_order": s.stage_order}
            row |= {"name": s.stage, "n_people": 7, "n_of": 12, "share": 7 / 12, "depth": 0.4}
            row |= {"metric": "", "stake": 1.0, "score": 0.2, "score_low": 0.1, "score_high": 0.3}
            row |= {"n_units": 12, "is_thin": False, "method": s.method}
            said = f"{self.words}{row['kind']} {s.stage}: 7 of 12 speak of it so."
            rows.append(row | {"statement": said})
        return self._made(rows, schema.OPPORTUNITIES)

    def numbers(self):
        flags = itertools.cycle(schema.FLAGS)
        rows = []
        for s in self.told.itertuples():
            row = dict.fromkeys(schema.NUMBERS.names, "")
            row |= {"stage": s.stage, "metric": f"{self.words}left within a year", "value": 17.25}
            row |= {"unit": "%", "better": "lower", "period": "2026-Q1", "flag": next(flags)}
            row |= {"stage_order": s.stage_order, "valence": s.valence, "is_thin": False}
            row |= {"valence_low": s.valence_low, "valence_high": s.valence_high}
            rows.append(row | {"n_participants": s.n_participants, "method": s.method})
        return self._made(rows, schema.NUMBERS)

    def associations(self):
        row = dict.fromkeys(schema.ASSOCIATIONS.names, "")
        row |= {"metric": f"{self.words}left within a year", "across": "stages", "n_points": 8}
        row |= {"rho": -0.6, "rho_low": -0.9, "rho_high": 0.1, "p": 0.1, "method": "machine"}
        return self._made(
            [row | {"p_holm": 0.1, "words": "no settled association"}], schema.ASSOCIATIONS
        )

    def new_stages(self):
        row = dict.fromkeys(schema.NEW_STAGES.names, np.nan)
        row |= {"theme": "n-1", "name": f"{self.words}insurance", "words": "", "n_units": 6}
        row |= {"n_participants": 4, "told_after": "", "told_before": "", "representative": ""}
        return self._made([row | {"reason": ""}], schema.NEW_STAGES)

    def examples(self):
        quotes = self.study.quotes().head(2)
        rows = (
            {"theme": "n-1", "rank": place, "unit_id": q.unit_id, "interview": q.interview}
            | {"participant": q.participant, "text": q.text}
            for place, q in enumerate(quotes.itertuples(index=False), start=1)
        )
        return self._made(rows, schema.STAGE_EXAMPLES)


def hostile(folder: Path) -> Path:
    """Make a study whose every word is an attack."""
    book = codebook(suffix=f" {HOSTILE}")
    return make(folder, book=book, words=NASTY + QUOTE, title=NASTY + LONG)
