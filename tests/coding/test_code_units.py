"""Every row comes back, in its place, with a value on every dimension."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyqual import coding, schema
from journeyqual.codebook import from_dict
from journeyqual.coding.feeling import FeelingCoder
from journeyqual.coding.nearest import NearestDefinition
from journeyqual.coding.stage import StageMatcher
from journeyqual.errors import SchemaError
from tests.coding.word_encoder import MATCHER, SETTINGS, WordEncoder, WordReader

BOOK = from_dict(
    {
        "name": "Bike",
        "version": "7",
        "stage": [
            {"name": "buying", "definition": "buying, price"},
            {"name": "using", "definition": "riding every day", "touchpoints": ["rain"]},
        ],
    }
)
CODED = [name for name in schema.CODED.names if name != "unit_id"]


def test_rows_order_and_extra_columns_are_kept(units, coders):
    shuffled = units.iloc[[3, 0, 5, 1, 4, 2]]
    out = coding.code_units(shuffled, BOOK, coders=coders)
    assert out["unit_id"].tolist() == shuffled["unit_id"].tolist()
    assert out["segment"].tolist() == shuffled["segment"].tolist()
    assert out.columns.tolist() == [*units.columns, *CODED]


def test_input_cells_come_back_as_they_were_written(tmp_path, coders):
    """A file's own columns stand in its own order, cell for cell."""
    written = (
        'colour,order,text,unit_id,interview\nred,007,"buying, he said", z ,b\n1.50,0,NA,a,b\n'
        "true,1e1,…,c,b\n"
    )
    (tmp_path / "in.csv").write_text(written, encoding="utf-8")
    as_text = schema.read_csv(tmp_path / "in.csv", schema.Table("a table as written", ()))
    out = coding.code_units(as_text, BOOK, coders=coders)
    assert out.columns.tolist() == [*as_text.columns, *CODED]
    schema.write_csv(out[as_text.columns], tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == written


@pytest.mark.parametrize(
    "near",
    [
        StageMatcher(WordReader(beside=1.0), MATCHER),
        NearestDefinition(WordEncoder(), replace(SETTINGS, mix=1.0)),
    ],
)
def test_order_as_written_counts_as_the_number_it_is(near, units, feelings):
    coders = (near, feelings)
    by_number = coding.code_units(units.assign(order=[9, 10, 7, 0, 1, 2]), BOOK, coders=coders)
    as_text = units.assign(order=["9", "10", "007", "0", "1", "2"])
    out = coding.code_units(as_text, BOOK, coders=coders)
    assert out["order"].tolist() == as_text["order"].tolist()
    pd.testing.assert_frame_equal(out[CODED], by_number[CODED])
    # …and order does count for these coders.
    turned = coding.code_units(units.assign(order=[7, 9, 10, 0, 1, 2]), BOOK, coders=coders)
    assert not turned[CODED].equals(by_number[CODED])


def test_the_given_table_is_left_alone(units, coders):
    given = units.assign(stage="mine")
    before = given.copy()
    coding.code_units(given, BOOK, coders=coders)
    pd.testing.assert_frame_equal(given, before)


@pytest.mark.parametrize("coder", [None, "human:ana", "", "model:x@1;human:ana"])
def test_columns_called_like_coded_ones_are_kept_where_they_stood(coder, units, coders):
    given = units.copy()
    given.insert(1, "stage", "mine")
    given["valence"] = "0.50"
    if coder is not None:
        # One row by a person is enough.
        given["coder"] = ["model:x@1"] * 5 + [coder]
    out = coding.code_units(given, BOOK, coders=coders)
    kept = ["unit_id", "stage_in", "interview", "order", "text", "segment", "valence_in"]
    assert out.columns.tolist() == [*kept, *(["coder_in"] if coder is not None else []), *CODED]
    assert set(out["stage_in"]) == {"mine"}
    assert set(out["valence_in"]) == {"0.50"}
    plain = coding.code_units(units, BOOK, coders=coders)
    pd.testing.assert_frame_equal(out[CODED], plain[CODED])


def test_a_name_that_is_taken_already_loses_nothing(units, coders):
    given = units.assign(stage="newer", stage_in="older")
    out = coding.code_units(given, BOOK, coders=coders)
    assert set(out["stage_in"]) == {"older"}
    assert set(out["stage_in_in"]) == {"newer"}


def test_what_people_coded_outlasts_coding_again(units, coders):
    once = coding.code_units(units.assign(stage="mine"), BOOK, coders=coders)
    twice = coding.code_units(once, BOOK, coders=coders)
    pd.testing.assert_frame_equal(once, twice)
    assert set(twice["stage_in"]) == {"mine"}


def test_ids_come_back_as_written_and_are_stored_clean(units, coders):
    spaced = units.assign(unit_id=[f" u{i} " for i in range(6)])
    coded = coding.code_units(spaced, BOOK, coders=coders)
    assert coded["unit_id"].tolist() == spaced["unit_id"].tolist()
    stored = coding.to_codings(coded, BOOK, "")["unit_id"]
    assert stored.unique().tolist() == units["unit_id"].tolist()


def test_an_unknown_stage_in_tags_is_refused_before_a_model_is_loaded(units, monkeypatch):
    monkeypatch.setattr(coding, "default_coders", lambda *a, **k: pytest.fail("went on"))
    tags = units[:2].assign(stage=["buying", "byuing"])
    with pytest.raises(SchemaError) as caught:
        coding.code_units(units, BOOK, tags=tags)
    assert (caught.value.line, caught.value.column) == (3, "stage")
    assert "buying, using" in caught.value.remedy


def test_words_decide_stage_valence_and_emotion(units, coders):
    out = coding.code_units(units, BOOK, coders=coders).set_index("unit_id")
    assert out["stage"].tolist()[:5] == ["buying", "using", "using", "buying", "using"]
    assert out.loc["u1", "valence"] > 0.5
    assert out.loc["u2", "valence"] < -0.5
    assert out.loc[["u1", "u2", "u0"], "emotion"].tolist() == ["joy", "frustration", "neutral"]


def test_a_unit_is_coded_the_same_alone_as_among_others(units, coders):
    among = coding.code_units(units, BOOK, coders=coders)
    alone = coding.code_units(units[units["interview"] == "b"], BOOK, coders=coders)
    pd.testing.assert_frame_equal(alone, among[3:].reset_index(drop=True))


def test_no_units_give_an_empty_coded_table(units, coders):
    out = coding.code_units(units.iloc[:0], BOOK, coders=coders)
    assert len(out) == 0
    assert set(schema.CODED.names) <= set(out.columns)


def test_a_missing_column_is_refused_by_name(units, coders):
    with pytest.raises(SchemaError, match="no column 'order'"):
        coding.code_units(units.drop(columns="order"), BOOK, coders=coders)


def test_an_earlier_coding_is_replaced_not_doubled(units, coders):
    once = coding.code_units(units, BOOK, coders=coders)
    twice = coding.code_units(once, BOOK, coders=coders)
    pd.testing.assert_frame_equal(once, twice)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "😡😡",
        "…?!",
        "Das war schrecklich teuer.",
        "这很贵",
        "مرحبا",
        "a" * 5000,
        "\u200b",
    ],
)
@pytest.mark.parametrize("n_stages", [1, 2, 40])
def test_hostile_texts_and_small_or_large_codebooks_give_a_valid_row(text, n_stages, coders):
    book = from_dict({"name": "x", "stage": [{"name": f"stage {i}"} for i in range(n_stages)]})
    frame = pd.DataFrame({"unit_id": ["u"], "interview": ["i"], "order": [0], "text": [text]})
    out = coding.code_units(frame, book, coders=coders)
    row = out.iloc[0]
    assert row["stage"] in {*book.stage_names, ""}
    assert np.isfinite([row["valence"], row["stage_confidence"]]).all()
    assert row["emotion"] in book.emotion_names
    if not any(c.isalnum() for c in text):
        assert row["stage"] == ""
        assert row["unsure"]
        assert 0 < row["stage_confidence"] <= 1 / (n_stages + 1) + 1e-9
        assert row["valence"] == 0


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), max_size=6))
def test_any_text_gives_a_coded_table(texts):
    frame = pd.DataFrame({"text": pd.Series(texts, dtype=str)})
    frame["unit_id"] = [f"u{i}" for i in range(len(frame))]
    frame["interview"], frame["order"] = "i", 0.0
    for coder in (StageMatcher(WordReader(), MATCHER), NearestDefinition(WordEncoder(), SETTINGS)):
        out = coder.code(frame, BOOK)
        assert len(out) == len(frame)
        assert out["stage_confidence"].between(0, 1).all()
        assert set(out["stage"]) <= {"buying", "using", ""}


