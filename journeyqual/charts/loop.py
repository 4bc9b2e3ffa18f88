"""The journey as an infinity loop: where each stage stands on it, and what stands beside it.

The buyer side is one lobe and the customer side the other, for who stays or tells others starts
somebody's journey again. This works out places only; `journeyqual.reports.map_blocks` draws them,
with the feeling as shape and colour. The loop is a picture of order: distances on it mean nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyqual.charts.frame import checked, places
from journeyqual.charts.words import side_name, wrap
from journeyqual.codebook import SIDES, Codebook
from journeyqual.labels import label

NAMED_UP_TO = 7
"""With more stages than this on a lobe they are numbered, and their names are listed beside."""
FULL_STRENGTH = 0.6
"""From this valence on a mark has its full colour, as in the charts."""
LINE_HEIGHT = 18
_STEPS = 721

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Mark:
    """One stage on the loop.

    Parameters
    ----------
    order, number, name
        Its place in the journey from 0, the same from 1, and what it is called.
    x, y
        The middle of its mark.
    sign, pole, strength, is_thin, heard
        Its feeling: ``good``, ``bad`` or ``either``; which end of the scale colours it, and how
        strongly, 0 to 100; whether few spoke of it, and whether anybody did.
    label_x, label_y, anchor, lines
        Where its label starts, how that is aligned, and its lines; the last one is the figure.
    words
        The mark in words, for who does not see it.
    """

    order: int
    number: int
    name: str
    x: float
    y: float
    sign: str
    pole: str
    strength: int
    is_thin: bool
    heard: bool
    label_x: float
    label_y: float
    anchor: str
    lines: tuple[str, ...]
    words: str


@dataclass(frozen=True)
class Loop:
    """The whole loop, ready to draw.

    Parameters
    ----------
    width, height
        Of the drawing.
    path
        The line, as SVG writes it.
    marks
        The stages in their order.
    arrows
        Where the direction is shown: x, y and degrees.
    sides
        Name, x and y of each lobe's caption; empty if the codebook does not tell the sides.
    centre
        Where the lobes meet: the seam.
    named
        Whether names stand at the marks; else only numbers do.
    """

    width: int
    height: int
    path: str
    marks: tuple[Mark, ...]
    arrows: tuple[tuple[float, float, float], ...]
    sides: tuple[tuple[str, float, float], ...]
    centre: tuple[float, float]
    named: bool


def sides(codebook: Codebook) -> tuple[str, ...]:
    """Return each stage's side of the journey; nothing where the codebook does not settle it.

    A stage without a side stands on that of the stage before it, the first ones on that of the
    first that has one. Sides that alternate, or none at all, settle nothing.

    Examples
    --------
    >>> from journeyqual.codebook import from_dict
    >>> stages = [{"name": "a", "side": "buyer"}, {"name": "b"}, {"name": "c", "side": "customer"}]
    >>> sides(from_dict({"stage": stages})), sides(from_dict({"stage": stages[::-1]}))
    (('buyer', 'buyer', 'customer'), ())
    """
    given = [stage.side for stage in codebook.stages]
    known = [side for side in given if side]
    if not known or known != sorted(known, key=SIDES.index):
        return ()
    out: list[str] = []
    for side in given:
        out.append(side or (out[-1] if out else known[0]))
    return tuple(out)


def loop(curve: pd.DataFrame, codebook: Codebook, *, down: bool = False) -> Loop:
    """Return where the stages of a journey stand on the infinity loop.

    Parameters
    ----------
    curve
        CURVE of all participants; a stage that nobody spoke of has its place all the same.
    codebook
        Orders the stages and says on which side each is. Where it does not, the first half of them
        stands on the first lobe and no side is named.
    down
        False: the lobes lie side by side, the buyer's on the left. True: one above the other, for
        narrow pages; stages are numbered then.

    Raises
    ------
    ConfigError, SchemaError
        If the table is no CURVE of this codebook.

    Examples
    --------
    >>> from journeyqual.codebook import from_dict
    >>> book = from_dict({"stage": [{"name": "buying", "side": "buyer"},
    ...                             {"name": "using", "side": "customer"}]})
    >>> from journeyqual.schema import CURVE
    >>> drawn = loop(CURVE.empty(), book)
    >>> [(m.number, m.name, m.x < drawn.width / 2, m.heard) for m in drawn.marks]
    [(1, 'buying', True, False), (2, 'using', False, False)]
    """
    table = places(checked(curve, codebook), codebook)
    told = sides(codebook)
    n = len(codebook.stages)
    lobes = [SIDES.index(s) for s in told] or [int(i >= (n + 1) // 2) for i in range(n)]
    many = [lobes.count(0), lobes.count(1)]
    named = not down and max(many) <= NAMED_UP_TO
    width, height, reach, bulge = (380, 720, 310.0, 118.0) if down else (1200, 590, 438.0, 188.0)
    middle = (width / 2, height / 2)
    line = _Line(_lemniscate(reach, bulge)[:, :: -1 if down else 1] + np.array(middle))
    marks = []
    seen = [0, 0]
    for row, lobe in zip(table.itertuples(index=False), lobes, strict=True):
        share = 0.09 + 0.82 * (seen[lobe] + 0.5) / many[lobe]
        seen[lobe] += 1
        x, y = line.at(lobe, share)
        marks.append(_mark(row, x, y, middle, reach, named=named, down=down))
    arrows = tuple(line.arrow(lobe, share) for lobe in (0, 1) for share in (0.045, 0.955))
    away = 0.6 * reach
    captions = tuple(
        (side_name(side), middle[0] + (0 if down else far), middle[1] + (far if down else 0))
        for side, far in zip(SIDES, (-away, away), strict=True)
    )
    captions = captions if told else ()
    return Loop(width, height, line.path, tuple(marks), arrows, captions, middle, named)


class _Line:
    """The line of the loop, walked by shares of a lobe's length."""

    def __init__(self, points: Floats) -> None:
        self.points = points
        self.along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
        # The crossing, once more after the first lobe, and at the end.
        self.ends = self.along[[0, (len(points) - 1) // 2, -1]]

    @property
    def path(self) -> str:
        return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in self.points[::4]) + "Z"

    def at(self, lobe: int, share: float, ahead: float = 0.0) -> tuple[float, float]:
        start, end = self.ends[lobe], self.ends[lobe + 1]
        length = start + share * (end - start) + ahead
        x, y = (float(np.interp(length, self.along, self.points[:, k])) for k in (0, 1))
        return x, y

    def arrow(self, lobe: int, share: float) -> tuple[float, float, float]:
        (x, y), (to_x, to_y) = self.at(lobe, share), self.at(lobe, share, ahead=2.0)
        return round(x, 1), round(y, 1), round(math.degrees(math.atan2(to_y - y, to_x - x)), 1)


def _lemniscate(reach: float, bulge: float) -> Floats:
    """Return the curve about the origin, from the crossing round the left lobe, then the right.

    Bernoulli's lemniscate, its height stretched to ``bulge``. It leaves the crossing upwards, so
    that the way from the left lobe's end to the right one's start is one straight line.
    """
    t = np.linspace(math.pi / 2, 5 * math.pi / 2, _STEPS)
    below = 1 + np.sin(t) ** 2
    highest = 1 / math.sqrt(8)
    x, y = np.cos(t) / below, np.sin(t) * np.cos(t) / below
    return np.column_stack([reach * x, bulge / highest * y])


def _mark(
    row: Any, x: float, y: float, middle: tuple[float, float], reach: float, *, named: bool,
    down: bool,
) -> Mark:  # fmt: skip
    """Return a stage's mark with its label on the outside of its lobe."""
    heard = not math.isnan(row.valence)
    number = int(row.stage_order) + 1
    figure = f"{row.felt}" if heard else label("nobody")
    lines = (*wrap(f"{number} {row.stage}", 18), figure) if named else (str(number),)
    out = np.array([x - middle[0], 0.0]) if down else np.array([0.0, y - middle[1]])
    if not down and abs(x - middle[0]) > 0.84 * reach:
        # At the lobe's far end there is room beside the mark only.
        out = np.array([x - middle[0], 1.4 * (y - middle[1])])
    norm = float(np.hypot(*out)) or 1.0
    right, below = float(out[0]) / norm, float(out[1]) / norm
    anchor = "middle" if abs(right) < 0.5 else "start" if right > 0 else "end"
    deep = LINE_HEIGHT * (len(lines) - 1)
    words = (
        f"{number}. {row.stage}: {row.felt} ({row.between}), {row.people}, "
        f"{label(SIGNS[str(row.feeling)])}"
        if heard
        else f"{number}. {row.stage}: {label('nobody spoke of it')}"
    )
    return Mark(
        order=number - 1, number=number, name=str(row.stage), x=round(x, 1), y=round(y, 1),
        sign=str(row.feeling), pole="good" if heard and row.valence >= 0 else "bad",
        strength=round(100 * min(1.0, abs(row.valence) / FULL_STRENGTH)) if heard else 0,
        is_thin=bool(heard and row.is_thin), heard=heard,
        label_x=round(x + 25 * right, 1),
        label_y=round(y + (33 if below > 0.5 else 28) * below + 5 - deep * (1 - below) / 2, 1),
        anchor=anchor, lines=lines, words=words,
    )  # fmt: skip


SIGNS = {"good": "good side", "bad": "bad side", "either": "side not settled"}
