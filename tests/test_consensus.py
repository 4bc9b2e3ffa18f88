import pandas as pd
import pytest

from journeyqual.consensus import resolve


@pytest.fixture
def units():
    return pd.DataFrame(
        {
            "unit_id": ["u1", "u2", "s1"],
            "interview": "i",
            "participant": "P01",
            "kind": ["segment", "segment", "span"],
            "turn_index": 0,
            "start_char": [0, 5, 0],
            "end_char": [4, 9, 9],
            "text": ["Yes.", "No.", "Yes. No."],
            "order": [0, 1, 2],
        }
    )


def codings(*rows):
    names = ["unit_id", "dimension", "value", "coder", "status"]
    return pd.DataFrame([dict(zip(names, row, strict=True)) for row in rows])


M, ANA, BEN, PANEL = "model:m@1", "human:ana", "human:ben", "human:panel"


def test_later_people_beat_earlier_and_the_panel_beats_all(units):
    def both(unit, stage, coder):
        return [(unit, "stage", stage, coder, ""), (unit, "valence", "0.5", coder, "")]

    table = codings(
        *both("u1", "a", PANEL),
        *both("u1", "b", ANA),
        *both("u1", "c", BEN),
        ("u1", "stage", "d", M, ""),
        *both("u2", "b", ANA),
        *both("u2", "c", BEN),
    )
    out = resolve(units, table).set_index("unit_id")
    assert out["human_stage"].tolist() == ["a", "c"]
    assert out["human_by"].tolist() == [PANEL, BEN]
    assert out["machine_stage"].tolist() == ["d", ""]


def test_half_a_coding_does_not_pass_for_a_whole_one(units):
    """A valence alone would read as "none fits"; two people's halves are nobody's coding."""
    table = codings(
        ("u1", "valence", "-1", ANA, ""),
        ("u1", "stage", "a", BEN, ""),
        ("u2", "stage", "", ANA, ""),
        ("u2", "valence", "0", ANA, ""),
    )
    out = resolve(units, table).set_index("unit_id")
    assert out["human_valence"].isna().tolist() == [True, False]
    assert out["human_by"].tolist() == ["", ANA]
    assert out.loc["u2", "human_stage"] == ""


def test_rejected_codings_and_spans_count_for_nothing(units):
    table = codings(("u1", "stage", "a", ANA, "rejected"), ("s1", "stage", "b", ANA, ""))
    out = resolve(units, table)
    assert out["unit_id"].tolist() == ["u1", "u2"]
    assert out["human_stage"].tolist() == ["", ""]


def test_resolving_twice_gives_the_same(units):
    table = codings(
        ("u1", "valence", "-0.5", ANA, ""),
        ("u1", "stage", "a", ANA, ""),
        ("u1", "valence", "0.25", M, ""),
    )
    one = resolve(units, table)
    pd.testing.assert_frame_equal(one, resolve(units, table))
    assert one.loc[0, ["machine_valence", "human_valence"]].tolist() == [0.25, -0.5]


def test_no_codings_leave_every_value_missing(units):
    out = resolve(units, pd.DataFrame(columns=["unit_id", "dimension", "value", "coder"]))
    assert out["machine_valence"].isna().all()
    assert out["human_by"].tolist() == ["", ""]
