"""People, places and organisations told by lists of names and by what is said around them.

A network that learnt newspapers knows few first names and nothing in small letters. Three rules
add to it: a given name of the lists, in any letter case, unless it is an ordinary word; a word
that is none of the ordinary ones where people are introduced, spoken of or spoken to ("my sister
…", "… rang me", "thanks, …"); the same for places ("I grew up in …") and employers ("I work
for …").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from journeyqual.privacy.words import fold, listed

_TITLES = (
    "mr|mrs|ms|miss|mx|mister|missus|dr|doctor|prof|professor|sir|dame|sister|madame|monsieur|"
    "frau|herr|señora?|signora?|pani?|director|nurse|agent|auntie|uncle|father|brother"
)
_KIN = (
    "husband|wife|partner|son|daughter|brother|sister|mother|father|mum|mom|dad|uncle|aunt|auntie|"
    "cousin|nephew|niece|grandson|granddaughter|grandmother|grandfather|gran|nan|friend|flatmate|"
    "roommate|fiancée?|boyfriend|girlfriend|boss|manager|colleague|neighbou?r|supervisor|assistant|"
    "landlord|landlady|doctor|dentist|teacher|nurse|carer|consultant|surgeon|pharmacist|"
    "receptionist|technician|interpreter|solicitor|lawyer|accountant|agent|advisor|adviser|driver|"
    "student|secretary|owner|nanny|therapist|physio|(?:mother|father|sister|brother|son|daughter)-in-law"
)
_SPOKE = (
    "ask|asked|asking|told|tell|thank|thanked|showed|rang|phoned|called|emailed|texted|met|hired|"
    "married|owed|invited|introduced|visited|helped|paid|blamed|trust|trusted|saw|love|like|let"
)
_SAID = (
    "said|says|told|tells|asked|asks|rang|called|calls|phoned|showed|promised|thinks|thought|"
    "explained|replied|wrote|texted|emailed|suggested|cooks|laughed|smiled|apologi[sz]ed|speaking|"
    "wants|wanted|knew|died|drove|paid"
)
# What stands before a name surely, and what does so only if the word is no ordinary one.
_SURELY = re.compile(
    rf"(?:\b(?:{_TITLES})\.?|\bname(?: is|'s|’s| was)|"
    r"\b(?:is|was|were|am|are|be|she's|he's|i'm) called|"
    rf"\b(?:calls?|called) me|\b(?:named|surnamed)|\bspeaking (?:to|with)|"
    r"\b(?:my|his|her|our|their|your)"
    r"(?: late| old| eldest| youngest| younger| older| little| big)?"
    rf"(?: (?:{_KIN}))(?:'s name is| is called|,| is| was)?)\s+\Z",
    re.I,
)
_SPOKEN_TO = re.compile(
    rf"(?:\b(?:{_SPOKE})|\b(?:talk|talked|talking|speak|spoke|spoken|said|complained) (?:to|with)|"
    r"\bask(?:ed)? for|\b(?:hi|hello|hey|thanks|thank you|dear|bye|sorry|a certain|poor|old),?|"
    r"\b(?:it was|without)|"
    rf"\b(?:an?|the) (?:{_KIN}|girl|lad|lady|man|woman|guy|boy)(?: called|,)?)\s+\Z",
    re.I,
)
_SPOKEN_OF = re.compile(
    r"(?:\b(?:gave|for|with|without|from|by|was|it's|i'm|i am|this is|that's|to|and|but|if|so|is)"
    r",?|,)\s+\Z",
    re.I,
)
_LOWER_SURELY = re.compile(
    r"(?:\bname(?: is|'s|’s)|\b(?:is|was|she's|he's) called|\bcalls me|\bcall me|"
    r"\b(?:girl|customer|lady|man|guy|lad|boy|woman) (?:called|named)|\bspeaking to|\bmy name's|"
    rf"\b(?:mr|mrs|ms|miss|mister|missus|dr)\.?|"
    rf"\b(?:my|his|her|our)(?: late)? (?:{_KIN}))\s+\Z",
    re.I,
)
_NAME_IS = re.compile(r"\bname(?: is|'s|’s)\s+\Z", re.I)
_THEN = re.compile(
    rf"(?:['’]s (?:{_KIN}|name|friend|phone|car)|(?:,)? (?:and|&) (?:I|me)\b| (?:{_SAID})\b|"
    r"(?:,)? the (?:" + _KIN + r")\b)"
)
_PLACE_SURELY = re.compile(
    r"(?:\b(?:born|live|lives|lived|living|grew up|raised|based|stay|staying|settled|studied|"
    r"teaches|died|stationed|branch|office|shop|store|clinic|school|flat|house|hospital|factory|"
    r"plant|cousin|sister|brother|son|daughter|family|mother|friends?) "
    r"(?:(?:out|up|over|down) )?(?:in|near|outside)|"
    r"\b(?:moved?|moving|relocated|drove|flew|went|go|commute|travelled|emigrated) "
    r"(?:(?:back|over|up|down|it|the [a-z]+ [a-z]+|the [a-z]+) )?to|"
    r"\b(?:come|comes|came|am|i'm|we're|flew|deliver|moved) (?:originally )?from|"
    r"\b(?:village|town|city|place|suburb) (?:is )?(?:called|of|named)|\bfrom near|\bget from|"
    r"\b(?:am|i'm|im|we're|were|he's|she's|they're|it's|it is|is|was) "
    r"(?:out |up |down |over )?(?:in|near|outside))\s+\Z",
    re.I,
)
_PLACE_MAYBE = re.compile(
    r"\b(?:in|from|to|at|near|outside|around|of|towards|via|through|for|not|or|and)\s+\Z", re.I
)
_EMPLOYER = re.compile(
    r"(?:\b(?:work|works|worked|working|volunteer|volunteered|engineer|nurse|lawyer|manager|"
    r"teach|teaches|taught|clean|cleaned|cleaner|job|degree|freelance|freelancing|student|employed|"
    r"training|internship|consultant|driver|studied) (?:for|at|with|by)|"
    r"\b(?:bought|ordered|got|get|policy|contract|insurance|loan|it|reminder)(?: it| them)? "
    r"(?:from|with)|\b(?:belongs?|switched|moved|subscribed|go|goes) (?:over )?to|"
    r"\b(?:installed|owned|run|paid|made) by|"
    r"\b(?:company|bank|firm|employer|gym|clinic|supplier|agency|union|uni|university|school|"
    r"insurer|charity|shop)"
    r"(?: there)?(?: is| was|'s|,)(?: called)?|\b(?:i'm|i am|we're|been) with|"
    r"\bcompared it with|\b(?:bought|shop|shopped) at|\bleft)\s+(?:the )?\Z",
    re.I,
)
_PARTICLE = re.compile(r"\b(?:van der|van den|van de|van|von|de la|de|del|di|da|lo|la) \Z")
_TOKEN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_CAP = r"[A-ZÀ-ÖØ-ÞĀ-Ž]"
_CAPPED = rf"{_CAP}[^\W\d_]*(?:['’-][^\W\d_]+)*"
_GOES_ON = re.compile(
    r"(?: (?:van der|van den|van de|van|von|de la|de|del|della|di|da|dos|bin|al|el|ter|ten|Mac|"
    r"Mc|Ní|Ó))?"
    rf" (?P<last>{_CAPPED}|{_CAP}\.)"
)
_FIRM = re.compile(
    rf"{_CAP}(?:[\w'’&-]|\.(?=\w))*"
    rf"(?:(?: (?:&|and|of|de|der|des|for)| ?,)? {_CAP}(?:[\w'’&/-]|\.(?=\w))*){{0,5}}"
)
_SMALL_FIRM = re.compile(
    r"[^\W\d_]+ (?:cold |home |building |credit |housing )?(?:stores?|packing|care|society|union|"
    r"motors|bank|foods|association|college|school|hospital|primary|academy|logistics|group)\b"
)
_TOWN = re.compile(rf"{_CAPPED}(?: (?:of |de |der |upon |on |el |al )?{_CAPPED}){{0,2}}")
_POSSESSIVE = re.compile(r"['’]s?\Z")
_SENTENCE = re.compile(r"(?:\A|[.?!…:\n])[\s\"'“”‘’(\[–—-]*\Z")
_SUFFIX = re.compile(r"-(?:san|ji|amma|sama|bhai)\Z")
_SHORT = frozenset(
    """i a ah am an as at be by do eh go he hi if in is it me my no of oh ok on or so to um up us
    we""".split()
)
# In the lists of names, and yet hardly ever a name where it is said without a capital.
_NOT_SMALL = frozenset(
    """alla ante arab basil bello bento bono bravo cara casa data deli delta demo diesel dios doc
    euro fanta gala gras halo hola hotel info kola lad lass lava lego lima lino lunes luna
    maxi mega mini moda mono nano nova oder orca paga para pasta pero pila polo quanta
    retro sans sera soda sole
    sonar tema tera tiara toga tuna ultra vega vera vero vista visa viva yoga zona""".split()
)


@dataclass(frozen=True)
class Heard:
    """Somebody or something named at one place of a text; ``sure`` if it is so anywhere else."""

    start: int
    end: int
    kind: str
    sure: bool = True


def heard(text: str, kept: frozenset[str], small: set[str]) -> Iterator[Heard]:
    """Yield who and what is named in a text.

    Parameters
    ----------
    text
        One turn.
    kept
        Words that are no secret, folded.
    small
        Words that the interview says in small letters.

    Examples
    --------
    >>> line = "my sister jasna asked Odile; she lives in Varnsdorf"
    >>> [(line[h.start : h.end], h.kind) for h in heard(line, frozenset(), set())]
    [('jasna', 'person'), ('Odile', 'person'), ('Varnsdorf', 'place')]
    """
    at = 0
    for match in _TOKEN.finditer(text):
        if match.start() < at:
            continue
        word = _POSSESSIVE.sub("", match.group())
        if _SUFFIX.search(word) and word[0].isupper():
            at = match.start() + len(word)
            yield Heard(match.start(), at, "person")
            continue
        if len(word) < 2 or fold(word) in kept or text[match.end() :][:1].isdigit():
            continue
        if (
            text[: match.start()].endswith(("@", ".", "/", "_"))
            and match.start()
            and not _SENTENCE.search(text[max(0, match.start() - 3) : match.start()])
        ):
            continue
        found = (
            _small(text, match.start(), word)
            if word.islower()
            else _capital(text, match.start(), word, kept, small)
        )
        if found:
            at = found.end
            yield found


def _capital(
    text: str, start: int, word: str, kept: frozenset[str], small: set[str]
) -> Heard | None:
    told, before = fold(word), text[max(0, start - 60) : start]
    opens = bool(_SENTENCE.search(before))
    ordinary = _is_ordinary(told)
    unheard = ordinary or told in small  # nor said as a common word elsewhere
    whole = word.isupper() and len(word) > 1
    firm = None if opens or (whole and len(word) < 4) else _firm(text, start, before, kept)
    if firm:
        return firm
    if not whole and not opens and (town := _town(text, start, before, told, ordinary, kept)):
        return town
    inner = not whole and any(
        c.isupper() for c in re.sub(r"\A(?:Mc|Mac|[OD]['’])|['’-].", "", word)[1:]
    )
    if inner or (whole and (len(word) < 4 or told not in listed("given"))):
        return None
    known = told in listed("given") and not ordinary
    surname = told in listed("surnames") and not ordinary
    if known and not (told in listed("towns") and _PLACE_MAYBE.search(before)):
        return _person(text, start, word, kept)
    unsaid = told not in small or told in listed("given")
    if not opens and unsaid and _SURELY.search(before):
        return _person(text, start, word, kept)
    if _SURELY.search(before) and not ordinary:
        return _person(text, start, word, kept)
    if unheard:
        return None
    if not opens and surname and (_SPOKEN_OF.search(before) or _SPOKEN_TO.search(before)):
        return _person(text, start, word, kept)
    after = _THEN.match(text, start + len(word)) or (not opens and _SPOKEN_TO.search(before))
    return _person(text, start, word, kept) if after and _is_first(told, surname) else None


def _is_first(told: str, surname: bool) -> bool:
    """Whether a word that nobody lists may be somebody's name: it is no place and no product."""
    return surname or (told not in listed("towns") and len(told) > 2 and not told.endswith("s"))


