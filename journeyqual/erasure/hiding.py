"""Names that were listed after an interview was stored, taken out of all that the study keeps.

What was stored and made of it is changed or deleted; the raw files and the study's own lists are
the researcher's and stay. Everything can be done twice: cut short, it is asked for again.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from journeyqual.erasure import files
from journeyqual.erasure.words import UnreadableError, views
from journeyqual.privacy.review import finder
from journeyqual.store import now

if TYPE_CHECKING:
    from journeyqual.study import Study

REPORTS = {".html", ".ipynb", ".pdf", ".pptx", ".xlsx", ".png", ".svg", ".csv", ".docx", ".zip"}
"""What a run or a person writes into ``reports/``."""
Places = Callable[[str], Sequence[tuple[int, int, str]]]


@dataclass(frozen=True)
class Hidden:
    """What became of the listed names in what was stored.

    Parameters
    ----------
    places
        How many were replaced, by interview; those in copies from before a migration, which were
        replaced as well, are not counted.
    reports
        Reports that were deleted; the next run makes them without the names.
    left
        Files of the study that may still say a listed name, to be looked at by a person: a name
        that is a word, too, stands in many.
    """

    places: dict[str, int]
    reports: int
    left: tuple[str, ...]


def would_hide(study: Study) -> dict[str, int]:
    """Return how many places of each stored text `hide_stored` would replace."""
    places = finder(study.names())
    texts = study.store.texts(study.store.interviews()["interview"].tolist())
    found = {name: len(places(text)) for name, text in texts.items()}
    return {name: number for name, number in found.items() if number}


def hide_stored(study: Study) -> Hidden:
    """Hide what ``names.csv`` lists in every interview that is stored already.

    Units keep their ids, and with them what people and machines coded; nothing is coded anew.
    Caches and reports, which may quote the name, are deleted.

    Parameters
    ----------
    study
        An open study; open it anew afterwards.

    Raises
    ------
    StoreError
        If a run is at work, or somebody else has the database open and its journal keeps the name.
    ConfigError
        If the list cannot be read.
    """
    with study.store.ledger.alone():
        begun, places = now(), finder(study.names())
        # Copies first: cut short between the two, the store still asks for what is left to do.
        files.hide_in_copies(study.folder, places)
        found = study.store.erasure.hide(places)
        shutil.rmtree(study.folder / "cache", ignore_errors=True)
        gone = reports_in(study.folder / "reports") if found else []
        for path in gone:
            path.unlink()
        left = tuple(_left(study, places))
        if found:
            study.store.add_run(
                started_at=begun, finished_at=now(), outcome="hid names", interviews_in=0,
                units_coded=0, refused=0, detail={"hidden": sum(found.values())},
            )  # fmt: skip
    return Hidden(found, len(gone), left)


def reports_in(folder: Path) -> list[Path]:
    """Return the files in a folder of reports that a run or a person wrote there."""
    return [p for p in folder.rglob("*") if p.suffix.lower() in REPORTS and p.is_file()]


def _left(study: Study, places: Places) -> Iterator[str]:
    """Yield what still says a listed name: files but the researcher's own, and tables."""
    config = study.config
    own = {config.names_file, config.participants_file, study.folder / "study.toml"}
    database = study.folder / "store" / "study.sqlite"
    for path in sorted(study.folder.rglob("*")):
        mine = path.is_relative_to(config.transcripts) or path in own
        if mine or not path.is_file() or path.name.startswith(database.name):
            continue
        name = path.relative_to(study.folder).as_posix()
        try:
            if any(places(view) for view in views(path)):
                yield name
        except UnreadableError:
            yield f"{name} (cannot be looked into)"
    tables = {table for table, text in study.store.erasure.texts() if places(text)}
    # A codebook's own words are the researcher's.
    told = sorted(table for table in tables if table.rpartition(".")[2] != "codebooks")
    yield from (f"the table {table}" for table in told)
