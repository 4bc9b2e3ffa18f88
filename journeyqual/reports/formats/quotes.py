"""Quotes as a CSV file that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import io
import unicodedata
from pathlib import Path

import pandas as pd

from journeyqual.reports.blocks import clock
from journeyqual.reports.formats.files import write
from journeyqual.reports.formats.tables import Results, clean

COLUMNS = ("stage", "theme", "stance", "participant", "interview", "unit_id", "time", "text",
           "valence", "emotion")  # fmt: skip
_STARTS = frozenset("=+-@\t\r\n|%＝＋－＠−")
"""What makes a cell a formula somewhere (OWASP, CSV Injection), full-width forms included."""


def neutral(text: str) -> str:
    """Return a cell's text so that no spreadsheet computes it: with an apostrophe before.

    OWASP's rule for CSV injection, blanks and invisible characters before the sign looked through.
    The text is then no longer letter by letter what was said; `unneutral` gives it back.

    Examples
    --------
    >>> neutral("=cmd|' /C calc'!A0"), neutral("it came late"), neutral("'tis")
    ("'=cmd|' /C calc'!A0", 'it came late', "''tis")
    """
    first = next((c for c in text if not _unseen(c)), "")
    # An own apostrophe is doubled: else it could not be told from ours.
    return f"'{text}" if first in _STARTS or text.startswith(("'", "\t", "\r", "\n")) else text


def unneutral(cell: str) -> str:
    """Return the text that `neutral` was given.

    Examples
    --------
    >>> unneutral("'=1+1"), unneutral("''tis"), unneutral("late")
    ('=1+1', "'tis", 'late')
    """
    return cell.removeprefix("'")


def _unseen(character: str) -> bool:
    return character in " \u00a0" or unicodedata.category(character) in {"Cf", "Zs"}


def write_quotes(results: Results, path: Path) -> Path:
    """Write the quotes behind stages and drivers, each with where it was said.

    Parameters
    ----------
    results
        Of a study; only quotes that its tables hold are written, so nobody is quoted who does not
        agree to it.
    path
        The file. UTF-8 with a byte order mark, which Excel needs to read it as such.
    """
    stages = results.rows("Quotes").assign(theme="")
    drivers = results.rows("Driver quotes")
    drivers = drivers.drop(columns="theme").rename(columns={"name": "theme"})
    every = pd.concat([stages, drivers], ignore_index=True)
    every = every.sort_values(["stage_order", "theme", "stance", "rank", "unit_id"], kind="stable")
    box = io.StringIO()
    writer = csv.writer(box, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in every.itertuples(index=False):
        cells = [
            row.stage, row.theme, row.stance, row.participant, row.interview, row.unit_id,
            clock(row.start_s), row.text,
        ]  # fmt: skip
        # A number of ours is no formula, however it begins.
        writer.writerow(
            [*(neutral(clean(c)) for c in cells), f"{row.valence:.4f}", neutral(clean(row.emotion))]
        )
    return write(box.getvalue().encode("utf-8-sig"), path)
