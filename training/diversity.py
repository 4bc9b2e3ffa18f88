"""How varied the authored corpus is: duplicates, word runs that recur, near copies by meaning.

python -m training.diversity
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np

from journeyqual.models.encoder import minilm
from journeyqual.models.vectors import cached_encode
from training.journeys import NONE, authored, recut

CACHE = Path(__file__).parent / "cache"


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())


def repeated(texts: list[str], n: int) -> float:
    """Share of word runs of length n that stand in more than one unit."""
    seen: Counter[tuple[str, ...]] = Counter()
    for text in texts:
        w = words(text)
        seen.update({tuple(w[i : i + n]) for i in range(len(w) - n + 1)})
    return sum(count > 1 for count in seen.values()) / max(1, len(seen))


def main() -> None:
    journeys = authored()
    units = [u for j in journeys for i in j.interviews for u in i]
    texts = [u.text for u in units]
    lengths = np.array([len(t.split()) for t in texts])
    vectors = cached_encode(texts, minilm(), CACHE)
    nearest = []
    for start in range(0, len(vectors), 512):
        similar = vectors[start : start + 512] @ vectors.T
        similar[np.arange(len(similar)), np.arange(start, start + len(similar))] = -1
        nearest.append(similar.max(axis=1))
    near = np.concatenate(nearest)
    valence = Counter(u.valence for u in units)
    print(f"{len(journeys)} domains, {sum(len(j.interviews) for j in journeys)} interviews")
    print(f"{len(texts)} units, {len(texts) - len(set(texts))} said twice word for word")
    print(f"{lengths.mean():.1f} words on average, from {lengths.min()} to {lengths.max()}")
    print(f"{len({w for t in texts for w in words(t)})} different words")
    for n in (4, 5, 6):
        print(f"runs of {n} words that stand in more than one unit: {repeated(texts, n):.2%}")
    print(f"units with a neighbour of cosine over .9: {(near > 0.9).mean():.2%}, over .8: ", end="")
    print(f"{(near > 0.8).mean():.2%}; median nearest {np.median(near):.2f}")
    print(f"fit no stage: {np.mean([u.stage == NONE for u in units]):.1%}")
    shares = ", ".join(f"{v:+.1f} {c / len(units):.0%}" for v, c in sorted(valence.items()))
    print(f"valence: {shares}")
    others = recut()
    print(
        f"coded again under {len(others)} other codebooks: {sum(j.n_units for j in others)} codings"
    )


if __name__ == "__main__":
    main()
