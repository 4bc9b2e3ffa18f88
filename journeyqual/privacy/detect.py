"""What is hidden without being listed: things with a form always, names if a network is asked.

A network takes products for people and platforms for cities, and knows no name in small letters;
`people` adds what lists and cues tell. What the network says is kept only if it is written as a
name, is nothing that a study keeps, and is no word that the same interview says in small letters; a
place must be said as one ("in Leeds"). A name that was found at one place is hidden at every place
of the interview.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from journeyqual.privacy import network
from journeyqual.privacy.forms import FORMS, STANDS_FOR, Found, apart, institutions, with_form
from journeyqual.privacy.people import heard
from journeyqual.privacy.words import fold, listed

DETECTORS = ("presidio", "list")
"""``list`` hides listed and heard names and what has a form; ``presidio`` looks for more."""

# What talk of any trade names and nobody is identified by. A study adds its own with `keep`.
_EVERYDAYS = frozenset(
    """adobe airbnb alexa alibaba amazon android apple asana atari bing bluetooth bitbucket chrome
    chatgpt claude confluence covid discord docker dropbox ebay etsy evernote excel facebook figma
    firefox garmin gemini github gitlab gmail google hubspot icloud instagram intercom ios ipad
    iphone java javascript jira jupyter kaggle kickstarter kindle klarna kotlin linkedin linux
    macbook mailchimp mastodon matlab meta microsoft miro mozilla netflix nintendo notion numpy
    openai oracle outlook pandas paypal photoshop pinterest playstation postgres powerpoint python
    quickbooks reddit revolut safari salesforce samsung sap shopify signal siri skype slack snapchat
    sony spotify stata steam stripe switch tableau teams telegram tesla tiktok trello trustpilot
    tumblr twitch twitter uber ubuntu unity venmo visa weibo whatsapp wikidata wikipedia windows
    wordpress xbox yahoo youtube zapier zendesk zenodo zoom monday tuesday wednesday thursday friday
    saturday sunday january february march april june july august september october november
    december christmas easter english german french spanish italian okay yeah yes hmm um uh mm god
    jesus brexit internet phd json unicode goodreads zillow wechat figshare iban arxiv""".split()
)
_COUNTRIES = frozenset(
    """america american australia austria belgium brazil britain bulgaria canada chile china croatia
    denmark egypt england estonia europe finland france germany greece hungary iceland india
    indonesia iran iraq ireland israel italy japan kenya korea latvia lithuania malaysia mexico
    nepal netherlands norway pakistan poland portugal romania russia scotland serbia singapore
    slovakia slovenia spain sweden switzerland taiwan thailand turkey uk ukraine us usa u.s u.k
    vietnam wales africa asia alabama alaska arizona arkansas california colorado connecticut
    delaware florida georgia hawaii idaho illinois indiana iowa kansas kentucky louisiana maine
    maryland massachusetts michigan minnesota mississippi missouri montana nebraska nevada
    ohio oklahoma oregon pennsylvania tennessee texas utah vermont virginia washington wisconsin
    wyoming""".split()
)
_TITLE = r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Sir|Dame)\.?"
_LIKE_A_NAME = re.compile(
    r"[^\W\d_]+\.?(?:[-'’][^\W\d_]+)*|(?:Mc|Mac|O['’]|D['’]|De|Van|Al-|El-)[A-Z][^\W\d_]+"
)
_INNER = re.compile(r"[a-zß-öø-ÿ][A-ZÀ-ÖØ-Þ]|\d")
_SMALL_PARTS = frozenset("de da del della di van von der den bin ibn al el la le ní mac".split())
_AS_A_PLACE_SURELY = re.compile(r"\b(?:[Ii]n|[Nn]ear|[Oo]utside|moved to|come from|came from)\s+\Z")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_PARTICLE = re.compile(
    r"(?<!\w)(?:[Vv]an de[rn]|[Vv]an|[Vv]on|[Dd]e la|[Dd]e[lr]?|[Dd]i|[Ll]o|[Nn]í|Mac|Al|El) \Z"
)
_LEFT = re.compile(r"(?<![\w'’-])([A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ]{2,}) \Z")
_RIGHT = re.compile(r" ([A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ]{2,}(?:-[A-Z][a-zß-öø-ÿ]+)?)(?![\w-])")
_TITLED = re.compile(rf"{_TITLE}\Z", re.I)
_POSSESSIVE = re.compile(r"['’]s?\Z")


@dataclass(frozen=True)
class Detector:
    """How a study looks for what nobody listed.

    Parameters
    ----------
    name
        One of `DETECTORS`.
    keep
        Names that are no secret: products, places of the journey. Whole words, any letter case.
    """

    name: str = "list"
    keep: tuple[str, ...] = ()

    def heard(self, texts: Sequence[str], known: Iterable[str] = ()) -> Unlisted:
        """Look through the texts of one interview.

        Parameters
        ----------
        texts
            The turns.
        known
            Names that are listed. Where a network is asked, their parts are looked for, too, and
            words of one other letter: "Alisson" where Alison is listed.

        Raises
        ------
        ModelError
            If a network is to be asked and is not there.
        """
        return _heard(self, tuple(texts), tuple(known))


@dataclass(frozen=True)
class Unlisted:
    """What was found in one interview; `places` also tells of texts that were not looked through.

    Parameters
    ----------
    named
        Full names and their parts, and what kind each is; looked for in every text.
    anyhow
        Words that are hidden whatever their capitals and accents, folded.
    spots
        What was found at a place of its own, by text.
    detector
        What looked.
    """

    detector: Detector
    named: Mapping[str, str] = field(default_factory=dict)
    anyhow: Mapping[str, str] = field(default_factory=dict)
    spots: Mapping[str, tuple[Found, ...]] = field(default_factory=dict)

    def places(self, text: str) -> list[Found]:
        """Return what is to be hidden in a text, without overlaps, by place."""
        forms = with_form(text)
        found: list[Found] = []
        if self.detector.name == "presidio":
            found += institutions(text)
        found += self.spots.get(text, ())
        if self.named:
            pattern = _any_of(tuple(self.named))
            found += [Found(*m.span(), self.named[m.group()]) for m in pattern.finditer(text)]
        if self.anyhow:
            for match in _WORD.finditer(text):
                word = _POSSESSIVE.sub("", match.group())
                if kind := self.anyhow.get(fold(word)):
                    found.append(Found(match.start(), match.start() + len(word), kind))
        found = [_whole(text, one, self.detector.keep) for one in found]
        found.sort(key=lambda one: one.start - one.end)  # the longer wins
        return _without(apart([*forms, *found]), text, self.detector.keep)


@functools.lru_cache(maxsize=4)
def _heard(detector: Detector, texts: tuple[str, ...], known: tuple[str, ...]) -> Unlisted:
    if detector.name == "list":
        return Unlisted(detector)
    small = {w for text in texts for w in _WORD.findall(text) if w.islower()}
    plain = {fold(word) for word in small}
    kept = _EVERYDAYS | {word.casefold() for word in detector.keep}
    named: dict[str, str] = {}
    spots: dict[str, tuple[Found, ...]] = {}
    for name in known:
        if any(fold(word) in kept for word in name.split()):
            continue
        parts = [w for w in name.split() if w[:1].isupper() and len(w) > 2 and not _TITLED.match(w)]
        named.update(dict.fromkeys(_parts_said(parts, small), "person"))
        spelt = [fold(part) for part in parts if fold(part) not in listed("ordinary")]
        named.update((word, "person") for word in _nearly(spelt, texts))
    for text, found in zip(texts, network.guesses(texts), strict=True):
        own = []
        for guess in found:
            if guess.kind in FORMS:
                own.append(Found(*guess))
                continue
            start, end = _trimmed(text, guess.start, guess.end)
            name = text[start:end]
            if guess.kind == "person" and _is_name(name, small, kept):
                named.update(_with_parts(name, small, kept))
            elif guess.kind == "place" and _is_place(text, start, end, kept):
                named[name] = "place"
        for one in heard(text, kept | _COUNTRIES, plain):
            name = text[one.start : one.end]
            own.append(Found(one.start, one.end, one.kind))
            if one.kind == "person":
                named.update(_with_parts(name, small, kept))
            elif one.sure and not name.islower():
                named.setdefault(name, one.kind)
        if own:
            spots[text] = tuple(own)
    return Unlisted(detector, named, _anyhow(named, kept), spots)


def _parts_said(parts: Sequence[str], small: set[str]) -> list[str]:
    """Return parts of a listed name; one that the interview says as a word is none."""
    return [w for w in parts if w.casefold() not in small or fold(w) not in listed("ordinary")]


def _nearly(names: Sequence[str], texts: Sequence[str]) -> set[str]:
    """Return the words said that are a name but for one letter and no word of their own."""
    long = [name for name in names if len(name) > 4]
    if not long:
        return set()
    said = {_POSSESSIVE.sub("", w) for text in texts for w in _WORD.findall(text)}
    return {
        word for word in said
        if len(word) > 4 and fold(word) not in listed("ordinary")
        and any(_one_off(fold(word), name) for name in long)
    }  # fmt: skip


def _one_off(one: str, other: str) -> bool:
    """Whether two words differ in one letter: another one, one more, one less.

    >>> _one_off("sofia", "zofia"), _one_off("allison", "alison"), _one_off("maria", "marko")
    (True, True, False)
    """
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    return (
        other[at:] in (one[at + 1 :],)
        or one[at:] == other[at + 1 :]
        or (len(one) == len(other) and one[at + 1 :] == other[at + 1 :])
    )


def _anyhow(named: Mapping[str, str], kept: frozenset[str]) -> dict[str, str]:
    """Return people's names that are no other word, to be hidden however they are written."""
    words = {fold(name): kind for name, kind in named.items() if " " not in name}
    known = kept | listed("ordinary")
    return {
        word: kind for word, kind in words.items()
        if kind == "person" and len(word) > 3 and word not in known
    }  # fmt: skip


