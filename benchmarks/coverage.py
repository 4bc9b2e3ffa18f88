"""Whether 95 % intervals of the curve hold the truth in 95 of 100 studies, simulated.

    python benchmarks/coverage.py [--studies 1000] [--first 0] [--workers 2] [--only CELL]
                                  [--keep FOLDER]

A study is invented from end to end: people who talk unevenly and leave out stages, a coder that
reads stages and feeling from noisy features, a sample drawn by `journeyqual.sampling` for people to
code, and the curve by `journeyqual.estimate`. The truth is the curve of 200,000 such people, each
unit coded by a person. Three questions: what the machine alone makes of it, what people alone, what
both together, on the same drawn units.

Coders: `strong` (two stages in three right, feeling at r = .7) and `weak` (one in three, r = .4),
both of which draw feeling towards the middle. `taught` is the strong coder after it learned stage
and feeling from sixty vivid units that people picked, as a study teaches it: by
`journeyqual.coding.tags`, sampled units kept apart. `taught by all` learned from the sample as
well, a coded unit being read by a fit without its participant. `by heart` is what must not be: it
repeats what people said of the sampled units. `late` is the strong coder in a study of which the
second half was interviewed after the draw.

Beside them, differences of two groups, half of the participants each.
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

from journeyqual import estimate, sampling  # noqa: E402
from journeyqual.codebook import from_dict  # noqa: E402
from journeyqual.coding.tags import Tagged  # noqa: E402

STAGES = ("notice", "compare", "choose", "order", "arrive", "set up", "use", "leave")
NAMES = np.array([*STAGES, ""], dtype=object)
BOOK = from_dict({"name": "Simulated", "stage": [{"name": name} for name in STAGES]})
# Share of talk by stage, and mean feeling there; the last is talk that fits no stage.
SHARES = np.array([0.10, 0.12, 0.08, 0.10, 0.16, 0.08, 0.14, 0.06, 0.16])
FEELING = np.array([0.25, 0.05, -0.10, 0.35, 0.10, -0.45, 0.15, -0.30, 0.0])
APART = np.array([0.0, 0.0, 0.3, 0.0, 0.0, -0.2, 0.0, 0.2, 0.0])
"""What the second group feels differently."""
PER_STAGE = 16
"""Units of each machine stage, "none fits" among them, that people code: at most 144."""
PICKED = 60
"""Units that people picked to teach the coder."""
WIDE, DEEP = 24, 16
"""Features of stage and of feeling."""
SHARPNESS = 4.0
FIRMNESS = 8.0
"""How hard the taught coder holds on to what it knew of feeling (ridge penalty)."""
KIND = 0.08
"""By how much every coder is too kind."""
DRAWS = 1000


@dataclass(frozen=True)
class Coder:
    """How well a coder hears.

    Parameters
    ----------
    stage_noise, feeling_noise
        Standard deviation of what it hears beside the truth.
    slip
        How far its ideas of stages and of feeling are from people's.
    """

    stage_noise: float
    feeling_noise: float
    slip: float


STRONG, WEAK = Coder(0.44, 0.5, 0.8), Coder(0.67, 1.0, 1.2)

_WORLD = np.random.default_rng(7)
_PEOPLES = np.linalg.qr(_WORLD.normal(size=(WIDE, WIDE)))[0][: len(NAMES)]
_OFF = _WORLD.normal(size=(len(NAMES), WIDE)) / np.sqrt(WIDE)
_PLEASANT = np.eye(DEEP)[0]
_OFF_PLEASANT = _WORLD.normal(size=DEEP) / np.sqrt(DEEP)

Talk = tuple[np.ndarray, np.ndarray, np.ndarray]


def talk(rng: np.random.Generator, participants: int, feeling: np.ndarray = FEELING) -> Talk:
    """Return participant, stage and valence of every unit, as people would code them."""
    sizes = np.clip(rng.lognormal(np.log(40), 0.5, participants).round(), 8, 160).astype(int)
    person = np.repeat(np.arange(participants), sizes)
    shares = rng.gamma(SHARES * 14, size=(participants, len(NAMES)))
    # One stage in seven somebody never went through, or does not mention.
    shares[:, : len(STAGES)] *= rng.random((participants, len(STAGES))) > 0.15
    ends = np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1)
    stage = (rng.random(len(person))[:, None] > ends[person]).sum(axis=1).clip(max=len(STAGES))
    own = rng.normal(0, 0.2, shares.shape) + rng.normal(0, 0.15, (participants, 1))
    felt = feeling[stage] + own[person, stage] + rng.normal(0, 0.35, len(person))
    # People code in halves.
    return person, stage, np.clip((felt * 2).round() / 2, -1, 1)


@cache
def truth(apart: bool = False) -> np.ndarray:
    """Return the curve of 200,000 people, or by how much the second group's is higher."""
    rng = np.random.default_rng(1)
    curves = []
    for feeling in (FEELING, FEELING + APART):
        sums = np.zeros((2, len(STAGES)))
        for _ in range(20):
            person, stage, valence = talk(rng, 10_000, feeling)
            weight = (1 / np.bincount(person))[person]
            for row, amount in enumerate((weight * valence, weight)):
                sums[row] += np.bincount(stage, amount, len(NAMES))[: len(STAGES)]
        curves.append(sums[0] / sums[1])
        if not apart:
            return curves[0]
    return curves[1] - curves[0]


