"""The table of coded units that every estimate starts from: checked, grouped, its method chosen."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyqual.codebook import Codebook
from journeyqual.errors import SchemaError
from journeyqual.schema import CURVE_IN, check

NOT_GIVEN = "(not given)"

Method = Literal["auto", "human", "machine", "prediction-powered"]
Floats = NDArray[np.float64]


def prepared(coded: pd.DataFrame, codebook: Codebook, by: str) -> tuple[pd.DataFrame, pd.Series]:
    """Return the table checked against its schema and the codebook, and each row's group.

    Rows come in the order of their ids: sums of fractions depend on the order to their last bit.

    Raises
    ------
    SchemaError
        If it names a stage that the codebook lacks, states an impossible probability, or has no
        column ``by``.
    """
    coded = check(coded, CURVE_IN)
    for column in ("stage", "human_stage"):
        unknown = ~coded[column].isin({*codebook.stage_names, ""})
        if unknown.any():
            row = int(np.flatnonzero(unknown.to_numpy())[0])
            raise SchemaError(
                f"{coded[column].iloc[row]!r} is no stage of the codebook",
                line=row + 2,
                column=column,
                remedy=f"it has {', '.join(codebook.stage_names)}",
            )
    never = coded["human_valence"].notna() & (coded["sampling_probability"] <= 0)
    if never.any():
        raise SchemaError(
            "a unit that people coded cannot have been drawn with probability 0",
            line=int(np.flatnonzero(never.to_numpy())[0]) + 2,
            column="sampling_probability",
            remedy="leave it blank for a tag that was not drawn",
        )
    both = coded["is_unreached"] & (coded["sampling_probability"] > 0)
    if both.any():
        raise SchemaError(
            "a unit that no draw could reach cannot have a sampling probability",
            line=int(np.flatnonzero(both.to_numpy())[0]) + 2,
            column="is_unreached",
            remedy="leave the probability blank, or say false",
        )
    if by and by not in coded.columns:
        known = [c for c in coded.columns if c not in CURVE_IN.names]
        raise SchemaError(
            f"no column {by!r} to group by",
            remedy=f"there is {', '.join(known)}" if known else "the table has no attribute",
        )
    coded = coded.sort_values("unit_id", kind="stable", ignore_index=True)
    if not by:
        return coded, pd.Series("", index=coded.index)
    groups = coded[by].astype(object).where(coded[by].notna(), "").astype(str)
    return coded, groups.where(groups != "", NOT_GIVEN)


def chosen_method(coded: pd.DataFrame, method: Method) -> str:
    """Return the method that ``auto`` comes to, or the one asked for if its codings are there."""
    human, drawn = coded["human_valence"].notna(), drawn_units(coded)
    if method == "auto":
        return (
            "human"
            if len(coded) and human.all()
            else "prediction-powered"
            if drawn.any()
            else "machine"
        )
    if method == "prediction-powered" and not drawn.any():
        raise SchemaError(
            "no unit has people's codings and a sampling probability",
            remedy="draw units with known probabilities, or ask for the machine's curve",
        )
    if method == "human" and not (human.all() or drawn.any()):
        raise SchemaError("the units are neither all human-coded nor drawn with a probability")
    return method


def weights_of(coded: pd.DataFrame) -> Floats:
    """Return what each unit weighs: one divided by the number of its participant's units."""
    sizes: Floats = coded.groupby("participant")["unit_id"].transform("size").to_numpy(dtype=float)
    return 1.0 / sizes


def drawn_units(coded: pd.DataFrame) -> pd.Series:
    """Return which units count as coded by people: drawn with a probability, or all of them."""
    human = coded["human_valence"].notna()
    return human & (coded["sampling_probability"].notna() | bool(human.all()))


def unreached(coded: pd.DataFrame, method: str) -> pd.Series:
    """Return which units a curve speaks of only by what was found of others.

    Units that no draw could reach, where drawn units correct the machine or stand for all.
    """
    counts = method != "machine" and not coded["human_valence"].notna().all()
    return coded["is_unreached"].astype(bool) & counts


def settled(coded: pd.DataFrame) -> pd.DataFrame:
    """Return one value a unit, people's where their coding counts in the curve.

    People's codings count where units were drawn with a known probability, or all were coded.
    Convenience tags teach the coder and correct nothing, so what stands beside a point (its n, its
    spread, its lines) is made of the same values as the point.

    Parameters
    ----------
    coded
        As for `curve`; ``emotion``, ``stage_confidence`` and ``unsure`` are settled, too, if they
        are there. What a person coded is sure.

    Returns
    -------
    DataFrame
        The same columns; units without a valence are left out.
    """
    human = drawn_units(coded)
    out = coded.copy()
    for name in ("stage", "valence", "emotion"):
        if name in coded and f"human_{name}" in coded:
            given = human & (coded[f"human_{name}"] != "") if name == "emotion" else human
            out[name] = coded[name].where(~given, coded[f"human_{name}"])
    for name, sure in (("stage_confidence", 1.0), ("unsure", False)):
        if name in coded:
            out[name] = coded[name].where(~human, sure)
    return out[out["valence"].notna()]


def as_coded(resolved: pd.DataFrame, attributes: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return RESOLVED as the table that `curve` reads, participants' attributes joined."""
    out = resolved.rename(
        columns={f"machine_{name}": name for name in ("stage", "valence", "emotion")}
    )
    # Machine codings that are not there yet leave nothing to average.
    out = out[out["valence"].notna() | out["human_valence"].notna()]
    if attributes is None:
        return out
    # Nothing coded yet: a column without a row has no kind of its own.
    out = out.astype({"participant": "str"})
    extra: list[Any] = [c for c in attributes.columns if c not in out.columns or c == "participant"]
    return out.merge(attributes[extra].astype({"participant": "str"}), on="participant", how="left")