def test_codings_are_long_signed_and_suggested(units, coders):
    coded = coding.code_units(units, BOOK, coders=coders)
    out = coding.to_codings(coded, BOOK, "2026-03-01T00:00:00Z")
    assert len(out) == 5 * len(units)
    assert out["dimension"].tolist()[:4] == ["stage", "touchpoint", "valence", "emotion"]
    assert set(out["status"]) == {"suggested"}
    assert set(out["codebook_version"]) == {"7"}
    stage, _, valence, emotion = out[:4].itertuples(index=False)
    assert stage.coder == coders[0].name
    assert valence.coder.startswith("model:feeling@")
    assert valence.value == f"{coded['valence'][0]:.4f}"
    assert stage.confidence == coded["stage_confidence"][0]
    assert valence.confidence == pytest.approx(1 - coded["valence_sd"][0])
    assert emotion.confidence == coded["emotion_confidence"][0]
    plain = coding.to_codings(coded.drop(columns=["valence_sd", "emotion_confidence"]), BOOK, "")
    assert plain.groupby("dimension")["confidence"].count().to_dict() == {
        "stage": len(units), "touchpoint": 0, "valence": 0, "emotion": 0, "emotions_fine": 0,
    }  # fmt: skip


def test_a_table_by_one_other_coder_is_signed_by_it_throughout(units, coders):
    coded = coding.code_units(units, BOOK, coders=coders).assign(coder="model:mine@3")
    assert set(coding.to_codings(coded, BOOK, "")["coder"]) == {"model:mine@3"}


