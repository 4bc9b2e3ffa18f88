"""Charts: finished tables in, Altair charts out. They draw numbers and compute none.

`curve_chart`, `spread_chart`, `group_chart` and `emotion_chart` take the tables of
`journeyqual.schema` and a codebook. `enable` says how altair shows them; importing this changes
nothing.
"""

from __future__ import annotations

from journeyqual.charts.curve import curve_chart, spread_chart
from journeyqual.charts.display import enable, in_report
from journeyqual.charts.emotions import emotion_chart
from journeyqual.charts.groups import group_chart
from journeyqual.charts.palette import PALETTES, theme

__all__ = [
    "PALETTES",
    "curve_chart",
    "emotion_chart",
    "enable",
    "group_chart",
    "in_report",
    "spread_chart",
    "theme",
]
