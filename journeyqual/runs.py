"""One incremental run: read what is new, code it, bring the reports up to date, write it down.

An interview is read once, keyed by the content of its file; its text is frozen then. It is coded
once by each coder under a codebook; the stage coder is another one whenever people have taught it
otherwise. A report is made again when what it shows has changed.

The file is over 400 lines because reading, coding and reporting share one result and one order.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from journeyqual import change, schema
from journeyqual.errors import InputError, JourneyqualError, ReportError, StoreError
from journeyqual.store import Interview, now
from journeyqual.study import CACHE, STORE_FILE, MachineCoder, Study

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how far it is, and how much there is."""

BATCH = 4000
"""Units coded at a time: memory stays flat in the number of interviews."""
TEMPLATES = ("emotional_journey", "why", "journey_map", "four_questions")
"""Reports that every study has; `_templates` tells which others."""
UNSAFE_SUFFIXES = {".part", ".tmp", ".crdownload"}


@dataclass
class RunResult:
    """What one run did.

    Parameters
    ----------
    read, corrected
        Interviews taken in, and those whose file was corrected since.
    lost
        Codings by people whose words a correction took away; the store keeps them apart.
    coded
        Units coded.
    learned_from
        Units coded by people that the stage coder learned from before it coded in this run.
    changed
        With ``full``: units whose stage changed.
    themes, proposed
        Themes discovered in this run; new ones that wait for a person to accept them.
    moved
        In words: stages whose point moved beyond the interval that the last run showed.
    refused, newly_refused
        One line a file that could not be taken in; how many of them no earlier run had refused.
    notes
        Things a person should know (whom the reader took for the interviewer).
    reports
        Reports written.
    seconds
        Time by step.
    number
        The run's number in the ledger; 0 if there was nothing to write down.
    """

    read: list[str] = field(default_factory=list)
    corrected: list[str] = field(default_factory=list)
    lost: int = 0
    coded: int = 0
    learned_from: int = 0
    changed: int = 0
    themes: int = 0
    proposed: int = 0
    moved: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    newly_refused: int = 0
    notes: list[str] = field(default_factory=list)
    reports: list[Path] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    number: int = 0

    @property
    def nothing_new(self) -> bool:
        """Whether the run found everything as the last one left it."""
        done = self.read or self.corrected or self.coded or self.themes or self.proposed
        return not (done or self.reports)


def run(
    study: Study,
    *,
    full: bool = False,
    report: bool = True,
    reports_folder: Path | None = None,
    progress: Progress | None = None,
) -> RunResult:
    """Bring a study up to date.

    Parameters
    ----------
    study
        An open study.
    full
        Code everything again and make every report again.
    report
        Whether to make reports at all.
    reports_folder
        Where reports go, if not into the study's own ``reports/``.
    progress
        Told how far long steps are.

    Returns
    -------
    RunResult
        What came in, what was coded, what was refused and why.

    Raises
    ------
    JourneyqualError
        If the study's files contradict themselves, a model is missing, or a report fails. Single
        transcripts that
        cannot be read are refused in the result, and the others go on.
    """
    tell = progress or (lambda what, done, total: None)
    with _alone(study):
        return _run(study, tell, full, report, reports_folder)


@contextmanager
def _alone(study: Study) -> Iterator[None]:
    """Let one run at a time work on a study; the lock goes with the process that holds it."""
    from filelock import FileLock, Timeout

    path = study.folder / STORE_FILE.parent / "run.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(path, timeout=0):
            yield
    except Timeout as error:
        raise StoreError(
            f"another run is at work on {study.folder.name}",
            remedy="wait for it; nothing was touched",
        ) from error


