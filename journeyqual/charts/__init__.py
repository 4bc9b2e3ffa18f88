"""Charts: finished tables in, Altair charts out. They draw numbers and compute none.

Each takes tables of `journeyqual.schema`, and a codebook where stages are drawn. `enable` says how
altair shows them; importing this changes nothing.
"""

from __future__ import annotations

from journeyqual.charts.curve import curve_chart, spread_chart
from journeyqual.charts.differences import difference_chart, difference_charts
from journeyqual.charts.display import enable, folded, in_report
from journeyqual.charts.drivers import driver_chart
from journeyqual.charts.emotions import emotion_chart
from journeyqual.charts.groups import group_chart
from journeyqual.charts.palette import PALETTES, theme
from journeyqual.charts.ranks import rank_chart
from journeyqual.charts.saturation import saturation_chart
from journeyqual.charts.seams import seam_chart

__all__ = [
    "PALETTES",
    "curve_chart",
    "difference_chart",
    "difference_charts",
    "driver_chart",
    "emotion_chart",
    "enable",
    "folded",
    "group_chart",
    "in_report",
    "rank_chart",
    "saturation_chart",
    "seam_chart",
    "spread_chart",
    "theme",
]
