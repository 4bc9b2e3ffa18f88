"""The reports whose inputs have changed since they were last made."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

import pandas as pd

from journeyqual.errors import ReportError
from journeyqual.runs.memory import give_back
from journeyqual.runs.result import Progress, RunResult, timed
from journeyqual.study import CACHE, Study

TEMPLATES = ("emotional_journey", "why", "journey_map", "four_questions")
"""Reports that every study has; `_templates` tells which others."""


STAMP = "reports.txt"
"""File that tells of which state the reports are."""


def _templates(study: Study, folder: Path) -> tuple[str, ...]:
    """Return the reports that this study has something to show in, and those that stand there.

    An older page is not left as it was: it may hold words of somebody who has withdrawn since.
    """
    journey, coded = study.journey, study.coded()
    by = study.config.by
    more = {
        "segments": bool(by) and by in coded and _values(coded[by]) > 1,
        "what_changed": len(study.changed()) > 0 or len(journey.changes()) > 0,
        "agreement": len(study.team.coders()) > 1,
    }
    there = {name for name in more if (folder / f"{name}.html").exists()}
    return (*TEMPLATES, *(name for name, wanted in more.items() if wanted or name in there))


def _values(attribute: pd.Series) -> int:
    """Return how many values an attribute has; blank is none."""
    given = attribute.dropna().astype(str)
    return int(given[given != ""].nunique())


def _formats(study: Study, result: RunResult, folder: Path) -> tuple[str, ...]:
    """Return the formats that the study asks for, and those of which files stand there."""
    from journeyqual.reports import formats
    from journeyqual.reports.formats.pdf import find_browser

    asked = study.config.formats
    more = [kind for kind in formats.standing(folder) if kind not in asked]
    if "pdf" in more:
        try:
            find_browser()
        except ReportError as error:
            more.remove("pdf")
            for old in formats.printed(folder):
                old.unlink()
            result.notes.append(f"PDFs of an earlier state were taken away: {error}")
    return (*asked, *more)


def _within(study: Study, folder: Path) -> str:
    """Return a folder as seen from the study: a study may be moved as a whole."""
    place = folder.resolve()
    inside = place.is_relative_to(study.folder)
    return (place.relative_to(study.folder) if inside else place).as_posix()


def _writable(folder: Path) -> None:
    """Find out before long work that reports could not be kept."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ReportError(
            f"nothing can be written to {folder.name}/ ({(error.strerror or 'refused').lower()})",
            remedy="allow it, or name another folder with --reports; what was coded is stored",
        ) from error


def is_current(study: Study, folder: Path) -> bool:
    """Tell whether the reports that stand in a folder are of the study's present state."""
    stamp = study.folder / CACHE / STAMP
    made = stamp.exists() and stamp.read_text(encoding="utf-8").split("\n")
    return bool(
        made
        and made[0] == _state(study, folder)
        and all((folder / name).exists() for name in made[1:])
    )


def _state(study: Study, folder: Path) -> str:
    # Of this folder: what stands in another one may be of an earlier state. A file that was refused
    # changes no result, but pages tell of it.
    # A language that the study brings along draws its pages anew.
    own = b"".join(p.read_bytes() for p in sorted((study.folder / "labels").glob("*.po")))
    language = hashlib.sha256(own).hexdigest()[:8] if own else "-"
    refused = len(study.store.refusals())
    return f"{study.fingerprint} {refused} {language} {_within(study, folder)}"


def report(study: Study, result: RunResult, tell: Progress, folder: Path, *, full: bool) -> None:
    """Make the reports whose inputs have changed since they were last made."""
    from journeyqual import reports
    from journeyqual.reports import formats, pages

    if not full and is_current(study, folder):
        return
    state = _state(study, folder)
    _writable(folder)
    result.begin()
    before = _prints(folder) if full else {}
    with timed(result, "results"):
        templates = _templates(study, folder)
        study.evidence()
        # Word by word is slow where quotes are long: told here, where somebody may be watching.
        study.moved(progress=lambda done, of: tell("explaining quotes", done, of))
    # Notebooks have processes of their own, which read what stands in the cache.
    study.let_go()
    give_back()
    total = len(templates) + 1
    for done, name in enumerate(templates):
        tell("writing reports", done, total)
        result.reports.append(
            reports.make_report(study.folder, template=name, out_dir=folder, seconds=result.seconds)
        )
        give_back()
    tell("writing reports", len(templates), total)
    parts, gone = reports.remake(study.folder, folder, seconds=result.seconds)
    result.reports += parts
    result.notes += gone
    with timed(result, "pages"):
        result.reports += pages.write_teams(study, folder)
        result.reports.append(pages.write_index(study, folder))
    wanted = _formats(study, result, folder)
    if wanted:
        printed = [page for page in result.reports if page.name != pages.INDEX]
        with timed(result, "formats"):
            result.reports += formats.export(study, folder, formats=wanted, pages=printed)
    tell("writing reports", total, total)
    # The index lists the runs, of which this is one more.
    result.differs += [
        f"the report {name} reads otherwise"
        for name, content in _prints(folder).items()
        if name in before and before[name] != content and name != pages.INDEX
    ]
    names = [path.relative_to(folder).as_posix() for path in result.reports]
    result.made_of = "\n".join([state, *names])


def keep(study: Study, result: RunResult) -> None:
    """Write down what the reports that stand were made of; a run cut short before makes them anew.

    Last of all that a run writes: the index is written once more when the run is in the ledger.
    """
    from journeyqual.reports.formats.files import write

    write(result.made_of.encode(), study.folder / CACHE / STAMP)


def _prints(folder: Path) -> dict[str, str]:
    """Return a hash of every page and notebook that stands in a folder."""
    there = sorted(p for p in folder.glob("*") if p.suffix in (".html", ".ipynb"))
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in there}
