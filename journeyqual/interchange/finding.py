"""Words without offsets, found again in an interview: code exports show the words alone."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np
import pandas as pd

from journeyqual.interchange.offsets import Counts, bare, bare_counts, end_at, start_at

MAX_LOOSE = 4_000
"""Letters of a passage that is still looked for word by word where it is not found as it is."""
ENOUGH = 0.9
"""Share of a passage's letters that must be the same where names were replaced."""


@dataclass(frozen=True)
class Found:
    """An interview of the study to look for words in."""

    name: str
    participant: str
    text: str
    turns: pd.DataFrame
    segments: pd.DataFrame
    letters: str
    counts: Counts


def opened(name: str, text: str, turns: pd.DataFrame, segments: pd.DataFrame) -> Found:
    """Make an interview ready to be searched."""
    person = str(turns["participant"].iloc[0])
    return Found(name, person, text, turns, segments, bare(text), bare_counts(text))


def find_words(here: Found, words: str, *, near: int = 0) -> tuple[int, int, int] | None:
    """Return turn index, start and end of words in an interview; None if they are not there.

    Parameters
    ----------
    here
        The interview.
    words
        As another program shows them: other blanks, and names where pseudonyms stand here.
    near
        Which of several places is meant, counted from 0.
    """
    wanted = bare(words)
    if not wanted:
        return None
    at, count = here.letters.find(wanted), 0
    while at >= 0 and count < near:
        later = here.letters.find(wanted, at + 1)
        if later < 0:
            break
        at, count = later, count + 1
    if at >= 0:
        return _place(here, at, at + len(wanted))
    loose = _loosely(here.letters, wanted) if len(wanted) <= MAX_LOOSE else None
    return None if loose is None else _place(here, *loose)


def places_of(here: Found, words: str) -> int:
    """Return in how many places of an interview the words stand."""
    wanted = bare(words)
    return here.letters.count(wanted) if wanted else 0


def _place(here: Found, first: int, last: int) -> tuple[int, int, int]:
    start, end = start_at(here.counts, first), end_at(here.counts, last)
    starts = _turn_starts(here)
    at = max(int(np.searchsorted(starts, start, side="right")) - 1, 0)
    return int(here.turns["turn_index"].iloc[at]), start, end


def _turn_starts(here: Found) -> Counts:
    sizes = here.turns["text"].str.len().to_numpy() + 2
    labels = np.array([len(s) + 2 if s else 0 for s in here.turns["speaker"]])
    return np.asarray(np.cumsum(sizes + labels) - sizes + 0, dtype=np.int64)


def _loosely(letters: str, wanted: str) -> tuple[int, int] | None:
    """Find words some of which are pseudonyms here: by their longest run, then to both sides."""
    match = SequenceMatcher(None, letters, wanted, autojunk=False)
    run = match.find_longest_match()
    if run.size < min(12, len(wanted)):
        return None
    slack = 40 + len(wanted) // 4
    low = max(0, run.a - run.b - slack)
    high = min(len(letters), run.a + (len(wanted) - run.b) + slack)
    near = SequenceMatcher(None, letters[low:high], wanted, autojunk=False)
    blocks = [b for b in near.get_matching_blocks() if b.size > 1]
    if not blocks or sum(b.size for b in blocks) < ENOUGH * len(wanted):
        return None
    first, last = blocks[0], blocks[-1]
    start = low + first.a - (first.b if first.b <= 3 else 0)
    return max(start, 0), min(low + last.a + last.size, len(letters))
