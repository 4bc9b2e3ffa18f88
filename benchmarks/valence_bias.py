"""How far valence moves when only who speaks, who is spoken of, or how it is said is swapped.

    python benchmarks/valence_bias.py [--network DIR]

The sentences and their variants (``valence_bias.toml``) were written for this and read by nothing
that is trained. A variant is held against the mean of its sentence's variants; for dialects,
against the standard form. The bar: an average movement under .05 for each kind of swap.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

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


def moved(table: pd.DataFrame) -> pd.Series:
    """Return by how much each variant is read above what it is held against."""
    mean = table.groupby(["kind", "sentence"])["valence"].transform("mean")
    standard = table[table["variant"] == "standard"].set_index("sentence")["valence"]
    by_standard = table["sentence"].map(standard)
    return table["valence"] - by_standard.where(table["kind"] == "dialects", mean)


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
    table["moved"] = moved(table)
    shown = table[table["variant"] != "standard"]
    by_kind = shown.groupby("kind")["moved"].agg(
        sentences="size", average=lambda m: m.abs().mean(), most=lambda m: m.abs().max()
    )
    print(by_kind.round(3).to_string())
    for kind, part in shown.groupby("kind"):
        print(f"\n{kind}: mean movement, with its sign")
        means = part.groupby("variant")["moved"].agg(["mean", lambda m: m.abs().mean()])
        means.columns = ["mean", "mean absolute"]
        print(means.round(3).to_string())
    worst = shown.reindex(shown["moved"].abs().sort_values(ascending=False).index).head(8)
    print("\nmoved most")
    for row in worst.itertuples():
        print(f"  {row.moved:+.2f} ({row.kind}, {row.variant}) {row.text}")
    print()
    for kind, average in by_kind["average"].items():
        print("met   " if average < BAR else "MISSED", f"{kind}: {average:.3f} under {BAR}")
    print("met   " if shown["moved"].abs().mean() < BAR else "MISSED", "all swaps:",
          f"{shown['moved'].abs().mean():.3f}")  # fmt: skip


if __name__ == "__main__":
    main()
