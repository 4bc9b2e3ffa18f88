"""What the charts of a journey share: stages as places, the axis of valence, both directions."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from journeyqual.charts.palette import FONT, HIT, SEAM, SEAM_TEXT, theme
from journeyqual.charts.quick import quick_import
from journeyqual.charts.words import feeling, interval, people, side_name, wrap
from journeyqual.codebook import Codebook
from journeyqual.errors import SchemaError
from journeyqual.labels import label
from journeyqual.schema import CURVE, check, signed

if TYPE_CHECKING:
    from altair import Chart, LayerChart

MOST_ACROSS = 12
"""With more stages than this the journey is drawn downwards, where their names have room."""


def checked(curve: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Return CURVE with the journey's order taken from the codebook and the words of its tooltips.

    Raises
    ------
    ConfigError
        If the table names a stage that the codebook lacks.
    SchemaError
        If the table is no CURVE.
    """
    table = check(curve, CURVE)
    table["stage_order"] = [codebook.order(stage) for stage in table["stage"]]
    rows = list(table.itertuples(index=False))
    table["felt"] = [signed(r.valence) for r in rows]
    table["between"] = [interval(r.valence_low, r.valence_high) for r in rows]
    table["feeling"] = [feeling(r.valence_low, r.valence_high) for r in rows]
    table["people"] = [people(r.n_participants, is_thin=r.is_thin) for r in rows]
    return table.sort_values(["group", "stage_order"]).reset_index(drop=True)


def one_group(table: pd.DataFrame) -> pd.DataFrame:
    """Return ``table`` if it holds one curve.

    Raises
    ------
    SchemaError
        If it holds several: drawing one through all would join what must stay apart.
    """
    groups = sorted(table["group"].unique())
    if len(groups) > 1:
        raise SchemaError(
            f"one curve wanted, here are {len(groups)}",
            column="group",
            remedy="use group_chart, or pick one group",
        )
    return table


