"""The graph against the same transformer written out in numpy, at a size to follow."""

from math import erf

import numpy as np
import pytest

from journeyqual.errors import ModelError
from journeyqual.models.encoder import BertEncoder
from journeyqual.models.graph import SCALE, BertShape, build, floats

CONFIG = {
    "num_hidden_layers": 2, "num_attention_heads": 2, "hidden_size": 8,
    "max_position_embeddings": 12, "layer_norm_eps": 1e-6,
}  # fmt: skip
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "we", "ride", "home"]


def weights(seed=0):
    rng = np.random.default_rng(seed)

    def draw(*shape):
        return (rng.standard_normal(shape) * 0.5).astype(np.float32)

    out = {
        "embeddings.word_embeddings.weight": draw(len(WORDS), 8),
        "embeddings.position_embeddings.weight": draw(12, 8),
        "embeddings.token_type_embeddings.weight": draw(2, 8),
        "embeddings.LayerNorm.weight": draw(8), "embeddings.LayerNorm.bias": draw(8),
    }  # fmt: skip
    for i in range(2):
        name = f"encoder.layer.{i}"
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            out[f"{name}.attention.{part}.weight"] = draw(8, 8)
            out[f"{name}.attention.{part}.bias"] = draw(8)
        for part, shape in (("intermediate.dense", (16, 8)), ("output.dense", (8, 16))):
            out[f"{name}.{part}.weight"], out[f"{name}.{part}.bias"] = draw(*shape), draw(shape[0])
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            out[f"{name}.{part}.weight"], out[f"{name}.{part}.bias"] = draw(8), draw(8)
    return out


def by_hand(w, ids):
    def norm(x, name):
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-6)
        return x * w[f"{name}.weight"] + w[f"{name}.bias"]

    def linear(x, name):
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    x = w["embeddings.word_embeddings.weight"][ids]
    x = x + w["embeddings.position_embeddings.weight"][: len(ids)]
    x = norm(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for i in range(2):
        name = f"encoder.layer.{i}"
        q, k, v = (linear(x, f"{name}.attention.self.{p}") for p in ("query", "key", "value"))
        heads = []
        for h in (slice(0, 4), slice(4, 8)):
            scores = np.exp(q[:, h] @ k[:, h].T / 2.0)
            heads.append(scores / scores.sum(1, keepdims=True) @ v[:, h])
        attended = linear(np.concatenate(heads, 1), f"{name}.attention.output.dense")
        x = norm(x + attended, f"{name}.attention.output.LayerNorm")
        inner = linear(x, f"{name}.intermediate.dense")
        inner = inner * (1 + np.vectorize(erf)(inner / 2**0.5)) / 2
        x = norm(x + linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


def encoder(w, config=CONFIG):
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    tokenizer = Tokenizer(
        models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return BertEncoder(w, config, tokenizer.to_str(), name="tiny", fingerprint="0" * 16, threads=1)


def test_the_graph_computes_what_the_formula_says():
    w = weights()
    tiny = encoder(w)
    got = tiny.encode(["we ride home", "", "home"])
    want = [by_hand(w, ids) for ids in ([2, 4, 5, 6, 3], [2, 3], [2, 6, 3])]
    assert got == pytest.approx(np.array(want), abs=1e-5)
    assert got.dtype == np.float32


def test_a_vector_is_the_same_bits_alone_and_among_others():
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(WORDS[4:], rng.integers(0, 9))) for _ in range(200)]
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
