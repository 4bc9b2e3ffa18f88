"""A source's text to pseudonymised turns, with the way back: which words went where.

A source goes through the same door as a transcript: the layouts of ``reading``, the pseudonyms of
``privacy``. What stands before the first speaker is kept as a turn of nobody's, so that no coding
of it is lost. Names of speakers and time codes are no words.
"""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from journeyqual import privacy
from journeyqual.errors import InputError
from journeyqual.interchange.offsets import bare, bare_counts, end_at, start_at
from journeyqual.reading.assemble import assemble
from journeyqual.reading.cleaning import clean_text
from journeyqual.reading.common import MAX_LABEL_CHARS, MAX_TURN_CHARS
from journeyqual.reading.layouts import parse_lines
from journeyqual.schema import TURNS, check
from journeyqual.units import stored_text

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_INTERVIEWER = re.compile(r"Interviewer(?: \d+)?")

Edit = tuple[int, int, int, int]
"""Characters (start, end) that were replaced, and where (start, end) what stands for them is."""


@dataclass(frozen=True)
class Cut:
    """A source as turns before pseudonyms, and which of its letters are words in them.

    Parameters
    ----------
    turns
        TURNS of one interview.
    kept
        (start, end) among the letters of the source (`bare`) that the turns are made of, in order.
    notes
        What had to be guessed.
    """

    turns: pd.DataFrame
    kept: tuple[tuple[int, int], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Placed:
    """A pseudonymised interview, and where each place of its source is in the stored text.

    Parameters
    ----------
    turns
        TURNS after pseudonyms.
    text, starts
        The stored text, and where each turn's words start in it.
    hide
        What replaced the names; notes about the interview go through it, too.
    """

    turns: pd.DataFrame
    text: str
    starts: pd.Series
    hide: privacy.Pseudonyms
    _source: np.ndarray
    _kept: tuple[tuple[int, int], ...]
    _counts: tuple[np.ndarray, ...]
    _edits: tuple[tuple[Edit, ...], ...]

    def find(self, start: int, end: int) -> tuple[int, int, int] | None:
        """Return turn index, start and end in the stored text of a source's words.

        None if none of them was kept: they are a speaker's name or a time code.
        """
        first = _among(self._kept, int(self._source[start]))
        last = _among(self._kept, int(self._source[end]))
        if first >= last:
            return None
        ends = np.cumsum([counts[-1] for counts in self._counts])
        at = int(np.searchsorted(ends, first, side="right"))
        to = int(np.searchsorted(ends, last, side="left"))
        begin = start_at(self._counts[at], first - int(ends[at] - self._counts[at][-1]))
        finish = end_at(self._counts[to], last - int(ends[to] - self._counts[to][-1]))
        begin, finish = _moved(self._edits[at], begin, end=False), _moved(
            self._edits[to], finish, end=True
        )  # fmt: skip
        here, there = int(self.starts.iloc[at]) + begin, int(self.starts.iloc[to]) + finish
        if here >= there:
            return None
        return int(self.turns["turn_index"].iloc[at]), here, there


def cut(
    name: str, text: str, *, participant: str, interviewers: Sequence[str] = (), ours: bool = False
) -> Cut:
    """Cut a source into turns: by its speakers, if it names any, else all of it one person's words.

    Parameters
    ----------
    name
        The interview's id.
    text
        The source.
    participant
        Who is studied in it.
    interviewers
        Names or patterns of those who ask.
    ours
        Whether journeyqual wrote the text: paragraphs ``Speaker: words``.

    Raises
    ------
    InputError
        If it has no words.
    """
    if not bare(text):
        raise InputError(f"{name} has no words in it")
    found = None
    if ours:
        found = _own_layout(name, text, participant)
    else:
        try:
            found = _with_speakers(name, text, participant, interviewers)
        except InputError:
            found = None
    if found is not None and (found.turns["role"] == "participant").any():
        return found
    row = dict(
        interview=name, participant=participant, turn_index=0, speaker="", role="participant",
        text=clean_text(text),
    )  # fmt: skip
    return Cut(
        check(pd.DataFrame([row]), TURNS),
        ((0, len(bare(text))),),
        () if ours else (f"{name}: nothing in it says who speaks; taken as {participant}'s words",),
    )


def place(
    source: str,
    found: Cut,
    names: Mapping[str, str],
    *,
    detector: privacy.Detector | None = None,
    ours: bool = False,
) -> Placed:
    """Replace the names in a source's turns, and remember where its words went.

    Parameters
    ----------
    source
        The text that was cut.
    found
        What `cut` made of it.
    names
        Listed names and their pseudonyms.
    detector
        What looks for more than is listed; None looks for nothing.
    ours
        Whether journeyqual wrote the text: its speakers are pseudonyms, and only listed names go.
    """
    if ours:
        hide = privacy.pseudonyms(names)
        turns = hide.apply_turns(found.turns)
    else:
        turns = privacy.pseudonymise(found.turns, names, detector=detector)
        hide = privacy.for_turns(found.turns, names, detector=detector)
    text, starts = stored_text(turns)
    before, after = found.turns["text"].tolist(), turns["text"].tolist()
    return Placed(
        turns, text, starts, hide, bare_counts(source), found.kept,
        tuple(bare_counts(one) for one in before),
        tuple(_edits(a, b, hide) for a, b in zip(before, after, strict=True)),
    )  # fmt: skip


# -- turns ----------------------------------------------------------------------------------------


def _own_layout(name: str, text: str, participant: str) -> Cut:
    """Cut the stored text of an interview as it was put together, `units.stored_text` reversed."""
    rows: list[dict[str, object]] = []
    kept: list[tuple[int, int]] = []
    at = 0
    for index, paragraph in enumerate(text.split("\n\n")):
        label, colon, words = paragraph.partition(": ")
        if not colon or "\n" in label or len(label) > MAX_LABEL_CHARS:
            label, words = "", paragraph
        role = "participant" if label == participant else "other"
        role = "interviewer" if _INTERVIEWER.fullmatch(label) else role
        rows.append(dict(
            interview=name, participant=participant, turn_index=index, speaker=label, role=role,
            text=words,
        ))  # fmt: skip
        size = len(bare(words))
        at += len(bare(paragraph))
        kept.append((at - size, at))
    return Cut(check(pd.DataFrame(rows), TURNS), tuple(kept))


def _with_speakers(
    name: str, text: str, participant: str, interviewers: Sequence[str]
) -> Cut | None:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    # The readers find places by lines; letters are the same however lines end.
    path = Path(f"{name.replace('/', '-')}.txt")
    raw = parse_lines(lines, path)
    turns, notes = assemble(raw, path, participant=participant, interviewers=tuple(interviewers))
    if turns["interview"].nunique() != 1:
        return None
    bares = [bare(line) for line in lines]
    sizes = np.concatenate([[0], np.cumsum([len(one) for one in bares])])
    firsts = [(turn.line or 1) - 1 for turn in raw.turns]
    kept: list[tuple[int, int]] = []
    for turn, start, end in zip(raw.turns, firsts, [*firsts[1:], len(lines)], strict=True):
        letters = bare(turn.text)
        at = "".join(bares[start:end]).rfind(letters)
        if at < 0:
            return None
        begin = int(sizes[start]) + at
        if letters:
            kept.append((begin, begin + len(letters)))
    turns = turns.assign(interview=name, participant=participant)
    head = clean_text("\n".join(lines[: firsts[0]])) if firsts else ""
    if head:
        kept.insert(0, (0, len(bare(head))))
        first = turns.iloc[[0]].assign(
            turn_index=0, speaker="", role="other", text=head, start_s=np.nan, end_s=np.nan
        )
        turns = pd.concat([first, turns.assign(turn_index=turns["turn_index"] + 1)])
    whole = "".join("".join(bares)[a:b] for a, b in kept)
    if whole != "".join(map(bare, turns["text"])):
        return None
    # What stands above the first turn is kept here.
    said = tuple(f"{name}: {n}" for n in notes if "above the first turn" not in n)
    return Cut(check(turns.reset_index(drop=True), TURNS), tuple(kept), said)


def _among(kept: Sequence[tuple[int, int]], number: int) -> int:
    """Return how many of a source's first letters are words of turns."""
    return sum(max(0, min(number, b) - a) for a, b in kept)


# -- names ----------------------------------------------------------------------------------------


def _edits(before: str, after: str, hide: privacy.Pseudonyms) -> tuple[Edit, ...]:
    """Return what of a text was replaced, and where what stands for it is."""
    if before == after:
        return ()
    edits: list[Edit] = []
    shift = 0
    for start, end, instead in hide.places(before):
        edits.append((start, end, start + shift, start + shift + len(instead)))
        shift += len(instead) - (end - start)
    if _made(before, after, edits) == after:
        return tuple(edits)
    # Something else replaced names, too: compared word by word.
    a, b = _TOKEN.findall(before), _TOKEN.findall(after)
    at = list(itertools.accumulate(map(len, a), initial=0))
    to = list(itertools.accumulate(map(len, b), initial=0))
    steps = difflib.SequenceMatcher(None, a, b, autojunk=len(a) > MAX_TURN_CHARS // 20)
    return tuple(
        (at[i], at[j], to[k], to[m]) for tag, i, j, k, m in steps.get_opcodes() if tag != "equal"
    )


def _made(before: str, after: str, edits: Sequence[Edit]) -> str:
    """Return the text that the edits make, taking what stands for names from the result."""
    parts, at = [], 0
    for start, end, here, there in edits:
        parts += [before[at:start], after[here:there]]
        at = end
    return "".join([*parts, before[at:]])


def _moved(edits: Sequence[Edit], at: int, *, end: bool) -> int:
    """Return where a place is after the edits; one inside a name goes to the pseudonym's edge."""
    shift = 0
    for start, stop, here, there in edits:
        if at < start or (at == start and not end) or (at == start and end):
            break
        if at < stop:
            return there if end else here
        shift = there - stop
    return at + shift
