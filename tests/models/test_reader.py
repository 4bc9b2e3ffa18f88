"""The reader against its formula in numpy, and what a vector may and may not depend on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyqual.errors import ModelError
from journeyqual.models import reader as readers
from journeyqual.models.reader import Reader, ReaderSettings, windows
from tests.models.tiny_bert import (
    DIM,
    by_hand,
    config,
    embedded,
    ids,
    mean_of_length_one,
    through,
    tokenizer,
    weights,
)

LAYERS, SPLIT, REACH = 4, 2, 1
FARTHEST = REACH * (LAYERS - SPLIT)
"""What an upper layer takes in reaches one unit on, the next layer's from there one more."""
WIRING = ReaderSettings(split=SPLIT, reach=REACH, around=-1.0, beside=-0.5, tokens=6, window=1000)
W = weights(LAYERS)


def tiny(w=W, **changes):
    settings = ReaderSettings(**{**WIRING.__dict__, **changes})
    return Reader(w, config(LAYERS), tokenizer(), settings, fingerprint="0" * 16, threads=1)


def formula(texts, kind, bias):
    """Read texts of known words together; the bias takes the numbers of two texts."""
    low = [through(W, embedded(W, ids(*text.split()), kind), range(SPLIT)) for text in texts]
    owner = np.repeat(np.arange(len(low)), [len(x) for x in low])
    between = bias(owner[:, None], owner[None])
    states = through(W, np.concatenate(low), range(SPLIT, LAYERS), between)
    return np.array([mean_of_length_one(states[owner == n]) for n in range(len(low))])


def around(one, other):
    step = np.abs(one - other)
    return np.where(step > REACH, -1e9, WIRING.around * step)


def beside(one, other):
    return np.where(one == other, 0.0, WIRING.beside)


def drawn(rng, units, words=("we", "ride", "home", "late")):
    return [" ".join(rng.choice(words, rng.integers(1, 5))) for _ in range(units)]


# Units


def test_an_interview_is_read_as_the_formula_says():
    texts = ["we ride", "home", "late late home", "ride home", "we"]
    (got,) = tiny().interviews([texts])
    assert got.dtype == np.float32
    assert np.linalg.norm(got, axis=1) == pytest.approx(1, abs=1e-6)
    assert got == pytest.approx(formula(texts, 0, around), abs=1e-5)


def test_a_unit_alone_is_read_as_the_plain_encoder_would():
    (got,) = tiny().interviews([["we ride"]])
    assert got[0] == pytest.approx(by_hand(W, ids("we", "ride"), layers=LAYERS), abs=1e-5)


def test_a_vector_is_the_same_bits_whatever_other_interviews_are_read():
    rng, reader = np.random.default_rng(0), tiny()
    interviews = [drawn(rng, n) for n in (1, 2, 3, 5, 8, 13, 1, 40)]
    together = reader.interviews(interviews)
    for one, texts in zip(together, interviews, strict=True):
        assert np.array_equal(one, reader.interviews([texts])[0])
    order = rng.permutation(len(interviews))
    shuffled = reader.interviews([interviews[i] for i in order])
    for place, i in enumerate(order):
        assert np.array_equal(shuffled[place], together[i])


@pytest.mark.parametrize("window", [1000, 12])
def test_a_vector_does_not_change_with_a_unit_far_away(window):
    reader, texts = tiny(window=window), ["we ride home"] * 9
    (before,) = reader.interviews([texts])
    for changed in range(9):
        told = [*texts[:changed], "late late late", *texts[changed + 1 :]]
        (after,) = reader.interviews([told])
        far = np.abs(np.arange(9) - changed) > FARTHEST
        assert np.array_equal(before[far], after[far])
        beside_it = np.abs(np.arange(9) - changed) == 1
        assert (np.abs(before - after).max(axis=1)[beside_it] > 1e-3).all()


def test_what_is_as_far_as_the_layers_carry_does_count():
    reader, texts = tiny(), ["we ride home"] * 5
    (before,), (after,) = (reader.interviews([t]) for t in (texts, ["late late late", *texts[1:]]))
    assert not np.array_equal(before[FARTHEST], after[FARTHEST])


