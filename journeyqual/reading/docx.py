"""Word transcripts (.docx), Teams' and Meet's among them; the same layouts as in a text file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from journeyqual.errors import InputError
from journeyqual.reading.archive import Archive
from journeyqual.reading.common import RawTranscript
from journeyqual.reading.layouts import parse_lines, row_lines

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
# Deleted or moved-away words, the older twin of a drawing, and what stands in margins: no talk.
_LEFT_OUT = frozenset(
    {f"{_W}{t}" for t in ("del", "moveFrom", "pPr", "rPr", "txbxContent", "instrText")}
    | {f"{_MC}Fallback"}
)
_BREAKS = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_OFFICE = ("/relationships/officeDocument", "/officeDocument/relationships/officeDocument")


def read(path: Path) -> RawTranscript:
    """Read a Word document: paragraphs in order, tables too, tracked changes as accepted.

    Raises
    ------
    InputError
        If it is not a whole .docx, is over a limit, brings a document type definition, or nothing
        in it says who speaks or when.
    """
    body, notes = _body(path)
    found = parse_lines(list(_lines(body)), path)
    return replace(found, notes=(*notes, *found.notes))


def _body(path: Path) -> tuple[Any, tuple[str, ...]]:
    archive = Archive(path, "Word document", ".docx")
    document = archive.tree(_main_part(archive))
    body = None if document is None else document.find(f"{_W}body")
    if body is None:
        raise InputError(
            "not a Word document: a zip archive without a document's body", path=path,
            remedy="give it its true suffix, or save it again as .docx",
        )  # fmt: skip
    tracked = any(True for _ in body.iter(f"{_W}ins", f"{_W}del", f"{_W}moveFrom"))
    return body, ("tracked changes read as accepted",) if tracked else ()


def _main_part(archive: Archive) -> str:
    """Return the name of the part with the words; a package may call it what it likes."""
    listed = archive.tree("_rels/.rels")
    for one in listed if listed is not None else ():
        if str(one.get("Type", "")).endswith(_OFFICE):
            return str(one.get("Target", "")).lstrip("/")
    return "word/document.xml"


def _lines(block: Any) -> Iterator[str]:
    """Walk the body in document order; each paragraph gives its lines, each table row its own."""
    for child in block.iterchildren():
        if child.tag == f"{_W}p":
            yield from _text(child).split("\n")
        elif child.tag == f"{_W}tbl":
            for row in _rows(child):
                yield from row_lines(row)
        elif isinstance(child.tag, str) and child.tag not in _LEFT_OUT:
            # Content controls and tracked insertions wrap whole paragraphs.
            yield from _lines(child)


def _text(node: Any) -> str:
    parts = []
    for child in node.iterchildren():
        if child.tag == f"{_W}t":
            parts.append(child.text or "")
        elif child.tag in _BREAKS:
            parts.append(_BREAKS[child.tag])
        elif isinstance(child.tag, str) and child.tag not in _LEFT_OUT:
            parts.append(_text(child))
    return "".join(parts)


def _rows(table: Any) -> Iterator[list[list[str]]]:
    """Yield each row as its filled cells, each as its lines; a nested table is its cell's."""
    for row in _own(table, f"{_W}tr"):
        cells = [list(_lines(cell)) for cell in _own(row, f"{_W}tc")]
        yield [cell for cell in cells if any(line.strip() for line in cell)]


def _own(parent: Any, tag: str) -> Iterator[Any]:
    """Yield what is ``parent``'s and no nested table's, whatever wrappers stand in between."""
    for child in parent.iterchildren():
        if child.tag == tag:
            yield child
        elif child.tag != f"{_W}tbl" and child.tag not in _LEFT_OUT:
            yield from _own(child, tag)