def _small(text: str, start: int, word: str) -> Heard | None:
    """Look at a word in small letters: a name of the lists, or no word of English at all."""
    told = fold(word)
    if len(word) < 3 or told in _NOT_SMALL:
        return None
    if _is_ordinary(told):
        return _both_small(text, start, word, told)
    before, end = text[max(0, start - 60) : start], start + len(word)
    listed_one = told in listed("small")
    if told in listed("towns") and re.search(r"\b(?:in|from|to|near)\s+\Z", before):
        return Heard(start, end, "place")
    if listed_one or _LOWER_SURELY.search(before) or _is_me(text, start, word):
        after = re.match(r" ((?:o'|mc)?[^\W\d_]{3,})", text[end:])
        if after and after.group(1).islower():
            last = fold(after.group(1))
            known = last in listed("surnames") or last in listed("given")
            if not _is_ordinary(last) and (known or _NAME_IS.search(before)):
                end += after.end()
        return Heard(start, end, "person")
    if _EMPLOYER.search(before) and (firm := _SMALL_FIRM.match(text, start)):
        return Heard(start, firm.end(), "organisation", sure=False)
    if (
        _PLACE_SURELY.search(before)
        and len(word) > 4
        and not re.search(r"-|(?:ing|ed|ly|s)\Z", word)
    ):
        return Heard(start, end, "place", sure=False)
    return None


