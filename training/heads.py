"""Trains the feeling coder's two linear heads on frozen MiniLM vectors and prints their figures.

Run from the repository root: ``python -m training.heads``. No randomness but the seeded split of
GoEmotions' train part that thresholds are chosen on.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.stats import pearsonr, spearmanr
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import cohen_kappa_score, f1_score
from threadpoolctl import threadpool_limits

from journeyqual.coding.feeling import LABELS, NEUTRAL, FeelingCoder, FeelingHeads
from journeyqual.models.encoder import minilm
from journeyqual.models.weights import load
from training.polarity import POLARITY
from training.sets import (
    AUTHORED,
    CACHE,
    CALIBRATION,
    EVALUATION,
    REAL,
    coded,
    emobank,
    goemotions,
    nhs_valence,
    set_vectors,
    vectors,
)
from training.shipping import ship

SEED = 20260301
HELD_OUT = 0.15
NHS_WEIGHT = 4.0
"""How many Reddit comments a patient's comment counts for; 1 to 10 were tried."""
AUTHORED_WEIGHT = 5.0
"""How many a unit of the authored corpus counts for."""
FOLDS = 5
"""Parts of the authored corpus, each read by a head that was trained without it."""
STRENGTH = 0.5
"""Inverse regularisation of both heads."""
TILTS = (2.0, 4.0, 6.0, 8.0, 10.0, 12.0)
SHIFTS = (-0.6, -0.3, 0.0, 0.3)
EDGES = (-0.75, -0.15, 0.15, 0.75)
"""Between the five steps of valence."""
STEPS = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])

Floats = NDArray[np.float64]


def train_valence(
    nhs_rows: NDArray[np.bool_], domains: Sequence[str] = AUTHORED
) -> LogisticRegression:
    """Fit the five steps on GoEmotions' polarity, the chosen comments and authored domains."""
    texts, truth = goemotions("train")
    polarity = truth @ np.array([POLARITY[label] for label in LABELS]) / truth.sum(1)
    comments, sentiment = nhs_valence()
    felt = np.concatenate([coded(name).valence for name in domains])
    x = np.vstack(
        [vectors(texts), vectors(comments)[nhs_rows], *(set_vectors(name) for name in domains)]
    )
    y = np.digitize(np.r_[polarity, sentiment[nhs_rows], felt], EDGES)
    weight = np.repeat(
        [1.0, NHS_WEIGHT, AUTHORED_WEIGHT], [len(polarity), nhs_rows.sum(), len(felt)]
    )
    model = LogisticRegression(C=STRENGTH, max_iter=500, class_weight="balanced")
    return model.fit(x, y, sample_weight=weight)


def expected_steps(model: LogisticRegression, nhs_rows: NDArray[np.bool_]) -> dict[str, Floats]:
    """Read the expected step of every set's units with a head that did not see the set."""
    out = {
        name: model.predict_proba(set_vectors(name)) @ STEPS
        for name in (*CALIBRATION, *REAL, *EVALUATION)
    }
    for fold in range(FOLDS):
        apart = AUTHORED[fold::FOLDS]
        part = train_valence(nhs_rows, [name for name in AUTHORED if name not in apart])
        out |= {name: part.predict_proba(set_vectors(name)) @ STEPS for name in apart}
    return out


def calibrated_steps(expected: Mapping[str, Floats], without: str = "") -> Floats:
    """Return what each step is worth: neutral units read 0 on average, the slope is least squares.

    The line goes through nought because sets differ in how pleased their people are: a free
    intercept takes a sad set's mean into every other. Coded, real and authored sets count a third
    each, and within these every set the same: thirty domains would outvote six sets of real talk.
    """
    kinds = [[s for s in kind if s != without] for kind in (CALIBRATION, REAL, AUTHORED)]
    sets = [(expected[s], coded(s).valence, len(kind)) for kind in kinds for s in kind]
    nought = np.average(
        [x[y == 0].mean() for x, y, _ in sets], weights=[1 / among for *_, among in sets]
    )
    above = sum(((x - nought) * y).mean() / among for x, y, among in sets)
    below = sum(((x - nought) ** 2).mean() / among for x, y, among in sets)
    return (STEPS - nought) * (above / below)


