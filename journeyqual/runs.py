"""One incremental run: read what is new, code it, bring the reports up to date, write it down.

An interview is read once, keyed by the content of its file; its text is frozen then. An interview
is coded once
for a set of coders and a codebook. A report is made again when what it shows has changed.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from journeyqual.errors import InputError, JourneyqualError, StoreError
from journeyqual.store import Interview, now
from journeyqual.study import CACHE, Study

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how far it is, and how much there is."""

BATCH = 4000
"""Units coded at a time: memory stays flat in the number of interviews."""
TEMPLATES = ("emotional_journey",)
UNSAFE_SUFFIXES = {".part", ".tmp", ".crdownload"}


@dataclass
class RunResult:
    """What one run did.

    Parameters
    ----------
    read
        Interviews taken in.
    coded
        Units coded.
    changed
        With ``full``: units whose stage changed.
    refused
        One line a file that could not be taken in.
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
    coded: int = 0
    changed: int = 0
    refused: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    reports: list[Path] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    number: int = 0

    @property
    def nothing_new(self) -> bool:
        """Whether the run found everything as the last one left it."""
        return not (self.read or self.coded or self.reports)


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
    result = RunResult()
    started = now()
    tell = progress or (lambda what, done, total: None)
    with _timed(result, "read"):
        _read_new(study, result, tell)
    # Units are cut while a file is read; they are told apart.
    result.seconds["read"] -= result.seconds.get("units", 0.0)
    with _timed(result, "code"):
        _code_new(study, result, tell, full=full)
    if report and study.store.state()[1]:
        _report(study, result, tell, reports_folder or study.folder / "reports", full=full)
    if not result.nothing_new:
        result.number = study.store.add_run(
            started_at=started,
            finished_at=now(),
            outcome="refused some" if result.refused else "done",
            interviews_in=len(result.read),
            units_coded=result.coded,
            refused=len(result.refused),
            detail={
                "read": result.read,
                "coders": list(study.coders),
                "codebook": study.codebook_version,
                "seed": study.config.seed,
                "seconds": {k: round(v, 2) for k, v in result.seconds.items()},
            },
        )
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
    from journeyqual import privacy

    known = study.store.interviews()
    by_source = dict(zip(known["source"], known["sha256"], strict=True))
    by_content = dict(zip(known["sha256"], known["interview"], strict=True))
    people = study.config.participants().set_index("participant")
    files = sorted(
        p
        for p in folder.rglob("*")
        if p.is_file() and not p.name.startswith((".", "~$")) and p.suffix not in UNSAFE_SUFFIXES
    )
    new = []
    for path in files:
        source = hashlib.sha256(path.relative_to(folder).as_posix().encode()).hexdigest()
        content = _sha256(path)
        if by_source.get(source) == content:
            continue
        new.append((path, source, content))
    for done, (path, source, content) in enumerate(new):
        tell("reading", done, len(new))
        try:
            if source in by_source:
                raise InputError(
                    "changed since it was read; the stored text and its codings stand",
                    path=path,
                    remedy="give a corrected transcript a new name",
                )
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
            # The line may name a file that a person is named in.
            kept = privacy.pseudonyms(_names(study)).apply(str(error))
            study.store.refuse(source, content, kept)
    tell("reading", len(new), len(new))


def _take_in(
    study: Study, path: Path, source: str, content: str, people: pd.DataFrame, result: RunResult
) -> None:
    from journeyqual import privacy, reading
    from journeyqual.units import from_turns, stored_text

    participant = study.config.participant_of(path)
    found = reading.read_turns(
        path, participant=participant, interviewers=study.config.interviewers
    )
    turns = privacy.pseudonymise(found.turns, _names(study))
    # participants.csv may know somebody by the name in the file or by the pseudonym.
    may = [
        _may_analyse(people, before) and _may_analyse(people, after)
        for before, after in zip(found.turns["participant"], turns["participant"], strict=True)
    ]
    allowed = turns[may]
    if allowed.empty:
        raise InputError(f"{participant} did not agree to be analysed", path=path)
    with _timed(result, "units"):
        units = from_turns(allowed)
    interviews = []
    for name, own in allowed.groupby("interview", sort=False):
        if not (units["interview"] == name).any():
            raise InputError("no participant says anything in it", path=path)
        text, starts = stored_text(own)
        interviews.append(Interview(own, units[units["interview"] == name], text, starts))
    study.store.add_interviews(interviews, source=source, sha256=content)
    result.read.extend(one.name for one in interviews)
    # Notes may name people: they are told to whoever runs this, and never stored.
    result.notes.extend(f"{path.name}: {note}" for note in found.notes)


def _names(study: Study) -> dict[str, str]:
    from journeyqual import privacy

    file = study.config.names_file
    return privacy.load_names(file) if file.exists() else {}


def _may_analyse(people: pd.DataFrame, participant: str) -> bool:
    return participant not in people.index or bool(people.loc[participant, "consent_analyse"])


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# -- coding -------------------------------------------------------------------------------------


def _code_new(study: Study, result: RunResult, tell: Progress, *, full: bool) -> None:
    key = study.coding_key
    todo = study.store.interviews()["interview"].tolist() if full else study.store.uncoded(key)
    if not todo:
        return
    from journeyqual import coding

    cache = study.folder / CACHE / "vectors"
    before = study.resolved().set_index("unit_id")["machine_stage"] if full else None
    units = study.store.units(todo)
    total = len(units)
    for batch in _batches(units):
        coded = coding.code_units(
            batch,
            study.codebook,
            encoder=study.encoder,
            cache=cache,
            progress=lambda done, _of: tell("coding", result.coded + done, total),
        )
        rows = coding.to_codings(coded, study.codebook, coded_at=now()).assign(
            codebook_version=study.codebook_version
        )
        study.store.add_codings(rows, done=(batch["interview"].unique().tolist(), key))
        result.coded += len(batch)
        tell("coding", result.coded, total)
        if before is not None:
            was = before.reindex(coded["unit_id"]).to_numpy()
            result.changed += int((was != coded["stage"].to_numpy()).sum())


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


# -- reports ------------------------------------------------------------------------------------


def _report(study: Study, result: RunResult, tell: Progress, folder: Path, *, full: bool) -> None:
    """Make the reports whose inputs have changed since they were last made."""
    from journeyqual import reports

    stamp = study.folder / CACHE / "reports.txt"
    state = study.fingerprint
    made = all((folder / f"{name}.html").exists() for name in TEMPLATES)
    if not full and made and stamp.exists() and stamp.read_text(encoding="utf-8") == state:
        return
    with _timed(result, "curve"):
        study.curve()
        study.quotes()
    for done, name in enumerate(TEMPLATES):
        tell("writing reports", done, len(TEMPLATES))
        result.reports.append(
            reports.make_report(study.folder, template=name, out_dir=folder, seconds=result.seconds)
        )
    tell("writing reports", len(TEMPLATES), len(TEMPLATES))
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(state, encoding="utf-8")
