"""Learning stages from people's tags, with the zero-shot coder as the starting point.

Multinomial logistic regression whose logits are the zero-shot logits plus a linear correction,
shrunk towards none (a Gaussian prior around the zero-shot coder; compare Evgeniou and Pontil 2004,
"Regularized multi-task learning"). Without tags the correction is nought; with each tag of a stage
it may grow.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyqual import schema
from journeyqual.codebook import Codebook
from journeyqual.errors import SchemaError

Floats = NDArray[np.float64]

FOLDS = 10
"""Fits, at most, that leave some people's tags out."""
BIAS_PENALTY = 1.0
"""A weak pull on how common a stage is said to be: tags are seldom a fair sample of that."""
STEPS = 200
"""L-BFGS is done long before; this ends a pathological run."""


@dataclass(frozen=True)
class Correction:
    """What tags teach: logits to be added to the zero-shot coder's.

    Parameters
    ----------
    weights, bias
        Shapes (features, classes) and (classes,).
    """

    weights: Floats
    bias: Floats

    def logits(self, features: NDArray[np.float32]) -> Floats:
        """Return the correction per unit and class, shape (n, classes)."""
        # Not by BLAS, whose last bits depend on how many units there are.
        moved = np.einsum("nf,fc->nc", features.astype(np.float64), self.weights)
        return np.asarray(moved + self.bias, dtype=np.float64)


def learn(
    features: NDArray[np.float32],
    offsets: Floats,
    classes: NDArray[np.intp],
    penalty: float,
) -> Correction:
    """Fit the correction to tags; convex, so that the same tags in any order teach the same.

    Parameters
    ----------
    features
        Shape (tags, features).
    offsets
        The zero-shot coder's logits for the tags, shape (tags, classes).
    classes
        The class that people gave each, 0 … classes - 1.
    penalty
        Weight of the squared correction; more stays nearer to the zero-shot coder.
    """
    from scipy.optimize import minimize
    from scipy.special import log_softmax
    from threadpoolctl import threadpool_limits

    # The correction lies in the span of the tags' features, so it is sought there: far fewer
    # numbers, same answer.
    left, scale, basis = np.linalg.svd(features.astype(np.float64), full_matrices=False)
    x = left * scale
    n_features, n_classes = x.shape[1], offsets.shape[1]
    given = np.eye(n_classes)[classes]
    cut = n_features * n_classes

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights, bias = flat[:cut].reshape(n_features, n_classes), flat[cut:]
        log_p = log_softmax(offsets + x @ weights + bias, axis=1)
        miss = np.exp(log_p) - given
        value = -(log_p * given).sum() + (penalty * weights**2).sum() / 2
        value += BIAS_PENALTY * (bias**2).sum() / 2
        slope = np.r_[(x.T @ miss + penalty * weights).ravel(), miss.sum(0) + BIAS_PENALTY * bias]
        return float(value), slope

    # Thousands of tiny products: handing each to several threads costs fifty times the work.
    with threadpool_limits(1):
        found = minimize(
            loss, np.zeros(cut + n_classes), jac=True, method="L-BFGS-B", options={"maxiter": STEPS}
        ).x
    return Correction(basis.T @ found[:cut].reshape(n_features, n_classes), found[cut:])


Fits = dict[str, Correction]
"""Fits by what they were made from; a coder keeps its own, for the next table of units."""


@dataclass(frozen=True)
class Tagged:
    """Tags as a coder sees them, in the order of their table.

    Parameters
    ----------
    fits
        Where fits are looked up and kept.
    of_unit
        Row of each among the units that are to be coded; -1 for none of them.
    people
        Who said each: what a fit leaves out together.
    features, offsets
        Shapes (tags, features) and (tags, classes), as for `learn`.
    classes
        Shape (tags,).
    """

    fits: Fits
    of_unit: NDArray[np.intp]
    people: NDArray[np.object_]
    features: NDArray[np.float32]
    offsets: Floats
    classes: NDArray[np.intp]

    def corrections(self, features: NDArray[np.float32], penalty: float) -> Floats:
        """Return logits to add to each unit's, shape (units, classes).

        A tagged unit's come from a fit that saw no tag of the same person, so that people's codings
        may be held against the machine's without double use. Up to `FOLDS` people each are left out
        alone, more in that many parts.

        Parameters
        ----------
        features
            Of the units, shape (units, features).
        penalty
            As for `learn`.
        """
        out = self._fitted(np.ones(len(self.classes), dtype=bool), penalty).logits(features)
        names = {name: place for place, name in enumerate(sorted(set(self.people.astype(str))))}
        part = np.array([names[name] % FOLDS for name in self.people.astype(str)])
        for one in np.unique(part):
            held = self.of_unit[(part == one) & (self.of_unit >= 0)]
            if len(held):
                fit = self._fitted(part != one, penalty) if len(names) > 1 else None
                out[held] = fit.logits(features[held]) if fit else 0.0
        return out

    def _fitted(self, rows: NDArray[np.bool_], penalty: float) -> Correction:
        parts = (self.features[rows], self.offsets[rows], self.classes[rows], np.array(penalty))
        key = hashlib.sha256(b"|".join(part.tobytes() for part in parts)).hexdigest()
        if key not in self.fits:
            self.fits[key] = learn(*parts[:3], penalty)
        return self.fits[key]


