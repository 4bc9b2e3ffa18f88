"""One participant out of everything: what goes, what stays, and what half an erasure does."""

import json
import os
import signal
import subprocess
import sys
import zipfile
from datetime import date

import pandas as pd
import pytest

from journeyqual import erasure, open_study, runs
from journeyqual.erasure.words import UnreadableError, sequences, stands_in
from journeyqual.errors import InputError, StoreError
from journeyqual.study import Study
from tests.small_study import CODEBOOK, tell

pytestmark = pytest.mark.slow

WORDS = {
    "P01": "The brown crate rattled loose before anybody had fastened its second wooden lid.",
    "P02": "My quiet neighbour repaired seventeen lanterns while rain fell over the orchard.",
    "P03": "Nobody mentioned that invoices arrive twice whenever somebody changes their bank.",
}


def said_by(person):
    return sequences([WORDS[person]])


def everything(folder):
    """Every file of a folder whose bytes, unpacked, hold a participant's words, by participant."""
    found = {}
    for person in WORDS:
        said = frozenset(said_by(person))
        files = [p for p in folder.rglob("*") if p.is_file() and stands_in(p, said)]
        found[person] = sorted(p.relative_to(folder).as_posix() for p in files)
    return found


@pytest.fixture
def folder(tmp_path, seen):
    """A study of three people, read from files, coded, with lists, a cache and a report."""
    (tmp_path / "transcripts").mkdir()
    (tmp_path / "reports").mkdir()
    (tmp_path / "study.toml").write_text(
        '[transcripts.participants]\n"kim-2026.txt" = "P01"\n"lee-2026.txt" = "P02"\n'
    )
    (tmp_path / "codebook.toml").write_text(CODEBOOK)
    (tmp_path / "participants.csv").write_text("participant,plan\nP01,old\nP02,new\nP03,old\n")
    (tmp_path / "names.csv").write_text("name,pseudonym\nKim Ode,P01\nLee,P02\nDev,[mechanic]\n")
    names = {"P01": "kim-2026.txt", "P02": "lee-2026.txt", "P03": "P03.txt"}
    for person, name in names.items():
        (tmp_path / "transcripts" / name).write_text(
            f"Interviewer: How was that for you then, all in all?\n{person}: {WORDS[person]}\n"
        )
    study = open_study(tmp_path)
    runs.run(study, report=False)
    units = study.units()
    mine = units.loc[units["participant"] == "P01", "unit_id"].iloc[0]
    tell(study, mine, "using")
    study.store.people.add_draw(
        units[["unit_id"]].assign(probability=1.0, place=range(1, len(units) + 1)),
        kind="sample", seed=1,
    )  # fmt: skip
    study.coded()
    (tmp_path / "reports" / "why.html").write_text(
        f"<p>{WORDS['P01'].replace(' ', ' <i></i>')}</p>"
    )
    study.close()
    return tmp_path


def forget(folder, person="P01", **options):
    study = open_study(folder)
    try:
        return erasure.forget(study, person, **options)
    finally:
        study.close()


def test_no_file_of_the_study_holds_the_words_and_the_others_stay(folder):
    before = everything(folder)
    assert {"store/study.sqlite", "transcripts/kim-2026.txt", "reports/why.html"} <= {
        *before["P01"]
    }
    done = forget(folder)
    after = everything(folder)
    assert after["P01"] == []
    assert "store/study.sqlite" in after["P02"]
    assert done.files == ("kim-2026.txt",)
    assert done.sequences >= 4
    assert done.looked_into > 5
    study = open_study(folder)
    assert set(study.units()["participant"]) == {"P02", "P03"}
    assert study.store.codings(coders=[]).empty
    assert set(study.store.people.draw_units()["unit_id"]) == set(study.units()["unit_id"])
    study.close()


def test_the_lists_lose_the_participant_and_their_name(folder):
    forget(folder)
    assert (folder / "names.csv").read_text() == "name,pseudonym\nLee,P02\nDev,[mechanic]\n"
    assert "P01" not in (folder / "participants.csv").read_text()
    assert "kim" not in (folder / "study.toml").read_text()
    assert "lee-2026.txt" in (folder / "study.toml").read_text()


