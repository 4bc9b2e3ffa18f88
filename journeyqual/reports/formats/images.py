"""Each chart as PNG and as SVG, drawn from the same specifications as the reports' charts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any

from journeyqual import charts
from journeyqual.charts.display import live_spec
from journeyqual.reports.formats.files import write
from journeyqual.reports.formats.tables import Results, clean

SCALE = 2.0
"""Pixels of a PNG to a point of its chart."""
_ROOT = re.compile(r"<svg\b[^>]*>")


def specs(results: Results) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and the Vega-Lite specification of every chart that has something to show.

    Parameters
    ----------
    results
        Of a study.
    """
    curve, lines, book = results.rows("Curve"), results.rows("Participants"), results.codebook
    emotions, grouped = results.rows("Emotions"), results.rows("Curve by group")
    made: list[tuple[str, bool, Callable[[], Any]]] = [
        ("curve", True, lambda: charts.curve_chart(curve, lines, book)),
        ("spread", len(lines) > 0, lambda: charts.spread_chart(curve, lines, book)),
        ("emotions", len(emotions) > 0, lambda: charts.emotion_chart(emotions, book, curve=curve)),
        ("groups", len(grouped) > 0, lambda: charts.group_chart(grouped, book, by=results.by)),
    ]
    for name, wanted, draw in made:
        if wanted:
            # Altair checked its parts when it was drawn; the whole of it would take as long again.
            yield name, live_spec(draw().to_dict(validate=False))


def write_images(results: Results, folder: Path, kinds: tuple[str, ...]) -> list[Path]:
    """Write every chart as a picture, light, on the reader's own fonts.

    Parameters
    ----------
    results
        Of a study.
    folder
        Where the pictures go.
    kinds
        ``png``, ``svg`` or both.
    """
    import vl_convert

    written = []
    for name, spec in specs(results):
        # No address is allowed: a chart's data stand in it.
        svg = clean(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))
        if "svg" in kinds:
            text = described(svg, str(spec.get("description", name)))
            written.append(write(text.encode(), folder / f"{name}.svg"))
        if "png" in kinds:
            picture = vl_convert.svg_to_png(svg, scale=SCALE)
            written.append(write(picture, folder / f"{name}.png"))
    return written


def described(svg: str, description: str) -> str:
    """Return an SVG that says in words what it shows, for readers who cannot see it.

    Examples
    --------
    >>> described('<svg width="1"><g/></svg>', "a < b")
    '<svg width="1" role="img"><desc>a &lt; b</desc><g/></svg>'
    """
    words = f"<desc>{escape(clean(description), quote=False)}</desc>"
    return _ROOT.sub(lambda m: f'{m.group()[:-1]} role="img">{words}', svg, count=1)
