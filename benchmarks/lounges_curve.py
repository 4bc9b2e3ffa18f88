"""Whether the curve's intervals hold the full-data means, on customers' own stars.

    python benchmarks/lounges_curve.py [--repetitions 200] [--stars 150] [--cache FOLDER]

Reviews of airport lounges carry their writer's stars for seven touchpoints. A pair of review and
rated touchpoint is a unit, the review's writer its participant. The machine reads the text alone:
what it says of the touchpoint, or, if nothing, the mood of the whole review. The stars are hidden
but for a sample drawn by `journeyqual.sampling`, which counts as people's codings; the curve of
all the stars is the truth. Two settings: stars sampled out of all reviews, and a study of forty of
these reviews, as large as a study of interviews is.

Reviews whose words the shipped coders learned from are left out where the training's cache tells
which they are. The stars themselves taught no coder.

Needs the development data; the machine's codings are made once (some minutes) and kept.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).parents[1]
sys.path[0] = str(ROOT)

from journeyqual import estimate, sampling  # noqa: E402
from journeyqual.codebook import from_dict  # noqa: E402
from journeyqual.coding.feeling import FeelingCoder  # noqa: E402
from journeyqual.coding.stage import StageMatcher  # noqa: E402
from training.real import written  # noqa: E402
from training.sets import CACHE, DATA  # noqa: E402

TOUCHPOINTS = {
    "comfort": "Seats, space, noise, crowding, views, how it looks and feels.",
    "cleanliness": "How clean and tidy it is; plates cleared.",
    "bar_beverages": "Drinks: wine, beer, spirits, coffee, water.",
    "catering": "Food: what there is to eat, hot and cold, how fresh.",
    "washrooms": "Toilets and showers.",
    "wifi_connectivity": "Internet, computers, power sockets.",
    "staff_service": "How the people who work there treat guests.",
}
BOOK = from_dict(
    {"name": "Lounge", "stage": [{"name": n, "definition": d} for n, d in TOUCHPOINTS.items()]}
)
METHODS = ("machine", "human", "prediction-powered")
FORTY = 40


def reviews() -> pd.DataFrame:
    """Return the reviews that no coder learned from, each text once."""
    table = pd.read_csv(DATA / "lounges" / "reviews.csv")
    used = {
        str(i)
        for path in (CACHE / "real").glob("lounge*.csv")
        for i in pd.read_csv(path, usecols=["interview"])["interview"].unique()
    }
    apart = np.array([f"lounge-{i}" not in used for i in table.index])
    if not used:
        print("which reviews the coders have read is not known here: none is left out")
    return table[apart & ~table["content"].str.lower().duplicated()]


def read(table: pd.DataFrame, cache: Path) -> pd.DataFrame:
    """Return ``interview, stage, valence`` of every stretch of text, as the machine reads it."""
    kept = cache / "lounges_read.csv"
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        units = written(table["content"], "lounge", len(table))
        stage = StageMatcher.shipped(cache=cache).code(units, BOOK)["stage"]
        valence = FeelingCoder.shipped(cache=cache).code(units, BOOK)["valence"]
        said = units[["interview"]].assign(stage=stage.to_numpy(), valence=valence.to_numpy())
        said.to_csv(kept, index=False)
    return pd.read_csv(kept, keep_default_na=False, dtype={"stage": str})


def rated(table: pd.DataFrame, said: pd.DataFrame) -> pd.DataFrame:
    """Return a row a review and touchpoint that it gives stars: theirs, and the machine's word."""
    about = said.groupby(["interview", "stage"])["valence"].mean()
    mood = said.groupby("interview")["valence"].mean()
    rows = []
    for index, review in table.iterrows():
        name = f"lounge-{index}"
        for stage in TOUCHPOINTS:
            stars = review[f"{stage}_rating"]
            # 0 is "not rated".
            if stars > 0 and name in mood.index:
                rows.append((name, stage, about.get((name, stage), mood[name]), (stars - 3) / 2))
    out = pd.DataFrame(rows, columns=["participant", "stage", "valence", "stars"])
    return out.assign(unit_id=out["participant"] + " " + out["stage"])


def sampled(units: pd.DataFrame, stars: int, seed: int) -> pd.DataFrame:
    """Return the units with all stars hidden but those of a sample, as `estimate` reads them."""
    population = units.rename(columns={"stage": "machine_stage"})
    sample = sampling.draw(population, sampling.allocate(population, stars), seed=seed)
    shown = sample["place"].notna().to_numpy()
    return units.drop(columns="stars").assign(
        human_stage=units["stage"].where(shown, ""),
        human_valence=units["stars"].where(shown),
        sampling_probability=sample["probability"].to_numpy(),
    )


def full(units: pd.DataFrame) -> pd.DataFrame:
    """Return the curve of all the stars."""
    told = units.assign(human_stage=units["stage"], human_valence=units["stars"])
    return estimate.curve(told, BOOK, method="human", draws=2)


def compared(studies: Callable[[int], pd.DataFrame], true: np.ndarray, repetitions: int) -> None:
    """Print how often each method's intervals hold the truth, their width and the points' error."""
    print(f"{'method':19} {'covers %':>11}  worst  width  bias   RMSE")
    made: dict[str, list[np.ndarray]] = {method: [] for method in METHODS}
    for seed in range(repetitions):
        table = studies(seed)
        for method in METHODS:
            curve = estimate.curve(table, BOOK, method=method, seed=seed)
            made[method].append(curve[["valence_low", "valence", "valence_high"]].to_numpy().T)
    for method, ends in made.items():
        low, point, high = np.stack(ends, axis=1)
        inside = np.where(np.isnan(low), np.nan, (low <= true) & (true <= high))
        error = np.nanmean(inside, axis=1).std() / np.sqrt(repetitions)
        off = point - true
        print(
            f"{method:19} {100 * np.nanmean(inside):5.1f} ±{100 * error:4.1f}  "
            f"{100 * np.nanmin(np.nanmean(inside, axis=0)):5.1f}  {np.nanmean(high - low):5.3f}  "
            f"{np.abs(np.nanmean(off, axis=0)).mean():.3f}  {np.sqrt(np.nanmean(off**2)):.3f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--stars", type=int, default=150, help="stars that are sampled")
    parser.add_argument(
        "--cache", type=Path, default=Path(tempfile.gettempdir()) / "journeyqual-lounges"
    )
    args = parser.parse_args()
    table = reviews()
    units = rated(table, read(table, args.cache))
    curve = full(units)
    true = curve["valence"].to_numpy()
    people = units["participant"].unique()
    machine = estimate.curve(units, BOOK, method="machine", draws=2)["valence"]
    print(f"{len(units)} stars of {len(people)} reviews, {args.repetitions} repetitions\n")
    both = pd.DataFrame({"stars": curve["valence"], "machine": machine, "n": curve["n_units"]})
    both["r"] = [
        part["stars"].corr(part["valence"])
        for _, part in ((name, units[units["stage"] == name]) for name in BOOK.stage_names)
    ]
    print(both.set_axis(BOOK.stage_names).round(2).to_string(), "\n")
    print(f"{args.stars} stars sampled out of all")
    compared(lambda seed: sampled(units, args.stars, seed), true, args.repetitions)

    def forty(seed: int) -> pd.DataFrame:
        some = np.random.default_rng(seed).choice(people, FORTY, replace=False)
        own = units[units["participant"].isin(some)].reset_index(drop=True)
        return sampled(own, args.stars, seed)

    print(f"\n{args.stars} stars sampled out of {FORTY} reviews")
    compared(forty, true, args.repetitions)


if __name__ == "__main__":
    main()