def _run(
    study: Study, tell: Progress, full: bool, report: bool, reports_folder: Path | None
) -> RunResult:
    result = RunResult()
    started = now()
    with _timed(result, "read"):
        _read_new(study, result, tell)
    # Units are cut while a file is read; they are told apart.
    result.seconds["read"] -= result.seconds.get("units", 0.0)
    if result.read or result.corrected:
        study.keep_codebook()
    with _timed(result, "code"):
        _code_new(study, result, tell, full=full)
    gone = study.outdated()
    if gone:
        result.notes.append(
            f"{gone} units that people coded stand at stages which the codebook no longer has; "
            "their codings wait: see study.flags()"
        )
    if study.store.state()[1]:
        with _timed(result, "themes"):
            _themes(study, result, tell)
    folder = reports_folder or study.folder / "reports"
    failed: JourneyqualError | None = None
    if report and study.store.state()[1]:
        try:
            _report(study, result, tell, folder, full=full)
        except JourneyqualError as error:
            # What came in and was coded is stored by now, and has to stand in the ledger.
            failed = error
            result.reports.clear()
    if failed is None and study.store.state()[1] and not result.nothing_new:
        # After the reports: who withdraws moves a curve, and nothing has come in.
        result.moved = change.in_words(study.changed())
    if not result.nothing_new or result.newly_refused:
        result.number = study.store.add_run(
            started_at=started,
            finished_at=now(),
            outcome="no reports" if failed else "refused some" if result.refused else "done",
            interviews_in=len(result.read),
            units_coded=result.coded,
            refused=len(result.refused),
            detail={
                "read": result.read,
                "corrected": result.corrected,
                "lost": result.lost,
                "coders": list(study.coders),
                "codebook": study.codebook_version,
                "seed": study.config.seed,
                "themes": result.themes,
                "proposed": result.proposed,
                "moved": result.moved,
                "seconds": {k: round(v, 2) for k, v in result.seconds.items()},
                # Nobody has seen a curve that no report was made of.
                **(study.snapshot() if study.store.state()[1] and failed is None else {}),
            },
        )
        if result.reports:
            from journeyqual.reports import pages

            # Once more: this run stands in the ledger now, and what moved in it.
            pages.write_index(study, folder)
    if failed is not None:
        raise failed
    return result


@contextmanager
def _timed(result: RunResult, step: str) -> Iterator[None]:
    begun = time.perf_counter()
    try:
        yield
    finally:
        result.seconds[step] = result.seconds.get(step, 0.0) + time.perf_counter() - begun


# -- reading ------------------------------------------------------------------------------------


def _read_new(study: Study, result: RunResult, tell: Progress) -> None:
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
    people = study.listed_participants()
    files = sorted(
        p
        for p in folder.rglob("*")
        if p.is_file() and not p.name.startswith((".", "~$")) and p.suffix not in UNSAFE_SUFFIXES
    )
    new = []
    for path in files:
        source = hashlib.sha256(path.relative_to(folder).as_posix().encode()).hexdigest()
        content = _sha256(path)
        if by_source.get(source) != {content}:
            new.append((path, source, content))
    for done, (path, source, content) in enumerate(new):
        tell("reading", done, len(new))
        try:
            if source in by_source:
                _correct(study, path, source, content, people, result)
                continue
            if content in by_content:
                raise InputError(
                    f"the same file as interview {by_content[content]}",
                    path=path,
                    remedy="remove one",
                )
            _take_in(study, path, source, content, people, result)
            by_content[content] = path.stem
        except JourneyqualError as error:
            result.refused.append(str(error))
            # Only the kind is kept: the line may name a person, or quote one.
            study.store.refuse(source, content, type(error).__name__)
            result.newly_refused += (source, content) not in before
    tell("reading", len(new), len(new))


def _take_in(
    study: Study, path: Path, source: str, content: str, people: pd.DataFrame, result: RunResult
) -> None:
    interviews, notes = _opened(study, path, content, people, result)
    study.store.add_interviews(interviews, source=source, sha256=content)
    result.read.extend(one.name for one in interviews)
    result.notes.extend(notes)


def _correct(
    study: Study, path: Path, source: str, content: str, people: pd.DataFrame, result: RunResult
) -> None:
    """Put a corrected file's interviews in the place of those it held; codings go along."""
    from journeyqual import anchors

    known = study.store.interviews()
    names = known.loc[known["source"] == source, "interview"].tolist()
    interviews, notes = _opened(
        study, path, content, people, result, name=names[0] if len(names) == 1 else ""
    )
    fresh = [one for one in interviews if one.name not in names]
    gone = set(names) - {one.name for one in interviews}
    if gone:
        raise InputError(
            f"changed since it was read, and no longer holds {', '.join(sorted(gone))}",
            path=path,
            remedy="give it a new name if it is another file; the stored text stands",
        )
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
        before = study.store.lost()
        study.store.correct(whole, placed, source=source, sha256=content)
        lost = len(study.store.lost()) - len(before)
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


