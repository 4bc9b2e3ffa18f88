"""Who stands before and after a unit: what was just said often tells what it is about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyqual.models.encoder import Vectors


@dataclass(frozen=True)
class Neighbours:
    """Row numbers of each unit's neighbours in its own interview, -1 where there is none."""

    before: NDArray[np.intp]
    after: NDArray[np.intp]

    def mixed(self, vectors: Vectors, weight: float) -> Vectors:
        """Return each vector plus ``weight`` times both neighbours', scaled to length 1 again."""
        out = vectors + weight * (_rows(vectors, self.before) + _rows(vectors, self.after))
        length = np.linalg.norm(out, axis=1, keepdims=True)
        return np.asarray(out / np.maximum(length, 1e-12), dtype=np.float32)

    def beside(self, vectors: Vectors, weight: float) -> Vectors:
        """Return each vector with its neighbours', weighted, beside it: (n, 3 · dim).

        At weight 0 the neighbours are left out: shape (n, dim).
        """
        if weight == 0:
            return vectors
        parts = [vectors, weight * _rows(vectors, self.before), weight * _rows(vectors, self.after)]
        return np.concatenate(parts, axis=1, dtype=np.float32)


def neighbours(units: pd.DataFrame, *, step: float | None = None) -> Neighbours:
    """Find each unit's neighbours by ``order`` within its ``interview``, rows in any order.

    Parameters
    ----------
    units
        With the columns ``interview`` and ``order``.
    step
        The largest difference of ``order`` between neighbours; None takes whoever is next, however
        far.

    Examples
    --------
    >>> table = pd.DataFrame({"interview": ["a", "b", "a"], "order": [1, 0, 0]})
    >>> neighbours(table).before.tolist()
    [2, -1, -1]
    """
    interview = pd.factorize(units["interview"])[0]
    order = units["order"].to_numpy(dtype=float)
    rank = np.lexsort((order, interview))
    first, second = rank[:-1], rank[1:]
    joined = interview[first] == interview[second]
    if step is not None:
        joined &= np.abs(order[second] - order[first]) <= step
    before = np.full(len(units), -1, dtype=np.intp)
    after = before.copy()
    before[second[joined]] = first[joined]
    after[first[joined]] = second[joined]
    return Neighbours(before, after)


def _rows(vectors: Vectors, rows: NDArray[np.intp]) -> Vectors:
    """Take rows; the row -1, nobody, is a vector of noughts."""
    out = np.zeros_like(vectors)
    out[rows >= 0] = vectors[rows[rows >= 0]]
    return out