def replaced(text: str, places: Iterable[tuple[int, int, str]]) -> str:
    """Return a text with what stands at each place put there; places do not overlap."""
    out, at = [], 0
    for start, end, new in sorted(places):
        out += [text[at:start], new]
        at = end
    return "".join([*out, text[at:]])


def stands(kind: str) -> str:
    """Return what stands for a kind of thing: ``[phone]``."""
    return STANDS_FOR[kind]


# -- what counts ------------------------------------------------------------------------------


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a name's place without a title before it, or the ending of a possessive."""
    name = _POSSESSIVE.sub("", text[start:end].rstrip(" ,.;:!?"))
    title = re.match(rf"{_TITLE}\s+", name)
    return start + (title.end() if title else 0), start + len(name)


def _whole(text: str, one: Found, keep: Sequence[str]) -> Found:
    """Take the rest of a name with the part of it that was found: a surname, "van der"."""
    if one.kind != "person":
        return one
    start, end = one.start, one.end
    ordinary = listed("ordinary")

    def joins(word: str) -> bool:
        told = fold(word)
        known = told in ordinary or told in _EVERYDAYS or told in _COUNTRIES
        return not known and told not in map(str.casefold, keep)

    for _ in range(2):
        before = _LEFT.search(text, max(0, start - 40), start)
        if before and joins(before.group(1)):
            start = before.start()
        after = _RIGHT.match(text, end)
        if after and joins(after.group(1)):
            end = after.end()
    before = _PARTICLE.search(text, max(0, start - 12), start)
    return one._replace(start=before.start() if before else start, end=end)


