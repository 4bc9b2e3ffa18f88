"""The readers of transcripts, one target for each format."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from fuzz.targets import Target
from journeyqual.errors import InputError
from journeyqual.reading import child, contained, read_turns
from journeyqual.reading.cleaning import clean_text
from journeyqual.reading.limits import current
from tests.reading import made

# The package has a function of this name.
assemble = import_module("journeyqual.reading.assemble")
_FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-"))


def _in_process(format_: str, data: bytes, path: Path) -> object:
    """Do what `contained.ask` does without the process: a tenth of a second for each is too slow.

    A crash of the library ends the run, and is saved; a user's process would go on.
    """
    limits = current()
    try:
        if format_ == "pdf":
            return child.pdf_pages(data, pages=limits.pages)
        return child.sheets(data, rows=limits.lines)
    except child.RefusedError as refused:
        raise InputError(str(refused.args[0]), path=path) from None
    except (MemoryError, RecursionError):
        raise
    # What a library raises; the child process answers the same to all of it.
    except Exception as error:
        raise InputError(f"damaged ({type(error).__name__})", path=path) from None


def _rows(rows: object, *_: object, **__: object) -> object:
    return rows


# A table of pandas takes five times as long as reading; the replay of the corpus makes one.
_NO_TABLE = SimpleNamespace(DataFrame=list)


def reader(suffix: str) -> Callable[[bytes], None]:
    """Return a function that reads bytes as a file with the suffix, and looks at what comes out."""
    path = _FOLDER / f"a{suffix}"

    def read(data: bytes) -> None:
        path.write_bytes(data)
        with (
            mock.patch.object(contained, "ask", _in_process),
            mock.patch.object(assemble, "check", _rows),
            mock.patch.object(assemble, "pd", _NO_TABLE),
        ):
            turns: Any = read_turns(path).turns
        assert turns
        latest: dict[str, float] = {}
        for turn in turns:
            assert turn["text"]
            assert turn["text"] == clean_text(turn["text"])
            if turn["start_s"] is not None:
                assert turn["start_s"] >= latest.get(turn["interview"], 0.0)
                latest[turn["interview"]] = turn["start_s"]

    return read


def packed(suffix: str, template: bytes, parts: tuple[str, ...]) -> Callable[[bytes], None]:
    """Return a reader of a zip format that packs what it is given.

    Bytes that begin as an archive does are read as they are. Of others the first byte says which
    part of a valid file they replace: mutated archives are nearly all refused for their sums.
    """
    read = reader(suffix)
    with zipfile.ZipFile(io.BytesIO(template)) as archive:
        whole = {name: archive.read(name) for name in archive.namelist()}

    def unpacked(data: bytes) -> None:
        if not data.startswith(b"PK"):
            part = parts[data[0] % len(parts)] if data else parts[0]
            data = made.zipped({**whole, part: data[1:]}, zipfile.ZIP_STORED)
        read(data)

    return unpacked


def _parts(template: bytes, parts: tuple[str, ...]) -> list[bytes]:
    with zipfile.ZipFile(io.BytesIO(template)) as archive:
        return [bytes([at]) + archive.read(name) for at, name in enumerate(parts)]


_VTT = (
    "WEBVTT\n\nNOTE x\n\n1\n00:00:01.000 --> 00:00:03.000\n<v Ruth Kessler>How <i>was</i> it?</v>"
    "\n\n00:04.000 --> 00:08.000\nMaya: It came late &amp; wet.\n\n"
    "00:05.000 --> 00:06.000\nRuth: Mm.\n\n00:08.000 --> 00:09.000\nMaya: So.\n"
)
_SRT = (
    "1\n00:00:01,000 --> 00:00:03,000\nRuth: How was it?\n\n2\n00:00:04,000 --> 00:00:08,000\n"
    "{\\an8}Maya: It came\nlate.\n\n3\n00:00:08,000 --> 00:00:09,000\n45\n"
)
_TXT = (
    "SPEAKERS\nRuth Kessler, Maya Ode\n\nRuth Kessler  00:01\nHow was it?\n\nMaya Ode  00:05\nSo.",
    "Ruth: How? [00:00:05]\n\nMaya: It came late.\n\n[01:02]\nRuth: And? #00:01:05-3#\nMaya: No.",
    "[00:01.000 --> 00:02.500]  Hello\n[00:02.500 --> 00:04.000]  there.\n",
    "0:0:0.0 --> 0:0:4.12\nRuth Kessler\nHow?\n\n0:0:5.0 --> 0:0:6.5\nMaya Ode\nSo.\n",
    "[00:01] How?\n\n[00:03] So.\n\nMeeting ended after 00:32:10\n",
)
_CSV = (
    'turn,speaker,text,start,role\n1,Ruth,"How, ""really""?",0:03,interviewer\n2,Maya,So.,4,\n',
    "participant;question;answer\nP01;How?;Late.\nP02;How?;Wet.\n",
)
_SEGMENT = {"id": 1, "start": 0.5, "end": 1.5, "text": " How?", "speaker": "SPEAKER_00"}
_JSON = (
    {"text": "x", "segments": [_SEGMENT, {**_SEGMENT, "start": 2, "end": 3}], "language": "en"},
    {"transcription": [{"timestamps": {"from": "00:00:00,500", "to": "00:00:01,500"},
                        "text": "How?"}]},
    [{"speaker": "Ruth", "text": "How?"}, {"speaker": "Maya", "text": "So."}],
)  # fmt: skip
_TSV = (
    "start\tend\ttext\n0\t1500\tHow?\n1500\t2000\tSo.\n",
    "speaker\ttext\nRuth\tHow?\nMaya\tSo.\n",
)
_TALK = (
    "Ruth Kessler   0:03\nHow was it?", "Maya Ode   0:05\nLate.", "Ruth Kessler   0:08\nAnd?",
    "Maya Ode   0:09\nWell.",
)  # fmt: skip
_DOCX = made.docx(
    made.paragraphs(*_TALK)
    + "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>Ruth</w:t></w:r></w:p></w:tc><w:tc><w:p><w:ins><w:r>"
    "<w:t>So</w:t><w:tab/></w:r></w:ins></w:p></w:tc></w:tr></w:tbl>"
)
_DOCX_PARTS = ("word/document.xml", "_rels/.rels")
_ODT = made.odt(
    "<text:p>Ruth:<text:s text:c='2'/>How?</text:p><text:p>Maya: <text:span>It<text:tab/>came"
    "<text:line-break/>late</text:span>.</text:p><table:table><table:table-row><table:table-cell>"
    "<text:p>Ruth</text:p></table:table-cell><table:table-cell><text:p>And?</text:p>"
    "</table:table-cell></table:table-row></table:table><text:p>Maya: So.</text:p>"
)
_ODT_PARTS = ("content.xml",)
_XLSX = made.xlsx(
    [["speaker", "text", "start"], ["Ruth", "How?", "0:03"], ["Maya", 129, 4.5]], [["codes"]]
)
_XLSX_PARTS = (
    "xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels",
    "[Content_Types].xml",
)  # fmt: skip
_PDF = (
    made.pdf(made.lines("Ruth: How was it?", "Maya: It came late.", "", "Ruth: And?", "Maya: So.")),
    made.pdf(
        [(60, 790, "Interview"), (30, 790, "1"), (60, 760, "Ruth: How?"), (30, 760, "2"),
         (60, 730, "Maya: So."), (30, 730, "3"), (540, 20, "1/2")],
        [(60, 800, "Ruth: And?"), (30, 800, "4"), (540, 20, "2/2")],
    ),
)  # fmt: skip


def _texts(*seeds: str) -> Callable[[], list[bytes]]:
    return lambda: [seed.encode() for seed in seeds]


_XML = (
    b"<!DOCTYPE x [<!ENTITY e 'x'>]>",
    b"&#0;",
    b"&lt;",
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b"xmlns:",
)
TARGETS = [
    Target("vtt", reader(".vtt"), _texts(_VTT),
           (b"-->", b"<v ", b"NOTE", b"STYLE", b"&amp;", b"00:00:01.000")),
    Target("srt", reader(".srt"), _texts(_SRT),
           (b"-->", b"{\\an8}", b"00:00:01,000")),
    Target("txt", reader(".txt"), _texts(*_TXT), (b"SPEAKERS", b"Ruth: ", b"[00:01]", b"-->")),
    Target("csv", reader(".csv"), _texts(*_CSV), (b"speaker", b"text", b"answer", b'"', b";")),
    Target("tsv", reader(".tsv"), _texts(*_TSV), (b"start\tend\ttext\n", b"speaker")),
    Target("json", reader(".json"), lambda: [json.dumps(one).encode() for one in _JSON],
           (b'"segments"', b'"text"', b"NaN", b"1e999", b"[[[[[[[[", b'"start"')),
    Target("docx", packed(".docx", _DOCX, _DOCX_PARTS),
           lambda: [_DOCX, *_parts(_DOCX, _DOCX_PARTS)], (b"<w:tbl>", b"<w:p>", b"<w:t>", *_XML)),
    Target("odt", packed(".odt", _ODT, _ODT_PARTS), lambda: [_ODT, *_parts(_ODT, _ODT_PARTS)],
           (b"<text:p>", b"<text:s text:c='9'/>", b"<table:table-row>", *_XML)),
    Target("xlsx", packed(".xlsx", _XLSX, _XLSX_PARTS),
           lambda: [_XLSX, *_parts(_XLSX, _XLSX_PARTS)],
           (b"<row r='1'>", b"<c t='s'><v>", b"<f>", b"XFD1048576", *_XML)),
    Target("pdf", reader(".pdf"), lambda: list(_PDF),
           (b"/Length", b"stream", b"endobj", b"/Kids", b"/Filter /FlateDecode", b"Tj", b"Td")),
]  # fmt: skip
