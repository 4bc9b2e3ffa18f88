"""Where the voices of a number are, and what is felt there.

A cell is a group in a period; either may be blank, which is everybody and all periods.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyqual import estimate
from journeyqual.codebook import Codebook
from journeyqual.errors import SchemaError
from journeyqual.estimate import NOT_GIVEN, compare
from journeyqual.estimate.inputs import chosen_method, prepared
from journeyqual.estimate.intervals import Sample, deviation, drawn_counts, gathered, interval
from journeyqual.numbers.scales import Scale, plain, scale
from journeyqual.numbers.words import amount
from journeyqual.schema import METRICS, check

_CELL = "_cell"

Floats = NDArray[np.float64]
Cell: TypeAlias = tuple[str, str]
"""A group and a period, folded; blank is everybody, and all periods."""
Felt: TypeAlias = dict[tuple[Cell, str], dict[str, Any]]
"""What was felt in a cell at a stage; the blank stage is the whole journey."""


@dataclass(frozen=True)
class Voices:
    """Everything that was said, and how curves of it are drawn."""

    coded: pd.DataFrame
    codebook: Codebook
    groups: pd.Series
    periods: pd.Series
    by: str
    period: str
    method: str
    draws: int
    seed: int
    thin_below: int

    def of(self, cell: Cell) -> NDArray[np.bool_]:
        """Return which units belong to a cell."""
        group, period = cell
        mine = np.ones(len(self.coded), dtype=bool)
        if group:
            mine &= (self.groups == group).to_numpy()
        if period:
            mine &= (self.periods == period).to_numpy()
        return mine

    def stage(self, name: str) -> int:
        """Return a stage's column in the draws; the whole journey's is the last."""
        return self.codebook.order(name) if name else len(self.codebook.stages)

    def together(self, cells: Sequence[Cell], seed: int) -> dict[Cell, Feel]:
        """Return what is felt in several cells, whoever is in two of them drawn once for both."""
        label = pd.Series("", index=self.coded.index)
        for number, cell in enumerate(cells):
            label[self.of(cell)] = str(number)
        used = (label != "").to_numpy()
        people = pd.Index(sorted(self.coded.loc[used, "participant"].unique()))
        blocks = compare.draw_blocks(self.coded[used], label[used], people)
        counts = compare.block_counts(blocks, self.draws, seed)
        out = {}
        for cell in cells:
            sample = gathered(self.coded[self.of(cell)], self.codebook, self.method)
            out[cell] = _feel(sample, counts[:, people.get_indexer(sample.participants)])
        return out


@dataclass(frozen=True)
class Feel:
    """The curve of one cell with its draws; the last column is the mean of its stages.

    Parameters
    ----------
    people
        Who is in it.
    point, drawn
        The curve, and that of each draw.
    grown
        What the draws' standard deviation is to be multiplied by (as `Sample.error` does).
    df
        Degrees of freedom; 0 is no interval.
    """

    people: pd.Index
    point: Floats
    drawn: Floats
    grown: Floats
    df: Floats

    @property
    def error(self) -> Floats:
        """Standard error of each point."""
        return np.asarray(deviation(self.drawn) * self.grown, dtype=float)


def _feel(sample: Sample, counts: Floats) -> Feel:
    drawn, point, df = sample.curves(counts), sample.point, sample.df.astype(float)
    grown = np.full(len(point), np.nan)
    np.divide(sample.behind, sample.df, out=grown, where=sample.df > 0)
    grown, told = np.sqrt(grown), ~np.isnan(point)
    mean = float(point[told].mean()) if told.any() else np.nan
    # Draws that say nothing of a stage say what the others do of the mean.
    moved = mean_of(drawn[:, told] - point[told])
    spread = deviation(drawn[:, told])
    error, own_df = spread * grown[told], df[told]
    whole_grown, whole_df = np.nan, 0.0
    if (own_df > 0).any():
        # Of a stage with one voice nobody knows how far another would be; as far as elsewhere.
        person = np.nanmax(error * np.sqrt(sample.behind[told]))
        error = np.where(own_df > 0, error, person)
        square, seen = float((error**2).sum()), float((spread**2).sum())
        whole_grown = np.sqrt(square / seen) if seen > 0 else 1.0
        # Welch and Satterthwaite's; stages of the same people never give more than the best one.
        whole_df = float(own_df.max())
        if square > 0:
            whole_df = min(whole_df, square**2 / float((error**4 / np.maximum(own_df, 1)).sum()))
    return Feel(
        sample.participants,
        np.append(point, mean),
        np.column_stack([drawn, mean + moved]),
        np.append(grown, whole_grown),
        np.append(df, whole_df),
    )


def mean_of(moved: Floats) -> Floats:
    """Return the mean of each row; NaN counts for nothing, and a row of them is NaN."""
    there = ~np.isnan(moved)
    out = np.full(len(moved), np.nan)
    many = there.sum(axis=1)
    np.divide(np.where(there, moved, 0.0).sum(axis=1), many, out=out, where=many > 0)
    return out


def _folded(values: pd.Series) -> pd.Series:
    """Return texts as they are compared: no letter case, no blanks at the ends, no value blank."""
    listed = {value: plain(value).casefold() for value in values.dropna().unique()}
    out = values.map(listed).fillna("").astype(str)
    # As categories: every cell of every number is looked for among all units.
    return out.where(out != NOT_GIVEN, "").astype("category")


def heard(
    coded: pd.DataFrame,
    codebook: Codebook,
    by: str,
    period: str,
    draws: int,
    seed: int,
    thin_below: int,
) -> Voices:
    """Return what was said, ready to be asked for; `numbers.numbers` says what the parameters are.

    Raises
    ------
    SchemaError
        As `estimate.curve`, and if there is no column ``by`` or ``period``.
    """
    table, _ = prepared(coded, codebook, "")
    # Sums in one order, whatever the order of the rows.
    table = table.sort_values("unit_id", ignore_index=True)
    for column in (by, period):
        if column and column not in table.columns:
            prepared(table, codebook, column)
    none = pd.Series("", index=table.index, dtype="category")
    return Voices(
        table,
        codebook,
        _folded(table[by]) if by else none,
        _folded(table[period]) if period else none,
        by,
        period,
        chosen_method(table, "auto"),
        draws,
        seed,
        thin_below,
    )


def felt_in(voices: Voices, cells: Iterable[Cell]) -> Felt:
    """Return the feeling of each cell at each stage, and over the whole journey."""
    out: Felt = {}
    kinds: dict[tuple[bool, bool], list[Cell]] = defaultdict(list)
    for cell in sorted(cells):
        kinds[cell[0] != "", cell[1] != ""].append(cell)
    for kind, mine in sorted(kinds.items()):
        label = pd.Series("", index=voices.coded.index)
        for number, cell in enumerate(mine):
            label[voices.of(cell)] = str(number)
        # Of the whole table, so that one method serves all.
        curves = estimate.curve(
            voices.coded.assign(**{_CELL: label}),
            voices.codebook,
            by=_CELL if any(kind) else "",
            draws=voices.draws,
            seed=voices.seed,
            thin_below=voices.thin_below,
        )
        for row in curves.to_dict("records"):
            if row["group"] != NOT_GIVEN:
                out[mine[int(row["group"] or 0)], row["stage"]] = {
                    str(k): v for k, v in row.items()
                }
        for cell in mine:
            out[cell, ""] = _journey(voices, cell, out)
    return out


def _journey(voices: Voices, cell: Cell, felt: Felt) -> dict[str, Any]:
    """Return the mean of a cell's stages, each counting once, with its interval."""
    units = voices.coded[voices.of(cell)]
    sample = gathered(units, voices.codebook, voices.method)
    feel = _feel(sample, drawn_counts(len(sample.participants), voices.draws, voices.seed))
    low, high = interval(feel.point[-1:], feel.error[-1:], feel.df[-1:])
    own = estimate.settled(units)
    people = own.loc[own["stage"] != "", "participant"].nunique()
    stages = [felt[cell, name] for name in voices.codebook.stage_names]
    return {
        "valence": feel.point[-1],
        "valence_low": np.clip(low[0], -1.0, 1.0),
        "valence_high": np.clip(high[0], -1.0, 1.0),
        "n_participants": people,
        "is_thin": people < voices.thin_below,
        "method": voices.method,
        "is_unverified": all(row["is_unverified"] for row in stages),
    }


