"""What is hidden without being listed: things with a form always, names if a network is asked.

A network takes products for people and platforms for cities. What it says is kept only if it is
written as a name, is nothing that a study keeps, and is no word that the same interview says in
small letters; a place must be said as one ("in Leeds"). A name that was found at one place is
hidden at every place of the interview.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from journeyqual.privacy import network
from journeyqual.privacy.forms import FORMS, STANDS_FOR, Found, apart, institutions, with_form
from journeyqual.privacy.network import Guess

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
    jesus brexit internet""".split()
)
_COUNTRIES = frozenset(
    """america american australia austria belgium brazil britain bulgaria canada chile china croatia
    denmark egypt england estonia europe finland france germany greece hungary iceland india
    indonesia iran iraq ireland israel italy japan kenya korea latvia lithuania malaysia mexico
    nepal netherlands norway pakistan poland portugal romania russia scotland serbia singapore
    slovakia slovenia spain sweden switzerland taiwan thailand turkey uk ukraine us usa u.s u.k
    vietnam wales""".split()
)
_TITLE = r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Sir|Dame)\.?"
_NAME = r"[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ]+(?:[-'’][A-ZÀ-ÖØ-Þ]?[a-zß-öø-ÿ]+)*"
_CUED = re.compile(
    rf"(?:\b{_TITLE}\s+|\b(?:[Mm]y|[Hh]is|[Hh]er|[Oo]ur|[Tt]heir) "
    r"(?:name is|name's|husband|wife|partner|son|daughter|"
    r"brother|sister|mother|father|mum|dad|uncle|aunt|cousin|friend|boss|manager|colleague|"
    r"neighbour|neighbor|supervisor|assistant|landlord|doctor|dentist|teacher)(?: is called|,)?\s+)"
    rf"(?P<it>{_NAME}(?:\s+{_NAME})?)"
)  # fmt: skip
_LIKE_A_NAME = re.compile(
    r"(?:[A-ZÀ-ÖØ-Þ](?:[a-zß-öø-ÿ]+|\.)|(?:Mc|Mac|O['’]|D['’]|De|Van|Al-|El-)[A-Z][a-zß-öø-ÿ]+|de|da|"
    r"del|della|van|von|der|den|bin|ibn|al|el|la|le)(?:[-'’](?:[A-ZÀ-ÖØ-Þ])?[a-zß-öø-ÿ]+)*"
)  # fmt: skip
_AS_A_PLACE_SURELY = re.compile(r"\b(?:[Ii]n|[Nn]ear|[Oo]utside|moved to|come from|came from)\s+\Z")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
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

    def heard(self, texts: Sequence[str]) -> Unlisted:
        """Look through the texts of one interview.

        Raises
        ------
        ModelError
            If a network is to be asked and is not there.
        """
        return _heard(self, tuple(texts))


@dataclass(frozen=True)
class Unlisted:
    """What was found in one interview; `places` also tells of texts that were not looked through.

    Parameters
    ----------
    named
        Full names and their parts, and what kind each is; looked for in every text.
    spots
        What was found at a place of its own, by text.
    detector
        What looked.
    """

    detector: Detector
    named: Mapping[str, str] = field(default_factory=dict)
    spots: Mapping[str, tuple[Found, ...]] = field(default_factory=dict)

    def places(self, text: str) -> list[Found]:
        """Return what is to be hidden in a text, without overlaps, by place."""
        found = [*with_form(text)]
        if self.detector.name == "presidio":
            found += institutions(text)
        found += self.spots.get(text, ())
        if self.named:
            pattern = _any_of(tuple(self.named))
            found += [Found(*m.span(), self.named[m.group()]) for m in pattern.finditer(text)]
        return _without(apart(found), text, self.detector.keep)


@functools.lru_cache(maxsize=4)
def _heard(detector: Detector, texts: tuple[str, ...]) -> Unlisted:
    if detector.name == "list":
        return Unlisted(detector)
    small = {w for text in texts for w in _WORD.findall(text) if w.islower()}
    kept = _EVERYDAYS | {word.casefold() for word in detector.keep}
    named: dict[str, str] = {}
    spots: dict[str, tuple[Found, ...]] = {}
    for text, found in zip(texts, network.guesses(texts), strict=True):
        own = []
        cued = [Guess(*m.span("it"), "person") for m in _CUED.finditer(text)]
        for guess in [*found, *cued]:
            if guess.kind in FORMS:
                own.append(Found(*guess))
                continue
            start, end = _trimmed(text, guess.start, guess.end)
            name = text[start:end]
            if guess.kind == "person" and _is_name(name, small, kept):
                named.update(_with_parts(name, small, kept))
            elif guess.kind == "place" and _is_place(text, start, end, kept):
                named[name] = "place"
        if own:
            spots[text] = tuple(own)
    return Unlisted(detector, named, spots)


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


def _is_name(name: str, small: set[str], kept: frozenset[str]) -> bool:
    words = name.split()
    if not words or len(words) > 4 or not words[0][:1].isupper():
        return False
    if not all(_LIKE_A_NAME.fullmatch(word) for word in words):
        return False
    folded = [word.casefold().rstrip(".") for word in words]
    if name.casefold() in kept or any(word in kept for word in folded):
        return False
    return any(len(word) > 2 and word not in small for word in folded)


def _with_parts(name: str, small: set[str], kept: frozenset[str]) -> dict[str, str]:
    parts = [
        w for w in name.split()
        if len(w) > 2 and w[0].isupper() and w.casefold() not in small | kept | _COUNTRIES
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
