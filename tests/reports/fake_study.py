"""A study made of numbers and a few sentences, with the methods that reports ask a study for.

Its tables come from the package's own estimators over invented codings, so they have the
shapes and the truths of real ones: thin stages, stages nobody spoke of, intervals.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from journeyqual import estimate, findings
from journeyqual.codebook import Codebook, from_dict
from journeyqual.schema import MOVED, QUOTES, check

STAGES = [
    ("hearing of it", "buyer", "Marketing", 0.3, 0.1, 0.35),
    ("comparing and deciding", "buyer", "Marketing", 0.2, -0.2, 0.3),
    ("test ride and sign-up", "buyer", "Sales", 0.7, 0.6, 0.3),
    ("delivery and set-up", "customer", "Operations", 0.6, -0.55, 0.3),
    ("everyday riding", "customer", "Product", 0.8, 0.5, 0.35),
    ("repairs and support", "customer", "Support", 0.4, 0.0, 0.7),
    ("billing and plan", "customer", "Finance", 0.0, -0.3, 0.3),
    ("renewing or leaving", "customer", "Marketing", 0.6, 0.3, 0.4),
]
HOSTILE = (
    "</script><script>alert(1)</script><!-- <img src=x onerror=alert(2)> "
    "\"quoted\" 'single' & *bold* [link](javascript:alert(3)) `code` "
    "\u202etfel ot thgir\u202c \u200bzero\u200dwidth مرحبا"
)
QUOTE = (
    "He said between eight and twelve, and then it was, um, it was half past three, and I had the "
    "little one on my hip and the app going round and round."
)


def codebook(n: int = len(STAGES), *, suffix: str = "") -> Codebook:
    """Return a codebook of ``n`` stages; beyond the eight known ones they are numbered."""
    stages = []
    for i in range(n):
        if i < len(STAGES):
            name, side, owner, expected = STAGES[i][:4]
        else:
            name, side, owner, expected = f"stage {i + 1}", "customer", "", None
        stage: dict[str, Any] = {
            "name": name + suffix,
            "side": side,
            "brief": "what it is about",
            "definition": f"Everything said about {name}.",
            "owner": owner,
            "touchpoints": [{"name": "e-mail", "channel": "e-mail"}],
        }
        if expected is not None:
            stage["expected_valence"] = expected
        stages.append(stage)
    return from_dict({"name": "Cargo bikes by the month", "version": "2", "stage": stages})


@dataclass(frozen=True)
class FakeConfig:
    by: str = "segment"
    title: str = "Pannier: the first year with a cargo bike"
    note: str = "These interviews are invented."


@dataclass
class FakeStudy:
    """Answers what `journeyqual.study.Study` answers."""

    codebook: Codebook = field(default_factory=codebook)
    config: FakeConfig = field(default_factory=FakeConfig)
    n: int = 12
    quote: str = QUOTE
    empty_stage: int | None = None
    people_coded: bool = False

    @property
    def note(self) -> str:
        return self.config.note

    def coded(self) -> pd.DataFrame:
        """Return invented codings: three units a participant and stage, some stages skipped."""
        rng = np.random.default_rng(7)
        rows = []
        names = self.codebook.emotion_names
        for p in range(self.n):
            for s, stage in enumerate(self.codebook.stages):
                if s == self.empty_stage or (s == 6 and p % 3) or rng.random() < 0.12:
                    continue
                mean, sd = STAGES[s][4:] if s < len(STAGES) else (0.2, 0.4)
                if s == 5:
                    mean = 0.6 if p % 2 == 0 else -0.6
                own = rng.normal(mean, sd)
                for k in range(3):
                    v = float(np.clip(rng.normal(own, 0.25), -1, 1))
                    pool = names[:4] if v > 0.25 else names[4:8] if v < -0.25 else names[-1:]
                    rows.append(
                        {
                            "unit_id": f"u{p:02d}{s:02d}{k}",
                            "participant": f"P{p + 1:02d}",
                            "stage": stage.name,
                            "valence": v,
                            "emotion": str(rng.choice(list(pool))),
                            "segment": "family" if p % 2 == 0 else "trader",
                            "town": ["Harlow Vale", "Thornbridge", "Eastmere", "Oxley"][p % 4],
                        }
                    )
        frame = pd.DataFrame(rows)
        if self.people_coded:
            frame["human_stage"], frame["human_valence"] = frame["stage"], frame["valence"]
        return frame

    def curve(self, by: str = "") -> pd.DataFrame:
        return estimate.curve(self.coded(), self.codebook, by=by, draws=200)

    def lines(self, by: str = "") -> pd.DataFrame:
        return estimate.lines(self.coded(), self.codebook, by=by)

    def emotions(self, by: str = "") -> pd.DataFrame:
        return estimate.emotions(self.coded(), self.codebook, by=by)

    def quotes(self, supporting: int = 2, contradicting: int = 1) -> pd.DataFrame:
        rows = []
        for point in self.curve().itertuples():
            if point.n_units == 0:
                continue
            stances = ["supports"] * supporting
            # Some stages have no quote against them: the page has to say so.
            if point.stage_order % 3:
                stances += ["contradicts"] * contradicting
            for i, stance in enumerate(stances):
                strength = 0.6 if stance == "supports" else -0.5
                rows.append(
                    {
                        "stage": point.stage,
                        "stage_order": point.stage_order,
                        "stance": stance,
                        "rank": 1 + (i if stance == "supports" else 0),
                        "unit_id": f"q{point.stage_order}{i}",
                        "interview": f"P{i + 1:02d}_2026-03-04",
                        "participant": f"P{i + 1:02d}",
                        "text": self.quote,
                        "start_s": 61.0 + 75 * point.stage_order if i else np.nan,
                        "valence": float(np.sign(point.valence)) * strength,
                        "emotion": "frustration",
                        "unsure": i == 1,
                    }
                )
        return check(pd.DataFrame(rows, columns=QUOTES.names), QUOTES)

    def moved(self, supporting: int = 2, contradicting: int = 1) -> pd.DataFrame:
        quotes = self.quotes(supporting, contradicting)
        rows = [
            {"unit_id": q.unit_id, "valence": -0.6, "start": a, "end": b, "shift": shift}
            for q in quotes.itertuples()
            for a, b, shift in zip((0, 4), (3, 8), (-0.4, 0.1), strict=True)
        ]
        return check(pd.DataFrame(rows, columns=MOVED.names), MOVED)

    def reading(self) -> pd.DataFrame:
        return estimate.reading(self.curve())

    def headline(self) -> str:
        return findings.headline(self.curve())

    def coverage(self) -> pd.DataFrame:
        return findings.coverage(self.coded().assign(unsure=False), self.curve())

    def participants(self) -> pd.DataFrame:
        people = self.coded().drop_duplicates("participant")
        return people[["participant", "segment", "town"]].reset_index(drop=True)

    def facts(self) -> dict[str, str | int]:
        return {
            "codebook": f"{self.codebook.name}, version {self.codebook.version}",
            "coders": "model:stage-matcher@1; model:feeling@1",
            "encoder": "all-MiniLM-L6-v2",
            "interviews": self.n,
            "participants": self.n,
            "units": len(self.coded()),
            "units that fit no stage": 41,
            "units the coder is unsure of": 17,
            "seed": 0,
            "bootstrap draws": 200,
            "newest transcript": "2026-04-24",
            "journeyqual": "0.1.0",
        }
