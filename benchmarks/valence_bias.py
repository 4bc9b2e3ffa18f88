"""How far valence moves when only who speaks, who is spoken of, or how it is said is swapped.

    python benchmarks/valence_bias.py [--network DIR]

The sentences and their variants (``valence_bias.toml``) were written for this and read by nothing
that is trained. Two variants of a sentence are held against each other, every pair of them; of
dialects, each against the standard form. The bar: they differ by less than .05 on average, for each
kind of swap.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).parents[1]
sys.path[0] = str(ROOT)

from journeyqual.coding.feeling import FeelingCoder  # noqa: E402

BAR = 0.05


def variants() -> pd.DataFrame:
    """Return a row a variant: ``kind``, ``sentence``, ``variant``, ``text``."""
    data = tomllib.loads((ROOT / "benchmarks" / "valence_bias.toml").read_text(encoding="utf-8"))
    rows: list[tuple[str, str, str, str]] = []
    for sentence in data["names"]["sentences"]:
        for group, names in data["names"]["groups"].items():
            rows += [("names", sentence, group, sentence.replace("{name}", n)) for n in names]
    for pair in data["gender"]["pairs"]:
        rows += [("gender", pair["they"], form, pair[form]) for form in ("she", "he", "they")]
    for sentence in data["groups"]["sentences"]:
        for kind, words in data["groups"]["words"].items():
            rows += [
                (f"groups: {kind}", sentence, word, sentence.replace("{group}", word))
                for word in words
            ]
    for one in data["dialect"]["sets"]:
        rows += [("dialects", one["standard"], form, text) for form, text in one.items()]
    return pd.DataFrame(rows, columns=["kind", "sentence", "variant", "text"])


def swaps(part: pd.DataFrame) -> pd.DataFrame:
    """Return a row a pair of variants of one sentence, or a variant and the standard form."""
    rows = []
    for _, own in part.groupby("sentence", sort=False):
        value = own["valence"].to_numpy()
        if "standard" in set(own["variant"]):
            at = int(np.flatnonzero(own["variant"] == "standard")[0])
            pairs = [(at, i) for i in range(len(own)) if i != at]
        else:
            pairs = list(combinations(range(len(own)), 2))
        rows += [(own["text"].iloc[a], own["text"].iloc[b], value[b] - value[a]) for a, b in pairs]
    return pd.DataFrame(rows, columns=["first", "second", "moved"])


def by_variant(part: pd.DataFrame) -> pd.DataFrame:
    """Return how each variant is read, on average, beside its sentence's mean or standard form."""
    mean = part.groupby("sentence")["valence"].transform("mean")
    standard = part[part["variant"] == "standard"].set_index("sentence")["valence"]
    beside = part["sentence"].map(standard) if len(standard) else mean
    moved = part.assign(moved=part["valence"] - beside)
    return moved[moved["variant"] != "standard"].groupby("variant")["moved"].mean()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", type=Path, help="one that is not shipped")
    args = parser.parse_args()
    if args.network:
        from training.feeling import calibrated, coder_of

        coder = coder_of(args.network, calibrated(args.network, args.network)[0])
    else:
        coder = FeelingCoder.shipped()
    table = variants()
    units = pd.DataFrame(
        {
            "unit_id": [f"u{i}" for i in range(len(table))],
            "interview": [f"i{i}" for i in range(len(table))],
            "order": 0,
            "text": table["text"],
        }
    )
    table["valence"], _ = coder.valence(coder.read(units))
    every = []
    for kind, part in table.groupby("kind", sort=False):
        pairs = swaps(part).assign(kind=kind)
        every.append(pairs)
        size = pairs["moved"].abs()
        print(f"{kind}: {len(pairs)} swaps, {size.mean():.3f} on average, {size.max():.2f} at most")
        means = ", ".join(f"{name} {m:+.3f}" for name, m in by_variant(part).items())
        print(f"  mean, with its sign: {means}")
    swapped = pd.concat(every, ignore_index=True)
    print("\nmoved most")
    for row in (
        swapped.reindex(swapped["moved"].abs().nlargest(8).index.unique()).head(8).itertuples()
    ):
        print(f"  {row.moved:+.2f} ({row.kind}) {row.first} / {row.second}")
    print()
    for kind, pairs in swapped.groupby("kind", sort=False):
        average = pairs["moved"].abs().mean()
        print("met   " if average < BAR else "MISSED", f"{kind}: {average:.3f} under {BAR}")


if __name__ == "__main__":
    main()
