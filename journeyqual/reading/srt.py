"""SubRip transcripts (.srt), read with pysubs2."""

from __future__ import annotations

import re
from pathlib import Path

from journeyqual.errors import InputError
from journeyqual.reading.cleaning import strip_tags
from journeyqual.reading.common import RawTranscript, RawTurn
from journeyqual.reading.decode import read_text

_STAMP = r"\d{1,2}:\d{1,2}:\d{1,2}[.,]\d{1,3}"
_TIMING = re.compile(rf"\s*{_STAMP}\s*-->\s*{_STAMP}(?=\s|$)")
_STAMPS = re.compile(_STAMP)
_ARROW = re.compile(r"\d[:.,]\d+\s*-->|-->\s*\d+:\d")
_OVERRIDE = re.compile(r"\{\\[^{}]*\}")
# Stands for a backslash while pysubs2 uses "\N" for a line break; no text file that was let in
# holds a NUL.
_BACKSLASH = "\0"
# pysubs2 takes a bare number at the end of a cue for the next cue's index. The last cue has no
# next: give it one, or an interview that ends "How many? / 45" loses its last word.
_INDEX_TO_LOSE = "\n\n0\n"


def read(path: Path) -> RawTranscript:
    """Read a SubRip file: one piece for each cue, without its styling.

    Raises
    ------
    InputError
        If it has no cue, or the times of a cue cannot be read (the line is named).
    """
    import pysubs2

    text, notes = read_text(path)
    if text.startswith("WEBVTT"):
        raise InputError("this is a WebVTT file", path=path, remedy="give it the suffix .vtt")
    where = _timing_lines(text, path)
    cues = pysubs2.SSAFile.from_string(
        text.replace("\\", _BACKSLASH) + _INDEX_TO_LOSE, format_="srt", keep_html_tags=True
    )
    if len(cues) != len(where):
        raise InputError(f"{len(where)} cues are timed but {len(cues)} can be read", path=path)
    turns = tuple(
        RawTurn("", _words(c.text), c.start / 1000, c.end / 1000, cue=i, line=line)
        for i, (c, line) in enumerate(zip(cues, where, strict=True), start=1)
    )
    return RawTranscript(turns, "cue", notes=notes)


def _timing_lines(text: str, path: Path) -> list[int]:
    """Return the lines that time a cue; pysubs2 takes misspelt ones for words."""
    where = []
    for number, line in enumerate(text.split("\n"), start=1):
        if _TIMING.match(line):
            where.append(number)
        elif _ARROW.search(line) or len(_STAMPS.findall(line)) == 2:
            raise InputError(
                "the times of a cue cannot be read", path=path, line=number,
                remedy="write HH:MM:SS,mmm --> HH:MM:SS,mmm",
            )  # fmt: skip
    return where


def _words(text: str) -> str:
    words = text.replace("\\N", "\n").replace(_BACKSLASH, "\\")
    return strip_tags(_OVERRIDE.sub("", words))
