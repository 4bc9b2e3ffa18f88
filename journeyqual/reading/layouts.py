"""Lines of text to pieces of talk, in the layouts that .txt and .docx transcripts share.

Whisper's ``[MM:SS.mmm --> MM:SS.mmm]  text``; a name and a time on a line of their own with the
words below (Otter, Teams, Rev, Zoom); and ``Name: text``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from journeyqual.errors import InputError
from journeyqual.reading.common import MAX_LABEL_CHARS, TIME, RawTranscript, RawTurn, parse_time
from journeyqual.reading.labels import Labelled, accept, candidate, level, looks_like_name

_CUE = re.compile(rf"\s*\[(?P<start>{TIME})\s*-->\s*(?P<end>{TIME})\](?P<text>.*)")
_HEADER = re.compile(
    rf"(?P<name>\S[^\n]{{0,{MAX_LABEL_CHARS}}}?)(?P<gap>[\s|]*)(?P<open>[\[(]?)(?P<time>{TIME})[\])]?:?\s*"
)
_CREDIT = re.compile(r"\s*Transcribed by https?://\S+\s*", re.IGNORECASE)


def parse_lines(lines: Sequence[str], path: Path) -> RawTranscript:
    """Find out the layout and return the pieces.

    Parameters
    ----------
    lines
        The transcript's lines; one paragraph of a document is one line.
    path
        The file, for errors.

    Raises
    ------
    InputError
        If nothing in the text says who speaks or when.
    """
    lines = ["" if _CREDIT.fullmatch(line) else line for line in lines]
    filled = sum(bool(line.strip()) for line in lines)
    if 2 * sum(bool(_CUE.match(line)) for line in lines) >= max(filled, 1):
        return _cues(lines, path)
    headers = _headers(lines)
    found = _labelled(lines)
    keys, notes = accept(found, _paragraphs(lines))
    labels = {f.at: f for f in found if f.key in keys}
    if headers and len(headers) >= len(labels):
        return _under_headers(lines, headers, path)
    if labels:
        return _after_labels(lines, labels, notes, path)
    raise InputError(
        "no turns found: nothing in it says who speaks",
        path=path,
        remedy="begin each turn with 'Name:' or with a line 'Name  MM:SS'",
    )


def seconds(text: str, path: Path, line: int) -> float:
    """Return a time code's seconds.

    Raises
    ------
    InputError
        If it has the look of a time code but is none, such as 12:75.
    """
    value = parse_time(text)
    if value is None:
        raise InputError(
            f"{text!r} is no time", path=path, line=line, remedy="write H:MM:SS or MM:SS"
        )
    return value


def _cues(lines: Sequence[str], path: Path) -> RawTranscript:
    cues: list[RawTurn] = []
    words: list[list[str]] = []
    above = 0
    for number, line in enumerate(lines, start=1):
        found = _CUE.match(line)
        if found:
            start, end = (seconds(found[k], path, number) for k in ("start", "end"))
            cues.append(RawTurn("", "", start, end, cue=len(cues) + 1, line=number))
            words.append([found["text"]])
        elif cues:
            words[-1].append(line)
        else:
            above += bool(line.strip())
    turns = (replace(cue, text="\n".join(w)) for cue, w in zip(cues, words, strict=True))
    return RawTranscript(tuple(turns), "cue", notes=_skipped(above))


@dataclass(frozen=True)
class _Header:
    name: str
    time: str
    certain: bool


def _headers(lines: Sequence[str]) -> dict[int, _Header]:
    """Find the lines that hold a speaker's name and a time; by line index.

    A tab, a bar, two blanks or brackets before the time make one certain. With a single blank
    ("Ruth Kessler 06:40", but also "we met at 10:30") the name must be known from a certain one or
    from the list of speakers; where there is neither, from coming back under an empty line.
    """
    found: dict[int, _Header] = {}
    for at, line in enumerate(lines):
        match = _HEADER.fullmatch(line.strip())
        if not match:
            continue
        name, bracketed = match["name"].strip(), False
        if name.startswith("[") and name.endswith("]"):
            name, bracketed = name[1:-1].strip(), True
        wide = bool(match["gap"].strip()) or "\t" in match["gap"] or len(match["gap"]) >= 2
        if (
            name
            and any(c.isalpha() for c in name)
            and (match["gap"] or match["open"])
            and not name.endswith(("-->", ","))
        ):
            found[at] = _Header(name, match["time"], bracketed or wide or bool(match["open"]))
    counts = Counter(level(h.name) for h in found.values())
    known = {
        level(h.name)
        for h in found.values()
        if h.certain and (looks_like_name(h.name) or counts[level(h.name)] >= 2)
    } | _listed(lines)
    if not known:
        known = {
            level(h.name)
            for at, h in found.items()
            if looks_like_name(h.name)
            and counts[level(h.name)] >= 2
            and (at == 0 or not lines[at - 1].strip())
        }
    return {at: h for at, h in found.items() if level(h.name) in known}


def _listed(lines: Sequence[str]) -> set[str]:
    """Return the names below a line SPEAKERS, as Otter writes them above the talk."""
    for at, line in enumerate(lines[:40]):
        if line.strip().rstrip(":") in {"SPEAKERS", "Speakers"} and at + 1 < len(lines):
            return {level(n) for n in lines[at + 1].split(",") if n.strip()}
    return set()


def _under_headers(lines: Sequence[str], headers: dict[int, _Header], path: Path) -> RawTranscript:
    starts = sorted(headers)
    turns = []
    for at, following in zip(starts, [*starts[1:], len(lines)], strict=True):
        text = "\n".join(lines[at + 1 : following])
        begin = seconds(headers[at].time, path, at + 1)
        turns.append(RawTurn(headers[at].name, text, begin, line=at + 1))
    above = sum(bool(line.strip()) for line in lines[: starts[0]])
    return RawTranscript(tuple(turns), "paragraph", notes=_skipped(above))


def _labelled(lines: Sequence[str]) -> list[Labelled]:
    starts = _paragraph_starts(lines)
    found = (candidate(line, at, starts_paragraph=at in starts) for at, line in enumerate(lines))
    return [f for f in found if f]


def _paragraphs(lines: Sequence[str]) -> int:
    return len(_paragraph_starts(lines))


def _paragraph_starts(lines: Sequence[str]) -> frozenset[int]:
    """Return where paragraphs begin: after an empty line, or at any line if few are empty."""
    filled = [at for at, line in enumerate(lines) if line.strip()]
    after_gap = [at for at in filled if at == 0 or not lines[at - 1].strip()]
    few = len(after_gap) <= 1 or len(after_gap) * 5 < len(filled)
    return frozenset(filled if few else after_gap)


def _after_labels(
    lines: Sequence[str], labels: dict[int, Labelled], notes: tuple[str, ...], path: Path
) -> RawTranscript:
    starts = sorted(labels)
    turns = []
    for at, following in zip(starts, [*starts[1:], len(lines)], strict=True):
        one = labels[at]
        text = "\n".join([one.text, *lines[at + 1 : following]])
        begin = seconds(one.time, path, at + 1) if one.time else None
        turns.append(RawTurn(one.label, text, begin, line=at + 1))
    above = sum(bool(line.strip()) for line in lines[: starts[0]])
    return RawTranscript(tuple(turns), "paragraph", notes=(*_skipped(above), *notes))


def _skipped(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    return (f"{count} line{'s' if count > 1 else ''} above the first turn left out",)
