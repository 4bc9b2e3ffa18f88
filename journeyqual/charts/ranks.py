"""How firmly each stage holds its place among the highest and the lowest of a curve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from journeyqual.charts.frame import Axes, layered, oriented, seam, titled
from journeyqual.charts.palette import VALUE
from journeyqual.charts.quick import quick_import
from journeyqual.charts.words import NARROW_WRAP, coded, people, wrap
from journeyqual.codebook import Codebook
from journeyqual.labels import label
from journeyqual.schema import RANKS, check

if TYPE_CHECKING:
    from altair import LayerChart


def rank_chart(ranks: pd.DataFrame, codebook: Codebook, *, title: str = "") -> LayerChart:
    """Draw in how many redrawn studies each stage is the highest (up) or the lowest (down).

    Parameters
    ----------
    ranks
        RANKS; a stage that cannot be ranked stays an empty place.
    codebook
        Gives the stages.
    title
        The chart's title, by default "Lowest, highest: how firmly".

    Notes
    -----
    Long because a chart is one expression, layer by layer.

    Raises
    ------
    ConfigError
        If the table names a stage that the codebook lacks.
    """
    table = check(ranks, RANKS)
    table["stage_order"] = [codebook.order(stage) for stage in table["stage"]]
    known = table[table["p_lowest"].notna()]
    high, low = label("highest"), label("lowest")
    parts = [
        known.assign(share=known["p_highest"], to=known["p_highest"], tone="good", place=high),
        known.assign(share=known["p_lowest"], to=-known["p_lowest"], tone="bad", place=low),
    ]
    bars = pd.concat(parts, ignore_index=True)
    bars = bars.assign(from_=0.0, percent=[_percent(share) for share in bars["share"]])
    counted = dict(zip(table["stage_order"], table["n_participants"], strict=True))
    notes = tuple(people(int(counted.get(n, 0))) for n in range(len(codebook.stages)))
    title = title or label("Lowest, highest: how firmly")
    methods = coded(set(table["method"]))
    lines = [
        *methods,
        label("Up: highest. Down: lowest, in so many of 100 studies of people like these."),
    ]
    ticks = (label("lowest in 100"), "50", label("of 100 studies"), "50", label("highest in 100"))

    def draw(down: bool) -> Any:
        alt = quick_import("altair")
        axes = Axes(codebook, notes, down, labels=ticks)
        hint = [
            alt.Tooltip("stage:N", title=label("stage")),
            alt.Tooltip("place:N", title=label("side")),
            alt.Tooltip("percent:N", title=label("of redrawn studies")),
        ]
        tint = alt.Color(
            "tone:N",
            scale=alt.Scale(domain=["bad", "open", "good"], range="diverging"),
            legend=None,
        )
        told = bars[bars["share"] >= 0.05]
        layers = [
            *seam(axes, codebook),
            alt.Chart(bars)
            .mark_bar(size=16 if down else 22)
            .encode(**axes.stage(), **axes.span("from_", "to"), color=tint, tooltip=hint),
        ]
        for tone, way in (("good", 1), ("bad", -1)):
            mark: dict[str, Any] = (
                {"dx": -3 * way, "dy": -16, "align": "right" if way > 0 else "left"}
                if down
                else {"dx": 15, "dy": 6 * way, "align": "left"}
            )
            layers.append(
                alt.Chart(told[told["tone"] == tone])
                .mark_text(style=VALUE, **mark)
                .encode(**axes.stage(), **axes.value("to"), text="percent:N")
            )
        heading = titled(
            wrap(title, 32) if down else [title],
            [p for line in lines for p in (wrap(line, NARROW_WRAP) if down else [line])],
        )
        return layered(*layers).properties(
            **axes.size(240), title=heading, description=_describe(table, title)
        )

    result: LayerChart = oriented(draw, codebook)
    return result


def _percent(share: float) -> str:
    return f"{round(100 * share)}" if share in (0, 1) else f"{min(99, max(1, round(100 * share)))}"


def _describe(table: pd.DataFrame, title: str) -> str:
    said = "; ".join(
        f"{r.stage}: "
        + (
            r.reason
            if pd.isna(r.p_lowest)
            else label(
                "lowest in {low} of 100, highest in {high}",
                low=_percent(r.p_lowest),
                high=_percent(r.p_highest),
            )
        )
        for r in table.itertuples(index=False)
    )
    what = label("In how many redrawn studies each stage is lowest or highest.")
    return f"{title}. {what} {said}."
