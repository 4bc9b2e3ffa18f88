"""Interviews mapped over real Dask workers: the same store as from a run here, whoever dies."""

import os
import signal

import pandas as pd
import pytest

from journeyqual import open_study, runs, scaffold
from journeyqual.runs import coding
from journeyqual.runs.pool import cluster
from tests.store.conftest import database, made, server  # noqa: F401

pytest.importorskip("distributed")
pytestmark = [pytest.mark.slow, pytest.mark.model]

SAID = (
    "I saw the advert on the bus, number {n}. It made me laugh.",
    "The invoice was wrong {n} times, and nobody rang me back. I was furious.",
    "They mended it within the week, which I had not expected of them.",
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    # Several batches of a few interviews.
    monkeypatch.setattr(coding, "BATCH", 6)
    return filled(tmp_path / "s")


def filled(folder, people=8):
    scaffold.make_study(folder)
    for n in range(people):
        lines = "\n\n".join(f"P{n:02}: {text.format(n=n)}\n\nInterviewer: And?" for text in SAID)
        (folder / "transcripts" / f"P{n:02}.txt").write_text(lines)
    (folder / "transcripts" / "P03.vtt").write_text("no cues")
    return folder


def stored(folder, pool=None):
    """Run a study and return what its store holds, clocks apart."""
    study = open_study(folder)
    result = runs.run(study, report=False, pool=pool)
    out = (
        result.read,
        result.refused,
        study.store.turns(),
        study.units(),
        study.store.codings().drop(columns="coded_at"),
    )
    study.close()
    return out


def same(one, other):
    assert one[:2] == other[:2]
    for a, b in zip(one[2:], other[2:], strict=True):
        pd.testing.assert_frame_equal(a, b, check_exact=True)


def test_two_workers_store_what_one_process_stores(folder, tmp_path):
    here = stored(folder)
    assert len(here[1]) == 1
    with cluster(workers=2) as pool:
        same(here, stored(filled(tmp_path / "other"), pool))


def test_a_worker_that_dies_changes_nothing(folder, tmp_path):
    here = stored(folder)
    with cluster(workers=2) as pool:
        killed = []

        class Murderous:
            """Kills a worker while its second batch is under way."""

            def each(self, function, shared, items):
                for number, done in enumerate(pool.each(function, shared, items)):
                    if function is coding.coded_there and number == 1:
                        workers = pool._client.run(os.getpid)
                        killed.append(next(iter(workers.values())))
                        os.kill(killed[0], signal.SIGKILL)
                    yield done

        same(here, stored(filled(tmp_path / "other"), Murderous()))
        assert killed


def test_a_team_store_and_workers(folder, tmp_path, request, monkeypatch):
    here = stored(folder)
    monkeypatch.setenv("JOURNEYQUAL_STORE", request.getfixturevalue("database"))
    other = filled(tmp_path / "team")
    text = (other / "study.toml").read_text()
    (other / "study.toml").write_text(text + '\n[store]\nurl = "$JOURNEYQUAL_STORE"\n')
    with cluster(workers=2) as pool:
        same(here, stored(other, pool))


def test_no_scheduler_is_one_line():
    from journeyqual.errors import InputError

    with pytest.raises(InputError, match="no Dask scheduler answers"), cluster("tcp://127.0.0.1:1"):
        pass
