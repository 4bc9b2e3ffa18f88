"""The emotion curve of one group, and how far its participants lie apart."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from journeyqual.charts.frame import (
    Axes,
    checked,
    hit_areas,
    layered,
    one_group,
    oriented,
    places,
    seam,
    titled,
    tooltip,
)
from journeyqual.charts.palette import (
    EXPECTED,
    HALO,
    INTERVAL,
    LINE,
    PERSON,
    PERSON_DOT,
    THIN,
    VALUE,
)
from journeyqual.charts.quick import quick_import
from journeyqual.charts.words import NARROW_WRAP, describe, subtitle, wrap
from journeyqual.codebook import Codebook
from journeyqual.labels import label
from journeyqual.schema import LINES, check, signed

if TYPE_CHECKING:
    from altair import LayerChart

SHAPES = {"good": "triangle-up", "either": "circle", "bad": "triangle-down"}
"""The second cue: which side of neutral the whole interval lies on."""


LINES_SHOWN = 80
"""Participants whose own lines or dots are drawn at most, of however many."""


def curve_chart(
    curve: pd.DataFrame,
    lines: pd.DataFrame,
    codebook: Codebook,
    *,
    title: str = "",
) -> LayerChart:
    """Draw one emotion curve: points, straight segments, intervals, n, every participant.

    Parameters
    ----------
    curve
        CURVE of one group. A stage without valence is a gap.
    lines
        LINES of the same group; may be empty.
    codebook
        Gives the stages, the seam between buyer side and customer side, and what the team expected.
    title
        The chart's title, by default "How it felt, stage by stage". Under it stands how the units
        were coded.

    Returns
    -------
    LayerChart
        As wide as what holds it. Its selection ``jq_stage`` tells which stage was clicked.

    Raises
    ------
    ConfigError
        If a table names a stage that the codebook lacks.
    SchemaError
        If a table is not what it should be, or holds several groups.

    Examples
    --------
    >>> from journeyqual.codebook import from_dict
    >>> book = from_dict({"name": "Mini", "stage": [{"name": "buying"}, {"name": "using"}]})
    >>> curve = pd.DataFrame({
    ...     "group": [""], "stage": ["using"], "stage_order": [1], "valence": [-0.5],
    ...     "valence_low": [-0.8], "valence_high": [-0.2], "n_participants": [7], "n_units": [20],
    ...     "n_human": [0], "method": ["machine"], "is_thin": [False]})
    >>> curve_chart(curve, LINES.empty(), book).to_dict()["title"]["subtitle"][0]
    'Machine-coded, unverified: people have checked no random sample of it.'
    """
    table = one_group(checked(curve, codebook))
    persons = _persons(lines, codebook)
    title = title or label("How it felt, stage by stage")
    drawn = _Curve(table, persons, codebook, title, _left_out(lines, persons))
    result: LayerChart = oriented(drawn.chart, codebook)
    return result


def _persons(lines: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Return LINES with ``run``: a stretch of neighbouring stages, which a line may join.

    Of very many participants some are left out, evenly over the list of their ids: a thousand lines
    are a grey field, and each is carried by the page.
    """
    table = check(lines, LINES)
    people = sorted(table["participant"].unique())
    some = people[:: max(1, math.ceil(len(people) / LINES_SHOWN))]
    table = table[table["participant"].isin(some)].reset_index(drop=True)
    table["stage_order"] = [codebook.order(stage) for stage in table["stage"]]
    table = table.sort_values(["participant", "stage_order"]).reset_index(drop=True)
    new = table["participant"].ne(table["participant"].shift())
    gap = table["stage_order"].diff().ne(1)
    table["run"] = (new | gap).cumsum().astype("int64")
    table["felt"] = [signed(v) for v in table["valence"]]
    return table


def _left_out(lines: pd.DataFrame, persons: pd.DataFrame) -> list[str]:
    every, drawn = lines["participant"].nunique(), persons["participant"].nunique()
    if drawn == every:
        return []
    return [label("Drawn are {n} of {of} people; the curve is of all.", n=drawn, of=every)]


