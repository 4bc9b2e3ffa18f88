"""The vector cache: nothing encoded twice, nothing lost to a kill or a second process."""

import multiprocessing
import sqlite3
import zlib

import numpy as np
import pytest

from journeyqual.errors import ModelError
from journeyqual.models import vectors
from journeyqual.models.vectors import FILE, cached_encode, forget


class Counting:
    """Two numbers from a text's bytes; remembers what it was asked."""

    name, dim = "counting", 2

    def __init__(self, fingerprint="a" * 16):
        self.fingerprint, self.asked = fingerprint, []

    def encode(self, texts):
        self.asked += texts
        angles = np.array([zlib.crc32(t.encode()) / 2**32 * 6.28 for t in texts])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)

    def truncated(self, texts):
        return [False] * len(texts)


TEXTS = ["one", "two", "one", "", "drei 😀"]


def test_the_cache_changes_nothing_but_the_work(tmp_path):
    plain = Counting().encode(TEXTS)
    first, second = Counting(), Counting()
    assert np.array_equal(cached_encode(TEXTS, first), plain)
    assert np.array_equal(cached_encode(TEXTS, first, tmp_path), plain)
    assert np.array_equal(cached_encode(TEXTS, second, tmp_path), plain)
    assert second.asked == []


def test_a_text_that_stands_twice_is_encoded_once():
    encoder = Counting()
    cached_encode(TEXTS, encoder)
    assert sorted(encoder.asked) == sorted(set(TEXTS))


def test_another_encoder_finds_nothing(tmp_path):
    cached_encode(TEXTS, Counting(), tmp_path)
    other = Counting("b" * 16)
    cached_encode(TEXTS, other, tmp_path)
    assert len(other.asked) == 4


def test_progress_ends_at_all_texts(tmp_path, monkeypatch):
    monkeypatch.setattr(vectors, "BLOCK", 2)
    seen = []
    cached_encode(TEXTS, Counting(), tmp_path, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (5, 5)
    assert seen == sorted(seen)


def test_what_was_done_before_a_break_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(vectors, "BLOCK", 2)

    class Breaking(Counting):
        def encode(self, texts):
            if len(self.asked) >= 2:
                raise KeyboardInterrupt
            return super().encode(texts)

    with pytest.raises(KeyboardInterrupt):
        cached_encode(TEXTS, Breaking(), tmp_path)
    again = Counting()
    assert np.array_equal(cached_encode(TEXTS, again, tmp_path), Counting().encode(TEXTS))
    assert len(again.asked) == 2


def _fill(folder, start, finished):
    cached_encode([f"text {i}" for i in range(start, start + 300)], Counting(), folder)
    finished.put(start)


def test_two_processes_at_once_lose_nothing(tmp_path):
    # Spawned, not forked: other tests have started threads in this process.
    context = multiprocessing.get_context("spawn")
    finished = context.Queue()
    workers = [context.Process(target=_fill, args=(tmp_path, s, finished)) for s in (0, 150)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    after = Counting()
    cached_encode([f"text {i}" for i in range(450)], after, tmp_path)
    assert after.asked == []


def test_a_vector_of_the_wrong_size_is_made_anew(tmp_path):
    cached_encode(TEXTS, Counting(), tmp_path)
    with sqlite3.connect(tmp_path / FILE) as cache:
        cache.execute("UPDATE vectors SET vector = x'00'")
    cache.close()
    again = Counting()
    assert np.array_equal(cached_encode(TEXTS, again, tmp_path), Counting().encode(TEXTS))
    assert len(again.asked) == 4


def test_a_damaged_cache_is_refused_with_the_remedy(tmp_path):
    (tmp_path / FILE).write_bytes(b"not a database, but long enough to be taken for one" * 40)
    with pytest.raises(ModelError, match="delete it"):
        cached_encode(TEXTS, Counting(), tmp_path)


def test_an_encoders_own_failure_is_not_blamed_on_the_cache(tmp_path):
    class Failing(Counting):
        def encode(self, texts):
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        cached_encode(TEXTS, Failing(), tmp_path)


def test_forgetting_erases_the_bytes_under_every_encoder(tmp_path):
    for encoder in (Counting(), Counting("b" * 16)):
        cached_encode(TEXTS, encoder, tmp_path)
    needle = Counting().encode(["two"]).tobytes()
    assert needle in (tmp_path / FILE).read_bytes()
    assert forget(["two", "never seen"], tmp_path) == 2
    assert needle not in (tmp_path / FILE).read_bytes()
    again = Counting()
    cached_encode(TEXTS, again, tmp_path)
    assert again.asked == ["two"]


def test_forgetting_where_there_is_no_cache_is_nothing(tmp_path):
    assert forget(["x"], tmp_path) == 0
    assert not (tmp_path / FILE).exists()
