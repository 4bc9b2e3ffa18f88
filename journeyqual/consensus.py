"""Many codings of a unit, one value a dimension: people before models, later before earlier."""

from __future__ import annotations

import pandas as pd

from journeyqual.schema import CODINGS, RESOLVED, UNITS, check

RULE = "people before models, the panel before people, later before earlier"
PANEL = "human:panel"
_DIMENSIONS = ("stage", "valence", "emotion")


def resolve(units: pd.DataFrame, codings: pd.DataFrame) -> pd.DataFrame:
    """Leave one value a segment and dimension, machine and human side by side.

    Parameters
    ----------
    units
        UNITS; only segments are kept, one row each, in the order given.
    codings
        CODINGS, oldest first. A coder's last word on a unit and dimension counts, and for nothing
        if it is a rejection; a person's blank stage means "none fits", and a person counts once
        both stage and valence are given.
        An optional column ``sampling_probability`` stands on people's codings of drawn units.

    Returns
    -------
    DataFrame
        RESOLVED; ``stage_confidence`` is the machine's.

    Examples
    --------
    >>> from journeyqual.schema import UNITS
    >>> unit = dict(unit_id="u", interview="i", participant="P01", kind="segment", turn_index=0,
    ...             start_char=0, end_char=3, text="Hm.", order=0)
    >>> coding = dict(unit_id="u", dimension="stage")
    >>> rows = [coding | dict(value="using", coder="model:m@1"),
    ...         coding | dict(value="buying", coder="human:ana"),
    ...         dict(unit_id="u", dimension="valence", value="-0.5", coder="human:ana"),
    ...         coding | dict(value="using", coder="model:m@2")]
    >>> resolved = resolve(pd.DataFrame([unit]), pd.DataFrame(rows))
    >>> resolved[["machine_stage", "human_stage", "human_by"]]
      machine_stage human_stage   human_by
    0         using      buying  human:ana
    """
    units = check(units, UNITS)
    codings = check(codings, CODINGS)
    segments = units.loc[units["kind"] == "segment", ["unit_id", "interview", "participant"]]
    codings = codings[
        codings["unit_id"].isin(segments["unit_id"]) & codings["dimension"].isin(_DIMENSIONS)
    ].drop_duplicates(["unit_id", "coder", "dimension"], keep="last")
    codings = codings[codings["status"] != "rejected"]
    out = segments.set_index("unit_id", drop=False)
    human = codings["coder"].str.startswith("human:")
    people = _one_person_a_unit(codings[human])
    for prefix, rows in (("machine", codings[~human]), ("human", people)):
        wide = rows.drop_duplicates(["unit_id", "dimension"], keep="last").pivot(
            index="unit_id", columns="dimension", values="value"
        )
        for dimension in _DIMENSIONS:
            values = wide[dimension] if dimension in wide else pd.Series(dtype="str")
            out[f"{prefix}_{dimension}"] = values.reindex(out.index)
    machine = codings[~human & (codings["dimension"] == "stage")]
    sure = machine.drop_duplicates("unit_id", keep="last").set_index("unit_id")["confidence"]
    out["stage_confidence"] = sure.reindex(out.index)
    last = people.drop_duplicates("unit_id", keep="last").set_index("unit_id")
    out["human_by"] = last["coder"].reindex(out.index)
    given = last["sampling_probability"] if "sampling_probability" in last else ""
    out["sampling_probability"] = given if isinstance(given, str) else given.reindex(out.index)
    return check(out[RESOLVED.names], RESOLVED)


def _one_person_a_unit(codings: pd.DataFrame) -> pd.DataFrame:
    """Keep the codings of one person a unit: the panel, else who coded it last.

    A person counts once both stage and valence are given. Half a coding must not pass for a whole
    one: a valence without a stage would read as "no stage fits".
    """
    latest = codings.assign(
        _place=range(len(codings)),
        _half=codings["dimension"].isin(("stage", "valence"))
        & ((codings["dimension"] == "stage") | (codings["value"] != "")),
        _panel=codings["coder"] == PANEL,
    )
    whole = latest.groupby(["unit_id", "coder"])["_half"].transform("sum") == 2
    latest = latest[whole]
    # Of each unit, the coder whose last word stands last, the panel's after everybody's.
    order = latest.sort_values(["_panel", "_place"], kind="stable")
    chosen = order.groupby("unit_id")["coder"].transform("last")
    return order[order["coder"] == chosen].drop(columns=["_place", "_half", "_panel"])
