"""What is new in the transcripts folder, taken into the store a file at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from journeyqual.errors import InputError, JourneyqualError, StoreError, WriteError
from journeyqual.runs.door import Door, Opened, door, opened, opened_there
from journeyqual.runs.result import Progress, RunResult
from journeyqual.store import Interview
from journeyqual.study import Study

if TYPE_CHECKING:
    from journeyqual.runs.pool import Pool

UNSAFE_SUFFIXES = {".part", ".tmp", ".crdownload"}
"""Of files that are still being written."""
File = tuple[Path, str, str]
"""A transcript: where it is, the hash of its name, the hash of its bytes."""


def read_new(study: Study, result: RunResult, tell: Progress, pool: Pool | None = None) -> None:
    """Take in what is new in the transcripts folder; what cannot be read is refused, and told.

    Parameters
    ----------
    study, result, tell
        The open study, what the run has done so far, whom to tell how far it is.
    pool
        Where files are read, if not here.

    Raises
    ------
    StoreError
        If there is no such folder, or the store cannot be written.
    """
    folder = study.config.transcripts
    if not folder.is_dir():
        raise StoreError(
            f"there is no folder {folder.name}/", remedy="make it and put transcripts in"
        )
    known = study.store.interviews()
    before = {(row.source, row.sha256) for row in study.store.refusals().itertuples()}
    study.store.settle_refusals()
    by_source = known.groupby("source")["sha256"].agg(set).to_dict()
    by_content = dict(zip(known["sha256"], known["interview"], strict=True))
    new = [file for file in _files(folder, study.folder) if by_source.get(file[1]) != {file[2]}]
    if not new:
        return
    way = door(study)
    for done, (file, found) in enumerate(_read(study, way, new, by_source, pool)):
        path, source, content = file
        tell("reading", done, len(new))
        try:
            if source in by_source:
                _correct(study, way, file, result, before)
                continue
            if content in by_content:
                raise InputError(
                    f"the same file as interview {by_content[content]}",
                    path=path,
                    remedy="remove one",
                )
            one = found or _opened_here(study, way, path, content)
            result.seconds["units"] = result.seconds.get("units", 0.0) + one.seconds
            if one.refused:
                _refuse(study, result, file, one.refused, one.kind, before)
                continue
            result.begin()
            study.store.add_interviews(one.interviews, source=source, sha256=content)
            result.read.extend(interview.name for interview in one.interviews)
            result.notes.extend(one.notes)
            by_content[content] = path.stem
        except WriteError:
            raise
        except JourneyqualError as error:
            _refuse(study, result, file, str(error), type(error).__name__, before)
    tell("reading", len(new), len(new))


def _files(folder: Path, home: Path) -> Iterator[File]:
    for path in sorted(folder.rglob("*")):
        hidden = path.name.startswith((".", "~$")) or path.suffix in UNSAFE_SUFFIXES
        if not hidden and path.is_file():
            # What a link out of the study leads to is not looked into: it will be refused.
            inside = path.resolve().is_relative_to(home)
            yield path, source_of(path, folder), content_of(path) if inside else ""


def _read(
    study: Study, way: Door, new: list[File], known: dict[str, set[str]], pool: Pool | None
) -> Iterator[tuple[File, Opened | None]]:
    """Yield files with what came of them in the pool; those without are to be read here."""
    if pool is None:
        yield from ((file, None) for file in new)
        return
    # A file goes to the pool unless it is to be held against what is stored.
    far = {
        file[0]: number
        for number, file in enumerate(new)
        if file[1] not in known and file[0].resolve().is_relative_to(study.folder)
    }
    sent = ((path.name, path.read_bytes(), new[number][2]) for path, number in far.items())
    back = pool.each(opened_there, way, sent)
    for file in new:
        yield file, next(back)[1] if file[0] in far else None


def _opened_here(study: Study, way: Door, path: Path, content: str, *, name: str = "") -> Opened:
    if not path.resolve().is_relative_to(study.folder):
        raise InputError("a link that leads out of the study", path=path, remedy="copy the file")
    return opened(way, path, content, name=name)


def _refuse(
    study: Study,
    result: RunResult,
    file: File,
    line: str,
    kind: str,
    before: set[tuple[object, object]],
) -> None:
    _, source, content = file
    result.refused.append(line)
    # Only the kind is kept: the line may name a person, or quote one.
    study.store.refuse(source, content, kind)
    result.newly_refused += (source, content) not in before


def _correct(
    study: Study, way: Door, file: File, result: RunResult, before: set[tuple[object, object]]
) -> None:
    """Put a corrected file's interviews in the place of those it held; codings go along."""
    from journeyqual import anchors

    path, source, content = file
    known = study.store.interviews()
    names = known.loc[known["source"] == source, "interview"].tolist()
    name = names[0] if len(names) == 1 else ""
    found = _opened_here(study, way, path, content, name=name)
    result.seconds["units"] = result.seconds.get("units", 0.0) + found.seconds
    if found.refused:
        _refuse(study, result, file, found.refused, found.kind, before)
        return
    interviews, notes = found.interviews, found.notes
    fresh = [one for one in interviews if one.name not in names]
    gone = set(names) - {one.name for one in interviews}
    if gone:
        raise InputError(
            f"changed since it was read, and no longer holds {', '.join(sorted(gone))}",
            path=path,
            remedy="give it a new name if it is another file; the stored text stands",
        )
    result.begin()
    for one in interviews:
        if one in fresh:
            continue
        old_turns = study.store.turns([one.name])
        old_text = study.store.texts([one.name])[one.name]
        old_units = pd.concat(
            [study.store.units([one.name]), study.store.units([one.name], kind="span")],
            ignore_index=True,
        )
        placed = anchors.place(
            old_units, old_text, one.units, one.text, old_turns=old_turns, new_turns=one.turns
        )
        fresh_units = pd.concat([one.units, anchors.moved_spans(placed)], ignore_index=True)
        placed, fresh_units = anchors.apart(placed, fresh_units)
        whole = Interview(one.turns, fresh_units, one.text, one.starts)
        lost_before = len(study.store.lost())
        study.store.correct(whole, placed, source=source, sha256=content)
        lost = len(study.store.lost()) - lost_before
        result.corrected.append(one.name)
        result.lost += lost
        codings = study.store.codings(coders=[], interviews=[one.name])
        result.notes.append(
            f"{path.name}: corrected; {len(codings)} codings by people went along"
            + (f", {lost} lost their words" if lost else "")
        )
    if fresh:
        study.store.add_interviews(fresh, source=source, sha256=content)
        result.read.extend(one.name for one in fresh)
    result.notes.extend(notes)


def source_of(path: Path, folder: Path) -> str:
    """Return what a file is known by again: the hash of its name, which may hold a person's."""
    return hashlib.sha256(path.relative_to(folder).as_posix().encode()).hexdigest()


def content_of(path: Path) -> str:
    """Return the hash of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
