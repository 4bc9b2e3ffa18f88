"""How long the parts take on a large study: 1,000 interviews, 100,000 units, 2,000 draws.

    python benchmarks/large_study.py

The study is made up at random (`coded`); the figures are seconds of one process, all imports done.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from journeyqual import estimate, sampling  # noqa: E402
from journeyqual.codebook import Codebook, from_dict  # noqa: E402

INTERVIEWS, UNITS, STAGES = 1000, 100, 12
BAR = 10.0
"""Seconds that each estimate may take."""


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


def timed(name: str, call: Callable[[], object], bar: float = BAR) -> None:
    """Print how long a call takes, and whether that is under the bar."""
    start = time.perf_counter()
    call()
    took = time.perf_counter() - start
    print(f"{'met   ' if took < bar else 'MISSED'} {took:6.2f} s  {name}", flush=True)


def estimates(table: pd.DataFrame, book: Codebook) -> None:
    """Print how long the curve and what stands beside it take."""
    timed("curve, corrected", lambda: estimate.curve(table, book))
    timed("curve, machine", lambda: estimate.curve(table, book, method="machine"))
    timed("curve of three groups", lambda: estimate.curve(table, book, by="plan"))
    timed("differences of three groups", lambda: estimate.differences(table, book, by="plan"))
    timed("changes over four waves", lambda: estimate.changes(table, book, period="wave"))
    timed("lines", lambda: estimate.lines(table, book))
    timed("emotions", lambda: estimate.emotions(table, book))


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
    estimates(table, book)


if __name__ == "__main__":
    main()
