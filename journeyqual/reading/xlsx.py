"""Excel transcripts (.xlsx): a turn a row, or a survey's answer a row, read with openpyxl."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from journeyqual.errors import InputError
from journeyqual.reading import contained
from journeyqual.reading.archive import Archive
from journeyqual.reading.cleaning import clean_line
from journeyqual.reading.common import RawTranscript
from journeyqual.reading.table import Table, from_table

_HEADER_WITHIN = 20
"""Among this many filled rows the headings are looked for: a title may stand above them."""


def read(path: Path) -> RawTranscript:
    """Read the first visible sheet with a column of words; a formula counts as its last result.

    Headings are those of a .csv table.

    Raises
    ------
    InputError
        If it is no whole .xlsx, is over a limit, or has no such sheet.
    """
    archive = Archive(path, "Excel file", ".xlsx")
    archive.check()
    sheets = contained.ask("xlsx", archive.data, path)
    tables = [_table(sheet, path) for sheet in sheets if sheet["rows"]]
    if not tables:
        raise InputError("no visible sheet has anything in it", path=path)
    at = next((i for i, table in enumerate(tables) if "text" in table.columns), 0)
    found = from_table(tables[at])
    others = [sheet["name"] for sheet in sheets if sheet["rows"]]
    used = others.pop(at)
    if others:
        names = ", ".join(repr(clean_line(name)[:40]) for name in others[:5])
        note = f"only the sheet {clean_line(used)[:40]!r} is read, not {names}"
        found = replace(found, notes=(*found.notes, note))
    return found


def _table(sheet: dict[str, Any], path: Path) -> Table:
    rows: list[tuple[int, list[str]]] = [(number, cells) for number, cells in sheet["rows"]]
    tables = [
        Table(path, [clean_line(cell) for cell in cells], rows[at + 1 :])
        for at, (_, cells) in enumerate(rows[:_HEADER_WITHIN])
    ]
    # A title or a date above has fewer of the known headings; of equals the first.
    best = max(tables, key=lambda table: ("text" in table.columns, len(table.columns)))
    for number, cells in best.rows:
        if any(cell.strip() for cell in cells[len(best.headings) :]):
            raise InputError(
                f"{len(cells)} cells under {len(best.headings)} headings", path=path, line=number,
                remedy="give each column a heading",
            )  # fmt: skip
    return best
