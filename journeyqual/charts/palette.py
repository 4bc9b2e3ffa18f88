"""The colours and the chart theme, light and dark: one source for charts and page alike.

One accent. Valence runs from burnt orange over grey to blue: the pair stays apart under
deuteranopia, protanopia and tritanopia, and in grey print the shape of the mark carries the sign.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Mode = Literal["light", "dark"]


@dataclass(frozen=True)
class Palette:
    """Named colours as hex; text colours reach WCAG AA (4.5 to 1) on ``paper`` and ``surface``."""

    paper: str
    surface: str
    ink: str
    muted: str
    line: str
    accent: str
    good: str
    neutral: str
    bad: str
    wash: str
    full: str
    full_grey: str
    on_full: str
    groups: tuple[str, str, str]
    """Groups are no feelings: hues apart from the scale of valence, far apart in lightness."""


PALETTES: dict[Mode, Palette] = {
    "light": Palette(
        paper="#fbfaf7", surface="#ffffff", ink="#1c2126", muted="#5a636b", line="#dedad1",
        accent="#155a8a", good="#155a8a", neutral="#7d858c", bad="#b1480f", wash="#f1efe9",
        full="#155a8a", full_grey="#9aa1a7", on_full="#ffffff",
        groups=("#2b3138", "#8f4f9f", "#8d8415"),
    ),
    "dark": Palette(
        paper="#14171a", surface="#1b1f23", ink="#ece9e3", muted="#a4adb5", line="#343a40",
        accent="#74b9e8", good="#74b9e8", neutral="#8d959c", bad="#f1955f", wash="#262c32",
        full="#2b6f9e", full_grey="#5b636a", on_full="#ffffff",
        groups=("#e8e4dc", "#c58ad4", "#a79c2e"),
    ),
}  # fmt: skip

FONT = (
    "-apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', Arial, system-ui, "
    "sans-serif"
)
"""Fonts that are on the reader's machine already: the page fetches none."""

# Named mark styles: specs carry no colour of their own, so the page can change its mode.
LINE, PERSON, SEAM, EXPECTED, INTERVAL, THIN, HIT = (
    "jq-line", "jq-person", "jq-seam", "jq-expected", "jq-interval", "jq-thin", "jq-hit",
)  # fmt: skip
CELL, CELL_TEXT, CELL_TEXT_STRONG, SEAM_TEXT, PERSON_DOT, HALO, VALUE, JOINT, BAND = (
    "jq-cell", "jq-cell-text", "jq-cell-text-strong", "jq-seam-text", "jq-person-dot",
    "jq-halo", "jq-value", "jq-joint", "jq-band",
)  # fmt: skip


def theme(mode: Mode = "light") -> dict[str, Any]:
    """Return the Vega-Lite ``config`` of every chart.

    Parameters
    ----------
    mode
        ``light`` or ``dark``. A chart carries the light one; the page swaps it as a whole.

    Examples
    --------
    >>> theme("dark")["background"] == PALETTES["dark"].surface
    True
    """
    p = PALETTES[mode]
    label = {"labelColor": p.muted, "labelFont": FONT, "labelFontSize": 12}
    title = {"titleColor": p.muted, "titleFont": FONT, "titleFontSize": 12, "titleFontWeight": 500}
    return {
        "background": p.surface,
        "font": FONT,
        "view": {"stroke": None},
        "title": {
            "anchor": "start", "frame": "bounds", "color": p.ink, "fontSize": 17, "fontWeight": 600,
            "subtitleColor": p.muted, "subtitleFontSize": 13, "subtitlePadding": 7, "offset": 18,
            "subtitleLineHeight": 18,
        },
        "axis": {
            **label, **title, "labelColor": p.ink, "domain": False, "ticks": False,
            "gridColor": p.line, "labelLineHeight": 15, "labelPadding": 10,
        },
        "legend": {**label, **title, "labelColor": p.ink, "symbolSize": 110, "labelLimit": 260},
        "header": {
            "labelColor": p.ink, "labelFontSize": 13, "labelFontWeight": 600, "title": None,
            "labelAnchor": "start",
        },
        "range": {
            "diverging": [p.bad, p.neutral, p.good],
            "category": list(p.groups),
            "ramp": [p.wash, p.full],
            "heatmap": [p.wash, p.full_grey],
        },
        # A style's colour is its ``color``: ``stroke`` and ``fill`` lose to Vega-Lite's defaults.
        "style": {
            LINE: {"color": p.ink, "strokeWidth": 1.8, "strokeOpacity": 0.8},
            PERSON: {"color": p.neutral, "strokeWidth": 1},
            PERSON_DOT: {"color": p.neutral},
            SEAM: {"color": p.muted, "strokeDash": [2, 4], "strokeWidth": 1},
            SEAM_TEXT: {"color": p.muted, "fontSize": 12, "fontStyle": "italic"},
            EXPECTED: {"color": p.ink, "opacity": 0.75},
            INTERVAL: {"strokeWidth": 2.5, "strokeCap": "round"},
            JOINT: {"strokeWidth": 1},
            BAND: {"color": p.neutral, "opacity": 0.22},
            THIN: {"strokeWidth": 2.2, "opacity": 1},
            HALO: {"color": p.surface, "opacity": 1},
            HIT: {"color": p.accent, "cursor": "pointer"},
            VALUE: {"color": p.ink, "fontSize": 12, "fontWeight": 600},
            CELL: {"stroke": p.surface, "strokeWidth": 3, "cornerRadius": 4},
            CELL_TEXT: {"color": p.ink, "fontSize": 12},
            CELL_TEXT_STRONG: {"color": p.on_full, "fontSize": 12, "fontWeight": 600},
        },
    }  # fmt: skip


def css_variables(mode: Mode) -> str:
    """Return the palette as CSS custom properties, ``--jq-ink`` and so on.

    Examples
    --------
    >>> css_variables("light").split("; ")[0]
    '--jq-paper: #fbfaf7'
    """
    return "; ".join(
        f"--jq-{name}: {value}"
        for name, value in asdict(PALETTES[mode]).items()
        if name != "groups"
    )
