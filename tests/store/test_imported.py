"""What came from another program is kept in its order and replaced in its place, in both stores."""

import pytest

from journeyqual.interchange import export_study, import_file
from journeyqual.store import Store
from journeyqual.store.imported import Kept
from journeyqual.study import open_study
from tests.interchange.made import PRICE, WORDS, coding, fresh, placed, selection, simple


def test_things_stay_in_order_and_are_replaced_where_they_stood(store):
    store.imported.keep([Kept("code", "b", {"color": "#ff0000"}), Kept("code", "a", {"n": 1})])
    store.imported.keep([Kept("code", "b", {"color": "#00ff00"}), Kept("note", "b", {})])
    kept = store.imported.all("code")
    assert [(one.key, one.content) for one in kept] == [
        ("b", {"color": "#00ff00"}), ("a", {"n": 1})
    ]  # fmt: skip


def test_what_belongs_to_an_interview_says_so(store):
    store.imported.keep([Kept("source", "P01", {}, "P01"), Kept("note", "n", {})])
    owners = [one.interview for kind in ("source", "note") for one in store.imported.all(kind)]
    # Erasure looks for an interview's rows by that column.
    assert owners == ["P01", ""]


def test_any_letters_are_kept_and_blank_things_too(store):
    store.imported.keep([Kept("note", "ä\U0001f602", {"text": "\u2028 'x' \\ %s :y", "at": ""})])
    assert store.imported.all("note") == [
        Kept("note", "ä\U0001f602", {"text": "\u2028 'x' \\ %s :y", "at": ""})
    ]


@pytest.mark.slow
def test_a_project_goes_through_a_teams_database_byte_for_byte(tmp_path, database, monkeypatch):
    at = WORDS.index("dear")
    note = "99999999-0000-4000-8000-000000000001"
    rest = (
        f'<Notes><Note guid="{note}" name="Plan"><PlainTextContent>twelve talks 😀'
        f'</PlainTextContent></Note></Notes><Sets><Set guid="{note[:-1]}2" name="money">'
        f'<MemberCode targetGUID="{PRICE}"/></Set></Sets>'
    )
    path = simple(tmp_path / "p.qdpx", selection(1, at, at + 4, coding(1, PRICE)), rest=rest)
    alone = fresh(tmp_path / "alone")
    import_file(alone, path)
    export_study(alone, "qdpx", tmp_path / "alone.qdpx")
    Store(database).close()
    monkeypatch.setenv("JOURNEYQUAL_STORE", database)
    fresh(tmp_path / "team").close()
    with (tmp_path / "team" / "study.toml").open("a") as file:
        file.write('\n[store]\nurl = "$JOURNEYQUAL_STORE"\n')
    team = open_study(tmp_path / "team")
    first, second = import_file(team, path), import_file(team, path)
    export_study(team, "qdpx", tmp_path / "team.qdpx")
    assert (first.added, second.added, first.refused) == (1, 0, [])
    assert placed(team) == placed(alone)
    assert team.store.imported.all("set") == alone.store.imported.all("set") != []
    assert not (tmp_path / "team" / "store" / "study.sqlite").exists()
    team.close()
    alone.close()
    assert (tmp_path / "team.qdpx").read_bytes() == (tmp_path / "alone.qdpx").read_bytes()
