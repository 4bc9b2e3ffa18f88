"""One base error and a handful of kinds: what was wrong, where, and the nearest right answer."""

from __future__ import annotations

from pathlib import Path


class JourneyqualError(Exception):
    """Anything that journeyqual refuses, in one line that a person can act on.

    Parameters
    ----------
    message
        What was wrong, in words, without a full stop at the end.
    path
        The file it was found in, if one was.
    line, column
        Where in the file: a line or cue number counted from 1, a column's name.
    remedy
        The nearest right answer, as an instruction.

    Examples
    --------
    >>> print(JourneyqualError("no text column", path="a.csv", line=1, remedy="name it 'text'"))
    a.csv, line 1: no text column; name it 'text'
    """

    def __init__(
        self,
        message: str,
        *,
        path: str | Path | None = None,
        line: int | None = None,
        column: str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.message = message
        self.path = Path(path) if path is not None else None
        self.line = line
        self.column = column
        self.remedy = remedy
        super().__init__(str(self))

    def __str__(self) -> str:
        where = [] if self.path is None else [self.path.name]
        if self.line is not None:
            where.append(f"line {self.line}")
        if self.column is not None:
            where.append(f"column {self.column!r}")
        text = f"{', '.join(where)}: {self.message}" if where else self.message
        if self.remedy:
            text = f"{text}; {self.remedy}"
        # One line, always: the message may quote hostile text.
        return " ".join(text.split())


class InputError(JourneyqualError):
    """A transcript or a table cannot be read as what it claims to be."""


class ConfigError(JourneyqualError):
    """A study's own files (study.toml, codebook, participants, metrics) contradict themselves."""


class SchemaError(JourneyqualError):
    """A table lacks a column, or a value is outside what its column allows."""


class ModelError(JourneyqualError):
    """A model is missing, damaged, or not the one that the codings name."""


class StoreError(JourneyqualError):
    """The store cannot be opened, or would lose something."""


class WriteError(StoreError):
    """The store could not be written: nothing is wrong with what was to be."""


class ReportError(JourneyqualError):
    """A report could not be made; what was made of it is kept as a draft."""
