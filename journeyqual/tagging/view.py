"""Tables to the plain values that the tagging widget shows: turns, units, and who coded what."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import pandas as pd

from journeyqual.codebook import Codebook

SHOWN = ("stage", "touchpoint", "valence", "emotion")
"""Dimensions that machine and people both judge."""
NOTES = ("memo", "negative")
"""Dimensions that are a remark on the unit, not a judgement of it."""
MANY = ("theme",)
"""Dimensions on which one coder may give a unit several values."""

State = dict[str, Any]


def turns_of(turns: pd.DataFrame, starts: Mapping[int, int], units: pd.DataFrame) -> list[State]:
    """Return the turns of one interview with their units, ready to be sent.

    Parameters
    ----------
    turns
        TURNS of the interview.
    starts
        Where each turn's words start in the stored text, in code points.
    units
        Its segments.

    Returns
    -------
    list of dict
        ``i, speaker, role, text, start_s, end_s, units``; a unit is ``id, start, end`` with offsets
        in code points of the turn's text.
    """
    inside = spans_of(units, starts)
    by_turn: dict[int, list[State]] = {}
    for one in inside:
        by_turn.setdefault(one.pop("turn"), []).append(one)
    names = ("turn_index", "speaker", "role", "text", "start_s", "end_s")
    return [
        {
            "i": int(i),
            "speaker": speaker,
            "role": role,
            "text": text,
            "start_s": _number(start),
            "end_s": _number(end),
            "units": by_turn.get(int(i), []),
        }
        for i, speaker, role, text, start, end in zip(
            *(turns[name].tolist() for name in names), strict=True
        )
    ]


def spans_of(units: pd.DataFrame, starts: Mapping[int, int]) -> list[State]:
    """Return ``id, turn, start, end`` of units; offsets are in code points of the turn's text."""
    names = ("unit_id", "turn_index", "start_char", "end_char")
    columns = (units[name].tolist() for name in names)
    return [
        {
            "id": unit,
            "turn": int(turn),
            "start": int(start) - starts[int(turn)],
            "end": int(end) - starts[int(turn)],
        }
        for unit, turn, start, end in zip(*columns, strict=True)
    ]


def states_of(
    unit_ids: Iterable[str],
    codings: pd.DataFrame,
    *,
    coder: str,
    machines: Collection[str],
    hidden: Collection[str] = (),
    unsure_below: float,
    flags: Mapping[tuple[str, str], str] | None = None,
) -> dict[str, State]:
    """Return what is known of each unit, as one coder may see it.

    Parameters
    ----------
    unit_ids
        The units, in any order.
    codings
        CODINGS with ``origin``, oldest first; other units' rows are passed over.
    coder
        Whose eyes it is for.
    machines
        Machine coders whose suggestions are shown; none for who codes blind.
    hidden
        People whose codings are not shown.
    unsure_below
        Confidence of a stage under which the machine is unsure.
    flags
        (unit, dimension) to why the coder's own coding should be looked at again.

    Returns
    -------
    dict
        By unit: ``mine`` and ``machine`` by dimension, ``others``, ``themes``, ``unsure``,
        ``negative``, ``memo``.
    """
    states = {unit: _blank() for unit in unit_ids}
    last: dict[tuple[str, str, str, str], tuple[str, str, str, float, str]] = {}
    columns = ("unit_id", "dimension", "value", "coder", "status", "memo", "confidence", "origin")
    for unit, dimension, value, who, status, memo, confidence, origin in zip(
        *(codings[c].tolist() for c in columns), strict=True
    ):
        if unit not in states or who in hidden:
            continue
        if who != coder and not who.startswith("human:") and who not in machines:
            continue
        key = (unit, who, dimension, value if dimension in MANY else "")
        # The last word is kept in the place of the last word: dicts keep the first one's.
        last.pop(key, None)
        last[key] = (value, status, memo, confidence, origin)
    for (unit, who, dimension, _), (value, status, memo, confidence, origin) in last.items():
        state = states[unit]
        gone = origin == "clear"
        if who == coder:
            if gone:
                continue
            if dimension == "memo":
                state["memo"] = value
            elif dimension == "negative":
                state["negative"] = value != ""
            elif dimension in MANY:
                if status != "rejected":
                    state["themes"].append({"value": value, "memo": memo})
            else:
                state["mine"][dimension] = {
                    "value": value,
                    "status": status,
                    "memo": memo,
                    "flagged": (flags or {}).get((unit, dimension), ""),
                }
        elif who.startswith("human:"):
            if not gone and status != "rejected" and (value or dimension not in NOTES):
                state["others"].append(
                    {"coder": who, "dimension": dimension, "value": value, "memo": memo}
                )
        elif dimension in SHOWN and (value or dimension != "touchpoint"):
            # That no touchpoint is spoken of is nothing to accept or to reject.
            sure = _number(confidence)
            state["machine"][dimension] = {"value": value, "confidence": sure, "coder": who}
            if dimension == "stage":
                state["unsure"] = sure is not None and sure < unsure_below
    return states


def is_coded(state: State) -> bool:
    """Tell whether the coder has said both of what the curve needs: stage and valence."""
    given = state["mine"]
    return all(
        given.get(dimension, {"status": "rejected"})["status"] == "accepted"
        for dimension in ("stage", "valence")
    )


def codebook_of(book: Codebook, themes: Iterable[str]) -> State:
    """Return a codebook as the widget shows it: all six fields of each stage."""
    return {
        "name": book.name,
        "version": book.version,
        "rules": book.rules,
        "stages": [
            {
                "name": stage.name,
                "side": stage.side,
                "brief": stage.brief,
                "definition": stage.definition,
                "include": list(stage.include),
                "exclude": list(stage.exclude),
                "examples": list(stage.examples),
                "touchpoints": [point.name for point in stage.touchpoints],
            }
            for stage in book.stages
        ],
        "emotions": list(book.emotion_names),
        "themes": sorted(themes),
    }


def _blank() -> State:
    return {
        "mine": {}, "machine": {}, "others": [], "themes": [], "unsure": False, "negative": False,
        "memo": "",
    }  # fmt: skip


def _number(value: Any) -> float | None:
    return None if value is None or value != value else float(value)