class _Curve:
    """One curve's tables, drawn across or down."""

    def __init__(
        self,
        table: pd.DataFrame,
        persons: pd.DataFrame,
        codebook: Codebook,
        title: str,
        left_out: list[str],
    ) -> None:
        self.table, self.persons, self.codebook, self.title = table, persons, codebook, title
        self.stages = places(table, codebook)
        self.left_out = left_out

    def chart(self, down: bool) -> Any:
        axes = Axes(self.codebook, tuple(self.stages["people"]), down)
        layers = [
            hit_areas(axes, self.stages),
            *seam(axes, self.codebook),
            *self._participants(axes),
            *self._expected(axes),
            *self._estimate(axes),
        ]
        more = []
        if self.stages["expected"].notna().any():
            machine = "machine" in set(self.table["method"])
            more.append(
                label("Short lines: what the team expected; a machine-coded curve is flatter.")
                if machine
                else label("Short lines: what the team expected.")
            )
        more += self.left_out
        heading = titled(
            wrap(self.title, 32) if down else [self.title],
            subtitle(self.table, more, width=NARROW_WRAP if down else 0),
        )
        return layered(*layers).properties(
            **axes.size(), title=heading, description=describe(self.table, self.title)
        )

    def _participants(self, axes: Axes) -> list[Any]:
        if self.persons.empty:
            return []
        alt = quick_import("altair")
        # Many people make a texture, few can be told apart.
        opacity = min(0.5, 4 / max(1, self.persons["participant"].nunique()))
        base = alt.Chart(self.persons).encode(**axes.stage(), **axes.value("valence"))
        order = alt.Order("stage_order:Q")
        detail = ["participant:N", "run:N"]
        return [
            base.mark_line(style=PERSON, opacity=opacity).encode(detail=detail, order=order),
            base.mark_circle(style=PERSON_DOT, size=16, opacity=opacity).encode(
                tooltip=_person_tooltip(alt),
            ),
        ]

    def _expected(self, axes: Axes) -> list[Any]:
        told = self.stages[self.stages["expected"].notna()]
        if told.empty:
            return []
        alt = quick_import("altair")
        told = told.assign(expected_text=[signed(v) for v in told["expected"]])
        return [
            alt.Chart(told)
            .mark_tick(
                style=EXPECTED,
                thickness=2,
                size=26,
                orient="vertical" if axes.down else "horizontal",
            )
            .encode(
                **axes.stage(),
                **axes.value("expected"),
                tooltip=[
                    alt.Tooltip("stage:N", title=label("stage")),
                    alt.Tooltip("expected_text:N", title=label("what the team expected")),
                ],
            )
        ]  # fmt: skip

    def _estimate(self, axes: Axes) -> list[Any]:
        alt = quick_import("altair")
        line = (
            alt.Chart(self.stages)
            # A stage nobody spoke of breaks the line: missing, not zero, and never bridged.
            .mark_line(style=LINE, interpolate="linear", invalid="break-paths-show-path-domains")
            .encode(**axes.stage(), **axes.value("valence"), order=alt.Order("stage_order:Q"))
        )
        known = self.stages[self.stages["valence"].notna()]
        layers = [line]
        for thin, part in known.groupby("is_thin"):
            layers += _points(alt, axes, part, thin=bool(thin))
        return [*layers, *self._words(alt, axes)]

    def _words(self, alt: Any, axes: Axes) -> list[Any]:
        """Write each value beside its point, on the side that the line does not take."""
        values = self.stages["valence"]
        if axes.down:
            from_right = values.shift(1) > values
            sides: Any = (
                (from_right, {"dy": -14, "dx": -16}),
                (~from_right, {"dy": -14, "dx": 16}),
            )
        else:
            rises = values.shift(-1) > values
            sides = (
                (rises, {"dx": 12, "dy": 10, "align": "left"}),
                (~rises, {"dx": 12, "dy": -9, "align": "left"}),
            )
        return [
            alt.Chart(self.stages[chosen & values.notna()])
            .mark_text(style=VALUE, **mark)
            .encode(**axes.stage(), **axes.value("valence"), text="felt:N", tooltip=tooltip(alt))
            for chosen, mark in sides
        ]


