"""What to mend and what to keep: people affected, times depth, times what of a number is at stake.

One list over the whole journey, each row with its owner, its interval and one sentence that says no
more than the data. Rows are no parts of a sum: a stage's row holds its themes' words, too.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from journeyqual.codebook import Codebook, Stage
from journeyqual.drivers import themed_units
from journeyqual.estimate import DRAWS, THIN_BELOW, tail
from journeyqual.estimate.inputs import Floats, drawn_units
from journeyqual.estimate.intervals import drawn_counts, gathered
from journeyqual.findings import FLAT
from journeyqual.moments import SPLIT
from journeyqual.numbers import at_stake
from journeyqual.numbers.words import amount
from journeyqual.paths import read_by, share
from journeyqual.schema import CURVE_IN, DRIVERS, METRICS, OPPORTUNITIES, check, signed

VOICES = 2
"""What fewer participants say is a voice to be quoted, and no case for a team."""
KINDS = {"mend": -1, "keep": 1}
EVEN = 12
"""Decimals that count when two figures are compared: sums in another order differ beyond."""
TINY = 10.0**-EVEN


def opportunities(
    coded: pd.DataFrame,
    themed: pd.DataFrame,
    drivers: pd.DataFrame,
    numbers: pd.DataFrame,
    codebook: Codebook,
    *,
    draws: int = DRAWS,
    seed: int = 0,
    thin_below: int = THIN_BELOW,
) -> pd.DataFrame:
    """Return what to mend and what to keep, ranked by people affected x depth x what is at stake.

    Parameters
    ----------
    coded
        As for `estimate.curve`; people's codings are read where they count.
    themed
        THEMED; without rows, the list is of stages alone.
    drivers
        DRIVERS. One whose own words are bad is to be mended, one whose own words are good to be
        kept; which way it pulls its stage depends on what else is said there.
    numbers
        METRICS or NUMBERS; may be empty.
    codebook
        Names the stages and who owns them.
    draws, seed
        Bootstrap draws of participants, and their seed.
    thin_below
        What fewer participants speak of is thin.

    Returns
    -------
    DataFrame
        OPPORTUNITIES. Every stage stands there on the side of its mean, and on the other, too, if
        `SPLIT` of those who speak of it are there; every driver once. What fewer than `VOICES`
        participants say on that side is not listed: it is in the quotes.

        - ``n_people``: participants whose own mean in these words is on that side of neutral, by
          more than `findings.FLAT`; ``share`` is theirs of all ``n_of`` heard, with its Wilson
          interval.
        - ``depth``: how far from neutral the mean of their own means is; ``n_units`` made it.
        - ``stake``: of what is to be mended, the share that the stage's number has lost; of what is
          to be kept, the share that it has (`numbers.at_stake`). See Notes.
        - ``score``: the product, with the interval of redrawn participants. The stake is taken as
          it stands.

        Ranked by score; what is thin comes after what is not. Ties go to the one that more people
        speak of on that side, then by the journey.

    Raises
    ------
    SchemaError
        If a table is not as declared.
    ConfigError
        If the codebook lacks the stage of a driver.

    Notes
    -----
    Share times depth is the mean, over everybody heard, of how far they stand on that side, so the
    interval is that of a mean: the expanded percentile interval of the bootstrap
    (`estimate.tail`).

    Of several numbers of a stage the one with most at stake counts, in its latest period and of
    everybody (of the groups only if nobody counted everybody). Numbers of the whole journey count
    for no stage. A stage without a number, or whose numbers have no scale, takes the middle of the
    other stages' stakes: taking 1 would put whatever nobody measures on top. Without any it is 1.

    Examples
    --------
    Two of three are unhappy with delivery, at -0.5 and -1; the number has lost a tenth.

    >>> from journeyqual.codebook import from_dict
    >>> book = from_dict({"name": "Mini", "stage": [{"name": "delivery", "owner": "Product"}]})
    >>> coded = pd.DataFrame({"unit_id": list("123"), "participant": list("ABC"),
    ...                       "stage": "delivery", "valence": [-0.5, -1.0, 0.0],
    ...                       "human_valence": [-0.5, -1.0, 0.0], "human_stage": "delivery"})
    >>> metrics = pd.DataFrame({"stage": ["delivery"], "metric": "in time", "value": 90.0,
    ...                         "unit": "%", "better": "higher"})
    >>> from journeyqual import schema
    >>> out = opportunities(coded, schema.THEMED.empty(), schema.DRIVERS.empty(), metrics, book)
    >>> out[["kind", "n_people", "n_of", "depth", "stake", "score"]].round(3)
       kind  n_people  n_of  depth  stake  score
    0  mend         2     3   0.75    0.1   0.05
    >>> out.loc[0, "statement"]
    'Mend delivery (Product): 2 of 3 participants spoke of it badly (their mean −0.75; 3 spoke of
    it); at stake: in time 90 %; thin: fewer than 5 participants.'
    """
    coded, drivers = check(coded, CURVE_IN), check(drivers, DRIVERS)
    if coded.empty:
        return OPPORTUNITIES.empty()
    units = themed_units(coded, themed, drivers, codebook)
    listed = _subjects(drivers, codebook)
    talk = _talk(units, coded, listed, codebook)
    sign = listed["kind"].map(KINDS).to_numpy(dtype=float)
    sided = talk.own * sign
    there = sided > FLAT
    n_people, n_of, n_spoke = there.sum(axis=0), len(talk.own), (talk.said > 0).sum(axis=0)
    amount = np.where(there, sided, 0.0)
    depth = np.zeros(len(listed))
    np.divide(amount.sum(axis=0), n_people, out=depth, where=n_people > 0)
    table = listed.assign(
        owner=[codebook.stage(str(stage)).owner for stage in listed["stage"]],
        n_people=n_people,
        n_of=n_of,
        depth=np.clip(depth, 0.0, 1.0),
        n_units=np.where(there, talk.said, 0.0).sum(axis=0).astype(int),
        n_checked=np.where(there, talk.checked, 0.0).sum(axis=0).astype(int),
        n_spoke=n_spoke,
        is_thin=n_spoke < thin_below,
        method=read_by(coded),
    )
    table[["share", "share_low", "share_high"]] = [share(int(n), n_of) for n in n_people]
    table = table.join(_staked(listed, numbers))
    table["score"] = table["share"] * table["depth"] * table["stake"]
    low, high = _score_ends(amount * table["stake"].to_numpy(), draws, seed)
    table = table.assign(score_low=low, score_high=high)
    of_it = (listed["theme"] != "") | (sided.sum(axis=0) > 0) | (n_people >= SPLIT * n_spoke - TINY)
    return _ranked(table[of_it & (n_people >= VOICES)], thin_below)


@dataclass(frozen=True)
class _Talk:
    """Participants x subjects: own mean (0 of who does not speak of it), units, units checked."""

    own: Floats
    said: Floats
    checked: Floats


def _subjects(drivers: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Return what may be mended or kept: every stage both ways, every driver by its words."""
    stages = pd.DataFrame(
        [(kind, stage, "", stage) for stage in codebook.stage_names for kind in KINDS],
        columns=["kind", "stage", "theme", "name"],
    )
    kind = np.where(drivers["valence"] < 0, "mend", "keep")
    themes = drivers.assign(kind=kind)[drivers["valence"].abs() > 0]
    out = pd.concat([stages, themes[list(stages.columns)]], ignore_index=True)
    return out.assign(stage_order=[codebook.order(str(stage)) for stage in out["stage"]])


