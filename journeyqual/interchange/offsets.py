"""Where words are: programs count in code points, UTF-16 or bytes, a CRLF as one or two.

What a file shows of the selected words decides; where it shows nothing and it would matter, that
is said aloud.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]

SCHEMES = ("characters", "UTF-16 units", "bytes")
"""How a program may count, best known first."""
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"})
_JOINER = "\u034f"


@lru_cache(maxsize=65536)
def _bare(char: str) -> str:
    if unicodedata.category(char) in _DROPPED or char == _JOINER:
        return ""
    return unicodedata.normalize("NFD", char)


def bare(text: str) -> str:
    """Return what is left of words in any cleaning: no blanks, nothing invisible, accents apart.

    Examples
    --------
    >>> bare("It\u00a0was \u200bcaf\u00e9.") == bare("It was cafe\u0301.")
    True
    """
    return unicodedata.normalize("NFD", "".join(map(_bare, text)))


def bare_counts(text: str) -> Counts:
    """Return how many letters of `bare` stand before each place of a text, and after its end.

    Examples
    --------
    >>> bare_counts("a b").tolist()
    [0, 1, 1, 2]
    """
    out = np.zeros(len(text) + 1, dtype=np.int64)
    if text:
        out[1:] = np.cumsum([len(_bare(char)) for char in text])
    return out


def start_at(counts: Counts, number: int) -> int:
    """Return where the letter after the first ``number`` ones begins.

    Examples
    --------
    >>> start_at(bare_counts("a b"), 1)
    2
    """
    return int(np.searchsorted(counts, number, side="right")) - 1


def end_at(counts: Counts, number: int) -> int:
    """Return where the first ``number`` letters end.

    Examples
    --------
    >>> end_at(bare_counts("a b"), 1)
    1
    """
    return int(np.searchsorted(counts, number, side="left"))


@dataclass(frozen=True)
class Claim:
    """A place as a program counts it, and the words that the program shows there, if any."""

    start: int
    end: int
    quote: str = ""


@dataclass(frozen=True)
class Places:
    """A source's places as code points.

    Parameters
    ----------
    spans
        (start, end) of each claim; None for one that lies outside the text or holds nothing.
    scheme
        How the program counts.
    shown, agree
        Claims with words to compare, and how many of those the places bear out.
    sure
        Whether any other way of counting would give other places and was not ruled out.
    """

    spans: tuple[tuple[int, int] | None, ...]
    scheme: str
    shown: int
    agree: int
    sure: bool


def settle(
    text: str, claims: Sequence[Claim], *, first: str = SCHEMES[0], crlf_as_one: bool = False
) -> Places:
    r"""Find out how a program counts in a text, by the words that it shows.

    Parameters
    ----------
    text
        With line ends as in the file.
    claims
        Places as the program gives them.
    first
        The way of counting that counts if nothing decides.
    crlf_as_one
        Whether a CRLF counts as one if nothing decides, as ATLAS.ti has it.

    Examples
    --------
    >>> settle("😀 fine\r\nday", [Claim(3, 7, "fine")]).scheme
    'UTF-16 units'
    >>> settle("one\r\ntwo", [Claim(4, 7, "two")]).scheme
    'characters, CRLF as one'
    """
    order = [first, *(s for s in SCHEMES if s != first)]
    plain = text.isascii()
    options = [(name, False) for name in (order[:1] if plain else order)]
    if "\r\n" in text:
        joined = [(name, True) for name, _ in options]
        options = joined + options if crlf_as_one else options + joined
    tried = []
    for name, one in options:
        places = _boundaries(text, name, crlf_as_one=one)
        spans = tuple(_span(places, claim) for claim in claims)
        told = [
            (span is not None and _agrees(text[span[0] : span[1]], claim.quote))
            for span, claim in zip(spans, claims, strict=True)
            if claim.quote
        ]
        inside = sum(span is not None for span in spans)
        label = f"{name}, CRLF as one" if one else name
        tried.append((sum(told), inside, spans, label, len(told)))
    best = max(tried, key=lambda one: (one[0], one[1]))
    rivals = [t for t in tried if t[:2] == best[:2] and t[2] != best[2]]
    return Places(best[2], best[3], best[4], best[0], not rivals)


def _boundaries(text: str, scheme: str, *, crlf_as_one: bool) -> Counts:
    """Return the program's number of each place between characters, and of the end."""
    sizes = np.ones(len(text), dtype=np.int64)
    if scheme == "UTF-16 units":
        sizes = np.array([1 + (char > "\uffff") for char in text], dtype=np.int64)
    elif scheme == "bytes":
        sizes = np.array([len(c.encode("utf-8", "surrogatepass")) for c in text], dtype=np.int64)
    if crlf_as_one:
        at = text.find("\r\n")
        while at >= 0:
            sizes[at] = 0
            at = text.find("\r\n", at + 2)
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _span(places: Counts, claim: Claim) -> tuple[int, int] | None:
    if not 0 <= claim.start < claim.end <= places[-1]:
        return None
    # Within a CRLF that counts as one, the place after both is meant.
    start = int(np.searchsorted(places, claim.start, side="right")) - 1
    end = int(np.searchsorted(places, claim.end, side="right")) - 1
    if places[end] < claim.end:
        end += 1
    return (start, end) if start < end else None


def _agrees(words: str, quote: str) -> bool:
    """Tell whether words are those that a program shows, perhaps cut short."""
    for mark in ("…", "..."):
        if quote.rstrip().endswith(mark):
            shown = bare(quote.rstrip().removesuffix(mark))
            return bool(shown) and bare(words).startswith(shown)
    return bare(words) == bare(quote)