def _opened(
    study: Study,
    path: Path,
    content: str,
    people: pd.DataFrame,
    result: RunResult,
    *,
    name: str = "",
) -> tuple[list[Interview], list[str]]:
    """Read a file into pseudonymised interviews, and what a person should know of them.

    ``name`` is the id that the file's one interview has already.
    """
    from journeyqual import privacy, reading
    from journeyqual.units import from_turns, stored_text

    if not path.resolve().is_relative_to(study.folder):
        raise InputError("a link that leads out of the study", path=path, remedy="copy the file")
    owner = study.config.owners.get(path.name, "")
    found = reading.read_turns(
        path, participant=owner or path.stem, interviewers=study.config.interviewers
    )
    names = study.names()
    raw = found.turns
    if raw["interview"].nunique() == 1 and (name or owner):
        raw = raw.assign(interview=name or _interview_id(path.stem, owner, content))
    if raw["interview"].nunique() > 1:
        for person in raw["participant"].unique():
            # A survey's own column of names: whom the list does not hide gets a stand-in.
            if privacy.is_full_name(person):
                own = raw.loc[raw["participant"] == person, "text"]
                names.setdefault(person, privacy.stand_in("\n".join(own)))
    turns = privacy.pseudonymise(raw, names)
    pairs = list(zip(raw["participant"], turns["participant"], strict=True))
    agreed = {pair: _may_analyse(people, path, *pair) for pair in dict.fromkeys(pairs)}
    allowed = turns[[agreed[pair] for pair in pairs]]
    if allowed.empty:
        raise InputError("its participant did not agree to be analysed", path=path)
    with _timed(result, "units"):
        units = from_turns(allowed)
    interviews = []
    for interview, own in allowed.groupby("interview", sort=False):
        if not (units["interview"] == interview).any():
            raise InputError("no participant says anything in it", path=path)
        text, starts = stored_text(own)
        interviews.append(Interview(own, units[units["interview"] == interview], text, starts))
    # Notes may name people: they are told to whoever runs this, and never stored.
    return interviews, [f"{path.name}: {note}" for note in found.notes]


def _interview_id(stem: str, owner: str, content: str) -> str:
    """Return an interview's id where study.toml names its participant.

    A file name like ``anna-2026-03-04`` may hold the very name that is to be hidden, so it serves
    as an id only if nothing but the participant's id and digits is in it.
    """
    rest = stem.replace(owner, "") if owner in stem else stem
    bare = owner in stem and not any(char.isalpha() for char in rest)
    return stem if bare else f"{owner}-{content[:6]}"


def _may_analyse(people: pd.DataFrame, path: Path, before: str, after: str) -> bool:
    """Tell whether a participant, by the name in the file or the pseudonym, agreed."""
    ids = people["participant"].str.casefold()
    rows = people[ids.isin({before.casefold(), after.casefold()})]
    if len(rows) and after.casefold() not in set(ids):
        # Later, consent is looked up by the pseudonym: it must not get lost on the way.
        raise InputError(
            "participants.csv knows its participant by a name that is hidden here",
            path=path,
            remedy="give the name a pseudonym in names.csv",
        )
    return bool(rows["consent_analyse"].all())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# -- coding -------------------------------------------------------------------------------------


def _code_new(study: Study, result: RunResult, tell: Progress, *, full: bool) -> None:
    # Read once: codings that people add meanwhile are the next run's.
    tags = study.tags()
    todo = {
        coder: study.store.interviews()["interview"].tolist()
        if full
        else study.store.uncoded(coder.key)
        for coder in study.machine_coders(tags)
    }
    if not any(todo.values()):
        return
    stages = any(interviews and "stage" in coder.dimensions for coder, interviews in todo.items())
    result.learned_from = len(tags) if stages else 0
    before = study.resolved().set_index("unit_id")["machine_stage"] if full else None
    units = study.store.units(sorted(set().union(*todo.values())))
    work = _Coding(study, tags)
    for batch in _batches(units):
        for coder, interviews in todo.items():
            own = batch[batch["interview"].isin(interviews)]
            if own.empty:
                continue
            coded = work.code(
                coder, own, lambda done: tell("coding", result.coded + done, len(units))
            )
            if before is not None and "stage" in coder.dimensions:
                was = before.reindex(coded["unit_id"]).to_numpy()
                result.changed += int((was != coded["stage"].to_numpy()).sum())
        result.coded += len(batch)
        tell("coding", result.coded, len(units))


