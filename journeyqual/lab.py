"""JupyterLab around a study: opened on its tagging notebook, with a curve that follows along."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeyqual.errors import InputError
from journeyqual.scaffold import package_data
from journeyqual.tagging import identity

if TYPE_CHECKING:
    from journeyqual.study import Study
    from journeyqual.tagging.widget import Tagger

NOTEBOOK = "tagging"
PAUSE = 1.0
"""Seconds without a key press after which the curve is drawn anew."""


def tagging_notebook(study: Path, *, interview: str = "", coder: str = "") -> Path:
    """Put the shipped tagging notebook into a study, its parameters filled in.

    It is written anew each time: a study folder may come from a stranger, and what is opened to be
    run must be ours.

    Parameters
    ----------
    study
        The study's folder.
    interview, coder
        Filled in if given.

    Returns
    -------
    Path
        ``notebooks/tagging.ipynb`` of the study, or ``notebooks/tagging-CODER.ipynb``.

    Raises
    ------
    InputError
        If the folder is no study.
    """
    if not (study / "study.toml").exists():
        raise InputError(
            f"{study.resolve().name} is no study folder: it has no study.toml",
            remedy="make one with: journeyqual init",
        )
    notebook = json.loads((package_data("notebooks") / f"{NOTEBOOK}.ipynb").read_text("utf-8"))
    given = {"interview": interview, "coder": coder and identity(coder).removeprefix("human:")}
    for cell in notebook["cells"]:
        if "parameters" in cell["metadata"].get("tags", ()):
            lines = "".join(cell["source"]).splitlines(keepends=True)
            cell["source"] = [_filled(line, given) for line in lines]
    name = f"{NOTEBOOK}-{given['coder']}" if given["coder"] else NOTEBOOK
    path = study / "notebooks" / f"{name}.ipynb"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def _filled(line: str, given: dict[str, str]) -> str:
    """Put a value into a line such as ``coder = ""  # your name``."""
    for name, value in given.items():
        if value and line.startswith(f'{name} = ""'):
            return line.replace('""', json.dumps(value, ensure_ascii=False), 1)
    return line


def open_lab(notebook: Path, *, browser: bool = True, port: int = 8888) -> int:
    """Run JupyterLab on one notebook until it is closed; it asks nothing of the network.

    Parameters
    ----------
    notebook
        A notebook in a study's ``notebooks`` folder; the study is what JupyterLab shows.
    browser
        Whether to open a browser; the address is printed in any case.
    port
        The first port to try.

    Returns
    -------
    int
        JupyterLab's exit status.
    """
    study = notebook.parent.parent
    command = [
        sys.executable, "-m", "jupyterlab", str(notebook.relative_to(study)),
        f"--ServerApp.root_dir={study.resolve()}",
        f"--ServerApp.port={port}",
        # Neither for updates nor for news.
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.news_url=None",
        *([] if browser else ["--no-browser"]),
    ]  # fmt: skip
    return subprocess.run(command, cwd=study, check=False).returncode


def suggest_again(study: Study, tagger: Tagger | None = None) -> str:
    """Let the stage coder learn from what people coded, code anew, and show what it now proposes.

    Parameters
    ----------
    study
        The open study.
    tagger
        A widget to bring up to date.

    Returns
    -------
    str
        What was done, in one sentence.

    Raises
    ------
    StoreError
        If another run is at work on the study.
    """
    from journeyqual import runs

    done = runs.run(study, report=False)
    if tagger is not None:
        tagger.reload()
    if not done.coded:
        return "Nothing new to learn from."
    return f"The stage coder learned from {done.learned_from} units and coded {done.coded} anew."


def live_curve(study: Study, tagger: Tagger | None = None) -> Any:
    """Return the curve as a chart that is drawn anew when the tagger has stored something.

    Parameters
    ----------
    study
        The open study.
    tagger
        The widget that is tagged with; without one the chart stays as it is.

    Returns
    -------
    altair.JupyterChart
        Drawn without the network.
    """
    from journeyqual.charts import curve_chart
    from journeyqual.charts.display import live_spec
    from journeyqual.charts.quick import quick_import

    alt = quick_import("altair")
    alt.JupyterChart.enable_offline(True)

    def drawn() -> Any:
        chart = curve_chart(study.curve(), study.lines(), study.codebook)
        return alt.Chart.from_dict(live_spec(chart.to_dict()))

    shown = alt.JupyterChart(chart=drawn())
    waiting: list[asyncio.TimerHandle] = []

    def redraw() -> None:
        waiting.clear()
        shown.chart = drawn()

    def soon() -> None:
        # The curve takes a moment; whoever is pressing keys must not wait for it.
        for handle in waiting:
            handle.cancel()
        waiting[:] = [asyncio.get_running_loop().call_later(PAUSE, redraw)]

    if tagger is not None:
        tagger.session.listeners.append(soon)
    return shown


__all__ = ["live_curve", "open_lab", "suggest_again", "tagging_notebook"]
