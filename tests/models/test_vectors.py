"""The vector cache: nothing encoded twice, nothing lost to a kill or a second process."""

import multiprocessing
import sqlite3
import zlib

import numpy as np
import pytest

from journeyqual.errors import ModelError
from journeyqual.models import vectors
from journeyqual.models.vectors import FILE, cached_encode, cached_reading, forget


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


class CountingReader:
    """A unit is its own words', the interview's, and its place; remembers what it was asked."""

    dim = 3

    def __init__(self, fingerprint="c" * 16):
        self.fingerprint, self.asked = fingerprint, []

    def interviews(self, interviews):
        self.asked += [list(one) for one in interviews]
        return [self._interview(one) for one in interviews]

    def _interview(self, texts):
        whole = zlib.crc32("|".join(texts).encode("utf-8", "surrogatepass"))
        own = [zlib.crc32(t.encode("utf-8", "surrogatepass")) for t in texts]
        rows = [(w / 2**32, whole / 2**32, place) for place, w in enumerate(own)]
        return np.array(rows, np.float32).reshape(-1, self.dim)


TEXTS = ["one", "two", "one", "", "drei 😀"]
INTERVIEWS = [["one", "two", "one"], ["two", "one"], ["", "drei 😀", "\ud83d"], [], ["one"]]


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


# Interviews


def same(one, other):
    return len(one) == len(other) and all(map(np.array_equal, one, other))


def test_a_second_reading_asks_the_reader_nothing_and_gives_the_same_bytes(tmp_path):
    plain = CountingReader().interviews(INTERVIEWS)
    first, second = CountingReader(), CountingReader()
    assert same(cached_reading(INTERVIEWS, first), plain)
    assert same(cached_reading(INTERVIEWS, first, tmp_path), plain)
    again = cached_reading(INTERVIEWS, second, tmp_path)
    assert same(again, plain)
    assert [one.dtype for one in again] == [np.float32] * 5
    assert second.asked == []


def test_only_the_interviews_that_are_new_are_read(tmp_path):
    cached_reading(INTERVIEWS[:2], CountingReader(), tmp_path)
    more = CountingReader()
    out = cached_reading(INTERVIEWS, more, tmp_path)
    assert same(out, CountingReader().interviews(INTERVIEWS))
    assert [one for one in more.asked if one] == [["", "drei 😀", "\ud83d"], ["one"]]


def test_the_same_words_in_another_interview_are_another_entry(tmp_path):
    cached_reading([["one", "two", "three"]], CountingReader(), tmp_path)
    for other in (["one", "two"], ["two", "one", "three"], ["one", "two", "four"], ["one"]):
        reader = CountingReader()
        out = cached_reading([other], reader, tmp_path)
        assert reader.asked == [other]
        assert same(out, CountingReader().interviews([other]))


@pytest.mark.parametrize("mark", ["\x1f", "\n", "|", "\x00"])
def test_where_one_unit_ends_and_the_next_begins_is_part_of_the_entry(mark, tmp_path):
    """No character of a text may pass for the border between two."""
    one, other = [f"a{mark}b", "c"], ["a", f"b{mark}c"]
    cached_reading([one, ["a", "b"]], CountingReader(), tmp_path)
    for texts in (other, [f"a{mark}b"]):
        reader = CountingReader()
        out = cached_reading([texts], reader, tmp_path)
        assert reader.asked == [texts]
        assert same(out, CountingReader().interviews([texts]))


def test_another_reader_finds_nothing_and_texts_alone_are_not_mistaken_for_interviews(tmp_path):
    cached_reading(INTERVIEWS, CountingReader(), tmp_path)
    other = CountingReader("d" * 16)
    cached_reading(INTERVIEWS, other, tmp_path)
    assert [one for one in other.asked if one] == [one for one in INTERVIEWS if one]
    encoder = Counting("c" * 16)
    cached_encode(["one"], encoder, tmp_path)
    assert encoder.asked == ["one"]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE vectors SET vector = substr(vector, 1, 4)",
        "UPDATE vectors SET vector = x''",
        "DELETE FROM vectors WHERE encoder LIKE '%:1'",
    ],
)
def test_short_or_missing_rows_have_their_interview_read_again(damage, tmp_path):
    interviews = [["one", "two", "one"], ["two", "one"]]
    cached_reading(interviews, CountingReader(), tmp_path)
    with sqlite3.connect(tmp_path / FILE) as cache:
        assert cache.execute(damage).rowcount >= 2
    cache.close()
    again, after = CountingReader(), CountingReader()
    plain = CountingReader().interviews(interviews)
    assert same(cached_reading(interviews, again, tmp_path), plain)
    assert again.asked == interviews
    assert same(cached_reading(interviews, after, tmp_path), plain)
    assert after.asked == []


