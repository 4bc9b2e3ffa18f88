"""The shipped coder of feeling on talk that a list of good and bad words misreads."""

import re
import tomllib
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from journeyqual.codebook import from_dict
from journeyqual.coding.explain import words_that_moved
from journeyqual.coding.feeling import FeelingCoder
from tests.coding.feeling_cases import CASES, interviews, judged

pytestmark = pytest.mark.model

HERE = Path(__file__).parent
BOOK = from_dict({"name": "x", "stage": [{"name": "use"}]})


@cache
def coder():
    return FeelingCoder.shipped()


def talks(interviews):
    """Units of several interviews as one table."""
    rows = [
        {"unit_id": f"{n}/{k}", "interview": f"i{n}", "order": k, "text": text}
        for n, texts in enumerate(interviews)
        for k, text in enumerate(texts)
    ]
    return pd.DataFrame(rows)


def read(*texts):
    """Valence of each text, said by somebody who says nothing else."""
    return coder().code(talks([[t] for t in texts]), BOOK)["valence"].to_numpy()


@pytest.fixture(scope="module")
def right():
    units = talks([texts for texts, _ in interviews()])
    out = coder().code(units, BOOK).set_index(units["unit_id"])["valence"]
    return judged([out[f"{n}/{at}"] for n, (_, at) in enumerate(interviews())])


def test_a_lexicon_misreads_every_case():
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    vader = SentimentIntensityAnalyzer()
    compound = np.array([vader.polarity_scores(c["text"])["compound"] for c in CASES])
    # The lexicon's customary bounds of "no feeling" are narrower than ours.
    by_lexicon = judged(np.where(np.abs(compound) < 0.05, 0.0, compound * 9))
    assert {kind: sum(each) for kind, each in by_lexicon.items()} == dict.fromkeys(by_lexicon, 0)


def test_kinds_are_all_there():
    kinds = {
        "reported", "negation", "hedge", "intensity", "irony", "flat_bad", "flat_good",
        "hypothetical", "wished", "recovery", "quoted", "past_other", "lexical_trap",
    }  # fmt: skip
    assert {c["kind"] for c in CASES} == kinds
    assert len({c["text"] for c in CASES}) == len(CASES)


LEAST = {
    "flat_bad": 6, "flat_good": 2, "hedge": 5, "hypothetical": 3, "intensity": 4,
    "lexical_trap": 4, "negation": 3, "quoted": 5, "recovery": 1, "reported": 4, "wished": 6,
}  # fmt: skip
"""Cases of nine that were read right when the network was made, less two.

Of irony and a former provider two or fewer were: nothing there to hold, see the card.
"""


@pytest.mark.parametrize("kind", sorted(LEAST))
def test_hard_cases_are_read_as_measured(right, kind):
    assert sum(right[kind]) >= LEAST[kind]


def test_of_all_hard_cases_so_many_are_read_right(right):
    assert len(right) == 13
    assert np.mean([x for each in right.values() for x in each]) > 0.52


@pytest.mark.parametrize(
    ("mine", "not_mine"),
    [
        ("I hated the new counter.", "My neighbour hated the new counter."),
        ("It was a complete nightmare.", "It could have been a complete nightmare."),
        ("I was thrilled with it.", "I would be thrilled with it if it worked offline."),
        ("I'm delighted with the app.", "The advert said people are delighted with the app."),
    ],
)
def test_what_is_not_the_speakers_own_or_not_so_is_felt_less(mine, not_mine):
    own, other = np.abs(read(mine, not_mine))
    assert other < own - 0.15


