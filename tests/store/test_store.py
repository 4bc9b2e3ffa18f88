"""What a store of either kind promises; what is a file's alone, or a server's, stands beside."""

import pandas as pd
import pytest
import sqlalchemy as sa

from journeyqual.errors import StoreError
from journeyqual.store import Store, tables
from tests.store.made import codings, interview, moves, span


def test_what_goes_in_comes_out(store):
    one = interview()
    store.add_interviews([one], source="s", sha256="h")
    pd.testing.assert_frame_equal(store.units(), one.units)
    pd.testing.assert_frame_equal(store.turns(), one.turns)
    assert store.texts(["i1"]) == {"i1": one.text}
    assert store.interviews()["participant"].tolist() == ["P01"]


def test_units_of_the_store_are_where_the_stored_text_says(store):
    store.add_interviews([interview()], source="s", sha256="h")
    text = store.texts(["i1"])["i1"]
    for row in store.units().itertuples():
        assert text[row.start_char : row.end_char] == row.text


def test_an_interview_is_frozen(store):
    store.add_interviews([interview()], source="s", sha256="h")
    with pytest.raises(StoreError, match="already stored"):
        store.add_interviews([interview(said=("Other.",))], source="t", sha256="g")
    assert "broke" in store.texts(["i1"])["i1"]


def test_the_interviews_of_a_file_are_stored_all_or_none(store):
    store.add_interviews([interview("b")], source="s", sha256="h")
    with pytest.raises(StoreError):
        store.add_interviews([interview("a"), interview("b")], source="t", sha256="g")
    assert store.interviews()["interview"].tolist() == ["b"]


def test_codings_are_only_added(store):
    one = interview()
    store.add_interviews([one], source="s", sha256="h")
    assert store.add_codings(codings(one.units, "model:m@1")) == 2
    assert store.add_codings(codings(one.units, "human:ana", value="buying")) == 2
    out = store.codings()
    assert out["value"].tolist() == ["using", "using", "buying", "buying"]
    assert out["status"].tolist() == ["suggested"] * 2 + ["accepted"] * 2
    assert (out["coded_at"] != "").all()


def test_machine_codings_are_kept_apart_by_coder_and_codebook(store):
    one = interview()
    store.add_interviews([one], source="s", sha256="h")
    for coder, version in (("model:m@1", "1+abc"), ("model:m@2", "1+abc"), ("model:m@2", "2+def")):
        store.add_codings(codings(one.units.iloc[:1], coder, version=version))
    store.add_codings(codings(one.units.iloc[:1], "human:ana", version="1"))
    kept = store.codings(coders=["model:m@2"], codebook="def")
    assert kept["coder"].tolist() == ["model:m@2", "human:ana"]


def test_a_coding_of_an_unknown_unit_adds_nothing(store):
    one = interview()
    store.add_interviews([one], source="s", sha256="h")
    rows = codings(one.units, "human:ana")
    rows.loc[1, "unit_id"] = "nobody"
    with pytest.raises(StoreError, match="does not have"):
        store.add_codings(rows)
    assert store.codings().empty


def test_uncoded_is_what_a_key_has_not_been_over(store):
    for name in ("a", "b"):
        store.add_interviews([interview(name)], source=name, sha256=name)
    first = store.units(["a"])
    store.add_codings(codings(first, "model:m@1"), done=(["a"], "key1"))
    assert store.uncoded("key1") == ["b"]
    assert store.uncoded("key2") == ["a", "b"]
    store.add_codings(codings(first, "model:m@1"), done=(["a"], "key1"))
    assert store.uncoded("key1") == ["b"]


def test_units_that_people_coded_are_found_whatever_machines_say(store):
    one = interview()
    store.add_interviews([one], source="s", sha256="h")
    store.add_codings(codings(one.units, "model:m@1"))
    assert store.units(coded_by_people=True).empty
    store.add_codings(codings(one.units.iloc[1:], "human:ana"))
    found = store.units(coded_by_people=True)
    pd.testing.assert_frame_equal(found, one.units.iloc[1:].reset_index(drop=True))
    assert store.units(["other"], coded_by_people=True).empty


def test_signatures_are_those_under_one_codebook(store):
    one = interview()
    store.add_interviews([one], source="s", sha256="h")
    for coder, version in (
        ("model:m@1+study1a2b", "1+abc"), ("model:m@1", "1+abc"), ("model:m@1+studyffff", "2+def"),
    ):  # fmt: skip
        store.add_codings(codings(one.units, coder, version=version))
    store.add_codings(codings(one.units, "human:ana", version="1"))
    assert store.signatures("abc") == ["model:m@1", "model:m@1+study1a2b"]
    assert store.signatures("bc") == []


def test_state_moves_with_every_addition(store):
    seen = {store.state()}
    one = interview()
    store.add_interviews([one], source="s", sha256="h")
    seen.add(store.state())
    store.add_codings(codings(one.units, "model:m@1"))
    seen.add(store.state())
    assert len(seen) == 3


