"""One participant erased everywhere: file, text, codings, caches, reports, copies, the key.

Before the first thing goes, a note is left in ``store/erasing.json``: the pseudonym and hashes of
word sequences, no words. While it lies there, a run refuses to work. Every step can be done twice,
so an erasure that was cut short is ended by asking for it again. It is over when no file of the
study, and no text of its database, holds one of the participant's word sequences; only then the
ledger says so, with the pseudonym and the date.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeyqual.erasure import files
from journeyqual.erasure.hiding import Hidden, hide_stored, reports_in, would_hide
from journeyqual.erasure.words import UnreadableError, sequences, stands_in
from journeyqual.errors import InputError, StoreError
from journeyqual.store import now

if TYPE_CHECKING:
    from journeyqual.study import Study

__all__ = ["Erased", "Hidden", "forget", "hide_stored", "pending", "would_hide"]

NOTE = Path("store") / "erasing.json"
Step = Callable[[str], None]


@dataclass(frozen=True)
class Erased:
    """What an erasure did.

    Parameters
    ----------
    participant
        The pseudonym.
    files
        Names of the raw files that were deleted; they may hold a name: to be shown, not kept.
    rows
        Rows that left the database.
    sequences, looked_into
        Word sequences that were searched for, and files that were searched.
    notes
        What a person has to see to: what lies outside the study's folder.
    """

    participant: str
    files: tuple[str, ...]
    rows: int
    sequences: int
    looked_into: int
    notes: tuple[str, ...]


def pending(folder: Path) -> str:
    """Return the participant whose erasure was cut short; blank if there is none."""
    file = folder / NOTE
    return str(_noted(file)["participant"]) if file.exists() else ""


def forget(
    study: Study,
    participant: str,
    *,
    reports: Sequence[Path] = (),
    step: Step | None = None,
) -> Erased:
    """Erase a participant from a study, and prove it by searching every file for their words.

    Parameters
    ----------
    study
        An open study; open it anew afterwards.
    participant
        The pseudonym, as the store has it.
    reports
        Folders outside the study that its reports were written to: what bears a report's name is
        deleted there, and everything in them is searched.
    step
        Told before each step.

    Raises
    ------
    InputError
        If nobody is called so, a raw file holds others, too, or a folder of reports is none: then
        nothing is touched.
    StoreError
        If another run is at work, another erasure was cut short, or words are left in files that
        are the researcher's own: then the files are named, and asking again goes on from there.
    """
    tell = step or (lambda what: None)
    with study.store.ledger.alone():
        note = _begin(study, participant, reports)
        elsewhere = [*map(Path, note["elsewhere"]), *(one.resolve() for one in reports)]
        elsewhere = [one for one in dict.fromkeys(elsewhere) if one.is_dir()]
        said, salt = frozenset(note["sequences"]), str(note["salt"])
        tell("raw files")
        raw = _raw_files(study, participant, note)
        for path in raw:
            path.unlink()
        tell("database")
        rows = study.store.erasure.erase(participant)
        tell("copies of the database")
        rows += files.erase_copies(study.folder, participant)
        tell("caches")
        shutil.rmtree(study.folder / "cache", ignore_errors=True)
        tell("reports")
        made = [path for folder in elsewhere for path in files.reports_elsewhere(folder)]
        for path in dict.fromkeys([*reports_in(study.folder / "reports"), *made]):
            path.unlink()
        tell("lists")
        files.erase_from_lists(study.config, participant)
        files.clear_outputs(study.folder / "notebooks", said, salt)
        tell("search")
        searched = _prove(study, participant, said, salt, elsewhere)
        study.store.add_run(
            started_at=note["begun"], finished_at=now(), outcome=f"erased {participant}",
            interviews_in=0, units_coded=0, refused=0, detail={"erased": participant},
        )  # fmt: skip
        (study.folder / NOTE).unlink()
    names = tuple(path.name for path in raw)
    return Erased(participant, names, rows, len(said), searched, _outside(study))


# -- before anything goes ---------------------------------------------------------------------


def _begin(study: Study, participant: str, reports: Sequence[Path]) -> dict[str, Any]:
    """Return the note of an erasure that was cut short, or leave one."""
    file = study.folder / NOTE
    for folder in reports:
        if not folder.is_dir():
            raise InputError(f"there is no folder {folder}", remedy="nothing was touched")
    if file.exists():
        note = _noted(file)
        if note["participant"] != participant:
            raise StoreError(
                f"the erasure of {note['participant']} was cut short",
                remedy=f"end it first: journeyqual forget {note['participant']} --yes",
            )
        return note
    here = study.store.erasure.interviews(participant)
    if not here and not _named_after(study, participant):
        known = sorted(study.store.interviews()["participant"].unique())
        near = get_close_matches(participant, known, n=1)
        raise InputError(
            f"there is no participant {participant}",
            remedy=f"did you mean {near[0]}?" if near else None,
        )
    turns = study.store.turns()
    own = turns["interview"].isin(list(here)) & (turns["role"] == "participant")
    salt = secrets.token_hex(16)
    said = sequences(turns.loc[own, "text"], salt)
    # Earlier versions of a corrected transcript have words of their own.
    said |= sequences(study.store.erasure.earlier(list(here)), salt)
    said -= sequences(turns.loc[~own, "text"], salt)
    note = {
        "participant": participant, "begun": now(), "salt": salt, "sequences": sorted(said),
        "sources": sorted({source for source, _ in here.values()}),
        "contents": sorted({content for _, content in here.values()}),
        # Asked for again without them, it still goes there.
        "elsewhere": [str(folder.resolve()) for folder in reports],
    }  # fmt: skip
    _alone_in_files(study, participant, note)
    file.parent.mkdir(exist_ok=True)
    half = file.with_suffix(".half")
    with half.open("w", encoding="utf-8") as out:
        json.dump(note, out)
        out.flush()
        os.fsync(out.fileno())
    half.replace(file)
    return note


def _noted(file: Path) -> dict[str, Any]:
    try:
        note: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        keys = ("participant", "begun", "salt", "sequences", "sources", "contents")
        return {key: note[key] for key in keys} | {"elsewhere": list(note.get("elsewhere", []))}
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise StoreError(
            "an erasure was cut short, and its note cannot be read", path=file,
            remedy="delete it, and ask for the erasure again",
        ) from error  # fmt: skip


def _alone_in_files(study: Study, participant: str, note: dict[str, Any]) -> None:
    """Refuse while a raw file holds this participant's words and others', too."""
    known = study.store.interviews()
    others = set(known.loc[known["participant"] != participant, "source"])
    said, salt = frozenset(note["sequences"]), str(note["salt"])
    for path in _transcripts(study):
        if _source(study, path) in others and stands_in(path, said, salt):
            raise InputError(
                f"holds other participants beside {participant}", path=path,
                remedy=f"take {participant}'s rows out of it, then ask again; nothing was touched",
            )  # fmt: skip


def _raw_files(study: Study, participant: str, note: dict[str, Any]) -> list[Path]:
    known = study.store.interviews()
    others = set(known.loc[known["participant"] != participant, "source"])
    own = set(_named_after(study, participant))
    out = []
    for path in _transcripts(study):
        source = _source(study, path)
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        mine = source in note["sources"] or content in note["contents"] or path in own
        if mine and source not in others:
            out.append(path)
    return out


def _named_after(study: Study, participant: str) -> list[Path]:
    """Return the files that are a participant's by their name, stored or refused."""
    wanted = participant.casefold()
    owner = study.config.participant_of
    return [path for path in _transcripts(study) if owner(path).casefold() == wanted]


