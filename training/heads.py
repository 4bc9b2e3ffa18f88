"""Trains the feeling coder's two linear heads on frozen MiniLM vectors and prints their figures.

Run from the repository root: ``python -m training.heads``. No randomness but the seeded split of
GoEmotions' train part that thresholds are chosen on.
"""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.stats import pearsonr, spearmanr
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import cohen_kappa_score, f1_score

from journeyqual.coding.feeling import LABELS, NEUTRAL, FeelingCoder, FeelingHeads
from journeyqual.models.encoder import minilm
from journeyqual.models.weights import load
from training.sets import (
    CALIBRATION,
    EVALUATION,
    coded,
    emobank,
    goemotions,
    nhs_valence,
    vectors,
)  # fmt: skip
from training.shipping import ship

SEED = 20260301
HELD_OUT = 0.15
NHS_WEIGHT = 4.0
"""How many Reddit comments a patient's comment counts for; 1 to 10 were tried."""
STRENGTH = 0.5
"""Inverse regularisation of both heads."""
TILTS = (0.0, 1.0, 2.0, 3.0, 4.0)
SHIFTS = (-0.6, -0.3, 0.0, 0.3)
EDGES = (-0.75, -0.15, 0.15, 0.75)
"""Between the five steps of valence."""
STEPS = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])

POLARITY = {
    "admiration": 0.8, "amusement": 0.5, "anger": -0.9, "annoyance": -0.6, "approval": 0.5,
    "caring": 0.4, "confusion": -0.2, "curiosity": 0.1, "desire": 0.0, "disappointment": -0.7,
    "disapproval": -0.6, "disgust": -0.9, "embarrassment": -0.5, "excitement": 0.8, "fear": -0.7,
    "gratitude": 0.9, "grief": -0.9, "joy": 0.9, "love": 0.9, "nervousness": -0.5,
    "optimism": 0.5, "pride": 0.7, "realization": 0.0, "relief": 0.6, "remorse": -0.6,
    "sadness": -0.8, "surprise": 0.1, "neutral": 0.0,
}  # fmt: skip
"""Valence of the GoEmotions labels, set by hand before any figure was seen."""

Floats = NDArray[np.float64]


def train_valence(nhs_rows: NDArray[np.bool_]) -> LogisticRegression:
    """Fit the five steps on GoEmotions' polarity and the chosen comments' sentiment."""
    texts, truth = goemotions("train")
    polarity = truth @ np.array([POLARITY[label] for label in LABELS]) / truth.sum(1)
    comments, sentiment = nhs_valence()
    x = np.vstack([vectors(texts), vectors(comments)[nhs_rows]])
    y = np.digitize(np.r_[polarity, sentiment[nhs_rows]], EDGES)
    weight = np.r_[np.ones(len(texts)), np.full(nhs_rows.sum(), NHS_WEIGHT)]
    model = LogisticRegression(C=STRENGTH, max_iter=500, class_weight="balanced")
    return model.fit(x, y, sample_weight=weight)


def calibrated_steps(model: LogisticRegression, sets: tuple[str, ...]) -> Floats:
    """Fit one slope and intercept to the coders' valence, sets on a par; return the steps."""
    parts = [(model.predict_proba(vectors(coded(s).units["text"])) @ STEPS, coded(s)) for s in sets]
    expected = np.concatenate([p for p, _ in parts])
    target = np.concatenate([c.valence for _, c in parts])
    weight = np.concatenate([np.full(len(p), len(p) ** -0.5) for p, _ in parts])
    slope, intercept = np.polyfit(expected, target, 1, w=weight)
    return slope * STEPS + intercept


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


def choose_tilt(heads: FeelingHeads, sets: tuple[str, ...]) -> tuple[float, float]:
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
    x = vectors(one.units["text"])
    named = FeelingCoder(minilm(), heads).code(one.units, x, one.codebook)["emotion"]
    return float(np.mean([cohen_kappa_score(c["emotion"], named) for c in (one.first, one.second)]))


def report(heads: FeelingHeads, model: LogisticRegression, held: NDArray[np.bool_]) -> None:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    vader = SentimentIntensityAnalyzer()

    def compound(texts: list[str]) -> Floats:
        return np.array([vader.polarity_scores(t)["compound"] for t in texts])

    print(
        "| coded set | r | VADER r | mean error | mean abs. error | emotion kappa | coders' kappa |"
    )
    for name in (*CALIBRATION, *EVALUATION):
        one = coded(name)
        x, texts = vectors(one.units["text"]), one.units["text"].tolist()
        others = tuple(s for s in CALIBRATION if s != name)
        steps = calibrated_steps(model, others)
        valence = np.clip(model.predict_proba(x) @ steps, -1, 1)
        kappa = emotion_kappa(tilted(heads, *choose_tilt(heads, others)), name)
        ceiling = cohen_kappa_score(one.first["emotion"], one.second["emotion"])
        print(
            f"| {name} | {pearsonr(valence, one.valence)[0]:.3f} | "
            f"{pearsonr(compound(texts), one.valence)[0]:.3f} | "
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
    model = train_valence(np.ones(len(comments), dtype=bool))
    weights, bias, thresholds = train_emotions()
    arrays = {
        "valence_weights": model.coef_, "valence_bias": model.intercept_,
        "valence_steps": calibrated_steps(model, CALIBRATION),
        "emotion_weights": weights, "emotion_bias": bias, "emotion_thresholds": thresholds,
    }  # fmt: skip
    nought = np.zeros(len(LABELS))
    plain = {**arrays, "emotion_shift": nought, "emotion_tilt": nought}
    heads = FeelingHeads.of({k: v.astype(np.float32) for k, v in plain.items()})
    pair = choose_tilt(heads, CALIBRATION)
    heads = tilted(heads, *pair)
    arrays |= {"emotion_shift": heads.emotion_shift, "emotion_tilt": heads.emotion_tilt}
    print("steps of valence", np.round(arrays["valence_steps"], 3), "tilt, shift", pair)
    ship(
        "feeling",
        version="1",
        trained_on=[
            "GoEmotions train (Demszky et al. 2020, Apache-2.0)",
            "NHS patients' comments, labeller's sentiment (The-Strategy-Unit/pxtextmining, MIT)",
            "valence scale and emotion weighing: 633 machine-annotated units of three codebooks",
        ],
        arrays=arrays,
    )
    # What is reported on is what was shipped.
    report(FeelingHeads.of(load("feeling")), model, held)
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
