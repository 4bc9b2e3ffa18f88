"""Whisper's .json and .tsv, and the .json of its kin (whisper.cpp, WhisperX, faster-whisper)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from journeyqual.errors import InputError
from journeyqual.reading import table
from journeyqual.reading.common import RawTranscript, RawTurn, parse_time
from journeyqual.reading.decode import few_enough, read_text

_HEADER = ["start", "end", "text"]
_REMEDY = "export it from Whisper with --output_format json, or as .vtt"


def read_tsv(path: Path) -> RawTranscript:
    """Read a tab-separated file: Whisper's, in milliseconds, or any table as a .csv is read.

    Raises
    ------
    InputError
        If a time of Whisper's cannot be read, or as `journeyqual.reading.table.read` does.
    """
    text, notes = read_text(path)
    lines = text.split("\n")
    if lines[0].removeprefix("\ufeff").strip().split("\t") != _HEADER:
        return table.from_table(table.parse(text, path), notes)
    turns: list[RawTurn] = []
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        # Whisper quotes nothing: a cue that begins with a quotation mark is words.
        start, end, words = [*line.split("\t", 2), "", ""][:3]
        begin, stop = (_milliseconds(value, path, number) for value in (start, end))
        turns.append(RawTurn("", words.strip(), begin, stop, cue=len(turns) + 1, line=number))
    return RawTranscript(tuple(turns), "cue", notes=notes)


def _milliseconds(value: str, path: Path, line: int) -> float:
    value = value.strip()
    if not value.isascii() or not value.isdecimal() or len(value) > 12:
        raise InputError(
            f"{value[:40]!r} is no time", path=path, line=line,
            remedy="write whole milliseconds, as Whisper does",
        )  # fmt: skip
    return int(value) / 1000


def read_json(path: Path) -> RawTranscript:
    """Read Whisper's segments, or whisper.cpp's, or a plain list of ``{"speaker", "text"}``.

    A segment's ``speaker``, as WhisperX gives it, names its voice.

    Raises
    ------
    InputError
        If it is no JSON, holds none of these, or a segment's words or times are of another kind.
    """
    text, notes = read_text(path, by_lines=False)
    segments = _segments(_parse(text, path), path)
    few_enough(len(segments), path, "segments")
    turns = tuple(_turn(one, number, path) for number, one in enumerate(segments, start=1))
    timed = any(turn.start_s is not None for turn in turns)
    return RawTranscript(turns, "cue" if timed else "turn", notes=notes)


def _parse(text: str, path: Path) -> Any:
    def refuse(name: str) -> NoReturn:
        raise InputError(f"{name} is no number that JSON knows", path=path, remedy=_REMEDY)

    try:
        return json.loads(text.removeprefix("\ufeff"), parse_constant=refuse)
    except json.JSONDecodeError as error:
        raise InputError(
            f"not JSON ({error.msg})", path=path, line=error.lineno, remedy=_REMEDY
        ) from None
    except RecursionError:
        raise InputError("nested too deeply", path=path, remedy=_REMEDY) from None
    except ValueError:
        # A number of thousands of digits.
        raise InputError("a number is too long", path=path, remedy=_REMEDY) from None


def _segments(data: Any, path: Path) -> list[Any]:
    found = data
    if isinstance(data, dict):
        found = next((data[k] for k in ("segments", "transcription") if k in data), None)
    if not isinstance(found, list):
        raise InputError(
            "no transcript of Whisper: it has no list of segments", path=path, remedy=_REMEDY
        )
    return found


def _turn(one: Any, number: int, path: Path) -> RawTurn:
    if not isinstance(one, dict) or not isinstance(one.get("text"), str):
        raise InputError(f"segment {number} has no text", path=path, remedy=_REMEDY)
    start, end = (_seconds(one, name, number, path) for name in ("start", "end"))
    speaker = one.get("speaker")
    name = "" if speaker is None else str(speaker)[:200]
    return RawTurn(name, one["text"].strip(), start, end, cue=number)


def _seconds(one: Mapping[str, Any], name: str, number: int, path: Path) -> float | None:
    """Return a segment's time: seconds, or as whisper.cpp writes it, beside the words."""
    value: object = one.get(name)
    if value is None:
        stamps = one.get("timestamps")
        value = (
            stamps.get("from" if name == "start" else "to") if isinstance(stamps, dict) else None
        )
    if value is None:
        return None
    seconds = parse_time(value) if isinstance(value, str) else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        # Not beyond what a float holds to the millisecond; math.isfinite refuses longer numbers.
        seconds = float(value) if abs(value) < 1e9 and math.isfinite(value) else None
    if seconds is None or seconds < 0:
        raise InputError(
            f"{str(value)[:40]!r} is no time ({name} of segment {number})", path=path,
            remedy=_REMEDY,
        )  # fmt: skip
    # Through milliseconds, so that every format gives the same float for the same time.
    return round(seconds * 1000) / 1000
