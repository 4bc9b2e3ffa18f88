"""What every reader hands over, the limits that all share, and how time codes are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["cue", "paragraph", "turn"]

MAX_TURN_CHARS = 100_000
"""A single cue, paragraph or cell over this length is refused; joining stops before it."""

MAX_LABEL_CHARS = 80
"""A speaker's name over this length is no name."""


@dataclass(frozen=True, slots=True)
class RawTurn:
    """One piece of talk as the file has it: a cue, a paragraph or a table's row.

    Parameters
    ----------
    speaker
        The label in the file; ``""`` when the file names nobody.
    text
        The words, not yet cleaned.
    start_s, end_s
        Seconds from the start of the recording, where the file has them.
    participant, interview, role
        Only from formats that say so themselves (a table's columns).
    cue, line
        Where it stands, counted from 1, for errors.
    """

    speaker: str
    text: str
    start_s: float | None = None
    end_s: float | None = None
    participant: str = ""
    interview: str = ""
    role: str = ""
    cue: int | None = None
    line: int | None = None

    @property
    def place(self) -> str:
        """Name the piece as an error should: by cue, else by line."""
        if self.cue is not None:
            return f"cue {self.cue}"
        return f"the turn at line {self.line}" if self.line is not None else "a turn"


@dataclass(frozen=True)
class RawTranscript:
    """What a reader returns: the pieces in the order of the file, and what to say about them.

    Parameters
    ----------
    turns
        The pieces.
    kind
        What a piece is. Consecutive pieces of one speaker join: a ``cue`` by a blank, a
        ``paragraph`` by a line break. A ``turn`` is whole already and joins with nothing.
    n_cues
        How many cues or rows the file has; by default one for each piece.
    notes
        Things to say aloud.
    """

    turns: tuple[RawTurn, ...]
    kind: Kind = "turn"
    n_cues: int | None = None
    notes: tuple[str, ...] = ()


Reader = Callable[[Path], RawTranscript | Iterable[RawTurn]]
"""A format: takes the file's path; a plug-in that has nothing to say may return the bare pieces."""

TIME = r"(?:\d{1,3}:)?\d{1,3}:\d{2}(?:[.,]\d{1,3})?"
"""A time code as transcripts write it, as a pattern without groups."""

_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{2})(?:[.,](\d{1,3}))?")
_SECONDS = re.compile(r"\d{1,9}(?:[.,]\d{1,9})?")


def parse_time(text: str) -> float | None:
    """Return the seconds that a time code stands for, or ``None`` if it is none.

    Parameters
    ----------
    text
        ``H:MM:SS``, ``MM:SS`` (either with decimals after a point or a comma) or plain seconds.

    Examples
    --------
    >>> parse_time("1:02:03"), parse_time("62:03"), parse_time("00:43,810"), parse_time("7.5")
    (3723.0, 3723.0, 43.81, 7.5)
    >>> parse_time("12:75") is None, parse_time("-3") is None
    (True, True)
    """
    text = text.strip()
    if _SECONDS.fullmatch(text):
        return float(text.replace(",", "."))
    found = _CLOCK.fullmatch(text)
    if not found:
        return None
    hours, minutes, seconds, decimals = found.groups()
    if int(seconds) >= 60 or (hours is not None and int(minutes) >= 60):
        return None
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    # Through milliseconds, so that every format gives the same float for the same time.
    return (whole * 1000 + int((decimals or "").ljust(3, "0"))) / 1000


def clock(seconds: float) -> str:
    """Write seconds as ``H:MM:SS``, or ``M:SS`` under an hour.

    Examples
    --------
    >>> clock(43.81), clock(3723)
    ('0:43', '1:02:03')
    """
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def percent(part: float, whole: float) -> str:
    """Write a share as a whole percentage.

    Examples
    --------
    >>> percent(7, 9)
    '78 %'
    """
    return f"{round(100 * part / whole) if whole else 0} %"
