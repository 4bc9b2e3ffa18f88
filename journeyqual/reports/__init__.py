"""Reports: a study's result tables as notebook and as one offline HTML page.

`make_report` runs a notebook template over a study and writes both. `blocks` are what the templates
are made of; they and the charts draw finished tables and compute nothing.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, MutableMapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeyqual.errors import ReportError
from journeyqual.scaffold import package_data

if TYPE_CHECKING:
    from journeyqual.theme import Theme

__all__ = ["blocks", "make_report"]

DEFAULT_TEMPLATE = "emotional_journey"
NO_REPORTS = ("tagging",)
"""Notebooks that are worked in, not read."""


def __getattr__(name: str) -> Any:
    if name == "blocks":
        return import_module("journeyqual.reports.blocks")
    raise AttributeError(f"module 'journeyqual.reports' has no attribute {name!r}")


def make_report(
    study_path: str | Path,
    *,
    template: str | Path = DEFAULT_TEMPLATE,
    parameters: Mapping[str, object] | None = None,
    out_dir: str | Path | None = None,
    seconds: MutableMapping[str, float] | None = None,
    progress: Any = None,
) -> Path:
    """Run a notebook template over a study and write ``NAME.ipynb`` and ``NAME.html``.

    Parameters
    ----------
    study_path
        The study's folder. The notebook runs in it, so neither file holds a path.
    template
        The name of a shipped notebook, or the path of one's own.
    parameters
        Values for the template's parameters; ``study`` is given.
    out_dir
        Where the files go, by default the study's ``reports``.
    seconds
        Gets the time of the steps ``notebook`` and ``html`` added.
    progress
        Called with the cells done and the cells there are.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    ReportError
        If there is no such template, a parameter is unknown, or a cell fails; then
        ``NAME.draft.ipynb`` shows where, and an older page stays as it was.
    """
    from journeyqual.reports.html import write_html
    from journeyqual.reports.render import known_parameters, run_notebook

    folder = Path(study_path)
    source = _template(template)
    target = Path(out_dir) if out_dir is not None else folder / "reports"
    given = dict(parameters or {})
    if "study" in known_parameters(source):
        given.setdefault("study", ".")
    begun = time.perf_counter()
    notebook = run_notebook(
        source, given, target / f"{source.stem}.ipynb", folder=folder, progress=progress
    )
    ran = time.perf_counter()
    page = write_html(notebook, target / f"{source.stem}.html", look=_look(folder))
    if seconds is not None:
        seconds["notebook"] = seconds.get("notebook", 0.0) + ran - begun
        seconds["html"] = seconds.get("html", 0.0) + time.perf_counter() - ran
    return page


def _look(folder: Path) -> Theme:
    """Return the look that ``study.toml`` gives; a folder that is no study has the reports' own."""
    from journeyqual import config, theme

    there = (folder / config.STUDY_FILE).exists()
    return config.load(folder).theme if there else theme.DEFAULT


def _template(template: str | Path) -> Path:
    if isinstance(template, Path) or str(template).endswith(".ipynb"):
        return Path(template)
    found = package_data("notebooks") / f"{template}.ipynb"
    if not found.exists():
        every = {p.stem for p in package_data("notebooks").glob("*.ipynb")}
        known = sorted(every.difference(NO_REPORTS))
        raise ReportError(
            f"no report {template!r}", remedy=f"there is {', '.join(known)}" if known else None
        )
    return found
