"""Word transcripts (.docx), opened with python-docx; the same layouts as in a text file."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from journeyqual.errors import InputError
from journeyqual.reading.common import TIME, RawTranscript
from journeyqual.reading.decode import read_bytes
from journeyqual.reading.layouts import parse_lines

MAX_UNZIPPED = 200_000_000
"""A document that unpacks to more bytes is refused; so is one of more than ``MAX_PARTS`` parts."""

MAX_PARTS = 5_000

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
# Deleted or moved-away words, the older twin of a drawing, and what stands in margins: no talk.
_LEFT_OUT = frozenset(
    {f"{_W}{t}" for t in ("del", "moveFrom", "pPr", "rPr", "txbxContent", "instrText")}
    | {f"{_MC}Fallback"}
)
_BREAKS = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_CLOCK = re.compile(rf"[\[(]?({TIME})[\])]?")
_DTD = (b"<!DOCTYPE", "<!DOCTYPE".encode("utf-16-le"), "<!DOCTYPE".encode("utf-16-be"))


def read(path: Path) -> RawTranscript:
    """Read a Word document: paragraphs in order, tables too, tracked changes as accepted.

    Raises
    ------
    InputError
        If it is not a whole .docx, unpacks to too much, brings a document type definition, or
        nothing in it says who speaks or when.
    """
    body, notes = _body(path)
    found = parse_lines(list(_lines(body)), path)
    return replace(found, notes=(*notes, *found.notes))


def _body(path: Path) -> tuple[Any, tuple[str, ...]]:
    import docx

    data = read_bytes(path)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise InputError(
            "an old .doc or a password-protected document", path=path, remedy="save it as .docx"
        )
    if not data.startswith(b"PK"):
        raise InputError("not a Word document", path=path, remedy="give it its true suffix")
    _guard(data, path)
    try:
        body = docx.Document(io.BytesIO(data)).element.body
    except (
        Exception
    ) as error:  # What python-docx raises depends on which part of the file is wrong.
        raise InputError(
            f"not a readable Word document ({type(error).__name__})", path=path,
            remedy="open it in a word processor and save it again as .docx",
        ) from error  # fmt: skip
    if body is None:
        raise InputError("a Word document without a body", path=path)
    tracked = any(True for _ in body.iter(f"{_W}ins", f"{_W}del", f"{_W}moveFrom"))
    return body, ("tracked changes read as accepted",) if tracked else ()


def _guard(data: bytes, path: Path) -> None:
    """Look into the archive before anything parses it.

    python-docx resolves no entities; a document type definition still has no business in a .docx.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > MAX_PARTS or sum(p.file_size for p in parts) > MAX_UNZIPPED:
                raise InputError(
                    f"unpacks to over {MAX_UNZIPPED // 1_000_000} MB or {MAX_PARTS} parts",
                    path=path,
                )
            for part in parts:
                # A part cannot give more than the size it declares: zipfile stops there and checks
                # the sum.
                content = archive.read(part)
                if not part.filename.startswith("word/media/") and any(m in content for m in _DTD):
                    raise InputError(
                        "a document type definition inside, which no word processor writes",
                        path=path, remedy="open it in a word processor and save it again",
                    )  # fmt: skip
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
        raise InputError(
            "not a whole Word document (cut short or damaged)", path=path, remedy="copy it again"
        ) from error
    except (NotImplementedError, RuntimeError) as error:
        raise InputError(
            "an encrypted or unusual zip archive, not a Word document", path=path,
            remedy="save it as .docx",
        ) from error  # fmt: skip


def _lines(block: Any) -> Iterator[str]:
    """Walk the body in document order; each paragraph gives its lines, each table row its own."""
    for child in block.iterchildren():
        if child.tag == f"{_W}p":
            yield from _text(child).split("\n")
        elif child.tag == f"{_W}tbl":
            for row in _rows(child):
                yield from _row_lines(row)
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
    for row in _own(table, f"{_W}tr", f"{_W}tbl"):
        cells = [list(_lines(cell)) for cell in _own(row, f"{_W}tc", f"{_W}tr")]
        yield [cell for cell in cells if any(line.strip() for line in cell)]


def _own(parent: Any, tag: str, parent_tag: str) -> Iterator[Any]:
    """Yield what is ``parent``'s and no nested one's, whatever wrappers stand in between."""
    return (node for node in parent.iter(tag) if next(node.iterancestors(parent_tag)) is parent)


def _row_lines(cells: list[list[str]]) -> Iterator[str]:
    """Turn a table's row into lines: ``time | name | words`` reads as ``[time] name: words``."""
    times = [c[0].strip() for c in cells if len(c) == 1 and _CLOCK.fullmatch(c[0].strip())]
    rest = [c for c in cells if not (len(c) == 1 and _CLOCK.fullmatch(c[0].strip()))]
    if len(rest) == 2 and len(rest[0]) == 1:
        (name,), (first, *more) = rest
        when = f"[{times[0].strip('[]()')}] " if times else ""
        yield f"{when}{name.strip().rstrip(':')}: {first}"
        yield from more
    else:
        for cell in cells:
            yield from cell
    yield ""