def _talk(
    units: pd.DataFrame, coded: pd.DataFrame, listed: pd.DataFrame, codebook: Codebook
) -> _Talk:
    people = pd.Index(sorted(coded["participant"].unique()))
    checked = set(coded.loc[drawn_units(coded), "unit_id"])
    by_people = units["unit_id"].isin(checked).to_numpy(dtype=float)
    themes = listed.loc[listed["theme"] != "", "theme"]
    pseudo = Codebook("themes", stages=tuple(Stage(str(theme)) for theme in themes))
    column = {("", stage): k for k, stage in enumerate(codebook.stage_names)}
    column |= {("theme", str(theme)): len(column) + k for k, theme in enumerate(themes)}
    keys = zip(listed["theme"], listed["stage"], strict=True)
    place = [column["theme", theme] if theme else column["", stage] for theme, stage in keys]

    def sums(weight: Floats) -> tuple[Floats, Floats]:
        """Add up valence and weight, one column a stage and then one a theme."""
        parts = [
            gathered(units, codebook, "machine", weight),
            gathered(units.assign(stage=units["theme"]), pseudo, "machine", weight),
        ]
        # Who said nothing that has a valence was heard all the same.
        row = people.get_indexer(parts[0].participants)
        top, bottom = (np.zeros((len(people), len(column))) for _ in range(2))
        top[row] = np.hstack([part.direct.numerator for part in parts])
        bottom[row] = np.hstack([part.direct.denominator for part in parts])
        return top[:, place], bottom[:, place]

    top, said = sums(np.ones(len(units)))
    own = np.zeros_like(top)
    np.divide(top, said, out=own, where=said > 0)
    return _Talk(own.round(EVEN), said, sums(by_people)[1])


def _score_ends(amount: Floats, draws: int, seed: int) -> tuple[Floats, Floats]:
    """Return the ends of the interval of each column's mean over participants."""
    n = len(amount)
    if n < 2:
        none = np.full(amount.shape[1], np.nan)
        return none, none
    drawn = drawn_counts(n, draws, seed) @ amount / n
    cut = 100 * tail(n)
    low, high = np.percentile(drawn, [cut, 100 - cut], axis=0)
    return np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)


