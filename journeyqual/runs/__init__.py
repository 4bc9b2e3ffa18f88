"""One incremental run: read what is new, code it, bring the reports up to date, write it down.

An interview is read once, keyed by the content of its file; its text is frozen then. It is coded
once by each coder under a codebook; the stage coder is another one whenever people have taught it
otherwise. A report is made again when what it shows has changed, or the code that makes it.

Killed between any two writes, a run leaves whole interviews and whole codings, and the next one
does what is left.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from journeyqual import change, erasure
from journeyqual.errors import JourneyqualError, StoreError
from journeyqual.runs import ledger
from journeyqual.runs.coding import code_new
from journeyqual.runs.memory import give_back
from journeyqual.runs.reading import read_new
from journeyqual.runs.reporting import is_current, keep
from journeyqual.runs.reporting import report as make_reports
from journeyqual.runs.result import Progress, RunResult, timed
from journeyqual.store import now
from journeyqual.study import Study

if TYPE_CHECKING:
    from journeyqual.runs.pool import Pool

__all__ = ["RunResult", "run"]


def run(
    study: Study,
    *,
    full: bool = False,
    report: bool = True,
    reports_folder: Path | None = None,
    progress: Progress | None = None,
    pool: Pool | None = None,
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
    pool
        Processes that read and code interviews; None does it here. The result is the same.

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
    notes = _keep_promises(study)
    with study.store.ledger.alone():
        study.store.ledger.settle()
        result, started = RunResult(notes=notes), now()

        def begin() -> None:
            if not result.number:
                result.number = study.store.ledger.begin(started)

        result.begin = begin
        try:
            failed = _run(study, result, tell, full, report, reports_folder, pool)
        except BaseException as error:
            # Whatever is in the way of this line, too, the next run marks it as interrupted.
            with suppress(JourneyqualError, OSError):
                if result.number:
                    ledger.stopped(study, result, error)
            raise
        if failed is not None:
            # Its row in the ledger is complete: everything but the reports is done.
            raise failed
        return result


def _keep_promises(study: Study) -> list[str]:
    """Erase whose consent has ended, if the study says so; refuse to work on half an erasure."""
    half = erasure.pending(study.folder)
    if half:
        raise StoreError(
            f"the erasure of {half} was cut short",
            remedy=f"end it first: journeyqual forget {half} --yes",
        )
    if study.config.retention != "erase":
        return []
    notes = []
    for person in study.lapsed():
        erasure.forget(study, person)
        notes.append(f"erased {person}, whose consent has ended")
    return notes


def _run(
    study: Study,
    result: RunResult,
    tell: Progress,
    full: bool,
    report: bool,
    reports_folder: Path | None,
    pool: Pool | None,
) -> JourneyqualError | None:
    with timed(result, "read"):
        read_new(study, result, tell, pool)
    # Units are cut while a file is read; they are told apart.
    result.seconds["read"] -= result.seconds.get("units", 0.0)
    if result.read or result.corrected:
        study.keep_codebook()
    with timed(result, "code"):
        code_new(study, result, tell, full=full, pool=pool)
    gone = study.outdated()
    if gone:
        result.notes.append(
            f"{gone} units that people coded stand at stages which the codebook no longer has; "
            "their codings wait: see study.flags()"
        )
    folder = reports_folder or study.folder / "reports"
    coded = bool(study.store.state()[1])
    if coded and report and not full and result.nothing_new and is_current(study, folder):
        return _close(study, result, folder, None)
    if coded:
        # What each unit counts as: themes, curve and every report stand on it.
        with timed(result, "results"):
            study.coded()
        with timed(result, "themes"):
            _themes(study, result, tell)
        give_back()
    failed: JourneyqualError | None = None
    if report and coded:
        try:
            make_reports(study, result, tell, folder, full=full)
        except JourneyqualError as error:
            # What came in and was coded is stored by now, and has to stand in the ledger.
            failed = error
            result.reports.clear()
    if failed is None and coded and not result.nothing_new:
        # After the reports: who withdraws moves a curve, and nothing has come in.
        result.moved = change.in_words(study.changed())
    return _close(study, result, folder, failed)


def _close(
    study: Study, result: RunResult, folder: Path, failed: JourneyqualError | None
) -> JourneyqualError | None:
    """Complete the run's row in the ledger; returns what stopped its reports, if anything did."""
    if not result.nothing_new or result.newly_refused or result.number:
        result.begin()
        outcome = "no reports" if failed else "refused some" if result.refused else "done"
        with timed(result, "results"):
            ledger.close(study, result, outcome, kept=failed is None)
        if result.reports:
            from journeyqual.reports import pages

            # Once more: this run stands in the ledger now, and what moved in it.
            pages.write_index(study, folder)
            keep(study, result)
    return failed


def _themes(study: Study, result: RunResult, tell: Progress) -> None:
    """Discover themes where there are none yet; give new units theirs; gather what is new."""
    before = set(study.store.themes.found()["theme"])
    study.themes.keep_up(progress=tell)
    fresh = study.store.themes.found()
    fresh = fresh[~fresh["theme"].isin(before)]
    result.proposed = int((fresh["status"] == "proposed").sum())
    result.themes = len(fresh) - result.proposed
