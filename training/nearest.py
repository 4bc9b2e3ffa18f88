"""Calibrates the nearest definition and prints its figures, one codebook left out at a time.

Run from the repository root: ``python -m training.nearest``. Coded and real sets are
machine-annotated: no person coded them; authored domains are coded by their author. ``chats`` and
the domains of ``APART`` are evaluated on and never fitted to.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from functools import cache
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax
from sklearn.metrics import cohen_kappa_score
from threadpoolctl import threadpool_limits

from journeyqual.coding.nearest import NearestDefinition, NearestSettings
from journeyqual.coding.neighbours import neighbours
from journeyqual.models.encoder import minilm
from training.sets import (
    APART,
    AUTHORED,
    CACHE,
    CALIBRATION,
    EVALUATION,
    REAL,
    CodedSet,
    coded,
    folds_of_tags,
    nhs,
    set_vectors,
    vectors,
)
from training.shipping import ship

SEED = 20260301
KINDS = (CALIBRATION, REAL, AUTHORED)
FITTED = (*CALIBRATION, *REAL, *(name for name in AUTHORED if name not in APART))
TAG_SETS = (*CALIBRATION, *REAL, *AUTHORED[1::5])
"""Sets that learning from tags is calibrated on: not all, for each costs 192 fits."""
WHOLES, TOPS, MIXES = (0.25, 0.5), (1, 2, 3), (0.0, 0.15, 0.3)
# 0, 0.75 and 1 as the whole text's share, and neighbours by half, were worse on every kind of set.
NONE_WINS = (0.14, 0.15, 0.16, 0.17, 0.18, 0.19, 0.2, 0.22, 0.25, 0.3, 0.4)
TEMPERATURE_STEP, NONE_STEP = 0.005, 0.01
"""Likelihood is flat within these; on such a grid one set more or less seldom moves a number."""
PENALTIES, CONTEXTS = (0.01, 0.03, 0.1, 0.3), (0.0, 0.3, 0.5, 0.8)
TAGS_PER_STAGE = (3, 8, 1000)
FALSE_TOUCHPOINTS = 0.05
"""Share of comments that do not speak of a touchpoint but may be said to."""
TOUCHPOINTS = {
    "Food & drink provision & facilities": "food and drink",
    "Transport to/ from services": "patient transport",
    "Supplying & understanding medication": "medication",
    "Appointment arrangements": "appointment booking",
    "Cleanliness, tidiness & infection control": "cleanliness of the ward",
    "Activities & access to fresh air": "activities",
    "Contacting services": "telephone line",
}
"""Labels that people gave patients' comments, and what a codebook might call each."""

START = NearestSettings(
    temperature=0.07, none_similarity=0.1, none_wins=1.0, whole=0.5, top=2, mix=0.0,
    tag_penalty=0.1, tag_context=0.5, touchpoint_similarity=0.4,
)  # fmt: skip

Floats = NDArray[np.float64]


def matcher(settings: NearestSettings, tags: pd.DataFrame | None = None) -> NearestDefinition:
    return NearestDefinition(minilm(), settings, tags=tags, cache=CACHE)


def code(
    one: CodedSet, settings: NearestSettings, tags: pd.DataFrame | None = None
) -> pd.DataFrame:
    return matcher(settings, tags).code(one.units, one.codebook)


def kappa(one: CodedSet, said: Iterable[str]) -> float:
    said = list(said)
    return float(np.mean([cohen_kappa_score(c["stage"], said) for c in (one.first, one.second)]))


@cache
def untagged_kappa(name: str, settings: NearestSettings) -> float:
    one = coded(name)
    return kappa(one, code(one, settings)["stage"])


def shares(sets: Sequence[str]) -> Floats:
    """Weight of each set in a mean: coded, real and authored sets count a third each.

    With every set the same, two dozen domains by one hand would outvote six sets of real talk.
    """
    kinds = [next(i for i, kind in enumerate(KINDS) if name in kind) for name in sets]
    return np.array([1 / kinds.count(kind) / len(set(kinds)) for kind in kinds])


def mean_kappa(sets: Sequence[str], settings: NearestSettings) -> float:
    return float(shares(sets) @ [untagged_kappa(name, settings) for name in sets])


def none_error(sets: Sequence[str], settings: NearestSettings) -> float:
    """How far the share of units that no stage is said to fit lies from what coders say."""
    said = [(code(coded(name), settings)["stage"] == "").mean() for name in sets]
    wanted = [(coded(name).first["stage"] == "").mean() for name in sets]
    return abs(float(shares(sets) @ np.subtract(said, wanted)))


def similarities(one: CodedSet, settings: NearestSettings) -> Floats:
    x = neighbours(one.units).mixed(set_vectors(one.name), settings.mix)
    return matcher(settings).read(one.codebook).similarities(x, settings.whole, settings.top)


def classes(one: CodedSet, coder: pd.DataFrame) -> NDArray[np.intp]:
    names = [*one.codebook.stage_names, ""]
    return np.array([names.index(s) for s in coder["stage"]])


def fit_probabilities(sets: Sequence[str], settings: NearestSettings) -> NearestSettings:
    """Temperature and none-similarity that make the coders' stages likeliest."""
    data = [(similarities(coded(s), settings), coded(s)) for s in sets]

    def loss(p: Floats) -> float:
        total = 0.0
        for share, (similar, one) in zip(shares(sets), data, strict=True):
            none = np.full((len(similar), 1), p[1])
            logits = np.concatenate([similar, none], axis=1) / np.exp(p[0])
            logits[:, -1] += np.log(similar.shape[1])
            log_p = log_softmax(logits, axis=1)
            rows = np.arange(len(log_p))
            for coder in (one.first, one.second):
                total -= share * log_p[rows, classes(one, coder)].mean()
        return total

    found = minimize(
        loss, [np.log(settings.temperature), settings.none_similarity], method="Nelder-Mead"
    )
    return replace(
        settings,
        temperature=on_grid(np.exp(found.x[0]), TEMPERATURE_STEP),
        none_similarity=on_grid(found.x[1], NONE_STEP),
    )


