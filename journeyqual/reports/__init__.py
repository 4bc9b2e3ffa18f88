"""Reports: a study's result tables as notebook and as one offline HTML page.

`make_report` runs a notebook template over a study and writes both. `blocks` are what the templates
are made of; they and the charts draw finished tables and compute nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
import unicodedata
from collections.abc import Mapping, MutableMapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeyqual.errors import ReportError
from journeyqual.labels import speaking
from journeyqual.scaffold import package_data

if TYPE_CHECKING:
    from journeyqual.theme import Theme

__all__ = ["blocks", "make_report"]

DEFAULT_TEMPLATE = "emotional_journey"
CHOOSING = ("by", "against", "group", "period", "waves", "stages", "owner", "run", "language")
"""Parameters by which a report shows something else; such a report stands beside the whole one."""
_NO_LONGER = re.compile(r"\b(InputError|ConfigError): ")
"""What a notebook stops with if the study lacks what its parameters ask for."""
LONGEST = 40
"""Characters of a value in a report's name."""
NO_REPORTS = ("tagging", "pseudonyms")
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
    ConfigError
        If there are no labels in the language that is asked for.

    Notes
    -----
    A report of part of a study (one group, some stages) gets a name of its own, and `remake` keeps
    it up to date.
    """
    from journeyqual.reports.html import write_html
    from journeyqual.reports.render import known_parameters, run_notebook

    folder = Path(study_path)
    source = _template(template)
    told = known_parameters(source)
    language = str((parameters or {}).get("language") or "") or _language(folder)
    target = Path(out_dir) if out_dir is not None else folder / "reports"
    given = dict(parameters or {})
    if "study" in told:
        given.setdefault("study", ".")
    # A language that has no labels is refused before anything runs.
    with speaking(language, folder):
        pass
    begun = time.perf_counter()
    name = report_name(source.stem, parameters or {})
    made = {"template": source.stem, "parameters": dict(parameters or {})}
    notebook = run_notebook(
        source, given, target / f"{name}.ipynb", folder=folder, progress=progress, made=made
    )
    ran = time.perf_counter()
    with speaking(language, folder):
        page = write_html(notebook, target / f"{name}.html", look=_look(folder))
    if seconds is not None:
        seconds["notebook"] = seconds.get("notebook", 0.0) + ran - begun
        seconds["html"] = seconds.get("html", 0.0) + time.perf_counter() - ran
    return page


def report_name(template: str, parameters: Mapping[str, object]) -> str:
    """Return what a report's files are called: the template, and what was chosen of the study.

    Examples
    --------
    >>> report_name("why", {"draws": 500}), report_name("why", {"group": "New", "stages": ["a b"]})
    ('why', 'why-group-new-stages-a-b')
    """
    parts = []
    for key in CHOOSING:
        value = parameters.get(key)
        if value in (None, "", [], ()):
            continue
        words = value if isinstance(value, list | tuple) else [value]
        plain = unicodedata.normalize("NFKD", " ".join(map(str, words)))
        slug = re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode().lower())
        slug = slug.strip("-")
        if slug[:LONGEST] != plain.lower().replace(" ", "-"):
            # Something was lost: another value must not come to the same name.
            mark = hashlib.sha256(plain.encode()).hexdigest()[:6]
            slug = f"{slug[:LONGEST].strip('-')}-{mark}".strip("-")
        parts.append(f"{key}-{slug}")
    return "-".join([template, *parts])


def parts_of(folder: Path) -> list[tuple[str, str, dict[str, object]]]:
    """Return the reports in a folder that show part of a study: name, template, parameters.

    Only those of shipped notebooks: a notebook that lies there is data, and is never run.
    """
    found = []
    known = {p.stem for p in package_data("notebooks").glob("*.ipynb")} - set(NO_REPORTS)
    for path in sorted(folder.glob("*-*.ipynb")):
        try:
            told = json.loads(path.read_text(encoding="utf-8"))["metadata"]["journeyqual"]
            template, given = str(told["template"]), dict(told["parameters"])
        except (ValueError, KeyError, TypeError, OSError):
            continue
        if template in known and report_name(template, given) == path.stem != template:
            found.append((path.stem, template, given))
    return found


def remake(
    study_path: str | Path,
    out_dir: Path,
    *,
    seconds: MutableMapping[str, float] | None = None,
) -> tuple[list[Path], list[str]]:
    """Make the reports of part of a study anew that stand in a folder.

    One whose group or stage is no more is taken away, for it may hold words of somebody who has
    withdrawn since.

    Returns
    -------
    tuple
        The pages, and a line for each that was taken away.

    Raises
    ------
    ReportError
        If one fails for another reason.
    """
    pages, gone = [], []
    for name, template, given in parts_of(out_dir):
        try:
            pages.append(
                make_report(
                    study_path, template=template, parameters=given, out_dir=out_dir,
                    seconds=seconds,
                )
            )  # fmt: skip
        except ReportError as error:
            if not _NO_LONGER.search(error.message):
                raise
            for suffix in (".ipynb", ".html", ".pdf", ".draft.ipynb"):
                (out_dir / f"{name}{suffix}").unlink(missing_ok=True)
            gone.append(f"{name}.html was taken away: {error.message}")
    return pages, gone


def _look(folder: Path) -> Theme:
    """Return the look that ``study.toml`` gives; a folder that is no study has the reports' own."""
    from journeyqual import config, theme

    there = (folder / config.STUDY_FILE).exists()
    return config.load(folder).theme if there else theme.DEFAULT


def _language(folder: Path) -> str:
    """Return the language that ``study.toml`` names; blank is English."""
    from journeyqual import config

    there = (folder / config.STUDY_FILE).exists()
    return config.load(folder).language if there else ""


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
