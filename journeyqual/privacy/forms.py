"""What has a form is found by it: e-mail addresses, phone numbers, account numbers, addresses.

Rules of one line each, in the order in which they win over one another. Written for English talk,
with German streets; numbers as they are written, not as words ("oh seven nine…").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

STANDS_FOR = {
    "person": "[name]",
    "e-mail": "[e-mail]",
    "phone": "[phone]",
    "account": "[account]",
    "address": "[address]",
    "organisation": "[organisation]",
    "place": "[city]",
}
"""Every kind of thing that is hidden without being listed, and what stands there then."""


class Found(NamedTuple):
    """Something to be hidden: where it is in a text (code points), and of what kind."""

    start: int
    end: int
    kind: str


_ENDING = r"(?:com|org|net|edu|gov|info|io|eu|co\s+dot\s+uk|uk|de|fr|ca|au|nl|ch)"
_JOINED = r"(?:\s+(?:dot|underscore|dash|hyphen)\s+\w+)*"
_STREET = (
    "Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Court|Close|Crescent|Place|Square|Boulevard|Blvd|"
    "Way|Terrace|Gardens|Grove|Hill|Row|Mews|Highway|Parkway|Walk|Park"
)
_KEY = (
    "account|customer|client|order|policy|reference|ref|case|ticket|member|membership|invoice|"
    "booking|contract|patient|passport|national insurance|social security|nhs|ssn|routing|card|"
    "sort code|licence|license|serial|tracking|meter"
)
_NAMED = r"(?:[A-Z][\w&'’-]+\s+)"

_RULES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("e-mail", re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]*[\w+-]@\w+(?:-+\w+)*(?:\.\w+(?:-+\w+)*)+")),
    (
        "e-mail",
        re.compile(rf"\b\w+(?:\.\w+)*{_JOINED}\s+at\s+\w+{_JOINED}\s+dot\s+{_ENDING}\b", re.I),
    ),
    ("account", re.compile(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?\b")),
    ("account", re.compile(r"\b\d{4}([ -]?)\d{4}\1\d{4}\1\d{1,7}\b")),
    ("account", re.compile(r"\b\d{3}-\d{2}-\d{4}\b")),
    ("account", re.compile(r"\b[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b")),
    (
        "account",
        re.compile(
            rf"\b(?:{_KEY})s?(?:\s+(?:number|no\.?|id|code))?(?:\s+(?:is|was|it's))?[\s:#,]+"
            r"(?P<it>(?=(?:[\s-]?[A-Za-z]){0,4}(?:[\s-]?\d){4})[A-Za-z0-9]+"
            r"(?:[ -]?[A-Z0-9]*\d[A-Z0-9]*)*)",
            re.I,
        ),
    ),
    (
        "phone",
        re.compile(
            r"(?<![\w.,])(?:\+|00)[1-9]\d{0,2}[ .\-/]?(?:\(?\d{1,5}\)?[ .\-/]?){2,5}\d(?![\w])"
        ),
    ),
    ("phone", re.compile(r"(?<![\w.,])\(?0\d{2,5}\)?(?:[ .\-/]?\d{2,6}){1,4}(?![\w])")),
    (
        "phone",
        re.compile(r"(?<![\w.,-])(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[ .-]?)\d{3}[ .-]?\d{4}(?![\w-])"),
    ),
    ("phone", re.compile(r"(?<![\w.,-])\d{3}[.-]\d{4}(?![\w-])")),
    ("account", re.compile(r"(?<![\w.,])\d{8,}(?![\w,])")),
    (
        "address",
        re.compile(
            rf"\b\d{{1,5}}[a-zA-Z]?,?\s+{_NAMED}{{1,3}}(?:{_STREET})\b\.?"
            r"(?:,?\s+(?:Apt|Apartment|Flat|Unit|Suite)\.?\s+\w+)?"
        ),
    ),
    (
        "address",
        re.compile(
            r"\b[A-ZÄÖÜ]\w+(?:straße|strasse|str\.|weg|platz|gasse|allee)\s+\d{1,4}[a-z]?\b"
        ),
    ),
    ("address", re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b")),
    ("address", re.compile(r"\b[A-Z]{2} \d{5}(?:-\d{4})?\b")),
)  # fmt: skip
_INSTITUTIONS = (
    re.compile(
        rf"\b{_NAMED}{{1,4}}(?:University|College|Hospital|Infirmary|Clinic|Surgery|School|Academy|"
        r"Institute|Council|Foundation|Bank|Ltd|Limited|Inc|LLC|LLP|GmbH|AG|PLC|plc|Consulting|"
        r"Partners|Associates|Holdings)\b\.?"
    ),
    re.compile(
        r"\b(?:University|College|Bank|Institute|Ministry|Department|School|Hospital) of (?:the )?"
        r"[A-Z][\w'’-]+(?:(?: of| and)? [A-Z][\w'’-]+)*"
    ),
)
_OPENERS = frozenset(
    "a an and as at because but by for from i if in it like my of on or our so that the then there "
    "this to we well when where while with yeah yes".split()
)
_DATE = re.compile(r"(?:19|20)\d\d[-./ ]\d{1,2}[-./ ]\d{1,2}|(?:19|20)\d\d ?- ?(?:19|20)\d\d")
FORMS = ("e-mail", "phone", "account", "address")
"""The kinds that a form tells by itself; organisations are told by what they are called."""


def with_form(text: str) -> list[Found]:
    """Return e-mail addresses, phone and account numbers and addresses in a text, by their form.

    Examples
    --------
    >>> line = "Mail jo@acme.org or ring 020 7946 0018."
    >>> [(line[f.start : f.end], f.kind) for f in with_form(line)]
    [('jo@acme.org', 'e-mail'), ('020 7946 0018', 'phone')]
    >>> with_form("In 2019-2021 it cost 1,200,000 and took 10 to 15 days.")
    []
    """
    return apart(_each(text))


def institutions(text: str) -> list[Found]:
    """Return organisations that are called by what they are: a university, a hospital, a firm.

    Examples
    --------
    >>> line = "At Acme Ltd we use Figma; I went to the University of Leeds."
    >>> [line[f.start : f.end] for f in institutions(line)]
    ['Acme Ltd', 'University of Leeds']
    """
    out = []
    for rule in _INSTITUTIONS:
        for match in rule.finditer(text):
            start = match.start()
            for word in match.group().split():
                if word.casefold() not in _OPENERS:
                    break
                start = match.start() + match.group().index(word) + len(word)
            start += len(text[start : match.end()]) - len(text[start : match.end()].lstrip())
            if len(text[start : match.end()].split()) > 1:
                out.append(Found(start, match.end(), "organisation"))
    return apart(out)


def apart(found: Iterator[Found] | list[Found]) -> list[Found]:
    """Return what was found without overlaps, by place: what comes first in the list wins."""
    kept: list[Found] = []
    for one in found:
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    return sorted(kept)


def _each(text: str) -> Iterator[Found]:
    if not any(char.isdigit() or char == "@" for char in text) and " dot " not in text.lower():
        return
    for kind, rule in _RULES:
        for match in rule.finditer(text):
            group = "it" if "it" in rule.groupindex else 0
            start, end = match.span(group)
            if not _DATE.fullmatch(text[start:end]):
                yield Found(start, end, kind)
