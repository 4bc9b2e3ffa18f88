"""Tagging in a real JupyterLab: real kernel, real browser, and the store read from outside both."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

from journeyqual import lab
from journeyqual.tagging.widget import STATIC
from tests.small_study import run, tell
from tests.tagging.lab import QUICK, Folder, Lab, Server, serious, settings, until
from tests.tagging.made import HOSTILE, STAGES, long

ROOT = Path(__file__).parents[2]

browser = pytest.mark.browser
notebook = pytest.mark.notebook


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """One JupyterLab for every test of a process: it takes seconds to start."""
    one = Server(tmp_path_factory.mktemp("lab"))
    yield one
    one.stop()


@pytest.fixture
def folder(server, request):
    one = Folder(server.root / re.sub(r"\W+", "-", request.node.name)[-60:])
    yield one
    one.close()


@pytest.fixture
def open_lab(chromium, server):
    pages = []

    def opened(path, **how):
        pages.append(Lab(chromium, server, path, **how))
        pages[-1].run_all()
        return pages[-1]

    yield opened
    for page in pages:
        page.leave()


@pytest.fixture(scope="module")
def at(chromium, server):
    """One study in one browser, where several tests each tag a unit of their own."""
    study = Folder(server.root / "shared")
    page = Lab(chromium, server, study.notebook())
    page.run_all()
    yield study, page
    page.leave()
    study.close()


def of(study, n, coder="ana"):
    return {dim: value for (unit, dim), value in study.said(coder).items() if unit == n}


# -- one person --------------------------------------------------------------------------------


@browser
@notebook
def test_the_notebook_runs_in_jupyterlab_quietly_and_offline(at):
    study, it = at
    assert it.errors == []
    assert it.elsewhere == []
    assert it.complaints == []
    shown = [str(cell["outputs"]) for cell in it.cells() if cell["outputs"]]
    assert "Interviews, what is yours to do first" in shown[0]
    assert "P03_2026-03-04" in shown[0]
    assert it.page.locator(".jqt-unit").count() == len(study.units)
    assert it.page.locator(".jqt-title").inner_text().endswith("coding as ana")


@browser
@notebook
def test_the_mouse_codes_and_the_store_has_it(at):
    study, it = at
    it.unit(1).locator(".jqt-text").click()
    panel = it.page.locator(".jqt-unit-panel")
    panel.get_by_role("button", name=STAGES[2]).click()
    panel.get_by_role("button", name="very bad").click()
    it.saved()
    assert of(study, 1) == {"stage": STAGES[2], "valence": "-1"}
    panel.get_by_role("button", name="very bad").click()
    it.saved()
    assert of(study, 1) == {"stage": STAGES[2]}


@browser
@notebook
def test_keys_code_units_and_none_of_them_is_jupyterlabs(at):
    """In JupyterLab x cuts the cell, d twice deletes it, a and b add one, and z undoes all that."""
    study, it = at
    cells = len(it.cells())
    it.unit(2).focus()
    it.press("x", "d", "d", "j")
    it.press("2", "a", "e", "c")
    assert of(study, 2) == {"stage": "", "valence": "0"}
    assert of(study, 3) == {"stage": STAGES[1], "valence": "-1", "emotion": "confusion"}
    assert it.here == 3
    assert len(it.cells()) == cells
    it.press("m")
    it.page.keyboard.type("dd xx 1")
    it.press("Escape", "Backspace")
    assert of(study, 3) == {"stage": STAGES[1], "valence": "-1", "memo": "dd xx 1"}
    assert len(it.cells()) == cells


@browser
@notebook
def test_undo_redo_and_a_suggestion_accepted(at):
    study, it = at
    it.unit(4).focus()
    it.press("Enter")
    suggested = {"stage": STAGES[3], "valence": "-0.5", "emotion": "frustration"}
    assert of(study, 4) == suggested
    it.press("Control+z")
    assert of(study, 4) == {}
    it.press("Control+Shift+Z", "g", "u")
    assert of(study, 4) == suggested
    it.press("u")
    assert of(study, 4) == {}


@browser
@notebook
def test_free_spans_by_mouse_and_by_key(at):
    study, it = at
    it.drag("would not meet my eye")
    it.page.locator(".jqt dialog").get_by_role("button", name=STAGES[1]).click()
    it.saved()
    assert study.spans() == ["would not meet my eye"]
    it.unit(6).focus()
    it.press(*["Shift+ArrowRight"] * 3, "c", "g")
    assert study.spans() == ["Now we ride", "would not meet my eye"]
    values = {
        value for (unit, _), value in study.said().items() if unit not in range(len(study.units))
    }
    assert values == {STAGES[1], "1"}


# -- what hangs on it --------------------------------------------------------------------------


@browser
@notebook
@pytest.mark.parametrize("late", [False, True], ids=["in time", "on a slow computer"])
def test_the_curve_is_drawn_anew_when_a_unit_of_the_sample_is_coded(folder, open_lab, late):
    """Of the sample only two units are left, and the first of them stops the rest from counting."""
    team = folder.opened.team
    drawn = team.draw(9, seed=1).dropna(subset="place").sort_values("place")["unit_id"]
    gap = next(unit for unit in drawn if unit in folder.units)
    for unit in drawn.iloc[:-1]:
        if unit != gap:
            tell(folder.opened, unit, STAGES[7], "human:ben", valence="-1")
    assert set(folder.opened.curve()["method"]) == {"machine"}
    it = open_lab(folder.notebook(), late=late)
    chart = ".vega-embed svg, .vega-embed canvas"
    it.scroll_to(chart)
    it.page.eval_on_selector(chart, "(node) => { node.dataset.before = 1; }")
    it.scroll_to(".jqt")
    it.unit(folder.units.index(gap)).focus()
    it.press("8", "a")
    it.scroll_to(".vega-embed")
    it.page.wait_for_selector(", ".join(f"{s}:not([data-before])" for s in chart.split(", ")))
    assert set(folder.opened.curve()["method"]) == {"prediction-powered"}
    assert it.errors == []
    assert it.complaints == []
    assert late == any("Failed to initialize" in text for _, text, _ in it.said)


@browser
@notebook
def test_the_button_learns_in_the_background(folder, open_lab):
    it = open_lab(folder.notebook())
    it.scroll_to(".jqp")
    it.page.get_by_role("button", name="Learn from what was coded").click()
    it.until("document.querySelector('.jqp [role=status]').innerText.startsWith('Nothing new')")
    assert serious(it.page, ".jqp") == []
    it.scroll_to(".jqt")
    it.unit(0).focus()
    it.press("1")
    assert of(folder, 0) == {"stage": STAGES[0]}


# -- a kernel that dies, and others at work ----------------------------------------------------


@browser
@notebook
@pytest.mark.parametrize("still", [True, False], ids=["before it heard", "while it answers"])
def test_a_killed_kernel_loses_nothing_and_stores_nothing_twice(server, folder, open_lab, still):
    it = open_lab(folder.notebook())
    it.unit(0).focus()
    it.press("1")
    kernel = server.process_of(it.notebook)
    if still:
        kernel.suspend()
    wanted = {(0, "stage"): STAGES[0]}
    for n, key in enumerate("fsgad"):
        it.page.keyboard.press(key)
        wanted[n, "valence"] = {"a": "-1", "s": "-0.5", "d": "0", "f": "0.5", "g": "1"}[key]
        it.page.keyboard.press("j")
        it.page.keyboard.press("2")
        wanted[n + 1, "stage"] = STAGES[1]
    kernel.kill()
    # What was acknowledged is in the store; the rest is kept by the page.
    kept = it.page.evaluate("Object.values(sessionStorage)")
    pending = sum(len(json.loads(text)) for text in kept)
    assert pending >= (10 if still else 0)
    assert len(folder.rows()) >= 11 - pending
    if still:
        assert folder.said() == {(0, "stage"): STAGES[0]}
        it.until("document.querySelector('.jqt-save').innerText.includes('not saved')")
    it.after_death()
    it.run_all()
    it.saved()
    assert folder.said() == wanted
    rows = folder.rows()
    assert len(rows) == rows["action"].nunique() == 11
    assert it.page.evaluate("sessionStorage.length") == 0
    it.unit(5).focus()
    it.press("u")
    assert (5, "stage") not in folder.said()


@browser
@notebook
def test_browsers_at_once_on_one_study_lose_nothing(folder, open_lab):
    """Two people, one of them in two browsers, each with a kernel of their own."""
    pages = [
        (open_lab(folder.notebook("ana")), "a"),
        (open_lab(folder.notebook("ben")), "g"),
        (open_lab(folder.notebook("ana", copy="tagging-again.ipynb")), "d"),
    ]
    kernels = {page.server.kernel(page.notebook)["id"] for page, _ in pages}
    assert len(kernels) == 3
    for page, _ in pages:
        page.unit(0).focus()
    for _ in range(6):
        for page, key in pages:
            page.page.keyboard.press(key)
            page.page.keyboard.press("j")
    for page, _ in pages:
        page.saved()
    ana, ben = folder.rows("ana"), folder.rows("ben")
    assert ben["value"].tolist() == ["1"] * 6
    assert sorted(ana["value"]) == ["-1"] * 6 + ["0"] * 6
    assert ana["action"].nunique() == 12
    # What another kernel stored is there once the page asks the store again.
    last = folder.said("ana")[0, "valence"]
    pages[0][0].run_all()
    shown = {"-1": "−1", "0": "0"}[last]
    assert f"yours: valence {shown}" in pages[0][0].label(0)
    assert "ben: +1" in pages[0][0].label(0)


# -- large, narrow, light and dark -------------------------------------------------------------


@browser
@notebook
def test_fifteen_hundred_turns_open_in_jupyterlab_and_the_last_is_coded(server, open_lab):
    study = Folder(server.root / "long", said=long(1500), people=("P01", "P02"))
    it = open_lab(study.notebook())
    it.unit(0).focus()
    it.press("1", "f", "End", "2", "s")
    last = len(study.units) - 1
    assert it.here == last
    assert of(study, last) == {"stage": STAGES[1], "valence": "-0.5"}
    box, unit = it.page.locator(".jqt-list").bounding_box(), it.unit(last).bounding_box()
    assert box["y"] <= unit["y"] < box["y"] + box["height"]
    assert it.complaints == []
    study.close()


@browser
@notebook
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_either_theme(folder, open_lab, theme):
    tell(folder.opened, folder.units[3], STAGES[4], "human:ben")
    it = open_lab(folder.notebook(), theme=theme)
    ground = it.page.evaluate("getComputedStyle(document.querySelector('.jqt')).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (theme == "light")
    it.unit(0).focus()
    it.press("1", "a", "e", "j", "!", "j", "r", "Enter", "j", "v", "c", "2")
    assert serious(it.page, ".jqt") == []
    for key in ("?", "e"):
        it.page.keyboard.press(key)
        assert serious(it.page, ".jqt") == [], key
        it.page.keyboard.press("Escape")


@browser
@notebook
@pytest.mark.parametrize("width", [640, 1000])
def test_beside_the_file_browser_of_a_narrow_window(folder, open_lab, width):
    it = open_lab(folder.notebook(), width=width, height=720)
    it.scroll_to(".jqt")
    over = "(root) => root.scrollWidth - root.clientWidth"
    assert it.page.eval_on_selector(".jqt", over) <= 0
    it.unit(0).focus()
    it.press("1", "f", "j", "j", "j", "2")
    assert of(folder, 0) == {"stage": STAGES[0], "valence": "0.5"}
    assert of(folder, 3) == {"stage": STAGES[1]}
    list_, unit = it.page.locator(".jqt-list").bounding_box(), it.unit(3).bounding_box()
    assert list_["y"] <= unit["y"] <= list_["y"] + list_["height"]
    wide = it.page.evaluate(
        """() => { const box = document.querySelector(".jqt").getBoundingClientRect();
        return [...document.querySelectorAll(".jqt button, .jqt select, .jqt textarea")]
          .filter((one) => one.getClientRects().length)
          .filter((one) => one.getBoundingClientRect().right > box.right + 1)
          .map((one) => one.innerText); }"""
    )
    assert wide == []


# -- the command, and the notebook's other parts -----------------------------------------------


@notebook
def test_the_command_says_where_it_is_and_leaves_on_ctrl_c(tmp_path):
    study = Folder(tmp_path / "study")
    study.close()
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "jupyter_server_config.py").write_text("c.ServerApp.allow_root = True\n")
    environment = settings(tmp_path)
    # A token that JupyterLab made is one that it prints.
    del environment["JUPYTER_TOKEN"]
    begin = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from journeyqual.cli import main; main()"
    )
    command = [
        sys.executable,
        "-c",
        begin,
        "tag",
        str(study.path),
        "--no-browser",
        "--coder",
        "Ana",
    ]
    out = tmp_path / "out.txt"
    with out.open("w") as file:
        process = subprocess.Popen(
            command, env=environment, stdout=file, stderr=file, start_new_session=True
        )
        try:
            lines = until(lambda: [w for w in out.read_text().split() if w.startswith("http")])
            assert "/lab/tree/notebooks/tagging-ana.ipynb?token=" in lines[0]
            with urllib.request.urlopen(lines[0], timeout=QUICK) as answer:
                assert answer.status == 200
            # As the terminal does: everything that runs in it is told.
            os.killpg(process.pid, signal.SIGINT)
            assert process.wait(timeout=QUICK) == 0
        finally:
            process.kill()
            process.wait()
    assert "Traceback" not in out.read_text()


@pytest.mark.parametrize(
    ("deaf", "patience", "status"),
    [([], QUICK, 0), (["INT"], 0.2, -signal.SIGTERM), (["INT", "TERM"], 0.2, -signal.SIGKILL)],
    ids=["that takes its time", "that is told again", "that hangs"],
)
def test_after_ctrl_c_a_jupyterlab_has_ended(monkeypatch, deaf, patience, status):
    monkeypatch.setattr(lab, "PATIENCE", patience)
    program = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGINT, lambda *_: (time.sleep(0.5), sys.exit()))\n"
        f"for name in {deaf}: signal.signal(signal.Signals['SIG' + name], signal.SIG_IGN)\n"
        "print(flush=True)\n"
        "while True: time.sleep(1)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as server:
        try:
            server.stdout.readline()
            server.send_signal(signal.SIGINT)
            lab._ended(server)
            assert server.wait(timeout=QUICK) == status
        finally:
            server.kill()


def test_a_jupyterlab_that_does_not_start_is_an_error(tmp_path, monkeypatch):
    study = Folder(tmp_path / "study")
    study.close()
    monkeypatch.setattr(lab, "OPTIONS", ("--ServerApp.port_retries=0", "--ServerApp.ip=999.9.9.9"))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "config"))
    with pytest.raises(lab.InputError, match="JupyterLab ended with status"):
        lab.open_lab(study.notebook(), browser=False)


def pressed(study, tagger=None):
    """Press the button in a loop as a kernel has one; return what it says when it is over.

    In a thread: where a browser is open, this one has a loop of its own.
    """

    async def until_over():
        button = lab.suggest_button(study, tagger)
        button._handle_custom_msg({"kind": "pressed"}, [])
        button._handle_custom_msg({"kind": "pressed"}, [])
        last = time.monotonic() + QUICK
        while button.busy:
            assert time.monotonic() < last
            await asyncio.sleep(0.01)
        button.close()
        return button.said

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(until_over())).result()


def test_the_button_learns_and_brings_the_page_and_its_listeners_up_to_date(small_study):
    run(small_study)
    unit = small_study.units()["unit_id"][0]
    tell(small_study, unit, "leaving")
    tagger = small_study.team.tag("P01-1", coder="ana")
    told = []
    tagger.session.listeners.append(lambda: told.append(1))
    assert pressed(small_study, tagger).startswith("The stage coder learned from 1 units")
    assert tagger.interview["states"][unit]["machine"]["stage"]["value"] == "leaving"
    assert told == [1]
    tagger.close()


def test_what_goes_wrong_behind_the_button_is_said(small_study):
    run(small_study)
    (small_study.folder / "participants.csv").write_text("person\nP01\n")
    said = pressed(small_study)
    assert said.startswith("Not done: participants.csv")
    assert "participant" in said


def test_rows_escape_what_people_said_and_leave_no_word_out():
    words = f"{HOSTILE} {'word ' * 40}end"
    frame = pd.DataFrame(
        {"unit_id": ["u1"], "text": [words], "place": [3.0], "share": [0.5], "done": [False],
         "coded_by_two": [None]}
    )  # fmt: skip
    html = lab.Rows(frame, "a < b")._repr_html_()
    assert "<img" not in html
    assert "<b>" not in html
    assert "a &lt; b" in html
    assert "end</td>" in html
    assert "u1" not in html
    for cell in (">3<", ">0.50<", ">–<", ">coded by two<"):
        assert cell in html
    empty = lab.Rows(frame.head(0), "Lost")._repr_html_()
    assert "Lost: none" in empty
    assert "<table" not in empty


def test_the_how_to_names_every_key_that_the_page_knows():
    """The help on the page is made of the same table as the keys; the how-to is written by hand."""
    script = (STATIC / "tagging.js").read_text(encoding="utf-8")
    table = script[script.index("const KEYS = [") : script.index("const FILTERS")]
    known = {name for names in re.findall(r"\[((?:\"[^\"]+\"(?:, )?)+)\], \(v", table)
             for name in re.findall(r'"([^"]+)"', names)}  # fmt: skip
    known |= set("asdfg1")
    said = {"shift+ArrowLeft": "Shift+left", "shift+ArrowRight": "Shift+right", "Escape": "Esc",
            "shift+Enter": "Shift+Enter", "ctrl+z": "Ctrl+Z", "ctrl+Z": "Ctrl+Shift+Z"}  # fmt: skip
    # Second names of a key that has a better one.
    spare = {"ctrl+y", "Delete", "+", "ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight"}
    page = (ROOT / "docs" / "howto" / "tagging.md").read_text(encoding="utf-8")
    assert len(known) > 35
    assert {name for name in known - spare if f"`{said.get(name, name)}`" not in page} == set()
