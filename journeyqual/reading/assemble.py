"""A reader's raw pieces to TURNS: cleaned, named, checked, split, joined, given roles.

Every format goes through here, so that the same talk gives the same turns whatever it was exported
as.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from journeyqual.errors import InputError
from journeyqual.reading.cleaning import clean_line, clean_text
from journeyqual.reading.common import (
    MAX_LABEL_CHARS,
    MAX_TURN_CHARS,
    Kind,
    RawTranscript,
    RawTurn,
    clock,
)
from journeyqual.reading.labels import accept, candidate, level, mend
from journeyqual.reading.overlap import in_order, spoken_over
from journeyqual.reading.roles import assign, voices
from journeyqual.schema import TURNS, check

PAUSE_S = 2.0
"""Cues that name no speaker join until a pause longer than this …"""

JOIN_WORDS = 60
"""… or until a sentence ends after this many words …"""

MOST_WORDS = 200
"""… or at this many, for exports without punctuation."""

_SENTENCE_END = re.compile(r"[.!?…。！？؟][\"'”’»)\]]*$")


def assemble(
    raw: RawTranscript, path: Path, *, participant: str | None, interviewers: Sequence[str]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Build the TURNS table of a file; returns it with all that there is to say about it.

    Raises
    ------
    InputError
        If no turn is left, time runs backwards, or a piece is too long.
    """
    pieces = _clean(raw, path)
    notes = list(raw.notes)
    if raw.kind == "cue":
        pieces, said = _name_cues(pieces)
        notes += said
    pieces, said = _mend_labels(pieces)
    notes += said
    if not pieces:
        raise InputError("no turns found: nothing in it is speech", path=path)
    interviews = _interviews(_one_spelling(pieces), path, participant)
    rows: list[dict[str, object]] = []
    for one in interviews:
        if raw.kind == "cue":
            one.pieces, said = in_order(one.pieces)
            notes += said
        _check_times(one.pieces, path)
        turns = _join(one.pieces, raw.kind)
        roles, guesses = _roles(turns, one, interviewers)
        rows += _rows(turns, roles, one)
        where = f"{one.interview}: " if len(interviews) > 1 else ""
        notes += [f"{where}{guess}" for guess in guesses]
    return check(pd.DataFrame(rows), TURNS, path=path), tuple(notes)


@dataclass
class _Interview:
    interview: str
    participant: str
    pieces: list[RawTurn] = field(default_factory=list)


def _clean(raw: RawTranscript, path: Path) -> list[RawTurn]:
    """Clean words and names; a piece of nothing (a silent cue, an empty cell) goes."""
    pieces = []
    for piece in raw.turns:
        if len(piece.text) > MAX_TURN_CHARS:
            raise InputError(
                f"{piece.place} is over {MAX_TURN_CHARS:,} characters long", path=path,
                line=piece.line, remedy="split it where another person speaks",
            )  # fmt: skip
        text = clean_text(piece.text)
        if text:
            speaker = clean_line(piece.speaker)[:MAX_LABEL_CHARS].strip()
            pieces.append(replace(piece, text=text, speaker=speaker))
    return pieces


def _name_cues(pieces: list[RawTurn]) -> tuple[list[RawTurn], tuple[str, ...]]:
    """Take names such as ``Ruth: …`` off cues; a nameless one goes on with the last speaker."""
    notes: tuple[str, ...] = ()
    if not any(p.speaker for p in pieces):
        pieces, notes = _split_at_labels(pieces)
    if not any(p.speaker for p in pieces):
        return pieces, notes
    named, carried, speaker = [], 0, ""
    for piece in pieces:
        carried += bool(speaker and not piece.speaker)
        speaker = piece.speaker or speaker
        named.append(replace(piece, speaker=speaker))
    if carried:
        notes = (*notes, f"{carried} cues without a name go on with the speaker before them")
    return named, notes


def _split_at_labels(pieces: list[RawTurn]) -> tuple[list[RawTurn], tuple[str, ...]]:
    lines = [
        (piece, line, place == 0)
        for piece in pieces
        for place, line in enumerate(piece.text.split("\n"))
    ]
    found = [candidate(line, at, starts_paragraph=top) for at, (_, line, top) in enumerate(lines)]
    keys, notes = accept([f for f in found if f], len(pieces))
    split: list[RawTurn] = []
    for (piece, line, top), label in zip(lines, found, strict=True):
        if label and label.key in keys:
            split.append(replace(piece, speaker=label.label, text=label.text))
        elif top or not split:
            split.append(replace(piece, text=line))
        else:
            split[-1] = replace(split[-1], text=f"{split[-1].text}\n{line}")
    # A cue may hold a name alone, the words being in the next.
    carried: list[RawTurn] = []
    pending = ""
    for piece in split:
        if not piece.text:
            pending = piece.speaker
            continue
        carried.append(replace(piece, speaker=piece.speaker or pending))
        pending = ""
    return carried, notes


def _mend_labels(pieces: list[RawTurn]) -> tuple[list[RawTurn], tuple[str, ...]]:
    """Take a misspelt "Participant" for the participant, and say so."""
    meant = {p.speaker: mend(p.speaker) for p in pieces}
    wrong = {label: right for label, right in meant.items() if right != label}
    if not wrong:
        return pieces, ()
    notes = tuple(f"{label!r} taken for {right!r}" for label, right in wrong.items())
    return [replace(p, speaker=meant[p.speaker]) for p in pieces], notes