def test_the_ledger_keeps_pseudonym_and_date_and_no_words(folder):
    forget(folder)
    study = open_study(folder)
    row = study.store.runs().iloc[-1]
    study.close()
    assert row["outcome"] == "erased P01"
    assert row["finished_at"][:2] == "20"
    assert json.loads(row["detail"]) == {"erased": "P01"}


def test_a_run_afterwards_reads_nothing_of_them(folder):
    forget(folder)
    study = open_study(folder)
    result = runs.run(study, report=False)
    study.close()
    assert (result.read, result.refused) == ([], [])


def test_who_is_not_there_is_not_erased(folder):
    with pytest.raises(InputError, match="no participant P1; did you mean P0"):
        forget(folder, "P1")
    assert not erasure.pending(folder)


def test_a_file_of_several_people_is_refused_until_their_rows_are_out(folder):
    table = folder / "transcripts" / "survey.csv"
    other = "Yesterday eleven parcels waited outside because the doorbell had stopped working."
    rows = f"participant,text\nP08,{other}\n"
    table.write_text(rows + f'P09,"{WORDS["P01"].replace("crate", "kettle")}"\n')
    study = open_study(folder)
    runs.run(study, report=False)
    study.close()
    with pytest.raises(InputError, match=r"survey.csv: holds other participants beside P09; take"):
        forget(folder, "P09")
    assert not erasure.pending(folder)
    table.write_text(rows)
    forget(folder, "P09")
    assert table.exists()
    study = open_study(folder)
    assert "P08" in set(study.units()["participant"])
    assert "P09" not in set(study.units()["participant"])
    study.close()


def test_words_in_the_researchers_own_files_are_named_and_it_goes_on_from_there(folder):
    note = folder / "memo.md"
    note.write_text(f"> {WORDS['P01']}\n")
    with pytest.raises(StoreError, match=r"words of P01 are left in memo.md; take them out"):
        forget(folder)
    assert erasure.pending(folder) == "P01"
    study = open_study(folder)
    with pytest.raises(StoreError, match="was cut short; end it first: journeyqual forget P01"):
        runs.run(study, report=False)
    with pytest.raises(StoreError, match="the erasure of P01 was cut short"):
        erasure.forget(study, "P02")
    study.close()
    note.unlink()
    forget(folder)
    assert not erasure.pending(folder)


def test_words_inside_archives_are_found(folder):
    with zipfile.ZipFile(folder / "export.qdpx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sources/a.txt", WORDS["P01"])
    with pytest.raises(StoreError, match=r"left in export\.qdpx"):
        forget(folder)


def test_copies_of_the_database_lose_them_too(folder):
    store = folder / "store" / "study.sqlite"
    copy = store.with_name("study-before-0004.sqlite")
    copy.write_bytes(store.read_bytes())
    assert "store/study-before-0004.sqlite" in everything(folder)["P01"]
    forget(folder)
    assert everything(folder)["P01"] == []
    assert "store/study-before-0004.sqlite" in everything(folder)["P02"]


def test_a_notebook_that_shows_their_words_loses_its_outputs(folder):
    (folder / "notebooks").mkdir()
    cell = {"cell_type": "code", "source": "x = 1", "metadata": {}, "execution_count": 3,
            "outputs": [{"output_type": "stream", "name": "stdout",
                         "text": [WORDS["P01"]]}]}  # fmt: skip
    path = folder / "notebooks" / "mine.ipynb"
    path.write_text(
        json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    )
    forget(folder)
    kept = json.loads(path.read_text())["cells"][0]
    assert (kept["outputs"], kept["source"]) == ([], "x = 1")


class Killed(BaseException):
    """What a kill is to the code: nothing after it runs."""


STEPS = ["raw files", "database", "copies of the database", "caches", "reports", "lists", "search"]


@pytest.mark.parametrize("at", STEPS)
def test_cut_short_at_any_step_it_is_ended_by_asking_again(folder, at):
    def stop(step):
        if step == at:
            raise Killed

    with pytest.raises(Killed):
        forget(folder, step=stop)
    assert erasure.pending(folder) == "P01"
    forget(folder)
    assert everything(folder)["P01"] == []
    assert not erasure.pending(folder)


KILL = """
import os, signal, sys
from journeyqual import erasure, open_study
left = int(sys.argv[2])
def step(name):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
erasure.forget(open_study(sys.argv[1]), "P01", step=step)
"""