def classes_of(tags: pd.DataFrame, codebook: Codebook) -> NDArray[np.intp]:
    """Return each tag's stage by its place in the codebook; "none fits" comes last."""
    none = len(codebook.stages)
    return np.array([codebook.order(s) if s else none for s in tags["stage"]], dtype=np.intp)


def readable(texts: pd.Series) -> NDArray[np.bool_]:
    """Say of each text whether it has a letter or a digit: no encoder here knows an emoji.

    Examples
    --------
    >>> readable(pd.Series(["Fine!", "😡", ""])).tolist()
    [True, False, False]
    """
    return np.array([any(c.isalnum() for c in text) for text in texts], dtype=bool)


def softmax(logits: Floats) -> Floats:
    """Return probabilities, row by row."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def people_of(tags: pd.DataFrame) -> NDArray[np.object_]:
    """Return who said each tagged unit: the participant where known, else the interview."""
    people = tags["interview"].astype(object)
    if "participant" in tags:
        named = tags["participant"].astype(object).where(tags["participant"].notna(), "")
        named = named.astype(str).str.strip()
        people = named.astype(object).where(named != "", people)
    return np.asarray(people, dtype=object)


def check_tags(
    tags: pd.DataFrame, codebook: Codebook, *, path: str | Path | None = None
) -> pd.DataFrame:
    """Return the tags as a table of `schema.TAGS` whose stages are all in the codebook.

    Parameters
    ----------
    tags
        People's codings to learn from; a blank stage says that none fits.
    codebook
        Its stages are those there are.
    path
        The file that the tags came from, for the error.

    Raises
    ------
    SchemaError
        If the tags are no such table, or name a stage that the codebook has not; the first line
        that does is named.

    Examples
    --------
    >>> from journeyqual.codebook import from_dict
    >>> book = from_dict({"name": "Mini", "stage": [{"name": "buying"}, {"name": "using"}]})
    >>> tag = {"unit_id": "u", "interview": "a", "order": 0.0, "text": "Late.", "stage": "byuing"}
    >>> check_tags(pd.DataFrame([tag]), book, path="tags.csv")
    Traceback (most recent call last):
    journeyqual.errors.SchemaError: tags.csv, line 2, column 'stage': the codebook 'Mini' has no
    stage 'byuing'; write one of buying, using, or leave it blank where none fits
    """
    tags = schema.check(tags, schema.TAGS, path=path)
    unknown = np.flatnonzero(~tags["stage"].isin(["", *codebook.stage_names]).to_numpy())
    if len(unknown):
        row = int(unknown[0])
        raise SchemaError(
            f"the codebook {codebook.name!r} has no stage {tags['stage'].iloc[row][:60]!r}",
            path=schema.TAGS.name if path is None else path,
            line=row + 2,
            column="stage",
            remedy=f"write one of {', '.join(codebook.stage_names)}, "
            "or leave it blank where none fits",
        )
    return tags


def tags_hash(tags: pd.DataFrame) -> str:
    """Return four hex digits that change with what the tags say, not with the order of their rows.

    Examples
    --------
    >>> tag = {"unit_id": "u", "interview": "a", "order": 0.0, "text": "Late.", "stage": "delivery"}
    >>> len(tags_hash(pd.DataFrame([tag])))
    4
    """
    said_by = people_of(tags)
    rows = sorted(
        [str(r.unit_id), str(r.interview), float(r.order), str(r.text), str(r.stage), str(person)]
        for r, person in zip(tags.itertuples(index=False), said_by, strict=True)
    )
    return hashlib.sha256(json.dumps(rows, ensure_ascii=True).encode()).hexdigest()[:4]
