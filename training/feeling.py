"""Calibrates a network of ``training.feel`` and ships it as the feeling coder.

    python -m training.feeling DIR --held HELD

``DIR`` has learned from every set that may be learned from; ``HELD`` is the same recipe without the
sets of `HELD`, on which it is shown how far a network's certainty can be trusted on talk that it
has not read: one temperature a head, by likelihood. The labels' thresholds are chosen on the part
of GoEmotions' train split that neither has read.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from journeyqual.codebook import DEFAULT_EMOTIONS, GOEMOTIONS
from journeyqual.coding.feeling import MODEL, FeelingCoder, FeelingHeads, FeelingSettings
from training.feel import SCALE, best_thresholds, threshold_part
from training.nets import WIRING, arrays_of, reader_of
from training.sets import CACHE
from training.shipping import ship
from training.stage import FOREIGN
from training.talk import Talk, of_set

VERSION = "2"
HELD = ("complaints", "hospital", "product")
"""What certainty is calibrated on."""
TRAINED_ON = [
    "GoEmotions train (Apache-2.0)",
    "NHS comments with a labeller's sentiment (pxtextmining, MIT)",
    "talk of the authored corpus (own, Apache-2.0)",
    "real talk coded for feeling (NHS comments, MIT; airport lounge reviews, CC0; research "
    "interviews, CC BY 4.0; product study, BSD-3; US government complaints)",
    "all-MiniLM-L6-v2, stage-matcher@2 (Apache-2.0)",
]

Floats = NDArray[np.float64]


def heads_of(folder: Path, valence: float = 1.0, one: float = 1.0) -> FeelingHeads:
    """Return a network's heads at these temperatures; no label passes its threshold yet."""
    _, rest = arrays_of(folder)

    def pair(name: str, temperature: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        weight = rest[f"{name}.weight"] * SCALE / temperature
        bias = rest[f"{name}.bias"] / temperature
        # As it ships: what is measured here is what people use.
        return tuple(np.float32(np.float16(a)) for a in (weight, bias))  # type: ignore[return-value]

    return FeelingHeads(
        *pair("valence", valence),
        *pair("one", one),
        *pair("labels", 1.0),
        np.ones(len(GOEMOTIONS), np.float32),
    )


def coder_of(folder: Path, heads: FeelingHeads) -> FeelingCoder:
    return FeelingCoder(reader_of(folder), heads, FeelingSettings(foreign=FOREIGN), cache=CACHE)


def _temperature(loss: Callable[[float], float]) -> float:
    return float(np.exp(minimize_scalar(lambda t: loss(np.exp(t)), bounds=(-1.5, 1.5)).x))


def temperatures(held: Path, sets: Sequence[str] = HELD) -> tuple[float, float]:
    """Return by how much to divide the log-odds of valence and of the dominant label.

    A set counts as much as another, however many units it has.
    """
    coder = coder_of(held, heads_of(held))
    vectors = {name: coder.read(frame_of(of_set(name))) for name in sets}
    gathers = np.array([[g in e.fine for g in GOEMOTIONS] for e in DEFAULT_EMOTIONS], float)

    felt = {n: np.array([u.valence for t in of_set(n) for u in t]) for n in sets}
    named = {n: np.array([u.emotion for t in of_set(n) for u in t]) for n in sets}

    def of_valence(t: float) -> float:
        heads = heads_of(held, valence=t)
        return -float(
            np.mean(
                [(felt[n] * np.log(heads.steps(vectors[n]) + 1e-9)).sum(1).mean() for n in sets]
            )
        )

    def of_one(t: float) -> float:
        heads = heads_of(held, one=t)
        each = [
            (named[n] * np.log(heads.one(vectors[n]) @ gathers.T + 1e-9)).sum(1).mean()
            for n in sets
        ]
        return -float(np.mean(each))

    return _temperature(of_valence), _temperature(of_one)


def frame_of(talks: Sequence[Talk]) -> pd.DataFrame:
    """Return talks as a table of units."""
    rows = [
        {"unit_id": f"{n}/{k}", "interview": str(n), "order": k, "text": u.text}
        for n, talk in enumerate(talks)
        for k, u in enumerate(talk)
    ]
    return pd.DataFrame(rows)


def calibrated(
    folder: Path, held: Path, sets: Sequence[str] = HELD
) -> tuple[FeelingHeads, tuple[float, float]]:
    """Return the heads as they ship: certainty from ``held``, thresholds from unread comments."""
    pair = temperatures(held, sets)
    heads = heads_of(folder, *pair)
    part = threshold_part()
    truth = np.array([talk[0].fine for talk in part], dtype=bool)
    chance = heads.labels(coder_of(folder, heads).read(frame_of(part)))
    thresholds = best_thresholds(chance, truth).astype(np.float16).astype(np.float32)
    kept = {k: v for k, v in heads.__dict__.items() if k != "label_thresholds"}
    return FeelingHeads(**kept, label_thresholds=thresholds), pair


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", type=Path)
    parser.add_argument("--held", type=Path, required=True)
    args = parser.parse_args(argv)
    heads, pair = calibrated(args.network, args.held)
    print(f"temperatures: valence {pair[0]:.3f}, emotion {pair[1]:.3f}")
    layers, _ = arrays_of(args.network)
    arrays = layers | {f"head.{k}": v for k, v in heads.__dict__.items()}
    wiring = dict(WIRING.__dict__)
    ship(
        MODEL,
        version=VERSION,
        trained_on=TRAINED_ON,
        settings={**wiring, "foreign": FOREIGN},
        arrays=arrays,
        half=True,
    )


if __name__ == "__main__":
    main()
