"""A second look at stored texts: what was hidden, what looks missed, and what people decide of it.

Everything here is a function of values or of one file. Names that were missed are handed out to be
shown, and written nowhere but to the researcher's own ``names.csv``.
"""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import tomllib
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from journeyqual.errors import ConfigError
from journeyqual.privacy.detect import _COUNTRIES, _EVERYDAYS
from journeyqual.privacy.forms import STANDS_FOR
from journeyqual.privacy.names import load_names, pseudonyms
from journeyqual.privacy.network import Guess

LISTED = "listed"
"""The kind of what a study's own list replaced."""
AROUND = 60
"""Characters shown before and after a name."""
SHOWN = 3
"""Places shown of a name."""
LONGEST = 80
"""Characters of a name or a pseudonym; what is longer is none."""

_CAPITALISED = r"(?:[OD]['’])?[A-ZÀ-ÖØ-Þ][\w]*[a-zß-öø-ÿ][\w]*(?:[-'’][A-ZÀ-ÖØ-Þ]?[a-zß-öø-ÿ]+)*"
_JOINED = r"(?:\s+(?:(?:de|da|del|della|van|von|der|den|bin|ibn|al|el|la|le)\s+){0,2}"
_RUN = re.compile(rf"(?<![\w\[]){_CAPITALISED}{_JOINED}{_CAPITALISED}){{0,3}}")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_START = re.compile(r"(?:\A|[.?!…:;\n])[\s\"'“”‘’(\[–—-]*\Z")
_TITLED = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof|Professor)\.?\s+\Z")
_ENDING = re.compile(r"['’](?:s|d|ll|re|ve|m|t)?\Z")
# What begins a sentence, is no name, and may not be said in small letters in a short study.
_NO_NAMES = frozenset(
    """i mr mrs ms miss mx dr prof professor sir interviewer participant moderator speaker a about
    actually after again all also although an and another any anyway as ask at basically because
    before both but by did do does during each either even every everybody everyone everything
    exactly finally first for from funny good great had has have he hello her here hers hi his
    honestly hopefully how however if in indeed instead is it its just last later like luckily many
    maybe meanwhile more most my neither never next no nobody none not nothing now obviously of on
    once one only or other our ours perhaps please really right she should since so some somebody
    someone something sometimes soon still such sure thank thanks that the their then there
    therefore these they this those though three thus to today tomorrow tonight too two under
    unfortunately unless until usually very was we well were what whatever when whenever where
    whether which while who whoever whose why will with without would yes yesterday yet you
    your""".split()
)


class Mark(NamedTuple):
    """A place of a text where something stands for what was hidden (code points), and its kind."""

    start: int
    end: int
    kind: str


class Said(NamedTuple):
    """A turn of an interview: whose interview, and its words."""

    interview: str
    text: str


@dataclass(frozen=True)
class Place:
    """Where a name stands: the interview, the turn's place among those given, and its words."""

    interview: str
    turn: int
    before: str
    name: str
    after: str


@dataclass(frozen=True)
class Missed:
    """Something that reads like a name and stands in stored texts.

    Parameters
    ----------
    name
        As it is written.
    times, interviews
        How often it stands there, and in which interviews.
    why
        What made it look like a name.
    places
        The first few places.
    """

    name: str
    times: int
    interviews: tuple[str, ...]
    why: str
    places: tuple[Place, ...] = field(default=(), repr=False)


def marks(text: str, stands: Iterable[str] = ()) -> list[Mark]:
    """Return where something stands for what was hidden.

    Parameters
    ----------
    text
        Words of a stored text.
    stands
        Pseudonyms of the study: those of its list, and its participants' ids.

    Examples
    --------
    >>> marks("P02 rang [name] of [laughter] Acme.", ["P02"])
    [Mark(start=0, end=3, kind='listed'), Mark(start=9, end=15, kind='person')]
    """
    kinds = {own: LISTED for own in stands if own.strip()}
    kinds |= {stand: kind for kind, stand in STANDS_FOR.items()}
    longest = sorted(kinds, key=lambda own: (-len(own), own))
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)")
    return [Mark(*found.span(), kinds[found.group()]) for found in pattern.finditer(text)]