@pytest.mark.slow
@pytest.mark.parametrize("after", [1, 2, 5])
def test_killed_outright_it_is_ended_by_asking_again(folder, after):
    done = subprocess.run(
        [sys.executable, "-c", KILL, str(folder), str(after)], env={**os.environ}, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert erasure.pending(folder) == "P01"
    forget(folder)
    assert everything(folder)["P01"] == []


def test_themes_of_one_person_alone_go_with_them(folder):
    study = open_study(folder)
    units = study.units()
    ids = {p: units.loc[units["participant"] == p, "unit_id"].iloc[0] for p in WORDS}
    import numpy as np

    themes = pd.DataFrame(
        {"theme": ["t1", "t2"], "scope": "all", "round": 1, "name": ["crates", "rain"],
         "words": ["crate lid", "rain orchard"], "status": "accepted",
         "representative": [ids["P01"], ids["P02"]], "definition": "",
         "named_by": "", "n_units": 1, "n_participants": 1, "found_at": ""}
    )  # fmt: skip
    rows = pd.DataFrame(
        {"unit_id": [ids["P01"], ids["P02"], ids["P03"]],
         "scope": "all", "theme": ["t1", "t2", "t2"], "similarity": 0.9}
    )  # fmt: skip
    study.store.themes.add_round(
        "all", 1, themes, rows, centroids=np.ones((2, 3), np.float32), thresholds=np.ones(2),
        encoder="e", n_units=3,
    )  # fmt: skip
    study.close()
    forget(folder)
    study = open_study(folder)
    assert study.store.themes.found()["theme"].tolist() == ["t2"]
    assert set(study.store.themes.units()["unit_id"]) == {ids["P02"], ids["P03"]}
    study.close()


# -- consent that ends ------------------------------------------------------------------------


def on(folder, day):
    study = open_study(folder)
    return Study(study.config, today=date.fromisoformat(day))


def test_consent_ends_after_its_last_day(folder):
    (folder / "participants.csv").write_text("participant,consent_until\nP01,2026-05-31\nP02,\n")
    last, after = on(folder, "2026-05-31"), on(folder, "2026-06-01")
    assert (last.withdrawn(), after.withdrawn()) == (set(), {"P01"})
    assert after.silent() == {"P01"}
    # No file has changed, and yet results are others.
    assert last.fingerprint != after.fingerprint
    assert set(after.coded()["participant"]) == {"P02", "P03"}
    last.close()
    after.close()


def test_by_default_a_run_withdraws_and_keeps(folder):
    (folder / "participants.csv").write_text("participant,consent_until\nP01,2026-05-31\n")
    study = on(folder, "2026-06-01")
    runs.run(study, report=False)
    assert "P01" in set(study.store.interviews()["participant"])
    study.close()


def test_a_study_may_have_runs_erase_whose_consent_has_ended(folder):
    text = (folder / "study.toml").read_text()
    (folder / "study.toml").write_text('[privacy]\nretention = "erase"\n' + text)
    (folder / "participants.csv").write_text("participant,consent_until\nP01,2026-05-31\n")
    study = on(folder, "2026-06-01")
    result = runs.run(study, report=False)
    study.close()
    assert result.notes[0] == "erased P01, whose consent has ended"
    assert everything(folder)["P01"] == []


# -- looking for words ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", json.dumps({"t": WORDS["P02"].replace(" ", "\n")})),
        ("b.html", "<p>" + WORDS["P02"].replace(" ", "</b>\n<b>") + "</p>"),
        ("c.html", WORDS["P02"].replace("a", "&#97;")),
        ("d.json", "".join(f"\\u{ord(c):04x}" for c in WORDS["P02"])),
        ("e.txt", WORDS["P02"].upper().replace(" ", " - ")),
    ],
)
def test_words_are_found_however_a_file_writes_them(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    assert stands_in(tmp_path / name, frozenset(said_by("P02")))
    assert not stands_in(tmp_path / name, frozenset(said_by("P03")))


def test_an_archive_that_cannot_be_opened_is_no_proof(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(UnreadableError):
        stands_in(tmp_path / "a.zip", frozenset(said_by("P02")))