# -- what is at stake ---------------------------------------------------------------------------


def stakes(numbers: pd.DataFrame) -> pd.DataFrame:
    """Return for each number that speaks for its stage how much of it is lost.

    Parameters
    ----------
    numbers
        METRICS or NUMBERS.

    Returns
    -------
    DataFrame
        ``stage, metric, shown, lost``: the latest period of each metric of a stage, of everybody
        (of each group if there is no such row). ``lost`` is NaN where the number has no scale.

    Examples
    --------
    >>> metrics = pd.DataFrame({"stage": "using", "metric": ["kept", "kept", "tickets"],
    ...     "value": [70, 80, 23], "unit": ["%", "%", ""], "better": "higher",
    ...     "period": ["2025", "2026", "2026"]})
    >>> stakes(metrics)
       stage   metric    shown  lost
    0  using     kept     80 %   0.2
    1  using  tickets       23   NaN
    """
    held = check(numbers, METRICS)
    held = held[held["stage"] != ""]
    key = ["stage", "metric"]
    everybody = held["group"] == ""
    told = everybody.groupby([held["stage"], held["metric"]]).transform("any")
    held = held[everybody | ~told]
    held = held[held["period"] == held.groupby(key)["period"].transform("max")]
    held = held.sort_values([*key, "group", "value"])
    rows = [
        (row["stage"], row["metric"], _shown(row), at_stake(row)) for row in held.to_dict("records")
    ]
    return pd.DataFrame(rows, columns=["stage", "metric", "shown", "lost"])


def _shown(row: dict[Hashable, Any]) -> str:
    group = f" ({row['group']})" if row["group"] else ""
    return amount(row["value"], row["unit"]) + group


def _staked(listed: pd.DataFrame, numbers: pd.DataFrame) -> pd.DataFrame:
    """Return the stake of each subject, the metric that it is read off, and how to say it."""
    known = stakes(numbers)
    scaled = known[known["lost"].notna()]
    rows = []
    for kind, stage in zip(listed["kind"], listed["stage"], strict=True):
        each = scaled["lost"] if kind == "mend" else 1.0 - scaled["lost"]
        own = scaled.assign(stake=each)[scaled["stage"] == stage]
        if len(own):
            most = own.sort_values(["stake", "metric"], ascending=[False, True]).iloc[0]
            said = f"; at stake: {most['metric']} {most['shown']}"
            rows.append((most["metric"], most["stake"], said))
        elif scaled.empty:
            rows.append(("", 1.0, ""))
        else:
            most_of = each.groupby(scaled["stage"]).max()
            middle = float(most_of.median())
            why = (
                "its numbers have no scale" if stage in set(known["stage"]) else "it has no number"
            )
            said = f"; {why}, so its stake is taken as the other stages' middle ({middle:.2f})"
            rows.append(("", middle, said))
    return pd.DataFrame(rows, columns=["metric", "stake", "said_stake"], index=listed.index)


# -- the list -----------------------------------------------------------------------------------


def _ranked(table: pd.DataFrame, thin_below: int) -> pd.DataFrame:
    table = table.assign(
        down=-table["score"].round(EVEN), fewer=-table["n_people"], last=table["is_thin"]
    )
    # A rank is a claim, and a thin row cannot make it against the others.
    order = ["last", "down", "fewer", "stage_order", "kind", "theme"]
    table = table.sort_values(order).reset_index(drop=True)
    table["rank"] = np.arange(1, len(table) + 1)
    table["statement"] = [_statement(row, thin_below) for row in table.to_dict("records")]
    return check(table[OPPORTUNITIES.names], OPPORTUNITIES)


def _statement(row: dict[Hashable, Any], thin_below: int) -> str:
    """Return the row as one sentence."""
    verb, how, sign = ("Mend", "badly", -1) if row["kind"] == "mend" else ("Keep", "well", 1)
    what = f"'{row['name']}' at {row['stage']}" if row["theme"] else row["stage"]
    owner = f" ({row['owner']})" if row["owner"] else ""
    said = f"{row['n_people']} of {row['n_of']} participants spoke of it {how}"
    mean = signed(sign * row["depth"])
    out = f"{verb} {what}{owner}: {said} (their mean {mean}; {row['n_spoke']} spoke of it)"
    out += row["said_stake"]
    if row["is_thin"]:
        out += f"; thin: fewer than {thin_below} participants"
    if row["method"] == "machine":
        checked = f"{row['n_checked']} of {row['n_units']} units coded by people"
        out += f"; machine-coded, {checked if row['n_checked'] else 'unverified'}"
    return f"{out}."
