"""Which words moved a valence: every word left out in turn."""

import sqlite3
from contextlib import closing
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from journeyqual.coding.explain import words_that_moved
from journeyqual.coding.feeling import FeelingCoder
from journeyqual.errors import SchemaError
from journeyqual.models import vectors
from tests.coding.word_encoder import FEELING, WordReader


@pytest.fixture
def talk():
    texts = ["table", "a lovely , table", "awful", "the end"]
    ids = ["u0", "u1", "u2", "u3"]
    return pd.DataFrame({"unit_id": ids, "interview": "a", "order": range(4), "text": texts})


@pytest.fixture
def coder(heads):
    return FeelingCoder(WordReader(beside=0.2), heads, FEELING)


def test_the_word_that_speaks_moved_it_and_stands_where_the_text_has_it(talk, coder):
    out = words_that_moved(talk, ["u1"], coder=coder)
    text = talk["text"][1]
    assert out["word"].tolist() == ["a", "lovely", ",", "table"]
    assert [text[r.start : r.end] for r in out.itertuples()] == out["word"].tolist()
    shift = dict(zip(out["word"], out["shift"], strict=True))
    assert shift["lovely"] > 0.3
    assert shift["lovely"] == max(shift.values())
    assert shift[","] == 0


def test_a_shift_is_what_the_coder_reads_without_the_word(talk, coder):
    out = words_that_moved(talk, ["u1"], coder=coder).set_index("word")
    without = talk.assign(text=["table", "a  , table", "awful", "the end"])
    both = [coder.valence(coder.read(t))[0][1] for t in (talk, without)]
    assert out["shift"]["lovely"] == pytest.approx(both[0] - both[1], abs=1e-6)


def test_the_only_word_is_held_against_nothing_said(talk, coder):
    out = words_that_moved(talk, ["u2"], coder=coder)
    read = coder.valence(coder.read(talk))[0][2]
    assert out["shift"].tolist() == pytest.approx([read])
    assert read < -0.3


def test_rows_come_in_the_order_asked_whatever_the_tables_order(talk, coder):
    turned = talk.iloc[::-1].reset_index(drop=True)
    out = words_that_moved(turned, ["u2", "u1", "u2"], coder=coder)
    assert out["unit_id"].tolist() == ["u2", *["u1"] * 4]
    straight = words_that_moved(talk, ["u2", "u1"], coder=coder)
    pd.testing.assert_frame_equal(out, straight)


def test_a_unit_is_explained_once_and_its_neighbours_count(talk, coder, tmp_path):
    seen = []
    first = words_that_moved(talk, ["u1"], coder=coder, cache=tmp_path)
    read = coder.reader.units_read
    told = {"coder": coder, "cache": tmp_path, "progress": lambda *at: seen.append(at)}
    pd.testing.assert_frame_equal(words_that_moved(talk, ["u1"], **told), first, check_exact=True)
    assert coder.reader.units_read == read
    assert seen == [(1, 1)]
    other = talk.assign(text=["awful", *talk["text"][1:]])
    words_that_moved(other, ["u1"], **told)
    assert coder.reader.units_read > read


def test_other_heads_on_the_same_network_are_asked_anew(talk, coder, heads, tmp_path):
    first = words_that_moved(talk, ["u1"], coder=coder, cache=tmp_path)
    turned = replace(heads, valence_weights=-heads.valence_weights)
    other = FeelingCoder(coder.reader, turned, FEELING)
    out = words_that_moved(talk, ["u1"], coder=other, cache=tmp_path)
    assert not np.allclose(out["shift"], first["shift"])


@pytest.mark.parametrize("content", [b"", b"\0" * 3, b"\0" * 4])
def test_a_damaged_answer_is_found_again(talk, coder, tmp_path, content):
    first = words_that_moved(talk, ["u1"], coder=coder, cache=tmp_path)
    with closing(sqlite3.connect(tmp_path / vectors.FILE)) as cache, cache:
        cache.execute("UPDATE vectors SET vector = ?", [content])
    again = words_that_moved(talk, ["u1"], coder=coder, cache=tmp_path)
    pd.testing.assert_frame_equal(again, first, check_exact=True)


@pytest.mark.parametrize("text", ["a lovely , table", "awful"])
def test_to_forget_a_text_or_its_neighbour_forgets_what_was_explained(talk, coder, tmp_path, text):
    words_that_moved(talk, ["u1"], coder=coder, cache=tmp_path)
    assert vectors.forget([text], tmp_path) == 3
    assert vectors.forget(talk["text"].tolist(), tmp_path) == 0


def test_an_empty_unit_has_no_words(coder):
    units = pd.DataFrame({"unit_id": ["u"], "interview": ["a"], "order": [0], "text": [""]})
    assert words_that_moved(units, ["u"], coder=coder).empty


def test_a_unit_that_is_not_there_is_named(talk, coder):
    with pytest.raises(SchemaError, match="no unit 'u9'"):
        words_that_moved(talk, ["u9"], coder=coder)


def test_words_beyond_what_is_read_move_nothing(coder):
    text = " ".join(["table"] * 200)
    units = pd.DataFrame({"unit_id": ["u"], "interview": ["a"], "order": [0], "text": [text]})
    out = words_that_moved(units, ["u"], coder=coder)
    assert len(out) == 200
    assert np.all(out["shift"][160:] == 0)
