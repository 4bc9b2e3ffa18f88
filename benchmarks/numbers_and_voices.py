"""Whether "moves with" keeps its word, simulated: intervals of rank associations, and flags.

    python benchmarks/numbers_and_voices.py [--studies 400] [--workers 2] [--only PART]

``stages``: a number is brought for each of k stages, and goes with what people truly feel there by
a known rank correlation. People talk unevenly and leave out stages. How often does the interval
hold the true rank correlation, of these very stages and of stages such as these? Beside it what
one would otherwise do: the percentiles of the bootstrap over participants alone, and the interval
for so many points alone.

``flags``: nobody feels different from anybody, at any stage, in any group or wave; how many studies
have a flag all the same?

``speed``: 1,000 interviews of 100 units, 12 stages, 4 groups, 3 periods.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import product
from pathlib import Path

# Many small products: threads would only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd

ROOT = Path(__file__).parents[1]
sys.path[0] = str(ROOT)

from journeyqual import numbers  # noqa: E402
from journeyqual.codebook import Codebook, from_dict  # noqa: E402
from journeyqual.numbers import moving  # noqa: E402
from journeyqual.numbers.voices import heard  # noqa: E402

DRAWS = 400
RHOS = (0.0, 0.6, 0.9)
POINTS = (4, 6, 8, 12)
PEOPLE = (8, 12, 40)
SPREADS = (0.1, 0.25)
"""Standard deviation of true feelings over stages."""
EVERYBODY = ("", "")


def book(stages: int) -> Codebook:
    return from_dict({"name": "B", "stage": [{"name": f"s{i:02}"} for i in range(stages)]})


def talk(rng: np.random.Generator, people: int, feeling: np.ndarray) -> pd.DataFrame:
    """Return coded units of people who talk unevenly and leave out one stage in seven."""
    stages = len(feeling)
    sizes = np.clip(rng.lognormal(np.log(5 * stages), 0.5, people).round(), stages, None)
    person = np.repeat(np.arange(people), sizes.astype(int))
    shares = rng.gamma(2.0, size=(people, stages))
    left_out = rng.random((people, stages)) < 0.15
    left_out[np.arange(people), rng.integers(stages, size=people)] = False
    shares[left_out] = 0
    ends = np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1)
    stage = (rng.random(len(person))[:, None] > ends[person]).sum(axis=1).clip(max=stages - 1)
    own = rng.normal(0, 0.2, (people, stages)) + rng.normal(0, 0.15, (people, 1))
    felt = feeling[stage] + own[person, stage] + rng.normal(0, 0.35, len(person))
    return pd.DataFrame(
        {
            "unit_id": [f"u{i}" for i in range(len(person))],
            "participant": [f"P{p:04}" for p in person],
            "stage": np.array([f"s{i:02}" for i in range(stages)], dtype=object)[stage],
            "valence": np.clip(felt, -1, 1),
        }
    )


def percentiles(x: np.ndarray, drawn: np.ndarray) -> tuple[float, float]:
    """Return what the bootstrap over participants alone would say."""
    rows = drawn[~np.isnan(drawn).any(axis=1)]
    one, other = moving._ranks(rows), moving._ranks(x)
    rho = (one @ other) / np.sqrt((one**2).sum(axis=1) * (other**2).sum())
    low, high = np.percentile(rho, [2.5, 97.5])
    return float(low), float(high)


def stages_study(seed: int, *, points: int, people: int, spread: float) -> list[np.ndarray]:
    """Return for each rho: both truths, p, and the ends of three intervals."""
    rng = np.random.default_rng([seed, points, people, round(100 * spread)])
    # Truly normal feelings, far enough from the ends of the scale that clipping hardly counts.
    true = np.clip(rng.normal(0, spread, points), -0.6, 0.6)
    coded = talk(rng, people, true)
    feel = heard(coded, book(points), "", "", DRAWS, seed, 5).together([EVERYBODY], seed)[EVERYBODY]
    # As thin stages are left out; five voices leave four degrees of freedom.
    firm = np.flatnonzero(feel.df[:-1] >= 4)
    if len(firm) < moving.MIN_POINTS:
        return [np.full(9, np.nan)] * len(RHOS)
    true, points = true[firm], len(firm)
    y, drawn = feel.point[firm], feel.drawn[:, firm]
    moved = (drawn - y) * feel.grown[firm]
    out = []
    for rho in RHOS:
        x = rho * true / spread + np.sqrt(1 - rho**2) * rng.normal(size=points)
        seen = moving._spearman(x, y)
        here, such = moving._spearman(x, true), 6 / np.pi * np.arcsin(rho / 2)
        p = moving._permuted(x, y, seen, DRAWS, seed)
        plain = moving._interval(seen, y, np.zeros_like(moved))
        ends = (*moving._interval(seen, y, moved), *percentiles(x, drawn), *plain)
        out.append(np.array([here, such, p, *ends]))
    return out


def stages_table(studies: int, run: Callable) -> Iterator[str]:
    yield "how often the interval holds the true rank correlation (these stages / such stages), %"
    yield "stages people spread rho |    ours       width | voices alone | points alone | moves"
    for points, people, spread in product(POINTS, PEOPLE, SPREADS):
        one = partial(stages_study, points=points, people=people, spread=spread)
        found = np.array(list(run(one, range(studies))))
        found = found[~np.isnan(found).any(axis=(1, 2))]
        for i, rho in enumerate(RHOS):
            here, such, p, *ends = found[:, i].T
            cells = []
            for low, high in zip(ends[::2], ends[1::2], strict=True):
                held = [(low - 1e-9 <= t) & (t <= high + 1e-9) for t in (here, such)]
                cells.append(f"{100 * held[0].mean():5.1f} / {100 * held[1].mean():5.1f}")
            low, high = ends[:2]
            moves = ((p <= moving.ALPHA) & ((low > 0) | (high < 0))).mean()
            yield (
                f"{points:6} {people:6} {spread:6} {rho:3} | {cells[0]} {np.mean(high - low):5.2f}"
                f" | {cells[1]} | {cells[2]} | {100 * moves:4.1f}"
            )


def flags_study(seed: int, *, people: int, kind: str) -> tuple[bool, bool]:
    """Return whether anything is flagged where there is nothing to flag."""
    rng = np.random.default_rng([seed, people])
    its = book(6)
    coded = talk(rng, people, np.full(6, 0.1))
    person = coded["participant"].str[1:].astype(int)
    coded = coded.assign(plan=np.array(list("abc"))[person % 3])
    # The same people, heard twice.
    again = talk(rng, people, np.full(6, 0.1)).assign(wave="2026")
    again["unit_id"] = "v" + again["unit_id"]
    given = {"groups": {"by": "plan"}, "periods": {"period": "wave"}, "stages": {}}[kind]
    if kind == "periods":
        coded = pd.concat([coded.assign(wave="2025"), again], ignore_index=True)
    labels = {"groups": list("abc"), "periods": ["2025", "2026"], "stages": [""]}[kind]
    rows = [
        (stage, "signed", "%", "higher", rng.random(), *(
            (label, "") if kind == "groups" else ("", label)
        ))
        for stage in its.stage_names
        for label in labels
    ]  # fmt: skip
    names = ["stage", "metric", "unit", "better", "value", "group", "period"]
    metrics = pd.DataFrame(rows, columns=names)
    out = numbers.numbers(metrics, coded, its, draws=DRAWS, seed=seed, **given)
    return bool(out["flag"].isin(["agree", "disagree"]).any()), bool(
        (out["flag"] == "disagree").any()
    )


def flags_table(studies: int, run: Callable) -> Iterator[str]:
    yield "nothing differs: studies with any flag but unsettled, and with a disagreement, %"
    for kind, people in product(("groups", "periods", "stages"), (15, 30, 60)):
        found = np.array(list(run(partial(flags_study, people=people, kind=kind), range(studies))))
        some, disagree = 100 * found.mean(axis=0)
        yield f"{kind:8} {people:3} people | {some:4.1f} | {disagree:4.1f}"


def speed_table() -> Iterator[str]:
    rng = np.random.default_rng(0)
    its = book(12)
    person = np.repeat(np.arange(1000), 100)
    coded = pd.DataFrame(
        {
            "unit_id": np.arange(100_000).astype(str),
            "participant": person.astype(str),
            "stage": np.array(its.stage_names, dtype=object)[rng.integers(12, size=100_000)],
            "valence": rng.uniform(-1, 1, 100_000),
            "plan": np.array(list("abcd"), dtype=object)[person % 4],
            "wave": np.array(["2024", "2025", "2026"], dtype=object)[person % 3],
        }
    )
    rows = [
        (stage, f"m{i}", rng.random(), "%", "higher", wave, plan)
        for stage in ("", *its.stage_names)
        for i in range(3)
        for plan in ("", *"abcd")
        for wave in ("2024", "2025", "2026")
    ]
    names = ["stage", "metric", "value", "unit", "better", "period", "group"]
    metrics = pd.DataFrame(rows, columns=names)
    yield f"{len(coded):,} units of 1,000 interviews, {len(metrics)} numbers, 2,000 draws"
    for made in (numbers.numbers, numbers.associations):
        start = time.perf_counter()
        out = made(metrics, coded, its, by="plan", period="wave")
        yield f"{made.__name__:12} {time.perf_counter() - start:5.1f} s, {len(out)} rows"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=400, help="simulated studies a cell")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--only", default="", help="stages, flags or speed")
    args = parser.parse_args()
    with ProcessPoolExecutor(args.workers) as pool:
        run = partial(pool.map, chunksize=10)
        parts = {
            "speed": speed_table(),
            "flags": flags_table(args.studies, run),
            "stages": stages_table(args.studies, run),
        }
        for name, lines in parts.items():
            if args.only in ("", name):
                for line in lines:
                    print(line, flush=True)


if __name__ == "__main__":
    main()
