"""Centres of themes: made once, and held against units, the same to the last bit in any company."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

CORE = 0.10
"""A theme's threshold leaves out this share of the units it was found in."""
EXACT = 2.0**20
"""Vectors are compared in steps of 1 / EXACT: their products add up without rounding."""
BLOCK = 8192
"""Units compared at a time: memory stays flat."""

Floats = NDArray[np.float64]
Vectors = NDArray[np.float32]


def centred(
    vectors: Vectors, who: NDArray[np.intp], labels: NDArray[np.intp]
) -> tuple[Vectors, Floats]:
    """Return the centre of each cluster, everybody in it counting the same, and its threshold.

    Parameters
    ----------
    vectors, who, labels
        A row a unit: its vector, its participant's number, its cluster or -1.

    Examples
    --------
    Two units of one participant, one of another:

    >>> vectors = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    >>> centres, limits = centred(vectors, np.array([0, 0, 1]), np.array([0, 0, 0]))
    >>> centres.round(3), limits.round(3)
    (array([[0.707, 0.707]], dtype=float32), array([0.707]))
    """
    centres, limits = [], []
    for cluster in range(int(labels.max(initial=-1)) + 1):
        rows = np.flatnonzero(labels == cluster)
        sizes = np.bincount(who[rows])[who[rows]]
        mean = (vectors[rows].astype(np.float64) / sizes[:, None]).sum(axis=0)
        centres.append(mean / max(float(np.linalg.norm(mean)), 1e-12))
    out = np.array(centres, np.float32).reshape(-1, vectors.shape[1])
    for cluster in range(len(out)):
        own = similarities(vectors[labels == cluster], out[cluster : cluster + 1])[:, 0]
        limits.append(float(np.quantile(own, CORE)))
    return out, np.array(limits)


def similarities(vectors: Vectors, centroids: Vectors) -> Floats:
    """Return each unit's cosine with each centre, the same to the last bit in whatever company.

    Parameters
    ----------
    vectors, centroids
        Of length 1, shapes (n, dim) and (themes, dim).

    Notes
    -----
    Both are taken in steps of 2**-20. A product of two is then a whole number of steps of 2**-40,
    and so many of them as a vector has numbers add up in a double without rounding, in any order.

    Examples
    --------
    >>> similarities(np.array([[0.6, 0.8]], np.float32), np.array([[1, 0]], np.float32)).round(3)
    array([[0.6]])
    """
    centres = np.rint(centroids.astype(np.float64) * EXACT).T
    out = np.zeros((len(vectors), len(centroids)))
    for start in range(0, len(vectors), BLOCK):
        steps = np.rint(vectors[start : start + BLOCK].astype(np.float64) * EXACT)
        out[start : start + BLOCK] = np.clip(steps @ centres / EXACT**2, -1.0, 1.0)
    return out


def nearest(
    vectors: Vectors, centroids: Vectors, thresholds: Floats
) -> tuple[NDArray[np.intp], Floats]:
    """Return each unit's theme, -1 where none is near enough, and its similarity to the nearest."""
    if not len(centroids):
        return np.full(len(vectors), -1), np.full(len(vectors), np.nan)
    similar = similarities(vectors, centroids)
    best = similar.argmax(axis=1)
    top = similar[np.arange(len(best)), best]
    return np.where(top >= thresholds[best], best, -1), top
