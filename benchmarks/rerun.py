"""What a re-run costs as a study grows: nothing new, and one new interview, at 10 to 10,000.

    python benchmarks/rerun.py [--sizes 10,100,1000,10000] [--keep FOLDER]

Each study has 60 units an interview, made up at random. Its store is filled with ready codings and
themes through the store's own functions, so that no model is waited for; a first run then makes the
reports. Each figure is the median of three processes, from a cold start. Seconds are those of the
processor, so that what else a machine does is not in them; the first of a line are the wall's. The
steps of a run are told apart: what a statistic or a report over all units costs (results, notebook,
html, pages, formats) grows with them, whatever the run; what remains is the run's own.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).parents[1]
sys.path[0] = str(ROOT)

from journeyqual import estimate, schema  # noqa: E402
from journeyqual.runs import reading  # noqa: E402
from journeyqual.scaffold import make_study  # noqa: E402
from journeyqual.schema import OFF_JOURNEY, TURNS, WHOLE_STUDY, check  # noqa: E402
from journeyqual.store import Interview  # noqa: E402
from journeyqual.study import Study, open_study  # noqa: E402
from journeyqual.units import from_turns, stored_text  # noqa: E402

SIZES = (10, 100, 1000, 10_000)
UNITS = 60
EACH = 5
"""Themes a scope."""
AT_ONCE = 100
"""Interviews stored between two writes of codings."""
OF_ALL = ("results", "notebook", "html", "pages", "formats")
"""Steps of a run that look at every unit, because a statistic or a report does."""
NO_STEPS = ("wall", "cpu", "kernels", "peak", "n", "coded")
TIMES = 3
GROWS, QUICK, MEMORY = 1.3, 5.0, 2048.0
"""The bars: one new at 1,000 beside 10; seconds with nothing new, MB of memory, both at 10,000."""

WHO = "I we they she he somebody everyone".split()
DID = "called ordered opened returned asked paid waited cancelled praised forgot sent".split()
WHAT = "invoice bicycle app courier contract counter battery letter password shop box meter".split()
HOW = "twice gladly in_vain at_once after_lunch for_weeks without_trouble again too_late".split()


def words(rng: np.random.Generator, count: int) -> list[str]:
    """Return so many short sentences; hardly two are the same."""
    picks = [rng.choice(some, count) for some in (WHO, DID, WHAT, HOW, WHAT)]
    numbers = rng.integers(0, 100_000, count)
    return [
        f"{a} {b} the {c} {d.replace('_', ' ')}, and then there was the {e} of {n}.".capitalize()
        for a, b, c, d, e, n in zip(*picks, numbers, strict=True)
    ]


def interview(number: int, rng: np.random.Generator) -> tuple[Interview, str]:
    """Return an interview of 60 answers, each a sentence and a unit, and its transcript."""
    name = f"P{number:05}"
    said = [text for answer in words(rng, UNITS) for text in ("And then?", answer)]
    turns = check(
        pd.DataFrame(
            {
                "interview": name, "participant": name, "turn_index": range(2 * UNITS),
                "speaker": ["Interviewer", name] * UNITS,
                "role": ["interviewer", "participant"] * UNITS, "text": said,
                "start_s": np.nan, "end_s": np.nan,
            }
        ),
        TURNS,
    )  # fmt: skip
    units = from_turns(turns, sentences=lambda texts: [[(0, len(t))] for t in texts])
    text, starts = stored_text(turns)
    lines = zip(turns["speaker"], turns["text"], strict=True)
    return Interview(turns, units, text, starts), "\n\n".join(f"{who}: {t}" for who, t in lines)


def codings(study: Study, units: pd.DataFrame, rng: np.random.Generator) -> None:
    """Store what the study's coders might say of these units, as if they had said it."""
    stages = np.array([*study.codebook.stage_names, ""])
    said = {
        "stage": stages[rng.integers(0, len(stages), len(units))],
        "touchpoint": np.full(len(units), ""),
        "valence": np.char.mod("%.3f", np.clip(rng.normal(0, 0.4, len(units)), -1, 1)),
        "emotion": rng.choice(study.codebook.emotion_names, len(units)),
        "emotions_fine": np.full(len(units), "neutral"),
    }
    for coder in study.machine_coders(schema.TAGS.empty().assign(participant="")):
        rows = [
            pd.DataFrame(
                {
                    "unit_id": units["unit_id"], "dimension": dimension, "value": said[dimension],
                    "coder": coder.name, "confidence": 0.8, "coded_at": "2026-01-01T00:00:00+00:00",
                    "codebook_version": study.codebook_version,
                }
            )
            for dimension in coder.dimensions
        ]  # fmt: skip
        mine = pd.concat(rows, ignore_index=True)
        study.store.add_codings(mine, done=(units["interview"].unique().tolist(), coder.key))


