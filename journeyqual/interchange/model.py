"""One neutral project in memory: what every importer makes and every exporter writes.

Its shape is that of REFI-QDA 1.0, the widest of the formats: users, codes in a tree, variables,
cases, sources, selections with codings, notes, sets. Offsets are code points in a source's text.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

SPACE = uuid.UUID("8f1b5a0e-6c8e-5d0b-9a55-6a6f75726e71")
"""Name space of the GUIDs that journeyqual makes: the same thing has the same one everywhere."""
OURS = "journeyqual"
"""What the origin of a project begins with that was written here."""

_GUID = re.compile(r"\{?([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\}?")

T = TypeVar("T")


def made_guid(*parts: object) -> str:
    """Return the GUID that these parts give, always the same.

    Examples
    --------
    >>> made_guid("code", "stage", "using") == made_guid("code", "stage", "using")
    True
    >>> made_guid("code", "stage", "using") == made_guid("code", "emotion", "using")
    False
    """
    return str(uuid.uuid5(SPACE, "\x1f".join(map(str, parts))))


def guid(text: str) -> str:
    """Return a GUID in one spelling: programs differ in capitals and braces. Blank if it is none.

    Examples
    --------
    >>> guid("{AD68FBE7-E1EE-4A82-A279-23CC698C89EB}")
    'ad68fbe7-e1ee-4a82-a279-23cc698c89eb'
    >>> guid("7")
    ''
    """
    found = _GUID.fullmatch(text.strip())
    return found[1].lower() if found else ""


@dataclass(frozen=True)
class User:
    """Who coded."""

    guid: str
    name: str


@dataclass(frozen=True)
class Code:
    """An entry of a codebook; ``parent`` is the GUID of the code it hangs under, if it does."""

    guid: str
    name: str
    parent: str = ""
    color: str = ""
    definition: str = ""
    codable: bool = True
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Variable:
    """An attribute of cases or sources, and the type its values have (Text, Integer, …)."""

    guid: str
    name: str
    kind: str = "Text"
    description: str = ""


@dataclass(frozen=True)
class Case:
    """Who is studied: values by variable GUID, and the sources that are theirs."""

    guid: str
    name: str
    description: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """A text that was coded; ``codings`` of it as a whole are selections of all of it."""

    guid: str
    name: str
    text: str
    description: str = ""
    user: str = ""
    at: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Coding:
    """One user gave one code to a selection.

    Parameters
    ----------
    code, user
        GUIDs; a blank user is one the file does not name.
    at
        When, as ISO 8601 has it; blank if the file does not say.
    memo
        A free note on it.
    dimension, value
        Known already where a format says so itself; blank where the code has to tell.
    confidence, status
        Of formats that have them.
    """

    code: str = ""
    user: str = ""
    at: str = ""
    memo: str = ""
    dimension: str = ""
    value: str = ""
    confidence: float | None = None
    status: str = ""


@dataclass(frozen=True)
class Selection:
    """Words of a source from ``start`` to ``end``, and what was made of them.

    Parameters
    ----------
    source
        GUID of the source.
    start, end
        Code points; in a table that has no offsets both are -1 and ``quote`` says which words.
    codings
        In the order of the file.
    comment
        A note on the words themselves; it may stand without any coding.
    user, at
        Who selected, and when.
    quote
        The words as the file shows them, perhaps cut short.
    """

    source: str
    start: int
    end: int
    codings: tuple[Coding, ...] = ()
    comment: str = ""
    user: str = ""
    at: str = ""
    quote: str = ""


@dataclass(frozen=True)
class Note:
    """A free text of its own."""

    guid: str
    name: str = ""
    text: str = ""
    description: str = ""
    user: str = ""
    at: str = ""


@dataclass(frozen=True)
class Group:
    """A set of codes, sources and notes, by GUID."""

    guid: str
    name: str
    description: str = ""
    codes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Project:
    """A coded project, whichever program it comes from or goes to.

    Parameters
    ----------
    name, origin, description
        Its title, the program that wrote it, and what it says of itself.
    tool
        What people call the format (``REFI-QDA``, ``QualCoder``), for reports.
    notes_of_all
        GUIDs of the notes on the project as a whole.
    left
        What the file holds and a study cannot, a line each.
    warnings
        What had to be guessed, a line each.
    refused
        What should have come in and could not, a line each.
    """

    name: str = ""
    origin: str = ""
    description: str = ""
    tool: str = ""
    users: tuple[User, ...] = ()
    codes: tuple[Code, ...] = ()
    variables: tuple[Variable, ...] = ()
    cases: tuple[Case, ...] = ()
    sources: tuple[Source, ...] = ()
    selections: tuple[Selection, ...] = ()
    notes: tuple[Note, ...] = ()
    groups: tuple[Group, ...] = ()
    notes_of_all: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def ours(self) -> bool:
        """Whether journeyqual wrote it."""
        return self.origin.split(" ")[0].casefold() == OURS

    @property
    def n_codings(self) -> int:
        """How many codings it holds."""
        return sum(len(one.codings) for one in self.selections)


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> counted(1, "coding"), counted(2, "coding"), counted(0, "memory", "memories")
    ('1 coding', '2 codings', '0 memories')
    """
    return f"{number} {one if number == 1 else many or one + 's'}"


def shown(names: Iterable[str], most: int = 5) -> str:
    """Return a few names in a row, and how many more there are.

    Examples
    --------
    >>> shown(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    every = list(dict.fromkeys(names))
    rest = len(every) - most
    return ", ".join(every[:most]) + (f" and {rest} more" if rest > 0 else "")


def by_guid(things: Sequence[T]) -> dict[str, T]:
    """Return things by their GUID; the first of a GUID counts."""
    found: dict[str, T] = {}
    for one in things:
        found.setdefault(one.guid, one)  # type: ignore[attr-defined]
    return found