def _one_spelling(pieces: list[RawTurn]) -> list[RawTurn]:
    """Give each speaker one spelling, the first: RUTH and Ruth are one person."""
    spelt: dict[str, str] = {}
    return [
        replace(p, speaker=spelt.setdefault(level(p.speaker), p.speaker)) for p in pieces
    ]  # fmt: skip


def _interviews(pieces: list[RawTurn], path: Path, participant: str | None) -> list[_Interview]:
    """Split a file into interviews: one, unless its columns name several participants."""
    stem = clean_line(path.stem)
    if not stem:
        raise InputError("a file without a name cannot name its interview", path=path)
    # The stem is what a caller says who knows nothing of the participant.
    said = clean_line(participant or "")
    said = "" if said == stem else said
    people = {p.participant for p in pieces if p.participant}
    if said and len(people) > 1:
        raise InputError(
            f"the study says it is {said}'s, its column names {len(people)} participants",
            path=path, remedy="take the file out of the study's list",
        )  # fmt: skip
    talks = {(p.interview, p.participant) for p in pieces}
    count = Counter(interview for interview, _ in talks)
    found: dict[tuple[str, str], _Interview] = {}
    for piece in pieces:
        key = piece.interview, piece.participant
        if key not in found:
            name = piece.interview or stem
            name = f"{name}-{piece.participant}" if count[piece.interview] > 1 else name
            who = said or piece.participant or name
            found[key] = _Interview(name, who)
        found[key].pieces.append(piece)
    return list(found.values())


def _check_times(pieces: Sequence[RawTurn], path: Path) -> None:
    """Refuse time that runs backwards; cues may overlap, for people do."""
    before: RawTurn | None = None
    for piece in pieces:
        if piece.start_s is None:
            continue
        if piece.end_s is not None and piece.end_s < piece.start_s:
            raise InputError(
                f"{piece.place} ends at {clock(piece.end_s)}, before it starts at "
                f"{clock(piece.start_s)}",
                path=path, line=piece.line, remedy="mend its times",
            )  # fmt: skip
        if before is not None and before.start_s is not None and piece.start_s < before.start_s:
            raise InputError(
                f"time runs backwards: {piece.place} starts at {clock(piece.start_s)}, "
                f"{before.place} before it at {clock(before.start_s)}",
                path=path, line=piece.line, remedy="mend its times or the order",
            )  # fmt: skip
        before = piece


@dataclass
class _Group:
    """Pieces that make one turn, with running totals."""

    pieces: list[RawTurn]
    words: int
    chars: int

    def add(self, piece: RawTurn, words: int) -> None:
        self.pieces.append(piece)
        self.words += words
        self.chars += len(piece.text) + 1

    def goes_on(self, piece: RawTurn) -> bool:
        last = self.pieces[-1]
        if piece.speaker != last.speaker or self.chars + 1 + len(piece.text) > MAX_TURN_CHARS:
            return False
        if piece.speaker:
            return True
        pause = (piece.start_s or 0.0) - (last.end_s if last.end_s is not None else 0.0)
        ended = self.words >= JOIN_WORDS and bool(_SENTENCE_END.search(last.text))
        return pause <= PAUSE_S and not ended and self.words < MOST_WORDS


def _join(pieces: Sequence[RawTurn], kind: Kind) -> list[RawTurn]:
    """Join what one speaker says without interruption, from the first start to the last end."""
    if kind == "turn":
        return list(pieces)
    groups: list[_Group] = []
    for piece in pieces:
        words = len(piece.text.split())
        if (
            kind == "cue"
            and len(groups) >= 2
            and spoken_over(groups[-1].pieces, groups[-2].pieces, piece)
        ):
            groups[-2].add(piece, words)
        elif groups and groups[-1].goes_on(piece):
            groups[-1].add(piece, words)
        else:
            groups.append(_Group([piece], words, len(piece.text)))
    return [_merged(g.pieces, kind) for g in groups]


def _merged(pieces: Sequence[RawTurn], kind: Kind) -> RawTurn:
    # A subtitle's line breaks are the screen's; a paragraph's are the transcriber's.
    text = "\n".join(p.text for p in pieces)
    ends = [p.end_s for p in pieces if p.end_s is not None]
    return replace(
        pieces[0],
        text=clean_line(text) if kind == "cue" else text,
        end_s=max(ends) if ends else None,
    )


def _roles(
    turns: Sequence[RawTurn], one: _Interview, interviewers: Sequence[str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    if all(turn.role for turn in turns):
        return {}, ()
    heard = voices([(turn.speaker, turn.text) for turn in turns])
    return assign(heard, names=(one.participant, one.interview), interviewers=interviewers)


def _rows(
    turns: Sequence[RawTurn], roles: dict[str, str], one: _Interview
) -> list[dict[str, object]]:
    return [
        {
            "interview": one.interview,
            "participant": one.participant,
            "turn_index": index,
            "speaker": turn.speaker,
            "role": turn.role or roles[turn.speaker],
            "text": turn.text,
            "start_s": turn.start_s,
            "end_s": turn.end_s,
        }
        for index, turn in enumerate(turns)
    ]
