"""An executed notebook as one HTML file that needs no network and trusts no word of a transcript.

nbconvert renders the cells with our own template; around them stands our own page. Scripts are
allowed by their hash alone and expressions of charts are interpreted, not compiled, so the page's
Content-Security-Policy has neither ``unsafe-inline`` nor ``unsafe-eval`` for scripts.
"""

from __future__ import annotations

import base64
import hashlib
import html
import itertools
import json
import os
import re
import sys
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeyqual.charts.palette import FONT, css_variables, theme
from journeyqual.charts.quick import quick_import
from journeyqual.errors import ReportError
from journeyqual.labels import label, language, prose
from journeyqual.reports.blocks import TEMPLATES, environment
from journeyqual.reports.glossary import used
from journeyqual.reports.render import read_notebook
from journeyqual.theme import DEFAULT, Theme

if TYPE_CHECKING:
    from nbformat import NotebookNode

_HEADING = re.compile(r'<h2[^>]*\bid="([^"]*)"[^>]*>(.*?)</h2>', re.DOTALL)
_BARE_HEADING = re.compile(r"<h2>")
_TITLE = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
SCRIPT_LABELS = {
    "light": "Light", "dark": "Dark", "chart": "A chart", "save": "Save this chart",
    "svg": "Save as SVG", "png": "Save as PNG", "failed": "This chart could not be drawn:",
}  # fmt: skip
"""What the page's script says."""


def write_html(notebook: Path, out: Path, *, look: Theme = DEFAULT) -> Path:
    """Write an executed notebook as one offline page, whole or not at all.

    Parameters
    ----------
    notebook
        What `journeyqual.reports.render.run_notebook` wrote.
    out
        The page.
    look
        The study's logo, colours and font.

    Returns
    -------
    Path
        ``out``. The same notebook gives the same bytes.

    Raises
    ------
    ReportError
        If ``notebook`` is no notebook.
    """
    text = page(read_notebook(notebook), fallback_title=notebook.stem, look=look)
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_name(f".{out.name}.part")
    try:
        temporary.write_text(text, encoding="utf-8", newline="\n")
        temporary.replace(out)
    finally:
        temporary.unlink(missing_ok=True)
    return out


def page(notebook: NotebookNode, *, fallback_title: str = "Report", look: Theme = DEFAULT) -> str:
    """Return the page of an executed notebook, its prose in the language that is in force.

    Parameters
    ----------
    notebook
        With outputs.
    fallback_title
        The page's title if no block has a heading of the first level.
    look
        The study's logo, colours and font.
    """
    from markupsafe import Markup

    body = _body(notebook)
    script = (TEMPLATES / "page.js").read_text(encoding="utf-8")
    script_labels = {key: label(text) for key, text in SCRIPT_LABELS.items()}
    bundle = vega_bundle() if 'class="jq-spec"' in body else ""
    title = _TITLE.search(body)
    themes = _data({mode: theme(mode) for mode in ("light", "dark")})
    text = environment().get_template("page.html.j2").render(
        lang=language(),
        labels=Markup(_data(script_labels)),
        policy=policy([s for s in (bundle, script) if s]),
        title=_plain(title.group(1)) if title else fallback_title,
        css=Markup(css(look)),
        logo=look.logo_uri(),
        contents=[(m.group(1), _plain(m.group(2))) for m in _HEADING.finditer(body)],
        body=Markup(body),
        words=used(body),
        themes=Markup(themes),
        bundle=Markup(bundle),
        script=Markup(script),
    )  # fmt: skip
    return text if text.endswith("\n") else text + "\n"


def _data(values: dict[str, Any]) -> str:
    """Return values as JSON that cannot end the element it stands in."""
    text = json.dumps(values, sort_keys=True, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def policy(scripts: list[str]) -> str:
    """Return the page's Content-Security-Policy: these scripts by hash, and no network.

    Parameters
    ----------
    scripts
        The exact text of every script element that is to run.

    Examples
    --------
    >>> policy([""]).split("; ")[1]
    "script-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    """
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'"
        for s in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def css(look: Theme = DEFAULT) -> str:
    """Return the page's style sheet with the palette of both modes, the study's colours in it."""
    dark = f"{css_variables('dark')}; {look.css_variables('dark')}"
    light = f"{css_variables('light')}; {look.css_variables('light')}"
    variables = (
        f":root {{ color-scheme: light; --jq-font: {FONT}; {light} }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root:not([data-theme=light]) "
        f"{{ color-scheme: dark; {dark} }} }}\n"
        f"@media screen {{ :root[data-theme=dark] {{ color-scheme: dark; {dark} }} }}\n"
    )
    sheets = (TEMPLATES / name for name in ("page.css", "blocks.css"))
    return variables + "\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets)


def vega_bundle() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script; made once a version, then kept.

    vl-convert carries the libraries, so none is fetched; putting them together takes a second.

    Raises
    ------
    ReportError
        If the script holds what would end its element early.
    """
    import vl_convert

    kept = cache_folder() / f"vega-{metadata.version('vl-convert-python')}.js"
    try:
        bundle = kept.read_text(encoding="utf-8")
    except OSError:
        bundle = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;").replace("\r\n", "\n")
        _keep(bundle, kept)
    if re.search(r"</script|<!--|<script", bundle, re.IGNORECASE):
        raise ReportError("the chart script cannot stand in a page", remedy=f"delete {kept.name}")
    return bundle


def cache_folder() -> Path:
    """Return the user's folder for things that can be made again."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", str(Path.home() / "AppData" / "Local")))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "journeyqual"


def _keep(bundle: str, path: Path) -> None:
    """Keep the bundle if the folder can be written; else the next page takes a second longer."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(bundle, encoding="utf-8", newline="\n")
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink()


def _body(notebook: NotebookNode) -> str:
    exporter_type = quick_import("nbconvert.exporters.html").HTMLExporter
    exporter = exporter_type(
        template_name=TEMPLATES.name,
        extra_template_basedirs=[str(TEMPLATES.parent)],
        exclude_input=True,
        exclude_anchor_links=True,
        embed_images=True,
    )
    body, _ = exporter.from_notebook_node(_translated(notebook))
    # Headings that a cell's prose brings have no address yet.
    number = itertools.count(1)
    return _BARE_HEADING.sub(lambda _: f'<h2 id="section-{next(number)}">', body)


def _translated(notebook: NotebookNode) -> NotebookNode:
    """Return a copy whose prose is in the language in force; a copy of a notebook stays as it is.

    In JupyterLab prose is as it was written: English, or a researcher's own.
    """
    from copy import deepcopy

    made = deepcopy(notebook)
    for cell in made.cells:
        if cell.cell_type == "markdown":
            cell.source = prose(cell.source)
    return made


def _plain(fragment: str) -> str:
    return " ".join(html.unescape(_TAG.sub("", fragment)).split())
