"""A study's results in the formats that people share: PDF, PPTX, XLSX, pictures, quotes as CSV.

All read the same result tables, taken once; none computes anything. The same study gives the same
bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from journeyqual.config import FORMATS
from journeyqual.errors import ReportError

if TYPE_CHECKING:
    from journeyqual.study import Study

__all__ = ["FORMATS", "export"]

INDEX = "index"
"""The page that links a study's reports; it is not printed."""


def export(
    study: Study,
    out_dir: str | Path,
    *,
    formats: Sequence[str] = FORMATS,
    pages: Sequence[str | Path] | None = None,
) -> list[Path]:
    """Write a study's results in each of these formats.

    Parameters
    ----------
    study
        An open study.
    out_dir
        Gets ``deck.pptx``, ``tables.xlsx``, ``quotes.csv``, ``charts/`` and a PDF a page.
    formats
        Any of `FORMATS`.
    pages
        The HTML reports to print as PDF; by default all in the study's ``reports``, which are
        printed as they stand: make them again first if the study has changed.

    Returns
    -------
    list of Path
        The files, each written whole or not at all.

    Raises
    ------
    ReportError
        If a format is unknown, there is no page to print, or what a format needs is missing.
    """
    wanted = tuple(dict.fromkeys(formats))
    for name in wanted:
        if name not in FORMATS:
            raise ReportError(f"no format {name!r}", remedy=f"there is {', '.join(FORMATS)}")
    folder = Path(out_dir)
    # What can be missing comes first: nothing is written before it is known to be there.
    printed = _pages(study, pages) if "pdf" in wanted else []
    if printed:
        from journeyqual.reports.formats.pdf import find_browser

        find_browser()
    written: list[Path] = []
    with ThreadPoolExecutor(1) as beside:
        # The browser is a process of its own: it prints while the tables are written.
        printing = beside.submit(_print, printed, folder) if printed else None
        if set(wanted) - {"pdf"}:
            written += _tables(study, folder, wanted)
        if printing:
            written += printing.result()
    return written


def standing(folder: Path) -> tuple[str, ...]:
    """Return the formats of which files stand in a folder of reports.

    Whoever makes the reports again makes these again, too: an older file may hold words of somebody
    who has withdrawn since.
    """
    files = {"pptx": "deck.pptx", "xlsx": "tables.xlsx", "csv": "quotes.csv"}
    there = {kind for kind, name in files.items() if (folder / name).exists()}
    there |= {kind for kind in ("png", "svg") if any((folder / "charts").glob(f"*.{kind}"))}
    there |= {"pdf"} if any(printed(folder)) else set()
    return tuple(kind for kind in FORMATS if kind in there)


def printed(folder: Path) -> list[Path]:
    """Return the PDF files that stand beside the page that they were printed from."""
    return sorted(p for p in folder.glob("*.pdf") if p.with_suffix(".html").exists())


def _print(pages: list[Path], folder: Path) -> list[Path]:
    from journeyqual.reports.formats.pdf import write_pdfs

    return write_pdfs(pages, folder)


def _tables(study: Study, folder: Path, wanted: tuple[str, ...]) -> list[Path]:
    from journeyqual.reports.formats.tables import gather

    results = gather(study)
    written: list[Path] = []
    if "pptx" in wanted:
        from journeyqual.reports.formats.pptx import write_pptx

        written.append(write_pptx(results, folder / "deck.pptx"))
    if "xlsx" in wanted:
        from journeyqual.reports.formats.xlsx import write_xlsx

        written.append(write_xlsx(results, folder / "tables.xlsx"))
    pictures = tuple(kind for kind in ("png", "svg") if kind in wanted)
    if pictures:
        from journeyqual.reports.formats.images import write_images

        written += write_images(results, folder / "charts", pictures)
    if "csv" in wanted:
        from journeyqual.reports.formats.quotes import write_quotes

        written.append(write_quotes(results, folder / "quotes.csv"))
    return written


def _pages(study: Study, pages: Sequence[str | Path] | None) -> list[Path]:
    if pages is not None:
        return [Path(page) for page in pages]
    found = sorted(p for p in (study.folder / "reports").glob("*.html") if p.stem != INDEX)
    if not found:
        raise ReportError("there is no report to print as PDF", remedy="make one: journeyqual run")
    return found
