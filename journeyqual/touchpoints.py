"""Which contacts with the company customers speak of, how they feel then, and which nobody names.

A touchpoint belongs to a stage of the codebook, a channel to as many touchpoints as run through it.
What a coder is unsure of counts as no mention. That nobody names a touchpoint says that it did not
come up, not that nobody used it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyqual import estimate
from journeyqual.codebook import Codebook, Stage
from journeyqual.errors import SchemaError
from journeyqual.estimate import DRAWS, THIN_BELOW
from journeyqual.paths import share
from journeyqual.schema import CODINGS, CURVE_IN, TOUCHPOINTS, check

DIMENSION = "touchpoint"
PANEL = "human:panel"
"""The coder whose word settles a unit, as `journeyqual.consensus` has it."""


def spoken(coded: pd.DataFrame, codings: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Return settled units with the touchpoint that each speaks of.

    A person's word on a unit's touchpoint counts before a machine's, the panel's before a person's,
    a later one before an earlier, whether or not the unit was drawn: a mention is a mention. A
    touchpoint of another stage than the one that the unit settled at is none.

    Parameters
    ----------
    coded
        As for `estimate.curve`; ``unsure`` is read if it is there.
    codings
        CODINGS, oldest first; those of other dimensions are passed over.
    codebook
        Says which touchpoints a stage has.

    Returns
    -------
    DataFrame
        The units that somebody looked at for touchpoints, with ``touchpoint`` (blank: none),
        ``touchpoint_by`` (``human`` or ``machine``) and ``unsure``; what a person said is sure.

    Examples
    --------
    >>> from journeyqual.codebook import from_dict
    >>> book = from_dict({"stage": [{"name": "using", "touchpoints": ["bike", "app"]}]})
    >>> coded = pd.DataFrame({"unit_id": ["a", "b"], "participant": "P01", "stage": "using",
    ...                       "valence": 0.5, "unsure": True})
    >>> one = {"unit_id": "a", "dimension": "touchpoint", "value": "app", "coder": "model:m@1"}
    >>> codings = pd.DataFrame([one, one | {"value": "bike", "coder": "human:ana"},
    ...                         one | {"unit_id": "b"}])
    >>> spoken(coded, codings, book)[["unit_id", "touchpoint", "touchpoint_by", "unsure"]]
      unit_id touchpoint touchpoint_by  unsure
    0       a       bike         human   False
    1       b        app       machine    True
    """
    held = estimate.settled(check(coded, CURVE_IN))
    said = check(codings, CODINGS)
    said = said[said["dimension"] == DIMENSION]
    said = said.drop_duplicates(["unit_id", "coder"], keep="last")
    said = said[said["status"] != "rejected"]
    rank = said["coder"].str.startswith("human:").astype(int) + (said["coder"] == PANEL)
    said = said.assign(rank=rank).sort_values("rank", kind="stable")
    last = said.drop_duplicates("unit_id", keep="last").set_index("unit_id")
    held = held[held["unit_id"].isin(last.index)].reset_index(drop=True)
    last = last.loc[held["unit_id"]]
    by_person = (last["rank"] > 0).to_numpy()
    known = {(stage.name, point.name) for stage in codebook.stages for point in stage.touchpoints}
    pairs = zip(held["stage"], last["value"], strict=True)
    return held.assign(
        touchpoint=[value if (stage, value) in known else "" for stage, value in pairs],
        touchpoint_by=np.where(by_person, "human", "machine"),
        unsure=_unsure(held) & ~by_person,
    )


