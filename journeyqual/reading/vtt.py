"""WebVTT transcripts (.vtt), as Zoom, Teams and Whisper write them, read with webvtt-py."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from journeyqual.errors import InputError
from journeyqual.reading.cleaning import strip_tags, unescape
from journeyqual.reading.common import RawTranscript, RawTurn, parse_time
from journeyqual.reading.decode import few_enough, read_text

_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?[ \t\n]+([^<>]*)>")
_STAMP = r"(?:\d{1,3}:)?\d{2}:\d{2}\.\d{3}"
_TIMING = re.compile(rf"\s*({_STAMP})[ \t]*-->[ \t]*({_STAMP})(?=\s|$)")
_NO_CUE = ("WEBVTT", "NOTE", "STYLE", "REGION")


def read(path: Path) -> RawTranscript:
    """Read a WebVTT file: one piece for each voice of each cue.

    Raises
    ------
    InputError
        If it is no WebVTT file, or the times of a cue cannot be read (the line is named): such a
        cue is never dropped without a word.
    """
    import webvtt

    text, notes = read_text(path)
    if not text.startswith("WEBVTT"):
        raise InputError(
            "not a WebVTT file: the first line is not WEBVTT",
            path=path,
            line=1,
            remedy="give a SubRip file the suffix .srt, a text file .txt",
        )
    where = _timing_lines(text, path)
    few_enough(text.count("<v"), path, "changes of voice")
    cues = webvtt.WebVTT.from_string(text).captions
    if len(cues) != len(where):
        raise InputError(f"{len(where)} cues are timed but {len(cues)} can be read", path=path)
    turns: list[RawTurn] = []
    for number, (cue, line) in enumerate(zip(cues, where, strict=True), start=1):
        start, end = parse_time(str(cue.start)), parse_time(str(cue.end))
        for speaker, words in _voices("\n".join(cue.lines)):
            turns.append(RawTurn(speaker, words, start, end, cue=number, line=line))
    return RawTranscript(tuple(turns), "cue", len(cues), (*notes, *_untimed(text)))


def _timing_lines(text: str, path: Path) -> list[int]:
    """Return the lines that time a cue; webvtt-py passes over those that it cannot read."""
    where = []
    for number, line in enumerate(text.split("\n"), start=1):
        if "-->" not in line:
            continue
        found = _TIMING.match(line)
        if not found or None in map(parse_time, found.groups()):
            raise InputError(
                "the times of a cue cannot be read", path=path, line=number,
                remedy="write HH:MM:SS.mmm --> HH:MM:SS.mmm",
            )  # fmt: skip
        where.append(number)
    return where


def _voices(payload: str) -> Iterator[tuple[str, str]]:
    """Split a cue at its voice tags; words before the first belong to nobody named."""
    before, *rest = _VOICE.split(payload)
    if not rest or before.strip():
        yield "", strip_tags(before)
    for name, words in zip(rest[0::2], rest[1::2], strict=True):
        yield unescape(name), strip_tags(words)


def _untimed(text: str) -> tuple[str, ...]:
    """Say how many blocks have words but no time; a blank line inside a cue makes one."""
    lost, first, line = 0, 0, 1
    for block in text.split("\n\n"):
        words = block.strip("\n")
        if words and "-->" not in words and not words.startswith(_NO_CUE):
            lost += 1
            first = first or line + len(block) - len(block.lstrip("\n"))
        line += block.count("\n") + 2
    if not lost:
        return ()
    return (f"{lost} block(s) of words without a time left out, the first at line {first}",)
