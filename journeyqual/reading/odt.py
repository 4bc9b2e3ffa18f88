"""OpenDocument transcripts (.odt), as LibreOffice and Google Docs write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from journeyqual.errors import InputError
from journeyqual.reading.archive import Archive
from journeyqual.reading.common import RawTranscript
from journeyqual.reading.layouts import parse_lines, row_lines

MOST_BLANKS = 3
"""``text:s`` says how many blanks stand in a row; more than this are not believed."""

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_PARAGRAPHS = (f"{_TEXT}p", f"{_TEXT}h")
# Deleted words, comments, footnotes, pictures with their captions, tables of contents: no talk.
_LEFT_OUT = frozenset(
    {f"{_TEXT}{t}" for t in ("tracked-changes", "note", "table-of-content", "sequence-decls")}
    | {f"{_OFFICE}{t}" for t in ("annotation", "forms")}
    | {"{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}frame"}
)


def read(path: Path) -> RawTranscript:
    """Read an OpenDocument text: paragraphs in order, tables too, tracked changes as accepted.

    Raises
    ------
    InputError
        If it is not a whole .odt, is over a limit, has a password, or nothing in it says who speaks
        or when.
    """
    archive = Archive(path, "OpenDocument text", ".odt")
    if b"encryption-data" in archive.part("META-INF/manifest.xml"):
        raise InputError("a document with a password", path=path, remedy="save it without one")
    content = archive.tree("content.xml")
    body = None if content is None else content.find(f"{_OFFICE}body/{_OFFICE}text")
    if body is None:
        raise InputError(
            "not an OpenDocument text: a zip archive without a text's body", path=path,
            remedy="give it its true suffix, or save it again as .odt",
        )  # fmt: skip
    found = parse_lines(list(_lines(body)), path)
    tracked = body.find(f"{_TEXT}tracked-changes") is not None
    notes = ("tracked changes read as accepted",) if tracked else ()
    return replace(found, notes=(*notes, *found.notes))


def _lines(block: Any) -> Iterator[str]:
    """Walk the body in document order; each paragraph gives its lines, each table row its own."""
    for child in block.iterchildren():
        if child.tag in _PARAGRAPHS:
            yield from _words(child).split("\n")
        elif child.tag == f"{_TABLE}table":
            for row in _rows(child):
                cells = [list(_lines(c)) for c in row.iterchildren(f"{_TABLE}table-cell")]
                yield from row_lines([c for c in cells if any(line.strip() for line in c)])
        elif isinstance(child.tag, str) and child.tag not in _LEFT_OUT:
            # Sections, lists and their items wrap paragraphs.
            yield from _lines(child)


def _rows(table: Any) -> Iterator[Any]:
    """Yield a table's own rows; header rows and groups of rows wrap some."""
    for child in table.iterchildren():
        if child.tag == f"{_TABLE}table-row":
            yield child
        elif child.tag != f"{_TABLE}table" and isinstance(child.tag, str):
            yield from _rows(child)


def _words(node: Any) -> str:
    parts = [_collapsed(node.text)]
    for child in node.iterchildren():
        if child.tag == f"{_TEXT}s":
            count = child.get(f"{_TEXT}c", "1")
            parts.append(" " * (min(int(count), MOST_BLANKS) if count.isdecimal() else 1))
        elif child.tag == f"{_TEXT}tab":
            parts.append("\t")
        elif child.tag == f"{_TEXT}line-break":
            parts.append("\n")
        elif isinstance(child.tag, str) and child.tag not in _LEFT_OUT:
            parts.append(_words(child))
        parts.append(_collapsed(child.tail))
    return "".join(parts)


def _collapsed(text: str | None) -> str:
    """Level the blanks of the XML, which are one blank each to OpenDocument."""
    if not text:
        return ""
    return re.sub(r"[ \t\r\n]+", " ", text)