def counted(turns: Sequence[Said], stands: Iterable[str] = ()) -> dict[str, dict[str, int]]:
    """Return how often each kind was hidden, by interview; every interview has a row."""
    stands = tuple(stands)
    found: dict[str, Counter[str]] = {}
    for turn in turns:
        own = found.setdefault(turn.interview, Counter())
        own.update(mark.kind for mark in marks(turn.text, stands))
    return {name: dict(own) for name, own in found.items()}


def missed(
    turns: Sequence[Said],
    *,
    stands: Iterable[str] = (),
    keep: Iterable[str] = (),
    guesses: Sequence[Sequence[Guess]] = (),
) -> list[Missed]:
    """Return what reads like a name and was left in stored texts, the most frequent first.

    A run of capitalised words counts if it stands inside a sentence, behind a title, or where the
    network sees a person or a place, and if one of its words is said nowhere in small letters.

    Parameters
    ----------
    turns
        Turns of every interview of the study, pseudonymised.
    stands
        Pseudonyms, which are no names.
    keep
        What the study says is no secret.
    guesses
        What the network takes for a name, a list a turn; none if it was not asked.

    Examples
    --------
    >>> turns = [Said("a", "We asked Amara twice. Honestly, it was Figma."), Said("b", "So Amara.")]
    >>> [(one.name, one.times, one.interviews, one.why) for one in missed(turns)]
    [('Amara', 2, ('a', 'b'), 'capitalised inside a sentence')]
    """
    words = {word for turn in turns for word in _WORD.findall(turn.text) if word.islower()}
    small = words | {word.removesuffix(_ending(word)) for word in words}
    no_names = _NO_NAMES | _EVERYDAYS | _COUNTRIES
    no_names |= {word.casefold() for own in stands for word in _WORD.findall(own)}
    kept = {word.casefold() for word in keep}
    why: dict[str, str] = {}
    for at, turn in enumerate(turns):
        told = list(guesses[at]) if at < len(guesses) else []
        for start, end in _runs(turn.text, small, no_names, kept):
            name = turn.text[start:end]
            reason = _reason(turn.text, start, end, told)
            if reason and (name not in why or _ORDER[reason] < _ORDER[why[name]]):
                why[name] = reason
    found = []
    for name, reason in why.items():
        places = _places(turns, name)
        talks = tuple(dict.fromkeys(place.interview for place in places))
        found.append(Missed(name, len(places), talks, reason, tuple(places[:SHOWN])))
    return sorted(found, key=lambda one: (-one.times, _ORDER[one.why], one.name))


_ORDER = {
    "behind a title": 0,
    "the network takes it for a person": 1,
    "the network takes it for a place": 2,
    "capitalised inside a sentence": 3,
}


def _runs(
    text: str, small: set[str], no_names: frozenset[str], kept: set[str]
) -> Iterable[tuple[int, int]]:
    """Yield runs of capitalised words without those at their ends that are no name's."""
    for run in _RUN.finditer(text):
        if run.group().casefold() in kept:
            continue
        words = list(_WORD.finditer(text, *run.span()))
        while words and _plain(words[0].group(), small, no_names | kept):
            words.pop(0)
        while words and _plain(words[-1].group(), small, no_names | kept):
            words.pop()
        if not words:
            continue
        end = words[-1].end() - len(_ending(words[-1].group()))
        if text[words[0].start() : end].casefold() not in kept:
            yield words[0].start(), end


def _plain(word: str, small: set[str], no_names: frozenset[str] | set[str]) -> bool:
    bare = word.removesuffix(_ending(word)).casefold()
    return bare in no_names or bare in small or len(bare) < 2


def _ending(word: str) -> str:
    found = _ENDING.search(word)
    return found.group() if found else ""


def _reason(text: str, start: int, end: int, told: Sequence[Guess]) -> str:
    if _TITLED.search(text[max(0, start - 12) : start]):
        return "behind a title"
    for guess in told:
        if guess.kind in ("person", "place") and guess.start < end and start < guess.end:
            return f"the network takes it for a {guess.kind}"
    begins = _START.search(text[max(0, start - 12) : start])
    return "" if begins else "capitalised inside a sentence"


