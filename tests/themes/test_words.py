"""Words and names of themes: what several say, in the form they say it, and nobody's name."""

import numpy as np
import pytest

from journeyqual.themes import words
from journeyqual.themes.words import describe, read


def names(texts, who, labels, **more):
    return [name for _, name in describe(texts, who, np.array(labels), **more)]


def test_what_one_person_says_is_no_word_of_a_theme():
    texts = ["The gasket, the gasket, the gasket!", "A gasket again.", "Oil leak.", "An oil leak."]
    assert describe(texts, ["P01", "P01", "P02", "P03"], np.zeros(4, int)) == [
        ("leak, oil", "Oil leak")
    ]


def test_a_talkative_person_does_not_outweigh_the_others():
    # P01 says "paint" sixteen times, which weighs 4, and P02 once; four people say "gear" once.
    texts = ["Paint."] * 16 + ["Paint."] + ["Gear."] * 4
    who = ["P01"] * 16 + ["P02"] + ["P03", "P04", "P05", "P06"]
    told = read(texts)
    counted = words.count(told, who, np.zeros(21, int))
    assert counted.weights[0] == {"gear": 4.0, "paint": 5.0}
    assert counted.people[0] == {"gear": 4, "paint": 2}


def test_c_tf_idf_by_hand():
    # A = (4 + 2) / 2 = 3; bike: f = 3, log(1 + 0.5 / 3.5); lamp: f = 2, log(1 + 1.5 / 2.5).
    first, second = words.c_tf_idf([{"bike": 2.0, "lamp": 2.0}, {"bike": 1.0, "bell": 1.0}])
    assert first["bike"] == pytest.approx(0.5 * np.log(1 + 0.5 / 3.5))
    assert first["lamp"] == pytest.approx(0.5 * np.log(1 + 1.5 / 2.5))
    assert second["bell"] == pytest.approx(0.5 * np.log(1 + 2.5 / 1.5))


def test_what_is_said_everywhere_names_nothing():
    texts = ["Bike, bell.", "Bike, bell.", "Bike, lamp.", "Bike, lamp."] + ["Bike."] * 6
    who = ["P01", "P02"] * 5
    assert names(texts, who, [0, 0, 1, 1] + [-1] * 6) == ["Bell", "Lamp"]


def test_words_that_stand_together_make_one_part_of_a_name():
    texts = ["The test ride was short.", "We loved that test ride."]
    assert names(texts, ["P01", "P02"], [0, 0]) == ["Test ride"]
    # A full stop between them keeps them apart.
    texts = ["They test. Ride it.", "They test. Ride it."]
    assert names(texts, ["P01", "P02"], [0, 0]) == ["Ride, test"]


def test_forms_of_a_word_count_together_and_the_commonest_is_shown():
    texts = ["Brakes.", "Brakes.", "Braking."]
    assert names(texts, ["P01", "P02", "P03"], [0, 0, 0]) == ["Brakes"]


@pytest.mark.parametrize(
    "text",
    [
        "[wife] [wife]", "P01 P02", "P03's", "um erm, y'know", "I'm, didn't", "x = 1 + 2; 007",
        "<script>alert</script>"[:8], "https://example.org/secret", "me@example.org", "&nbsp;",
        "\u202e\u200b\ufeff", "😂😂", "twenty-nine eighty", "[name of a child]",
    ],
)  # fmt: skip
def test_hostile_and_empty_words_are_in_no_name(text):
    assert describe([text, text], ["P01", "P02"], np.zeros(2, int)) == [("", "")]


def test_a_name_holds_letters_only():
    text = '=cmd|"/C calc"!A1 <img src=x onerror=alert(1)> Invoice\x00 invoice\u2028 {{7*7}} $(rm)'
    [(own, name)] = describe([text, text], ["P01", "P02"], np.zeros(2, int))
    assert "nvoice" in name
    assert set("".join((own, name))) <= set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ, "
    )


def test_a_participants_id_of_letters_is_no_word():
    assert names(["Ines lamp.", "Ines lamp."], ["ines", "P02"], [0, 0]) == ["Lamp"]


def test_two_themes_never_have_one_name():
    texts = ["Bell.", "Bell."] * 3
    assert names(texts, ["P01", "P02"] * 3, [0, 0, 1, 1, 2, 2]) == ["Bell", "Bell (2)", "Bell (3)"]


def test_names_are_of_things_where_it_is_known_what_is_one():
    texts = ["Squealed. Brakes.", "Squealed. Brakes.", "Squealed.", "Squealed."]
    texts += ["Gate. Lamp. Sack. Tree. Wall. Door. Roof."] * 2
    who, labels = ["P01", "P02", "P03", "P04", "P01", "P02"], [0, 0, 0, 0, -1, -1]
    assert names(texts, who, labels) == ["Squealed, brakes"]
    known = {"brakes": 1.0, "squealed": 0.0}
    assert names(texts, who, labels, nouns=lambda texts: known) == ["Brakes, squealed"]


def test_a_word_far_from_the_centre_stands_in_no_name():
    texts, who = ["Lamp bell.", "Lamp, bell."], ["P01", "P02"]
    places = {"lamp": [1.0, 0.0], "bell": [-1.0, 0.0], "Lamp": [1.0, 0.0]}

    def encode(forms):
        return np.array([places.get(f, [0.0, 1.0]) for f in forms], np.float32)

    centre = np.array([[1.0, 0.0]], np.float32)
    assert describe(texts, who, np.zeros(2, int), centre, encode) == [("lamp, bell", "Lamp")]


def test_the_order_of_units_does_not_matter():
    texts = ["Brake pads.", "Brake cable.", "Bank fee.", "Bank deposit.", "Hello there, bank."]
    who, labels = ["P01", "P02", "P01", "P03", "P02"], np.array([0, 0, 1, 1, 1])
    order = [4, 2, 0, 3, 1]
    assert describe([texts[i] for i in order], [who[i] for i in order], labels[order]) == describe(
        texts, who, labels
    )