def _transcripts(study: Study) -> Iterator[Path]:
    folder = study.config.transcripts
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())


def _source(study: Study, path: Path) -> str:
    name = path.relative_to(study.config.transcripts).as_posix()
    return hashlib.sha256(name.encode()).hexdigest()


# -- after everything went --------------------------------------------------------------------


def _prove(
    study: Study, participant: str, said: frozenset[str], salt: str, elsewhere: Sequence[Path]
) -> int:
    """Return how many files were searched, none of which holds the participant's words."""
    left, searched = [], 0
    every = {
        path: path.relative_to(home if home == study.folder else home.parent).as_posix()
        for home in (*elsewhere, study.folder)
        for path in sorted(home.rglob("*"))
    }
    for path, name in every.items():
        if path == study.folder / NOTE or not path.is_file():
            continue
        searched += 1
        try:
            if stands_in(path, said, salt):
                left.append(name)
        except UnreadableError:
            left.append(f"{name} (cannot be looked into)")
    tables = {name for name, text in study.store.erasure.texts()
              if not said.isdisjoint(sequences([text], salt))}  # fmt: skip
    left += [f"the table {name}" for name in sorted(tables)]
    if left:
        raise StoreError(
            f"words of {participant} are left in {', '.join(left[:8])}"
            + (f" and {len(left) - 8} more" if len(left) > 8 else ""),
            remedy="take them out or delete the files, then ask again: the erasure goes on there",
        )
    return searched


def _outside(study: Study) -> tuple[str, ...]:
    notes = []
    if any((home / ".git").exists() for home in (study.folder, *study.folder.parents)):
        notes.append("the folder is under version control: its history is not searched")
    if study.config.store_variable:
        notes.append("backups of the team's database are its owner's to erase from")
    notes.append("copies outside this folder (shared reports, exports, backups) are yours to erase")
    return tuple(notes)
