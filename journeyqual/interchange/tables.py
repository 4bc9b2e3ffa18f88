"""Code exports in: tables of MAXQDA, NVivo, ATLAS.ti and Dovetail, whose rows show words alone.

Such a table holds neither the interviews' texts nor places in them: the interviews must be in the
study, and the words are looked for in them. Headings are known in English, German and French; what
stands above them is passed over. In a cell that was merged over several rows only the first holds
anything: rows without an interview or a code go on with that of the row above.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from journeyqual.errors import InputError
from journeyqual.interchange.model import (
    Code,
    Coding,
    Project,
    Selection,
    Source,
    User,
    counted,
    made_guid,
)
from journeyqual.interchange.safe import data_of, words
from journeyqual.reading import contained
from journeyqual.reading.archive import Archive
from journeyqual.reading.decode import decoded

NEEDED = ("document", "code", "words")
_DOCUMENT = (
    "document name", "document", "file name", "filename", "file", "source name", "source",
    "interview", "note title", "note", "media title", "dokumentname", "dokument",
    "nom du document", "document source", "nom du fichier", "fichier", "name", "nom",
)  # fmt: skip
_CODE = (
    "code", "codes", "code name", "code path", "coded at", "node", "nodes", "node name",
    "codes applied combined", "tags", "tag", "theme", "label", "labels", "kategorie", "knoten",
    "nœud", "noeud",
)  # fmt: skip
_WORDS = (
    "segment", "coded segment", "coded text", "quotation content", "highlight text",
    "highlight content", "highlight", "excerpt copy", "excerpt", "quote", "reference", "text",
    "content", "codiertes segment", "coding", "codierung", "textstelle", "segment codé",
    "passage codé", "texte codé", "extrait", "référence", "texte",
)  # fmt: skip
_CODER = (
    "created by", "coder", "coded by", "coder name", "coder initials", "author", "user",
    "creator", "excerpt creator", "coded by initials", "erstellt von", "codiert von", "codierer",
    "autor", "autorin", "créé par", "codé par", "auteur", "codeur", "modified by",
    "last modified by", "bearbeitet von", "geändert von", "modifié par",
)  # fmt: skip
_DATE = (
    "created", "created at", "created on", "creation date", "date created", "coded on", "date",
    "excerpt date", "erstellt am", "erstellt", "erstellungsdatum", "datum", "créé le",
    "date de création", "modified", "modified on", "modified at", "bearbeitet am", "geändert am",
    "modifié le",
)  # fmt: skip
_MEMO = ("comment", "comments", "memo", "kommentar", "kommentare", "commentaire", "commentaires",
         "mémo", "annotation")  # fmt: skip
_GROUP = ("parent code", "code group", "tag group", "board", "obercode", "code parent")
_LISTS = frozenset({"codes", "tags", "nodes", "labels", "codes applied combined"})
"""Columns of which one cell may hold several codes."""
ABOVE = 12
"""Rows that may stand above the headings: a title, a date, what was filtered."""
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
    # Excel saves CSV in the code page of its country: guessed as for transcripts.
    text, _ = decoded(data_of(path, "project_part_mb"), path)
    told = re.match(r"sep=([,;\t|])\r?\n", text, flags=re.I)
    text = text[told.end() :] if told else text
    # The headings may stand below a title.
    top = text[:20_000].splitlines()[:ABOVE]
    most = {mark: max((one.count(mark) for one in top), default=0) for mark in ",;\t"}
    split = told[1] if told else max(most, key=lambda mark: most[mark])
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
    line, at = _headings(rows)
    for what in NEEDED:
        if at[what] < 0:
            raise InputError(
                f"no column for the {'interview' if what == 'document' else what}", path=path,
                line=line + 1, remedy="head the columns Document, Code, Segment",
            )  # fmt: skip
    code_head = _level(rows[line][at["code"]])
    codes: dict[str, Code] = {}
    sources: dict[str, Source] = {}
    users: dict[str, User] = {}
    selections = []
    above: dict[str, str] = {}
    merged = wordless = homeless = 0
    for row in rows[line + 1 :]:
        cells = {
            what: row[place].strip() if 0 <= place < len(row) else "" for what, place in at.items()
        }
        cells, went_on = _with_merged(cells, above)
        above = cells if cells["document"] else above
        if not cells["words"]:
            wordless += bool(cells["code"])
            continue
        if not cells["document"]:
            homeless += 1
            continue
        merged += went_on
        own = made_guid("table", "source", cells["document"])
        sources.setdefault(own, Source(own, cells["document"], ""))
        user = made_guid("table", "user", cells["coder"]) if cells["coder"] else ""
        if user:
            users.setdefault(user, User(user, cells["coder"]))
        several = code_head in _LISTS
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
        left=(f"{counted(wordless, 'row')} without words (pictures, recordings)",)
        if wordless
        else (),
        warnings=(f"{counted(merged, 'row')} without an interview or code: as in the row above",)
        if merged
        else (),
        refused=(f"{counted(homeless, 'row')} without an interview",) if homeless else (),
    )


def _headings(rows: Sequence[Sequence[str]]) -> tuple[int, dict[str, int]]:
    """Return which row holds the headings, and the column of each thing, -1 if there is none."""
    tried = [(line, _columns(row)) for line, row in enumerate(rows[:ABOVE])]
    if not tried:
        return 0, dict.fromkeys(NEEDED, -1)
    # The row with most of what is needed; of several the first.
    return max(tried, key=lambda one: sum(one[1][what] >= 0 for what in NEEDED))


def _columns(row: Sequence[str]) -> dict[str, int]:
    heads = [_level(head) for head in row]
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
    return at


def _level(head: str) -> str:
    return " ".join(head.split()).casefold()


def _with_merged(cells: dict[str, str], above: dict[str, str]) -> tuple[dict[str, str], bool]:
    """Fill what a merged cell leaves blank from the row above; tell whether anything was."""
    if not cells["words"] or not above:
        return cells, False
    if not cells["document"]:
        code = cells["code"] or (above["code"] if not cells["memo"] else "")
        return {**cells, "document": above["document"], "code": code}, True
    same = cells["document"] == above["document"]
    if same and not cells["code"] and not cells["memo"]:
        return {**cells, "code": above["code"]}, bool(above["code"])
    return cells, False


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