@dataclass(frozen=True)
class Held:
    """A number, and where the voices are that it is held against.

    Parameters
    ----------
    row
        Its row of METRICS.
    metric, stage, group, period
        What tells it apart, folded but for the stage; ``metric`` is name and unit.
    cell
        Where its voices are.
    missing
        Why there are none; blank if there may be.
    note
        What else has to be known of them.
    sign
        1 if higher is better, -1 if lower, 0 if nobody says.
    """

    row: dict[str, Any]
    metric: tuple[str, str]
    stage: str
    group: str
    period: str
    cell: Cell
    missing: str
    note: str
    sign: int
    scale: Scale

    @property
    def value(self) -> float:
        """The number."""
        return float(self.row["value"])

    def amount(self) -> str:
        """Return it as a reader sees it."""
        return amount(self.value, self.row["unit"])


def placed(metrics: pd.DataFrame, voices: Voices) -> tuple[pd.DataFrame, list[Held]]:
    """Return METRICS checked, and each number with the cell of its voices."""
    table = check(metrics, METRICS)
    stages = voices.codebook.stage_names
    known = set(voices.groups.unique()) - {""}, set(voices.periods.unique()) - {""}
    held: list[Held] = []
    seen: dict[tuple[str, ...], int] = {}
    turned: dict[tuple[str, str], int] = {}
    for line, row in enumerate(table.to_dict("records"), start=2):
        if row["stage"] not in {*stages, ""}:
            raise SchemaError(
                f"{row['stage']!r} is no stage of the codebook",
                line=line, column="stage", remedy=f"it has {', '.join(stages)}",
            )  # fmt: skip
        number = _one_placed({str(k): v for k, v in row.items()}, voices, *known)
        key = (*number.metric, number.stage, number.group, number.period)
        if key in seen:
            raise SchemaError(
                f"{row['metric']!r} stands twice for the same stage, group and period",
                line=line, remedy=f"keep it here or in line {seen[key]}",
            )  # fmt: skip
        seen[key] = line
        sign = turned.setdefault(number.metric, number.sign) or number.sign
        turned[number.metric] = sign
        if number.sign and number.sign != sign:
            raise SchemaError(
                f"of {row['metric']!r} higher is better in one row and lower in another",
                line=line, column="better", remedy="write the same in both",
            )  # fmt: skip
        held.append(number)
    return table, held


def _one_placed(row: dict[str, Any], voices: Voices, groups: set[str], periods: set[str]) -> Held:
    group, wave = plain(row["group"]), plain(row["period"])
    group_key, wave_key = group.casefold(), wave.casefold()
    missing = note = ""
    if group and not voices.by:
        missing = f"there is no attribute named to look for “{group}” in"
    elif group and group_key not in groups:
        missing = f"nobody who was interviewed has the {voices.by} “{group}”"
    heard_in = wave_key if wave_key in periods else ""
    if wave and not voices.period:
        note = "The interviews tell no periods: the feeling is that of all of them."
    elif wave and not heard_in:
        note = f"No interview is of {wave}: the feeling is that of all periods."
    cell = (group_key, heard_in)
    if not missing and not voices.of(cell).any():
        told = [part for part in (group, wave if heard_in else "") if part]
        missing = f"nobody was interviewed{' of ' if told else ''}{' in '.join(told)}"
    sign = {"higher": 1, "lower": -1}.get(row["better"], 0)
    name = (plain(row["metric"]).casefold(), plain(row["unit"]).casefold())
    return Held(row, name, row["stage"], group_key, wave_key, cell, missing, note, sign, scale(row))
