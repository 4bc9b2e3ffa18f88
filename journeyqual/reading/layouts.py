"""Lines of text to pieces of talk, in the layouts that .txt and .docx transcripts share.

Whisper's ``[MM:SS.mmm --> MM:SS.mmm]  text``; Teams' times, name and words on lines of their own; a
name and a time on a line of their own with the words below (Otter, Teams, Rev, Zoom); ``Name:
text`` (Meet and people); and words after nothing but time marks.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from journeyqual.errors import InputError
from journeyqual.reading import marks
from journeyqual.reading.common import MAX_LABEL_CHARS, TIME, RawTranscript, RawTurn, parse_time
from journeyqual.reading.decode import few_enough
from journeyqual.reading.labels import Labelled, accept, candidate, level, looks_like_name

_CUE = re.compile(rf"\s*\[(?P<start>{TIME})\s*-->\s*(?P<end>{TIME})\](?P<text>.*)")
_HEADER = re.compile(
    rf"(?P<name>\S[^\n]{{0,{MAX_LABEL_CHARS}}}?)(?P<gap>[\s|]*)(?P<open>[\[(]?)(?P<time>{TIME})[\])]?:?\s*"
)
_TEAMS = r"\s*\d{1,3}:\d{1,2}:\d{1,2}(?:[.,]\d{1,7})?\s*"
_ARROW = re.compile(rf"{_TEAMS}-->{_TEAMS}")
_CLOCK = re.compile(rf"[\[(]?({TIME})[\])]?")
# What the tools themselves say, above, between and below the talk.
_SERVICE = re.compile(
    r"\s*(?:Transcribed by https?://\S+"
    r"|\S[^\n:]{0,79} (?:started|stopped) transcription"
    r"|(?:Meeting|Transcription) ended after \d{1,3}:\d{2}:\d{2}.{0,10}"
    r"|This editable transcript was computer generated and might contain errors\..{0,200})\s*",
    re.IGNORECASE,
)


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
    few_enough(len(lines), path)
    lines = ["" if _SERVICE.fullmatch(line) else line for line in lines]
    filled = sum(bool(line.strip()) for line in lines)
    arrows = [at for at, line in enumerate(lines) if _ARROW.fullmatch(line)]
    if arrows and 6 * len(arrows) >= filled:
        return _under_arrows(lines, arrows, path)
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
    marked = [at for at, line in enumerate(lines) if marks.at_start(line)[0] is not None]
    if len(marked) >= 2 and 10 * len(marked) >= filled:
        return _after_marks(lines, marked)
    raise InputError(
        "no turns found: nothing in it says who speaks",
        path=path,
        remedy="begin each turn with 'Name:' or with a line 'Name  MM:SS'",
    )


def row_lines(cells: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield a table's row as lines: ``time | name | words`` reads as ``[time] name: words``.

    Parameters
    ----------
    cells
        The row's cells that are not empty, each as its lines.

    Examples
    --------
    >>> list(row_lines([["0:03"], ["Maya"], ["It came", "late."]]))
    ['[0:03] Maya: It came', 'late.', '']
    """
    times = [c[0].strip() for c in cells if len(c) == 1 and _CLOCK.fullmatch(c[0].strip())]
    rest = [c for c in cells if not (len(c) == 1 and _CLOCK.fullmatch(c[0].strip()))]
    if len(rest) == 2 and len(rest[0]) == 1:
        (name,), (first, *more) = rest
        when = f"[{times[0].strip('[]()')}] " if times else ""
        yield f"{when}{name.strip().rstrip(':')}: {first}"
        yield from more
    else:
        for cell in cells:
            yield from cell
    yield ""


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


def _under_arrows(lines: Sequence[str], arrows: Sequence[int], path: Path) -> RawTranscript:
    """Read Teams' older documents: a line of two times, the name, the words."""
    blocks = [
        [line for line in lines[at + 1 : following] if line.strip()]
        for at, following in zip(arrows, [*arrows[1:], len(lines)], strict=True)
    ]
    headed = [len(b) >= 2 and looks_like_name(b[0].strip()) for b in blocks]
    named = 10 * sum(headed) >= 8 * len(blocks)
    cues: list[RawTurn] = []
    for at, block, head in zip(arrows, blocks, headed, strict=True):
        start, end = (_teams_seconds(t, path, at + 1) for t in lines[at].split("-->"))
        name = block[0].strip() if named and head else ""
        words = "\n".join(block[1:] if name else block)
        cues.append(RawTurn(name, words, start, end, cue=len(cues) + 1, line=at + 1))
    above = sum(bool(line.strip()) for line in lines[: arrows[0]])
    return RawTranscript(tuple(cues), "cue", notes=_skipped(above))


def _teams_seconds(text: str, path: Path, line: int) -> float:
    """Return the seconds of ``0:0:4.5``: Teams writes no leading noughts."""
    hours, minutes, rest = text.strip().replace(",", ".").split(":")
    whole, _, decimals = rest.partition(".")
    return seconds(f"{hours}:{minutes:0>2}:{whole:0>2}.{(decimals or '0')[:3]}", path, line)


def _after_marks(lines: Sequence[str], marked: Sequence[int]) -> RawTranscript:
    """Read words that follow time marks and name nobody: a turn for each mark."""
    turns = []
    for at, following in zip(marked, [*marked[1:], len(lines)], strict=True):
        start, first = marks.at_start(lines[at])
        text = "\n".join([first, *lines[at + 1 : following]])
        turns.append(RawTurn("", text, start, line=at + 1))
    above = sum(bool(line.strip()) for line in lines[: marked[0]])
    return RawTranscript(tuple(turns), "turn", notes=_skipped(above))


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
    filled = [at for at, line in enumerate(lines) if _words(line)]
    after_gap = [at for at in filled if at == 0 or not _words(lines[at - 1])]
    few = len(after_gap) <= 1 or len(after_gap) * 5 < len(filled)
    return frozenset(filled if few else after_gap)


def _words(line: str) -> bool:
    return bool(line.strip()) and marks.alone(line) is None


def _after_labels(
    lines: Sequence[str], labels: dict[int, Labelled], notes: tuple[str, ...], path: Path
) -> RawTranscript:
    starts = sorted(labels)
    turns: list[RawTurn] = []
    taken = 0
    above = [line for line in lines[: starts[0]] if line.strip()]
    following = marks.alone(above[-1]) if above else None
    left_out = len(above) - (following is not None)
    for at, after in zip(starts, [*starts[1:], len(lines)], strict=True):
        one = labels[at]
        marked = marks.of_turn([one.text, *lines[at + 1 : after]])
        begin = seconds(one.time, path, at + 1) if one.time else marked.start
        begin = following if begin is None else begin
        end = marked.end if marked.end is not None and marked.end >= (begin or 0.0) else None
        turns.append(RawTurn(one.label, marked.words, begin, end, line=at + 1))
        following, taken = marked.following, taken + marked.count
    said = (f"{taken} time marks taken out of the words",) if taken else ()
    return RawTranscript(tuple(turns), "paragraph", notes=(*_skipped(left_out), *notes, *said))


def _skipped(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    return (f"{count} line{'s' if count > 1 else ''} above the first turn left out",)