def test_refusals_go_when_the_file_is_read_after_all(store):
    store.refuse("s", "h", "empty")
    store.refuse("s", "h2", "still empty")
    assert store.refusals()["reason"].tolist() == ["still empty"]
    store.add_interviews([interview()], source="s", sha256="h3")
    assert store.refusals().empty


def test_the_ledger_counts_up(store):
    values = {
        "started_at": "2026-01-01T00:00:00+00:00",
        "finished_at": "2026-01-01T00:00:01+00:00",
        "outcome": "done",
        "interviews_in": 1,
        "units_coded": 2,
        "refused": 0,
    }
    assert [store.add_run(**values, detail={"seed": 1}), store.add_run(**values)] == [1, 2]
    assert store.runs()["detail"].tolist() == ['{"seed": 1}', "{}"]


def test_a_file_that_is_no_store_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "study.sqlite"
    path.write_bytes(b"not a database at all, but a text of some length" * 40)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="cannot be opened"):
        Store(path)
    assert path.read_bytes() == before


def test_a_store_from_the_future_is_refused(store, address):
    with store._db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer journeyqual"):
        Store(address)


def test_a_store_opened_again_is_the_same(store, address):
    store.add_interviews([interview()], source="s", sha256="h")
    again = Store(address)
    assert again.state() == store.state()
    assert again.texts(["i1"]) == store.texts(["i1"])
    again.close()


def test_an_action_that_is_sent_twice_is_stored_once(store):
    one = interview()
    store.add_interviews([one], source="s", sha256="h")
    rows = codings(one.units, "human:ana")
    assert [store.add_codings(rows, action="a1"), store.add_codings(rows, action="a1")] == [2, 0]
    assert store.add_codings(rows, action="a2") == 2
    assert store.codings()["action"].tolist() == ["a1", "a1", "a2", "a2"]


def test_rows_without_an_action_are_never_taken_for_the_same(store):
    one = interview()
    store.add_interviews([one], source="s", sha256="h")
    rows = codings(one.units, "model:m@1")
    assert [store.add_codings(rows), store.add_codings(rows)] == [2, 2]


def test_a_large_action_is_stored_once_too(store):
    one = interview()
    store.add_interviews([one], source="s", sha256="h")
    rows = pd.concat([codings(one.units, "human:ana")] * 600, ignore_index=True)
    assert [store.add_codings(rows, action="a1"), store.add_codings(rows, action="a1")] == [1200, 0]
    assert len(store.codings()) == 1200


def test_what_is_taken_back_stays_and_names_what_it_undoes(store):
    one = interview()
    store.add_interviews([one], source="s", sha256="h")
    unit = one.units.iloc[:1]
    store.add_codings(codings(unit, "human:ana"), action="a1")
    back = codings(unit, "human:ana", value="")
    store.add_codings(back, action="a2", undoes="a1", origin="clear")
    out = store.codings()
    assert out["value"].tolist() == ["using", ""]
    assert out["undoes"].tolist() == ["", "a1"]
    assert out["origin"].tolist() == ["", "clear"]
    assert out["id"].is_monotonic_increasing


def test_an_origin_may_differ_from_row_to_row(store):
    one = interview()
    store.add_interviews([one], source="s", sha256="h")
    store.add_codings(codings(one.units, "human:ana"), action="a", origin=["merge", ""])
    assert store.codings()["origin"].tolist() == ["merge", ""]


def test_what_a_coding_says_comes_back_as_it_was(store):
    one = interview()
    store.add_interviews([one], source="s", sha256="h")
    rows = codings(one.units, "model:m@1").assign(
        confidence=[0.25, None], status=["rejected", ""], memo=["100 % \U0001f602 'so' \n\\", ""]
    )
    store.add_codings(rows)
    out = store.codings()
    assert out["confidence"].iloc[0] == 0.25
    assert out["confidence"].isna().tolist() == [False, True]
    assert out["status"].tolist() == ["rejected", "suggested"]
    assert out["memo"].tolist() == rows["memo"].tolist()


def test_codings_of_some_interviews(store):
    for name in ("a", "b"):
        one = interview(name)
        store.add_interviews([one], source=name, sha256=name)
        store.add_codings(codings(one.units, "human:ana", value=name))
    assert set(store.codings(interviews=["b"])["value"]) == {"b"}
    assert store.codings(interviews=[]).empty


def test_half_a_character_is_refused_in_one_line(store):
    one = interview()
    store.add_interviews([one], source="s", sha256="h")
    with pytest.raises(StoreError, match="half a character"):
        store.add_codings(codings(one.units, "human:ana").assign(memo="\ud83d"))
    assert store.codings().empty


def test_spans_overlap_and_stand_apart_from_segments(store):
    one = interview(said=("It broke \U0001f602 on Monday.", "Then they mended it."))
    store.add_interviews([one], source="s", sha256="h")
    marked = pd.concat([span(one, "broke \U0001f602 on"), span(one, "on Monday")])
    store.add_spans(marked)
    store.add_spans(marked.iloc[:1])
    assert store.units(kind="span")["text"].tolist() == ["broke \U0001f602 on", "on Monday"]
    pd.testing.assert_frame_equal(store.units(), one.units)
    store.add_codings(codings(marked.iloc[:1], "human:ana"))
    found = store.units(["i1"], kind="span", coded_by_people=True)
    assert found["text"].tolist() == ["broke \U0001f602 on"]