def _points(alt: Any, axes: Axes, part: pd.DataFrame, *, thin: bool) -> list[Any]:
    """Return interval bars and points: filled, or hollow and dashed where the stage is thin."""
    between = part[part["valence_low"].notna() & part["valence_high"].notna()]
    bars = (
        alt.Chart(between)
        .mark_rule(style=INTERVAL, strokeDash=[3, 5] if thin else [])
        .encode(**axes.stage(), **axes.span("valence_low", "valence_high"), color=colour(alt))
    )
    mark = {"style": THIN, "filled": False} if thin else {"filled": True, "opacity": 1}
    # The line must not show through a hollow point.
    ground = alt.Chart(part).mark_point(size=110, style=HALO, filled=True)
    ground = ground.encode(**axes.stage(), **axes.value("valence"), shape=shape(alt))
    points = (
        alt.Chart(part)
        .mark_point(size=110, **mark)
        .encode(
            **axes.stage(),
            **axes.value("valence"),
            color=colour(alt),
            shape=shape(alt),
            tooltip=tooltip(alt),
        )
    )
    return [bars, ground, points]


def colour(alt: Any, field: str = "valence") -> Any:
    """Encode valence as colour, from felt bad over grey to felt good."""
    # Half the scale's length either way: interviews seldom average out beyond it.
    scale = alt.Scale(domain=[-0.6, 0, 0.6], range="diverging", clamp=True, interpolate="rgb")
    return alt.Color(f"{field}:Q", scale=scale, legend=None)


def shape(alt: Any) -> Any:
    """Encode on which side of neutral the interval lies as the mark's shape."""
    scale = alt.Scale(domain=list(SHAPES), range=list(SHAPES.values()))
    return alt.Shape("feeling:N", scale=scale, legend=None)


def spread_chart(
    curve: pd.DataFrame,
    lines: pd.DataFrame,
    codebook: Codebook,
    *,
    title: str = "",
) -> LayerChart:
    """Draw every participant's own mean at every stage: a polarised stage hides behind its mean.

    Parameters
    ----------
    curve, lines, codebook
        As for `curve_chart`.
    title
        By default "Where people disagree".

    Returns
    -------
    LayerChart
        One dot a participant and stage, the stage's mean as a line across.

    Raises
    ------
    ConfigError, SchemaError
        As for `curve_chart`.
    """
    table = one_group(checked(curve, codebook))
    persons = _persons(lines, codebook)
    title = title or label("Where people disagree")

    def draw(down: bool) -> Any:
        more = [label("Each dot is one person, each line the stage's mean.")]
        more += _left_out(lines, persons)
        heading = titled(
            wrap(title, 32) if down else [title],
            subtitle(table, more, bars=False, width=NARROW_WRAP if down else 0),
        )
        return _spread(table, persons, codebook, down).properties(
            title=heading, description=describe(table, title)
        )

    result: LayerChart = oriented(draw, codebook)
    return result


def _spread(table: pd.DataFrame, persons: pd.DataFrame, codebook: Codebook, down: bool) -> Any:
    alt = quick_import("altair")
    stages = places(table, codebook)
    notes = tuple("" if pd.isna(s) else label("spread {n}", n=f"{s:.2f}") for s in stages["spread"])
    axes = Axes(codebook, notes, down)
    names = sorted(persons["participant"].unique())
    many = max(1, len(names))
    dots = (
        alt.Chart(persons.assign(slot=[names.index(p) for p in persons["participant"]]))
        .mark_point(filled=True, size=70, opacity=0.85)
        .encode(
            **axes.stage(),
            **axes.value("valence"),
            **axes.offset(many),
            color=colour(alt),
            tooltip=_person_tooltip(alt),
        )
    )
    mean = (
        alt.Chart(stages[stages["valence"].notna()].assign(slot=(many - 1) / 2))
        .mark_tick(
            style=EXPECTED, thickness=2, size=48, orient="vertical" if down else "horizontal"
        )
        .encode(**axes.stage(), **axes.value("valence"), **axes.offset(many), tooltip=tooltip(alt))
    )
    return layered(hit_areas(axes, stages), *seam(axes, codebook), dots, mean).properties(
        **axes.size(300)
    )


def _person_tooltip(alt: Any) -> list[Any]:
    return [
        alt.Tooltip("participant:N", title=label("participant")),
        alt.Tooltip("stage:N", title=label("stage")),
        alt.Tooltip("felt:N", title=label("valence")),
        alt.Tooltip("n_units:Q", title=label("units")),
    ]
