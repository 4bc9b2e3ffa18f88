"""JupyterLab around a study: opened on its tagging notebook, with a curve that follows along.

Or on the notebook in which names that were missed are looked for.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from journeyqual import erasure
from journeyqual.errors import InputError, JourneyqualError
from journeyqual.scaffold import package_data
from journeyqual.tagging import identity
from journeyqual.tagging.rows import Rows

if TYPE_CHECKING:
    from journeyqual.study import Study
    from journeyqual.tagging.button import Button
    from journeyqual.tagging.names import Names
    from journeyqual.tagging.widget import Tagger

NOTEBOOK = "tagging"
NAMES = "pseudonyms"
PAUSE = 1.0
"""Seconds without a key press after which the curve is drawn anew."""
PATIENCE = 8.0
"""Seconds that JupyterLab has after Ctrl+C, before it is told again; it grants a busy kernel 5."""


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
    notebook = _shipped(study, NOTEBOOK)
    given = {"interview": interview, "coder": coder and identity(coder).removeprefix("human:")}
    for cell in notebook["cells"]:
        if "parameters" in cell["metadata"].get("tags", ()):
            lines = "".join(cell["source"]).splitlines(keepends=True)
            cell["source"] = [_filled(line, given) for line in lines]
    name = f"{NOTEBOOK}-{given['coder']}" if given["coder"] else NOTEBOOK
    return _put(study, name, notebook)


def names_notebook(study: Path) -> Path:
    """Put the shipped notebook for names into a study, written anew each time.

    Raises
    ------
    InputError
        If the folder is no study.
    """
    return _put(study, NAMES, _shipped(study, NAMES))


def _shipped(study: Path, name: str) -> Any:
    if not (study / "study.toml").exists():
        raise InputError(
            f"{study.resolve().name} is no study folder: it has no study.toml",
            remedy="make one with: journeyqual init",
        )
    return json.loads((package_data("notebooks") / f"{name}.ipynb").read_text("utf-8"))


def _put(study: Path, name: str, notebook: Any) -> Path:
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


OPTIONS = (
    # Nothing of the network: neither updates, nor news, nor a list of extensions.
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.news_url=None",
    "--LabApp.extension_manager=readonly",
    # Ctrl+C leaves; nothing is lost by it, since every key press is stored.
    "--ServerApp.answer_yes=True",
    # Where it is and what went wrong, not what it loaded.
    "--Application.log_level=ERROR",
)
"""What JupyterLab is started with."""


def open_lab(notebook: Path, *, browser: bool = True, port: int = 8888) -> None:
    """Run JupyterLab on one notebook until Ctrl+C; it asks nothing of the network.

    Parameters
    ----------
    notebook
        A notebook in a study's ``notebooks`` folder; the study is what JupyterLab shows.
    browser
        Whether to open a browser; JupyterLab prints its address in any case.
    port
        The first port to try.

    Raises
    ------
    InputError
        If JupyterLab does not start, or ends with an error.
    """
    study = notebook.resolve().parent.parent
    command = [
        sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={study}",
        f"--ServerApp.port={port}", *OPTIONS,
        # As an address rather than a file: so it also stands in what is printed.
        f"--LabApp.default_url=/lab/tree/notebooks/{quote(notebook.name)}",
        *([] if browser else ["--no-browser"]),
    ]  # fmt: skip
    # A study may come from a stranger: Python must not import from its folders, neither for
    # JupyterLab nor for the kernels that it starts.
    safe = {**os.environ, "PYTHONSAFEPATH": "1"}
    with subprocess.Popen(command, cwd=study, env=safe) as server:
        try:
            status = server.wait()
        except KeyboardInterrupt:
            _ended(server)
            return
    if status:
        raise InputError(
            f"JupyterLab ended with status {status}",
            remedy=f"it said why above; notebooks/{notebook.name} opens in any JupyterLab, too",
        )


def _ended(server: subprocess.Popen[bytes]) -> None:
    """Let JupyterLab end its kernels; only then, if it hangs, end it.

    The terminal sends Ctrl+C to both. Killed at once, JupyterLab would leave its kernels behind;
    but told while a kernel is starting, it may hang for good.
    """
    for end in (server.terminate, server.kill):
        with suppress(subprocess.TimeoutExpired):
            server.wait(timeout=PATIENCE)
            return
        end()


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


def suggest_button(study: Study, tagger: Tagger | None = None) -> Button:
    """Return a button that does what `suggest_again` does, while one goes on tagging.

    Coding anew takes from seconds to minutes. In a cell of its own it would begin whenever all
    cells are run, and the kernel would store no key press until it is over.

    Parameters
    ----------
    study
        The open study; it is opened a second time for the work.
    tagger
        A widget to bring up to date afterwards; what listens to it is told, too.
    """
    from journeyqual.tagging.button import Button

    def pressed(button: Button) -> None:
        button.busy, button.said = True, "Learning, and coding anew …"
        loop = asyncio.get_running_loop()

        def over(said: str) -> None:
            button.said, button.busy = said, False
            if tagger is not None:
                tagger.reload()
                for listener in tagger.session.listeners:
                    listener()

        def work() -> None:
            loop.call_soon_threadsafe(over, _learned(study.folder))

        threading.Thread(target=work, daemon=True).start()

    return Button("Learn from what was coded", pressed)


def _learned(folder: Path) -> str:
    """Learn with a store of its own; an error is said, for a thread's own word nobody reads."""
    from journeyqual.study import open_study

    try:
        study = open_study(folder)
        try:
            return suggest_again(study)
        finally:
            study.close()
    except JourneyqualError as error:
        return f"Not done: {error}."
    except Exception as error:
        return f"Not done: it failed ({type(error).__name__}: {error})."


def names(study: Study) -> Names:
    """Return the widget that shows what was hidden and what looks missed, for a decision on each.

    Parameters
    ----------
    study
        The open study. If its ``detector`` is ``presidio``, the stored texts are looked through
        once more, which takes a second per 2,500 words or so.

    Raises
    ------
    ConfigError
        If the list of names cannot be read.
    """
    from journeyqual.tagging.names import Names, Review

    def hide() -> str:
        done = erasure.hide_stored(study)
        places, talks = sum(done.places.values()), len(done.places)
        where = "an interview" if talks == 1 else f"{talks} interviews"
        said = f"Listed names were replaced at {places} places of {where}; codings stay."
        if done.reports:
            said += f" {done.reports} reports were deleted: journeyqual run makes them anew."
        if done.left:
            more = f" and {len(done.left) - 8} more" if len(done.left) > 8 else ""
            said += f" Look yourself into {', '.join(done.left[:8])}{more}."
        return said

    return Names(Review(study, hide, lambda: erasure.would_hide(study)))


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
    from journeyqual.tagging.widget import heard

    alt = quick_import("altair")
    alt.JupyterChart.enable_offline(True)
    live = type("LiveChart", (alt.JupyterChart,), {"_esm": heard(alt.JupyterChart._esm)})

    def drawn() -> Any:
        chart = curve_chart(study.curve(), study.lines(), study.codebook)
        return alt.Chart.from_dict(live_spec(chart.to_dict()))

    shown = live(chart=drawn())
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


__all__ = [
    "Rows", "live_curve", "names", "names_notebook", "open_lab", "suggest_again",
    "suggest_button", "tagging_notebook",
]  # fmt: skip
