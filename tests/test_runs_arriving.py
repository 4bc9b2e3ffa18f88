"""Interviews that arrive: inboxes, a watched folder, schedules, and the ledger of what was run."""

import json
import re
import shlex
import shutil
import subprocess
import threading
import time

import pytest
import yaml
from typer.testing import CliRunner

from journeyqual.cli import app
from journeyqual.errors import InputError
from journeyqual.runs import inbox, schedules, watching
from tests.small_study import run, tell

pytestmark = pytest.mark.slow


@pytest.fixture
def box(tmp_path):
    folder = tmp_path / "box"
    folder.mkdir()
    (folder / "P07.txt").write_text("P07: It squeaked.\n")
    return folder


def fetch(study, *urls):
    return inbox.fetch([str(u) for u in urls], study.folder, study.config.transcripts, quiet=0.01)


def test_an_inbox_is_copied_once_and_stays_as_it_was(small_study, box):
    assert fetch(small_study, box) == (["P07.txt"], [])
    assert fetch(small_study, box) == ([], [])
    assert (box / "P07.txt").exists()
    copied = small_study.config.transcripts / "P07.txt"
    assert copied.read_text() == "P07: It squeaked.\n"
    (box / "P07.txt").write_text("P07: It squeaked a lot.\n")
    assert fetch(small_study, box) == (["P07.txt"], [])
    assert "a lot" in copied.read_text()


def test_a_file_that_grows_is_left_for_the_next_run(small_study, box, monkeypatch):
    file = box / "P07.txt"

    def grows(_seconds):
        file.write_text(file.read_text() + "P07: And again.\n")

    monkeypatch.setattr(inbox.time, "sleep", grows)
    copied, left = fetch(small_study, box)
    assert copied == []
    assert left == ["P07.txt: still being written, left for the next run"]
    monkeypatch.setattr(inbox.time, "sleep", lambda _: None)
    assert fetch(small_study, box)[0] == ["P07.txt"]