def test_names_are_known_without_a_model_and_match_what_is_written(units, coders):
    names = coding.coder_names(encoder=getattr(coders[0], "encoder", None))
    written = coding.to_codings(coding.code_units(units, BOOK, coders=coders), BOOK, "")
    by_dimension = dict(zip(written["dimension"], written["coder"], strict=True))
    assert by_dimension == names


def test_other_tags_or_another_encoder_make_another_coder(units, encoder):
    tags = units[:2].assign(stage="buying")
    plain, tagged = coding.coder_names(), coding.coder_names(tags=tags)
    assert plain["stage"].split("@")[0] == "model:stage-matcher"
    assert re.fullmatch(re.escape(plain["stage"]) + r"\+study[0-9a-f]{4}", tagged["stage"])
    assert tagged == coding.coder_names(tags=tags[::-1])
    assert tagged["stage"] != coding.coder_names(tags=tags.assign(stage="using"))["stage"]
    assert tagged["valence"] == plain["valence"]
    own = coding.coder_names(encoder=encoder, tags=tags)
    pattern = r"model:nearest-definition@\d+\+encoderffffff\+study[0-9a-f]{4}"
    assert re.fullmatch(pattern, own["stage"])
    assert own["touchpoint"] == own["stage"]
    assert own["valence"] == plain["valence"]


def test_an_encoder_of_ones_own_codes_by_the_nearest_definition(
    units, monkeypatch, encoder, feelings
):
    monkeypatch.setattr(FeelingCoder, "shipped", lambda cache: feelings)
    stages, _ = coding.default_coders(encoder, tags=units[:2].assign(stage="buying"))
    assert isinstance(stages, NearestDefinition)
    assert stages.encoder is encoder
    assert len(stages.tags) == 2


def test_the_caller_is_told_how_far_each_coder_is(units, coders):
    seen = []
    coding.code_units(units, BOOK, coders=coders, progress=lambda *at: seen.append(at))
    assert seen.count((6, 6)) >= 2
    assert {total for _, total in seen} == {6}
