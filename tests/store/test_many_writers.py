"""Several processes write into one store at once, and one of them is killed: nothing is lost."""

import multiprocessing
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from journeyqual.store import Store, tables
from tests.store import writers
from tests.store.made import codings, interview

pytestmark = pytest.mark.slow

SAID = tuple(f"It broke on day {n}." for n in range(50))
WAIT_S = 300


@pytest.fixture(scope="module")
def processes():
    """Processes of their own that share nothing with this one, started from one that is ready."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.store.writers"])
    return context


@contextmanager
def at_once(processes, target, arguments):
    """Run a function in a process for each set of arguments, all let go at one moment."""
    ready, go = processes.Semaphore(0), processes.Event()
    started = [processes.Process(target=target, args=(*a, ready, go)) for a in arguments]
    for one in started:
        one.start()
    try:
        for _ in started:
            assert ready.acquire(timeout=WAIT_S), "a writer never came up"
        go.set()
        yield started
    finally:
        for one in started:
            one.join(WAIT_S)
            one.kill()
            one.join()


@pytest.fixture
def one(address):
    """An interview of fifty units, in a store that the writers open."""
    one = interview(said=SAID)
    store = Store(address)
    store.add_interviews([one], source="s", sha256="h")
    store.close()
    return one


def test_an_empty_store_opened_by_several_at_once_is_made_once(processes, address):
    if isinstance(address, Path):
        address.parent.mkdir()
    with at_once(processes, writers.open_at_once, [(address,)] * 6) as started:
        pass
    assert [p.exitcode for p in started] == [0] * 6
    store = Store(address)
    store.add_interviews([interview()], source="s", sha256="h")
    assert store._db.column(sa.text("SELECT version_num FROM alembic_version")) == [tables.HEAD]
    store.close()


def test_eight_writers_lose_nothing_and_store_nothing_twice(processes, address, one):
    coders = [f"human:c{n}" for n in range(8)]
    arguments = [(address, one.units, coder, 500) for coder in coders]
    with at_once(processes, writers.write, arguments) as started:
        pass
    assert [p.exitcode for p in started] == [0] * 8
    store = Store(address)
    out = store.codings()
    store.close()
    assert len(out) == 4_000
    assert out["action"].is_unique
    assert set(out["action"]) == {f"{coder}-{n}" for coder in coders for n in range(500)}
    assert out["id"].is_unique
    # Of each coder, the order in which the codings were made is the order of their ids.
    for coder, rows in out.groupby("coder"):
        assert rows["action"].tolist() == [f"{coder}-{n}" for n in range(500)]


def test_what_a_killed_writer_was_told_is_kept_is_there(processes, address, one, tmp_path):
    logs = [tmp_path / name for name in ("killed", "other")]
    ready, go = processes.Semaphore(0), processes.Event()
    killed, other = (
        processes.Process(
            target=_logged, args=(address, one.units, f"human:{log.name}", n, ready, go, log)
        )
        for log, n in zip(logs, (1_000_000, 100), strict=True)
    )
    killed.start()
    other.start()
    try:
        for _ in range(2):
            assert ready.acquire(timeout=WAIT_S)
        go.set()
        last = time.monotonic() + WAIT_S
        while not logs[0].exists() or len(logs[0].read_text().splitlines()) < 50:
            assert time.monotonic() < last, "the writer is stuck"
            time.sleep(0.01)
        killed.kill()
        killed.join()
        # The other is not held up by what the killed one had begun.
        other.join(WAIT_S)
    finally:
        for process in (killed, other):
            process.kill()
            process.join()
    assert (killed.exitcode, other.exitcode) == (-9, 0)
    store = Store(address)
    actions = store.codings()["action"]
    assert actions.is_unique
    mine = actions[actions.str.startswith("human:killed")].tolist()
    told = logs[0].read_text().splitlines()
    assert len(told) >= 50
    assert mine[: len(told)] == told
    # At most the one that it was being told of when it died.
    assert len(mine) <= len(told) + 1
    assert actions.str.startswith("human:other").sum() == 100
    assert store.add_codings(codings(one.units, "human:late"), action="late") == len(SAID)
    store.close()


def _logged(address, units, coder, count, ready, go, log):
    writers.write(address, units, coder, count, ready, go, acknowledged=log)
