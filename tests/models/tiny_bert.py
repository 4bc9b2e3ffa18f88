"""A BERT of eight dimensions: drawn weights, a tokeniser, and its formulas written out in numpy."""

from math import erf

import numpy as np

DIM, POSITIONS = 8, 12
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "we", "ride", "home", "##s", "##r", ".", "late"]
CLS, SEP = 2, 3


def config(layers=2):
    return {
        "num_hidden_layers": layers, "num_attention_heads": 2, "hidden_size": DIM,
        "max_position_embeddings": POSITIONS, "layer_norm_eps": 1e-6,
    }  # fmt: skip


def weights(layers=2, seed=0):
    """Draw weights under which a state keeps what went into it, as in a trained model."""
    rng = np.random.default_rng(seed)

    def draw(*shape, spread=0.5):
        return (rng.standard_normal(shape) * spread).astype(np.float32)

    def scale():
        return 1 + draw(DIM, spread=0.1)

    out = {
        "embeddings.word_embeddings.weight": draw(len(WORDS), DIM),
        "embeddings.position_embeddings.weight": draw(POSITIONS, DIM),
        "embeddings.token_type_embeddings.weight": draw(2, DIM),
        "embeddings.LayerNorm.weight": scale(),
        "embeddings.LayerNorm.bias": draw(DIM, spread=0.1),
    }
    shapes = {
        **{f"attention.{p}": (DIM, DIM) for p in ("self.query", "self.key", "self.value")},
        "attention.output.dense": (DIM, DIM),
        "intermediate.dense": (16, DIM), "output.dense": (DIM, 16),
    }  # fmt: skip
    for i in range(layers):
        name = f"encoder.layer.{i}"
        for part, shape in shapes.items():
            out[f"{name}.{part}.weight"] = draw(*shape)
            out[f"{name}.{part}.bias"] = draw(shape[0], spread=0.1)
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            out[f"{name}.{part}.weight"] = scale()
            out[f"{name}.{part}.bias"] = draw(DIM, spread=0.1)
    return out


def tokenizer():
    """Return the text of a tokenizer.json that cuts ``rides`` into ``ride`` and ``##s``."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    vocabulary = {word: i for i, word in enumerate(WORDS)}
    out = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    out.normalizer = normalizers.BertNormalizer()
    out.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    out.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", CLS), ("[SEP]", SEP)]
    )
    return out.to_str()


def ids(*words):
    """Return token ids of words, each known whole, with those that open and close a text."""
    return [CLS, *(WORDS.index(word) for word in words), SEP]


def norm(w, x, name):
    x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-6)
    return x * w[f"{name}.weight"] + w[f"{name}.bias"]


def linear(w, x, name):
    return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]


def embedded(w, tokens, kind=0):
    """Return what the first layer gets of one text whose tokens are all of one type."""
    x = w["embeddings.word_embeddings.weight"][tokens]
    x = x + w["embeddings.position_embeddings.weight"][: len(tokens)]
    return norm(w, x + w["embeddings.token_type_embeddings.weight"][kind], "embeddings.LayerNorm")


def through(w, x, layers, bias=0.0):
    """Take states (tokens, dim) through layers; a bias (tokens, tokens) steers attention."""
    for i in layers:
        name = f"encoder.layer.{i}"
        q, k, v = (linear(w, x, f"{name}.attention.self.{p}") for p in ("query", "key", "value"))
        heads = []
        for h in (slice(0, 4), slice(4, 8)):
            scores = np.exp(q[:, h] @ k[:, h].T / 2.0 + bias)
            heads.append(scores / scores.sum(1, keepdims=True) @ v[:, h])
        attended = linear(w, np.concatenate(heads, 1), f"{name}.attention.output.dense")
        x = norm(w, x + attended, f"{name}.attention.output.LayerNorm")
        inner = linear(w, x, f"{name}.intermediate.dense")
        inner = inner * (1 + np.vectorize(erf)(inner / 2**0.5)) / 2
        x = norm(w, x + linear(w, inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")
    return x


def mean_of_length_one(x):
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


def by_hand(w, tokens, kind=0, layers=2):
    """Return one text's vector, every layer seeing that text alone."""
    return mean_of_length_one(through(w, embedded(w, tokens, kind), range(layers)))
