"""Code exports in: tables of MAXQDA, NVivo, ATLAS.ti and Dovetail, whose rows show words alone.

Such a table holds neither the interviews' texts nor places in them: the interviews must be in the
study, and the words are looked for in them.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from journeyqual.errors import InputError
from journeyqual.interchange.model import Code, Coding, Project, Selection, Source, User, made_guid
from journeyqual.interchange.safe import data_of, words
from journeyqual.reading import contained
from journeyqual.reading.archive import Archive

MAX_ROWS = 1_000_000
_DOCUMENT = (
    "document name", "document", "file name", "filename", "file", "source name", "source",
    "interview", "note title", "note", "dokumentname", "dokument", "name",
)  # fmt: skip
_CODE = ("code", "codes", "coded at", "node", "nodes", "tags", "tag", "theme", "label", "labels")
_WORDS = (
    "segment", "coded segment", "coded text", "quotation content", "highlight text",
    "highlight content", "highlight", "excerpt", "quote", "reference", "text", "content",
)  # fmt: skip
_CODER = (
    "created by", "coder", "coded by", "coder name", "coder initials", "author", "user",
    "creator", "erstellt von", "modified by", "last modified by",
)  # fmt: skip
_DATE = (
    "created", "created at", "created on", "creation date", "date created", "coded on", "date",
    "erstellt am", "modified", "modified on", "modified at",
)  # fmt: skip
_MEMO = ("comment", "memo", "kommentar", "annotation")
_GROUP = ("parent code", "code group", "tag group", "board")
_LISTS = frozenset({"codes", "tags", "nodes", "labels"})
"""Columns of which one cell may hold several codes."""
_DATES = ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M",
          "%m/%d/%Y")  # fmt: skip


def grid(path: Path) -> list[list[str]]:
    """Return the rows of a CSV file or of a workbook's first filled sheet, all cells as text.

    Raises
    ------
    InputError
        If it cannot be read as what its suffix says, or is too large.
    """
    if path.suffix.casefold() in (".xlsx", ".xlsm"):
        return _workbook(path)
    data = data_of(path, 200_000_000)
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            raise InputError("not UTF-8 text", path=path, remedy="save it as UTF-8 CSV") from None
    first = text.partition("\n")[0]
    split = max(",;\t", key=first.count)
    csv.field_size_limit(10_000_000)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=split, strict=True)
        rows = [row for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise InputError(f"not a CSV table ({error})", path=path) from None
    return rows


def _workbook(path: Path) -> list[list[str]]:
    # Read where a transcript's workbook is: in a child process that may take so much and no more.
    archive = Archive(path, "Excel file", ".xlsx")
    archive.check()
    for sheet in contained.ask("xlsx", archive.data, path):
        rows = [[words(cell) for cell in cells] for _, cells in sheet["rows"]]
        filled = [row for row in rows if any(cell.strip() for cell in row)]
        if filled:
            return filled
    raise InputError("a workbook without a filled sheet", path=path)


def read(path: Path, rows: Sequence[Sequence[str]]) -> Project:
    """Read a code export: a row a coded passage, with its interview, code and words.

    Over 60 lines, since every row adds to codes, sources, users and selections at once.

    Parameters
    ----------
    path
        The file, for errors.
    rows
        As `grid` returns them.

    Raises
    ------
    InputError
        If the columns of interview, code and words are not all there.
    """
    heads = [" ".join(head.split()).casefold() for head in rows[0]] if rows else []
    at = {
        what: next((heads.index(name) for name in names if name in heads), -1)
        for what, names in (
            ("words", _WORDS), ("code", _CODE), ("coder", _CODER), ("date", _DATE),
            ("memo", _MEMO), ("group", _GROUP),
        )
    }  # fmt: skip
    taken = set(at.values())
    at["document"] = next(
        (i for name in _DOCUMENT if name in heads and (i := heads.index(name)) not in taken), -1
    )
    for what in ("document", "code", "words"):
        if at[what] < 0:
            raise InputError(
                f"no column for the {'interview' if what == 'document' else what}", path=path,
                line=1, remedy="head the columns Document, Code, Segment",
            )  # fmt: skip
    codes: dict[str, Code] = {}
    sources: dict[str, Source] = {}
    users: dict[str, User] = {}
    selections = []
    for row in rows[1:]:
        cells = {
            what: row[place].strip() if 0 <= place < len(row) else "" for what, place in at.items()
        }
        if not cells["document"] or not cells["words"]:
            continue
        own = made_guid("table", "source", cells["document"])
        sources.setdefault(own, Source(own, cells["document"], ""))
        user = made_guid("table", "user", cells["coder"]) if cells["coder"] else ""
        if user:
            users.setdefault(user, User(user, cells["coder"]))
        several = heads[at["code"]] in _LISTS
        names = re.split(r"[\n;,|]+", cells["code"]) if several else [cells["code"]]
        when = _when(cells["date"])
        codings = tuple(
            Coding(_code(codes, name.strip(), cells["group"]), user, when, cells["memo"])
            for name in names
            if name.strip()
        )
        comment = "" if codings else cells["memo"]
        selections.append(
            Selection(own, -1, -1, codings, comment, user, when, quote=cells["words"])
        )
    return Project(
        name=path.stem,
        origin="code export",
        tool="code export",
        users=tuple(users.values()),
        codes=tuple(codes.values()),
        sources=tuple(sources.values()),
        selections=tuple(selections),
    )


def _code(codes: dict[str, Code], name: str, group: str) -> str:
    """Return the GUID of a code, its path split at > or a backslash; those above are made."""
    parts = [part.strip() for part in re.split(r"\s+>\s+|\\", name) if part.strip()]
    parent = ""
    for depth, part in enumerate([group, *parts] if group else parts):
        own = made_guid("table", "code", parent, part)
        last = depth == len(parts) - (0 if group else 1)
        before = codes.get(own)
        if before is None or (last and not before.codable):
            codes[own] = Code(own, part, parent, codable=last)
        parent = own
    return parent


def _when(text: str) -> str:
    """Return a date as ISO 8601 has it, blank if it is none that these programs write.

    Examples
    --------
    >>> _when("30.12.2021 19:22"), _when("2021-12-30 19:22:19"), _when("last week")
    ('2021-12-30T19:22:00', '2021-12-30T19:22:19', '')
    """
    text = text.strip()
    try:
        return datetime.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        pass
    for form in _DATES:
        try:
            return datetime.strptime(text, form).isoformat()
        except ValueError:
            continue
    return ""
