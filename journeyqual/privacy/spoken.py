"""Numbers and e-mail addresses as they are said: "oh seven double nine", "jo at acme dot org".

A recogniser writes them in words. A run of digits in words counts when it is as long as a phone
number, or when what is said before it tells that a number follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from journeyqual.privacy.words import fold, listed

_DIGIT = "oh|zero|nought|one|two|three|four|five|six|seven|eight|nine"
FEWEST = 3
"""Of a number that is partly in figures, so many words at least."""
_OTHER = (
    "null|eins|zwei|zwo|drei|vier|fünf|sechs|sieben|acht|neun|zéro|un|deux|trois|quatre|cinq|sept|"
    "huit|neuf|cero|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|due|tre|quattro|cinque|sei|"
    "sette|otto|nove"
)
"""Digits in German, French, Spanish and Italian; English "six" and "zero" are theirs as well."""
_TENS = (
    "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|"
    "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
)
_NUMBER = rf"(?:{_DIGIT}|{_TENS}|hundred|thousand)"
_ONE = rf"(?:(?:double|triple|treble|plus)\s+)?(?:{_DIGIT}|{_OTHER}|{_TENS}|hundred|o)"
_WAIT = r"(?:(?:u[hm]+|erm?|like|and\s+then|then)[\s,.]+)"
"""What somebody says between two bits of a number or an address."""
_RUN = re.compile(
    rf"\b(?:area\s+code\s+)?(?:(?:[a-z]\s+){{1,6}}(?=(?:{_ONE})\b))?"
    rf"(?:\d{{2,6}}[\s,.–-]{{1,4}})?{_ONE}\b"
    rf"(?:[\s,.–-]{{1,4}}{_WAIT}?(?:{_ONE}|\d{{1,6}})\b){{2,30}}",
    re.I,
)
_AHEAD = re.compile(
    r"\b(?:numbers?|no|account|reference|ref|code|policy|licence|license|order|card|pin|booking|"
    r"book|postcode|claim|case|invoice|passport|ticket|member(?:ship)?)\b[^.?!]{0,25}\Z",
    re.I,
)
_CALL = re.compile(
    r"\b(?:phone|mobile|cell|landline|call|ring|rang|dial|text|line|hotline|fax|reach|on|number)\b"
    r"[^.?!]{0,30}\Z",
    re.I,
)
_OWED = re.compile(
    r"\b(?:account|reference|ref|policy|licence|license|order|card|sort code|booking|book|claim|"
    r"case|invoice|passport|ticket|member|staff|employee|student|customer)\b[^.?!]{0,30}\Z",
    re.I,
)
_AT = (
    rf"(?:(?P<said>[\s,]+{_WAIT}?(?:(?:all\s+)?one\s+word[\s,]+)?at[\s,]+{_WAIT}?)|"
    r"\s*[\[(<{-]\s*at\s*[\])>}-]\s*|\s*@+\s*(?:then\s+)?|"
    r"[\s,]+(?:(?:the\s+)?at\s+(?:sign|symbol)|ät|arroba|arobase|chiocciola|klammeraffe)[\s,]+)"
)
_SIGN = re.compile("at|@|ät|arroba|arobase|chiocciola|klammeraffe")
_STOP = r"(?:dot|full\s+stop|punkt|point|punto)"
_DOT = rf"(?:[\s,]+{_WAIT}?{_STOP}[\s,]+{_WAIT}?|\s*[\[(-]\s*{_STOP}\s*[\])-]\s*)"
_TIE = rf"(?:{_DOT}|\s+(?:underscore|dash|hyphen|minus|plus)\s+)"
_PART = r"\w[\w+.'’-]{0,63}(?<=\w)"
_HOST = r"\w[\w-]{0,63}"
_ENDS = "com|org|net|edu|gov|info|io|co|uk|de|fr|es|nl|pl|ch|eu|ie|pt"
_GLUED = (
    r"[.,](?:[a-z]{2}|com|org|net|edu|gov|info|biz|app|dev|shop|museum|online|site|cloud|email|"
    r"example)\b"
)
_APART = (
    r"\s?[.,]\s?(?:com|org|net|edu|gov|info|io|co|uk|de|fr|es|nl|pl|se|dk|fi|ch|eu|ie|pt|cz|hu|ro|gr|"
    r"jp|br|mx|ca|au|nz|za|museum|example)\b(?:\.[a-z]{2}\b)?"
)
_PROVIDERS = (
    "gmail|googlemail|hotmail|outlook|yahoo|icloud|gmx|aol|protonmail|proton|btinternet|fastmail"
)
_MAIL = re.compile(
    rf"\b(?P<who>{_PART}(?:{_TIE}{_PART}){{0,6}}){_AT}"
    rf"(?:{_HOST}(?:(?:{_TIE}|\s?\.\s?){_HOST}){{0,6}}"
    rf"(?:(?P<dot>{_DOT})(?P<end>{_HOST})(?:(?:{_DOT}|\.){_HOST})*|{_GLUED}(?:{_GLUED})*(?!\.?\w)|{_APART})"
    rf"|(?:{_PROVIDERS})\b(?!\.\w))",
    re.I,
)
_MAILED = re.compile(r"\b(?:e-?mails?|mail|write|wrote|address|contact)\b[^.?!]{0,30}\Z", re.I)
_IS = re.compile(
    r"\b(?:(?:e-?mail|address)(?:\s+address)?(?:['’]s|\s+is)|it['’]?s|it\s+is)\s+"
    r"(?P<it>(?:[^\s.,;:?!]+\s+){1,6})\Z",
    re.I,
)
"""What is said to be the address, up to its end: all of that is in it, ordinary words or not."""
_BEFORE = re.compile(
    rf"(?<![\w'’])(?:(?:[a-z]\s+for\s+\w+|[a-z]|\d{{1,4}}|{_NUMBER}|mrs?|ms|miss|dr|[^\W\d_]{{2,}})\s+){{1,7}}\Z",
    re.I,
)
_OF_ADDRESS = re.compile(rf"[a-z]|\d+|{_NUMBER}|mrs?|ms|miss|dr|dot|underscore|dash|hyphen")
_SAYS = frozenset(
    "it's is to me my try use at as on from address mail email e-mail so just".split()
)
_STREETS = (
    "street|road|avenue|lane|close|court|hill|terrace|drive|crescent|grove|gardens|square|row"
)
_ADDRESS = re.compile(
    rf"\b(?:flat\s+\w+\s+|(?:number\s+)?{_NUMBER}(?:\s+(?:and\s+)?{_NUMBER}){{0,4}}\s+)"
    rf"(?P<names>(?:[^\W\d_]+\s+){{1,3}}?)(?:{_STREETS})\b",
    re.I,
)
_POSTCODE = re.compile(
    rf"\bpostcode(?:'s|\s+is)?\s+(?P<it>(?:[a-z]\s+){{1,2}}(?:(?:{_DIGIT})\s+){{1,3}}[a-z]\s+[a-z])\b",
    re.I,
)
_NO_STREET = frozenset(
    """a an the of to in on at or and but minutes minute hours days weeks miles times years down up
    along across over off more other different people way each this that main busy long same whole
    per""".split()
)


def digits(run: str) -> int:
    """Return how many digits a run of words holds at least.

    >>> digits("oh seven double nine"), digits("one eight hundred")
    (4, 4)
    """
    count, times = 0, 1
    for word in re.findall(r"[^\W\d_]+|\d+", run.lower()):
        if word in {"double", "triple", "treble"}:
            times = 2 if word == "double" else 3
            continue
        if word.isdigit():
            count += len(word)
        elif re.fullmatch(rf"{_DIGIT}|{_OTHER}|o", word):
            count += times
        elif re.fullmatch(rf"{_TENS}|hundred", word):
            count += 2
        times = 1
    return count


def said(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield where an e-mail address, a number or an address is said in words, and its kind.

    Examples
    --------
    >>> line = "it's jo dot bell at acme dot org or ring oh two oh seven nine four six one one"
    >>> [(line[s:e], kind) for s, e, kind in said(line)]  # doctest: +NORMALIZE_WHITESPACE
    [('jo dot bell at acme dot org', 'e-mail'),
     ('oh two oh seven nine four six one one', 'phone')]
    >>> list(said("It took two or three days and five people."))
    []
    """
    low = text.lower()
    if _SIGN.search(low):
        for match in _MAIL.finditer(text):
            if _mails(match):
                yield _start(text, match.start()), match.end(), "e-mail"
    for match in _RUN.finditer(text):
        before = text[max(0, match.start() - 100) : match.start()]
        if len(re.findall(r"[^\W\d_]+", match.group())) < FEWEST:
            continue
        count = digits(match.group())
        if count >= 7 or (count >= 4 and _AHEAD.search(before)):
            owed = _OWED.search(before) and not _CALL.search(before[-12:])
            yield match.start(), match.end(), "account" if owed else "phone"
    for match in _POSTCODE.finditer(text):
        yield *match.span("it"), "address"
    for match in _ADDRESS.finditer(text):
        if not _NO_STREET & set(match.group("names").lower().split()):
            yield *match.span(), "address"


def _mails(match: re.Match[str]) -> bool:
    """Whether it is an address: "look at acme.com" is none, and "anna at acme.com" is one."""
    if match["dot"] and not re.search("dot", match["dot"], re.I):
        # "At the point and", "at home full stop so": words that are no dot elsewhere.
        return bool(re.fullmatch(_ENDS, match["end"], re.I))
    if not match["said"] or match["dot"]:
        return True
    who = match["who"]
    if not who.isalpha():
        return True
    before = match.string[max(0, match.start() - 60) : match.start()]
    return fold(who) not in listed("ordinary") or bool(_MAILED.search(before))


def _start(text: str, start: int) -> int:
    """Go back over the letters, numbers and names that an address begins with: "j smith two at"."""
    first = max(0, start - 120)
    if whole := _IS.search(text[first:start]):
        return first + whole.start("it")
    before = _BEFORE.search(text[first:start])
    if not before:
        return start
    at, ordinary = start, listed("ordinary")
    for word in reversed(list(re.finditer(r"\S+", before.group()))):
        told = fold(word.group())
        plain = told in ordinary and not _OF_ADDRESS.fullmatch(told)
        if told in _SAYS or plain:
            break
        at = first + before.start() + word.start()
    return at