def test_a_long_interview_is_found_whole(tmp_path, monkeypatch):
    """More units than can be asked for at once."""
    monkeypatch.setattr(vectors, "LOOKUP", 3)
    interview = [f"unit {i % 7}" for i in range(20)]
    cached_reading([interview], CountingReader(), tmp_path)
    after = CountingReader()
    out = cached_reading([interview], after, tmp_path)
    assert after.asked == []
    assert same(out, CountingReader().interviews([interview]))


def test_a_damaged_cache_of_interviews_is_refused_with_the_remedy(tmp_path):
    (tmp_path / FILE).write_bytes(b"not a database, but long enough to be taken for one" * 40)
    with pytest.raises(ModelError, match="delete it"):
        cached_reading(INTERVIEWS, CountingReader(), tmp_path)


def test_interviews_read_before_a_break_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(vectors, "BLOCK", 4)

    class Breaking(CountingReader):
        def interviews(self, interviews):
            if self.asked:
                raise KeyboardInterrupt
            return super().interviews(interviews)

    with pytest.raises(KeyboardInterrupt):
        cached_reading(INTERVIEWS, Breaking(), tmp_path)
    again = CountingReader()
    out = cached_reading(INTERVIEWS, again, tmp_path)
    assert same(out, CountingReader().interviews(INTERVIEWS))
    assert [one for one in again.asked if one] == [INTERVIEWS[2], INTERVIEWS[4]]


def test_progress_counts_units_with_and_without_a_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(vectors, "BLOCK", 2)
    for folder in (None, tmp_path, tmp_path):
        seen = []
        cached_reading(INTERVIEWS, CountingReader(), folder, lambda *at, to=seen: to.append(at))
        assert seen[-1] == (9, 9)
        assert seen == sorted(seen)


def test_forgetting_a_text_erases_every_interview_it_was_read_in(tmp_path):
    """Its neighbours' vectors hold a trace of it; what was read elsewhere stays."""
    long = [f"unit {n}" for n in range(12)]
    interviews = [["one", "two", "one"], ["two", "four"], ["four"], [*long, "two"], long]
    for reader in (CountingReader(), CountingReader("d" * 16)):
        cached_reading(interviews, reader, tmp_path)
    encoder = Counting()
    cached_encode(["one", "two", "four"], encoder, tmp_path)
    read = CountingReader().interviews(interviews)
    gone = [v for at in (0, 1, 3) for v in read[at]] + list(encoder.encode(["two"]))
    kept = [v for at in (2, 4) for v in read[at]] + list(encoder.encode(["one", "four"]))
    before = (tmp_path / FILE).read_bytes()
    assert all(v.tobytes() in before for v in [*gone, *kept])
    # Both readers' rows of three interviews, and the encoder's own of that text.
    assert forget(["two", "never seen"], tmp_path) == 2 * (3 + 2 + 13) + 1
    after = (tmp_path / FILE).read_bytes()
    assert not any(v.tobytes() in after for v in gone)
    assert all(v.tobytes() in after for v in kept)
    again, encoder = CountingReader(), Counting()
    assert same(cached_reading(interviews, again, tmp_path), read)
    assert again.asked == [interviews[at] for at in (0, 1, 3)]
    cached_encode(["one", "two", "four"], encoder, tmp_path)
    assert encoder.asked == ["two"]


def test_forgetting_more_texts_than_are_asked_for_at_once_counts_each_row_once(
    tmp_path, monkeypatch
):
    interview = [f"unit {n}" for n in range(9)]
    cached_reading([interview, ["other"]], CountingReader(), tmp_path)
    monkeypatch.setattr(vectors, "LOOKUP", 2)
    assert forget([*interview, *interview], tmp_path) == 9
    assert forget(interview, tmp_path) == 0
    assert forget(["other"], tmp_path) == 1
