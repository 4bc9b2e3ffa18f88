"""New units are given themes by the frozen centres; what is left over may propose new ones.

Old units are not looked at: nothing here can move one. Refitting a topic model on a little more
material sorts most old units otherwise, so new material never refits one.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyqual.themes import words
from journeyqual.themes.centres import Floats, Vectors, nearest, similarities
from journeyqual.themes.finding import MIN_UNITS, Found, discover

SAME = 0.8
"""A new centre this similar to a frozen one is of the same theme, and is not proposed."""
FRESH = 0.5
"""At least this share of a proposed theme's units came since the last look."""
GROWN = 1.25
"""New themes are looked for when what is left over has grown by a quarter since the last look."""


def assign(
    vectors: Vectors, centroids: Vectors, thresholds: Floats
) -> tuple[NDArray[np.intp], Floats]:
    """Return the theme of each unit, the same in whatever company it comes.

    Parameters
    ----------
    vectors
        Of the units, shape (n, dim), each of length 1.
    centroids, thresholds
        Of the themes, shapes (themes, dim) and (themes,).

    Returns
    -------
    (ndarray, ndarray)
        The number of the theme with the nearest centre, -1 if that is not near enough; and the
        similarity to it, NaN if there is no theme.

    Examples
    --------
    >>> centres = np.array([[1, 0], [0, 1]], np.float32)
    >>> vectors = np.array([[0.8, 0.6], [0.6, 0.8]], np.float32)
    >>> number, similar = assign(vectors, centres, np.array([0.7, 0.9]))
    >>> number.tolist(), similar.round(2).tolist()
    ([0, -1], [0.8, 0.8])
    """
    return nearest(vectors, centroids, thresholds)


def is_time(left_over: int, before: int) -> bool:
    """Say whether enough has gathered since the last look to look for new themes.

    Parameters
    ----------
    left_over, before
        Units without a theme, now and after the last look.

    Examples
    --------
    >>> is_time(40, 30), is_time(30, 30), is_time(15, 5)
    (True, False, False)
    """
    return left_over >= MIN_UNITS and left_over >= max(GROWN * before, before + MIN_UNITS // 2)


def propose(
    left_over: pd.DataFrame,
    vectors: Vectors,
    scope: str,
    centroids: Vectors,
    *,
    seed: int = 0,
    encode: words.Encode | None = None,
    nouns: words.Nouns | None = None,
    fresh: NDArray[np.bool_] | None = None,
    number: int = 2,
) -> Found:
    """Return themes that units without one speak of, for a person to accept or reject.

    Parameters
    ----------
    left_over
        ``unit_id, participant, text`` of the units that no frozen theme fits.
    vectors, scope, seed, encode, nouns, number
        As for `discover`.
    fresh
        Which units came since the last look: at least `FRESH` of a proposed theme. What is made of
        old ones was there when they were looked at, and was found to be no theme. None is all.
    centroids
        Centres of all themes that the scope has, rejected ones, too: what is as good as one of
        them is not proposed (as BERTopic's ``merge_models`` has it).

    Returns
    -------
    Found
        ``proposed`` themes, and every unit that was handed in.

    Examples
    --------
    >>> few = pd.DataFrame({"unit_id": ["a"], "participant": ["P01"], "text": ["It broke."]})
    >>> propose(few, np.ones((1, 1), np.float32), "using", np.ones((1, 1), np.float32)).reason
    'fewer than 20 units of enough words'
    """
    found = discover(
        left_over, vectors, scope, seed=seed, encode=encode, nouns=nouns, status="proposed",
        number=number,
    )  # fmt: skip
    new = np.ones(len(found.centroids), dtype=bool)
    if len(centroids):
        new &= similarities(found.centroids, centroids).max(axis=1, initial=-1.0) < SAME
    if fresh is not None:
        late = set(left_over["unit_id"].to_numpy()[fresh])
        share = found.units["unit_id"].isin(late).groupby(found.units["theme"]).mean()
        new &= (found.themes["theme"].map(share) >= FRESH).to_numpy(dtype=bool)
    if new.all():
        return found
    kept = found.themes["theme"].to_numpy()[new]
    fits = found.units["theme"].isin(kept)
    return replace(
        found,
        themes=found.themes[new].reset_index(drop=True),
        units=found.units.assign(theme=found.units["theme"].where(fits, "")),
        centroids=found.centroids[new],
        thresholds=found.thresholds[new],
        reason="" if new.any() else "nothing that was not said before",
    )