def test_a_span_must_be_of_a_stored_interview_and_of_its_words(store):
    one = interview()
    store.add_interviews([one], source="s", sha256="h")
    with pytest.raises(StoreError, match="does not have"):
        store.add_spans(span(interview("i2"), "broke"))
    with pytest.raises(StoreError, match="corrected meanwhile"):
        store.add_spans(span(one, "broke").assign(text="broken"))
    assert store.units(kind="span").empty


def test_state_moves_with_spans_draws_and_late_codings(store):
    one = interview()
    store.add_interviews([one], source="s", sha256="h")
    seen = [store.state()]
    store.add_spans(span(one, "broke"))
    seen.append(store.state())
    draw = pd.DataFrame({"unit_id": one.units["unit_id"], "probability": 0.5, "place": 1})
    store.people.add_draw(draw, kind="stratified", seed=1)
    seen.append(store.state())
    # Of two writers, the one who began first may be done last: its ids are the lower ones.
    store.add_codings(codings(one.units, "human:ana"))
    with store._db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE codings SET id = id + 10"))
    seen.append(store.state())
    with store._db.engine.begin() as connection:
        row = {"id": 1, "unit_id": one.units["unit_id"].iloc[0], "dimension": "stage", "value": ""}
        row |= dict.fromkeys(("coder", "status", "memo", "coded_at", "codebook_version"), "")
        connection.execute(tables.codings.insert().values(row))
    seen.append(store.state())
    assert len(set(seen)) == 5


def test_names_are_in_the_same_order_wherever_they_are_stored(store):
    # A dictionary has a before B, and é beside e; sorted by code point, capitals come first.
    names = ["B", "a", "é", "f", "A-1", "A1", "a b"]
    for name in names:
        store.add_interviews([interview(name)], source=name, sha256="h")
        store.refuse(f"{name}!", "h", "empty")
    assert store.interviews()["interview"].tolist() == sorted(names)
    assert store.units()["interview"].drop_duplicates().tolist() == sorted(names)
    assert store.turns()["interview"].drop_duplicates().tolist() == sorted(names)
    assert store.uncoded("key") == sorted(names)
    assert store.refusals()["source"].tolist() == sorted(f"{name}!" for name in names)


def test_many_rows_at_once(store):
    one = interview(said=[f"It broke on day {n}." for n in range(1_200)])
    store.add_interviews([one], source="s", sha256="h")
    assert store.add_codings(codings(one.units, "model:m@1")) == 1_200
    assert store.codings()["unit_id"].tolist() == one.units["unit_id"].tolist()
    pd.testing.assert_frame_equal(store.units(), one.units)


def test_codings_of_some_units_are_those_that_are_there_today(store):
    old = interview(said=("One.", "Two."))
    store.add_interviews([old], source="s", sha256="h")
    store.add_codings(codings(old.units, "human:ana").assign(value=["one", "two"]))
    new = interview(said=("Zero.", "One.", "Two."))
    store.correct(new, moves(old.units, new.units), source="s", sha256="h2")
    two = new.units["unit_id"].iloc[2]
    assert store.codings(units=[two])["value"].tolist() == ["two"]
    assert store.codings(units=[two])["unit_id"].tolist() == [two]
    assert store.codings(units=[]).empty


def test_a_coders_actions_in_an_interview_oldest_first(store):
    for name in ("a", "b"):
        store.add_interviews([interview(name)], source=name, sha256=name)
    mine = store.units(["a"])
    # The ids are in no order of their own.
    store.add_codings(codings(mine, "human:ana"), action="z")
    store.add_codings(codings(mine.iloc[:1], "human:ana"), action="m", undoes="z")
    store.add_codings(codings(mine, "human:bo"), action="b")
    store.add_codings(codings(store.units(["b"]), "human:ana"), action="c")
    store.add_codings(codings(mine, "human:ana"), action="a")
    out = store.actions("a", "human:ana")
    assert out["action"].tolist() == ["z", "m", "a"]
    assert out["undoes"].tolist() == ["", "z", ""]
    assert store.of_action("z")["unit_id"].tolist() == mine["unit_id"].tolist()
    assert store.of_action("nobody's").empty


def test_turns_start_where_their_words_do(store):
    one = interview()
    store.add_interviews([one], source="s", sha256="h")
    starts = store.turn_starts("i1")
    # After "P01: ", the first words, a blank line and "P01: " again.
    assert starts == {0: 5, 1: 5 + len("It broke x.") + 2 + 5}
    assert store.turn_starts("i2") == {}


def test_refusals_of_files_that_are_stored_are_settled(store):
    store.add_interviews([interview()], source="s", sha256="h")
    for source in ("s", "t"):
        store.refuse(source, "h", "empty")
    store.settle_refusals()
    assert store.refusals()["source"].tolist() == ["t"]
