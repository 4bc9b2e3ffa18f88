"""The nearest definition: probabilities worked out by hand, tags that teach, no double use."""

import re

import numpy as np
import pandas as pd
import pytest

from journeyqual import schema
from journeyqual.codebook import from_dict
from journeyqual.coding import UNSURE
from journeyqual.coding.nearest import (
    NearestDefinition,
    NearestSettings,
    StageVectors,
    stage_texts,
)
from journeyqual.coding.neighbours import neighbours
from journeyqual.coding.tags import check_tags, learn, people_of, tags_hash
from journeyqual.errors import ModelError, SchemaError
from tests.coding.word_encoder import SETTINGS, WordEncoder

BOOK = from_dict(
    {
        "name": "Bike",
        "stage": [
            {"name": "buying", "definition": "buying, price", "touchpoints": ["website", "shop"]},
            {"name": "using", "definition": "riding every day"},
        ],
    }
)


def code(units, encoder, settings=SETTINGS, tags=None, book=BOOK, **options):
    units = schema.check(units, schema.UNITS_IN)
    return NearestDefinition(encoder, settings, tags=tags, **options).code(units, book)


class AxisEncoder:
    """Texts are named after the point they are at, so that cosines can be done in the head."""

    name, fingerprint, dim = "axes", "0" * 16, 2

    def encode(self, texts):
        at = {"east": [1, 0], "north": [0, 1], "unit": [0.6, 0.8]}
        return np.array([at[t] for t in texts], np.float32)


class CountingEncoder(WordEncoder):
    asked = 0

    def encode(self, texts):
        self.asked += len(texts)
        return super().encode(texts)


def test_probabilities_are_the_softmax_worked_out_by_hand():
    book = from_dict({"name": "x", "stage": [{"name": "east"}, {"name": "north"}]})
    units = pd.DataFrame({"unit_id": ["u"], "interview": ["i"], "order": [0], "text": ["unit"]})
    settings = NearestSettings(1.0, 0.5, 0.9, 1.0, 1, 0.0, 1.0, 0.0, 1.0)
    out = code(units, AxisEncoder(), settings, book=book)
    weights = np.array([np.exp(0.6), np.exp(0.8), 2 * np.exp(0.5)])
    assert out["stage"].item() == "north"
    assert out["stage_confidence"].item() == pytest.approx(weights[1] / weights.sum(), abs=1e-6)
    assert out["unsure"].item()


def test_dividing_a_stage_in_two_like_halves_leaves_none_as_likely():
    units = pd.DataFrame({"unit_id": ["u"], "interview": ["i"], "order": [0], "text": ["unit"]})
    settings = NearestSettings(0.5, 0.7, 0.0, 1.0, 1, 0.0, 1.0, 0.0, 1.0)

    def none(parts):
        stages = StageVectors(np.repeat([[1.0, 0.0]], parts, 0).astype(np.float32), ())
        stages = StageVectors(stages.whole, tuple(stages.whole[:1] for _ in range(parts)))
        coder = NearestDefinition(AxisEncoder(), settings)
        logits = coder._zero_shot(np.float32([[0.6, 0.8]]), neighbours(units), stages)
        return np.exp(logits[0, -1]) / np.exp(logits[0]).sum()

    assert none(1) == pytest.approx(none(10), abs=1e-6)


def test_similarity_mixes_the_whole_text_with_the_nearest_parts():
    stages = StageVectors(np.float32([[1, 0]]), (np.float32([[0, 1], [1, 0], [-1, 0]]),))
    unit = np.float32([[0.6, 0.8]])
    assert stages.similarities(unit, 1.0, 1).item() == pytest.approx(0.6)
    assert stages.similarities(unit, 0.0, 1).item() == pytest.approx(0.8)
    assert stages.similarities(unit, 0.0, 2).item() == pytest.approx(0.7)
    assert stages.similarities(unit, 0.5, 9).item() == pytest.approx(0.3 + 0.8 / 6)


def test_what_is_excluded_does_not_draw_units():
    stage = from_dict(
        {"name": "x", "stage": [{"name": "use", "exclude": ["asking support for help"]}]}
    ).stages[0]
    assert stage_texts(stage) == ("use", ("use",))


def test_neighbours_are_of_the_same_interview_whatever_the_row_order():
    table = pd.DataFrame({"interview": list("aabba"), "order": [2, 0, 5, 9, 1]})
    around = neighbours(table)
    assert around.before.tolist() == [4, -1, -1, 2, 1]
    assert around.after.tolist() == [-1, 4, 3, -1, 0]
    assert neighbours(table, step=1.0).after.tolist() == [-1, 4, -1, -1, 0]


def test_neighbours_are_mixed_in_and_scaled_back():
    table = pd.DataFrame({"interview": ["a", "a"], "order": [0, 1]})
    mixed = neighbours(table).mixed(np.float32([[1, 0], [0, 1]]), 1.0)
    assert mixed == pytest.approx(np.full((2, 2), 2**-0.5))