def places(table: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Return one row a stage of the codebook, so that a stage nobody spoke of stays as a gap."""
    base = pd.DataFrame(
        {
            "stage_order": range(len(codebook.stages)),
            "stage": codebook.stage_names,
            "side": [s.side for s in codebook.stages],
            "expected": [s.expected_valence for s in codebook.stages],
        }
    )
    base["expected"] = base["expected"].astype(float)
    keep = [c for c in table.columns if c not in {"stage", "group"}]
    merged = base.merge(table[keep], on="stage_order", how="left")
    merged["n_participants"] = merged["n_participants"].fillna(0).astype("int64")
    merged["n_units"] = merged["n_units"].fillna(0).astype("int64")
    merged["is_thin"] = merged["is_thin"].eq(True)
    for column, blank in (
        ("felt", "–"), ("between", label("no interval")), ("feeling", "either"),
        ("people", label("nobody")),
    ):  # fmt: skip
        merged[column] = merged[column].astype(object).where(merged[column].notna(), blank)
    return merged


@dataclass(frozen=True)
class Axes:
    """The two axes of a journey: stages along one, valence along the other.

    Parameters
    ----------
    codebook
        Names the stages in the order of the journey.
    notes
        A line under each stage's name, one a stage.
    down
        False: the journey runs from left to right. True: from top to bottom, for narrow pages and
        for long journeys.
    limit
        The axis of values runs from minus this to this.
    labels
        What stands at its five ticks, from the lowest to the highest; blank: those of valence.
    """

    codebook: Codebook
    notes: tuple[str, ...]
    down: bool = False
    limit: float = 1.0
    labels: tuple[str, str, str, str, str] = ("", "", "", "", "")

    @property
    def _alt(self) -> Any:
        return quick_import("altair")

    def stage(self, band: float | None = None) -> dict[str, Any]:
        """Encode the stage: ``band`` 0 to 1 is a place inside its band, its middle if not given."""
        channel = self._alt.Y if self.down else self._alt.X
        options: dict[str, Any] = {
            "scale": self._alt.Scale(domain=list(range(len(self.notes))), paddingInner=0.0),
            "axis": self._stage_axis(),
            "title": None,
        }
        if band is not None:
            options["bandPosition"] = band
        return {"y" if self.down else "x": channel("stage_order:O", **options)}

    def value(self, field: str) -> dict[str, Any]:
        """Encode a field as valence."""
        channel = self._alt.X if self.down else self._alt.Y
        encoded = channel(
            f"{field}:Q",
            scale=self._alt.Scale(domain=[-self.limit, self.limit], nice=False),
            axis=self._value_axis(),
            title=None,
        )
        return {"x" if self.down else "y": encoded}

    def span(self, low: str, high: str) -> dict[str, Any]:
        """Encode an interval of valence between two fields."""
        second = self._alt.X2 if self.down else self._alt.Y2
        return {**self.value(low), "x2" if self.down else "y2": second(f"{high}:Q")}

    def whole(self) -> dict[str, Any]:
        """Encode the full length of the axis of valence."""
        value = self._alt.value
        if self.down:
            return {"x": value(0), "x2": value("width")}
        return {"y": value(0), "y2": value("height")}

    def start(self) -> dict[str, Any]:
        """Encode the start of the axis of valence, above or left of the marks."""
        return {"x" if self.down else "y": self._alt.value(0)}

    def offset(self, many: int) -> dict[str, Any]:
        """Encode ``slot``, 0 to ``many - 1``, as a place inside a stage's band."""
        channel = self._alt.YOffset if self.down else self._alt.XOffset
        # Numbers, not names: an offset by name fills the band and touches the next stage's.
        margin = 0.15 * many + 0.4
        scale = self._alt.Scale(domain=[-margin, many - 1 + margin], nice=False, zero=False)
        return {"yOffset" if self.down else "xOffset": channel("slot:Q", scale=scale)}

    def size(self, height: int = 360) -> dict[str, Any]:
        """Return width and height: the width of whatever holds the chart."""
        if not self.down:
            return {"width": "container", "height": height}
        step = max(64, 18 * max((len(self._lines(i)) for i in range(len(self.notes))), default=1))
        return {"width": "container", "height": step * max(1, len(self.notes))}

    def _lines(self, index: int) -> list[str]:
        width = 15 if self.down else max(9, min(22, 132 // max(1, len(self.notes))))
        name = wrap(self.codebook.stages[index].name, width)
        return [*name, self.notes[index]] if self.notes[index] else name

    def _stage_axis(self) -> Any:
        lines = [self._lines(i) for i in range(len(self.notes))]
        return self._alt.Axis(
            # The places are numbers: two names cut to the same letters stay two places.
            labelExpr=f"{json.dumps(lines)}[datum.value]",
            labelAngle=0,
            labelOverlap=False,
            labelLimit=0,
            labelOffset=raised(lines, self.down),
            orient="left" if self.down else "bottom",
            grid=False,
        )

    def _value_axis(self) -> Any:
        ticks = [step * self.limit / 2 for step in range(-2, 3)]
        shown = self.labels if any(self.labels) else felt()
        return self._alt.Axis(
            values=ticks,
            # By place, not by value: a tick of 0.15 is not found among floats.
            labelExpr=f"{json.dumps(shown)}[round(datum.value / {self.limit / 2!r}) + 2]",
            labelFlush=True,
            labelBound=False,
            orient="top" if self.down else "left",
            grid=True,
            gridWidth=self._alt.condition(
                "datum.value == 0", self._alt.value(1.6), self._alt.value(0.6)
            ),
        )  # fmt: skip


def felt() -> tuple[str, str, str, str, str]:
    """Return what stands at the five ticks of valence."""
    return (label("felt bad −1"), "−0.5", label("neither 0"), "+0.5", label("felt good +1"))


def raised(labels: Sequence[Sequence[str]], down: bool) -> float:
    """Return how far a downward axis lifts its labels: Vega centres the first of their lines."""
    return -7.5 * (sum(map(len, labels)) / max(1, len(labels)) - 1) if down else 0.0


def seam(axes: Axes, codebook: Codebook) -> list[Chart]:
    """Return the marks between buyer side and customer side; none where no stage has a side."""
    alt = quick_import("altair")
    sides = [s.side for s in codebook.stages]
    if "buyer" not in sides or "customer" not in sides:
        return []
    first = sides.index("customer")
    if "buyer" in sides[first:]:
        # The sides alternate: one line between them would be untrue.
        return []
    data = alt.Data(values=[{"stage_order": first}])
    rule = alt.Chart(data).mark_rule(style=SEAM).encode(**axes.stage(0), **axes.whole())
    labels = []
    # Beside the seam, above the plot; in a downward chart along the right edge.
    for text, before in ((side_name("buyer"), True), (side_name("customer"), False)):
        if axes.down:
            mark = {
                "align": "right",
                "baseline": "bottom" if before else "top",
                "dy": -4 if before else 5,
            }
            place = {"x": alt.value("width")}
        else:
            mark = {
                "align": "right" if before else "left",
                "baseline": "bottom",
                "dx": -8 if before else 8,
                "dy": -4,
            }
            place = axes.start()
        labels.append(
            alt.Chart(data)
            .mark_text(style=SEAM_TEXT, text=text, **mark)
            .encode(**axes.stage(0), **place)
        )  # fmt: skip
    return [rule, *labels]


def hit_areas(axes: Axes, data: pd.DataFrame) -> Chart:
    """Return one invisible area a stage: what the pointer meets, whatever it aims at.

    Its selection ``jq_stage`` holds the ``stage_order`` of the stage that was clicked.
    """
    alt = quick_import("altair")
    pick = alt.selection_point(name="jq_stage", fields=["stage_order"], empty=False)
    hover = alt.selection_point(
        name="jq_hover", fields=["stage_order"], on="pointerover", clear="pointerout", empty=False
    )
    shade = alt.when(pick).then(alt.value(0.09)).when(hover).then(alt.value(0.06))
    area: Chart = (
        alt.Chart(data)
        .mark_rect(style=HIT, stroke=None)
        .encode(
            **axes.stage(),
            **axes.whole(),
            opacity=shade.otherwise(alt.value(0)),
            tooltip=tooltip(alt),
        )
        .add_params(pick, hover)
    )
    return area


def tooltip(alt: Any, *more: Any) -> list[Any]:
    """Return the lines of a stage's tooltip."""
    return [
        *more,
        alt.Tooltip("stage:N", title=label("stage")),
        alt.Tooltip("felt:N", title=label("valence")),
        alt.Tooltip("between:N", title=label("95 % interval")),
        alt.Tooltip("people:N", title=label("spoke of it")),
        alt.Tooltip("n_units:Q", title=label("units")),
    ]


def oriented(draw: Callable[[bool], Any], codebook: Codebook, **usermeta: Any) -> Any:
    """Return a chart with the light theme, and its narrow form beside it for the page to choose.

    Parameters
    ----------
    draw
        Draws the chart: from left to right for False, downwards for True.
    codebook
        A journey of more than `MOST_ACROSS` stages is drawn downwards only.
    usermeta
        More for the page's script. Vega-Lite passes over ``usermeta``, so it travels there.
    """
    config = theme()
    meta = dict(usermeta)
    down = draw(True).configure(**config)
    if len(codebook.stages) > MOST_ACROSS:
        return down.properties(usermeta={"journeyqual": meta})
    meta["narrow"] = down.to_dict(validate=False)
    return draw(False).configure(**config).properties(usermeta={"journeyqual": meta})


def titled(title: Sequence[str], lines: Sequence[str]) -> Any:
    """Return a chart's title with its subtitle, each as the lines it is broken into."""
    alt = quick_import("altair")
    text = title[0] if len(title) == 1 else list(title)
    return alt.TitleParams(text=text, subtitle=list(lines), font=FONT, subtitleFont=FONT)


def layered(*layers: Any) -> LayerChart:
    """Return the layers as one chart, the first at the back."""
    alt = quick_import("altair")
    chart: LayerChart = alt.layer(*layers)
    return chart