def coverage(
    held: pd.DataFrame,
    codebook: Codebook,
    *,
    draws: int = DRAWS,
    seed: int = 0,
    thin_below: int = THIN_BELOW,
) -> pd.DataFrame:
    """Return who speaks of each touchpoint and channel, how they feel then, and what nobody names.

    Parameters
    ----------
    held
        As `spoken` returns it: a row a unit that was looked at for touchpoints.
    codebook
        Names the touchpoints and channels to look for.
    draws, seed
        Bootstrap draws of participants for the intervals of feeling, and their seed.
    thin_below
        With fewer participants a row is marked thin.

    Returns
    -------
    DataFrame
        TOUCHPOINTS: the touchpoints in the order of the journey, then the channels in the order
        in which they first stand there. ``share`` is of all participants who were looked at, with
        its Wilson interval. Feeling is the ratio of means of `estimate.curve`, a touchpoint
        standing where a stage does. Units that the coder is unsure of count in ``n_unsure`` only.

    Raises
    ------
    SchemaError
        If a column is missing.

    Examples
    --------
    >>> from journeyqual.codebook import from_dict
    >>> book = from_dict({"stage": [{"name": "using", "touchpoints": ["bike", "app"]}]})
    >>> held = pd.DataFrame({"unit_id": list("abc"), "participant": ["P01", "P01", "P02"],
    ...                      "stage": "using", "valence": [1.0, 0.0, -1.0],
    ...                      "touchpoint": ["bike", "bike", ""]})
    >>> coverage(held, book, draws=100)[["name", "share", "valence", "n_units", "unmentioned"]]
       name  share  valence  n_units  unmentioned
    0  bike    0.5      0.5        2        False
    1   app    0.0      NaN        0         True
    """
    if "touchpoint" not in held:
        raise SchemaError(
            f"no column {DIMENSION!r}", remedy="join touchpoints with `touchpoints.spoken`"
        )
    units = check(held, CURVE_IN)
    points = [(s, order, p) for order, s in enumerate(codebook.stages) for p in s.touchpoints]
    if not points:
        return TOUCHPOINTS.empty()
    channels = list(dict.fromkeys(p.channel for _, _, p in points if p.channel))
    place = {(s.name, p.name): i for i, (s, _, p) in enumerate(points)}
    pairs = zip(units["stage"], units["touchpoint"], strict=True)
    at = np.array([place.get(pair, -1) for pair in pairs], dtype=np.intp)
    # The last entry, which -1 points at: no touchpoint, or one without a channel.
    through = np.array(
        [channels.index(p.channel) if p.channel else -1 for _, _, p in points] + [-1]
    )
    given = {"draws": draws, "seed": seed, "thin_below": thin_below}
    tables = [
        _counted(units, at, len(points), **given).assign(
            kind="touchpoint",
            stage=[s.name for s, _, _ in points],
            stage_order=[order for _, order, _ in points],
            name=[p.name for _, _, p in points],
            channel=[p.channel for _, _, p in points],
        ),
    ]
    if channels:
        tables.append(
            _counted(units, through[at], len(channels), **given).assign(
                kind="channel", stage="", stage_order=-1, name=channels, channel=channels
            )
        )
    table = pd.concat(tables, ignore_index=True)
    return check(table.assign(method=_method(units)), TOUCHPOINTS)


def _method(units: pd.DataFrame) -> str:
    """Return who read the touchpoints and the feeling: people only where they read every unit."""
    if not len(units) or "touchpoint_by" not in units:
        return "machine"
    people = units["human_valence"].notna() & (units["touchpoint_by"] == "human")
    return "human" if people.all() else "machine"


def _counted(
    units: pd.DataFrame,
    at: NDArray[np.intp],
    n: int,
    *,
    draws: int,
    seed: int,
    thin_below: int,
) -> pd.DataFrame:
    """Return one row for each of ``n`` places that units may be at; -1 is none."""
    names = [f"place {i}" for i in range(n)]
    unsure = _unsure(units)
    # Everything that a participant said stays in the table, so that their weights are the curve's.
    stages = np.array([*names, ""], dtype=object)[np.where(unsure, -1, at)]
    sure = pd.DataFrame(
        {
            "unit_id": units["unit_id"].to_numpy(),
            "participant": units["participant"].to_numpy(),
            "stage": stages,
            "valence": units["valence"].to_numpy(),
        }
    )
    places = Codebook("touchpoints", stages=tuple(map(Stage, names)))
    felt = estimate.curve(
        sure, places, method="machine", draws=draws, seed=seed, thin_below=thin_below
    )
    of = units["participant"].nunique()
    doubted = np.bincount(at[unsure & (at >= 0)], minlength=n)
    spoke = felt["n_participants"].to_numpy()
    shares = np.array([share(int(k), of) for k in spoke]).reshape(n, 3)
    figures = ["valence", "valence_low", "valence_high", "n_participants", "n_units", "is_thin"]
    return felt[figures].assign(
        n_of=of,
        share=shares[:, 0],
        share_low=shares[:, 1],
        share_high=shares[:, 2],
        n_unsure=doubted,
        unmentioned=(spoke == 0) & (of > 0),
        reason=[
            _reason(int(k), int(d), of, thin_below) for k, d in zip(spoke, doubted, strict=True)
        ],
    )


def _unsure(units: pd.DataFrame) -> NDArray[np.bool_]:
    if "unsure" not in units:
        return np.zeros(len(units), dtype=bool)
    return np.asarray(units["unsure"], dtype=bool)


def _reason(spoke: int, doubted: int, of: int, thin_below: int) -> str:
    """Return what else there is to know of a row.

    Examples
    --------
    >>> _reason(0, 2, 12, 5), _reason(0, 0, 0, 5)
    ('only in 2 units that the coder is unsure of', 'no unit was looked at for touchpoints')
    """
    if not of:
        return "no unit was looked at for touchpoints"
    if spoke:
        return f"fewer than {thin_below} participants" if spoke < thin_below else ""
    if doubted:
        return f"only in {doubted} unit{'s' * (doubted != 1)} that the coder is unsure of"
    return "in no unit"
