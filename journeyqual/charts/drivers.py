"""Themes and what goes with them, as dots with their intervals, the widest pulls first."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from journeyqual.charts.frame import layered, titled
from journeyqual.charts.palette import HALO, INTERVAL, JOINT, SEAM, theme
from journeyqual.charts.quick import quick_import
from journeyqual.charts.words import NARROW_WRAP, coded, interval, wrap
from journeyqual.codebook import Codebook
from journeyqual.labels import label
from journeyqual.schema import DRIVERS, check, signed

if TYPE_CHECKING:
    from altair import LayerChart

MOST = 12
"""Rows of the chart; the others stand in the table behind it."""


def driver_chart(
    drivers: pd.DataFrame,
    codebook: Codebook,
    *,
    title: str = "",
    most: int = MOST,
) -> LayerChart:
    """Draw themes as dots: how much better or worse who speaks of one feels about its stage.

    Parameters
    ----------
    drivers
        DRIVERS. Those with a contrast are drawn, the largest first, thin ones last.
    codebook
        Gives the order of the stages.
    title
        The chart's title, by default "What is mentioned with a better or worse feeling".
    most
        So many rows are drawn.

    Returns
    -------
    LayerChart
        A row a theme and stage: a thick bar for its own 95 % interval, a thin one for that which
        holds for all themes at once; filled where that leaves out 0. ``jq_stage`` tells which
        theme's stage was clicked.

    Raises
    ------
    ConfigError
        If the table names a stage that the codebook lacks.
    """
    table = check(drivers, DRIVERS)
    table["stage_order"] = [codebook.order(stage) for stage in table["stage"]]
    known = table[table["contrast"].notna()]
    size = known["contrast"].abs().round(12)
    known = known.assign(_size=-size).sort_values(
        ["is_thin", "differs", "_size", "stage_order", "theme"],
        ascending=[True, False, True, True, True],
    )
    # Chosen by how much they tell, shown from worst to best.
    shown = known.head(most).sort_values(["contrast", "stage_order", "theme"])
    shown = shown.reset_index(drop=True).assign(
        row=range(min(most, len(known))),
        felt=[signed(v) for v in shown["contrast"]],
        between=[interval(a, b) for a, b in _pairs(shown, "contrast_low", "contrast_high")],
        joint=[interval(a, b) for a, b in _pairs(shown, "joint_low", "joint_high")],
        pulls=[signed(v) for v in shown["pull"]],
        tone=_tones(shown),
    )
    config = theme()
    title = title or label("What is mentioned with a better or worse feeling")
    wide = _draw(shown, len(known), title, down=False)
    meta = {"narrow": _draw(shown, len(known), title, down=True).configure(**config).to_dict()}
    result: LayerChart = wide.configure(**config).properties(usermeta={"journeyqual": meta})
    return result


def reach(table: pd.DataFrame) -> float:
    """Return the scale of contrasts: symmetric, in steps of a quarter.

    As far as every contrast and the intervals of those that are not thin: two people's interval
    would make all others too small to read.

    Examples
    --------
    >>> ends = {n: [-0.3, -0.9] for n in ("contrast_low", "contrast_high")}
    >>> reach(pd.DataFrame({**ends, "contrast": [-0.3, -0.2], "joint_low": -0.6,
    ...                     "joint_high": 0.0, "is_thin": [False, True]}))
    0.75
    """
    firm = table[~table["is_thin"]]
    names = ["contrast_low", "contrast_high", "joint_low", "joint_high"]
    widest = pd.concat([table["contrast"], *(firm[n] for n in names)]).abs().max()
    return 0.5 if pd.isna(widest) else min(2.0, max(0.5, float(-(-4 * widest // 1) / 4)))


def _pairs(table: pd.DataFrame, low: str, high: str) -> zip[tuple[float, float]]:
    return zip(table[low], table[high], strict=True)


def _draw(shown: pd.DataFrame, many: int, title: str, *, down: bool) -> Any:
    """Draw the rows; long because a chart is one expression, layer by layer."""
    alt = quick_import("altair")
    labels = [
        [*wrap(r.name, 18 if down else 34, lines=2), *wrap(r.stage, 18 if down else 38, lines=1)]
        for r in shown.itertuples(index=False)
    ]
    limit = reach(shown)
    y = alt.Y(
        "row:O",
        title=None,
        scale=alt.Scale(domain=list(range(len(shown)))),
        axis=alt.Axis(
            labelExpr=f"{json.dumps(labels)}[datum.value]",
            labelLimit=0,
            grid=True,
            labelOffset=-7.5 * (sum(map(len, labels)) / max(1, len(labels)) - 1),
        ),
    )

    def x(field: str) -> Any:
        worse, better = label("worse"), label("better")
        ends = (f"{worse} −{limit:g}", label("no difference"), f"{better} +{limit:g}")
        axis = alt.Axis(
            values=[-limit, 0, limit],
            # By its sign, not by its value: that may be any float.
            labelExpr=f"{json.dumps(ends)}[(datum.value > 0) - (datum.value < 0) + 1]",
            labelFlush=True,
            labelBound=False,
            orient="top",
            grid=True,
        )
        scale = alt.Scale(domain=[-limit, limit], nice=False)
        return alt.X(f"{field}:Q", scale=scale, axis=axis, title=None)

    hint = [
        alt.Tooltip("name:N", title=label("theme")),
        alt.Tooltip("stage:N", title=label("stage")),
        alt.Tooltip("felt:N", title=label("contrast")),
        alt.Tooltip("between:N", title=label("95 % interval")),
        alt.Tooltip("joint:N", title=label("for all at once")),
        alt.Tooltip("n_with:Q", title=label("people with")),
        alt.Tooltip("n_without:Q", title=label("people without")),
        alt.Tooltip("pulls:N", title=label("pull on the stage")),
    ]
    scale = alt.Scale(domain=["bad", "open", "good"], range="diverging")
    tint = alt.Color("tone:N", scale=scale, legend=None)
    pick = alt.selection_point(name="jq_stage", fields=["stage_order"], empty=False)
    base = alt.Chart(shown).encode(y=y, tooltip=hint)
    thin = alt.datum.is_thin
    bars = base.transform_filter("isValid(datum.contrast_low)")
    layers = [
        base.mark_rect(style="jq-hit", stroke=None)
        .encode(x=alt.value(0), x2=alt.value("width"), opacity=alt.value(0))
        .add_params(pick),
        alt.Chart(alt.Data(values=[{"zero": 0}])).mark_rule(style=SEAM).encode(x=x("zero")),
        base.transform_filter("isValid(datum.joint_low)")
        .mark_rule(clip=True, style=JOINT)
        .encode(x=x("joint_low"), x2="joint_high:Q", color=tint),
        bars.transform_filter(~thin)
        .mark_rule(clip=True, style=INTERVAL)
        .encode(x=x("contrast_low"), x2="contrast_high:Q", color=tint),
        bars.transform_filter(thin)
        .mark_rule(clip=True, style=INTERVAL, strokeDash=[3, 5])
        .encode(x=x("contrast_low"), x2="contrast_high:Q", color=tint),
        base.mark_point(size=110, style=HALO, filled=True, shape="circle").encode(x=x("contrast")),
        base.transform_filter("datum.differs")
        .mark_point(size=110, filled=True, opacity=1, shape="circle")
        .encode(x=x("contrast"), color=tint),
        base.transform_filter("!datum.differs")
        .mark_point(size=110, filled=False, strokeWidth=2.2, shape="circle")
        .encode(x=x("contrast"), color=tint),
    ]
    lines = [
        *coded(set(shown["method"])),
        label("Dot: who speaks of it, less who does not. Thick bar: 95 % interval of one theme;"),
        label("thin bar: of all themes at once. Filled: settled for all at once."),
    ]
    if shown["is_thin"].any():
        lines.append(
            label("Dashed: thin, few people on one side; such a bar may run off the edge.")
        )
    if many > len(shown):
        lines.append(
            label("The {n} that tell most of {of}; the table has all.", n=len(shown), of=many)
        )
    heading = titled(
        wrap(title, 32) if down else [title],
        [p for line in lines for p in (wrap(line, NARROW_WRAP) if down else [line])],
    )
    step = 60 if down else 46
    return layered(*layers).properties(
        width="container",
        height=step * max(1, len(shown)),
        title=heading,
        description=_describe(shown, title),
    )


def _tones(shown: pd.DataFrame) -> list[str]:
    """Return each row's colour by name: only what is settled for all themes at once has one."""
    return [
        "open" if not differs else "good" if contrast > 0 else "bad"
        for differs, contrast in zip(shown["differs"], shown["contrast"], strict=True)
    ]


def _describe(shown: pd.DataFrame, title: str) -> str:
    said = "; ".join(
        f"{label('{name} at {stage}', name=r.name, stage=r.stage)}: {r.felt} ({r.between}), "
        + label("{n} with and {other} without", n=r.n_with, other=r.n_without)
        + (f", {label('settled for all at once')}" if r.differs else "")
        for r in shown.itertuples(index=False)
    )
    what = label(
        "How much better (+) or worse (−) people who speak of a theme feel about its stage than "
        "those who do not."
    )
    return f"{title}. {what} {said or label('No theme has a contrast yet')}."
