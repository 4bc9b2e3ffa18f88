"""A participant's rows leave a database of either kind."""

from journeyqual.erasure.words import sequences
from tests.store.made import interview

WORDS = {
    "P01": "The brown crate rattled loose before anybody had fastened its second wooden lid.",
    "P02": "My quiet neighbour repaired seventeen lanterns while rain fell over the orchard.",
}


def said_by(person):
    return sequences([WORDS[person]])


def test_either_database_forgets(store):
    store.add_interviews([interview("i1", "P01", (WORDS["P01"],))], source="a", sha256="a")
    store.add_interviews([interview("i2", "P02", (WORDS["P02"],))], source="b", sha256="b")
    assert store.erasure.erase("P01") > 0
    texts = [text for _, text in store.erasure.texts()]
    assert said_by("P01").isdisjoint(sequences(texts))
    assert not said_by("P02").isdisjoint(sequences(texts))
    assert store.erasure.erase("P01") == 0
