"""Which emotions each stage was told with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from journeyqual.charts.frame import layered, oriented, raised, titled
from journeyqual.charts.palette import CELL, CELL_TEXT, CELL_TEXT_STRONG
from journeyqual.charts.quick import quick_import
from journeyqual.charts.words import NARROW_WRAP, coded, wrap
from journeyqual.codebook import Codebook
from journeyqual.errors import SchemaError
from journeyqual.labels import label
from journeyqual.schema import CURVE, EMOTIONS, check

if TYPE_CHECKING:
    from altair import LayerChart

NEUTRAL = "neutral"
FULL = 0.6
"""From this share on a cell has its full colour; most talk of a stage is seldom one emotion."""


def emotion_chart(
    emotions: pd.DataFrame,
    codebook: Codebook,
    *,
    curve: pd.DataFrame | None = None,
    title: str = "",
) -> LayerChart:
    """Draw the share of each emotion in each stage as a grid of cells with their percentages.

    Parameters
    ----------
    emotions
        EMOTIONS of one group.
    codebook
        Gives the order of stages and emotions.
    curve
        CURVE of the same units: how they were coded is then said under the title.
    title
        The chart's title, by default "Which emotions, where".

    Raises
    ------
    ConfigError
        If the table names a stage that the codebook lacks.
    SchemaError
        If it names an emotion that the codebook lacks, is no EMOTIONS table, or holds several
        groups.
    """
    table = check(emotions, EMOTIONS)
    if table["group"].nunique() > 1:
        raise SchemaError("one group wanted, here are several", column="group", remedy="pick one")
    unknown = sorted(set(table["emotion"]) - set(codebook.emotion_names))
    if unknown:
        raise SchemaError(
            f"{unknown[0]!r} is no emotion of the codebook",
            column="emotion",
            remedy=f"it has {', '.join(codebook.emotion_names)}",
        )
    table["stage_order"] = [codebook.order(stage) for stage in table["stage"]]
    table["emotion_order"] = [codebook.emotion_names.index(e) for e in table["emotion"]]
    methods = () if curve is None else set(check(curve, CURVE)["method"])
    lines = coded(methods)
    lines.append(label("Share of each stage's talk, every participant weighing the same."))
    title = title or label("Which emotions, where")
    table["percent"] = [f"{share:.0%}" for share in table["share"]]
    result: LayerChart = oriented(lambda down: _grid(table, codebook, title, lines, down), codebook)
    return result


def _grid(table: pd.DataFrame, codebook: Codebook, title: str, lines: list[str], down: bool) -> Any:
    """Draw cells, shares and axes; long because a chart is one expression, layer by layer."""
    alt = quick_import("altair")
    n_stages = len(codebook.stages)
    width = 14 if down else max(9, min(22, 120 // max(1, n_stages)))
    stages = [wrap(s.name, width) for s in codebook.stages]
    names = [wrap(name, 18, lines=1) for name in codebook.emotion_names]

    def axis(labels: list[list[str]], **more: Any) -> Any:
        return alt.Axis(
            labelExpr=f"{json.dumps(labels)}[datum.value]", grid=False, labelOverlap=False,
            labelLimit=0, **more,
        )  # fmt: skip

    def place(field: str, many: int, labels: Any) -> dict[str, Any]:
        return {
            "shorthand": f"{field}:O",
            "scale": alt.Scale(domain=list(range(many))),
            "axis": labels,
            "title": None,
        }

    stage_axis = axis(
        stages, orient="left" if down else "bottom", labelAngle=0, labelOffset=raised(stages, down)
    )
    name_axis = axis(names, orient="top" if down else "left", labelAngle=-60 if down else 0)
    by_stage = place("stage_order", n_stages, stage_axis)
    by_name = place("emotion_order", len(names), name_axis)
    where = (
        {"x": alt.X(**by_name), "y": alt.Y(**by_stage)}
        if down
        else {"x": alt.X(**by_stage), "y": alt.Y(**by_name)}
    )
    hint = [
        alt.Tooltip("stage:N", title=label("stage")),
        alt.Tooltip("emotion:N", title=label("emotion")),
        alt.Tooltip("percent:N", title=label("share of the stage's talk")),
        alt.Tooltip("n_units:Q", title=label("units")),
        alt.Tooltip("n_participants:Q", title=label("participants")),
    ]

    def cells(part: pd.DataFrame, colours: str) -> Any:
        scale = alt.Scale(domain=[0, FULL], range=colours, clamp=True, interpolate="rgb")
        return (
            alt.Chart(part)
            .mark_rect(style=CELL)
            .encode(**where, color=alt.Color("share:Q", scale=scale, legend=None), tooltip=hint)
        )

    def words(part: pd.DataFrame, style: str) -> Any:
        return (
            alt.Chart(part)
            .mark_text(style=style, **({"fontSize": 10} if down else {}))
            .encode(**where, text="percent:N", tooltip=hint)
        )

    neutral = table["emotion"] == NEUTRAL
    # Dark words on pale cells, light words once the cell is dark enough to carry them.
    strong = (table["share"] > 0.7 * FULL) & ~neutral
    # Nothing is written into an empty cell: a grid of noughts hides what there is.
    some = table["share"] >= 0.005
    layers = [
        cells(table[~neutral], "ramp"),
        cells(table[neutral], "heatmap"),
        words(table[some & ~strong], CELL_TEXT),
        words(table[some & strong], CELL_TEXT_STRONG),
    ]
    heading = titled(
        wrap(title, 32) if down else [title],
        [p for line in lines for p in (wrap(line, NARROW_WRAP) if down else [line])],
    )
    rows, step = (n_stages, 40) if down else (len(names), 34)
    size = {"width": "container", "height": step * max(1, rows)}
    return (
        layered(*layers)
        .resolve_scale(color="independent")
        .properties(**size, title=heading, description=_describe(table, title))
    )


def _describe(table: pd.DataFrame, title: str) -> str:
    parts = []
    for stage, part in table.groupby("stage", sort=False):
        told = part[part["share"] >= 0.005].sort_values("share", ascending=False)
        said = ", ".join(f"{r.emotion} {r.percent}" for r in told.itertuples(index=False))
        parts.append(f"{stage}: {said or label('no emotion coded')}")
    return f"{title}. {'; '.join(parts) or label('Nothing coded yet')}."
