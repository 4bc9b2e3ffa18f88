"""A chat model's answer, held against the codebook and the unit before anything of it is kept."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from journeyqual.codebook import Codebook
from journeyqual.coding.chat.prompt import LONGEST, NO_TOUCHPOINT, NONE_FITS, STEPS

NOT_JSON = "no JSON object"
NOT_ANSWERED = "unit not answered"
TWICE = "unit answered twice"
NO_STAGE = "no such stage"
NO_SUCH_TOUCHPOINT = "no such touchpoint at that stage"
NO_VALENCE = "valence is none of the five steps"
NO_EMOTION = "no such emotion"
NO_EVIDENCE = "evidence is not in the unit"
_QUOTES = {"'": "['\u2018\u2019\u02bc]", '"': '["\u201c\u201d\u201e]', "-": "[-\u2010-\u2015]"}
_LIKE = {
    "\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u201c": '"', "\u201d": '"', "\u201e": '"',
    **dict.fromkeys(map(chr, range(0x2010, 0x2016)), "-"),
}  # fmt: skip
_DEEPEST = 8
"""Brackets within brackets; an answer has three."""


@dataclass(frozen=True)
class Answer:
    """What a chat model said of one unit, all of it checked.

    Parameters
    ----------
    stage, touchpoint
        Codes of the codebook; blank where none fits.
    valence
        One of the five steps from -1 to 1.
    emotion
        An emotion of the codebook.
    evidence
        The unit's own words, letter for letter.
    rationale
        The model's own words: a stranger's text, one line.
    """

    stage: str
    touchpoint: str
    valence: float
    emotion: str
    evidence: str
    rationale: str


def read(content: str, units: Sequence[str], codebook: Codebook) -> list[Answer | str]:
    """Return for each unit what was said of it, or in words why that is refused.

    Parameters
    ----------
    content
        What came back: one JSON object, in a fence of Markdown or between other words if need be.
    units
        The units' texts in the order in which they were asked, numbered from 1.
    codebook
        The one that was asked with.

    Examples
    --------
    >>> from journeyqual.codebook import Codebook, Stage
    >>> book = Codebook("b", stages=(Stage("order"),))
    >>> said = {"unit": 1, "stage": "order", "touchpoint": "(none)", "valence": -0.5,
    ...         "emotion": "frustration", "evidence": "it  crashed", "rationale": "It failed."}
    >>> read(json.dumps({"units": [said]}), ["Then it crashed."], book)[0].evidence
    'it crashed'
    >>> read(json.dumps({"units": [said | {"evidence": "it burned"}]}), ["It crashed."], book)
    ['evidence is not in the unit']
    >>> read("I would rather not", ["It crashed."], book)
    ['no JSON object']
    """
    found = _object(content)
    rows = found.get("units") if isinstance(found, dict) else None
    if not isinstance(rows, list):
        return [NOT_JSON] * len(units)
    given: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        if isinstance(row, dict) and type(row.get("unit")) is int:
            given.setdefault(row["unit"], []).append(row)
    out: list[Answer | str] = []
    for number, text in enumerate(units, start=1):
        mine = given.get(number, [])
        if len(mine) == 1:
            out.append(_checked(mine[0], text, codebook))
        else:
            out.append(TWICE if mine else NOT_ANSWERED)
    return out


def _object(content: str) -> Any:
    """Return the first JSON object in a text, or None; nothing deep is descended into."""
    start = content.find("{")
    if start < 0 or _depth(content[start:]) > _DEEPEST:
        return None
    try:
        return json.JSONDecoder().raw_decode(content, start)[0]
    except ValueError:
        return None


def _depth(text: str) -> int:
    deepest = depth = 0
    for bracket in re.findall(r"[\[\]{}]", text):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _checked(row: dict[str, Any], text: str, codebook: Codebook) -> Answer | str:
    stage, touchpoint, emotion = (row.get(key) for key in ("stage", "touchpoint", "emotion"))
    points = {s.name: {t.name for t in s.touchpoints} for s in codebook.stages}
    if not isinstance(stage, str) or (stage != NONE_FITS and stage not in points):
        return NO_STAGE
    here = {NO_TOUCHPOINT, *points.get(stage, ())}
    if not isinstance(touchpoint, str) or touchpoint not in here:
        return NO_SUCH_TOUCHPOINT
    valence = row.get("valence")
    if isinstance(valence, bool) or not isinstance(valence, int | float) or valence not in STEPS:
        return NO_VALENCE
    if not isinstance(emotion, str) or emotion not in codebook.emotion_names:
        return NO_EMOTION
    evidence = verbatim(row.get("evidence"), text)
    if not evidence:
        return NO_EVIDENCE
    return Answer(
        "" if stage == NONE_FITS else stage,
        "" if touchpoint == NO_TOUCHPOINT else touchpoint,
        float(valence),
        emotion,
        evidence,
        _line(row.get("rationale"), LONGEST["rationale"]),
    )


def verbatim(evidence: object, text: str) -> str:
    """Return the words of a unit that a claimed quote stands for, as the unit has them; else blank.

    Blanks, typographic quotes, dashes and letter case may differ; words may not.

    Examples
    --------
    >>> verbatim("It's  slow", "I said: it\u2019s slow.")
    'it\u2019s slow'
    >>> verbatim("slow app", "It is slow."), verbatim(" ", "It is slow.")
    ('', '')
    """
    if not isinstance(evidence, str) or len(evidence) > 4 * LONGEST["evidence"]:
        return ""
    words = unicodedata.normalize("NFC", evidence).split()
    if not any(c.isalnum() for word in words for c in word):
        return ""
    pattern = r"\s+".join(
        "".join(_QUOTES.get(_LIKE.get(c, c), re.escape(c)) for c in word) for word in words
    )
    found = re.search(pattern, text, flags=re.IGNORECASE)
    return " ".join(found.group().split()) if found else ""


def _line(text: object, longest: int) -> str:
    """Return a stranger's text as one line without anything invisible."""
    if not isinstance(text, str):
        return ""
    seen = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    line = " ".join(seen.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"
