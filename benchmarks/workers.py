"""What a second worker brings: one, two, and the run without any, on the same interviews.

    python benchmarks/workers.py [--interviews 100] [--times 3]

Each interview has 60 units, made up at random (`benchmarks/rerun.py`); the coders are the shipped
ones. Timed, by the wall, is what workers do: reading, names, units, coding, up to the last row in
the store. What a run does after that looks at all units and is done in one process, whoever coded
(themes take half a minute); it stands beside. Workers have one thread each, and have their models
loaded when the clock starts; what that costs stands apart, too. The ways take turns, and each
figure is the median of its times. On two cores two workers share them with the process that stores.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path[0] = str(ROOT)

from benchmarks.rerun import interview  # noqa: E402
from journeyqual import runs  # noqa: E402
from journeyqual.runs import coding  # noqa: E402
from journeyqual.runs.pool import cluster  # noqa: E402
from journeyqual.scaffold import make_study  # noqa: E402
from journeyqual.study import open_study  # noqa: E402

BAR = 1.7
"""Two workers beside one."""
SHARED = ("read", "units", "code")
"""Steps of a run that workers share."""
WARM = 4
"""Interviews that load the models of each worker; too few for themes."""
WAYS = {"one worker": 1, "two workers": 2, "no worker, two threads": 0}


def filled(folder: Path, count: int, seed: int) -> Path:
    """Make a study of so many transcripts that no run has read."""
    make_study(folder)
    rng = np.random.default_rng(seed)
    for number in range(count):
        one, transcript = interview(number, rng)
        (folder / "transcripts" / f"{one.name}.txt").write_text(transcript + "\n", encoding="utf-8")
    return folder


def timed(folder: Path, pool: object) -> tuple[float, float, int]:
    """Run a study that is not yet read; return seconds that workers share, the rest, the units."""
    study = open_study(folder)
    try:
        began = time.perf_counter()
        result = runs.run(study, report=False, pool=pool)
        shared = sum(result.seconds.get(step, 0.0) for step in SHARED)
        return shared, time.perf_counter() - began - shared, result.coded
    finally:
        study.close()


def one_way(workers: int, study: Path, warm: Path, scratch: Path) -> tuple[float, ...]:
    """Return seconds of starting, of what workers share, of the rest; and the units coded."""
    with ExitStack() as stack:
        began = time.perf_counter()
        pool = stack.enter_context(cluster(workers=workers)) if workers else None
        # A batch for each interview, so that each worker gets one.
        whole, coding.BATCH = coding.BATCH, 1
        timed(shutil.copytree(warm, scratch / "warm"), pool)
        coding.BATCH = whole
        started = time.perf_counter() - began
        return started, *timed(shutil.copytree(study, scratch / "study"), pool)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--interviews", type=int, default=100)
    parser.add_argument("--times", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="journeyqual-workers-") as name:
        scratch = Path(name)
        study = filled(scratch / "all", given.interviews, seed=1)
        warm = filled(scratch / "few", WARM, seed=2)
        found: dict[str, list[tuple[float, ...]]] = {way: [] for way in WAYS}
        for turn in range(given.times):
            for way, workers in WAYS.items():
                with tempfile.TemporaryDirectory(dir=scratch) as room:
                    found[way].append(one_way(workers, study, warm, Path(room)))
                started, took, rest, coded = found[way][-1]
                print(
                    f"{turn + 1}  {way:24} {took:7.1f} s for {coded} units, then {rest:.1f} s in"
                    f" one process; starting, with {WARM} interviews to warm up: {started:.1f} s",
                    flush=True,
                )
        middle = {way: statistics.median(row[1] for row in rows) for way, rows in found.items()}
        one, two, none = middle.values()
        print(f"medians of {given.times}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        for way, took in middle.items():
            print(f"   {way:24} {took:7.1f} s   {one / took:.2f} × one worker")
        print(f"{'met   ' if one / two >= BAR else 'MISSED'} two workers are {one / two:.2f} × one")
        print(f"       two threads without workers are {one / none:.2f} × one worker")


if __name__ == "__main__":
    main()