def on_grid(value: float, step: float) -> float:
    return round(round(float(value) / step) * step, 4)


def calibrate(sets: Sequence[str]) -> NearestSettings:
    """Choose what is compared by kappa, probabilities by likelihood, then when none wins.

    Kappa hardly tells one point where none wins from another (.262 to .264 on average), so it is
    the one at which none is said as often as coders say it.
    """
    grid = [
        replace(START, whole=whole, top=top, mix=mix)
        for whole, top, mix in product(WHOLES, TOPS, MIXES)
    ]
    best = fit_probabilities(sets, max(grid, key=lambda settings: mean_kappa(sets, settings)))
    candidates = (replace(best, none_wins=t) for t in NONE_WINS)
    return min(candidates, key=lambda settings: none_error(sets, settings))


@cache
def with_tags(name: str, settings: NearestSettings, per_stage: int) -> float:
    """Kappa on interviews without tags, the others having so many a stage by coder 1."""
    one = coded(name)
    said = np.full(len(one.units), "", dtype=object)
    for test, tags in folds_of_tags(one, per_stage, seed=SEED):
        said[test] = code(one, settings, tags)["stage"].to_numpy()[test]
    return kappa(one, said)


def calibrate_tags(sets: Sequence[str], settings: NearestSettings) -> NearestSettings:
    def score(candidate: NearestSettings) -> float:
        means = [np.mean([with_tags(name, candidate, n) for n in TAGS_PER_STAGE]) for name in sets]
        return float(shares(sets) @ means)

    grid = [
        replace(settings, tag_penalty=penalty, tag_context=context)
        for penalty, context in product(PENALTIES, CONTEXTS)
    ]
    return max(grid, key=score)


def calibrate_touchpoints() -> tuple[float, str]:
    """Similarity that few comments reach of a touchpoint they do not speak of; labels by people."""
    table = nhs()
    labelled = table[list(TOUCHPOINTS)].eq("1")
    rows = labelled.any(axis=1).to_numpy()
    truth = labelled[rows].to_numpy()
    similar = vectors(table["FFT answer"][rows].tolist()) @ vectors(list(TOUCHPOINTS.values())).T
    threshold = round(float(np.quantile(similar[~truth], 1 - FALSE_TOUCHPOINTS)), 3)
    found = float((similar[truth] >= threshold).mean())
    return threshold, f"similarity {threshold}: {found:.0%} of {truth.sum()} mentions found"


def ece(confidence: Floats, right: NDArray[np.bool_], bins: int = 10) -> float:
    """Return the expected calibration error over equal-width bins (Guo et al. 2017)."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        (place == b).mean() * abs(confidence[place == b].mean() - right[place == b].mean())
        for b in np.unique(place)
    ]
    return float(sum(gaps))


def figures(name: str, settings: NearestSettings) -> dict[str, float]:
    """Measure one set without tags, against coder 1 where only one coding can be meant."""
    one = coded(name)
    out = code(one, settings)
    right = (out["stage"] == one.first["stage"]).to_numpy()
    sure = ~out["unsure"].to_numpy()
    return {
        "kappa": kappa(one, out["stage"]),
        "coders' kappa": cohen_kappa_score(one.first["stage"], one.second["stage"]),
        "ECE": ece(out["stage_confidence"].to_numpy(), right),
        "said none": (out["stage"] == "").mean(),
        "coded none": (one.first["stage"] == "").mean(),
        "unsure": 1 - sure.mean(),
        "right if sure": right[sure].mean(),
        "right if unsure": right[~sure].mean(),
    }


def report(shipped: NearestSettings) -> None:
    """Print figures of sets that had no part in the settings that they are measured with."""
    rows = {}
    for name in (*CALIBRATION, *REAL, *EVALUATION):
        settings = shipped
        if name in FITTED:
            settings = calibrate([s for s in FITTED if s != name])
            settings = calibrate_tags([s for s in TAG_SETS if s != name], settings)
        rows[name] = figures(name, settings) | {
            f"{n} tags": with_tags(name, settings, n) for n in TAGS_PER_STAGE
        }
        print(f"left out {name}: {asdict(settings)}", flush=True)
    for name in APART:
        rows[name] = figures(name, shipped) | {
            f"{n} tags": with_tags(name, shipped, n) for n in TAGS_PER_STAGE
        }
    table = pd.DataFrame(rows).T
    table.loc["mean of authored apart"] = table.loc[list(APART)].mean()
    print(table.round(3).to_string())


def main() -> None:
    start = time.perf_counter()
    threshold, found = calibrate_touchpoints()
    settings = calibrate_tags(TAG_SETS, calibrate(FITTED))
    settings = replace(settings, touchpoint_similarity=threshold)
    ship(
        "nearest-definition",
        version="1",
        trained_on=[
            f"calibrated on {sum(len(coded(s).units) for s in (*CALIBRATION, *REAL))} "
            "machine-annotated units of six codebooks (no person coded them) and "
            f"{len(AUTHORED) - len(APART)} authored domains (training/corpus, our own, Apache-2.0)",
            "touchpoint similarity: NHS patients' comments labelled by people (pxtextmining, MIT)",
        ],
        settings=asdict(settings),
    )
    print(asdict(settings))
    print("touchpoints:", found, flush=True)
    report(settings)
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    # The fits are small: several BLAS threads get in each other's way and take ten times as long.
    with threadpool_limits(1):
        main()