def _places(turns: Sequence[Said], name: str) -> list[Place]:
    pattern = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    return [
        Place(
            turn.interview, at, turn.text[max(0, m.start() - AROUND) : m.start()],
            name, turn.text[m.end() : m.end() + AROUND],
        )
        for at, turn in enumerate(turns)
        if name in turn.text
        for m in pattern.finditer(turn.text)
    ]  # fmt: skip


# -- what people decide -----------------------------------------------------------------------


def add_names(path: str | Path, names: Mapping[str, str]) -> int:
    """Put names on a list, below what stands there already; nothing above them is changed.

    Parameters
    ----------
    path
        ``names.csv``; it is made if it is not there.
    names
        Names, and what is to stand for each; blank is ``[name]``.

    Returns
    -------
    int
        How many are new; a name that is listed already keeps what it has.

    Raises
    ------
    ConfigError
        If the list could then not be used, for instance since a pseudonym holds a listed name, or
        it has no column for pseudonyms; nothing is written.
    """
    path = Path(path).resolve()
    clean = {_line(name): _line(own) for name, own in names.items()}
    if any(len(text) > LONGEST for pair in clean.items() for text in pair):
        raise ConfigError(f"a name of more than {LONGEST} characters", remedy="list it by hand")
    there = load_names(path) if path.exists() else {}
    known = {name.casefold() for name in there}
    new = {name: own for name, own in clean.items() if name and name.casefold() not in known}
    if not new:
        return 0
    pseudonyms({**there, **new})
    before = path.read_bytes().decode("utf-8") if path.exists() else "name,pseudonym\n"
    first = before.removeprefix("\ufeff").partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    headings = [cell.strip().casefold() for cell in next(csv.reader([first], delimiter=delimiter))]
    if "pseudonym" not in headings and any(new.values()):
        raise ConfigError(
            "the list has no column for pseudonyms", path=path, remedy="head it name,pseudonym"
        )
    ends = "\r\n" if "\r\n" in before else "\n"
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=ends)
    for name, own in new.items():
        cells = {"name": name, "pseudonym": own}
        writer.writerow([cells.get(heading, "") for heading in headings])
    joint = "" if before.endswith(("\n", "\r")) else ends
    _write(path, before + joint + out.getvalue())
    return len(new)


def add_keep(path: str | Path, words: Iterable[str]) -> int:
    """Put words that are no secret into ``[privacy] keep`` of a ``study.toml``; the rest stays.

    Returns
    -------
    int
        How many are new.

    Raises
    ------
    ConfigError
        If the file cannot be changed without changing something else; nothing is written.
    """
    import tomlkit

    path = Path(path).resolve()
    before = path.read_bytes().decode("utf-8")
    document = tomlkit.parse(before)
    told = tomllib.loads(before).get("privacy", {})
    there = {str(word).casefold() for word in told.get("keep", [])}
    lines = dict.fromkeys(_line(word) for word in words)
    new = [word for word in lines if word and word.casefold() not in there]
    if not new:
        return 0
    if any(len(word) > LONGEST for word in new):
        raise ConfigError(f"a word of more than {LONGEST} characters", remedy="list it by hand")
    privacy = document.setdefault("privacy", tomlkit.table())
    keep = privacy.setdefault("keep", tomlkit.array())
    for word in new:
        keep.append(word)
    after = tomlkit.dumps(document)
    wanted = tomllib.loads(before)
    wanted.setdefault("privacy", {}).setdefault("keep", []).extend(new)
    if tomllib.loads(after) != wanted:
        raise ConfigError(
            "could not be changed and left as it is", path=path,
            remedy=f"add to [privacy] keep: {', '.join(new)}",
        )  # fmt: skip
    _write(path, after)
    return len(new)


def finder(names: Mapping[str, str]) -> Callable[[str], list[tuple[int, int, str]]]:
    """Return what tells where listed names stand in a stored text, and what is to stand there.

    Examples
    --------
    >>> finder({"Amara": ""})("So Amara said.")
    [(3, 8, '[name]')]
    """
    return pseudonyms(names).places


def _line(text: str) -> str:
    return " ".join(text.split())


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        with beside.open("xb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
