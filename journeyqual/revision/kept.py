"""The codebooks that a store has kept, as values again."""

from __future__ import annotations

import re

import pandas as pd

from journeyqual.codebook import Codebook
from journeyqual.revision.follow import Rule, read
from journeyqual.revision.layout import parse


def books(rows: pd.DataFrame) -> dict[str, Codebook]:
    r"""Return kept codebooks by version and fingerprint, oldest first.

    Parameters
    ----------
    rows
        ``version, content, saved_at, note`` as the store returns them; the content is the text of
        a codebook file.

    Raises
    ------
    ConfigError
        If a content is no codebook.

    Examples
    --------
    >>> text = '[[stage]]\nname = "buying"'
    >>> rows = [dict(version=v, content=text, saved_at="noon", note="") for v in ("10+ab", "9+cd")]
    >>> list(books(pd.DataFrame(rows)))
    ['9+cd', '10+ab']
    """
    rows = _oldest_first(rows)
    return {v: parse(text) for v, text in zip(rows["version"], rows["content"], strict=True)}


def rules(rows: pd.DataFrame) -> dict[str, tuple[Rule, ...]]:
    """Return what became of codings when each kept codebook was made, oldest first."""
    rows = _oldest_first(rows)
    return {v: read(note) for v, note in zip(rows["version"], rows["note"], strict=True)}


def _oldest_first(rows: pd.DataFrame) -> pd.DataFrame:
    """Sort by time; of versions kept within one second, 9 comes before 10."""
    numbers = [
        tuple(int(n) for n in re.findall(r"[0-9]+", version.partition("+")[0]))
        for version in rows["version"]
    ]
    order = sorted(range(len(rows)), key=lambda i: (rows["saved_at"].iloc[i], numbers[i]))
    return rows.iloc[order]