def test_neighbours_count_and_so_does_their_order():
    (told, turned, alone) = tiny().interviews(
        [["we", "ride home", "late"], ["late", "ride home", "we"], ["ride home"]]
    )
    assert np.abs(told[1] - alone[0]).max() > 1e-3
    # A neighbour before and one after weigh the same, so a turned interview is a mirror…
    assert told[1] == pytest.approx(turned[1], abs=1e-5)
    # …but who is next to whom does matter.
    (other,) = tiny().interviews([["ride home", "we", "late"]])
    assert np.abs(told[1] - other[0]).max() > 1e-3


def test_the_same_words_twice_in_an_interview_are_read_where_they_stand():
    (got,) = tiny().interviews([["late", "we", "ride home", "we", "home home"]])
    assert np.abs(got[1] - got[3]).max() > 1e-3


def test_an_interview_too_long_is_read_in_stretches_with_the_units_beside_them():
    texts = ["we ride home"] * 2 + ["late home we"] * 2 + ["ride"]
    (got,) = tiny(window=10).interviews([texts])
    wiring = ReaderSettings(**{**WIRING.__dict__, "window": 10})
    found = windows([5, 5, 5, 5, 3], wiring)
    stretches = [(w.first, w.start, w.end, w.last) for w in found]
    assert stretches == [(0, 0, 2, 3), (1, 2, 4, 5), (3, 4, 5, 5)]
    for first, start, end, last in stretches:
        want = formula(texts[first:last], 0, around)[start - first : end - first]
        assert got[start:end] == pytest.approx(want, abs=1e-5)


@given(
    st.lists(st.integers(2, 30), max_size=30), st.integers(0, 4), st.integers(1, 60)
)  # fmt: skip
def test_windows_do_every_unit_once_with_all_that_is_within_reach(lengths, reach, window):
    settings = ReaderSettings(**{**WIRING.__dict__, "reach": reach, "window": window})
    done = 0
    for w in windows(lengths, settings):
        assert w.start == done < w.end
        assert w.units == w.end - w.start
        assert (w.first, w.last) == (max(0, w.start - reach), min(len(lengths), w.end + reach))
        assert sum(lengths[w.start : w.end]) <= window or w.units == 1
        # Nothing is cut that there was room for.
        assert w.end == len(lengths) or sum(lengths[w.start : w.end + 1]) > window
        done = w.end
    assert done == len(lengths)


@pytest.mark.parametrize("window", [1000, 12])
@pytest.mark.parametrize("block", [1, 4, 7])
def test_in_however_many_blocks_the_vectors_are_the_same_bits(window, block, monkeypatch):
    rng = np.random.default_rng(1)
    interviews = [drawn(rng, n) for n in (1, 0, 2, 13, 3, 1, 0, 8)]
    want = tiny(window=window).interviews(interviews)
    monkeypatch.setattr(readers, "BLOCK_UNITS", block)
    got = tiny(window=window).interviews(interviews)
    assert [len(one) for one in got] == [len(texts) for texts in interviews]
    assert all(map(np.array_equal, got, want))


@pytest.mark.parametrize("only", [0, 2, 6])
def test_one_unit_alone_is_the_same_bits_and_only_its_window_is_read(only, monkeypatch):
    texts, reader = drawn(np.random.default_rng(4), 7), tiny(window=8)
    whole = reader.interviews([texts, texts[::-1]])
    read, window = [], Reader._window
    monkeypatch.setattr(Reader, "_window", lambda self, low: read.append(1) or window(self, low))
    alone = reader.interviews([texts, texts[::-1]], only=only)
    assert len(read) == 2
    for one, all_of_it in zip(alone, whole, strict=True):
        assert np.array_equal(one[only], all_of_it[only])


