"""PDF transcripts, by pdfium: numbered paragraphs, wrapped lines, running heads left out.

A PDF holds letters at places. Which of them make a paragraph is told by the numbers beside them,
where a tool such as MAXQDA printed some; else by where a line ends: if the next line's first word
would still have fit on it, the line was meant to end.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import median

from journeyqual.errors import InputError
from journeyqual.reading import contained
from journeyqual.reading.common import TIME, RawTranscript
from journeyqual.reading.decode import few_enough, read_bytes
from journeyqual.reading.labels import candidate
from journeyqual.reading.layouts import parse_lines

MARGIN = 0.08
"""Running heads and page numbers stand in this share of a page, at its top and its bottom."""

MARGIN_AT_LEAST = 0.6
"""Lines end no further left than at this share of a page's width, unless they were meant to."""

_NUMBER = re.compile(r"\d{1,5}")
_PAGE_NUMBER = re.compile(
    r"[-–—\s]*(?:page|p\.|seite|página|pagina)?\s*\d{1,4}\s*(?:(?:/|of|von|de|sur)\s*\d{1,4})?[-–—\s]*",
    re.IGNORECASE,
)
_MARK = re.compile(rf"[\[(]{TIME}[\])]")


@dataclass(frozen=True, slots=True)
class _Line:
    """One printed line, in points from the lower left corner of its page."""

    page: int
    left: float
    bottom: float
    right: float
    top: float
    text: str
    number: int | None = None

    @property
    def middle(self) -> float:
        return (self.bottom + self.top) / 2


def read(path: Path) -> RawTranscript:
    """Read a PDF with text in it: paragraphs in order, in the layouts of a text file.

    Raises
    ------
    InputError
        If it is no whole PDF, has a password, is pictures of pages only, takes more than the limits
        allow, or nothing in it says who speaks or when.
    """
    data = read_bytes(path)
    if b"%PDF-" not in data[:1024]:
        raise InputError("not a PDF", path=path, remedy="give it its true suffix")
    pages = contained.ask("pdf", data, path)
    lines = [_Line(at, *line) for at, page in enumerate(pages) for line in page["lines"]]
    few_enough(len(lines), path)
    if not lines:
        raise InputError(
            "no words in this PDF, only pictures of pages", path=path,
            remedy="have its text recognised (OCR), or export the transcript as text",
        )  # fmt: skip
    body, dropped = _without_running_heads(lines, [page["height"] for page in pages])
    width = max(page["width"] for page in pages)
    found = parse_lines(_paragraphs(_with_numbers(body), width), path)
    said = f"{dropped} running heads and page numbers left out"
    return replace(found, notes=(*((said,) if dropped else ()), *found.notes))


def _without_running_heads(
    lines: Sequence[_Line], heights: Sequence[float]
) -> tuple[list[_Line], int]:
    """Leave out page numbers in the margins, and what stands there on half of the pages."""

    def in_margin(line: _Line) -> bool:
        height = heights[line.page]
        return not MARGIN * height < line.middle < (1 - MARGIN) * height

    def levelled(line: _Line) -> str:
        return re.sub(r"\d+", "0", line.text)

    margins = [line for line in lines if in_margin(line)]
    seen = Counter(text for text, _ in {(levelled(line), line.page) for line in margins})
    often = {
        t for t, n in seen.items() if n >= 3 and 2 * n >= len(heights) and candidate(t, 0) is None
    }
    out = {
        id(line)
        for line in margins
        if levelled(line) in often
        or (_PAGE_NUMBER.fullmatch(line.text) and not _NUMBER.fullmatch(line.text))
        or (_NUMBER.fullmatch(line.text) and int(line.text) == line.page + 1)
    }
    # A paragraph's number may stand in the margin as well: a page's own number is alone in its row.
    rows = {(line.page, round(line.middle)) for line in lines if not _NUMBER.fullmatch(line.text)}
    out -= {
        id(line)
        for line in margins
        if _NUMBER.fullmatch(line.text) and _beside((line.page, round(line.middle)), rows)
    }
    return [line for line in lines if id(line) not in out], len(out)


def _beside(place: tuple[int, int], rows: set[tuple[int, int]]) -> bool:
    page, middle = place
    return any((page, middle + off) in rows for off in range(-3, 4))


