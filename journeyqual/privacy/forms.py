"""What has a form is found by it: e-mail addresses, phone numbers, account numbers, addresses.

Rules in the order in which they win over one another: `spoken` first, which knows numbers said as
words ("oh seven nine…"). Written for English talk, with numbers and streets of other countries.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from journeyqual.privacy.spoken import said
from journeyqual.privacy.words import fold, listed

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


_STREET = (
    "Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Court|Ct|Close|Crescent|Place|Square|Boulevard|"
    "Blvd|Way|Terrace|Gardens|Grove|Hill|Row|Mews|Highway|Parkway|Walk|Park|Parade|Quay|Wharf|Yard|"
    "Rise|View|Green|Estate|Broadway"
)
_ROAD = "rue|avenue|boulevard|place|quai|calle|avenida|plaza|paseo|rua|praça|via|viale|piazza|corso"
_COMPOUND = (
    "straße|strasse|str\\.|weg|platz|gasse|allee|damm|ufer|gracht|straat|laan|kade|plein|gade|vej|"
    "gatan|gata|vägen|veien|katu"
)
_KEY = (
    "account|customer|client|order|policy|reference|ref|case|claim|ticket|member|membership|"
    "invoice|booking|contract|patient|passport|national insurance|social security|nhs|ssn|routing|"
    "card|sort code|licence|license|serial|tracking|meter|chart|student|employee|staff|learner|tax|"
    "union|iban|registration"
)
_CAP = r"[A-ZÀ-ÖØ-Þ]"
_NAMED = rf"(?:{_CAP}(?:[\w&'’-]+|\.)?\s+)"
_DOOR = r"\d{1,5}(?:[/-]\d{1,4})?\s?[a-zA-Z]?\b(?:\s+bis)?"
_ROOM = (
    r"(?:(?:Flat|Plot|Unit|Apartment|Apt|Building|House|Block|Suite|No)\.?\s+(?:no\.?\s*)?"
    r"\d+\w?,?\s+)"
)
_AFTER = (
    r"(?:,?\s+(?:Apt|Apartment|Flat|Unit|Suite|Building|apto|lgh)\.?\s+\w+|,\s+\d{1,2}(?:\.|º|ª)?"
    r"(?:\s?(?:tv|th|mf|[A-Z]))\b\.?|,\s+\d{4,5}\b(?:\s+[A-ZÄÖÜ]\w+)?|,\s+[A-Z]{1,2}\d[A-Z\d]?"
    r" \d[A-Z]{2}\b)*"
)
_CALLED = (
    r"\b(?:call|ring|rang|(?:tele)?phone|mobile|mob|cell|number|text|dial|tel|tlf|line|code|fax|"
    r"hotline|whatsapp|reach|landline|handy|or)(?![^\W\d_])"
)
_MORE = r"(?i:(?:,?\s*(?:x|ext\.?|extn\.?|extension)\s*\d{1,5}\b)?)"
"""An extension behind a phone number."""
_GAP = r"(?:[ .\-/()_*+]{1,3}|, ?| \.{3} ?|\.{3} |(?i:[ ,]+(?:(?:and )?then|u[hm]+|erm?)[ ,]+))"
"""What stands between the parts of a number that somebody says or types bit by bit."""

_RULES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "e-mail",
        re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{0,253}[\w+-]@{1,2}\w+(?:-+\w+)*(?:\.\w+(?:-+\w+)*)+"),
    ),
    ("account", re.compile(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?\b")),
    (
        "account",
        re.compile(r"\b[A-Z]{2}\d{2}(?= ?(?:[A-Z0-9] ?){11,30}\b)(?: ?[A-Z]?\d[A-Z0-9]*){3,}"),
    ),
    ("account", re.compile(r"\b\d{4}([ -]?)\d{4}\1\d{4}\1\d{1,7}\b")),
    ("account", re.compile(r"\b\d{3}-\d{2}-\d{4}\b")),
    ("account", re.compile(r"\b\d{6}-\d{4}\b|\b\d{3}\.\d{3}\.\d{3}-\d\d\b|\b\d{7,9}-?[A-Z]\b")),
    ("account", re.compile(r"\b[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b")),
    ("account", re.compile(r"\b[A-Z]{5} ?\d{6} ?[A-Z]{2}\d[A-Z0-9]{2}\b|\b1Z(?: ?[A-Z0-9]){16}\b")),
    ("account", re.compile(r"\b[A-Za-z]{1,2}\d{6,12}\b")),
    ("account", re.compile(r"\b[A-Z]{1,5}[-/](?=(?:[-/]?\d){6})\d+(?:[-/]\d+)*\b")),
    (
        "account",
        re.compile(
            rf"\b(?:{_KEY})s?(?:\s+(?:number|no\.?|id|code))?(?:\s+(?:is|was|it's)|'s)?[\s:#,]+"
            r"(?:(?:it's|let me look|wait|hang on)[\s,]+)*"
            r"(?P<it>(?=(?:[\s/-]?[A-Za-z]){0,4}(?:[\s/-]?\d){4})[A-Za-z0-9]+"
            r"(?:[ /-]?[A-Z0-9]*\d[A-Z0-9]*)*)",
            re.I,
        ),
    ),
    (
        "account",
        re.compile(
            r"\b(?i:reference|booking|confirmation|record locator|pnr)(?i: (?:code|number))?"
            r"(?: is| was)?[\s:#,]+(?P<it>(?=[A-Z]*\d)(?=\d*[A-Z])[A-Z0-9]{6})\b"
        ),
    ),
    (
        "phone",
        re.compile(
            rf"(?<![\w.,])\(?(?:\+|00)[1-9]\d{{0,14}}(?:{_GAP}\d{{1,12}}){{0,9}}{_MORE}(?!\w)"
        ),
    ),
    ("phone", re.compile(rf"(?<![\w.,])\(?0\d{{1,11}}(?:{_GAP}\d{{2,10}}){{0,5}}{_MORE}(?!\w)")),
    (
        "phone",
        re.compile(rf"(?<![\w.,-])\(?0\d{{0,11}}(?:[ /()-]{{1,3}}\d{{1,10}}){{1,12}}{_MORE}(?!\w)"),
    ),
    (
        "phone",
        re.compile(
            rf"(?i:{_CALLED})\.?[^.?!\d]{{0,40}}(?P<it>\(?\d{{1,12}}(?:{_GAP}\d{{1,12}}){{0,15}}"
            rf"{_MORE})(?!\w)"
        ),
    ),
    (
        "phone",
        re.compile(
            rf"(?<![\w.,-])(?P<it>\(?\d{{1,12}}(?:{_GAP}\d{{1,12}}){{0,12}}{_MORE})(?!\w)"
            r"(?i:[^.?!\d]{0,20}\b(?:phone|mobile|cell|number)\b)"
        ),
    ),
    (
        "phone",
        re.compile(
            r"(?<![\w.,-])(?:1[ .-])?(?:\(\d{2,4}\) ?|\d{3}[ .-]{0,3})\d{3,5}[ .-]{0,3}\d{4}"
            rf"{_MORE}(?![\w-])"
        ),
    ),
    ("phone", re.compile(rf"(?<![\w.,-])\d{{3}}[.-]\d{{4}}{_MORE}(?![\w-])")),
    ("phone", re.compile(rf"(?<![\w.,-])\d{{2,4}}(?:[ -]\d{{2,4}}){{2,4}}{_MORE}(?![\w-]|[.,]\d)")),
    (
        "phone",
        re.compile(
            r"(?<![\w.,-])\d{2,5}(?i:,? (?:and )?then )\d{2,6}(?:[ -]\d{2,6}){0,2}(?![\w-]|[.,]\d)"
        ),
    ),
    ("account", re.compile(r"(?<![\w.,])\d{8,}(?![\w,])")),
    (
        "address",
        re.compile(
            rf"(?:\b{_ROOM}(?:{_NAMED}{{1,3}}?,\s+)?|\b(?:{_CAP}\w+\s+){{1,2}}"
            rf"(?:Cottage|House|Lodge|Rectory|Farm|Villa),\s+)?\b(?:{_DOOR},?\s+)?"
            rf"{_NAMED}{{1,4}}(?:{_STREET})\b\.?{_AFTER}"
        ),
    ),
    (
        "address",
        re.compile(
            rf"\b(?:\d{{1,4}}(?:\s+bis)?,?\s+(?i:{_ROAD})\s+(?:(?:de|des|du|la|le|les|los|las)\s+|d['’])*"
            rf"{_CAP}\w+(?:\s+{_CAP}\w+)?|(?i:{_ROAD})\s+"
            r"(?:(?:de|del|della|dei|degli|da|do|dos|la|los|las|des|du|le)\s+)*"
            rf"{_CAP}\w+(?:\s+{_CAP}\w+)?,?\s+\d{{1,4}}\b){_AFTER}"
        ),
    ),
    ("address", re.compile(rf"\b{_CAP}\w+(?:{_COMPOUND})\s+\d{{1,4}}(?:\s?[a-z]\b|-\w+)?{_AFTER}")),
    ("address", re.compile(rf"\b\d{{1,3}}-\d{{1,3}}-\d{{1,3}}\s+{_CAP}\w+|\bPO Box \d+\b")),
    ("address", re.compile(rf"\b{_ROOM}{_CAP}\w+(?:\s+{_CAP}\w+)*")),
    ("address", re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b")),
    ("address", re.compile(r"\b[A-Z]{2} \d{5}(?:-\d{4})?\b")),
)  # fmt: skip
_BESIDE = re.compile(rf",\s+{_CAP}[\w'’-]+(?: {_CAP}[\w'’-]+)*")
_INSTITUTIONS = (
    re.compile(
        rf"\b{_CAP}[\w'’-]+(?:(?:,| &| and)? {_CAP}[\w'’-]+){{0,3}} (?:&|and) "
        r"(?:Sons?|Daughters?|Co|Company|Partners|Brothers)\b|"
        rf"\b{_CAP}[\w'’-]+(?:, {_CAP}[\w'’-]+)? (?:&|and) {_CAP}[\w'’-]+ (?:LLP|Ltd|Inc)\b"
    ),
    re.compile(
        rf"\b{_NAMED}{{1,4}}(?:University|College|Hospital|Infirmary|Clinic|Surgery|School|Academy|"
        r"Institute|Council|Foundation|Bank|Ltd|Limited|Inc|LLC|LLP|GmbH|AG|PLC|plc|Consulting|"
        r"Partners|Associates|Holdings|Practice|Trust|(?:Housing )?Association|Building Society|"
        r"Credit Union|Insurance|Hospice|Nursing Home|Home Care|Logistics|Trading|Freight|Bakery|"
        r"Electronics|Pharmacy|Dental|Industries|Corporation|Corp|Kft|Oy|ApS|BV|Srl|Kommune|Energy)"
        r"\b(?:(?=\.)\.(?=\s+[a-z]))?"
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
_EVEN = str.maketrans(dict.fromkeys("\u00a0\u2007\u2009\u202f", " ") | dict.fromkeys("‐‑‒–", "-"))
_ZEROS = re.compile(r"(?<!\w)(?=[Oo]*\d)[Oo\d]+(?!\w)")
_DAY = re.compile(r"\d{1,2}([-./ ])\d{1,2}\1(?:19|20)?\d\d")
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
        # None overlap, so only what stands next to it can be in its way.
        at = bisect_left(kept, one)
        behind = at == 0 or kept[at - 1].end <= one.start
        if behind and (at == len(kept) or one.end <= kept[at].start):
            kept.insert(at, one)
    return kept


def _each(text: str) -> Iterator[Found]:
    yield from (Found(*one) for one in said(text))
    if not any(char.isdigit() or char == "@" for char in text):
        return
    plain = _ZEROS.sub(lambda match: re.sub("[Oo]", "0", match.group()), text.translate(_EVEN))
    phones = list(_phones(plain))
    for kind, rule in _RULES:
        if kind == "phone":
            yield from phones
            phones = []
            continue
        for match in rule.finditer(text):
            group = "it" if "it" in rule.groupindex else 0
            start, end = match.span(group)
            if kind == "address":
                end = _with_district(text, end)
            if _is_one(kind, text[start:end]):
                yield Found(start, end, kind)


def _phones(text: str) -> Iterator[Found]:
    """Yield phone numbers; what several rules find of one is one, as long as all of them."""
    spans = []
    for kind, rule in _RULES:
        if kind == "phone":
            for match in rule.finditer(text):
                start, end = match.span("it" if "it" in rule.groupindex else 0)
                if _is_one(kind, text[start:end]):
                    spans.append((start, end))
    first, last = 0, 0
    for start, end in sorted(spans):
        if start >= last and last:
            yield Found(first, last, "phone")
        first = start if start >= last else first
        last = max(last, end)
    if last:
        yield Found(first, last, "phone")


def _with_district(text: str, end: int) -> int:
    """Go on over what of an address stands behind commas: a street, a district, a town."""
    while match := _BESIDE.match(text, end):
        words = match.group().strip(", ").split()
        street = re.fullmatch(rf"(?:{_STREET})\.?", words[-1])
        if not street and all(fold(word) in listed("ordinary") for word in words):
            break
        end = match.end()
    return end


def _is_one(kind: str, found: str) -> bool:
    """Whether what has a form is no date, no price list and no street without a number."""
    if _DATE.fullmatch(found):
        return False
    if kind == "address":
        return any(char.isdigit() for char in found) or "," in found
    if kind != "phone":
        return True
    if _DAY.fullmatch(found):
        return False
    number = re.sub(rf"(?<=\d){_MORE}\Z", "", found)
    groups = re.findall(r"\d+", number)
    sure = number != found or found.startswith(("+", "0", "(")) or len(groups) == 1
    count = sum(map(len, groups))
    if len(groups) > 1 and not sure:
        years = all(re.fullmatch(r"(?:19|20)\d\d", group) for group in groups)
        if years or all(group.endswith("0") for group in groups):
            return False
    return 7 <= count <= 16