def themes(study: Study, rng: np.random.Generator) -> None:
    """Store themes of every scope, as if they had been discovered; centres are random.

    Each takes in whatever comes: when enough is left over, new ones are looked for, which is no
    part of what one new interview costs.
    """
    settled = estimate.settled(study.coded())[["unit_id", "stage"]]
    made_by = study.themes._made_by
    for scope in (WHOLE_STUDY, *study.codebook.stage_names, OFF_JOURNEY):
        at = settled["stage"] == ("" if scope == OFF_JOURNEY else scope)
        units = settled if scope == WHOLE_STUDY else settled[at]
        centres = rng.normal(size=(EACH, 384)).astype(np.float32)
        centres /= np.linalg.norm(centres, axis=1, keepdims=True)
        ids = [f"{abs(hash((scope, i))):016x}"[:16] for i in range(EACH)]
        names = np.array([*ids, ""], dtype=object)
        given = names[rng.integers(0, EACH + 1, len(units))]
        rest = {"named_by": "", "definition": "", "words": "", "status": "suggested", "n_units": 1}
        rest |= {"n_participants": 3, "found_at": "", "round": 1}
        found = pd.DataFrame(
            {"theme": ids, "scope": scope, "name": [f"{scope} {i}" for i in range(EACH)]}
        ).assign(representative=[" ".join(units["unit_id"][given == i].head(3)) for i in ids])
        study.store.themes.add_round(
            scope, 1, check(found.assign(**rest), schema.THEMES),
            pd.DataFrame(
                {"unit_id": units["unit_id"], "scope": scope, "theme": given, "similarity": 0.5}
            ),
            centroids=centres, thresholds=np.full(EACH, -1.0), encoder=made_by, n_units=len(units),
        )  # fmt: skip


def fill(folder: Path, size: int) -> None:
    """Make a study of so many interviews whose store holds everything but a report."""
    rng = np.random.default_rng(size)
    make_study(folder)
    study = open_study(folder)
    held: list[pd.DataFrame] = []
    for number in range(size):
        one, transcript = interview(number, rng)
        path = folder / "transcripts" / f"{one.name}.txt"
        path.write_text(transcript + "\n", encoding="utf-8")
        study.store.add_interviews(
            [one], source=reading.source_of(path, folder / "transcripts"),
            sha256=reading.content_of(path),
        )  # fmt: skip
        held.append(one.units)
        if len(held) == AT_ONCE or number == size - 1:
            codings(study, pd.concat(held, ignore_index=True), rng)
            held = []
    themes(study, rng)
    study.close()


ONE_RUN = """
import json, resource, sys, time
from pathlib import Path
from types import SimpleNamespace
from journeyqual.cli.studies import run_study
from journeyqual import reports
from journeyqual.runs import door, result
# Of this process's own work, not of what else the machine is busy with.
result.time = door.time = reports.time = SimpleNamespace(perf_counter=time.process_time)
summary = {}
run_study(Path(sys.argv[1]), summary, full=False, reports=None)
mine, kernels = (resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(json.dumps({
    "cpu": mine.ru_utime + mine.ru_stime, "kernels": kernels.ru_utime + kernels.ru_stime,
    "peak": max(mine.ru_maxrss, kernels.ru_maxrss) / 1024, "n": len(summary["read"]),
    "coded": summary["coded"], **summary["seconds"],
}))
"""


def measured(folder: Path) -> dict[str, float]:
    """Run a study in a process of its own; return its figures: times of the processor, but one."""
    begun = time.perf_counter()
    out = subprocess.run(
        [sys.executable, "-c", ONE_RUN, str(folder)], capture_output=True, text=True, cwd=ROOT
    )
    if out.returncode:
        sys.exit(out.stderr)
    return {"wall": time.perf_counter() - begun, **json.loads(out.stdout.splitlines()[-1])}


