"""Tables worked out by hand: what moved, what wavered, what is not comparable."""

import pandas as pd
import pytest

from journeyqual.change import changed, in_words


def curve(*points, method="machine", group=""):
    """Rows of (stage, low, valence, high, n)."""
    return pd.DataFrame(
        [
            {
                "group": group, "stage": stage, "stage_order": place, "valence": valence,
                "valence_low": low, "valence_high": high, "n_participants": n, "n_units": 3 * n,
                "n_human": 0, "method": method, "is_thin": n < 5,
            }
            for place, (stage, low, valence, high, n) in enumerate(points)
        ]
    )  # fmt: skip


NONE = float("nan")
BEFORE = curve(("a", -0.2, 0.0, 0.2, 9), ("b", 0.1, 0.3, 0.5, 9), ("c", NONE, NONE, NONE, 0))


@pytest.mark.parametrize(
    ("now", "moved"),
    [
        (("a", -0.1, 0.19, 0.4, 10), False),
        (("a", -0.1, 0.21, 0.4, 10), True),
        (("a", -0.5, -0.3, 0.1, 10), True),
        # Printed, both are +0.20.
        (("a", -0.1, 0.204, 0.4, 10), False),
        (("a", -0.1, 0.6, 0.9, 4), False),
    ],
)
def test_a_point_moves_when_it_leaves_the_interval_shown_before(now, moved):
    assert changed(BEFORE, curve(now)).set_index("stage").loc["a", "moved"] == moved


def test_only_what_moved_is_told():
    now = curve(("a", 0.1, 0.3, 0.5, 9), ("b", 0.1, 0.31, 0.5, 9), ("c", 0.0, 0.1, 0.2, 6))
    lines = in_words(changed(BEFORE, now))
    assert lines == [
        "a: 0.00 before, +0.30 now, beyond the interval of before (−0.20 to +0.20)",
        "c: nobody had spoken of it before",
    ]


def test_stages_that_came_and_went_are_told_apart():
    now = curve(("d", 0.0, 0.1, 0.2, 9), ("b", NONE, NONE, NONE, 0))
    found = changed(BEFORE, now).set_index("stage")
    assert found["why"].to_dict() == {
        "d": "a new stage",
        "b": "nobody speaks of it any more",
        "a": "no longer a stage of the codebook",
        "c": "no longer a stage of the codebook",
    }
    assert not found["moved"].any()


def test_another_method_is_said_and_not_hidden():
    now = curve(("a", 0.2, 0.4, 0.6, 9), method="prediction-powered")
    found = changed(BEFORE, now)
    assert found["moved"].iloc[0]
    assert found["why"].iloc[0] == "read otherwise: machine before, prediction-powered now"
    assert "read otherwise" in in_words(found)[0]


def test_groups_are_held_apart():
    before = pd.concat([curve(("a", 0.0, 0.1, 0.2, 9), group=g) for g in "xy"])
    now = pd.concat(
        [
            curve(("a", 0.0, 0.1, 0.2, 9), group="x"),
            curve(("a", 0.3, 0.5, 0.6, 9), group="y"),
        ]
    )
    assert changed(before, now)["moved"].tolist() == [False, True]


def test_rows_in_any_order_give_the_same():
    now = curve(("a", 0.1, 0.3, 0.5, 9), ("b", 0.1, 0.31, 0.5, 9))
    one = changed(BEFORE, now)
    other = changed(BEFORE.sample(frac=1, random_state=1), now.sample(frac=1, random_state=2))
    pd.testing.assert_frame_equal(one, other)
