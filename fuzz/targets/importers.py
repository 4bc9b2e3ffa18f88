"""The importers of other programs' projects, one target for each kind of file."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fuzz.targets import Target
from journeyqual import revision
from journeyqual.interchange import book, qualcoder, read_file, taguette
from journeyqual.interchange.mapping import load_map, meanings
from journeyqual.interchange.model import Project
from tests.interchange import made
from tests.reading.made import zipped

_FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-"))


def importer(suffix: str) -> Callable[[bytes], None]:
    """Return a function that reads bytes as a project, and looks at what comes out."""
    path = _FOLDER / f"a{suffix}"

    def read(data: bytes) -> None:
        path.write_bytes(data)
        found = read_file(path)
        assert isinstance(found, Project)
        assert found.n_codings >= 0

    return read


_CASE, _NOTE = made.number(3, "B"), made.number(4, "B")
_CODED = made.selection(1, 0, 11, made.coding(1, made.PRICE))
# What importers of other programs' files stumbled over: linked notes, notes that hold a place,
# cases for codes, who changed a thing.
_HABITS = made.project(
    made.text_source(
        made.selection(1, 0, 11, by=f' modifyingUser="{made.BEN}"')
        + made.selection(2, 0, 40, made.coding(2, _CASE))
        + f'<NoteRef targetGUID="{_NOTE}"/>'
    ),
    cases=f'<Cases><Case guid="{_CASE}" name="P07"/></Cases>',
    rest=f'<Notes><Note guid="{_NOTE}"><PlainTextContent>w</PlainTextContent><PlainTextSelection '
    f'guid="{made.number(9, "F")}" startPosition="3" endPosition="9"/></Note></Notes><Links><Link '
    f'guid="{made.number(8, "B")}" originGUID="{_NOTE}" targetGUID="{made.number(1, "F")}"/>'
    "</Links>",
)
_PARTS = {
    "project.qde": made.project(made.text_source(_CODED)).encode(),
    f"Sources/{made.TALK}.txt": made.WORDS.encode(),
}


def _project(data: bytes) -> None:
    """Pack what it is given as a part of a valid project; whole archives are read as they are."""
    if not data.startswith(b"PK"):
        names = list(_PARTS)
        part = names[data[0] % len(names)] if data else names[0]
        data = zipped({**_PARTS, part: data[1:]})
    _qdpx(data)


_qdpx = importer(".qdpx")
_QDC = (
    '<?xml version="1.0"?><CodeBook xmlns="urn:QDA-XML:codebook:1.0" origin="x"><Codes>'
    f'<Code guid="{made.TREE}" name="Money" isCodable="true" color="#FF0000"><Description>what'
    f' it costs</Description><Code guid="{made.PRICE}" name="price" isCodable="true"/></Code>'
    "</Codes></CodeBook>"
)
_STAGES = (
    '<?xml version="1.0"?><CodeBook xmlns="urn:QDA-XML:codebook:1.0" origin="x"><Codes>'
    f'<Code guid="{made.TREE}" name="Stages" isCodable="false"><Code guid="{made.PRICE}" '
    'name="paying" isCodable="true"><Description>The bill.&#10;Include: card&#10;Side: buyer&#10;'
    f'Expected valence: 0.5</Description></Code></Code><Code guid="{made.ANA}" name="Touchpoints" '
    f'isCodable="false"><Code guid="{made.BEN}" name="till" isCodable="true"><Description>Stage: '
    "buying | shop</Description></Code></Code></Codes></CodeBook>"
)
_BOOK = 'version = "7"\n\n# May.\n[[stage]]\nname = "buying"  # was\n\n[[stage]]\nname = "using"\n'


def _codebook(data: bytes) -> None:
    """Read a codebook, and put its stages into one of ours, which must stay one."""
    path = _FOLDER / "a.qdc"
    path.write_bytes(data)
    found = read_file(path)
    meant = meanings(found.codes, revision.parse(_BOOK))
    done = book.merge(_BOOK, found.codes, meant, origin="x", theirs=["using"])
    assert "# May." in done.text
    assert revision.parse(done.text).version == (done.version or "7")


def _map(data: bytes) -> None:
    path = _FOLDER / "map.csv"
    path.write_bytes(data)
    load_map(path, revision.parse(_BOOK))


_CODES = (
    "Document name,Code,Segment,Created by,Created\nP01,price,It was dear.,Ana,2026-03-04\n",
    "Document;Code;Coded text\nP01;price;It was dear.\nP02;joy;Well.\n",
    "sep=;\nDokumentname;Code;Segment;Autor;Datum\nP01;A > B;war;Jörg;30.12.2021\n;;mehr;;\n",
)
_REGION = {
    "type": "labels",
    "value": {"start": 0, "end": 11, "text": "Interviewer", "labels": ["price"]},
    "from_name": "stage",
    "to_name": "text",
}
_TASKS: list[dict[str, Any]] = [
    {"id": 1, "data": {"text": made.WORDS, "interview": "P01"},
     "annotations": [{"completed_by": {"email": "ana@x.org"}, "result": [_REGION],
                      "created_at": "2026-03-04T10:00:00Z"}]},
    {"id": 2, "data": {"text": made.WORDS, "interview": "P02"}, "predictions": [1],
     "meta": {"origin": "journeyqual 0.1.0"},
     "annotations": [{"completed_by": 1, "result": [
         {**_REGION, "id": "abc", "meta": {"coder": "Ana", "coded_at": "", "value": "price"}},
         {"type": "relation", "from_id": "abc", "to_id": "abc"}]}]},
]  # fmt: skip


def database(tables: dict[str, tuple[str, ...]]) -> bytes:
    """Return a database with these tables and columns, one row of small values in each."""
    base = sqlite3.connect(":memory:")
    for name, columns in tables.items():
        base.execute(f"create table {name} ({', '.join(columns)})")
        values = [1 if c.endswith("id") or c.startswith("pos") else "x" for c in columns]
        base.execute(f"insert into {name} values ({', '.join('?' * len(columns))})", values)
    base.commit()
    return base.serialize()


_QUALCODER = {
    "source": ("id", "name", "fulltext", "mediapath", "memo", "owner", "date"),
    "code_name": ("cid", "name", "memo", "owner", "date", "color", "catid"),
    "code_cat": ("catid", "name", "memo", "owner", "date", "supercatid"),
    "code_text": ("ctid", "cid", "fid", "seltext", "pos0", "pos1", "owner", "date", "memo"),
    **{name: ("id", "x") for name in sorted(qualcoder.TABLES)
       if name not in {"source", "code_name", "code_cat", "code_text"}},
}  # fmt: skip
_TAGUETTE = {
    "projects": ("id", "name", "description", "created"),
    "documents": ("id", "name", "description", "filename", "created", "project_id", "contents",
                  "text_direction"),
    "highlights": ("id", "document_id", "start_offset", "end_offset", "snippet"),
    "tags": ("id", "project_id", "path", "description"),
    "highlight_tags": ("highlight_id", "tag_id"),
    **{name: ("id", "x") for name in sorted(taguette.TABLES)
       if name not in {"projects", "documents", "highlights", "tags", "highlight_tags"}},
}  # fmt: skip
_XML = (b"<Code ", b"<Coding ", b"guid=", b"<PlainTextSelection ", b"<!DOCTYPE x []>", b"&#0;")
TARGETS = [
    Target("qdpx", _project, lambda: [*(bytes([n]) + p for n, p in enumerate(_PARTS.values())),
                                      b"\0" + _HABITS.encode()],
           (b"startPosition=", b"internal://", b"<Note ", b"<Case ", b"<Link ", *_XML)),
    Target("qdc", _codebook, lambda: [_QDC.encode(), _STAGES.encode()],
           (b"Include: ", b"Stage: ", b"Owner: ", b'name="Stages"', *_XML)),
    Target("map", _map, lambda: [b"code,dimension,value\nBad,valence,-1\nx,stage,buying\ny,-,\n"],
           (b"stage", b"valence", b"emotion", b'"', b",")),
    Target("codes", importer(".csv"), lambda: [text.encode() for text in _CODES],
           (b"Code", b"Segment", b'"', b";", b"\t")),
    Target("labelstudio", importer(".json"), lambda: [json.dumps(_TASKS).encode()],
           (b'"result"', b'"value"', b"NaN", b"1e999", b"[[[[[[[[")),
    Target("qualcoder", importer(".qda"), lambda: [database(_QUALCODER)], (b"SQLite format 3\0",)),
    Target("taguette", importer(".sqlite3"), lambda: [database(_TAGUETTE)], (b"CREATE TABLE",)),
]  # fmt: skip