def middle(rows: list[dict[str, float]]) -> dict[str, float]:
    """Return the median of each figure."""
    return {key: statistics.median(row.get(key, 0.0) for row in rows) for key in rows[0]}


def study_of(size: int, folder: Path, times: int) -> dict[str, dict[str, float]]:
    """Fill a study and return the figures of its first report, nothing new, and one new."""
    begun = time.perf_counter()
    if not (folder / "study.toml").exists():
        fill(folder, size)
        print(f"{size:6}  filled in {time.perf_counter() - begun:.0f} s", flush=True)
    out = {"reports": measured(folder)}
    out["nothing"] = middle([measured(folder) for _ in range(times)])
    rng = np.random.default_rng()
    rows = []
    for _ in range(times):
        there = len(list((folder / "transcripts").iterdir()))
        one, transcript = interview(there, rng)
        (folder / "transcripts" / f"{one.name}.txt").write_text(transcript + "\n", encoding="utf-8")
        rows.append(measured(folder))
        assert rows[-1]["n"] == 1, rows
        assert rows[-1]["coded"] == UNITS, rows
    out["one"] = middle(rows)
    for name, row in out.items():
        own = row["cpu"] - sum(row.get(step, 0.0) for step in OF_ALL)
        row["own"] = own
        steps = ", ".join(f"{k} {v:.2f}" for k, v in row.items() if k not in {*NO_STEPS, "own"})
        print(
            f"{size:6}  {name:8} {row['wall']:7.2f} s, {row['cpu']:6.2f} s of a core and"
            f" {row['kernels']:6.2f} s in kernels, own {own:5.2f} s, {row['peak']:5.0f} MB"
            f"   ({steps})",
            flush=True,
        )
    return out


def power(sizes: list[int], values: list[float]) -> float:
    """Return the exponent of growth: 0 is flat, 1 in step with the interviews."""
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


def first_runs(sizes: tuple[int, ...], scratch: Path) -> None:
    """Print how long a study's first run takes, from its transcripts on."""
    for size in sizes:
        folder = make_study(scratch / f"first-{size}")
        rng = np.random.default_rng(size)
        for number in range(size):
            one, transcript = interview(number, rng)
            path = folder / "transcripts" / f"{one.name}.txt"
            path.write_text(transcript + "\n", encoding="utf-8")
        row = measured(folder)
        steps = ", ".join(f"{k} {v:.1f}" for k, v in row.items() if k not in NO_STEPS)
        print(f"{size:6}  first    {row['wall']:7.2f} s, {row['peak']:6.0f} MB   ({steps})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--keep", type=Path, help="where filled studies stay for the next time")
    parser.add_argument("--first", action="store_true", help="time first runs of 10 and 100, too")
    parser.add_argument("--times", type=int, default=TIMES, help="processes that a figure is of")
    given = parser.parse_args()
    sizes = [int(size) for size in given.sizes.split(",")]
    scratch = given.keep or Path(tempfile.mkdtemp(prefix="journeyqual-rerun-"))
    found = {size: study_of(size, scratch / str(size), given.times) for size in sizes}
    if given.first:
        first_runs((10, 100), scratch)
    if len(sizes) > 1:
        for name in ("nothing", "one"):
            for figure in ("wall", "own", "peak"):
                grown = power(sizes, [found[size][name][figure] for size in sizes])
                print(f"growth of {name}'s {figure}: interviews to the power of {grown:.2f}")
    bars = []
    if {10, 1000} <= set(sizes):
        ratio = found[1000]["one"]["own"] / found[10]["one"]["own"]
        bars.append((ratio <= GROWS, f"one new at 1,000 is {ratio:.2f} × that at 10"))
    if 10_000 in sizes:
        took, peak = found[10_000]["nothing"]["wall"], found[10_000]["one"]["peak"]
        bars.append((took < QUICK, f"nothing new at 10,000: {took:.1f} s"))
        bars.append((peak < MEMORY, f"memory at 10,000: {peak:.0f} MB"))
    for met, line in bars:
        print(f"{'met   ' if met else 'MISSED'} {line}")
    if given.keep is None:
        shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
