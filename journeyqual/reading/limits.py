"""How much a file from outside may ask of the machine: sizes, counts, seconds, in one frozen value.

A reader asks `current`; who opens a study says `within`. A file that goes over a limit is refused
in one line that names the limit, and nothing of it is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields

from journeyqual.errors import ConfigError

MEGABYTE = 1_000_000
"""Bytes in what every message here calls a megabyte."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file from outside may take; ``[limits]`` of study.toml has the same names.

    Parameters
    ----------
    file_mb
        Size of the file itself.
    unpacked_mb
        Size of what a Word, Excel or OpenDocument file unpacks to, pictures apart.
    parts
        Number of parts in such a file.
    lines
        Lines of a text, rows of a table, segments of a JSON file.
    pages
        Pages of a PDF.
    seconds, memory_mb
        What reading a PDF or an Excel file may take; they are read in a process of their own.
    project_mb
        Size of another program's project, codebook or export.
    project_part_mb
        Size of what is parsed whole: a part of a project's archive, its XML, a JSON file, a table
        as text, a cell of a database.
    project_unpacked_mb
        Size of all that is read out of one archive.
    project_parts
        Number of parts in a project's archive.
    """

    file_mb: int = 20
    unpacked_mb: int = 15
    parts: int = 5_000
    lines: int = 100_000
    pages: int = 1_000
    seconds: int = 30
    memory_mb: int = 1_000
    project_mb: int = 1_000
    project_part_mb: int = 200
    project_unpacked_mb: int = 500
    project_parts: int = 20_000


CEILINGS = Limits(
    file_mb=200,
    unpacked_mb=200,
    parts=50_000,
    lines=1_000_000,
    pages=10_000,
    seconds=600,
    memory_mb=8_000,
    project_mb=4_000,
    project_part_mb=1_000,
    project_unpacked_mb=4_000,
    project_parts=200_000,
)
"""As far as a study may raise them: its file may come from a stranger, as the transcripts may."""

_current: ContextVar[Limits | None] = ContextVar("limits", default=None)


def current() -> Limits:
    """Return the limits that hold here, the defaults unless `within` says otherwise.

    Examples
    --------
    >>> with within(Limits(pages=3)):
    ...     current().pages
    3
    >>> current().pages
    1000
    """
    return _current.get() or Limits()


@contextmanager
def within(limits: Limits | None) -> Iterator[None]:
    """Let the limits hold for what is read inside the block; ``None`` leaves them as they are."""
    token = _current.set(limits or _current.get())
    try:
        yield
    finally:
        _current.reset(token)


def from_table(table: Mapping[str, object]) -> Limits:
    """Return the limits that a ``[limits]`` table sets, the others at their defaults.

    Raises
    ------
    ConfigError
        If a name is no limit, or a value is no whole number from 1 to its ceiling.

    Examples
    --------
    >>> from_table({"pages": 50}).pages
    50
    """
    names = [f.name for f in fields(Limits)]
    for name, value in table.items():
        if name not in names:
            raise ConfigError(
                f"{name!r} is no limit of [limits]", remedy=f"there is {', '.join(names)}"
            )
        high = getattr(CEILINGS, name)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= high:
            raise ConfigError(
                f"{name!r} of [limits] is {value!r}", remedy=f"give a whole number from 1 to {high}"
            )
    return Limits(**table)  # type: ignore[arg-type]  # Each value was just seen to be an int.
