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
        return np.asarray(features @ self.weights + self.bias, dtype=np.float64)


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
    """Return six hex digits that change with what the tags say, not with the order of their rows.

    Examples
    --------
    >>> tag = {"unit_id": "u", "interview": "a", "order": 0.0, "text": "Late.", "stage": "delivery"}
    >>> len(tags_hash(pd.DataFrame([tag])))
    6
    """
    rows = sorted(
        [str(r.unit_id), str(r.interview), float(r.order), str(r.text), str(r.stage)]
        for r in tags.itertuples(index=False)
    )
    return hashlib.sha256(json.dumps(rows, ensure_ascii=True).encode()).hexdigest()[:6]
