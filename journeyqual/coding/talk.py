"""Units as the networks read them: in their interviews, and in a language that they know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyqual.models.encoder import Vectors

ENOUGH_WORDS = 5
"""Fewer do not show their language."""
LAST_LATIN = 0x24F


class CountsPieces(Protocol):
    """Whose tokeniser shows how foreign a text is: a `journeyqual.models.reader.Reader`."""

    def pieces_per_word(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return into how many pieces a text's average word is cut."""
        ...


def in_interviews(
    units: pd.DataFrame, read: Callable[[list[list[str]]], list[Vectors]], dim: int
) -> Vectors:
    """Hand interviews over in the order of speech, and put what comes back in the table's rows."""
    out = np.zeros((len(units), dim), np.float32)
    rows = places(units)
    texts = units["text"].to_numpy(dtype=object)
    found = read([texts[index].tolist() for index in rows])
    for index, vectors in zip(rows, found, strict=True):
        out[index] = vectors
    return out


def places(units: pd.DataFrame) -> list[NDArray[np.intp]]:
    """Return the row numbers of each interview's units, in the order of speech."""
    table = units.reset_index(drop=True)
    return [
        own.sort_values(["order", "unit_id"]).index.to_numpy()
        for _, own in table.groupby("interview", sort=False)
    ]


def foreign(reader: CountsPieces, texts: Sequence[str], from_pieces: float) -> NDArray[np.bool_]:
    """Say of each text whether it is plainly not English; of a few words nobody can say.

    Parameters
    ----------
    reader
        Whose tokeniser was made for English.
    texts
        Any texts.
    from_pieces
        Pieces that an average word falls into from which on a text is no English.
    """
    in_pieces = reader.pieces_per_word(texts) >= from_pieces
    long = np.array([len(text.split()) >= ENOUGH_WORDS for text in texts], dtype=bool)
    other = np.array([_in_another_script(text) for text in texts], dtype=bool)
    return np.asarray((in_pieces & long) | other)


def _in_another_script(text: str) -> bool:
    """Say whether most letters are not Latin ones.

    Examples
    --------
    >>> _in_another_script("这很贵"), _in_another_script("Très cher"), _in_another_script("42")
    (True, False, False)
    """
    letters = [char for char in text if char.isalpha()]
    return 2 * sum(ord(char) > LAST_LATIN for char in letters) > len(letters)
