"""`journeyqual forget` and `journeyqual hide`, as they are typed."""

import json
import re

import pytest
from typer.testing import CliRunner

from journeyqual import erasure, open_study, runs
from journeyqual.cli import app
from journeyqual.erasure.words import sequences, stands_in
from tests.small_study import CODEBOOK

pytestmark = pytest.mark.slow

WORDS = {
    "P01": "The brown crate rattled loose before anybody had fastened its second wooden lid.",
    "P02": "My quiet neighbour repaired seventeen lanterns while rain fell over the orchard.",
}
SAID = frozenset(sequences([WORDS["P01"]]))


@pytest.fixture
def folder(tmp_path, seen):
    home = tmp_path / "study"
    (home / "transcripts").mkdir(parents=True)
    (home / "study.toml").write_text("")
    (home / "codebook.toml").write_text(CODEBOOK)
    for person, words in WORDS.items():
        (home / "transcripts" / f"{person}.txt").write_text(f"{person}: {words}\n")
    study = open_study(home)
    runs.run(study, report=False)
    study.close()
    return home


def typed(*words, answers=None):
    return CliRunner().invoke(app, [str(word) for word in words], input=answers)


def holding(folder):
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and stands_in(path, SAID)
    )


def test_it_asks_and_no_touches_nothing(folder):
    before = holding(folder)
    said = typed("forget", "P01", folder, answers="n\n")
    assert said.exit_code == 0
    assert "Erase P01: the raw file, every coding, all reports? It cannot be undone" in said.stderr
    assert "nothing was touched" in said.stdout
    assert holding(folder) == before != []


def test_yes_does_not_ask_and_says_what_it_did(folder):
    said = typed("forget", "P01", folder, "--yes")
    assert said.exit_code == 0, said.stderr
    assert "cannot be undone" not in said.stderr
    assert "erased P01: 1 raw files" in said.stdout
    assert re.search(r"searched \d+ files for 7 of their word sequences: none is left", said.stdout)
    assert holding(folder) == []
    assert not (folder / "transcripts" / "P01.txt").exists()
    assert (folder / "transcripts" / "P02.txt").exists()


def test_for_machines(folder):
    said = typed("forget", "P01", folder, "--yes", "--json")
    told = json.loads(said.stdout)
    assert (told["erased"], told["files"], told["sequences"]) == ("P01", 1, 7)
    assert told["rows"] > 3
    assert told["reports"] == []
    assert any("outside this folder" in note for note in told["notes"])


def test_an_unknown_participant_is_one_line_and_status_1(folder):
    said = typed("forget", "P1", folder, "--yes")
    assert said.exit_code == 1
    assert said.stderr.startswith("journeyqual: there is no participant P1; did you mean P0")
    assert said.stderr.count("\n") == 1
    assert erasure.pending(folder) == ""


def test_a_file_of_several_participants_is_refused_until_their_rows_are_out(folder):
    other = "Yesterday eleven parcels waited outside because the doorbell had stopped working."
    table = folder / "transcripts" / "survey.csv"
    mine = WORDS["P01"].replace("crate", "kettle")
    table.write_text(f"participant,text\nP08,{other}\nP09,{mine}\n")
    study = open_study(folder)
    runs.run(study, report=False)
    study.close()
    said = typed("forget", "P09", folder, "--yes")
    assert said.exit_code == 1
    assert "survey.csv: holds other participants beside P09" in said.stderr
    table.write_text(f"participant,text\nP08,{other}\n")
    assert typed("forget", "P09", folder, "--yes").exit_code == 0
    assert table.exists()


def test_cut_short_it_is_ended_by_typing_it_again_and_nobody_else_goes_before(folder):
    memo = folder / "memo.md"
    memo.write_text(WORDS["P01"])
    said = typed("forget", "P01", folder, "--yes")
    assert said.exit_code == 1
    assert "words of P01 are left in memo.md" in said.stderr
    assert "end it first: journeyqual forget P01 --yes" in typed(
        "forget", "P02", folder, "--yes"
    ).stderr  # fmt: skip
    assert "the erasure of P01 was cut short" in typed("run", folder).stderr
    memo.unlink()
    assert typed("forget", "P01", folder, "--yes").exit_code == 0
    assert holding(folder) == []


class Killed(BaseException):
    """What a kill is to the code: nothing after it runs."""


@pytest.mark.parametrize("after", [0, 1, 2])
def test_cut_short_between_two_files_of_a_step_it_is_ended_by_asking_again(
    folder, monkeypatch, after
):
    from pathlib import Path

    (folder / "reports").mkdir()
    for name in ("why.html", "index.html"):
        (folder / "reports" / name).write_text(WORDS["P01"])
    left, unlink = [after], Path.unlink

    def until(path, *given, **how):
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        unlink(path, *given, **how)

    study = open_study(folder)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", until)
        with pytest.raises(Killed):
            erasure.forget(study, "P01")
    study.close()
    assert erasure.pending(folder) == "P01"
    study = open_study(folder)
    erasure.forget(study, "P01")
    study.close()
    assert holding(folder) == []


# -- reports in another folder ---------------------------------------------------------------------


@pytest.fixture
def shared(folder):
    """A folder elsewhere: reports of the study, and what is somebody else's."""
    there = folder.parent / "shared"
    (there / "charts").mkdir(parents=True)
    for name in ("why.html", "why.ipynb", "journey_map-group-new.html", "quotes.csv"):
        (there / name).write_text(WORDS["P01"])
    (there / "charts" / "curve.svg").write_text("<svg/>")
    (there / "budget.xlsx").write_text("ours")
    return there


def test_reports_elsewhere_go_and_what_is_not_ours_stays(folder, shared):
    said = typed("forget", "P01", folder, "--yes", "--reports", shared)
    assert said.exit_code == 0, said.stderr
    assert sorted(p.name for p in shared.rglob("*") if p.is_file()) == ["budget.xlsx"]


def test_somebodys_own_file_elsewhere_is_named_and_the_folder_is_remembered(folder, shared):
    (shared / "talk.md").write_text(WORDS["P01"])
    said = typed("forget", "P01", folder, "--yes", "--reports", shared)
    assert said.exit_code == 1
    assert "words of P01 are left in shared/talk.md" in said.stderr
    assert "left in shared/talk.md" in typed("forget", "P01", folder, "--yes").stderr
    (shared / "talk.md").unlink()
    assert typed("forget", "P01", folder, "--yes").exit_code == 0


def test_a_folder_that_is_not_there_is_refused_and_nothing_touched(folder):
    said = typed("forget", "P01", folder, "--yes", "--reports", folder / "nowhere")
    assert said.exit_code == 1
    assert "there is no folder" in said.stderr
    assert erasure.pending(folder) == ""
    assert (folder / "transcripts" / "P01.txt").exists()


# -- hide ------------------------------------------------------------------------------------------


def test_hide_asks_and_then_replaces_listed_names_in_what_is_stored(folder):
    said = typed("hide", folder)
    assert said.stdout == "no listed name stands in what is stored\n"
    (folder / "names.csv").write_text("name,pseudonym\nwooden lid,[thing]\n")
    said = typed("hide", folder, answers="n\n")
    assert "Replace listed names at 1 place of 1 interview" in said.stderr
    assert "nothing was touched" in said.stdout
    told = json.loads(typed("hide", folder, "--yes", "--json").stdout)
    assert (told["hidden"], told["left"]) == ({"P01": 1}, [])
    study = open_study(folder)
    assert study.store.texts(["P01"])["P01"].endswith("second [thing].")
    study.close()
