"""Which code means which dimension and value: the study's own names, a table, else a theme.

A code is a stage if it is called like one of the codebook's; so with emotions, touchpoints and
the five steps of valence. ``--map FILE`` says it code by code and wins. All others are themes.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from journeyqual.codebook import Codebook
from journeyqual.errors import InputError
from journeyqual.interchange.model import Code, by_guid, made_guid
from journeyqual.interchange.safe import data_of

THEME, COMMENT = "theme", "comment"
"""Dimensions of codes without a mapping, and of notes on words without a code."""
FOUND = "found theme"
"""The dimension of themes that were found by machine."""
LEAVE_OUT = "-"
"""As a dimension in ``--map``: codings with this code stay out."""
VALENCE = {
    "-1": "very negative (-1)",
    "-0.5": "negative (-0.5)",
    "0": "neutral (0)",
    "0.5": "positive (0.5)",
    "1": "very positive (1)",
}
"""The five steps of valence, and what the codes are called that stand for them."""
NONE_FITS = {"stage": "no stage fits", "emotion": "no emotion", "touchpoint": "no touchpoint"}
"""What a code is called that stands for a blank value."""
TOPS = {"stage": "Stages", "touchpoint": "Touchpoints", "emotion": "Emotions", "valence": "Valence"}
"""What the code is called under which those of a dimension hang."""

_PREFIX = re.compile(r"(stages?|touchpoints?|emotions?|valence)\s*(?:::|[:/>|\\])\s*(\S.*)", re.I)
_NUMBER = re.compile(r"(?:.*\()?([-−–+]?(?:1(?:[.,]0)?|0?[.,]5|0(?:[.,]0)?))\)?")


@dataclass(frozen=True)
class Meaning:
    """What a code stands for: a dimension and a value on it."""

    dimension: str
    value: str


@dataclass
class Meanings:
    """The meaning of every code of a project.

    Parameters
    ----------
    of
        By the code's GUID; a code that is left out is not in it.
    notes
        What is to be said aloud.
    """

    of: dict[str, Meaning] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


def meanings(
    codes: Iterable[Code], book: Codebook, given: Mapping[str, Meaning] | None = None
) -> Meanings:
    """Decide for every code which dimension and value it stands for.

    Parameters
    ----------
    codes
        A project's.
    book
        The study's codebook.
    given
        What `load_map` read: by a code's name or path (``Parent > Child``), letter case apart.

    Examples
    --------
    >>> from journeyqual.codebook import from_dict
    >>> book = from_dict({"stage": [{"name": "using"}]})
    >>> found = meanings([Code("a", "Using"), Code("b", "price"), Code("c", "valence: -0.5")], book)
    >>> [(one.dimension, one.value) for one in found.of.values()]
    [('stage', 'using'), ('theme', 'price'), ('valence', '-0.5')]
    """
    codes = tuple(codes)
    known = by_guid(codes)
    given = {_level(name): one for name, one in (given or {}).items()}
    out = Meanings()
    paths = {one.guid: path(one, known) for one in codes}
    # A group that only holds codes may be called like one of them.
    names = Counter(_level(one.name) for one in codes if one.codable)
    groups = Counter(_level(one.name) for one in codes if not one.codable)
    used: set[str] = set()
    for one in codes:
        told = given.get(_level(paths[one.guid]))
        key = _level(paths[one.guid]) if told else _level(one.name)
        told = told or given.get(key)
        if told is not None:
            used.add(key)
            if told.dimension == LEAVE_OUT:
                out.left_out.add(one.guid)
            else:
                out.of[one.guid] = Meaning(told.dimension, told.value or one.name)
            continue
        top = _top(one, known)
        meant = _under(top, one.name, book) if top else _by_name(one.name, book)
        # Two codes of one name under different parents are two themes.
        same = _level(one.name)
        alone = names[same] == 1 if one.codable else (names[same], groups[same]) == (0, 1)
        out.of[one.guid] = meant or Meaning(THEME, one.name if alone else paths[one.guid])
    if missing := sorted(set(given) - used):
        out.notes.append(f"the map names codes that the file has not: {', '.join(missing[:5])}")
    return out


def path(code: Code, known: Mapping[str, Code]) -> str:
    """Return a code's name with those above it, ``Parent > Child``."""
    names, seen = [code.name], {code.guid}
    while code.parent in known and code.parent not in seen:
        code = known[code.parent]
        seen.add(code.guid)
        names.insert(0, code.name)
    return " > ".join(names)


def code_name(dimension: str, value: str) -> str:
    """Return what a code is called that stands for a value.

    Examples
    --------
    >>> code_name("valence", "-0.5"), code_name("stage", "")
    ('negative (-0.5)', 'no stage fits')
    """
    if dimension == "valence":
        return VALENCE.get(value, value)
    return value or NONE_FITS.get(dimension, "(blank)")


