"""The shipped network: the same bits in any company, no torch, and some sense of neighbours."""

import subprocess
import sys

import numpy as np
import pytest

from journeyqual.models import reader, weights

pytestmark = pytest.mark.model

NAME = "stage-matcher"
INTERVIEWS = [
    ["So what happened next?", "Nobody came on the Tuesday.", "I rang them twice.", ""],
    ["Grand."],
    [f"That was {word}, " * 40 for word in ("late", "dear", "fine")],
    [f"Then I {verb} it." for verb in ("bought", "rode", "washed", "sold") * 30],
    ["😀 lovely 😀", "Es war zu teuer.", "这很贵", "naïve café – déjà vu", "x" * 3000],
]


def test_vectors_are_bit_equal_alone_among_others_and_in_any_order():
    network = reader.shipped(NAME)
    together = network.interviews(INTERVIEWS)
    for vectors, texts in zip(together, INTERVIEWS, strict=True):
        assert vectors.shape == (len(texts), network.dim)
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
        assert np.array_equal(vectors, network.interviews([texts])[0])
    turned = network.interviews(INTERVIEWS[::-1])[::-1]
    assert all(map(np.array_equal, together, turned))


def test_vectors_are_bit_equal_in_however_many_blocks(monkeypatch):
    network = reader.shipped(NAME)
    together = network.interviews(INTERVIEWS)
    monkeypatch.setattr(reader, "BLOCK_UNITS", 5)
    assert all(map(np.array_equal, network.interviews(INTERVIEWS), together))


def test_a_unit_is_read_in_the_light_of_its_neighbours_and_of_no_one_else():
    network = reader.shipped(NAME)
    before, after = "The driver was two hours late.", "The invoice was wrong again."
    filler = ["We talked about the weather for a while."] * 40
    (one, other, far) = network.interviews(
        [
            [before, "That made me angry.", *filler, before],
            [after, "That made me angry.", *filler, before],
            [before, "That made me angry.", *filler, after],
        ]
    )
    assert np.abs(one[1] - other[1]).max() > 1e-3
    # The last unit has six tokens more or fewer: only the last bits may know of that.
    assert far[1] == pytest.approx(one[1], abs=1e-5)


def test_a_stage_is_nearer_to_what_is_said_of_it():
    network = reader.shipped(NAME)
    stages = network.stages(
        ["delivery: waiting for the bike to arrive", "billing: invoices and direct debits"]
    )
    units = network.interviews(
        [["The courier never turned up with it."], ["They charged my card twice that month."]]
    )
    near = np.concatenate(units) @ stages.T
    assert near.argmax(axis=1).tolist() == [0, 1]


def test_its_fingerprint_changes_with_its_wiring(monkeypatch):
    before, entry = reader.fingerprint(NAME), weights.entry(NAME)
    assert len(before) == 16
    other = weights.Entry(**{**entry.__dict__, "settings": {**entry.settings, "reach": 99}})
    monkeypatch.setattr(weights, "entry", lambda name: other)
    assert reader.fingerprint(NAME) != before


def test_reading_imports_no_torch():
    code = (
        "import sys; from journeyqual.models import reader;"
        f"reader.shipped({NAME!r}).interviews([['hi']]);"
        "sys.exit(any(m in sys.modules for m in ('torch', 'sentence_transformers')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
