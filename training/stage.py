"""Calibrates the stage matcher and prints its figures, one codebook left out at a time.

Run from the repository root: ``python -m training.stage``. The sets are machine-annotated: no
person coded them. ``chats`` is evaluated on and never fitted to.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import asdict, replace
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax
from sklearn.metrics import cohen_kappa_score

from journeyqual.coding.neighbours import neighbours
from journeyqual.coding.stage import StageMatcher, StageSettings
from journeyqual.models.encoder import minilm
from training.sets import CACHE, CALIBRATION, EVALUATION, CodedSet, coded, nhs, vectors
from training.shipping import ship

SEED = 20260301
ALL = (*CALIBRATION, *EVALUATION)
WHOLES, TOPS, MIXES = (0.5,), (1, 2, 3), (0.0, 0.15, 0.3, 0.5)
# A free choice of the whole text's share (0, 0.25, 0.5, 1) ended at 0 on two codebooks of four,
# where one word of a list decides alone, and did worse on the codebook left out: mean kappa .163
# against .177 at one half.
NONE_WINS = (0.2, 0.3, 0.4, 0.5, 0.6)
PENALTIES, CONTEXTS = (0.03, 0.1, 0.3, 1.0), (0.0, 0.3, 0.5)
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

START = StageSettings(
    temperature=0.07, none_similarity=0.1, none_wins=0.5, whole=0.5, top=2, mix=0.0,
    tag_penalty=0.1, tag_context=0.5, touchpoint_similarity=0.4,
)  # fmt: skip

Floats = NDArray[np.float64]


def matcher(settings: StageSettings, tags: pd.DataFrame | None = None) -> StageMatcher:
    return StageMatcher(minilm(), settings, tags=tags, cache=CACHE, cross_fit=False)


def code(one: CodedSet, settings: StageSettings, tags: pd.DataFrame | None = None) -> pd.DataFrame:
    x = vectors(one.units["text"])
    return matcher(settings, tags).code(one.units, x, one.codebook)


def kappa(one: CodedSet, said: Iterable[str]) -> float:
    said = list(said)
    return float(np.mean([cohen_kappa_score(c["stage"], said) for c in (one.first, one.second)]))


def similarities(one: CodedSet, settings: StageSettings) -> Floats:
    x = neighbours(one.units).mixed(vectors(one.units["text"]), settings.mix)
    return matcher(settings).read(one.codebook).similarities(x, settings.whole, settings.top)


def classes(one: CodedSet, coder: pd.DataFrame) -> NDArray[np.intp]:
    names = [*one.codebook.stage_names, ""]
    return np.array([names.index(s) for s in coder["stage"]])


def fit_probabilities(sets: tuple[str, ...], settings: StageSettings) -> StageSettings:
    """Temperature and none-similarity that make the coders' stages likeliest; sets on a par."""
    data = [(similarities(coded(s), settings), coded(s)) for s in sets]

    def loss(p: Floats) -> float:
        total = 0.0
        for similar, one in data:
            none = np.full((len(similar), 1), p[1])
            logits = np.concatenate([similar, none], axis=1) / np.exp(p[0])
            logits[:, -1] += np.log(similar.shape[1])
            log_p = log_softmax(logits, axis=1)
            rows = np.arange(len(log_p))
            for coder in (one.first, one.second):
                total -= log_p[rows, classes(one, coder)].mean()
        return total

    found = minimize(
        loss, [np.log(settings.temperature), settings.none_similarity], method="Nelder-Mead"
    )
    return replace(
        settings,
        temperature=round(float(np.exp(found.x[0])), 4),
        none_similarity=round(float(found.x[1]), 4),
    )


def calibrate(sets: tuple[str, ...]) -> StageSettings:
    """Choose what is compared by kappa, probabilities by likelihood, then when none wins."""

    def mean_kappa(settings: StageSettings) -> float:
        return float(np.mean([kappa(coded(s), code(coded(s), settings)["stage"]) for s in sets]))

    never = replace(START, none_wins=1.0)
    grid = [
        replace(never, whole=whole, top=top, mix=mix)
        for whole, top, mix in product(WHOLES, TOPS, MIXES)
        if whole < 1 or top == TOPS[0]
    ]
    best = fit_probabilities(sets, max(grid, key=mean_kappa))
    return max((replace(best, none_wins=t) for t in NONE_WINS), key=mean_kappa)


def tag_table(one: CodedSet, rows: NDArray[np.intp]) -> pd.DataFrame:
    tags = one.units.iloc[rows][["unit_id", "interview", "order", "text"]].copy()
    tags["stage"] = one.first["stage"].to_numpy()[rows]
    return tags


def with_tags(one: CodedSet, settings: StageSettings, per_stage: int, folds: int = 4) -> float:
    """Kappa on interviews without tags, the others having so many a stage by coder 1."""
    rng = np.random.default_rng(SEED)
    interview = one.units["interview"].to_numpy()
    shuffled = rng.permutation(np.unique(interview))
    said = np.full(len(interview), "", dtype=object)
    for fold in range(folds):
        test = np.isin(interview, shuffled[fold::folds])
        train = rng.permutation(np.flatnonzero(~test))
        stage = pd.Series(one.first["stage"].to_numpy()[train], index=train)
        picked = stage.groupby(stage, sort=True).head(per_stage).index.to_numpy()
        said[test] = code(one, settings, tag_table(one, picked))["stage"].to_numpy()[test]
    return kappa(one, said)


def calibrate_tags(sets: tuple[str, ...], settings: StageSettings) -> StageSettings:
    def score(candidate: StageSettings) -> float:
        return float(
            np.mean([with_tags(coded(s), candidate, n) for s in sets for n in TAGS_PER_STAGE])
        )

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


def report() -> None:
    print(
        "| coded set | kappa | coders' kappa | ECE | unsure | said none "
        "| 3 tags | 8 tags | all tags |"
    )
    for name in ALL:
        one = coded(name)
        settings = calibrate(tuple(s for s in CALIBRATION if s != name))
        settings = calibrate_tags(tuple(s for s in CALIBRATION if s != name), settings)
        out = code(one, settings)
        right = (out["stage"] == one.first["stage"]).to_numpy()
        tagged = " | ".join(f"{with_tags(one, settings, n):.3f}" for n in TAGS_PER_STAGE)
        print(
            f"| {name} | {kappa(one, out['stage']):.3f} | "
            f"{cohen_kappa_score(one.first['stage'], one.second['stage']):.3f} | "
            f"{ece(out['stage_confidence'].to_numpy(), right):.3f} | {out['unsure'].mean():.0%} | "
            f"{(out['stage'] == '').mean():.0%} | {tagged} |"
        )
        print(f"  left out {name}: {asdict(settings)}", flush=True)


def main() -> None:
    start = time.perf_counter()
    threshold, found = calibrate_touchpoints()
    settings = calibrate_tags(CALIBRATION, calibrate(CALIBRATION))
    settings = replace(settings, touchpoint_similarity=threshold)
    ship(
        "stage-matcher",
        version="1",
        trained_on=[
            "calibrated on 633 machine-annotated units of three codebooks; no person coded them",
            "touchpoint similarity: NHS patients' comments labelled by people (pxtextmining, MIT)",
        ],
        settings=asdict(settings),
    )
    print(asdict(settings))
    print("touchpoints:", found, flush=True)
    report()
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
