"""How many codes a study has heard after so many interviews."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from journeyqual.charts.frame import layered, titled
from journeyqual.charts.palette import BAND, EXPECTED, LINE, theme
from journeyqual.charts.quick import quick_import
from journeyqual.charts.words import NARROW_WRAP, wrap
from journeyqual.schema import SATURATION_CURVE, check

if TYPE_CHECKING:
    from altair import LayerChart


def saturation_chart(
    curve: pd.DataFrame, *, stage: str = "", title: str = "Codes heard, interview by interview"
) -> LayerChart:
    """Draw how many codes were heard after so many interviews: a flat end says that few are new.

    Parameters
    ----------
    curve
        SATURATION_CURVE.
    stage
        The stage; blank is the whole study.
    title
        The chart's title.

    Returns
    -------
    LayerChart
        The median over random orders of interviews with its band, and the order they were held in.
    """
    table = check(curve, SATURATION_CURVE)
    own = table[table["stage"] == stage].sort_values("position").reset_index(drop=True)
    config = theme()
    wide = _draw(own, title, down=False).configure(**config)
    narrow = _draw(own, title, down=True).configure(**config).to_dict()
    result: LayerChart = wide.properties(usermeta={"journeyqual": {"narrow": narrow}})
    return result


def _draw(own: pd.DataFrame, title: str, *, down: bool) -> Any:
    alt = quick_import("altair")
    last = int(own["position"].max()) if len(own) else 1
    most = float(own["codes_high"].max()) if len(own) else 1.0
    x = alt.X(
        "position:Q",
        title="interviews",
        scale=alt.Scale(domain=[0.5, last + 0.5], nice=False),
        axis=alt.Axis(format="d", tickMinStep=1, grid=False, tickCount=min(last, 12)),
    )

    def y(field: str) -> Any:
        return alt.Y(
            f"{field}:Q",
            title="codes",
            scale=alt.Scale(domain=[0, most * 1.05 or 1]),
            axis=alt.Axis(format="d", tickMinStep=1, grid=True, tickCount=6),
        )

    hint = [
        alt.Tooltip("position:Q", title="interviews"),
        alt.Tooltip("codes_median:Q", title="codes, middle of random orders", format=".0f"),
        alt.Tooltip("codes_low:Q", title="from", format=".0f"),
        alt.Tooltip("codes_high:Q", title="to", format=".0f"),
        alt.Tooltip("codes_in_order:Q", title="in the order held"),
    ]
    base = alt.Chart(own).encode(x=x)
    layers = [
        base.mark_area(style=BAND).encode(y=y("codes_low"), y2="codes_high:Q", tooltip=hint),
        base.mark_line(style=LINE).encode(y=y("codes_median")),
        base.mark_point(style=EXPECTED, filled=False, size=50).encode(
            y=y("codes_in_order"), tooltip=hint
        ),
    ]
    lines = [
        "Line and band: the middle and 95 % of random orders of the interviews.",
        "Circles: the order they were held in.",
    ]
    heading = titled(
        wrap(title, 32) if down else [title],
        [p for line in lines for p in (wrap(line, NARROW_WRAP) if down else [line])],
    )
    return layered(*layers).properties(
        width="container", height=240, title=heading, description=_describe(own, title)
    )


def _describe(own: pd.DataFrame, title: str) -> str:
    said = "; ".join(
        f"after {r.position}: {r.codes_median:.0f} ({r.codes_low:.0f} to {r.codes_high:.0f})"
        for r in own.itertuples(index=False)
    )
    return f"{title}. Codes heard so far, over random orders. {said or 'No interview yet'}."
