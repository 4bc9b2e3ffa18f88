"""Plain-text transcripts (.txt)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from journeyqual.reading.common import RawTranscript
from journeyqual.reading.decode import read_text
from journeyqual.reading.layouts import parse_lines


def read(path: Path) -> RawTranscript:
    """Read a text file in one of the layouts of `journeyqual.reading.layouts`.

    Raises
    ------
    InputError
        If it is no text, or nothing in it says who speaks or when.
    """
    text, notes = read_text(path)
    found = parse_lines(text.split("\n"), path)
    return replace(found, notes=(*notes, *found.notes))