def scaled(expected: Floats, steps: Floats) -> Floats:
    """Put expected steps on a calibrated scale."""
    return np.clip(np.interp(expected, STEPS, steps), -1, 1)


def train_emotions() -> tuple[Floats, Floats, Floats]:
    """Weights, bias and thresholds of the 28 labels; thresholds from a held-out part of train."""
    texts, truth = goemotions("train")
    x = vectors(texts)
    held = np.random.default_rng(SEED).random(len(x)) < HELD_OUT
    weights, bias, thresholds = [], [], []
    for label in range(len(LABELS)):
        y = truth[:, label]
        part = LogisticRegression(C=10 * STRENGTH, max_iter=500).fit(x[~held], y[~held])
        thresholds.append(_best_threshold(part.predict_proba(x[held])[:, 1], y[held]))
        full = LogisticRegression(C=10 * STRENGTH, max_iter=500).fit(x, y)
        weights.append(full.coef_[0])
        bias.append(full.intercept_[0])
    return np.array(weights), np.array(bias), np.array(thresholds)


def _best_threshold(chance: Floats, truth: NDArray[np.bool_]) -> float:
    grid = np.arange(0.02, 0.62, 0.02)
    return float(grid[np.argmax([f1_score(truth, chance >= t, zero_division=0) for t in grid])])


def choose_tilt(heads: FeelingHeads, sets: Sequence[str]) -> tuple[float, float]:
    """Tilt by valence and shift of neutral that agree best with both coders' emotions."""

    def agreement(pair: tuple[float, float]) -> float:
        return float(np.mean([emotion_kappa(tilted(heads, *pair), name) for name in sets]))

    return max(product(TILTS, SHIFTS), key=agreement)


def tilted(heads: FeelingHeads, tilt: float, shift: float) -> FeelingHeads:
    polarity = np.array([POLARITY[label] for label in LABELS], dtype=np.float32)
    neutral = np.array([label == NEUTRAL for label in LABELS], dtype=np.float32)
    return replace(heads, emotion_tilt=tilt * polarity, emotion_shift=shift * neutral)


def emotion_kappa(heads: FeelingHeads, name: str) -> float:
    one = coded(name)
    coder = FeelingCoder(minilm(), heads, cache=CACHE)
    named = coder.code(one.units, one.codebook)["emotion"]
    return float(np.mean([cohen_kappa_score(c["emotion"], named) for c in (one.first, one.second)]))


def report_by_step(expected: Mapping[str, Floats], steps: Floats) -> None:
    """Print what units read on average by the step that coders gave them."""
    print("| sets | " + " | ".join(f"{step:+.1f}" for step in STEPS) + " | mean r |")
    for title, names in (
        ("coded", CALIBRATION), ("real", REAL), ("authored", AUTHORED), ("chats", EVALUATION)
    ):  # fmt: skip
        valence = np.concatenate([scaled(expected[n], steps) for n in names])
        truth = np.concatenate([coded(n).valence for n in names])
        # Two coders half a step apart go to the nearer even step, as numpy rounds.
        nearest = np.round(truth * 2) / 2
        means = " | ".join(f"{valence[nearest == step].mean():+.2f}" for step in STEPS)
        r = np.mean([pearsonr(expected[n], coded(n).valence)[0] for n in names])
        print(f"| {title} | {means} | {r:.3f} |")