def _both_small(text: str, start: int, word: str, told: str) -> Heard | None:
    """Look at a word that is a given name, too: with a surname behind it, it is the name."""
    if told not in listed("given"):
        return None
    end = start + len(word)
    after = re.match(r" ([^\W\d_]{4,})", text[end : end + 40])
    if not after or not after.group(1).islower():
        return None
    last = fold(after.group(1))
    return (
        None
        if last in _NOT_SMALL or _is_ordinary(last) or last not in listed("surnames")
        else (Heard(start, end + after.end(), "person"))
    )


def _is_me(text: str, start: int, word: str) -> bool:
    """Whether somebody introduces themselves: "i'm jaspreet i drive", "it's jo from billing"."""
    before, after = text[max(0, start - 12) : start], text[start + len(word) :]
    return (
        bool(re.search(r"\b(?:i'm|i am|im|this is|it's|its)\s+\Z", before, re.I))
        and bool(re.match(r"(?:'s phone)?,? (?:i|and i|from|here|again|speaking)\b", after, re.I))
        and not re.search(r"(?:ing|ed|ly)\Z", word)
    )


def _person(text: str, start: int, word: str, kept: frozenset[str]) -> Heard:
    """Take the surname with the given name."""
    end = start + len(word)
    for _ in range(3):
        after = _GOES_ON.match(text, end)
        if not after:
            break
        last = fold(_POSSESSIVE.sub("", after.group("last")))
        if last in kept or (_is_ordinary(last) and last not in listed("surnames")):
            break
        end = after.start("last") + len(_POSSESSIVE.sub("", after.group("last")))
    return Heard(start, end, "person")


