"""Coded units to the emotion curve, with intervals that carry what the machine gets wrong.

One estimand for every method: with weights w = 1 / (units of that participant), the curve at stage
s is sum(w x valence over units in s) / sum(w over units in s). Nobody speaks louder because they
speak longer.
"""

from __future__ import annotations

from journeyqual.estimate.compare import REST, changes, differences
from journeyqual.estimate.curves import THIN_BELOW, curve, emotions, lines, reading
from journeyqual.estimate.inputs import NOT_GIVEN, Method, as_coded, settled
from journeyqual.estimate.intervals import AT_ONCE, DRAWS, LEVEL, resampled, tail

__all__ = [
    "AT_ONCE",
    "DRAWS",
    "LEVEL",
    "NOT_GIVEN",
    "REST",
    "THIN_BELOW",
    "Method",
    "as_coded",
    "changes",
    "curve",
    "differences",
    "emotions",
    "lines",
    "reading",
    "resampled",
    "settled",
    "tail",
]
