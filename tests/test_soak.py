"""Ten of each of what `make soak` does a hundred times (`tests.soak`)."""

import os

import pytest

from journeyqual import coding, store
from tests import soak

pytestmark = [pytest.mark.slow, pytest.mark.model]


@pytest.fixture(scope="module", autouse=True)
def loaded():
    """What each child would load again; the coders are put back."""
    before = coding.default_coders
    soak.prepared()
    yield
    coding.default_coders = before


def test_a_run_killed_before_any_of_its_writes_is_completed_by_the_next(tmp_path):
    kills, wrong = soak.at_every_write(tmp_path, step=4)
    assert kills >= 8
    assert not wrong


def test_no_kill_loses_what_a_person_coded(tmp_path):
    kills, said, wrong = soak.at_any_time(tmp_path, 10)
    assert kills >= 10
    assert said > 0
    assert not wrong


def test_files_that_arrive_during_a_run_are_read_once(tmp_path):
    assert soak.arriving(tmp_path, 10) == []


def test_of_two_runs_at_once_one_works(tmp_path):
    assert not soak.two_at_once(tmp_path, 10)


def test_a_clock_that_goes_backwards_confuses_nothing(tmp_path):
    assert soak.clock_back(tmp_path) == []


@pytest.mark.parametrize("kilobytes", [150, 400])
def test_a_full_disk_loses_nothing_that_was_stored(tmp_path, kilobytes):
    wrong = soak.full_disk(tmp_path, kilobytes)
    if wrong is None:
        assert not (os.environ.get("CI") and os.geteuid() == 0), "CI may mount a small disk"
        pytest.skip("no right to mount a small disk")
    assert wrong == []


def test_nothing_is_changed_where_nothing_may_be_written(tmp_path):
    wrong = soak.read_only(tmp_path)
    if wrong is None:
        assert not (os.environ.get("CI") and os.geteuid() == 0), "CI may mount a small disk"
        pytest.skip("no right to mount a small disk")
    assert wrong == []


@pytest.mark.notebook
def test_a_run_killed_while_it_reports_leaves_pages_as_if_undisturbed(tmp_path):
    kills, wrong = soak.while_reporting(tmp_path, 2)
    assert kills
    assert not wrong


@pytest.mark.notebook
def test_a_run_killed_before_a_write_of_its_reports_is_completed_by_the_next(tmp_path):
    kills, wrong = soak.at_every_write_of_reports(tmp_path, step=24)
    assert kills
    assert not wrong


def test_a_lost_coding_would_be_seen(tmp_path):
    home = soak.make(tmp_path / "s")
    soak.run(home)
    assert soak.sound(home, ["an action that nobody stored"]) == ["1 human codings lost"]


def test_a_run_cut_short_stands_in_the_ledger_as_interrupted(tmp_path):
    home = soak.make(tmp_path / "s")
    # Past the row of the ledger and the first interview.
    pid = soak.child(lambda: (soak.kill_at_write(8), soak.run(home)))
    assert soak.ended(pid) < 0
    assert soak.sound(home) == []
    opened = store.Store(home / "store" / "study.sqlite")
    runs = opened.runs()
    opened.close()
    assert runs["outcome"].tolist() == ["interrupted", "done"]
    assert runs["interviews_in"].sum() == 3