class _Coding:
    """The coders at work, each loaded once, and what has to be read along with every batch."""

    def __init__(self, study: Study, tags: pd.DataFrame) -> None:
        from journeyqual import coding

        loaded = coding.default_coders(study.encoder, tags=tags, cache=study.vectors)
        self.study = study
        self.coders = {coder.name: coder for coder in loaded}
        # A unit is read in the light of its neighbours, and so is one that people coded: the
        # coder must see the interviews it learns from whole, or the same interview would be coded
        # differently in another batch.
        told = sorted(tags["interview"].unique())
        self.told = study.store.units(told) if told else schema.UNITS.empty()

    def code(
        self, coder: MachineCoder, units: pd.DataFrame, tell: Callable[[int], None]
    ) -> pd.DataFrame:
        """Code whole interviews on one coder's dimensions, store that, and return it by unit."""
        from journeyqual import coding

        rows = units
        if "stage" in coder.dimensions and len(self.told):
            along = self.told[~self.told["interview"].isin(units["interview"])]
            rows = pd.concat([units, along]) if len(along) else units
        columns = self.coders[coder.name].code(
            schema.check(rows, schema.UNITS_IN),
            self.study.codebook,
            lambda done, _of: tell(min(done, len(units))),
        )
        coded = columns.iloc[: len(units)].assign(unit_id=units["unit_id"].to_numpy())
        whole = coded.assign(
            coder=coder.name, **{c: v for c, v in _OTHERS.items() if c not in coded}
        )
        codings = coding.to_codings(whole, self.study.codebook, coded_at=now()).assign(
            codebook_version=self.study.codebook_version
        )
        self.study.store.add_codings(
            codings[codings["dimension"].isin(coder.dimensions)],
            done=(units["interview"].unique().tolist(), coder.key),
        )
        return coded


_OTHERS: dict[str, Any] = {
    "stage": "",
    "stage_confidence": 0.0,
    "unsure": False,
    "touchpoint": "",
    "valence": 0.0,
    "emotion": "neutral",
    "emotions_fine": "neutral",
}
"""Stands where another coder's columns belong, to make the table whole; never stored."""


def _batches(units: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Whole interviews, a few thousand units at a time: neighbours must stay together."""
    held: list[pd.DataFrame] = []
    size = 0
    for _, own in units.groupby("interview", sort=False):
        held.append(own)
        size += len(own)
        if size >= BATCH:
            yield pd.concat(held, ignore_index=True)
            held, size = [], 0
    if held:
        yield pd.concat(held, ignore_index=True)


# -- themes -------------------------------------------------------------------------------------


def _themes(study: Study, result: RunResult, tell: Progress) -> None:
    """Discover themes where there are none yet; give new units theirs; gather what is new."""
    before = study.themes.table()
    study.themes.discover(progress=tell)
    study.themes.update()
    fresh = study.themes.table()
    fresh = fresh[~fresh["theme"].isin(before["theme"])]
    result.proposed = int((fresh["status"] == "proposed").sum())
    result.themes = len(fresh) - result.proposed


# -- reports ------------------------------------------------------------------------------------


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
    from journeyqual.errors import ReportError
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


def _report(study: Study, result: RunResult, tell: Progress, folder: Path, *, full: bool) -> None:
    """Make the reports whose inputs have changed since they were last made."""
    from journeyqual import reports
    from journeyqual.reports import formats, pages

    stamp = study.folder / CACHE / "reports.txt"
    # Of this folder: what stands in another one may be of an earlier state. A file that was refused
    # changes no result, but pages tell of it.
    state = f"{study.fingerprint} {len(study.store.refusals())} {_within(study, folder)}"
    made = stamp.exists() and stamp.read_text(encoding="utf-8").split("\n")
    if not full and made and made[0] == state and all((folder / n).exists() for n in made[1:]):
        return
    _writable(folder)
    with _timed(result, "results"):
        templates = _templates(study, folder)
        study.evidence()
        # Word by word is slow where quotes are long: told here, where somebody may be watching.
        study.moved(progress=lambda done, of: tell("explaining quotes", done, of))
    total = len(templates) + 1
    for done, name in enumerate(templates):
        tell("writing reports", done, total)
        result.reports.append(
            reports.make_report(study.folder, template=name, out_dir=folder, seconds=result.seconds)
        )
    tell("writing reports", len(templates), total)
    with _timed(result, "pages"):
        result.reports += pages.write_teams(study, folder)
        result.reports.append(pages.write_index(study, folder))
    wanted = _formats(study, result, folder)
    if wanted:
        printed = [page for page in result.reports if page.name != pages.INDEX]
        with _timed(result, "formats"):
            result.reports += formats.export(study, folder, formats=wanted, pages=printed)
    tell("writing reports", total, total)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    names = [path.relative_to(folder).as_posix() for path in result.reports]
    stamp.write_text("\n".join([state, *names]), encoding="utf-8")