def report(heads: FeelingHeads, expected: Mapping[str, Floats], held: NDArray[np.bool_]) -> None:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    vader = SentimentIntensityAnalyzer()

    def compound(texts: list[str]) -> Floats:
        return np.array([vader.polarity_scores(t)["compound"] for t in texts])

    print(
        "| coded set | r | VADER r | mean error | mean abs. error | emotion kappa | coders' kappa |"
    )
    for name in (*CALIBRATION, *REAL, *EVALUATION):
        one = coded(name)
        valence = scaled(expected[name], calibrated_steps(expected, without=name))
        pair = choose_tilt(heads, [s for s in (*CALIBRATION, *REAL) if s != name])
        kappa = emotion_kappa(tilted(heads, *pair), name)
        ceiling = cohen_kappa_score(one.first["emotion"], one.second["emotion"])
        print(
            f"| {name} | {pearsonr(valence, one.valence)[0]:.3f} | "
            f"{pearsonr(compound(one.units['text'].tolist()), one.valence)[0]:.3f} | "
            f"{np.mean(valence - one.valence):+.3f} | "
            f"{np.abs(valence - one.valence).mean():.3f} | {kappa:.3f} | {ceiling:.3f} |"
        )
    texts, target = emobank()
    print(f"emobank r {pearsonr(heads.valence(vectors(texts)), target)[0]:.3f}, ", end="")
    print(f"VADER {pearsonr(compound(texts), target)[0]:.3f}")
    comments, sentiment = nhs_valence()
    part = train_valence(~held).predict_proba(vectors(comments)[held]) @ STEPS
    theirs = compound([c for c, h in zip(comments, held, strict=True) if h])
    print(f"nhs held out: Spearman {spearmanr(part, sentiment[held])[0]:.3f}, ", end="")
    print(f"VADER {spearmanr(theirs, sentiment[held])[0]:.3f}")
    texts, truth = goemotions("dev")
    said = heads.emotions(vectors(texts)) >= heads.emotion_thresholds
    scores = f1_score(truth, said, average=None, zero_division=0)
    print(f"GoEmotions dev: macro-F1 {scores.mean():.3f}, ", end="")
    print(f"micro-F1 {f1_score(truth, said, average='micro'):.3f}")
    print(", ".join(f"{n} {s:.2f}" for n, s in zip(LABELS, scores, strict=True)))


def main() -> None:
    start = time.perf_counter()
    comments, _ = nhs_valence()
    held = np.random.default_rng(SEED).random(len(comments)) < 0.2
    every = np.ones(len(comments), dtype=bool)
    model = train_valence(every)
    expected = expected_steps(model, every)
    steps = calibrated_steps(expected)
    weights, bias, thresholds = train_emotions()
    arrays = {
        "valence_weights": model.coef_, "valence_bias": model.intercept_,
        "valence_steps": steps,
        "emotion_weights": weights, "emotion_bias": bias, "emotion_thresholds": thresholds,
    }  # fmt: skip
    nought = np.zeros(len(LABELS))
    plain = {**arrays, "emotion_shift": nought, "emotion_tilt": nought}
    heads = FeelingHeads.of({k: v.astype(np.float32) for k, v in plain.items()})
    pair = choose_tilt(heads, (*CALIBRATION, *REAL))
    heads = tilted(heads, *pair)
    arrays |= {"emotion_shift": heads.emotion_shift, "emotion_tilt": heads.emotion_tilt}
    print("steps of valence", np.round(steps, 3), "tilt, shift", pair)
    ship(
        "feeling",
        version="1",
        trained_on=[
            "GoEmotions train (Demszky et al. 2020, Apache-2.0)",
            "NHS patients' comments, labeller's sentiment (The-Strategy-Unit/pxtextmining, MIT)",
            "authored interviews of 30 domains (training/corpus, our own, Apache-2.0)",
            "valence scale: these and 1178 machine-annotated units of six codebooks (US government "
            "complaints; product interviews, BSD-3; NHS comments, MIT; airport lounge reviews, "
            "CC0); emotion weighing: those units alone",
        ],
        arrays=arrays,
    )
    # What is reported on is what was shipped.
    report_by_step(expected, steps)
    report(FeelingHeads.of(load("feeling")), expected, held)
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    # One BLAS thread: always the same sums in the same order, and sooner done on two cores.
    with threadpool_limits(1):
        main()
