import pandas as pd
import pytest
import sqlalchemy as sa

from journeyqual.errors import StoreError
from journeyqual.schema import TURNS, check
from journeyqual.store import Interview, Store, tables
from journeyqual.units import from_turns, stored_text


def interview(name="i1", participant="P01", said=("It broke \U0001f602.", "Then they mended it.")):
    turns = check(
        pd.DataFrame(
            {
                "interview": name,
                "participant": participant,
                "turn_index": range(len(said)),
                "speaker": participant,
                "role": "participant",
                "text": said,
                "start_s": [1.5, None][: len(said)],
            }
        ),
        TURNS,
    )
    units = from_turns(turns, sentences=lambda texts: [[(0, len(t))] for t in texts])
    text, starts = stored_text(turns)
    return Interview(turns, units, text, starts)


def codings(units, coder, dimension="stage", value="using", version="1+abc"):
    return pd.DataFrame(
        {
            "unit_id": units["unit_id"],
            "dimension": dimension,
            "value": value,
            "coder": coder,
            "codebook_version": version,
        }
    )


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "store" / "study.sqlite")
    yield store
    store.close()


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


def test_a_store_from_the_future_is_refused(tmp_path):
    store = Store(tmp_path / "s.sqlite")
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    with pytest.raises(StoreError, match="newer journeyqual"):
        Store(tmp_path / "s.sqlite")


def test_migrations_lead_to_the_tables_that_the_code_knows(store):
    from pathlib import Path

    from alembic.autogenerate import compare_metadata
    from alembic.config import Config
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(tables.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == tables.HEAD
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, tables.metadata) == []
