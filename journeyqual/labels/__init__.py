"""Labels of charts and reports in the reader's language, gettext's way: English text is the key.

A label is a title, a column's head, a button, a heading: words of ours that stand beside what
people said. `label` returns the translation in force, else the English text itself. English needs
no catalogue. Others are PO files: ``STUDY/labels/de.po`` before the one that is shipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeyqual.errors import ConfigError

if TYPE_CHECKING:
    from journeyqual.labels.catalogue import Catalogue

__all__ = [
    "available",
    "counted",
    "form",
    "label",
    "labels",
    "language",
    "prose",
    "speaking",
    "use",
]

ENGLISH = "en"
FOLDER = "labels"
"""Where a study keeps catalogues of its own."""
SHIPPED = Path(__file__).parent
PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
"""Where a value goes; nothing else of Python's format language means anything in a label."""
_CODE = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")
_MARKDOWN = re.compile(r"([\\*_{}\[\]()#+\-!|~$])")
_HEADING = re.compile(r"(#{1,6} )?(.*)", re.DOTALL)


@dataclass(frozen=True)
class _Spoken:
    """A language with its catalogues, the one that goes first in front."""

    code: str = ENGLISH
    catalogues: tuple[Catalogue, ...] = ()


@dataclass
class _Process:
    """What `use` put in force until further notice; `speaking` goes before it where it holds."""

    spoken: _Spoken = field(default_factory=_Spoken)


_process = _Process()
_scoped: ContextVar[_Spoken | None] = ContextVar("journeyqual_labels", default=None)


def label(text: str, **values: object) -> str:
    """Return a label in the language in force, its ``{placeholders}`` filled.

    Parameters
    ----------
    text
        The label in English, as it stands in the source.
    values
        What goes where; a placeholder without a value stays as it is.

    Examples
    --------
    >>> label("{n} units behind this", n=3)
    '3 units behind this'
    """
    for catalogue in _spoken().catalogues:
        if text in catalogue.single:
            return _filled(catalogue.single[text], values)
    return _filled(text, values) if values else text


def labels(*texts: str) -> list[str]:
    """Return several labels: the heads of a table's columns, say.

    Examples
    --------
    >>> labels("stage", "valence")
    ['stage', 'valence']
    """
    return [label(text) for text in texts]


def counted(one: str, many: str, n: int, **values: object) -> str:
    """Return a label that depends on a number, by the language's own rule for plurals.

    Examples
    --------
    >>> counted("{n} person", "{n} people", 1), counted("{n} person", "{n} people", 12)
    ('1 person', '12 people')
    """
    return _filled(form(one, many, n), {"n": n, **values})


def form(one: str, many: str, n: int) -> str:
    """Return the form of a label that goes with a number, its placeholders not yet filled.

    Examples
    --------
    >>> form("{n} person", "{n} people", 2)
    '{n} people'
    """
    for catalogue in _spoken().catalogues:
        forms = catalogue.plural.get(one)
        if forms is not None:
            return forms[min(len(forms) - 1, max(0, catalogue.which(n)))]
    return one if n == 1 else many


def prose(markdown: str) -> str:
    """Return a notebook's prose in the language in force, paragraph by paragraph.

    What a translation brings is shown letter by letter, but for code between backticks: it can add
    neither markup nor a link. Paragraphs without a translation stay as they are.

    Examples
    --------
    >>> prose("## The map")
    '## The map'
    """
    if not _spoken().catalogues:
        return markdown
    out = []
    for lead, text in paragraphs(markdown):
        said = label(text)
        out.append(lead + (text if said == text else _plain(said)))
    return "\n\n".join(out)


def paragraphs(markdown: str) -> list[tuple[str, str]]:
    r"""Return the paragraphs of a notebook's prose, each with the signs that make it a heading.

    Examples
    --------
    >>> paragraphs("## Why\n\nBecause.")
    [('## ', 'Why'), ('', 'Because.')]
    """
    parts = [" ".join(p.split()) for p in re.split(r"\n\s*\n", markdown.strip())]
    found = [_HEADING.fullmatch(part) for part in parts if part]
    return [(m[1] or "", m[2]) for m in found if m]


def use(language: str | None = None, folder: str | Path | None = None) -> None:
    """Put a language in force in this process: for a notebook, whose charts then speak it.

    Parameters
    ----------
    language
        Its code (``de``); None, "" and ``en`` are English.
    folder
        The study's folder: its own catalogue goes first.

    Raises
    ------
    ConfigError
        If there is no catalogue of that language, or it cannot be read.
    """
    _process.spoken = _read(language, folder)


@contextmanager
def speaking(language: str | None = None, folder: str | Path | None = None) -> Iterator[None]:
    """Put a language in force for what is done inside, as `use` does for the whole process.

    Examples
    --------
    >>> with speaking("de"):
    ...     label("stage")
    'Phase'
    >>> label("stage")
    'stage'
    """
    token = _scoped.set(_read(language, folder))
    try:
        yield
    finally:
        _scoped.reset(token)


def language() -> str:
    """Return the code of the language in force, as HTML writes it."""
    return _spoken().code.replace("_", "-")


def available(folder: str | Path | None = None) -> list[str]:
    """Return the codes of all languages that have a catalogue, English among them.

    Examples
    --------
    >>> "de" in available(), "en" in available()
    (True, True)
    """
    places = [SHIPPED, *([Path(folder) / FOLDER] if folder is not None else [])]
    found = {p.stem for place in places for p in place.glob("*.po") if _CODE.fullmatch(p.stem)}
    return sorted({ENGLISH, *found})


def _spoken() -> _Spoken:
    return _scoped.get() or _process.spoken


def _read(language: str | None, folder: str | Path | None) -> _Spoken:
    code = language or ENGLISH
    places = [SHIPPED] if folder is None else [Path(folder) / FOLDER, SHIPPED]
    # The code comes from a study's file, perhaps a stranger's: it must name no other file.
    safe = _CODE.fullmatch(code) is not None
    files = [p for p in (place / f"{code}.po" for place in places) if safe and p.is_file()]
    if not files and code != ENGLISH:
        raise ConfigError(
            f"there are no labels in {code!r}",
            remedy=f"there is {', '.join(available(folder))}; docs/howto/language.md says how to "
            "add one",
        )
    if not files:
        return _Spoken()
    from journeyqual.labels.catalogue import read

    return _Spoken(code, tuple(read(file) for file in files))


def _filled(text: str, values: Mapping[str, Any]) -> str:
    return PLACEHOLDER.sub(lambda m: str(values.get(m[1], m[0])), text)


def _plain(text: str) -> str:
    """Return words as Markdown that shows them letter by letter, but for code in backticks."""
    parts = escape(text, quote=False).split("`")
    whole = len(parts) % 2 == 1
    return "`".join(
        part if whole and place % 2 else _MARKDOWN.sub(r"\\\1", part)
        for place, part in enumerate(parts)
    )
