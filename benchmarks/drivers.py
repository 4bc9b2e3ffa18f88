"""Whether drivers are flagged where there are none, and found where there are, simulated.

    python benchmarks/drivers.py [--studies 400] [--workers 2] [--only CELL] [--large]

A study is invented: people who talk unevenly and leave out stages, six stages, four themes at each
that some people speak of more than others. In `nothing` feeling has nothing to do with themes: the
share of studies in which any driver "differs" should be 5 % or less, and each 95 % interval should
hold its true figure in 95 of 100 studies. In `one driver` whoever speaks of one theme at one stage
felt worse there by 0.4, in every word; the share of studies that find it is shown, and how many
flag another. In `theme's own words` only the words of that theme are worse, by 0.5. In `talkers are
gloomy` no theme has to do with feeling either, but those who talk more feel worse: a contrast
cannot tell that from a driver.

`--large` times 1,000 interviews of 100 units with 12 stages and 120 themes.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

# Many small products: threads would only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd

ROOT = Path(__file__).parents[1]
sys.path[0] = str(ROOT)

from journeyqual import drivers, estimate, opportunities  # noqa: E402
from journeyqual.codebook import Codebook, from_dict  # noqa: E402
from journeyqual.schema import METRICS  # noqa: E402

FEELING = np.array([0.2, 0.0, -0.1, 0.3, -0.4, 0.1])
SPOKEN = np.array([0.25, 0.15, 0.12, 0.06])
"""How much of a stage's talk is of each of its themes, on average."""
AT, WHICH = 2, 1
"""The stage and the theme there that make a difference, where one does."""


@dataclass(frozen=True)
class World:
    """What makes a difference to feeling.

    Parameters
    ----------
    speakers
        By how much whoever speaks of the one theme feels better at its stage.
    words
        By how much the words of the one theme are better.
    gloom
        By how much a person feels worse who talks e times as much.
    """

    speakers: float = 0.0
    words: float = 0.0
    gloom: float = 0.0


CELLS = {
    "nothing": World(),
    "one driver": World(speakers=-0.4),
    "theme's own words": World(words=-0.5),
    "talkers are gloomy": World(gloom=0.3),
}
PEOPLE = (12, 20, 40)


def book(stages: int) -> Codebook:
    """Return a codebook of so many stages."""
    return from_dict({"name": "Simulated", "stage": [{"name": f"s{k}"} for k in range(stages)]})


def themes_of(stages: int, each: int) -> pd.DataFrame:
    """Return THEMES, so many for each stage."""
    ids = [(f"s{k}", f"s{k}-t{j}") for k in range(stages) for j in range(each)]
    blank = {"named_by": "", "definition": "", "words": "", "representative": "", "found_at": ""}
    out = pd.DataFrame(ids, columns=["scope", "theme"])
    return out.assign(
        name=out["theme"], status="suggested", n_units=0, n_participants=0, round=1, **blank
    )


