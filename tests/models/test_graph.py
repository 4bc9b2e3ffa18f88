"""The graph against the same transformer written out in numpy, at a size to follow."""

import numpy as np
import pytest

from journeyqual.errors import ModelError
from journeyqual.models.encoder import BertEncoder, session
from journeyqual.models.graph import SCALE, BertShape, build, build_lower, build_upper, floats
from tests.models.tiny_bert import (
    DIM,
    WORDS,
    by_hand,
    config,
    embedded,
    ids,
    through,
    tokenizer,
    weights,
)

CONFIG = config()


def encoder(w):
    return BertEncoder(w, CONFIG, tokenizer(), name="tiny", fingerprint="0" * 16, threads=1)


def test_the_graph_computes_what_the_formula_says():
    w = weights()
    tiny = encoder(w)
    got = tiny.encode(["we ride home", "", "home"])
    want = [by_hand(w, tokens) for tokens in (ids("we", "ride", "home"), ids(), ids("home"))]
    assert got == pytest.approx(np.array(want), abs=1e-5)
    assert got.dtype == np.float32


def test_a_vector_is_the_same_bits_alone_and_among_others():
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(WORDS[4:7], rng.integers(0, 9))) for _ in range(200)]
    tiny = encoder(weights())
    together = tiny.encode(texts)
    shuffled = rng.permutation(len(texts))
    assert np.array_equal(together, np.concatenate([tiny.encode([t]) for t in texts]))
    assert np.array_equal(together[shuffled], tiny.encode([texts[i] for i in shuffled]))


def test_a_text_over_the_limit_is_cut_before_its_closing_token_and_said_to_be():
    tiny = encoder(weights())
    long = " ".join(["we"] * 40)
    assert tiny.truncated(["we ride", long]) == [False, True]
    assert np.array_equal(tiny.encode([long]), tiny.encode([" ".join(["we"] * 10)]))


def run(graph, **feed):
    return session(graph, 1).run(None, feed)[0]


def lower(w, texts, kind, layers, depth=3):
    graph = build_lower(w, BertShape.from_config(config(depth)), layers)
    return run(graph, ids=np.array(texts, np.int64), kind=np.array([kind], np.int64))


def upper(w, states, bias, first, depth=3):
    graph = build_upper(w, BertShape.from_config(config(depth)), first)
    return run(graph, states=np.float32(states)[None], bias=np.float32(bias))[0]


@pytest.mark.parametrize("kind", [0, 1])
@pytest.mark.parametrize("layers", [0, 1, 3])
def test_the_lower_layers_read_each_text_of_one_type_by_itself(kind, layers):
    w = weights(3)
    texts = [ids("we", "ride"), ids("late", "home"), ids("home", "home")]
    got = lower(w, texts, kind, layers)
    assert got.shape == (3, 4, DIM)
    for text, states in zip(texts, got, strict=True):
        want = through(w, embedded(w, text, kind), range(layers))
        assert states == pytest.approx(want, abs=1e-5)
    assert np.array_equal(got[1:2], lower(w, texts[1:2], kind, layers))


def test_the_token_type_makes_another_state():
    w, text = weights(3), [ids("we", "ride")]
    assert not np.allclose(lower(w, text, 0, 1), lower(w, text, 1, 1), atol=0.01)


@pytest.mark.parametrize("first", [0, 1, 2])
def test_the_upper_layers_attend_as_the_bias_says(first):
    w, rng = weights(3), np.random.default_rng(3)
    states = rng.standard_normal((5, DIM)).astype(np.float32)
    bias = rng.uniform(-3, 1, (5, 5)).astype(np.float32)
    got = upper(w, states, bias, first)
    assert got == pytest.approx(through(w, states, range(first, 3), bias), abs=1e-5)
    assert np.abs(got - upper(w, states, bias.T, first)).max() > 0.01


def test_a_bias_that_shuts_out_leaves_not_a_bit_of_what_is_shut_out():
    w, rng = weights(3), np.random.default_rng(4)
    states = rng.standard_normal((6, DIM)).astype(np.float32)
    own = np.arange(6) < 4
    bias = np.where(own[:, None] == own[None], 0, -1e9)
    turned = states.copy()
    turned[~own] += 1
    one, other = upper(w, states, bias, 1), upper(w, turned, bias, 1)
    assert np.array_equal(one[own], other[own])
    assert not np.allclose(one[~own], other[~own])
    assert one[own] == pytest.approx(upper(w, states[own], bias[:4, :4], 1), abs=1e-6)


def test_both_halves_without_a_bias_are_the_whole():
    w = weights(3)
    whole = run(build(w, BertShape.from_config(config(3))), ids=np.array([ids("we", "ride")]))
    half = lower(w, [ids("we", "ride")], 0, 2)[0]
    assert upper(w, half, np.zeros((4, 4)), 2) == pytest.approx(whole[0], abs=1e-5)


def test_the_upper_layers_need_no_embeddings_nor_the_lower_ones_what_is_above():
    w, shape = weights(3), BertShape.from_config(config(3))
    above = {k: v for k, v in w.items() if k.startswith("encoder.layer.2")}
    below = {k: v for k, v in w.items() if k not in above}
    assert build_upper(above, shape, 2).model == build_upper(w, shape, 2).model
    assert build_lower(below, shape, 2).model == build_lower(w, shape, 2).model
    with pytest.raises(ModelError, match=r"encoder\.layer\.2\."):
        build_upper(below, shape, 2)
    with pytest.raises(ModelError, match=r"embeddings"):
        build_lower(above, shape, 2)


def test_no_texts_give_no_vectors():
    assert encoder(weights()).encode([]).shape == (0, 8)


def test_half_and_int8_weights_go_through_the_same_builder():
    w = weights()
    exact = encoder(w).encode(["we ride home"])
    half = encoder({k: v.astype(np.float16) for k, v in w.items()}).encode(["we ride home"])
    small = {}
    for name, value in w.items():
        small[name] = value
        if value.ndim == 2:
            scale = np.abs(value).max(1) / 127
            small[name] = np.round(value / scale[:, None]).astype(np.int8)
            small[name + SCALE] = scale.astype(np.float16)
    eighth = encoder(small).encode(["we ride home"])
    assert half == pytest.approx(exact, abs=5e-3)
    assert (eighth @ exact.T).item() > 0.99
    assert not np.array_equal(half, exact)


def test_a_missing_weight_is_named():
    w = weights()
    del w["encoder.layer.1.output.dense.bias"]
    with pytest.raises(ModelError, match=r"encoder\.layer.1\.output\.dense\.bias"):
        build(w, BertShape.from_config(CONFIG))
    with pytest.raises(ModelError, match=r"no 'w\.scale'"):
        floats({"w": np.ones((1, 1), np.int8)}, "w")


@pytest.mark.parametrize(
    "change",
    [{"hidden_act": "relu"}, {"model_type": "roberta"}, {"num_attention_heads": 3},
     {"hidden_size": "wide"}, {"num_hidden_layers": 0}],
)  # fmt: skip
def test_a_config_that_is_no_such_bert_is_refused(change):
    with pytest.raises(ModelError):
        BertShape.from_config(CONFIG | change)