@pytest.mark.parametrize(
    ("mild", "strong"),
    [
        pytest.param(
            "It was a bit annoying.",
            "It was an absolute nightmare from start to finish.",
            marks=pytest.mark.xfail(strict=True, reason="a nightmare is read too mildly"),
        ),
        ("The staff were fine.", "The staff were absolutely wonderful."),
        pytest.param(
            "I was slightly worried.",
            "I was terrified.",
            marks=pytest.mark.xfail(strict=True, reason="fear is read too mildly"),
        ),
    ],
)
def test_strength_is_told_apart(mild, strong):
    near, far = read(mild, strong)
    assert np.sign(near) == np.sign(far)
    assert abs(far) > abs(near) + 0.1


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("It is not bad at all.", "It is bad at all."),
        pytest.param(
            "It never let me down.",
            "It let me down.",
            marks=pytest.mark.xfail(strict=True, reason="without it the loss is read too mildly"),
        ),
    ],
)
def test_negation_turns_the_reading(text, without):
    turned, plain = read(text, without)
    assert plain < -0.2 < 0.1 < turned


def test_the_words_before_decide_what_again_means():
    ends = "And then it just did it again."
    bad = talks(
        [["The card reader crashed in the middle of the queue.", "I was so annoyed.", ends]]
    )
    good = talks([["It found the cheapest fare by itself.", "I was so pleased.", ends]])
    after_bad, after_good = (coder().code(t, BOOK)["valence"].iloc[-1] for t in (bad, good))
    assert after_bad < after_good - 0.1


def test_a_unit_is_read_to_the_same_bits_in_any_company():
    some = talks([[c["text"], *c["after"]] for c in CASES[:12]])
    whole = coder().code(some, BOOK)
    for name, rows in some.groupby("interview"):
        alone = coder().code(rows.reset_index(drop=True), BOOK)
        mine = whole[some["interview"] == name].reset_index(drop=True)
        pd.testing.assert_frame_equal(alone, mine, check_exact=True)


def test_words_that_a_person_would_point_at_moved_it(tmp_path):
    said = [
        ("The nurse was wonderful and the tea was warm.", "wonderful", 1),
        ("The invoice came on Friday and it was totally wrong.", "wrong.", -1),
        ("I was furious with the man at the desk.", "furious", -1),
    ]
    units = talks([[text] for text, _, _ in said])
    moved = words_that_moved(units, units["unit_id"], coder=coder(), cache=tmp_path)
    for unit, (_, word, way) in zip(units["unit_id"], said, strict=True):
        own = moved[moved["unit_id"] == unit]
        most = own.loc[(own["shift"] * way).idxmax()]
        assert most["word"] == word
        assert most["shift"] * way > 0.1


def test_a_person_swapped_moves_it_little():
    """``benchmarks/valence_bias.py`` has all names and every kind of swap; the bar is .05."""
    path = HERE.parents[1] / "benchmarks" / "valence_bias.toml"
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    names = [group[0] for group in data["names"]["groups"].values()]
    sentences = data["names"]["sentences"]
    by_name = read(*(s.replace("{name}", n) for s in sentences for n in names))
    by_name = by_name.reshape(len(sentences), len(names))
    pairs = data["gender"]["pairs"]
    by_gender = read(*(p[form] for p in pairs for form in ("she", "he", "they"))).reshape(-1, 3)
    for table, most in ((by_name, 0.05), (by_gender, 0.065)):
        pairs = [
            np.abs(table[:, a] - table[:, b]) for a, b in combinations(range(table.shape[1]), 2)
        ]
        assert np.mean(pairs) < most


@pytest.mark.parametrize("text", ["word " * 5000, "😀 " * 50, "\u202e!!!", "a" * 3000])
def test_odd_text_has_a_finite_valence_and_says_how_unsure_it_is(text):
    out = coder().code(talks([[text]]), BOOK).iloc[0]
    assert np.isfinite(out["valence"])
    assert 0 <= out["valence_sd"] <= 1
    assert re.fullmatch(r"[a-z|]+", out["emotions_fine"])


def test_another_language_is_owned_to_be_unknown():
    out = (
        coder()
        .code(
            talks([["Die Lieferung kam drei Wochen zu spät und niemand hat sich entschuldigt."]]),
            BOOK,
        )
        .iloc[0]
    )
    assert (out["valence_sd"], out["emotion_confidence"]) == (1, 0)
