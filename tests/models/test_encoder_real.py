"""MiniLM itself: the same vectors as its authors' library, the same bits in any company."""

import subprocess
import sys
import warnings

import numpy as np
import pytest

from journeyqual.models.encoder import load_encoder, minilm_folder

pytestmark = pytest.mark.model

WORDS = "the rider who sold us it said that delivery would be on Tuesday but nobody came".split()
TEXTS = [
    *(" ".join((WORDS * 30)[:n]) for n in (0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 300, 400)),
    "Grand.", "😀 lovely 😀", "Es war zu teuer.", "这很贵", "naïve café – déjà vu",
    "a\tb\n\nc", "x" * 3000,
]  # fmt: skip


def test_vectors_are_bit_equal_alone_among_others_and_in_any_order():
    encoder = load_encoder()
    rng = np.random.default_rng(0)
    texts = [t for t in TEXTS for _ in range(3)] + [f"{w} and {v}" for w in WORDS for v in WORDS]
    together = encoder.encode(texts)
    alone = np.concatenate([encoder.encode([t]) for t in texts])
    order = rng.permutation(len(texts))
    assert np.array_equal(together, alone)
    assert np.array_equal(together[order], encoder.encode([texts[i] for i in order]))
    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-6)


def test_texts_over_256_tokens_are_said_to_be_cut():
    cut = load_encoder().truncated(TEXTS)
    assert [t for t, c in zip(TEXTS, cut, strict=True) if c] == [TEXTS[12], TEXTS[13]]


def test_it_is_the_model_that_sentence_transformers_runs():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = load_encoder(str(minilm_folder()))
        vectors = theirs.encode(TEXTS)
    ours = load_encoder()
    assert (theirs.dim, theirs.name) == (384, "model")
    assert theirs.fingerprint != ours.fingerprint
    assert theirs.truncated(TEXTS) == ours.truncated(TEXTS)
    assert (ours.encode(TEXTS) * vectors).sum(1).min() > 0.99999


def test_encoding_imports_no_torch():
    code = (
        "import sys; from journeyqual.models import load_encoder; load_encoder().encode(['hi']);"
        "sys.exit(any(m in sys.modules for m in ('torch', 'sentence_transformers')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
