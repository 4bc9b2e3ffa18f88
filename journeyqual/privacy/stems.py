"""Files that are called by a person: "Maria Lopez.txt" would make an id of the name.

A file's name has no sentence around it, so a network has nothing to go by; the lists of names have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from journeyqual.privacy.words import fold, listed

_WORD = re.compile(r"[A-ZÀ-ÖØ-Þ]?[a-zß-öø-ÿ'’]+|[A-ZÀ-ÖØ-Þ]{2,}|[^\W\d_]+")
_BETWEEN = frozenset("de da del della van von der den bin ibn al el la le di du dos".split())
_WITH_DIGIT = re.compile(r"[^\W_]*\d[^\W_]*")


def without_name(stem: str, stands: str, keep: Iterable[str] = ()) -> str:
    """Return a file's stem with a person's name replaced; the rest, such as a date, stays.

    A given name of the lists counts unless it is an ordinary word or a word that is kept; beside a
    surname it counts all the same, and a surname counts that is the only word. Names that no list
    has stay: they belong into ``names.csv``.

    Parameters
    ----------
    stem
        A file's name without its ending.
    stands
        What is to stand for the name.
    keep
        Words that are no secret.

    Examples
    --------
    >>> without_name("Maria Lopez 2026-03-04", "participant-000001")
    'participant-000001 2026-03-04'
    >>> [without_name(x, "X") for x in ("interview_anna", "Grace_Park", "P01", "may-checkout")]
    ['interview_X', 'X', 'P01', 'may-checkout']
    """
    kept = {fold(word) for one in keep for word in _WORD.findall(one)}
    coded = [found.span() for found in _WITH_DIGIT.finditer(stem)]
    words = [
        found for found in _WORD.finditer(stem)
        if len(found.group()) > 1 and not any(a <= found.start() < b for a, b in coded)
    ]  # fmt: skip
    folded = [fold(word.group()) for word in words]
    named = [_is_name(folded, at, kept) for at in range(len(folded))]
    if not any(named):
        return stem
    first, last = named.index(True), len(named) - 1 - named[::-1].index(True)
    # Beside a name, a word that is none of the ordinary ones is its other half.
    while last + 1 < len(folded) and _may_be(folded[last + 1], kept):
        last += 1
    while first and _may_be(folded[first - 1], kept):
        first -= 1
    return stem[: words[first].start()] + stands + stem[words[last].end() :]


def _is_name(words: list[str], at: int, kept: set[str]) -> bool:
    word = words[at]
    if word in kept:
        return False
    given, surnames, ordinary = listed("given"), listed("surnames"), listed("ordinary")
    if word in given and (word not in ordinary or (words[at + 1 : at + 2] or [""])[0] in surnames):
        return True
    alone = len(words) == 1 and word in surnames
    return alone and word not in ordinary and word not in listed("towns")


def _may_be(word: str, kept: set[str]) -> bool:
    if word in kept:
        return False
    return word in _BETWEEN or word in listed("surnames") or word not in listed("ordinary")
