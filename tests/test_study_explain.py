"""A study explains its quotes, keeps the answers with its other vectors, and can forget them."""

import sqlite3
from contextlib import closing

import pytest

from journeyqual import open_study
from journeyqual.errors import SchemaError
from journeyqual.models import vectors
from tests.reports.real_study import make_study

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    one = open_study(make_study(tmp_path_factory.mktemp("explained") / "study"))
    yield one
    one.close()


def kept(study):
    with closing(sqlite3.connect(study.vectors / vectors.FILE)) as cache:
        found = cache.execute("SELECT COUNT(*) FROM vectors WHERE encoder LIKE 'words%'")
        return found.fetchone()[0]


def test_every_quote_is_explained_where_its_words_stand(study):
    quotes = study.quotes().drop_duplicates("unit_id").set_index("unit_id")
    moved = study.moved()
    assert set(moved["unit_id"]) == set(quotes.index)
    read = study.resolved().set_index("unit_id")["machine_valence"]
    for unit, own in moved.groupby("unit_id"):
        text = quotes.loc[unit, "text"]
        words = [text[r.start : r.end] for r in own.itertuples()]
        assert words == text.split()
        assert own["valence"].unique().tolist() == [read[unit]]
    assert moved["shift"].abs().max() > 0.05


def test_answers_lie_with_the_other_vectors_and_go_with_their_words(study):
    quote = study.quotes().iloc[0]
    study.explain(quote["unit_id"])
    found = list((study.folder / "cache").rglob("*.sqlite"))
    assert found == [study.vectors / vectors.FILE]
    before = kept(study)
    units = study.units()
    own = units[units["interview"] == quote["interview"]].sort_values("order")["text"].tolist()
    at = own.index(quote["text"])
    vectors.forget([own[at - 1 if at else at + 1]], study.vectors)
    assert kept(study) < before
    vectors.forget(units["text"].tolist(), study.vectors)
    assert kept(study) == 0


def test_a_unit_of_no_interview_is_named(study):
    with pytest.raises(SchemaError, match="no unit 'nobody'"):
        study.explain("nobody")
