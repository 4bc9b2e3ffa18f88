"""What a run leaves in the ledger: versions, seeds, times, outcome, and what its results were.

Figures only, and no words that somebody said: the ledger outlives whoever withdraws.
"""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from journeyqual import provenance, schema
from journeyqual.errors import InputError
from journeyqual.runs.result import RunResult
from journeyqual.store import now
from journeyqual.study import Study


def close(study: Study, result: RunResult, outcome: str, *, kept: bool) -> None:
    """Complete a run's row; with ``kept``, its results are there to be compared with later."""
    coded = bool(study.store.state()[1])
    detail = {
        **_came(result),
        "coders": list(study.coders),
        "codebook": study.codebook_version,
        "seed": study.config.seed,
        "draws": study.config.draws,
        "themes": result.themes,
        "proposed": result.proposed,
        "moved": result.moved,
        "differs": result.differs,
        "versions": provenance.versions(),
        # Nobody has seen a curve that no report was made of.
        **({**study.snapshot(), **_beside(study)} if coded and kept else {}),
    }
    _write(study, result, outcome, detail)


def stopped(study: Study, result: RunResult, error: BaseException) -> None:
    """Complete the row of a run that an error ended; of the error only its kind is kept."""
    detail = {**_came(result), "error": type(error).__name__, "versions": provenance.versions()}
    _write(study, result, "stopped", detail)


def _came(result: RunResult) -> dict[str, Any]:
    return {
        "read": result.read,
        "corrected": result.corrected,
        "lost": result.lost,
        "seconds": {k: round(v, 2) for k, v in result.seconds.items()},
    }


def _write(study: Study, result: RunResult, outcome: str, detail: dict[str, Any]) -> None:
    study.store.ledger.finish(
        result.number,
        finished_at=now(),
        outcome=outcome,
        interviews_in=len(result.read),
        units_coded=result.coded,
        refused=len(result.refused),
        detail=detail,
    )


def _beside(study: Study) -> dict[str, Any]:
    """Return what stands beside a run's curve: themes, saturation, agreement, re-flagged codes."""
    told = study.store.themes.found()[["theme", "scope", "name", "status"]]
    whole = study.journey.saturation()
    whole = whole[whole["stage"] == ""]
    flags = study.flags()
    agreed = study.team.agreement() if len(study.team.coders()) > 1 else schema.AGREEMENT.empty()
    agreed = agreed[agreed["code"] == ""]
    return {
        "themes found": _rows(told),
        "saturation": _rows(whole[["n_interviews", "n_codes", "reached_in_order", "share_new"]]),
        "agreement": _rows(agreed[["dimension", "alpha", "alpha_low", "alpha_high", "n_units"]]),
        "flags": flags.groupby(["dimension", "value"]).size().rename("n").reset_index().to_dict(
            "records"
        ),
    }  # fmt: skip


def _rows(table: pd.DataFrame) -> Any:
    return json.loads(table.to_json(orient="records", double_precision=6))


def table(study: Study) -> pd.DataFrame:
    """Return RUNS, oldest first, without their detail: what `journeyqual runs` lists."""
    return study.store.runs().drop(columns="detail")


def entry(study: Study, number: int) -> dict[str, Any]:
    """Return one run as the ledger has it, its detail unpacked.

    Raises
    ------
    InputError
        If there is no such run.
    """
    runs = study.store.runs()
    found = runs[runs["run"] == number]
    if found.empty:
        every = runs["run"].tolist()
        raise InputError(
            f"there is no run {number}",
            remedy=f"there are runs {min(every)} to {max(every)}" if every else "run the study",
        )
    row = found.iloc[0].to_dict()
    detail = json.loads(row.pop("detail") or "{}")
    plain = {key: value if isinstance(value, str) else int(value) for key, value in row.items()}
    return plain | {"detail": detail}
