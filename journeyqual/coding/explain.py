"""Which words moved a unit's valence, and which way: each is left out in turn (occlusion).

What the machine reads without a word, held against what it reads with it, is what the word did
there, among its neighbours: no list of good and bad words is consulted. (Li, Monroe and Jurafsky
2016, "Understanding neural networks through representation erasure".)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyqual import schema
from journeyqual.coding.feeling import FeelingCoder
from journeyqual.coding.tags import readable
from journeyqual.coding.talk import places
from journeyqual.errors import SchemaError
from journeyqual.models.vectors import Progress, cached_numbers

WORD = re.compile(r"\S+")
MOST_WORDS = 160
"""Words of a unit that are left out in turn; the network reads no more of one."""
METHOD = "words1"
"""In the cache's keys; another way of explaining is another method."""


def words_that_moved(
    units: pd.DataFrame,
    unit_ids: Iterable[str],
    *,
    coder: FeelingCoder | None = None,
    cache: str | Path | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return how far each word of these units moved the machine's valence.

    Parameters
    ----------
    units
        A table of `schema.UNITS_IN` with the units' neighbours: a unit is read among them.
    unit_ids
        The units to explain.
    coder
        The coder to explain; None is the one that ships.
    cache
        Folder of the vector cache, where the answers are kept by the words and their neighbours.
    progress
        Called with (units explained, units in all).

    Returns
    -------
    DataFrame
        A row a word, in the order of the ids: ``unit_id``, ``start`` and ``end`` (code points in
        the unit's text), ``word``, ``shift`` in -2..2: valence as read less valence without the
        word. A word without a letter or a digit moves nothing, nor does one beyond what is read;
        of a text that is cut, a word left out lets in another at the end.

    Raises
    ------
    SchemaError
        If an id is not among the units.
    """
    table = schema.check(units, schema.UNITS_IN)
    columns = ["unit_id", "start", "end", "word", "shift"]
    rows_of = {unit: row for row, unit in enumerate(table["unit_id"])}
    wanted = list(dict.fromkeys(unit_ids))
    for unit in wanted:
        if unit not in rows_of:
            raise SchemaError(f"there is no unit {unit!r} to explain", column="unit_id")
    if not wanted:
        # No network is loaded to read nothing.
        return pd.DataFrame(columns=columns)
    coder = coder or FeelingCoder.shipped(cache=cache)
    stands: dict[int, tuple[NDArray[np.intp], int]] = {}
    for order in places(table):
        stands |= {int(row): (order, at) for at, row in enumerate(order)}
    texts = table["text"].to_numpy(dtype=object)
    reach = coder.reader.settings.reach
    kind = f"{METHOD}:{coder.reader.fingerprint}:{coder.heads.fingerprint}"
    parts = []
    for done, unit in enumerate(wanted, start=1):
        order, at = stands[rows_of[unit]]
        first = max(0, at - reach)
        around = [str(t) for t in texts[order[first : at + reach + 1]]]
        spans = list(WORD.finditer(around[at - first]))
        shifts = cached_numbers(
            around,
            at - first,
            kind,
            min(len(spans), MOST_WORDS),
            lambda around=around, at=at - first: _shifts(around, at, coder),  # type: ignore[misc]
            cache,
        )
        for span, shift in zip(spans, _padded(shifts, len(spans)), strict=True):
            parts.append((unit, span.start(), span.end(), span.group(), float(shift)))
        if progress is not None:
            progress(done, len(wanted))
    return pd.DataFrame(parts, columns=columns)


def _shifts(around: list[str], at: int, coder: FeelingCoder) -> NDArray[np.float32]:
    """Read the unit with its neighbours once as it is, and once without each word."""
    text = around[at]
    spans = list(WORD.finditer(text))[:MOST_WORDS]
    moves = [bool(re.search(r"\w", span.group())) for span in spans]
    without = [text[: span.start()] + text[span.end() :] for span in spans]
    asked = [text, *(t for t, move in zip(without, moves, strict=True) if move)]
    interviews = [[*around[:at], one, *around[at + 1 :]] for one in asked]
    vectors = np.stack([found[at] for found in coder.reader.interviews(interviews, only=at)])
    valence, _ = coder.valence(vectors)
    valence = np.where(readable(pd.Series(asked)), valence, 0.0)
    out = np.zeros(len(spans), np.float32)
    out[np.flatnonzero(moves)] = valence[0] - valence[1:]
    return out


def _padded(shifts: NDArray[np.float32], n: int) -> NDArray[np.float32]:
    return np.concatenate([shifts, np.zeros(n - len(shifts), np.float32)])