def _town(
    text: str, start: int, before: str, told: str, ordinary: bool, kept: frozenset[str]
) -> Heard | None:
    sure = _PLACE_SURELY.search(before)
    if not sure and not _PLACE_MAYBE.search(before):
        return None
    match = _TOWN.match(text, start)
    words = match.group().split() if match else []
    while words:
        name = " ".join(words)
        plain = [fold(word) for word in words]
        if fold(name) in listed("towns") and not (len(words) == 1 and ordinary):
            break
        if sure and any(not _is_ordinary(w) and w not in kept for w in plain):
            if not (len(words) == 1 and told in listed("given")):
                break
        words.pop()
    if not words or any(fold(w) in kept for w in words):
        return None
    name = " ".join(words)
    return Heard(start, start + len(_POSSESSIVE.sub("", name)), "place")


def _firm(text: str, start: int, before: str, kept: frozenset[str]) -> Heard | None:
    if not _EMPLOYER.search(before):
        return None
    match = _FIRM.match(text, start)
    name = match.group().rstrip(" .,'’-&") if match else ""
    words = [
        fold(_POSSESSIVE.sub("", w)) for w in re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", name)
    ]
    if not words or any(word in kept for word in words):
        return None
    if len(words) == 1 and (
        _is_ordinary(words[0]) or len(words[0]) < 3 or words[0] in listed("given")
    ):
        return None
    return Heard(start, start + len(name), "organisation")


def _is_ordinary(told: str) -> bool:
    return (
        told in _SHORT
        or told in listed("ordinary")
        or (told.endswith("s") and told[:-1] in listed("ordinary"))
    )