def study(seed: int, people: int, world: World) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the coded units and THEMED of one invented study."""
    rng = np.random.default_rng([seed, people])
    stages, each = len(FEELING), len(SPOKEN)
    sizes = np.clip(rng.lognormal(np.log(30), 0.6, people).round(), 6, 160).astype(int)
    person = np.repeat(np.arange(people), sizes)
    shares = rng.gamma(2.0, size=(people, stages)) * (rng.random((people, stages)) > 0.15)
    shares[shares.sum(axis=1) == 0] = 1.0
    ends = np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1)
    stage = (rng.random(len(person))[:, None] > ends[person]).sum(axis=1).clip(max=stages - 1)
    # Some people speak of a theme again and again, most of them never.
    told = SPOKEN * rng.gamma(0.7, 1 / 0.7, size=(people, stages, each))
    told /= np.maximum(told.sum(axis=2, keepdims=True), 1.0)
    edges = np.cumsum(told, axis=2)[person, stage]
    theme = (rng.random(len(person))[:, None] > edges).sum(axis=1)
    own = rng.normal(0, 0.2, (people, stages)) + rng.normal(0, 0.15, (people, 1))
    own -= world.gloom * (np.log(sizes) - np.log(30))[:, None]
    about = (stage == AT) & (theme == WHICH)
    own[np.unique(person[about]), AT] += world.speakers
    felt = FEELING[stage] + own[person, stage] + world.words * about
    felt += rng.normal(0, 0.35, len(person))
    names = np.array([*(f"t{j}" for j in range(each)), ""], dtype=object)[theme]
    scope = np.array([f"s{k}" for k in range(stages)], dtype=object)[stage]
    ids = [f"u{i:05}" for i in range(len(person))]
    coded = pd.DataFrame(
        {
            "unit_id": ids,
            "participant": [f"P{p:03}" for p in person],
            "stage": scope,
            "valence": np.clip(felt, -1, 1),
        }
    )
    whole = np.where(names != "", scope + "-" + names, "")
    themed = pd.DataFrame({"unit_id": ids, "scope": scope, "theme": whole, "similarity": np.nan})
    return coded, themed


def found(seed: int, people: int, world: World, draws: int = 1000) -> pd.DataFrame:
    """Return DRIVERS of one invented study."""
    coded, themed = study(seed, people, world)
    return drivers.drivers(
        coded,
        themed,
        themes_of(len(FEELING), len(SPOKEN)),
        book(len(FEELING)),
        draws=draws,
        seed=seed,
    )


def flags(tables: list[pd.DataFrame]) -> tuple[float, float, float]:
    """Return the shares of studies: any driver flagged, the one, and any but the one."""
    the_one = f"s{AT}-t{WHICH}"
    any_ = [bool(table["differs"].any()) for table in tables]
    one = [bool(table.loc[table["theme"] == the_one, "differs"].any()) for table in tables]
    other = [bool(table.loc[table["theme"] != the_one, "differs"].any()) for table in tables]
    return float(np.mean(any_)), float(np.mean(one)), float(np.mean(other))


@cache
def truth() -> dict[int, float]:
    """Return the point of each stage among 20,000 people to whom themes make no difference."""
    coded, _ = study(0, 20_000, World())
    table = estimate.curve(coded, book(len(FEELING)), draws=1)
    return dict(zip(table["stage_order"], table["valence"], strict=True))


def holds(tables: list[pd.DataFrame], least: int = 5) -> dict[str, float]:
    """Return how often intervals hold what is true where feeling has nothing to do with themes."""
    table = pd.concat(tables, ignore_index=True)
    table = table[table["n_with"] >= least]
    out = {}
    for name in ("contrast", "pull", "valence"):
        at = table[~table["is_thin"]] if name == "contrast" else table
        true = at["stage_order"].map(truth()) if name == "valence" else 0.0
        low, high = at[f"{name}_low"], at[f"{name}_high"]
        out[name] = float(((low <= true) & (true <= high))[low.notna()].mean())
    return out


def large(interviews: int = 1000, units: int = 100, stages: int = 12, each: int = 10) -> None:
    """Print how long drivers and opportunities of a large study take."""
    rng = np.random.default_rng(1)
    n = interviews * units
    scope = np.array([f"s{k}" for k in range(stages)], dtype=object)[rng.integers(stages, size=n)]
    theme = np.array([f"-t{j}" for j in range(each)], dtype=object)[rng.integers(each, size=n)]
    ids = [f"u{i:06}" for i in range(n)]
    coded = pd.DataFrame(
        {
            "unit_id": ids,
            "participant": np.repeat([f"P{p:04}" for p in range(interviews)], units),
            "stage": scope,
            "valence": rng.uniform(-1, 1, n),
        }
    )
    themed = pd.DataFrame(
        {"unit_id": ids, "scope": scope, "theme": scope + theme, "similarity": np.nan}
    )
    themed.loc[rng.random(n) < 0.4, "theme"] = ""
    start = time.perf_counter()
    made = drivers.drivers(coded, themed, themes_of(stages, each), book(stages))
    middle = time.perf_counter()
    todo = opportunities.opportunities(coded, themed, made, METRICS.empty(), book(stages))
    end = time.perf_counter()
    print(f"{n} units, {len(made)} drivers: {middle - start:.1f} s")
    print(f"{len(todo)} opportunities: {end - middle:.1f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=400, help="simulated studies a cell")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--only", default="", help="the cell whose name begins so")
    parser.add_argument("--large", action="store_true", help="time a large study instead")
    args = parser.parse_args()
    if args.large:
        large()
        return
    print(f"{args.studies} studies a line, 24 themes at 6 stages")
    print(
        f"{'':20} people  tested  flagged: any  the one  another"
        "   intervals hold: contrast  pull  valence"
    )
    with ProcessPoolExecutor(args.workers) as pool:
        for cell, world in CELLS.items():
            if not cell.startswith(args.only):
                continue
            for people in PEOPLE:
                one = partial(found, people=people, world=world)
                tables = list(pool.map(one, range(args.studies), chunksize=5))
                tested = np.mean([table["joint_low"].notna().sum() for table in tables])
                any_, the_one, other = (100 * x for x in flags(tables))
                line = f"{cell:20} {people:6} {tested:7.1f}"
                line += f"{any_:14.1f} {the_one:8.1f} {other:8.1f}"
                if world == World():
                    held = holds(tables)
                    line += "".join(
                        f"{100 * held[name]:{wide}.1f}"
                        for name, wide in (("contrast", 27), ("pull", 6), ("valence", 9))
                    )
                print(line, flush=True)


if __name__ == "__main__":
    main()
