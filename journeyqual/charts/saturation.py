"""How many codes a study has heard after so many interviews."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from journeyqual.charts.frame import layered, titled
from journeyqual.charts.palette import BAND, EXPECTED, LINE, theme
from journeyqual.charts.quick import quick_import
from journeyqual.charts.words import NARROW_WRAP, wrap
from journeyqual.labels import label
from journeyqual.schema import SATURATION_CURVE, check

if TYPE_CHECKING:
    from altair import LayerChart

EACH, MOST = 100, 200
"""So many interviews are drawn one by one, and so many numbers of interviews at most."""


def saturation_chart(curve: pd.DataFrame, *, stage: str = "", title: str = "") -> LayerChart:
    """Draw how many codes were heard after so many interviews: a flat end says that few are new.

    Parameters
    ----------
    curve
        SATURATION_CURVE.
    stage
        The stage; blank is the whole study.
    title
        The chart's title, by default "Codes heard, interview by interview".

    Returns
    -------
    LayerChart
        The median over random orders of interviews with its band, and the order they were held in.
    """
    table = check(curve, SATURATION_CURVE)
    own = table[table["stage"] == stage].sort_values("position").reset_index(drop=True)
    own = own.iloc[places(len(own))].reset_index(drop=True)
    config = theme()
    title = title or label("Codes heard, interview by interview")
    wide = _draw(own, title, down=False).configure(**config)
    narrow = _draw(own, title, down=True).configure(**config).to_dict()
    result: LayerChart = wide.properties(usermeta={"journeyqual": {"narrow": narrow}})
    return result


def places(rows: int) -> list[int]:
    """Return which rows of so many are drawn: each of the first hundred, then fewer and fewer.

    What is new comes at the beginning, and a page cannot hold a circle for each of ten thousand.

    Examples
    --------
    >>> places(3), len(places(10_000)), places(10_000)[98:102], places(10_000)[-1]
    ([0, 1, 2], 200, [98, 99, 104, 109], 9999)
    """
    if rows <= MOST:
        return list(range(rows))
    later = np.geomspace(EACH, rows, MOST - EACH + 1)[1:].round().astype(int) - 1
    return [*range(EACH), *np.unique(later).tolist()]


def _draw(own: pd.DataFrame, title: str, *, down: bool) -> Any:
    alt = quick_import("altair")
    last = int(own["position"].max()) if len(own) else 1
    most = float(own["codes_high"].max()) if len(own) else 1.0
    x = alt.X(
        "position:Q",
        title=label("interviews"),
        scale=alt.Scale(domain=[0.5, last + 0.5], nice=False),
        axis=alt.Axis(format="d", tickMinStep=1, grid=False, tickCount=min(last, 12)),
    )

    def y(field: str) -> Any:
        return alt.Y(
            f"{field}:Q",
            title=label("codes"),
            scale=alt.Scale(domain=[0, most * 1.05 or 1]),
            axis=alt.Axis(format="d", tickMinStep=1, grid=True, tickCount=6),
        )

    hint = [
        alt.Tooltip("position:Q", title=label("interviews")),
        alt.Tooltip("codes_median:Q", title=label("codes, middle of random orders"), format=".0f"),
        alt.Tooltip("codes_low:Q", title=label("lower end"), format=".0f"),
        alt.Tooltip("codes_high:Q", title=label("upper end"), format=".0f"),
        alt.Tooltip("codes_in_order:Q", title=label("in the order held")),
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
        label("Line and band: the middle and 95 % of random orders of the interviews."),
        label("Circles: the order they were held in."),
    ]
    if last > len(own):
        lines.append(label("Drawn for {n} of {of} numbers of interviews.", n=len(own), of=last))
    heading = titled(
        wrap(title, 32) if down else [title],
        [p for line in lines for p in (wrap(line, NARROW_WRAP) if down else [line])],
    )
    return layered(*layers).properties(
        width="container", height=240, title=heading, description=_describe(own, title)
    )


def _describe(own: pd.DataFrame, title: str) -> str:
    said = "; ".join(
        label(
            "after {n}: {middle} ({low} to {high})",
            n=r.position,
            middle=f"{r.codes_median:.0f}",
            low=f"{r.codes_low:.0f}",
            high=f"{r.codes_high:.0f}",
        )
        for r in own.itertuples(index=False)
    )
    what = label("Codes heard so far, over random orders.")
    return f"{title}. {what} {said or label('No interview yet')}."