def test_a_touchpoint_belongs_to_the_stage_and_must_be_near(encoder):
    texts = ["buying website", "buying price price", "riding every day website"]
    units = pd.DataFrame(
        {"unit_id": list("abc"), "interview": "i", "order": range(3), "text": texts}
    )
    out = code(units, encoder)
    assert out["touchpoint"].tolist() == ["website", "", ""]


def tagged(n=8):
    """Make units whose stage only tags can tell: the codebook's words do not occur in them."""
    rows = []
    for i in range(2 * n):
        word, stage = (("apple", "buying"), ("stone", "using"))[i % 2]
        rows.append((f"t{i}", f"iv{i // 2 % 4}", i, f"{word} number{i}", stage))
    return pd.DataFrame(rows, columns=["unit_id", "interview", "order", "text", "stage"])


def test_tags_teach_what_the_codebook_does_not_say(encoder):
    fresh = pd.DataFrame(
        {
            "unit_id": ["x", "y"], "interview": ["new", "new"], "order": [0, 9],
            "text": ["apple again", "stone again"],
        }
    )  # fmt: skip
    out = code(fresh, encoder, tags=tagged())
    assert out["stage"].tolist() == ["buying", "using"]
    before, after = code(fresh, encoder), out
    assert (after["stage_confidence"] > before["stage_confidence"]).all()
    # Taught the other way round, it says so: nothing else here tells apples from stones.
    tags = tagged()
    tags["stage"] = tags["stage"].map({"buying": "using", "using": "buying"})
    assert code(fresh, encoder, tags=tags)["stage"].tolist() == ["using", "buying"]


def test_tags_that_say_none_fits_teach_that_too(encoder):
    fresh = pd.DataFrame(
        {"unit_id": ["x"], "interview": ["new"], "order": [0], "text": ["apple again"]}
    )
    tags = tagged()
    tags.loc[tags["stage"] == "buying", "stage"] = ""
    assert code(fresh, encoder, tags=tags)["stage"].tolist() == [""]


def test_no_tags_and_an_empty_table_of_tags_are_the_same(units, encoder):
    plain = code(units, encoder)
    pd.testing.assert_frame_equal(plain, code(units, encoder, tags=tagged()[:0]))


def test_a_tagged_unit_is_coded_as_if_its_interview_had_no_tags(encoder):
    tags = tagged()
    units = tags.drop(columns="stage")
    mine = (tags["interview"] == "iv1").to_numpy()
    with_all = code(units, encoder, tags=tags)
    with_others = code(units, encoder, tags=tags[~mine])
    pd.testing.assert_frame_equal(with_all[mine], with_others[mine])
    # …and it is no other number by accident: on somebody else who said the same the tags show.
    twins = units.assign(unit_id=units["unit_id"] + "x", interview=units["interview"] + "x")
    both = code(pd.concat([units, twins], ignore_index=True), encoder, tags=tags)
    seen = both[len(units) :].reset_index(drop=True)
    assert not np.allclose(seen["stage_confidence"][mine], with_all["stage_confidence"][mine])


def test_turning_a_tag_round_does_not_move_its_own_interview(encoder):
    tags = tagged()
    units = tags.drop(columns="stage")
    turned = tags.copy()
    turned.loc[0, "stage"] = "using"
    mine = (tags["interview"] == tags["interview"][0]).to_numpy()
    one, other = code(units, encoder, tags=tags), code(units, encoder, tags=turned)
    pd.testing.assert_frame_equal(one[mine], other[mine])
    assert not one[~mine].equals(other[~mine])


def test_the_order_of_tags_does_not_matter(units, encoder):
    tags = tagged()
    one, other = code(units, encoder, tags=tags), code(units, encoder, tags=tags[::-1])
    assert one["stage"].tolist() == other["stage"].tolist()
    assert np.allclose(one["stage_confidence"], other["stage_confidence"], atol=1e-3)


def test_a_tag_of_an_unknown_stage_is_refused(units, encoder):
    with pytest.raises(SchemaError, match="no stage 'byuing'"):
        code(units, encoder, tags=tagged().assign(stage="byuing"))


def test_the_line_of_an_unknown_stage_and_the_stages_there_are_are_named():
    tags = tagged()
    tags.loc[3, "stage"] = "byuing"
    with pytest.raises(SchemaError) as caught:
        check_tags(tags, BOOK, path="tags.csv")
    error = caught.value
    assert (error.line, error.column, error.path.name) == (5, "stage", "tags.csv")
    assert error.remedy == "write one of buying, using, or leave it blank where none fits"
    with pytest.raises(SchemaError, match="TAGS, line 5, column 'stage'"):
        check_tags(tags, BOOK)


def test_blank_stages_and_tables_read_as_text_are_good_tags():
    tags = tagged().astype(str)
    tags.loc[0, "stage"] = ""
    assert check_tags(tags, BOOK)["order"].tolist() == list(range(16))