def test_links_hidden_and_half_files_stay_in_the_inbox(small_study, box, tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    (box / "P08.txt").symlink_to(tmp_path / "secret.txt")
    for name in (".P09.txt", "P10.txt.part", "~$P11.docx"):
        (box / name).write_text("x")
    assert fetch(small_study, box)[0] == ["P07.txt"]


def test_an_inbox_by_url(small_study):
    fsspec = pytest.importorskip("fsspec")
    place = fsspec.filesystem("memory")
    place.pipe_file("/interviews/P07.txt", b"P07: It squeaked.\n")
    assert fetch(small_study, "memory://interviews")[0] == ["P07.txt"]
    assert fetch(small_study, "memory://interviews")[0] == []
    place.rm("/interviews", recursive=True)


def test_an_inbox_that_is_not_there_is_one_line(small_study, tmp_path):
    with pytest.raises(InputError, match="there is no inbox gone/"):
        fetch(small_study, tmp_path / "gone")
    with pytest.raises(InputError, match="cannot be listed") as told:
        fetch(small_study, "nosuch://user:word@host/x")
    assert "word@" not in str(told.value)


def test_watching_waits_until_a_file_has_stopped_growing(tmp_path):
    seen, stop = [], threading.Event()
    file = tmp_path / "P01.txt"

    def ran():
        seen.append(file.read_text() if file.exists() else "")

    thread = threading.Thread(
        target=watching.watch, args=(tmp_path, ran), kwargs={"stop": stop, "quiet": 0.4, "look": 30}
    )
    thread.start()
    deadline = time.monotonic() + 20
    while not seen and time.monotonic() < deadline:
        time.sleep(0.02)
    for part in range(5):
        with file.open("a") as growing:
            growing.write(f"{part}")
        time.sleep(0.05)
    while len(seen) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    stop.set()
    thread.join(20)
    assert not thread.is_alive()
    assert seen[0] == ""
    # Never a half of it.
    assert seen[1] == "01234"


@pytest.mark.parametrize(
    ("every", "cron"),
    [("15m", "*/15 * * * *"), ("hourly", "0 */1 * * *"), ("1d", "0 6 * * *"), ("1w", "0 6 * * 1")],
)
def test_a_rhythm_is_said_to_cron_and_to_systemd(every, cron, tmp_path):
    when = schedules.times(every)
    assert when.cron == cron
    if shutil.which("systemd-analyze"):
        said = subprocess.run(["systemd-analyze", "calendar", when.calendar], check=False)
        assert said.returncode == 0


@pytest.mark.parametrize("every", ["7m", "5h", "2d", "often", "0m"])
def test_what_cron_cannot_say_is_refused(every):
    with pytest.raises(InputError, match="no rhythm"):
        schedules.times(every)


def test_names_with_signs_reach_the_schedulers_whole(tmp_path):
    folder = tmp_path / "50% of it's $HOME"
    when = schedules.times("1d")
    line = schedules.cron(when, folder, ["s3://b/x y"])
    assert "%" not in line.replace(r"\%", "")
    words = shlex.split(line.split(" ", 5)[5].replace(r"\%", "%").split(" >> ")[0])
    assert words[-3:] == [str(folder), "--inbox", "s3://b/x y"]
    service, timer = schedules.systemd(when, folder, []).items()
    assert re.fullmatch(r"journeyqual-[A-Za-z0-9-]+\.service", service[0])
    assert "50%% of it's $$HOME" in service[1]
    assert "Persistent=true" in timer[1]


def test_the_workflow_is_one_that_ci_can_read():
    text = schedules.workflow(schedules.times("2h"), ["s3://b/o'x"])
    job = yaml.safe_load(text)["jobs"]["run"]
    assert shlex.split(job["steps"][3]["run"]) == [
        "journeyqual", "run", ".", "--inbox", "s3://b/o'x"
    ]  # fmt: skip


# -- the ledger -----------------------------------------------------------------------------------


def call(study, *words):
    study.close()
    out = CliRunner().invoke(app, ["runs", str(study.folder), *words, "--json"])
    return json.loads(out.stdout)


def test_runs_are_listed_and_shown(small_study):
    run(small_study)
    assert [r["run"] for r in call(small_study)["runs"]] == [1]
    shown = call(small_study, "show", "1")
    assert shown["outcome"] == "done"
    assert shown["units_coded"] == 6
    assert {"python", "numpy", "code"} <= set(shown["detail"]["versions"])
    assert shown["detail"]["seed"] == small_study.config.seed
    assert "there is no run 7" in call(small_study, "show", "7")["error"]


def test_any_two_runs_can_be_compared(small_study):
    run(small_study)
    for unit in small_study.units()["unit_id"]:
        tell(small_study, unit, "using", valence="-1")
    run(small_study)
    said = call(small_study, "compare", "1", "2")
    assert {row["stage"] for row in said["changed"]} == {"buying", "using", "leaving"}
    back = small_study.changed(run=1, against=2).set_index("stage")
    there = small_study.changed(run=2, against=1).set_index("stage")
    assert back.loc["using", "now"] == pytest.approx(there.loc["using", "before"], nan_ok=True)
    assert "no run 9" in call(small_study, "compare", "1", "9")["error"]


def test_nothing_new_touches_no_file(small_study):
    run(small_study)
    small_study.close()

    def files():
        return {
            p: (p.stat().st_mtime_ns, p.stat().st_size)
            for p in small_study.folder.rglob("*")
            if p.is_file() and not p.name.endswith((".lock", "-shm", "-wal"))
        }

    before = files()
    assert run(small_study).nothing_new
    small_study.close()
    assert files() == before


def test_full_says_what_differs(small_study, monkeypatch):
    from tests.small_study import Feelings

    run(small_study)
    code = Feelings.code

    def otherwise(self, *args, **more):
        return code(self, *args, **more).assign(valence=-0.5)

    monkeypatch.setattr(Feelings, "code", otherwise)
    result = run(small_study, full=True)
    assert result.changed == 0
    assert result.differs == ["6 units have another valence"]
    assert run(small_study).nothing_new
