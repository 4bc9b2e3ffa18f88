"""How a chart reaches the reader: as data in a report's page, alive in JupyterLab."""

from __future__ import annotations

import json
import os
from html import escape
from typing import Any, Literal

from journeyqual.charts.quick import quick_import
from journeyqual.labels import label

RENDERER, LIVE_RENDERER = "journeyqual", "journeyqual-live"
LIVE_WIDTH = 860
REPORT_VARIABLE = "JOURNEYQUAL_REPORT"
"""Set to 1 in the kernel of a report's run: charts are then data for the page's script."""


def in_report() -> bool:
    """Return whether this process fills a report's notebook."""
    return os.environ.get(REPORT_VARIABLE) == "1"


def enable(target: Literal["auto", "report", "live"] = "auto") -> None:
    """Choose how altair shows charts in this process; nothing is chosen at import.

    Parameters
    ----------
    target
        ``report``: as data for the page that `journeyqual.reports` writes. ``live``: for
        JupyterLab, without the network. ``auto``: whichever this process is.
    """
    alt = quick_import("altair")
    if target == "report" or (target == "auto" and in_report()):
        alt.renderers.register(RENDERER, report_bundle)
        alt.renderers.enable(RENDERER)
    else:
        alt.renderers.register(LIVE_RENDERER, live_bundle)
        alt.renderers.enable(LIVE_RENDERER)


def live_bundle(spec: dict[str, Any], **_: Any) -> Any:
    """Return a chart as a widget for JupyterLab that needs no network.

    A cell's output has no width of its own, so a chart that fills its container would vanish; it
    gets `LIVE_WIDTH` pixels instead.
    """
    alt = quick_import("altair")
    shown = live_spec(spec)
    alt.JupyterChart.enable_offline(True)
    return alt.JupyterChart(chart=alt.Chart.from_dict(shown))._repr_mimebundle_()


def live_spec(spec: dict[str, Any]) -> dict[str, Any]:
    """Return a spec without what only the page reads, and with a width of its own.

    Examples
    --------
    >>> live_spec({"width": "container", "usermeta": {}, "mark": "point"})
    {'width': 860, 'mark': 'point'}
    """
    shown = {key: value for key, value in spec.items() if key != "usermeta"}
    if shown.get("width") == "container":
        shown["width"] = LIVE_WIDTH
    return shown


def report_bundle(spec: dict[str, Any], **_: Any) -> dict[str, str]:
    """Return a chart as it stands in a report: its spec as data, its description as text."""
    description = str(spec.get("description", label("A chart")))
    return {"text/html": report_html(spec), "text/plain": description}


def report_html(spec: dict[str, Any]) -> str:
    r"""Return the HTML that the page's script turns into a drawing.

    The spec holds words of transcripts. Every ``<`` of its JSON is written as ``\u003c``, so
    nothing in it can end the element or open a comment.

    Examples
    --------
    >>> "</script><b>" in report_html({"title": "</script><b>"})
    False
    """
    text = json.dumps(spec, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    text = text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    words = escape(str(spec.get("description", label("A chart"))), quote=True)
    return (
        '<figure class="jq-chart">'
        f'<script type="application/json" class="jq-spec">{text}</script>'
        f'<div class="jq-view"></div><figcaption class="jq-hidden">{words}</figcaption></figure>'
    )


class Folded:
    """A chart that a report's page shows once its caption is opened; JupyterLab shows it at once.

    Parameters
    ----------
    chart
        An Altair chart.
    caption
        What opens it.
    """

    def __init__(self, chart: Any, caption: str) -> None:
        self.chart, self.caption = chart, caption

    def _repr_mimebundle_(self, *_: Any, **__: Any) -> Any:
        if not in_report():
            return self.chart._repr_mimebundle_()
        bundle = report_bundle(self.chart.to_dict())
        caption = escape(label(self.caption))
        html = (
            f'<details class="jq jq-data jq-fold"><summary>{caption}</summary>'
            f"{bundle['text/html']}</details>"
        )
        return {**bundle, "text/html": html}


def folded(chart: Any, caption: str) -> Folded:
    """Return a chart that a report folds away under a caption.

    Examples
    --------
    >>> folded(None, "The people one by one").caption
    'The people one by one'
    """
    return Folded(chart, caption)
