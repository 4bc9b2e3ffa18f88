"""How far two groups' curves lie apart, stage by stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from journeyqual.charts.frame import Axes, layered, oriented, seam, titled
from journeyqual.charts.palette import HALO, INTERVAL, JOINT, LINE, VALUE
from journeyqual.charts.quick import quick_import
from journeyqual.charts.words import NARROW_WRAP, coded, interval, wrap
from journeyqual.codebook import Codebook
from journeyqual.errors import SchemaError
from journeyqual.labels import label
from journeyqual.schema import DIFFERENCES, check, signed

if TYPE_CHECKING:
    from altair import LayerChart


def difference_charts(differences: pd.DataFrame, codebook: Codebook) -> list[LayerChart]:
    """Draw one chart a comparison, in the order of the table.

    Parameters
    ----------
    differences, codebook
        As for `difference_chart`, of any number of comparisons.
    """
    table = check(differences, DIFFERENCES)
    return [
        difference_chart(rows, codebook)
        for _, rows in table.groupby(["group", "against"], sort=False)
    ]


def difference_chart(
    differences: pd.DataFrame, codebook: Codebook, *, title: str = ""
) -> LayerChart:
    """Draw one difference curve with the intervals of one stage and of all stages at once.

    Parameters
    ----------
    differences
        DIFFERENCES of one comparison.
    codebook
        Gives the stages; those without a difference are gaps.
    title
        The chart's title; by default it names the two groups.

    Returns
    -------
    LayerChart
        Thick bars are single 95 % intervals, thin ones the joint ones. A point is filled where the
        joint interval leaves out 0.

    Raises
    ------
    SchemaError
        If the table holds several comparisons.
    ConfigError
        If it names a stage that the codebook lacks.
    """
    table = check(differences, DIFFERENCES)
    pairs = table[["group", "against"]].drop_duplicates()
    if len(pairs) > 1:
        raise SchemaError(
            f"one comparison wanted, here are {len(pairs)}",
            column="group",
            remedy="use difference_charts, or pick one",
        )
    group, against = next(pairs.itertuples(index=False, name=None), ("", ""))
    if not title:
        title = (
            label("{group}, beside {other}", group=group, other=against)
            if group
            else label("Difference")
        )
    base = pd.DataFrame({"stage": codebook.stage_names, "stage_order": range(len(codebook.stages))})
    for stage in table["stage"]:
        codebook.order(stage)
    rows = base.merge(table.drop(columns="stage_order"), on="stage", how="left")
    rows["differs"] = rows["differs"].eq(True)
    rows["is_thin"] = rows["is_thin"].eq(True)
    rows["felt"] = [signed(v) for v in rows["difference"]]
    rows["single"] = _between(rows, "difference_low", "difference_high")
    rows["joint"] = _between(rows, "joint_low", "joint_high")
    rows["tone"] = [
        "open" if not differs else "good" if value > 0 else "bad"
        for differs, value in zip(rows["differs"], rows["difference"], strict=True)
    ]
    limit = _limit(rows)

    def draw(down: bool) -> Any:
        return _draw(rows, codebook, limit, (group, against), title, down=down)

    result: LayerChart = oriented(draw, codebook)
    return result


def _between(rows: pd.DataFrame, low: str, high: str) -> list[str]:
    return [interval(a, b) for a, b in zip(rows[low], rows[high], strict=True)]


def _limit(rows: pd.DataFrame) -> float:
    names = ["difference", "difference_low", "difference_high", "joint_low", "joint_high"]
    widest = rows.loc[~rows["is_thin"], names].abs().max(axis=None)
    return 0.5 if pd.isna(widest) else min(2.0, max(0.5, float(-(-2 * widest // 1) / 2)))


def _draw(
    rows: pd.DataFrame,
    codebook: Codebook,
    limit: float,
    names: tuple[str, str],
    title: str,
    *,
    down: bool,
) -> Any:
    """Draw the layers; long because a chart is one expression, layer by layer."""
    alt = quick_import("altair")
    notes = tuple(
        label("nobody") if pd.isna(r.n_participants)
        else label("{n} and {other}", n=int(r.n_participants), other=int(r.n_participants_against))
        for r in rows.itertuples(index=False)
    )  # fmt: skip
    labels = (
        f"{label('worse')} −{limit:g}", f"−{limit / 2:g}", label("no difference"),
        f"+{limit / 2:g}",         f"{label('better')} +{limit:g}",
    )  # fmt: skip
    axes = Axes(codebook, notes, down, limit=limit, labels=labels)
    hint = [
        alt.Tooltip("stage:N", title=label("stage")),
        alt.Tooltip("felt:N", title=label("difference")),
        alt.Tooltip("single:N", title=label("95 % interval, this stage")),
        alt.Tooltip("joint:N", title=label("for all stages at once")),
        alt.Tooltip("n_participants:Q", title=names[0] or label("people")),
        alt.Tooltip("n_participants_against:Q", title=names[1] or label("people beside")),
    ]
    scale = alt.Scale(domain=["bad", "open", "good"], range="diverging")
    tint = alt.Color("tone:N", scale=scale, legend=None)
    base = alt.Chart(rows).encode(**axes.stage())
    line = base.mark_line(style=LINE, opacity=0.5, invalid="break-paths-show-path-domains")
    points = alt.Chart(rows[rows["difference"].notna()]).encode(
        **axes.stage(), **axes.value("difference"), tooltip=hint
    )
    single = rows[rows["difference_low"].notna()]
    layers = [
        *seam(axes, codebook),
        line.encode(**axes.value("difference"), order=alt.Order("stage_order:Q")),
        alt.Chart(rows[rows["joint_low"].notna()])
        .mark_rule(style=JOINT, clip=True)
        .encode(**axes.stage(), **axes.span("joint_low", "joint_high"), color=tint),
    ]
    for thin, part in single.groupby("is_thin"):
        layers.append(
            alt.Chart(part)
            .mark_rule(style=INTERVAL, clip=True, strokeDash=[3, 5] if thin else [])
            .encode(**axes.stage(), **axes.span("difference_low", "difference_high"), color=tint)
        )
    layers += [
        points.mark_point(size=110, style=HALO, filled=True, shape="circle"),
        points.transform_filter("datum.differs")
        .mark_point(size=110, filled=True, opacity=1, shape="circle")
        .encode(color=tint),
        points.transform_filter("!datum.differs")
        .mark_point(size=110, filled=False, strokeWidth=2.2, shape="circle")
        .encode(color=tint),
        points.mark_text(
            style=VALUE,
            **({"dy": -14} if down else {"dx": 12, "dy": -9, "align": "left"}),
        ).encode(text="felt:N"),
    ]
    lines = [
        *coded(set(rows["method"])),
        label(
            "Above the middle: {group} felt better. Thick bar: 95 % of one stage;", group=names[0]
        ),
        label("thin bar: of all stages at once. Filled: settled for all at once."),
        label(
            "Under each stage: people of {group}, and of {other}.", group=names[0], other=names[1]
        ),
    ]
    heading = titled(
        wrap(title, 32) if down else [title],
        [p for text in lines for p in (wrap(text, NARROW_WRAP) if down else [text])],
    )
    return layered(*layers).properties(
        **axes.size(320), title=heading, description=_describe(rows, title)
    )


def _describe(rows: pd.DataFrame, title: str) -> str:
    said = "; ".join(
        f"{r.stage}: {label('no difference can be told')}"
        if pd.isna(r.difference)
        else f"{r.stage}: {r.felt} ({r.single}; {label('for all at once')} {r.joint})"
        + (f", {label('differs')}" if r.differs else "")
        for r in rows.itertuples(index=False)
    )
    what = label("How much better (+) or worse (−) the first felt.")
    return f"{title}. {what} {said}."
