"""How long results take on a large study: 1,000 interviews, 100,000 units, 2,000 draws.

    python benchmarks/large_study.py

The study is made up at random (`coded`), its themes and their centres too; the figures are seconds
of one process, all imports done. What is left out: coding, the vectors of units, theme discovery.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ROOT = Path(__file__).parents[1]
sys.path[0] = str(ROOT)

from journeyqual import (  # noqa: E402
    drivers,
    estimate,
    evidence,
    moments,
    numbers,
    opportunities,
    sampling,
    schema,
)
from journeyqual.codebook import Codebook, from_dict  # noqa: E402
from journeyqual.themes.later import assign  # noqa: E402

INTERVIEWS, UNITS, STAGES = 1000, 100, 12
BAR = 10.0
"""Seconds that each result may take."""
WHOLE = 60.0
"""Seconds that a study's curve, drivers and themes may take together."""
EACH = 10
"""Themes a stage."""


def codebook(stages: int = STAGES) -> Codebook:
    """Return a codebook of so many stages, with the usual emotions."""
    return from_dict({"name": "Large", "stage": [{"name": f"stage {i}"} for i in range(stages)]})


def coded(book: Codebook, *, interviews: int = INTERVIEWS, units: int = UNITS) -> pd.DataFrame:
    """Return a large study as `journeyqual.estimate` reads it: 50 units a stage coded by people."""
    rng = np.random.default_rng(0)
    n = interviews * units
    person = np.repeat(np.arange(interviews), units)
    names = np.array([*book.stage_names, ""])
    feelings = np.array(book.emotion_names)
    stage = rng.integers(0, len(names), n)
    seen = np.where(rng.random(n) < 0.7, stage, rng.integers(0, len(names), n))
    valence = np.clip(rng.normal(np.linspace(-0.5, 0.5, len(names))[stage], 0.4), -1, 1)
    table = pd.DataFrame(
        {
            "unit_id": [f"u{i}" for i in range(n)],
            "participant": [f"P{p:04}" for p in person],
            "stage": names[seen],
            "valence": np.clip(0.5 * valence + rng.normal(0.1, 0.3, n), -1, 1),
            "emotion": feelings[rng.integers(0, len(feelings), n)],
            "stage_confidence": rng.random(n),
            "plan": np.array(["free", "team", "firm"])[person % 3],
            "wave": np.array(["2025-1", "2025-2", "2026-1", "2026-2"])[rng.integers(0, 4, n)],
        }
    )
    drawn = sampling.draw(table.rename(columns={"stage": "machine_stage"}), 50, seed=1)
    shown = drawn["place"].notna().to_numpy()
    return table.assign(
        human_stage=np.where(shown, names[stage], ""),
        human_valence=np.where(shown, valence, np.nan),
        human_emotion=np.where(shown, table["emotion"], ""),
        sampling_probability=drawn["probability"].to_numpy(),
    )


def timed(name: str, call: Callable[[], Any], bar: float = BAR) -> Any:
    """Print how long a call takes, and whether that is under the bar; return what it returns."""
    start = time.perf_counter()
    out = call()
    took = time.perf_counter() - start
    print(f"{'met   ' if took < bar else 'MISSED'} {took:6.2f} s  {name}", flush=True)
    return out


def estimates(table: pd.DataFrame, book: Codebook) -> None:
    """Print how long the curve and what stands beside it take."""
    timed("curve, corrected", lambda: estimate.curve(table, book))
    timed("curve, machine", lambda: estimate.curve(table, book, method="machine"))
    timed("curve of three groups", lambda: estimate.curve(table, book, by="plan"))
    timed("differences of three groups", lambda: estimate.differences(table, book, by="plan"))
    timed("changes over four waves", lambda: estimate.changes(table, book, period="wave"))
    timed("lines", lambda: estimate.lines(table, book))
    timed("emotions", lambda: estimate.emotions(table, book))


def themes_of(table: pd.DataFrame, book: Codebook) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return THEMES and THEMED: so many themes a stage, each unit given to its nearest centre."""
    rng = np.random.default_rng(1)
    listed, parts = [], []
    for stage, mine in table.groupby("stage", sort=False):
        scope = stage or schema.OFF_JOURNEY
        names = [f"{scope} {i}" for i in range(EACH)]
        centres = rng.normal(size=(EACH, 384)).astype(np.float32)
        centres /= np.linalg.norm(centres, axis=1, keepdims=True)
        vectors = (centres[rng.integers(0, EACH, len(mine))] * 2).astype(np.float32)
        vectors += rng.normal(0, 0.08, vectors.shape).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        which, near = assign(vectors, centres, np.full(EACH, 0.3))
        theme = np.array([*names, ""], dtype=object)[which]
        given = {"unit_id": mine["unit_id"], "scope": scope, "theme": theme, "similarity": near}
        parts.append(pd.DataFrame(given))
        listed += [{"theme": name, "scope": scope, "name": name} for name in names]
    rest = {"named_by": "", "definition": "", "words": "", "status": "suggested", "n_units": 1}
    rest |= {"n_participants": 3, "representative": "", "found_at": "", "round": 1}
    made = schema.check(pd.DataFrame(listed).assign(**rest), schema.THEMES)
    return made, schema.check(pd.concat(parts), schema.THEMED)


def whys(table: pd.DataFrame, book: Codebook) -> None:
    """Print how long themes, drivers, numbers and what to do take."""
    themes, themed = timed("every unit given its theme", lambda: themes_of(table, book))
    made = timed("drivers", lambda: drivers.drivers(table, themed, themes, book))
    metrics = pd.DataFrame(
        [
            {"stage": stage, "metric": "satisfied", "value": 50 + 3 * i, "unit": "%",
             "better": "higher"}
            for i, stage in enumerate(book.stage_names)
        ]
    )  # fmt: skip
    held = timed("numbers", lambda: numbers.numbers(metrics, table, book))
    timed("associations", lambda: numbers.associations(metrics, table, book))
    todo = timed("what to do", lambda: opportunities.opportunities(table, themed, made, held, book))
    timed("ranks", lambda: moments.ranks(table, book))
    timed(
        "units behind every figure",
        lambda: evidence.table(estimate.settled(table), book, themed=themed, opportunities=todo),
    )


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    # The first call pays for scipy's import.
    import scipy.sparse.csgraph
    import scipy.stats  # noqa: F401

    book = codebook()
    table = coded(book)
    print(
        f"{table['participant'].nunique()} interviews, {len(table)} units, {estimate.DRAWS} draws"
    )
    begun = time.perf_counter()
    estimates(table, book)
    whys(table, book)
    took = time.perf_counter() - begun
    print(f"{'met   ' if took < WHOLE else 'MISSED'} {took:6.2f} s  all of it")


if __name__ == "__main__":
    main()