def nearest(value: str) -> str:
    """Return the step of valence that is nearest to a value.

    Examples
    --------
    >>> nearest("0.37"), nearest("-0.1"), nearest("1.0")
    ('0.5', '0', '1')
    """
    try:
        return f"{round(float(value) * 2) / 2 + 0.0:g}"
    except ValueError:
        return value


def load_map(file: Path, book: Codebook, *, new: bool = False) -> dict[str, Meaning]:
    """Read a table of codes: ``code, dimension, value``; a dimension ``-`` leaves the code out.

    Parameters
    ----------
    file
        The table.
    book
        The study's codebook.
    new
        Whether a stage may be one that the codebook is yet to get.

    Raises
    ------
    InputError
        If it has no such columns, or names a stage, emotion or step that there is not.
    """
    try:
        text = data_of(file, "file_mb").decode("utf-8-sig")
        reader = csv.reader(text.splitlines(), strict=True)
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError("not a CSV table", path=file, remedy="save it as UTF-8 CSV") from error
    if not rows:
        raise InputError("no row in it", path=file, remedy="head it code,dimension,value")
    heads = [head.strip().casefold() for head in rows[0][1]]
    for column in ("code", "dimension"):
        if column not in heads:
            raise InputError(
                f"no column {column!r}", path=file, line=1, remedy="head it code,dimension,value"
            )
    found: dict[str, Meaning] = {}
    for line, row in rows[1:]:
        cells = dict(zip(heads, (cell.strip() for cell in row), strict=False))
        name, dimension = cells.get("code", ""), cells.get("dimension", "").casefold()
        if not name or not dimension:
            raise InputError("a row without a code or dimension", path=file, line=line)
        value = cells.get("value", "")
        if dimension in TOPS and (value or dimension == "valence"):
            meant = _under(dimension, value or name, book)
            names = {"stage": book.stage_names, "emotion": book.emotion_names}
            allowed = names.get(dimension, tuple(VALENCE) if dimension == "valence" else ())
            known = meant and (meant.value in (*allowed, "") or (new and dimension == "stage"))
            if meant is None or (allowed and not known):
                raise InputError(
                    f"{value or name!r} is no {dimension} of this study", path=file, line=line,
                    remedy=f"it has {', '.join(allowed)}",
                )  # fmt: skip
            value = meant.value
        found[name] = Meaning(dimension, value)
    return found


def _level(name: str) -> str:
    return " ".join(name.split()).casefold()


def _top(code: Code, known: Mapping[str, Code]) -> str:
    """Return the dimension whose code this one hangs under; blank if under none."""
    parent = known.get(code.parent)
    if parent is None:
        return ""
    for dimension, name in TOPS.items():
        if _level(parent.name) in (dimension, _level(name)):
            return dimension
    made = made_guid("dimension", parent.name)
    return parent.name if parent.guid == made else ""


def _under(dimension: str, name: str, book: Codebook) -> Meaning | None:
    """Return what a code of a dimension stands for; None if it is no step of valence."""
    if _level(name) == NONE_FITS.get(dimension):
        return Meaning(dimension, "")
    if dimension == "valence":
        step = _step(name)
        return Meaning("valence", step) if step else None
    points = [point.name for stage in book.stages for point in stage.touchpoints]
    known = {"stage": book.stage_names, "emotion": book.emotion_names, "touchpoint": points}
    spelt = {_level(one): one for one in known.get(dimension, ())}
    return Meaning(dimension, spelt.get(_level(name), name))


def _step(name: str) -> str:
    """Return the step of valence that a name stands for, blank if none."""
    found = _NUMBER.fullmatch(name.strip())
    if found:
        digits = found[1].replace("−", "-").replace("–", "-").replace(",", ".")
        return f"{float(digits) + 0.0:g}"
    spelt = {_level(long.partition(" (")[0]): step for step, long in VALENCE.items()}
    return spelt.get(_level(name), "")


def _by_name(name: str, book: Codebook) -> Meaning | None:
    """Return what a name stands for that is the codebook's own or says its dimension."""
    prefixed = _PREFIX.fullmatch(name.strip())
    if prefixed:
        dimension = prefixed[1].casefold().removesuffix("s")
        meant = _under(dimension, prefixed[2], book)
        allowed = {"stage": book.stage_names, "emotion": book.emotion_names}.get(dimension)
        if meant and (allowed is None or meant.value in (*allowed, "")):
            return meant
    found = [
        Meaning(dimension, one)
        for dimension, names in (("stage", book.stage_names), ("emotion", book.emotion_names))
        for one in names
        if _level(one) == _level(name)
    ]
    if "(" in name and (step := _step(name)) and VALENCE[step] == _level(name):
        found.append(Meaning("valence", step))
    return found[0] if len(found) == 1 else None