def _is_name(name: str, small: set[str], kept: frozenset[str]) -> bool:
    words = name.split()
    if not words or len(words) > 4 or not words[0][:1].isupper():
        return False
    if not all(
        _LIKE_A_NAME.fullmatch(word) and (word[0].isupper() or word in _SMALL_PARTS)
        for word in words
    ):
        return False
    folded = [fold(word).rstrip(".") for word in words]
    if any(
        (
            word.isupper()
            and len(word) > 1
            and fold(word) not in listed("given")
            and word[1:2] != "."
        )
        or _INNER.search(re.sub(r"\A(?:Mc|Mac|[OD]['’])|['’-].", "", word))
        for word in words
    ):
        return False
    if name.casefold() in kept or any(word in kept for word in folded):
        return False
    if all(word in listed("ordinary") and word not in listed("given") for word in folded):
        return False
    return any(len(word) > 2 and word not in small for word in folded)


def _with_parts(name: str, small: set[str], kept: frozenset[str]) -> dict[str, str]:
    parts = [
        w for w in name.split()
        if len(w) > 2 and w not in _SMALL_PARTS and (w[0].isupper() or w not in listed("ordinary"))
        and w.casefold() not in kept | _COUNTRIES
        and (w.casefold() not in small or fold(w) not in listed("ordinary"))
    ]  # fmt: skip
    return dict.fromkeys([name, *parts], "person")


def _is_place(text: str, start: int, end: int, kept: frozenset[str]) -> bool:
    name = text[start:end].removeprefix("the ").removeprefix("The ")
    words = [word.casefold() for word in name.split()]
    if not words or any(word in kept or word in _COUNTRIES for word in words):
        return False
    if name in {"United States", "United Kingdom"} or not all(
        w[:1].isupper() for w in name.split()
    ):
        return False
    return not name.isupper() and bool(_AS_A_PLACE_SURELY.search(text[:start]))


def _without(found: list[Found], text: str, keep: Sequence[str]) -> list[Found]:
    """Leave out what a study keeps, and what is a pseudonym already."""
    kept = {word.casefold() for word in keep}
    return [
        one for one in found
        if text[one.start : one.end].casefold() not in kept
        and not (text[: one.start].endswith("[") and text[one.end :].startswith("]"))
    ]  # fmt: skip


@functools.lru_cache(maxsize=64)
def _any_of(names: tuple[str, ...]) -> re.Pattern[str]:
    longest = sorted(names, key=lambda name: (-len(name), name))
    either = "|".join(re.escape(name) for name in longest)
    return re.compile(rf"(?<![^\W_])(?:{either})(?![^\W_])")
