"""Time marks that stand among the words: ``[00:01:02]``, f4's ``#00:01:02-3#``, a lone 00:05:00.

A mark is not said by anybody: it leaves the words, and where it stands at the beginning of a turn,
or alone above one, it tells when the turn starts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from journeyqual.reading.common import TIME, parse_time

_LONG = r"\d{1,3}:\d{2}:\d{2}(?:[.,]\d{1,3})?"
_F4 = r"#(?P<f4>\d{1,3}:\d{2}:\d{2}-\d{1,3})#"
# In round brackets within a sentence a time of day may have been said; in square ones none is.
_F4_AT_END = re.compile(rf"{_F4}\s*$")
_WITHIN = re.compile(rf"[ \t]?(?:\[(?P<square>{TIME})\]|<(?P<angle>{_LONG})>|{_F4})")
_AT_START = re.compile(rf"\s*(?:\[(?P<square>{TIME})\]|\((?P<round>{TIME})\))")
_ALONE = re.compile(
    rf"\s*(?:\[(?P<square>{TIME})\]|\((?P<round>{TIME})\)|(?P<bare>{_LONG})|{_F4})\s*"
)


def seconds(text: str) -> float | None:
    """Return a mark's seconds; f4 writes tenths after a hyphen.

    Examples
    --------
    >>> seconds("00:01:02"), seconds("00:01:02-3")
    (62.0, 62.3)
    """
    return parse_time(text.replace("-", "."))


def alone(line: str) -> float | None:
    """Return the time of a line that holds a mark and nothing else.

    Examples
    --------
    >>> alone("[00:01:02]"), alone("00:05:00"), alone("at 10:30")
    (62.0, 300.0, None)
    """
    found = _ALONE.fullmatch(line)
    return seconds(_time(found)) if found else None


def at_start(line: str) -> tuple[float | None, str]:
    """Return the time that a line begins with, and its other words.

    Examples
    --------
    >>> at_start("[00:01:02] It came late.")
    (62.0, 'It came late.')
    """
    found = _AT_START.match(line)
    time = seconds(_time(found)) if found else None
    return (None, line) if found is None or time is None else (time, line[found.end() :].strip())


def take_out(text: str) -> tuple[str, list[float]]:
    """Return the words without marks, and the times of those that were there.

    Examples
    --------
    >>> take_out("It came late [00:01:02] and wet.")
    ('It came late and wet.', [62.0])
    """
    times: list[float] = []

    def leave(found: re.Match[str]) -> str:
        time = seconds(_time(found))
        if time is None:
            return found.group()
        times.append(time)
        return ""

    return _WITHIN.sub(leave, text), times


@dataclass(frozen=True, slots=True)
class Marked:
    """A turn's words without marks, and what the marks tell."""

    words: str
    start: float | None
    end: float | None
    following: float | None
    count: int


def of_turn(lines: Sequence[str]) -> Marked:
    r"""Take the marks out of a turn.

    Parameters
    ----------
    lines
        The turn's words by line. A mark at their beginning is the turn's start; one of f4's at
        their end is its end; one that stands alone below them is the start of the following turn.

    Examples
    --------
    >>> of_turn(["[0:05] It came", "late. [0:09]", "", "00:05:00"])
    Marked(words='It came\nlate.', start=5.0, end=None, following=300.0, count=3)
    """
    kept = list(lines)
    while kept and not kept[-1].strip():
        kept.pop()
    following = alone(kept[-1]) if kept and "#" not in kept[-1] else None
    if following is not None:
        kept.pop()
    first = next((line for line in kept if line.strip()), "")
    start = at_start(first)[0] if first.lstrip().startswith("[") else None
    ends = _F4_AT_END.search("\n".join(kept[-1:]))
    words: list[str] = []
    count = int(following is not None)
    for line in kept:
        if alone(line) is not None:
            count += 1
            continue
        taken, times = take_out(line)
        count += len(times)
        words.append(taken)
    return Marked(
        "\n".join(words).strip(), start, seconds(ends["f4"]) if ends else None, following, count
    )


def _time(found: re.Match[str]) -> str:
    return next(value for value in found.groupdict().values() if value)
