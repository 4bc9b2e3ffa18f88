"""Transcripts to TURNS: a file per format, one way from pieces to turns, open to plug-ins.

A new format is a function that takes a path and returns `RawTranscript`, and an entry point in the
group ``journeyqual.readers`` whose name is the file's suffix.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol

import pandas as pd

from journeyqual.errors import InputError
from journeyqual.reading.assemble import assemble
from journeyqual.reading.cleaning import clean_line
from journeyqual.reading.common import RawTranscript, RawTurn, Reader
from journeyqual.reading.limits import Limits, within
from journeyqual.reading.roles import generic

__all__ = [
    "SUPPORTED",
    "Limits",
    "Pseudonymiser",
    "RawTranscript",
    "RawTurn",
    "Reader",
    "Reading",
    "formats",
    "infer_interviewers",
    "read_turns",
]

GROUP = "journeyqual.readers"
"""The entry-point group for formats."""

# Found without an installed package, too; pyproject.toml declares the same, which a test holds
# together.
_BUILT_IN = {
    "csv": "journeyqual.reading.table:read",
    "docx": "journeyqual.reading.docx:read",
    "json": "journeyqual.reading.whisper:read_json",
    "odt": "journeyqual.reading.odt:read",
    "pdf": "journeyqual.reading.pdf:read",
    "srt": "journeyqual.reading.srt:read",
    "tsv": "journeyqual.reading.whisper:read_tsv",
    "txt": "journeyqual.reading.txt:read",
    "vtt": "journeyqual.reading.vtt:read",
    "xlsx": "journeyqual.reading.xlsx:read",
}

SUPPORTED = tuple(f".{suffix}" for suffix in _BUILT_IN)
"""Suffixes that are read without any plug-in; `formats` lists those of plug-ins, too."""


class Pseudonymiser(Protocol):
    """What `read_turns` asks of one: to replace names in a table of turns and in a line of text."""

    def apply(self, text: str) -> str:
        """Return the text without names."""

    def apply_turns(self, turns: pd.DataFrame) -> pd.DataFrame:
        """Return TURNS without names."""


@dataclass(frozen=True, eq=False)
class Reading:
    """A transcript file, read.

    Parameters
    ----------
    turns
        TURNS of all interviews in the file.
    notes
        What had to be guessed, was left out, or is otherwise to be said aloud; one line each. They
        may hold names.
    n_cues
        How many cues, paragraphs or rows the file has, before joining.
    """

    turns: pd.DataFrame
    notes: tuple[str, ...] = ()
    n_cues: int = 0

    @property
    def interviews(self) -> tuple[str, ...]:
        """The ids of the interviews, in the order of the file."""
        return tuple(dict.fromkeys(self.turns["interview"]))


def formats() -> dict[str, str]:
    """Return every readable suffix, without its dot, and its reader as ``module:function``.

    Plug-ins come on top of the built-in formats; nothing is imported yet.

    Examples
    --------
    >>> formats()["vtt"]
    'journeyqual.reading.vtt:read'
    """
    return {**_BUILT_IN, **_plugged_in()}


@functools.cache
def _plugged_in() -> dict[str, str]:
    return {e.name.casefold().lstrip("."): e.value for e in entry_points(group=GROUP)}


def read_turns(
    path: str | Path,
    *,
    participant: str | None = None,
    interviewers: Sequence[str] = (),
    pseudonym: Pseudonymiser | None = None,
    limits: Limits | None = None,
) -> Reading:
    """Read a transcript file as TURNS: cleaned, joined, in order, with roles.

    Parameters
    ----------
    path
        A file of any format in `formats`. Its stem is the interview's id.
    participant
        Who is studied in it; the stem when not given. A table with a participant column says so
        itself.
    interviewers
        Names or shell-style patterns (``"Ruth*"``) of those who ask; inferred, and said in the
        notes, when not given.
    pseudonym
        Replaces names in the turns and the notes before they are handed back.
    limits
        How much the file may ask of the machine; those that hold already when not given.

    Raises
    ------
    InputError
        If the file cannot be read as what its suffix says, in one line with the place and the
        remedy.
    """
    path = Path(path)
    with within(limits):
        raw = _read_raw(path)
    turns, notes = assemble(
        raw, path, participant=participant, interviewers=_patterns(interviewers)
    )
    n_cues = raw.n_cues if raw.n_cues is not None else len(raw.turns)
    reading = Reading(turns, notes, n_cues)
    if pseudonym is None:
        return reading
    return replace(
        reading,
        turns=pseudonym.apply_turns(turns),
        notes=tuple(pseudonym.apply(note) for note in notes),
    )


def infer_interviewers(readings: Iterable[Reading]) -> tuple[str, ...]:
    """Return the names that are heard in most interviews: those of the people who ask.

    Labels that name nobody (Participant, Speaker 1) do not count, nor does anything in fewer than
    two interviews.

    Parameters
    ----------
    readings
        The files of one study, each already read. Read them again with the result as
        ``interviewers``.

    Examples
    --------
    >>> from journeyqual.schema import TURNS, check
    >>> def talk(who, *names):
    ...     rows = [(who, who, i, n, "other", "Hm.") for i, n in enumerate(names)]
    ...     return Reading(check(pd.DataFrame(rows, columns=TURNS.names[:6]), TURNS))
    >>> infer_interviewers([talk("P01", "Ruth", "Maya"), talk("P02", "Jo", "Ruth")])
    ('Ruth',)
    """
    heard: Counter[str] = Counter()
    spelt: dict[str, str] = {}
    total = 0
    for reading in readings:
        for _, turns in reading.turns.groupby("interview", sort=False):
            total += 1
            names = {n.casefold(): n for n in turns["speaker"].unique() if not generic(n)}
            heard.update(names.keys())
            spelt = {**names, **spelt}
    return tuple(spelt[n] for n, k in heard.most_common() if k >= 2 and 2 * k > total)


def _patterns(interviewers: Sequence[str]) -> tuple[str, ...]:
    # A lone string is a sequence of letters: surely one name is meant.
    given = (interviewers,) if isinstance(interviewers, str) else tuple(interviewers)
    return tuple(name for name in map(clean_line, given) if name)


def _read_raw(path: Path) -> RawTranscript:
    known = formats()
    suffix = path.suffix.casefold().lstrip(".")
    if suffix not in known:
        names = ", ".join(f".{s}" for s in sorted(known))
        what = f"no reader for {path.suffix!r} files" if suffix else "a file without a suffix"
        raise InputError(what, path=path, remedy=f"export it as one of {names}")
    found = _load(known[suffix], path)(path)
    return found if isinstance(found, RawTranscript) else RawTranscript(tuple(found))


def _load(target: str, path: Path) -> Reader:
    module, _, name = target.partition(":")
    try:
        reader: Reader = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InputError(
            f"the reader {target!r} cannot be loaded ({error})", path=path,
            remedy="install its package again",
        ) from error  # fmt: skip
    return reader