def heard(rng: np.random.Generator, spoken: Talk, coder: Coder) -> tuple[np.ndarray, np.ndarray]:
    """Return the coder's features of every unit, of stage and of feeling; people differ in both."""
    person, stage, valence = spoken
    n, people = len(person), person.max() + 1
    beside = 0.8 * rng.normal(size=(n, WIDE)) + 0.35 * rng.normal(size=(people, WIDE))[person]
    within = 0.9 * rng.normal(size=(n, DEEP)) + 0.3 * rng.normal(size=(people, DEEP))[person]
    return (
        _PEOPLES[stage] + coder.stage_noise * beside,
        valence[:, None] * _PLEASANT + coder.feeling_noise * within,
    )


def read(
    spoken: Talk, features: tuple[np.ndarray, np.ndarray], coder: Coder, tagged: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return stage and valence by the coder, after it learned from the tagged units.

    A tagged unit is read by a fit that saw no tag of its participant: stages as a study's coder
    does it, feeling in the same way by ridge regression about what the coder knew before.
    """
    person, stage, valence = spoken
    seen, felt = features
    logits = SHARPNESS * seen @ (_PEOPLES + coder.slip * _OFF).T
    # As a regression on noisy features does, it draws feeling towards the middle.
    shrunk = 0.25 / (0.25 + 0.9 * coder.feeling_noise**2)
    before = shrunk * (_PLEASANT + 0.5 * coder.slip * _OFF_PLEASANT)
    valences = felt @ before
    rows = np.flatnonzero(tagged)
    if len(rows):
        single = seen.astype(np.float32)
        own = single[rows], logits[rows], stage[rows].astype(np.intp)
        tags = Tagged({}, rows.astype(np.intp), person[rows].astype(str).astype(object), *own)
        logits = logits + tags.corrections(single, 1.0)
        valences = felt @ _ridge(felt[rows], valence[rows], before)
        part = person % 10
        for one in np.unique(part[rows]):
            others = tagged & (part != one)
            here = tagged & (part == one)
            valences[here] = felt[here] @ _ridge(felt[others], valence[others], before)
    return logits.argmax(axis=1), np.clip(valences + KIND, -1, 1)


def _ridge(felt: np.ndarray, valence: np.ndarray, before: np.ndarray) -> np.ndarray:
    left = valence - felt @ before
    square = felt.T @ felt + FIRMNESS * np.eye(felt.shape[1])
    return before + np.linalg.solve(square, felt.T @ left)


def study(seed: int, participants: int, coder: Coder, teaching: str, groups: bool) -> pd.DataFrame:
    """Return one simulated study as the table that `journeyqual.estimate` reads."""
    rng = np.random.default_rng([seed, participants])
    spoken = talk(rng, participants)
    second = spoken[0] % 2 == 1
    if groups:
        other = talk(rng, participants, FEELING + APART)
        mine, theirs = ~second, other[0] % 2 == 1
        spoken = tuple(np.r_[a[mine], b[theirs]] for a, b in zip(spoken, other, strict=True))
        second = spoken[0] % 2 == 1
    person, stage, valence = spoken
    features = heard(rng, spoken, coder)
    nobody = np.zeros(len(person), dtype=bool)
    seen, felt = read(spoken, features, coder, nobody)
    table = pd.DataFrame(
        {
            "unit_id": [f"u{i}" for i in range(len(person))],
            "participant": [f"P{p:03}" for p in person],
            "machine_stage": NAMES[seen],
            "group": np.where(second, "second", "first"),
        }
    )
    late = (person >= participants // 2) & (teaching == "late")
    sample = sampling.draw(table[~late], PER_STAGE, seed=seed).set_index(np.flatnonzero(~late))
    sample = sample.reindex(range(len(table)))
    drawn = sample["place"].notna().to_numpy()
    if teaching in ("apart", "all"):
        picked = nobody.copy()
        picked[np.argsort(-np.abs(valence) - rng.random(len(valence)))[:PICKED]] = True
        tagged = picked | drawn if teaching == "all" else picked & ~drawn
        seen, felt = read(spoken, features, coder, tagged)
    if teaching == "by heart":
        seen, felt = np.where(drawn, stage, seen), np.where(drawn, valence, felt)
    return table.assign(
        stage=NAMES[seen],
        valence=felt,
        human_stage=np.where(drawn, NAMES[stage], ""),
        human_valence=np.where(drawn, valence, np.nan),
        sampling_probability=sample["probability"].to_numpy(),
        is_unreached=late,
    ).drop(columns="machine_stage")


METHODS = ("machine", "human", "prediction-powered")
Ends = tuple[np.ndarray, np.ndarray]


def curves(seed: int, *, participants: int, coder: Coder, teaching: str) -> dict[str, Ends]:
    """Return the ends of every stage's interval by each method."""
    table = study(seed, participants, coder, teaching, groups=False)
    out = {}
    for method in METHODS:
        made = estimate.curve(table, BOOK, method=method, draws=DRAWS, seed=seed)
        out[method] = made["valence_low"].to_numpy(), made["valence_high"].to_numpy()
    return out


def groups(seed: int, *, participants: int, coder: Coder, teaching: str) -> dict[str, Ends]:
    """Return the same of the difference of two groups; ``all at once`` are the joint intervals."""
    table = study(seed, participants, coder, teaching, groups=True)
    out = {}
    for method in METHODS:
        made = estimate.differences(
            table, BOOK, by="group", against="first", method=method, draws=DRAWS, seed=seed
        )
        ends = made["difference_low"].to_numpy(), made["difference_high"].to_numpy()
        out[method] = ends
    out["all at once"] = made["joint_low"].to_numpy(), made["joint_high"].to_numpy()
    return out


CELLS = {
    **{f"strong {n}": (curves, STRONG, "", n) for n in (6, 12, 20, 40)},
    **{f"weak {n}": (curves, WEAK, "", n) for n in (6, 12, 20, 40)},
    **{f"taught {n}": (curves, STRONG, "apart", n) for n in (12, 20, 40)},
    **{f"taught by all {n}": (curves, STRONG, "all", n) for n in (12, 20, 40)},
    **{f"by heart {n}": (curves, STRONG, "by heart", n) for n in (12, 20, 40)},
    **{f"late {n}": (curves, STRONG, "late", n) for n in (20, 40)},
    **{f"two groups {n}": (groups, STRONG, "", n) for n in (12, 24, 40)},
}


def summary(cell: str, method: str, low: np.ndarray, high: np.ndarray, width: float) -> str:
    """Return one line: how often the truth is inside, on average and at the worst stage."""
    told = ~np.isnan(low)
    true = truth(cell.startswith("two groups"))
    inside = np.where(told, (low <= true) & (true <= high), np.nan)
    if method == "all at once":
        # Of a whole table, every interval has to hold.
        whole = np.nanmin(inside, axis=1, initial=1.0)
        mean, error, worst = whole.mean(), whole.std() / np.sqrt(len(whole)), np.nan
    else:
        by_study = np.nanmean(inside, axis=1)
        mean, error = np.nanmean(inside), by_study.std() / np.sqrt(len(by_study))
        worst = np.nanmin(np.nanmean(inside, axis=0))
    shown = f"{100 * worst:5.1f}" if not np.isnan(worst) else "    –"
    return (
        f"{cell:18} {method:19} {100 * mean:5.1f} ±{100 * error:3.1f}  {shown}  "
        f"{width:5.3f}  {100 * (1 - told.mean()):4.1f}"
    )


def printed(cell: str, ends: dict[str, np.ndarray]) -> None:
    """Print the lines of a cell; widths are compared where every method has an interval."""
    wide = {method: high - low for method, (low, high) in ends.items()}
    shared = ~np.isnan([wide[method] for method in METHODS]).any(axis=0)
    for method, (low, high) in ends.items():
        told = shared & ~np.isnan(wide[method])
        print(summary(cell, method, low, high, wide[method][told].mean()), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=1000, help="simulated studies a cell")
    parser.add_argument("--first", type=int, default=0, help="number of the first study: its seed")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--only", default="", help="cells whose names begin so, commas between")
    parser.add_argument("--keep", type=Path, help="where cells are kept, not to be made again")
    args = parser.parse_args()
    print(
        f"{args.studies} studies a cell from number {args.first}, {DRAWS} bootstrap draws, "
        f"{PER_STAGE} units a stage drawn"
    )
    print(f"{'coder, people':18} {'method':19} {'covers %':>10}  worst  width  no interval %")
    with ProcessPoolExecutor(args.workers) as pool:
        for cell, (what, coder, teaching, participants) in CELLS.items():
            if not cell.startswith(tuple(args.only.split(","))):
                continue
            name = f"{cell.replace(' ', '-')}-{args.first}-{args.studies}.npz"
            kept = args.keep / name if args.keep else None
            if kept and kept.exists():
                with np.load(kept) as file:
                    printed(cell, dict(file))
                continue
            start = time.monotonic()
            one = partial(what, participants=participants, coder=coder, teaching=teaching)
            numbers = range(args.first, args.first + args.studies)
            made = list(pool.map(one, numbers, chunksize=10))
            ends = {m: np.stack([each[m] for each in made], axis=1) for m in made[0]}
            if kept:
                kept.parent.mkdir(parents=True, exist_ok=True)
                np.savez(kept, **ends)
            printed(cell, ends)
            print(f"{'':18} {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
