"""Commands that look back: the ledger of runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from journeyqual.cli.common import AsJson, Debug, answering, app
from journeyqual.errors import InputError

SHOWN = 20
"""Runs that are listed, the newest; ``--json`` has all."""


@app.command()
def runs(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[DIR] [show N | compare N M]",
            help="The study's folder; one run in full; or what changed from run N to run M.",
        ),
    ] = None,
    debug: Debug = False,
    as_json: AsJson = False,
) -> None:
    """List the runs of a study, show one, or say what changed between two."""
    with answering(debug, as_json) as summary:
        from journeyqual.study import open_study

        folder, what, numbers = _asked(words or [])
        study = open_study(folder)
        try:
            if what == "show":
                _show(study, numbers[0], summary)
            elif what == "compare":
                _compare(study, numbers[0], numbers[1], summary)
            else:
                _list(study, summary)
        finally:
            study.close()


def _asked(words: list[str]) -> tuple[Path, str, list[int]]:
    """Return the folder, ``show``, ``compare`` or nothing, and the numbers of runs.

    Examples
    --------
    >>> _asked(["bikes", "show", "3"])
    (PosixPath('bikes'), 'show', [3])
    """
    wanted = {"show": 1, "compare": 2}
    at = next((i for i, word in enumerate(words[:2]) if word in wanted), len(words))
    if at > 1:
        raise typer.BadParameter("say: journeyqual runs [DIR] [show N | compare N M]")
    folder = Path(words[0]) if at else Path()
    if at == len(words):
        return folder, "", []
    what, given = words[at], words[at + 1 :]
    if len(given) != wanted[what] or not all(word.isdigit() for word in given):
        raise typer.BadParameter(
            f"{what} takes {'one number' if what == 'show' else 'two numbers'}"
        )
    return folder, what, [int(word) for word in given]


def _list(study: Any, summary: dict[str, Any]) -> None:
    from journeyqual.runs import ledger

    table = ledger.table(study)
    summary["runs"] = table.to_dict("records")
    lines = [
        f"{r.run:>4}  {r.started_at[:16].replace('T', ' ')}  {r.outcome:<12} "
        f"{r.interviews_in:>4} in  {r.units_coded:>6} units coded"
        + (f"  {r.refused} refused" if r.refused else "")
        for r in table.iloc[::-1].head(SHOWN).itertuples()
    ]
    summary["lines"] = lines or ["no run has changed anything yet"]
    if len(table) > SHOWN:
        summary["lines"].append(f"and {len(table) - SHOWN} before")


def _show(study: Any, number: int, summary: dict[str, Any]) -> None:
    from journeyqual.runs import ledger

    run = ledger.entry(study, number)
    summary.update(run)
    detail = run["detail"]
    seconds = ", ".join(f"{k} {v:.1f}" for k, v in detail.get("seconds", {}).items())
    versions = ", ".join(f"{k} {v}" for k, v in detail.get("versions", {}).items())
    facts = {
        "started": run["started_at"], "finished": run["finished_at"], "outcome": run["outcome"],
        "came in": ", ".join(detail.get("read", [])), "corrected": ", ".join(
            detail.get("corrected", [])
        ),
        "units coded": run["units_coded"], "refused": run["refused"],
        "coders": ", ".join(detail.get("coders", [])), "codebook": detail.get("codebook", ""),
        "seed": detail.get("seed", ""), "draws": detail.get("draws", ""), "seconds": seconds,
        "versions": versions, "ended by": detail.get("error", ""),
    }  # fmt: skip
    lines = [f"{name}: {value}" for name, value in facts.items() if value != ""]
    lines += [f"moved: {line}" for line in detail.get("moved", [])]
    lines += [f"differs: {line}" for line in detail.get("differs", [])]
    summary["lines"] = [f"run {number}", *lines]


def _compare(study: Any, before: int, after: int, summary: dict[str, Any]) -> None:
    from journeyqual import change
    from journeyqual.runs import ledger

    if before == after:
        raise InputError("a run does not differ from itself", remedy="name two runs")
    both = [ledger.entry(study, number)["detail"] for number in (before, after)]
    table = change.between(*both)
    beside = change.beside(*both)
    summary["changed"] = table.astype(object).where(table.notna(), None).to_dict("records")
    summary["beside"] = beside
    moved = change.in_words(table)
    summary["lines"] = [
        *([f"moved: {line}" for line in moved] or ["no stage moved beyond its interval"]),
        *beside,
    ]