def _with_numbers(lines: list[_Line]) -> list[_Line]:
    """Give lines the paragraph numbers that are printed beside them, and take those away.

    Numbers of lines, which count nearly every one, are only taken away.
    """
    words = [line for line in lines if not _NUMBER.fullmatch(line.text)]
    if not words:
        return lines
    edge = median(line.left for line in words)
    gutter = [line for line in lines if _NUMBER.fullmatch(line.text) and line.right <= edge]
    gutter.sort(key=lambda line: (line.page, -line.middle))
    if not _counts([int(line.text) for line in gutter]):
        return lines
    beside: dict[int, list[_Line]] = {}
    for line in gutter:
        beside.setdefault(line.page, []).append(line)
    inside = {id(line) for line in gutter}
    numbered = [
        replace(line, number=_number_of(line, beside.get(line.page, [])))
        for line in lines
        if id(line) not in inside
    ]
    return _paragraphs_only(numbered)


def _counts(numbers: Sequence[int]) -> bool:
    """Tell whether numbers count something: three or more, nearly each one or five more."""
    steps = [b - a for a, b in pairwise(numbers)]
    return len(steps) >= 2 and 10 * sum(s in (1, 5) for s in steps) >= 9 * len(steps)


def _number_of(line: _Line, gutter: Sequence[_Line]) -> int | None:
    return next((int(g.text) for g in gutter if line.bottom <= g.middle <= line.top), None)


def _paragraphs_only(lines: list[_Line]) -> list[_Line]:
    numbers = [line.number for line in lines if line.number is not None]
    of_lines = 10 * len(numbers) >= 9 * len(lines) or numbers[1:2] == [n + 5 for n in numbers[:1]]
    if not of_lines:
        return lines
    # In a talk of one-line turns, numbers of lines are numbers of paragraphs, too.
    if sum(candidate(line.text, 0) is not None for line in lines) * 10 >= 9 * len(lines):
        return lines
    return [replace(line, number=None) for line in lines]


def _paragraphs(lines: Sequence[_Line], width: float) -> list[str]:
    """Join the lines of a paragraph by a blank; one empty line between what stands apart."""
    numbered = any(line.number is not None for line in lines)
    keys = Counter(f.key for line in lines if (f := candidate(line.text, 0)))
    edges = sorted(line.right for line in lines)
    # In a talk of a few short lines the longest shows no margin.
    margin = max(edges[int(0.95 * (len(edges) - 1))], MARGIN_AT_LEAST * width) if edges else width
    found: list[str] = []
    before: _Line | None = None
    for line in lines:
        if before is None:
            found.append(line.text)
        elif _same_row(before, line):
            found[-1] += f"\t{line.text}"
            line = replace(line, bottom=min(before.bottom, line.bottom), left=before.left)
        elif not _begins(line, keys) and (
            line.number is None if numbered else _goes_on(before, line, margin)
        ):
            found[-1] += _joint(found[-1]) + line.text
        else:
            if numbered or _apart(before, line):
                found.append("")
            found.append(line.text)
        before = line
    return found


def _joint(text: str) -> str:
    """Join after a hyphen without a blank: whether it was there before the wrap nobody can tell."""
    return "" if re.search(r"[^\W\d_]-$", text) else " "


def _same_row(before: _Line, line: _Line) -> bool:
    return (
        before.page == line.page
        and before.bottom <= line.middle <= before.top
        and line.left >= before.right - 1
    )


def _apart(before: _Line, line: _Line) -> bool:
    height = max(before.top - before.bottom, 1.0)
    return before.page != line.page or before.bottom - line.top > 0.4 * height


def _begins(line: _Line, keys: Counter[str]) -> bool:
    """Tell whether a turn begins with a line whatever stands above: a known name, a time."""
    label = candidate(line.text, 0)
    return bool(label and keys[label.key] >= 2) or bool(_MARK.match(line.text))


def _goes_on(before: _Line, line: _Line, margin: float) -> bool:
    """Tell whether a line was only wrapped onto the next: its first word had no place before."""
    if before.page == line.page and _apart(before, line):
        return False
    letter = (line.right - line.left) / max(len(line.text), 1)
    first = len(line.text.split(maxsplit=1)[0]) + 1
    return before.right + first * letter > margin - letter
