"""One emotion curve a group, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from journeyqual.charts.curve import colour, shape
from journeyqual.charts.frame import (
    Axes,
    checked,
    hit_areas,
    layered,
    oriented,
    places,
    seam,
    titled,
    tooltip,
)
from journeyqual.charts.palette import HALO, INTERVAL, LINE, THIN
from journeyqual.charts.quick import quick_import
from journeyqual.charts.words import NARROW_WRAP, describe, subtitle, wrap
from journeyqual.codebook import Codebook
from journeyqual.labels import label

if TYPE_CHECKING:
    from altair import FacetChart, LayerChart

MOST_TOGETHER = 3
"""More groups than this get a small chart each: lines over lines are not told apart."""
GROUP_SHAPES = ("circle", "square", "diamond")


def group_chart(
    curve: pd.DataFrame, codebook: Codebook, *, by: str = "", title: str = ""
) -> LayerChart | FacetChart:
    """Draw one curve a group: up to three in one chart, more as small charts above one another.

    Parameters
    ----------
    curve
        CURVE with ``group`` filled.
    codebook
        Gives the stages and the seam.
    by
        What the groups are, for the legend: a column of ``participants.csv``.
    title
        The chart's title; by default ``Compared by`` and ``by``.

    Raises
    ------
    ConfigError, SchemaError
        As for `curve_chart`.
    """
    table = checked(curve, codebook)
    table = table.assign(group=[g or label("everybody") for g in table["group"]])
    groups = sorted(table["group"].unique())
    title = title or (
        label("Compared by {attribute}", attribute=by) if by else label("Compared by group")
    )
    filled = pd.concat(
        [places(table[table["group"] == g], codebook).assign(group=g) for g in groups]
        or [places(table, codebook).assign(group="")],
        ignore_index=True,
    )
    draw = _together if len(groups) <= MOST_TOGETHER else _apart

    def chart(down: bool) -> Any:
        heading = titled(
            wrap(title, 32) if down else [title],
            subtitle(table, width=NARROW_WRAP if down else 0),
        )
        drawn = draw(filled, groups, codebook, by, down=down)
        return drawn.properties(title=heading, description=describe(table, title))

    meta = {} if draw is _together else {"fit": True}
    result: LayerChart | FacetChart = oriented(chart, codebook, **meta)
    return result


def _together(
    filled: pd.DataFrame, groups: list[str], codebook: Codebook, by: str, *, down: bool
) -> Any:
    """Draw all groups in one plot, side by side in each stage, apart by colour and shape."""
    alt = quick_import("altair")
    axes = Axes(codebook, tuple("" for _ in codebook.stages), down)
    legend = alt.Legend(
        title=by or None,
        symbolOpacity=1,
        orient="top",
        direction="vertical" if down else "horizontal",
    )
    scale = alt.Scale(domain=groups, range="category")
    tint = alt.Color("group:N", scale=scale, legend=legend)
    shapes = alt.Scale(domain=groups, range=list(GROUP_SHAPES[: len(groups)]))
    form = alt.Shape("group:N", scale=shapes, legend=legend)
    place = {**axes.stage(), **axes.offset(len(groups))}
    who = alt.Tooltip("group:N", title=by or label("group"))
    filled = filled.assign(slot=[groups.index(g) if groups else 0 for g in filled["group"]])
    known = filled[filled["valence"].notna()]
    between = known[known["valence_low"].notna()]
    layers = [
        hit_areas(axes, filled.drop_duplicates("stage_order")).encode(
            tooltip=[alt.Tooltip("stage:N", title=label("stage"))]
        ),
        *seam(axes, codebook),
        alt.Chart(filled)
        .mark_line(invalid="break-paths-show-path-domains", opacity=0.55, strokeWidth=1.6)
        .encode(**place, **axes.value("valence"), color=tint, order=alt.Order("stage_order:Q")),
    ]
    for thin, part in between.groupby("is_thin"):
        layers.append(
            alt.Chart(part)
            .mark_rule(style=INTERVAL, strokeDash=[3, 5] if thin else [])
            .encode(**place, **axes.span("valence_low", "valence_high"), color=tint)
        )
    for thin, part in known.groupby("is_thin"):
        ground = alt.Chart(part).mark_point(size=120, style=HALO, filled=True)
        layers.append(ground.encode(**place, **axes.value("valence"), shape=form))
        style = {"style": THIN, "filled": False} if thin else {"filled": True, "opacity": 1}
        layers.append(
            alt.Chart(part)
            .mark_point(size=120, **style)
            .encode(
                **place, **axes.value("valence"), color=tint, shape=form, tooltip=tooltip(alt, who)
            )
        )
    return layered(*layers).properties(**axes.size(340))


def _apart(
    filled: pd.DataFrame, groups: list[str], codebook: Codebook, by: str, *, down: bool
) -> Any:
    """Draw a small chart a group, all on the same two axes."""
    alt = quick_import("altair")
    axes = Axes(codebook, tuple("" for _ in codebook.stages), down)
    base = alt.Chart().encode(**axes.stage())
    who = alt.Tooltip("group:N", title=by or label("group"))
    thin = alt.datum.is_thin
    layers = layered(
        hit_areas(axes, filled).encode(tooltip=tooltip(alt, who)).properties(data=alt.Undefined),
        base.mark_line(style=LINE, invalid="break-paths-show-path-domains").encode(
            **axes.value("valence"), order=alt.Order("stage_order:Q")
        ),
        base.transform_filter("isValid(datum.valence_low)")
        .mark_rule(style=INTERVAL)
        .encode(**axes.span("valence_low", "valence_high"), color=colour(alt)),
        base.transform_filter(~thin & alt.expr.isValid(alt.datum.valence))
        .mark_point(size=110, filled=True, opacity=1)
        .encode(**axes.value("valence"), color=colour(alt), shape=shape(alt)),
        base.transform_filter(thin & alt.expr.isValid(alt.datum.valence))
        .mark_point(size=110, style=THIN, filled=False)
        .encode(**axes.value("valence"), color=colour(alt), shape=shape(alt)),
    )
    # A facet cannot take the width of its container: the page's script sets it (``fit``).
    size = (
        {"height": 40 * max(1, len(codebook.stages)), "width": 240}
        if down
        else {"height": 150, "width": 720}
    )
    return layers.properties(**size).facet(
        data=filled,
        facet=alt.Facet("group:N", sort=groups, title=None, header=alt.Header(orient="top")),
        columns=1,
    )
