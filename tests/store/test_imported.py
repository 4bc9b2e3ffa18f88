"""What came from another program is kept in its order, and replaced in its place."""

from journeyqual.store import Store
from journeyqual.store.imported import Kept


def test_things_stay_in_order_and_are_replaced_where_they_stood(tmp_path):
    store = Store(tmp_path / "s.sqlite")
    store.imported.keep([Kept("code", "b", {"color": "#ff0000"}), Kept("code", "a", {"n": 1})])
    store.imported.keep([Kept("code", "b", {"color": "#00ff00"}), Kept("note", "b", {})])
    kept = store.imported.all("code")
    store.close()
    assert [(one.key, one.content) for one in kept] == [
        ("b", {"color": "#00ff00"}), ("a", {"n": 1})
    ]  # fmt: skip


def test_what_belongs_to_an_interview_says_so(tmp_path):
    store = Store(tmp_path / "s.sqlite")
    store.imported.keep([Kept("source", "P01", {}, "P01"), Kept("note", "n", {})])
    owners = [one.interview for kind in ("source", "note") for one in store.imported.all(kind)]
    store.close()
    # Erasure looks for an interview's rows by that column.
    assert owners == ["P01", ""]
