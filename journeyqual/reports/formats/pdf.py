"""A report's page as PDF: tagged, with bookmarks, its charts as vectors; printed by Chromium.

Playwright drives the browser because it can wait until the charts are drawn; a time budget cannot.
It is the extra ``journeyqual[pdf]``, and the browser is the one that the machine has.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from journeyqual.errors import ReportError
from journeyqual.reports.formats.files import write

BROWSER_VARIABLE = "JOURNEYQUAL_BROWSER"
"""Path of the browser to print with, where it is not found by itself."""
BROWSERS = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
    "microsoft-edge", "msedge",
)  # fmt: skip
_INSTALLED = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
_SCALE = 0.75
"""Of the page on paper: its 16 pixels become 9 points."""
_POSTER = (1.0, 0.92, 0.84)
"""Scales of a page on one larger sheet, the largest that still fits it."""
_WIDTH = 936
"""Pixels between the margins of an A4 page at that scale, so that charts are drawn to fit."""
_PRINT = """
@page { size: A4; margin: 15mm 12mm 16mm; }
html, body { background: #fff !important; }
.jq-chart, figure, .jq-card, blockquote, .jq-quote { break-inside: avoid; }
h1, h2, h3, summary, caption { break-after: avoid; }
thead { display: table-header-group; }
.jq-data table { break-inside: avoid; }
.jq table { font-size: 0.8125rem !important; }
.jq th, .jq td {
  white-space: normal !important; min-width: 0 !important; padding: 0.25rem 0.4rem !important;
}
.jq tbody th { min-width: 5rem !important; }
.jq td.jq-wide, .jq th.jq-wide { min-width: 8rem !important; }
.jq-top:has(.jq-logo) {
  display: block !important; position: static !important; border: 0; background: none;
  margin: 0 0 1rem; padding: 0;
}
.jq-top:has(.jq-logo) > :not(.jq-logo) { display: none !important; }
tr { break-inside: avoid; }
.vega-embed details, .vega-actions { display: none !important; }
"""
# Chromium sets title and numbers as text: a title cannot bring markup here.
_FOOT = (
    '<div style="font: 7pt sans-serif; color: #5a636b; width: 100%; margin: 0 12mm; '
    'display: flex; justify-content: space-between; gap: 8mm">'
    '<span class="title" style="overflow: hidden; white-space: nowrap; text-overflow: ellipsis">'
    '</span><span style="white-space: nowrap"><span class="pageNumber"></span> / '
    '<span class="totalPages"></span></span></div>'
)
_DRAWN = "document.documentElement.dataset.drawn !== undefined"
_FAILED = "document.documentElement.dataset.failed === '1'"
# A chart is drawn anew in the frame after its place changed.
_BUSY = (
    "new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(() => "
    "then(document.documentElement.dataset.drawing !== undefined))))"
)
_OPEN = "document.querySelectorAll('details').forEach((d) => { d.open = true; })"
# A link to another page would hold this machine's path, and lead readers nowhere.
_UNLINK = (
    "document.querySelectorAll('a[href]:not([href^=\"#\"])')"
    ".forEach((a) => { a.removeAttribute('href'); })"
)
_SECONDS = 60.0
_SHEET = re.compile(rb"/MediaBox \[0 0 ([0-9.]+) ")
_A4 = 850.0
"""Points of its longer side, and a little."""
_CLOCK = re.compile(rb"/(?:CreationDate|ModDate) \(D:[^)]*\)")
_MAKER = re.compile(rb"/Creator \((?:[^()\\]|\\.)*\)")
_CELL = re.compile(rb"\(node(\d{8})\)")
"""The name of a table's head in the tags: Chromium counts on for its whole process."""


def write_pdfs(pages: Sequence[Path], folder: Path) -> list[Path]:
    """Print pages to PDF, each under its own name, with one browser for all.

    Parameters
    ----------
    pages
        HTML files that `journeyqual.reports` wrote.
    folder
        Where the PDF files go.

    Raises
    ------
    ReportError
        If Playwright or a browser is missing, a page is not there, or a chart cannot be drawn.
    """
    for page in pages:
        if not page.is_file():
            raise ReportError("there is no such page", path=page, remedy="make the report first")
    program = find_browser()
    # A thread of its own: Playwright refuses one that runs a loop, as JupyterLab's does.
    with ThreadPoolExecutor(1) as worker:
        made = worker.submit(_print, list(pages), program).result()
    return [
        write(content, folder / f"{page.stem}.pdf")
        for page, content in zip(pages, made, strict=True)
    ]


def find_browser() -> str:
    """Return the program to print with.

    Raises
    ------
    ReportError
        If there is none.
    """
    named = os.environ.get(BROWSER_VARIABLE)
    if named:
        if not Path(named).is_file():
            raise ReportError(f"{BROWSER_VARIABLE} names no program: {named}")
        return named
    found = [shutil.which(name) for name in BROWSERS]
    found += [path for path in _INSTALLED if Path(path).is_file()]
    for path in found:
        if path:
            return path
    raise ReportError(
        "no browser to print PDF with",
        remedy=f"install Chromium, Chrome or Edge, or set {BROWSER_VARIABLE} to its program",
    )


@contextmanager
def _browser(program: str) -> Iterator[Any]:
    try:
        from playwright.sync_api import Error, sync_playwright
    except ModuleNotFoundError:
        raise ReportError(
            "PDF needs Playwright, which is not installed",
            remedy='pip install "journeyqual[pdf]" -c constraints.txt',
        ) from None
    arguments = ["--disable-dev-shm-usage"]
    if sys.platform == "linux" and os.geteuid() == 0:
        # Chromium's sandbox does not start as root (in containers).
        arguments.append("--no-sandbox")
    with sync_playwright() as session:
        try:
            browser = session.chromium.launch(executable_path=program, args=arguments)
        except Error as error:
            reason = str(error).strip().splitlines()[0][:160]
            raise ReportError(f"{Path(program).name} does not start: {reason}") from None
        try:
            yield browser
        finally:
            browser.close()


def _print(pages: list[Path], program: str) -> list[bytes]:
    with _browser(program) as browser:
        return [_one(browser, page) for page in pages]


def _one(browser: Any, path: Path) -> bytes:
    context = browser.new_context(
        viewport={"width": _WIDTH, "height": 1200}, color_scheme="light", offline=True
    )
    try:
        page = context.new_page()
        page.emulate_media(media="print", color_scheme="light", reduced_motion="reduce")
        page.goto(path.resolve().as_uri())
        last = time.monotonic() + _SECONDS
        # Playwright's own wait compiles its condition in the page, which its policy forbids.
        while not page.evaluate(_DRAWN):
            if time.monotonic() > last:
                raise ReportError(f"its charts are not drawn after {_SECONDS:.0f} s", path=path)
            page.wait_for_timeout(25)
        page.evaluate(_OPEN)
        page.evaluate(_UNLINK)
        page.add_style_tag(content=_PRINT)
        _wait_until_still(page, path)
        content = _paper(page, _SCALE)
        if _is_poster(content):
            larger = (_paper(page, scale) for scale in _POSTER)
            content = next((made for made in larger if _is_poster(made)), content)
    finally:
        context.close()
    return settled(content)


def _wait_until_still(page: Any, path: Path) -> None:
    """Let the charts of parts that have just been opened be drawn at their own width."""
    last = time.monotonic() + _SECONDS
    while page.evaluate(_BUSY):
        if time.monotonic() > last:
            raise ReportError(f"its charts are not drawn after {_SECONDS:.0f} s", path=path)
    if page.evaluate(_FAILED):
        raise ReportError("a chart cannot be drawn", path=path, remedy="open the page to see")


def _paper(page: Any, scale: float) -> bytes:
    content: bytes = page.pdf(
        tagged=True, outline=True, prefer_css_page_size=True, print_background=True, scale=scale,
        display_header_footer=True, header_template="<span></span>", footer_template=_FOOT,
    )  # fmt: skip
    return content


def _is_poster(content: bytes) -> bool:
    """Return whether a PDF is a single sheet larger than A4."""
    sizes = [float(width) for width in _SHEET.findall(content)]
    return len(sizes) == 1 and sizes[0] > _A4


def settled(content: bytes) -> bytes:
    """Return a PDF without its dates, the machine that made it, and that process's own numbers.

    Whatever is replaced keeps its length, so that every offset in the file holds.

    Examples
    --------
    >>> settled(b"<</CreationDate (D:20260101000000+00'00')/Creator (Mozilla/5.0 and more)>>")
    b'<<                                        /Creator (journeyqual)          >>'
    >>> settled(b"/ID (node00000451)>> /ID (node00000453)>> /Headers [(node00000451)]")
    b'/ID (node00000001)>> /ID (node00000002)>> /Headers [(node00000001)]'
    """
    content = _CLOCK.sub(lambda m: b" " * len(m.group()), content)
    # In their order, which the tree that they are looked up in depends on.
    cells = {c: n for n, c in enumerate(sorted(set(_CELL.findall(content))), start=1)}
    content = _CELL.sub(lambda m: b"(node%08d)" % cells[m.group(1)], content)
    return _MAKER.sub(lambda m: b"/Creator (journeyqual)".ljust(len(m.group())), content, count=1)
