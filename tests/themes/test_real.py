"""BERTopic and MiniLM themselves: thirty interviews and one more, the same bytes twice."""

import itertools

import numpy as np
import pandas as pd
import pytest

from journeyqual.models import load_encoder
from journeyqual.themes import assign, discover, words

pytestmark = pytest.mark.model

# Sentences that differ as people's do: one of each column, another pairing for every participant.
PHRASES = {
    "brakes": (
        ["The front brake", "That back brake", "One of the brake pads", "The brake lever"],
        ["squealed all the way down the hill", "had worn right through", "felt soft and spongy",
         "rubbed against the rim", "went slack after a fortnight"],
    ),
    "invoice": (
        ["The invoice", "My monthly bill", "The amount on the statement", "Their direct debit"],
        ["was higher than we had agreed", "came out twice", "showed a fee that nobody explained",
         "had the wrong address on it", "was impossible to understand"],
    ),
    "app": (
        ["The app", "The sign-in screen", "Pairing it with my phone", "The map in the app"],
        ["froze and I had to start again", "kept asking for my password",
         "would not connect to Bluetooth", "crashed after the update", "took four attempts"],
    ),
    "school": (
        ["Dropping the children at school", "The school run", "Getting both kids to nursery",
         "The playground at pick-up time"],
        ["takes half as long with the box in front", "is the best part of my morning",
         "used to mean sitting in traffic", "is where all the parents look at it",
         "got easier in the rain, oddly"],
    ),
}  # fmt: skip


def talk(people):
    rows = []
    for place, person in enumerate(people):
        for topic, (first, second) in PHRASES.items():
            pairs = list(itertools.product(first, second))
            for turn in range(3):
                a, b = pairs[(7 * place + 3 * turn) % len(pairs)]
                text = f"{a} {b}, [wife] told {person}."
                rows.append((f"{person}-{topic}-{turn}", person, text))
    return pd.DataFrame(rows, columns=["unit_id", "participant", "text"])


@pytest.fixture(scope="module")
def encoder():
    return load_encoder()


@pytest.fixture(scope="module")
def old():
    return talk([f"P{n:02d}" for n in range(30)])


@pytest.fixture(scope="module")
def found(old, encoder):
    return discover(
        old, encoder.encode(old["text"].tolist()), "using", seed=7,
        encode=encoder.encode, nouns=words.noun_shares,
    )  # fmt: skip


def test_each_theme_is_of_one_topic_and_most_units_have_one(found):
    own = found.units[found.units["theme"] != ""]
    topics = own.groupby("theme")["unit_id"].agg(lambda ids: {u.split("-")[1] for u in ids})
    assert (topics.map(len) == 1).all()
    assert set.union(*topics) == set(PHRASES)
    assert len(own) > 0.7 * len(found.units)
    assert (found.themes["n_participants"] >= 3).all()


def test_names_are_words_of_the_topic_and_nobodys_name(found):
    names = " ".join(found.themes["name"]).lower()
    for word in ("brake", "invoice", "app", "school"):
        assert word in names
    assert "wife" not in names
    assert not any(character.isdigit() for character in names)
    assert found.themes["name"].is_unique


def test_one_interview_more_moves_no_old_unit(found, old, encoder):
    units = pd.concat([old, talk(["P77"])], ignore_index=True)
    number, _ = assign(encoder.encode(units["text"].tolist()), found.centroids, found.thresholds)
    names = np.array([*found.themes["theme"], ""], dtype=object)
    after = pd.Series(names[number], index=units["unit_id"])
    before = found.units.set_index("unit_id")["theme"]
    assert (after[before.index] == before).all()
    assert (after[~after.index.isin(before.index)] != "").sum() >= 4


def test_the_same_units_in_another_order_give_the_same_bytes(found, old, encoder):
    order = np.random.default_rng(3).permutation(len(old))
    mixed = old.iloc[order]
    again = discover(
        mixed, encoder.encode(mixed["text"].tolist()), "using", seed=7,
        encode=encoder.encode, nouns=words.noun_shares,
    )  # fmt: skip
    pd.testing.assert_frame_equal(again.themes, found.themes)
    pd.testing.assert_frame_equal(again.units, found.units)
    assert again.centroids.tobytes() == found.centroids.tobytes()


def test_a_stage_of_forty_units_has_themes(old, encoder):
    few = old[old["participant"].isin([f"P{n:02d}" for n in range(7)])]
    few = few[few["unit_id"].str.contains("brakes|invoice")]
    made = discover(few, encoder.encode(few["text"].tolist()), "using")
    assert len(few) == 42
    assert len(made.themes) >= 2


def test_vectors_that_gather_nowhere_are_no_themes_or_of_several_people():
    rng = np.random.default_rng(0)
    texts = [f"{a} {b}" for a, b in itertools.product("lamp gate sack tree".split(), repeat=2)] * 4
    units = pd.DataFrame(
        {"unit_id": [f"u{i}" for i in range(64)], "participant": [f"P{i % 5}" for i in range(64)],
         "text": texts}
    )  # fmt: skip
    noise = rng.normal(size=(64, 384)).astype(np.float32)
    made = discover(units, noise / np.linalg.norm(noise, axis=1, keepdims=True), "using")
    assert (made.themes["n_participants"] >= 2).all()
    same = np.tile(noise[:1] / np.linalg.norm(noise[0]), (64, 1))
    made = discover(units, same, "using")
    assert len(made.themes) <= 1


def test_the_weights_are_bertopics():
    from bertopic.vectorizers import ClassTfidfTransformer
    from scipy.sparse import csr_matrix

    counts = np.array([[4.0, 1.0, 0.0, 2.0], [0.0, 3.0, 5.0, 2.0], [1.0, 0.0, 0.0, 6.0]])
    theirs = ClassTfidfTransformer(bm25_weighting=True).fit(csr_matrix(counts))
    theirs = theirs.transform(csr_matrix(counts)).toarray()
    rows = [{str(w): n for w, n in enumerate(row) if n} for row in counts]
    for mine, row, given in zip(words.c_tf_idf(rows), theirs, counts, strict=True):
        for word, weight in mine.items():
            # Theirs takes whole numbers for the mean, and drops below nothing what is everywhere.
            if row[int(word)] > 0.01 * given[int(word)] / given.sum():
                assert weight == pytest.approx(row[int(word)], rel=0.05)


def test_a_missing_pipeline_is_one_clear_error():
    from journeyqual.errors import ModelError

    with pytest.raises(ModelError, match="xx_not_there is not installed"):
        words.noun_shares(["One."], model="xx_not_there")
