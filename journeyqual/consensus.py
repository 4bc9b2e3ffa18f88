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
        CODINGS, oldest first. Rejected codings count for nothing; a person's blank stage means
        "none fits".
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
        codings["unit_id"].isin(segments["unit_id"])
        & codings["dimension"].isin(_DIMENSIONS)
        & (codings["status"] != "rejected")
    ]
    out = segments.set_index("unit_id", drop=False)
    human = codings["coder"].str.startswith("human:")
    for prefix, rows in (("machine", codings[~human]), ("human", _panel_last(codings[human]))):
        wide = rows.drop_duplicates(["unit_id", "dimension"], keep="last").pivot(
            index="unit_id", columns="dimension", values="value"
        )
        for dimension in _DIMENSIONS:
            values = wide[dimension] if dimension in wide else pd.Series(dtype="str")
            out[f"{prefix}_{dimension}"] = values.reindex(out.index)
    machine = codings[~human & (codings["dimension"] == "stage")]
    sure = machine.drop_duplicates("unit_id", keep="last").set_index("unit_id")["confidence"]
    out["stage_confidence"] = sure.reindex(out.index)
    people = _panel_last(codings[human])
    out["human_by"] = people.drop_duplicates("unit_id", keep="last").set_index("unit_id")["coder"]
    if "sampling_probability" in people:
        drawn = people[pd.to_numeric(people["sampling_probability"], errors="coerce").notna()]
        out["sampling_probability"] = drawn.drop_duplicates("unit_id", keep="last").set_index(
            "unit_id"
        )["sampling_probability"]
    else:
        out["sampling_probability"] = ""
    return check(out[RESOLVED.names], RESOLVED)


def _panel_last(codings: pd.DataFrame) -> pd.DataFrame:
    """Order people's codings so that the one that counts stands last."""
    return codings.iloc[(codings["coder"] == PANEL).to_numpy().argsort(kind="stable")]
