"""What happens to each person's feeling at the seam from buyer to customer."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from journeyqual.charts.curve import LINES_SHOWN
from journeyqual.charts.frame import felt, layered, titled
from journeyqual.charts.palette import LINE, PERSON_DOT, VALUE, theme
from journeyqual.charts.quick import quick_import
from journeyqual.charts.words import NARROW_WRAP, coded, wrap
from journeyqual.labels import label
from journeyqual.schema import SEAM_LINES, check, signed

if TYPE_CHECKING:
    from altair import LayerChart

FLAT = 0.1
"""A smaller change counts as none, as in `journeyqual.paths`."""


def seam_chart(lines: pd.DataFrame, *, method: str = "", title: str = "") -> LayerChart:
    """Draw one line a person: their feeling at the last buyer stage and the first customer stage.

    Parameters
    ----------
    lines
        SEAM_LINES.
    method
        How the units were coded, for the words under the title.
    title
        The chart's title, by default "From buyer to customer".

    Returns
    -------
    LayerChart
        Lines that fall and lines that rise differ in colour; the mean of all is a thicker line.
    """
    table = check(lines, SEAM_LINES)
    ends = [
        pd.DataFrame(
            {
                "participant": table["participant"], "side": place, "stage": table[f"{side}_stage"],
                "valence": table[f"{side}_valence"], "n_units": table[f"n_{side}_units"],
                "way": [_way(c) for c in table["change"]],
                "moved": [signed(c) for c in table["change"]],
            }
        )
        for place, side in enumerate(("buyer", "customer"))
    ]  # fmt: skip
    every = pd.concat(ends, ignore_index=True).sort_values(["participant", "side"])
    every["felt"] = [signed(v) for v in every["valence"]]
    mean = every.groupby("side", as_index=False)["valence"].mean()
    mean["felt"] = [signed(v) for v in mean["valence"]]
    people = sorted(table["participant"].unique())
    # More lines are a grey field, and the page carries each; the mean is of all.
    some = people[:: max(1, math.ceil(len(people) / LINES_SHOWN))]
    every = every[every["participant"].isin(some)]
    said = label("One line a person, the thick one their mean.")
    if len(some) < len(people):
        said = label(
            "One line a person, drawn are {n} of {of}; the thick one is the mean of all.",
            n=len(some),
            of=len(people),
        )
    config = theme()
    title = title or label("From buyer to customer")
    words = [*coded([method]), said]
    wide = _draw(every, mean, words, title, down=False).configure(**config)
    narrow = _draw(every, mean, words, title, down=True).configure(**config)
    meta = {"narrow": narrow.to_dict(validate=False)}
    result: LayerChart = wide.properties(usermeta={"journeyqual": meta})
    return result


def _way(change: float) -> str:
    """Return which way a person went, as `paths.seam` counts them: a hair's breadth is level."""
    return "level" if abs(change) < FLAT else "rose" if change > 0 else "fell"


def _draw(
    every: pd.DataFrame, mean: pd.DataFrame, lines: list[str], title: str, *, down: bool
) -> Any:
    alt = quick_import("altair")
    axis = alt.Axis(
        labelExpr=f"{json.dumps([label('as a buyer'), label('as a customer')])}[datum.value]",
        values=[0, 1],
        labelAngle=0,
        grid=True,
    )
    scale = alt.Scale(domain=[-0.35 if down else -0.6, 1.35 if down else 1.6], nice=False)
    x = alt.X("side:Q", scale=scale, axis=axis, title=None)
    labels = f"{json.dumps(felt())}[datum.value * 2 + 2]"
    y = alt.Y(
        "valence:Q",
        scale=alt.Scale(domain=[-1, 1], nice=False),
        axis=alt.Axis(values=[-1, -0.5, 0, 0.5, 1], labelExpr=labels, grid=True),
        title=None,
    )
    tint = alt.Color(
        "way:N",
        scale=alt.Scale(domain=["fell", "level", "rose"], range="diverging"),
        legend=None,
    )
    hint = [
        alt.Tooltip("participant:N", title=label("participant")),
        alt.Tooltip("stage:N", title=label("stage")),
        alt.Tooltip("felt:N", title=label("valence")),
        alt.Tooltip("moved:N", title=label("change")),
        alt.Tooltip("n_units:Q", title=label("units")),
    ]
    people = alt.Chart(every).encode(x=x, y=y, color=tint)
    whole = alt.Chart(mean).encode(x=x, y=y)
    layers = [
        people.mark_line(strokeWidth=1.4, opacity=0.75).encode(detail="participant:N"),
        people.mark_circle(style=PERSON_DOT, size=28, opacity=0.9).encode(tooltip=hint),
        whole.mark_line(style=LINE, strokeWidth=3),
        *(
            alt.Chart(mean[mean["side"] == side])
            .mark_text(style=VALUE, dx=12 if side else -12, align="left" if side else "right")
            .encode(x=x, y=y, text="felt:N")
            for side in (0, 1)
        ),
    ]
    heading = titled(
        wrap(title, 32) if down else [title],
        [p for line in lines for p in (wrap(line, NARROW_WRAP) if down else [line])],
    )
    return layered(*layers).properties(
        width="container", height=240, title=heading, description=_describe(every, title)
    )


def _describe(every: pd.DataFrame, title: str) -> str:
    first = every[every["side"] == 0].set_index("participant")
    last = every[every["side"] == 1].set_index("participant")
    said = "; ".join(
        f"{p}: {label('{name} at {stage}', name=first['felt'][p], stage=first['stage'][p])}, "
        + label("{name} at {stage}", name=last["felt"][p], stage=last["stage"][p])
        for p in first.index
    )
    what = label("Each person before and after the purchase.")
    return f"{title}. {what} {said or label('Nobody spoke of both')}."
