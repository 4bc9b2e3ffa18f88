"""A study's own files, read into frozen values: study.toml, participants, metrics.

Everything here is data from a person, perhaps a stranger: unknown fields are refused, and no file
outside the
study's folder is ever named by it.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from journeyqual import codebook as books
from journeyqual import theme as themes
from journeyqual.codebook import Codebook, known, read_toml, text
from journeyqual.errors import ConfigError
from journeyqual.reading.limits import Limits
from journeyqual.reading.limits import from_table as limits_of
from journeyqual.schema import METRICS, PARTICIPANTS, check, read_csv

STUDY_FILE = "study.toml"
_OWN = ("store", "cache", "reports", "notebooks", "labels")
"""Folders of a study that are read and written by their names."""
DEFAULT_ENCODER = "minilm"
FORMATS = ("pdf", "pptx", "xlsx", "png", "svg", "csv")
"""What reports can be written as beside HTML."""
DETECTORS = ("list", "presidio")
RETENTIONS = ("withdraw", "erase")
"""What a run does with a participant whose consent has ended."""
_YES = {"yes", "true", "1", "y", ""}
_NO = {"no", "false", "0", "n"}


@dataclass(frozen=True)
class Config:
    """What a study's ``study.toml`` says, with every default filled in.

    Parameters
    ----------
    folder
        The study's folder; every other path lies inside it.
    title, note
        What reports are headed with; the note stands on every report ("These interviews are
        invented.").
    codebook_file, participants_file, metrics_file, names_file
        The study's other files; those that are optional may be absent.
    transcripts
        The folder that interviews are dropped into.
    interviewers
        Names or shell-style patterns of speakers who ask.
    owners
        File name to participant, for files whose name is not their participant.
    seed, draws, thin_below, by
        Of the curve: seed and number of bootstrap draws, participants below which a stage is thin,
        and the
        attribute of participants that segments are shown by (blank: none).
    period
        The attribute that tells in which wave somebody was interviewed (blank: none).
    theme
        Logo, colours and font of the reports.
    limits
        How much a transcript, or another program's project, may ask of the machine.
    formats
        What a run writes beside the pages: any of `FORMATS`.
    language
        The code of the language that labels of reports are in (``de``); blank is English.
    encoder
        ``minilm``, or a folder with a sentence-transformers model.
    store_variable
        Environment variable that holds the address of a team's database; blank is a file of the
        study's own.
    """

    folder: Path
    title: str
    note: str
    codebook_file: Path
    participants_file: Path
    metrics_file: Path
    names_file: Path
    transcripts: Path
    interviewers: tuple[str, ...]
    owners: dict[str, str]
    seed: int
    draws: int
    thin_below: int
    by: str
    encoder: str
    store_variable: str = ""
    period: str = ""
    theme: themes.Theme = themes.DEFAULT
    limits: Limits = field(default_factory=Limits)
    formats: tuple[str, ...] = ()
    language: str = ""
    detector: str = DETECTORS[0]
    keep: tuple[str, ...] = ()
    retention: str = RETENTIONS[0]

    def participant_of(self, path: Path) -> str:
        """Return whose interview a file is: as ``study.toml`` says, else its file name's stem."""
        return self.owners.get(path.name, path.stem)

    def store_address(self) -> str:
        """Return the address of the team's database; blank is the study's own file.

        Raises
        ------
        ConfigError
            If the environment does not say it.
        """
        if self.store_variable and not os.environ.get(self.store_variable):
            raise ConfigError(
                f"the store's address is not set: the environment has no {self.store_variable}",
                path=self.folder / STUDY_FILE,
                remedy=f"export {self.store_variable}=postgresql://USER:PASSWORD@HOST/DATABASE",
            )
        return os.environ.get(self.store_variable, "") if self.store_variable else ""

    def codebook(self) -> Codebook:
        """Read the study's codebook."""
        return books.load(self.codebook_file)

    def participants(self, today: date | None = None) -> pd.DataFrame:
        """Read ``participants.csv``: consent as true or false, attributes as they stand.

        Parameters
        ----------
        today
            Whose ``consent_until`` lies before it agrees to nothing any more; None lets the date
            stand as it is written.

        Returns
        -------
        DataFrame
            ``participant, consent_analyse, consent_quote, consent_until`` (``2027-12-31``, the last
            day; blank is without end), then any attributes. Empty if there is no file.

        Raises
        ------
        ConfigError
            If the file contradicts itself, or lacks an attribute that ``study.toml`` names.
        """
        if not self.participants_file.exists():
            self._known_attributes([])
            return PARTICIPANTS.empty()
        frame = read_csv(self.participants_file, PARTICIPANTS)
        self._known_attributes([c for c in frame.columns if c not in PARTICIPANTS.names])
        twice = frame["participant"].str.casefold().duplicated()
        if twice.any():
            row = int(twice.to_numpy().argmax())
            raise ConfigError(
                f"{frame['participant'].iloc[row]!r} stands twice, letter case apart",
                path=self.participants_file,
                line=row + 2,
            )
        for column in ("consent_analyse", "consent_quote"):
            given = frame[column].str.strip().str.lower()
            wrong = ~given.isin(_YES | _NO)
            if wrong.any():
                row = int(wrong.to_numpy().argmax())
                raise ConfigError(
                    f"{frame[column].iloc[row]!r} is neither yes nor no",
                    path=self.participants_file,
                    line=row + 2,
                    column=column,
                )
            frame[column] = ~given.isin(_NO)
        until = [self._last_day(day, row) for row, day in enumerate(frame["consent_until"])]
        if today is not None:
            over = pd.Series([day is not None and day < today for day in until], frame.index)
            for column in ("consent_analyse", "consent_quote"):
                frame[column] = frame[column] & ~over
        return frame

    def _last_day(self, given: str, row: int) -> date | None:
        try:
            return date.fromisoformat(given.strip()) if given.strip() else None
        except ValueError:
            raise ConfigError(
                f"{given!r} is no date",
                path=self.participants_file,
                line=row + 2,
                column="consent_until",
                remedy="write 2027-12-31, the last day",
            ) from None

    def _known_attributes(self, names: list[str]) -> None:
        for key, value in (("by", self.by), ("period", self.period)):
            if value and value not in names:
                raise ConfigError(
                    f"{key} = {value!r} names no attribute in {self.participants_file.name}",
                    path=self.folder / STUDY_FILE,
                    remedy=f"it has {', '.join(names)}" if names else "add a column so called",
                )

    def metrics(self) -> pd.DataFrame:
        """Read ``metrics.csv``, the numbers to be explained. Empty if there is no file."""
        if not self.metrics_file.exists():
            return METRICS.empty()
        frame = read_csv(self.metrics_file, METRICS)
        stages = self.codebook().stage_names
        strange = ~frame["stage"].isin({*stages, ""})
        if strange.any():
            row = int(strange.to_numpy().argmax())
            raise ConfigError(
                f"{frame['stage'].iloc[row]!r} is no stage of the codebook",
                path=self.metrics_file,
                line=row + 2,
                column="stage",
                remedy=f"it has {', '.join(stages)}",
            )
        return check(frame, METRICS)


def load(folder: str | Path) -> Config:
    """Read ``study.toml`` of a study folder.

    Raises
    ------
    ConfigError
        If there is none, a field is unknown or of the wrong kind, or a path leads out of the
        folder.
    """
    folder = Path(folder).resolve()
    path = folder / STUDY_FILE
    if not path.exists():
        raise ConfigError(
            f"{folder.name} is no study folder: it has no {STUDY_FILE}",
            remedy=f"make one with: journeyqual init {folder.name}",
        )
    _no_way_out(folder)
    data = read_toml(path, "study")
    try:
        return _config(folder, data)
    except ConfigError as error:
        raise ConfigError(error.message, path=path, remedy=error.remedy) from None


def _no_way_out(folder: Path) -> None:
    """Refuse a folder in which what is read or written is a link to somewhere else.

    A study may come from a stranger: a link would let it read any file, or have one overwritten.
    """
    places = [folder / STUDY_FILE, *(folder / name for name in _OWN)]
    for name in _OWN:
        # Their files are written under names that a stranger can know.
        if (folder / name).is_dir():
            places += (folder / name).iterdir()
    for place in places:
        if place.is_symlink() and not place.resolve().is_relative_to(folder):
            raise ConfigError(
                f"{place.relative_to(folder).as_posix()} is a link that leads out of the study",
                remedy="put what it leads to into the study, or take the link away",
            )


def _config(folder: Path, data: dict[str, Any]) -> Config:
    known(
        data,
        {
            "title",
            "note",
            "codebook",
            "participants",
            "metrics",
            "seed",
            "transcripts",
            "privacy",
            "curve",
            "models",
            "store",
            "theme",
            "reports",
            "limits",
        },
        "study.toml",
    )
    transcripts = _table(data, "transcripts", {"folder", "interviewers", "participants"})
    privacy = _table(data, "privacy", {"names", "detector", "keep", "retention"})
    curve = _table(data, "curve", {"draws", "thin_below", "by", "period"})
    models = _table(data, "models", {"encoder"})
    store = _table(data, "store", {"url"})
    interviewers = transcripts.get("interviewers", [])
    if not isinstance(interviewers, list) or not all(isinstance(i, str) for i in interviewers):
        raise ConfigError("'interviewers' is not a list of names", remedy='write ["Name", "Int*"]')
    owners = transcripts.get("participants", {})
    if not isinstance(owners, dict) or not all(isinstance(o, str) and o for o in owners.values()):
        raise ConfigError(
            "[transcripts.participants] does not map file names to participants",
            remedy='write "file.vtt" = "P01"',
        )

    def inside(table: dict[str, Any], key: str, default: str) -> Path:
        name = text(table, key, "study.toml") or default
        path = (folder / name).resolve()
        if not path.is_relative_to(folder):
            raise ConfigError(f"{key!r} leads out of the study folder: {name}")
        return path

    return Config(
        folder=folder,
        title=text(data, "title", "study.toml") or folder.name,
        note=text(data, "note", "study.toml"),
        codebook_file=inside(data, "codebook", "codebook.toml"),
        participants_file=inside(data, "participants", "participants.csv"),
        metrics_file=inside(data, "metrics", "metrics.csv"),
        names_file=inside(privacy, "names", "names.csv"),
        transcripts=inside(transcripts, "folder", "transcripts"),
        interviewers=tuple(interviewers),
        owners=dict(owners),
        seed=_whole(data, "seed", 0, low=0),
        draws=_whole(curve, "draws", 2000, low=100, high=100_000),
        thin_below=_whole(curve, "thin_below", 5, low=1),
        by=text(curve, "by", "[curve]"),
        period=text(curve, "period", "[curve]"),
        encoder=text(models, "encoder", "[models]") or DEFAULT_ENCODER,
        theme=themes.from_table(
            _table(data, "theme", {"logo", "accent", "second", "font"}), folder
        ),
        formats=_formats(_table(data, "reports", {"formats", "language"})),
        language=text(_table(data, "reports", {"formats", "language"}), "language", "[reports]"),
        limits=limits_of(_dict(data, "limits")),
        store_variable=_variable(text(store, "url", "[store]")),
        detector=_one_of(privacy, "detector", DETECTORS),
        keep=_words(privacy, "keep"),
        retention=_one_of(privacy, "retention", RETENTIONS),
    )


def _one_of(table: dict[str, Any], key: str, allowed: tuple[str, ...]) -> str:
    """Return a value out of a closed set; the first is the default."""
    value = table.get(key, allowed[0])
    if value not in allowed:
        raise ConfigError(f"{key!r} is {value!r}", remedy=f"write {' or '.join(allowed)}")
    return str(value)


def _words(table: dict[str, Any], key: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
        raise ConfigError(f"{key!r} is not a list of names", remedy='write ["Figma", "Leeds"]')
    return tuple(value)


def _formats(table: dict[str, Any]) -> tuple[str, ...]:
    given = table.get("formats", [])
    if not isinstance(given, list) or not set(map(str, given)) <= {"html", *FORMATS}:
        raise ConfigError(
            "'formats' of [reports] is no list of formats",
            remedy=f"there is {', '.join(FORMATS)}; HTML is always written",
        )
    return tuple(name for name in FORMATS if name in given)


def _variable(url: str) -> str:
    """Return the environment variable that a store's address is in.

    A study folder may come from a stranger, and is shared: it must neither make this machine call
    somewhere nor hold a password.
    """
    if not url:
        return ""
    found = re.fullmatch(r"\$([A-Za-z_][A-Za-z0-9_]*)", url)
    if found is None:
        raise ConfigError(
            "the store's address stands in the study's file",
            remedy='put it into an environment variable, and write url = "$JOURNEYQUAL_STORE"',
        )
    return found[1]


def _dict(data: dict[str, Any], key: str) -> dict[str, Any]:
    table = data.get(key, {})
    if not isinstance(table, dict):
        raise ConfigError(f"{key!r} is not a table", remedy=f"write it as [{key}]")
    return table


def _table(data: dict[str, Any], key: str, allowed: set[str]) -> dict[str, Any]:
    table = _dict(data, key)
    known(table, allowed, f"[{key}]")
    return table


def _whole(
    table: dict[str, Any], key: str, default: int, *, low: int, high: int = 2**32 - 1
) -> int:
    value = table.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ConfigError(
            f"{key!r} is {value!r}", remedy=f"give a whole number from {low} to {high}"
        )
    return value