def test_what_cannot_be_read_is_unsure_even_with_a_single_stage(encoder):
    book = from_dict({"name": "x", "stage": [{"name": "use", "touchpoints": ["shop"]}]})
    texts = ["", " ", "😡😡", "…?!", "use"]
    units = pd.DataFrame(
        {"unit_id": list("abcde"), "interview": "i", "order": range(5), "text": texts}
    )
    out = code(units, encoder, book=book)
    assert out["stage"].tolist() == ["", "", "", "", "use"]
    assert out["unsure"].tolist() == [True, True, True, True, False]
    # A study keeps the confidence only: it must say so by itself.
    assert (out["stage_confidence"][:4] < UNSURE).all()


def test_a_table_that_is_no_tags_is_refused(encoder):
    with pytest.raises(SchemaError, match="no column 'stage'"):
        NearestDefinition(encoder, SETTINGS, tags=tagged().drop(columns="stage"))


def test_a_strong_penalty_leaves_the_zero_shot_coder_as_it_was():
    rng = np.random.default_rng(0)
    features = rng.standard_normal((12, 5)).astype(np.float32)
    fit = learn(features, np.zeros((12, 3)), rng.integers(0, 3, 12), penalty=1e9)
    assert fit.weights == pytest.approx(np.zeros((5, 3)), abs=1e-6)


def test_the_fit_is_the_minimum_of_its_loss():
    rng = np.random.default_rng(1)
    features = rng.standard_normal((10, 4)).astype(np.float32)
    offsets, classes = rng.standard_normal((10, 3)), rng.integers(0, 3, 10)
    fit = learn(features, offsets, classes, penalty=0.5)
    logits = offsets + fit.logits(features)
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    miss = p - np.eye(3)[classes]
    assert features.T @ miss + 0.5 * fit.weights == pytest.approx(np.zeros((4, 3)), abs=1e-3)
    assert miss.sum(0) + fit.bias == pytest.approx(np.zeros(3), abs=1e-3)


def test_the_hash_of_tags_sees_every_word_that_is_learned_from():
    tags = tagged()
    assert tags_hash(tags) == tags_hash(tags.sample(frac=1, random_state=1))
    assert tags_hash(tags) != tags_hash(tags.assign(text="x"))


def test_who_said_a_tag_is_the_participant_or_else_the_interview():
    tags = pd.DataFrame({"interview": ["a", "b", "c", "d"]})
    assert people_of(tags).tolist() == ["a", "b", "c", "d"]
    known = tags.assign(participant=["P1", " P1 ", "", None])
    assert people_of(known).tolist() == ["P1", "P1", "c", "d"]
    assert people_of(tags.assign(participant=float("nan"))).tolist() == ["a", "b", "c", "d"]


def test_the_tags_of_one_person_are_left_out_together_across_interviews(encoder):
    tags = tagged().assign(participant=lambda t: t["interview"].isin(["iv0", "iv1"]).map(str))
    turned = tags.assign(stage=tags["stage"].where(tags["interview"] != "iv0", "using"))
    units = tags.drop(columns=["stage", "participant"])
    second = (tags["interview"] == "iv1").to_numpy()
    one, other = code(units, encoder, tags=tags), code(units, encoder, tags=turned)
    pd.testing.assert_frame_equal(one[second], other[second])
    alone = [t.drop(columns="participant") for t in (tags, turned)]
    one, other = (code(units, encoder, tags=t) for t in alone)
    assert not np.allclose(one["stage_confidence"][second], other["stage_confidence"][second])


def test_its_name_tells_the_encoder_and_the_tags(encoder):
    plain = NearestDefinition(encoder, SETTINGS).name
    assert re.fullmatch(r"model:nearest-definition@\d+\+encoderffffff", plain)
    taught = NearestDefinition(encoder, SETTINGS, tags=tagged()).name
    assert re.fullmatch(re.escape(plain) + r"\+study[0-9a-f]{4}", taught)
    assert NearestDefinition(encoder, SETTINGS, tags=tagged()[:0]).name == plain


def test_the_shipped_settings_are_read_from_the_manifest(encoder):
    shipped = NearestDefinition.shipped(encoder).settings
    assert 0 < shipped.temperature < 1
    assert 0 <= shipped.whole <= 1


def test_the_cache_gives_the_same_bytes_and_spares_the_work(units, tmp_path):
    encoder = CountingEncoder()
    plain = code(units, encoder)
    first = code(units, encoder, cache=tmp_path)
    before = encoder.asked
    again = code(units, encoder, cache=tmp_path)
    assert encoder.asked == before > 0
    pd.testing.assert_frame_equal(plain, first, check_exact=True)
    pd.testing.assert_frame_equal(plain, again, check_exact=True)


def test_progress_ends_at_all_units(units, encoder):
    seen = []
    coder = NearestDefinition(encoder, SETTINGS)
    coder.code(units, BOOK, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (6, 6)


def test_settings_that_lack_a_number_are_refused():
    with pytest.raises(ModelError, match="mix"):
        NearestSettings.of({k: v for k, v in SETTINGS.__dict__.items() if k != "mix"})
