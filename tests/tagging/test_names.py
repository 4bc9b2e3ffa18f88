"""Names that were missed: the session's rules, and the widget in a real JupyterLab."""

import tomllib

import pytest

from journeyqual import lab, open_study
from journeyqual.tagging.names import Review
from journeyqual.tagging.widget import answer
from tests.store.made import interview
from tests.tagging.lab import BOOK, Lab, Server, serious

SAID = (
    "Then Amara Obi sold me the bicycle, and P01 was glad.",
    "And Figma, well. I asked Amara Obi again, and [name] too.",
)


@pytest.fixture
def made(tmp_path):
    """Make a study of one interview, of SAID."""
    opened = []

    def make(folder=tmp_path):
        (folder / "transcripts").mkdir(parents=True)
        (folder / "study.toml").write_text('[privacy]\ndetector = "list"\n')
        (folder / "codebook.toml").write_text(BOOK.read_text(encoding="utf-8"))
        study = open_study(folder)
        study.store.add_interviews([interview("P01_a", "P01", SAID)], source="s", sha256="c")
        opened.append(study)
        return study

    yield make
    for study in opened:
        study.close()


def ask(review, kind, **given):
    return answer(review, {"kind": kind, **given})


def test_decisions_wait_until_they_are_saved_and_then_stand_in_the_studys_files(made):
    study = made()
    review = lab.names(study)._review
    state = ask(review, "show")
    assert [(m["name"], m["times"]) for m in state["missed"]] == [("Amara Obi", 2)]
    assert state["interviews"] == [
        {"id": "P01_a", "hidden": {"listed": 1, "person": 1}, "missed": 1}
    ]
    pieces = [tuple(piece) for piece in state["turns"][0]["pieces"] if piece[1]]
    assert pieces == [("Amara Obi", "missed"), ("P01", "listed")]
    ask(review, "decide", name="Amara Obi", to="name")
    ask(review, "decide", name="Amara Obi", to="name", stands="[seller]")
    state = ask(review, "decide", name="Brompton", to="keep")
    assert state["unsaved"] == {"names": 1, "kept": 1}
    assert not study.config.names_file.exists()
    state = ask(review, "save")
    assert state["said"] == "1 added to names.csv, 1 kept in study.toml."
    assert (state["missed"], state["waiting"]) == ([], 2)
    assert study.names() == {"Amara Obi": "[seller]"}
    told = tomllib.loads((study.folder / "study.toml").read_text())
    assert told["privacy"]["keep"] == ["Brompton"]
    state = ask(review, "hide")
    assert state["said"].startswith("Listed names were replaced at 2 places of an interview")
    assert state["waiting"] == 0
    assert "Amara" not in "".join(t["text"] for t in study.store.turns().to_dict("records"))


def test_a_decision_is_taken_back(made):
    review = lab.names(made())._review
    ask(review, "decide", name="Amara Obi", to="name")
    state = ask(review, "decide", name="Amara Obi", to="")
    assert state["unsaved"] == {"names": 0, "kept": 0}
    assert state["missed"][0]["decided"] == ""


@pytest.mark.parametrize(
    "message",
    [
        {"kind": "burn"},
        {"kind": "decide", "name": "…", "to": "name"},
        {"kind": "decide", "name": "x" * 81, "to": "name"},
        {"kind": "decide", "name": 7, "to": "name"},
        {"kind": "show", "interview": "nobody"},
    ],
)
def test_what_makes_no_sense_is_refused(made, message):
    assert answer(lab.names(made())._review, message)["kind"] == "refused"


def test_a_pseudonym_that_is_a_name_is_refused_and_the_decision_waits(made):
    study = made()
    study.config.names_file.write_text("name,pseudonym\nRose,P09\n")
    review = lab.names(study)._review
    ask(review, "decide", name="Amara Obi", to="name", stands="Rose")
    assert "Rose" in ask(review, "save")["why"]
    assert ask(review, "show")["unsaved"] == {"names": 1, "kept": 0}
    assert study.names() == {"Rose": "P09"}


def test_a_study_without_interviews_shows_nothing(tmp_path):
    (tmp_path / "study.toml").write_text("")
    (tmp_path / "codebook.toml").write_text(BOOK.read_text(encoding="utf-8"))
    study = open_study(tmp_path)
    state = Review(study, lambda: "", dict).state()
    study.close()
    assert (state["turns"], state["missed"], state["interview"]) == ([], [], "")


@pytest.mark.browser
@pytest.mark.notebook
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_in_jupyterlab_a_missed_name_is_listed_and_hidden_and_none_is_saved(
    chromium, tmp_path, made, theme
):
    server = Server(tmp_path)
    try:
        study = made(server.root / "one")
        notebook = lab.names_notebook(study.folder)
        it = Lab(chromium, server, notebook, theme=theme)
        # Even if JupyterLab is told to keep what widgets know.
        it.page.evaluate(
            "window.jupyterapp.commands.execute('@jupyter-widgets/jupyterlab-manager:saveWidgetState')"
        )
        it.page.evaluate(
            """() => { window.ran = false;
              window.jupyterapp.commands.execute("notebook:run-all-cells")
                .finally(() => { window.ran = true; }); }"""
        )
        it.until("window.ran")
        it.scroll_to(".jqn[data-shown]")
        page = it.page.locator(".jqn")
        page.get_by_role("button", name="This is a name").click()
        page.get_by_label("What stands for Amara Obi").fill("[seller]")
        page.get_by_role("button", name="Write 1 name to your list").click()
        page.get_by_text("1 added to names.csv.").wait_for()
        assert serious(it.page, ".jqn") == []
        it.command("docmanager:save")
        page.get_by_role("button", name="Hide listed names in what is stored: 2 places").click()
        page.get_by_role("button", name="Yes, replace 2 places for good").click()
        page.get_by_text("Listed names were replaced at 2 places of an interview").wait_for()
        assert study.names() == {"Amara Obi": "[seller]"}
        text = study.store.texts(["P01_a"])["P01_a"]
        assert text.count("[seller]") == 2
        assert "Amara" not in text
        assert (it.errors, it.elsewhere, it.complaints) == ([], [], [])
        it.command("docmanager:save")
        it.page.wait_for_timeout(1000)
        saved = notebook.read_text(encoding="utf-8")
        assert "jq.lab.names" in saved
        assert "widget-view" in saved
        assert '"widgets"' in saved
        kept = [p for p in study.folder.rglob("*.ipynb") if "Amara" in p.read_text("utf-8")]
        assert kept == []
        it.leave()
    finally:
        server.stop()
