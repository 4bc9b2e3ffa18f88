"""People's codings that ask for a second look, because their code says something else by now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from journeyqual.codebook import Codebook
from journeyqual.revision.changes import GONE, NEW, Codes, Key, codes_of, differ
from journeyqual.revision.follow import CARRIED, latest_of, of_people

UNKNOWN = "made under a codebook that is not kept"
UNDECIDED = "split, and nobody has decided"
_COLUMNS = ["unit_id", "coder", "dimension", "value", "made_under", "what"]


def flags(codings: pd.DataFrame, books: Mapping[str, Codebook], now: Codebook) -> pd.DataFrame:
    """Return people's codings whose code says something else than when they were made.

    A newer coding made under the present codebook clears the flag. A coding that followed a renamed
    or merged code is judged by what its coder had read: following settles nothing.

    Parameters
    ----------
    codings
        CODINGS, oldest first; with the column ``origin``, if codings have followed their codes.
    books
        Codebooks by version (``3+ab12cd34ef56``), oldest first.
    now
        The codebook of today.

    Returns
    -------
    DataFrame
        ``unit_id, coder, dimension, value``, ``made_under`` (the version that the person last
        judged under) and ``what`` changed. Blank values and rejections are no use of a code, and
        have no row; a coding from a codebook that is not kept has one if its code is gone.

    Examples
    --------
    >>> from journeyqual.codebook import from_dict
    >>> old = from_dict({"stage": [{"name": "buying", "definition": "The order."}]})
    >>> now = from_dict({"stage": [{"name": "buying", "definition": "Order and payment."}]})
    >>> row = dict(unit_id="u", dimension="stage", value="buying", coder="human:ana")
    >>> made = pd.DataFrame([row | {"codebook_version": "1"}])
    >>> flags(made, {"1": old}, now)[["coder", "value", "made_under", "what"]]
           coder   value made_under        what
    0  human:ana  buying          1  definition
    """
    table = of_people(codings)
    latest = latest_of(table)
    latest = latest[(latest["status"] != "rejected") & (latest["value"] != "")]
    shelf = _Shelf(books, now)
    carried = latest["origin"].isin(CARRIED)
    earlier: dict[tuple[str, str, str], list[Any]] = {}
    if carried.any():
        ids = table["unit_id"].isin(latest.loc[carried, "unit_id"])
        for row in table[ids].itertuples():
            earlier.setdefault((row.unit_id, row.coder, row.dimension), []).append(row)
    known: dict[tuple[str, str, str], str] = {}
    rows = []
    for row, follows in zip(latest.itertuples(), carried, strict=True):
        made = row.codebook_version
        if follows:
            made, what = shelf.traced(earlier[row.unit_id, row.coder, row.dimension])
        else:
            key = (row.dimension, row.value, made)
            if key not in known:
                known[key] = shelf.since((row.dimension, row.value), made)
            what = known[key]
        if what:
            rows.append((row.unit_id, row.coder, row.dimension, row.value, made, what))
    return pd.DataFrame(rows, columns=_COLUMNS)


class _Shelf:
    """Codebooks of all versions, and what a code says today against what it said in one."""

    def __init__(self, books: Mapping[str, Codebook], now: Codebook) -> None:
        self.order = {version: codes_of(book) for version, book in books.items()}
        self.prints = {book.fingerprint: self.order[version] for version, book in books.items()}
        self.now = codes_of(now)
        self.prints[now.fingerprint] = self.now

    def find(self, version: str) -> Codes | None:
        # The same fingerprint is the same words, by whatever number.
        found = self.order.get(version)
        return self.prints.get(version.rpartition("+")[2]) if found is None else found

    def since(self, key: Key, version: str) -> str:
        made = self.find(version)
        if made is None:
            return "" if key in self.now else f"{GONE}; {UNKNOWN}"
        if key not in self.now:
            return GONE
        return NEW if key not in made else differ(made[key], self.now[key])

    def traced(self, rows: list[Any]) -> tuple[str, str]:
        """Follow a carried coding back to what its coder said: (version, what changed since)."""
        what: list[str] = []
        at = len(rows) - 1
        while at and rows[at].origin in CARRIED:
            what.insert(0, self.step(rows[at - 1], rows[at]))
            at -= 1
        last = rows[-1]
        what.append(self.since((last.dimension, last.value), last.codebook_version))
        return rows[at].codebook_version, next((w for w in what if w), "")

    def step(self, before: Any, after: Any) -> str:
        """Return what had changed by the time that a coding followed its code."""
        if after.origin == "split":
            return UNDECIDED
        made, key = self.find(before.codebook_version), (before.dimension, before.value)
        if made is None or key not in made:
            return ""
        if after.origin == "rename":
            then, key_then = self.find(after.codebook_version), (after.dimension, after.value)
        else:
            # What was merged is in its new codebook no more: it last stood in an earlier one.
            versions = list(self.order)
            if after.codebook_version in self.order:
                versions = versions[: versions.index(after.codebook_version)]
            there = [self.order[v] for v in versions if key in self.order[v]]
            then, key_then = there[-1] if there else None, key
        return "" if then is None or key_then not in then else differ(made[key], then[key_then])