def test_no_more_than_a_block_and_a_window_is_held_at_once(monkeypatch):
    """Memory does not grow with how much there is to read, be it one interview or many."""
    monkeypatch.setattr(readers, "BLOCK_UNITS", 6)
    reader, held = tiny(window=12), []
    lower = reader._lower

    def spied(texts, kind, limit):
        held.append(list(texts))
        return lower(texts, kind, limit)

    monkeypatch.setattr(reader, "_lower", spied)
    long = [f"we ride{' late' * (n % 3)}" for n in range(40)]
    (whole,) = reader.interviews([long])
    assert len(held) > 4
    held.clear()
    names = [" ".join(["we", "ride", "home", "late"][i // 4**k % 4] for k in range(3))
             for i in range(40)]  # fmt: skip
    reader.interviews([names, *([n] for n in names)])
    widest = max(w.last - w.first for w in windows([5] * 40, reader.settings))
    assert max(map(len, held)) < 6 + widest
    # A text that stands twice in a block goes through the lower layers once.
    assert all(len(set(texts)) == len(texts) for texts in held)
    assert whole.shape == (40, DIM)


def test_empty_texts_are_read_and_nothing_gives_nothing():
    empty, dot, none = tiny().interviews([["we", "", "home"], ["we", ".", "home"], []])
    assert np.array_equal(empty, dot)
    assert np.isfinite(empty).all()
    assert none.shape == (0, DIM)
    assert tiny().interviews([]) == []


# Stages


def test_a_codebook_is_read_as_the_formula_says():
    texts = ["we ride", "home", "late late home"]
    got = tiny().stages(texts)
    assert got.dtype == np.float32
    assert got == pytest.approx(formula(texts, 1, beside), abs=1e-5)


def test_a_stage_depends_on_the_other_stages_and_not_on_their_order():
    reader, texts = tiny(), ["we ride", "home", "late late home"]
    got = reader.stages(texts)
    other = reader.stages([*texts[:2], "we we we"])
    assert (np.abs(got - other).max(axis=1) > 1e-3).all()
    assert got[::-1] == pytest.approx(reader.stages(texts[::-1]), abs=1e-5)


def test_a_stage_and_a_unit_of_the_same_words_are_told_apart():
    reader = tiny()
    assert np.abs(reader.stages(["we ride"]) - reader.interviews([["we ride"]])[0]).max() > 1e-3
    assert reader.stages(["we ride"])[0] == pytest.approx(
        by_hand(W, ids("we", "ride"), kind=1, layers=LAYERS), abs=1e-5
    )


# Texts and tokens


def test_a_text_over_the_limit_is_cut_before_its_closing_token_and_said_to_be():
    reader = tiny()
    assert reader.truncated(["we ride home we", "we ride home we late", ""]) == [False, True, False]
    cut, whole = reader.interviews([["we ride home we late late"], ["we ride home we"]])
    assert np.array_equal(cut, whole)
    assert reader.truncated([]) == []


def test_pieces_per_word_counts_the_words_that_have_letters():
    got = tiny().pieces_per_word(["we ride", "rides", "we rides.", "...", "", "Rides RIDES"])
    assert got.tolist() == [1.0, 2.0, 1.5, 0.0, 0.0, 2.0]
    assert tiny().pieces_per_word([]).shape == (0,)


# Weights and settings


def test_half_weights_read_nearly_the_same():
    texts = ["we ride", "home"]
    half = tiny({name: value.astype(np.float16) for name, value in W.items()})
    (got,), (exact,) = half.interviews([texts]), tiny().interviews([texts])
    assert got == pytest.approx(exact, abs=5e-3)
    assert not np.array_equal(got, exact)


def test_settings_that_lack_a_number_are_refused_and_those_of_the_coder_ignored():
    assert ReaderSettings.of(WIRING.__dict__ | {"scale": 15.0}) == WIRING
    with pytest.raises(ModelError, match=r"lack 'reach'.*pip install"):
        ReaderSettings.of({k: v for k, v in WIRING.__dict__.items() if k != "reach"})


def test_a_missing_weight_is_named():
    w = {name: value for name, value in W.items() if "layer.3.output.dense.bias" not in name}
    with pytest.raises(ModelError, match=r"layer\.3\.output\.dense\.bias"):
        tiny(w)


def test_an_unknown_network_is_refused_with_those_there_are():
    with pytest.raises(ModelError, match="have: feeling"):
        readers.shipped("mind-reader")
