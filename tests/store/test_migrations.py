"""A store of an earlier version is brought up to date with its codings; a copy is kept before."""

import re
import sqlite3
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from journeyqual.errors import StoreError
from journeyqual.store import Store, tables
from journeyqual.store.connection import _keep_tables, copies
from journeyqual.store.erasure import hide_in_copy
from tests.store.made import codings, interview


def config(connection=None):
    config = Config()
    config.set_main_option("script_location", str(Path(tables.__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def test_migrations_lead_to_the_tables_that_the_code_knows(store):
    assert ScriptDirectory.from_config(config()).get_current_head() == tables.HEAD
    with store._db.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, tables.metadata) == []


@pytest.fixture
def first(address):
    """A store as the first schema had it: one interview, two units, three codings, one run."""
    url = f"sqlite:///{address}" if isinstance(address, Path) else address
    if isinstance(address, Path):
        address.parent.mkdir()
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+pg8000:"))
    one = interview()
    a, b = one.units["unit_id"]
    with engine.begin() as connection:
        command.upgrade(config(connection), "0001")
        for statement, values in [
            (
                "INSERT INTO interviews VALUES ('i1', 'P01', 's', 'h', :text, '2026-01-01')",
                [{"text": one.text}],
            ),
            (
                "INSERT INTO turns VALUES"
                " ('i1', :n, 'P01', 'participant', :first, :last, :s, NULL)",
                [
                    {"n": r.turn_index, "first": r.start_char, "last": r.end_char, "s": s}
                    for r, s in zip(one.turn_rows().itertuples(), (1.5, None), strict=True)
                ],
            ),
            (
                "INSERT INTO units VALUES (:unit, 'i1', 'segment', :n, :first, :last, :text, :s,"
                " NULL, :n)",
                [
                    {
                        "unit": r.unit_id, "n": r.turn_index, "first": r.start_char,
                        "last": r.end_char, "text": r.text, "s": s,
                    }
                    for r, s in zip(one.units.itertuples(), (1.5, None), strict=True)
                ],
            ),
            (
                "INSERT INTO codings (unit_id, dimension, value, coder, confidence, status, memo,"
                " coded_at, codebook_version) VALUES (:unit, 'stage', :value, :coder, :sure,"
                " :status, :memo, '2026-01-02', '1+abc')",
                [
                    {"unit": a, "value": "using", "coder": "model:m@1", "sure": 0.5,
                     "status": "suggested", "memo": ""},
                    {"unit": a, "value": "buying", "coder": "human:ana", "sure": None,
                     "status": "accepted", "memo": "she says so"},
                    {"unit": b, "value": "using", "coder": "human:ana", "sure": None,
                     "status": "accepted", "memo": ""},
                ],
            ),
            ("INSERT INTO coded VALUES ('i1', 'key')", [{}]),
            ("INSERT INTO refusals VALUES ('t', 'g', 'empty', '2026-01-01')", [{}]),
            (
                "INSERT INTO runs (started_at, finished_at, outcome, interviews_in, units_coded,"
                " refused, detail) VALUES ('2026-01-01', '2026-01-01', 'done', 1, 2, 0, '{}')",
                [{}],
            ),
        ]:  # fmt: skip
            connection.execute(sa.text(statement), values)
    engine.dispose()
    return one


def test_a_store_of_the_first_schema_keeps_everything(first, address):
    store = Store(address)
    out = store.codings()
    assert out["value"].tolist() == ["using", "buying", "using"]
    assert out["coder"].tolist() == ["model:m@1", "human:ana", "human:ana"]
    assert out["memo"].tolist() == ["", "she says so", ""]
    assert out["confidence"].iloc[0] == 0.5
    assert out["id"].tolist() == [1, 2, 3]
    assert set(out["action"]) == set(out["origin"]) == {""}
    pd.testing.assert_frame_equal(store.units(), first.units)
    pd.testing.assert_frame_equal(store.turns(), first.turns)
    assert store.texts(["i1"]) == {"i1": first.text}
    assert store.uncoded("key") == []
    assert store.refusals()["reason"].tolist() == ["empty"]
    assert store.runs()["outcome"].tolist() == ["done"]
    # And it is a store like any other.
    assert store.add_codings(codings(first.units, "human:bo"), action="a") == 2
    assert store.codings()["id"].tolist() == [1, 2, 3, 4, 5]
    store.people.assign("i1", "human:ana", blind=True)
    with store._db.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, tables.metadata) == []
    store.close()


@pytest.mark.parametrize("address", ["postgresql"], indirect=True)
def test_what_people_made_is_kept_beside_a_database_as_it_was(first, address):
    store = Store(address)

    def kept(columns, table="codings"):
        with store._db.engine.connect() as connection:
            query = sa.text(f"SELECT {columns} FROM before_0001.{table}")
            return [tuple(row) for row in connection.execute(query)]

    mine = ("human:ana", "buying", "she says so")
    assert kept("coder, value, memo") == [mine, ("human:ana", "using", "")]
    assert len(kept("text", "units")) == 2
    # Lost, and put back by hand.
    with store._db.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM codings WHERE coder = 'human:ana'"))
        names = (
            "unit_id, dimension, value, coder, confidence, status, memo, coded_at, codebook_version"
        )
        connection.execute(
            sa.text(
                f"INSERT INTO codings ({names}, action, part, undoes, origin)"
                f" SELECT {names}, '', id, '', '' FROM before_0001.codings"
            )
        )
    assert store.codings(coders=[])["memo"].tolist() == ["she says so", ""]
    assert ("before_0001.units", first.units["text"].iloc[0]) in {
        (table, words) for table, text in store.erasure.texts() for words in text.splitlines()
    }
    # Somebody else's, in the same database.
    with store._db.engine.begin() as connection:
        connection.execute(sa.text("CREATE SCHEMA before_launch"))
        for table in ("interviews", "units"):
            connection.execute(sa.text(f"CREATE TABLE before_launch.{table} AS TABLE {table}"))
    store.erasure.erase("P01")
    with store._db.engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM before_launch.interviews")) == 1
    assert not kept("coder")
    assert not kept("text", "units")
    assert not [
        table for table, text in store.erasure.texts() if first.units["text"].iloc[0] in text
    ]
    store.close()


@pytest.mark.parametrize("address", ["postgresql"], indirect=True)
def test_a_name_is_hidden_in_the_copy_beside_a_database(first, address):
    store = Store(address)
    word = max(first.text.split(), key=len)
    assert word in _every_text(store)

    def places(text):
        return [(m.start(), m.end(), "[name]") for m in re.finditer(re.escape(word), text)]

    found = store.erasure.hide(places)
    assert found == {"i1": first.text.count(word)}
    assert word not in _every_text(store)
    with store._db.engine.connect() as connection:
        query = "SELECT i.text, u.text, u.start_char, u.end_char FROM before_0001.interviews i"
        rows = connection.execute(sa.text(f"{query}, before_0001.units u")).all()
    assert len(rows) == 2
    assert all(text[start:end] == unit for text, unit, start, end in rows)
    store.close()


def _every_text(store):
    return "\n".join(text for _, text in store.erasure.texts())


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
def test_a_name_is_hidden_in_the_copy_of_the_file(first, address):
    Store(address).close()
    copy = address.with_name("study-before-0001.sqlite")
    word = max(first.text.split(), key=len)
    assert word.encode() in copy.read_bytes()

    def places(text):
        return [(m.start(), m.end(), "[name]") for m in re.finditer(re.escape(word), text)]

    hide_in_copy(copy, places)
    # Nor in a page that the file no longer uses.
    assert word.encode() not in copy.read_bytes()
    with sqlite3.connect(copy) as connection:
        query = "SELECT i.text, u.text, u.start_char, u.end_char FROM interviews i, units u"
        rows = connection.execute(query).fetchall()
        coders = connection.execute("SELECT coder FROM codings ORDER BY id").fetchall()
    connection.close()
    assert len(rows) == 2
    assert all(text[start:end] == unit for text, unit, start, end in rows)
    assert coders == [("model:m@1",), ("human:ana",), ("human:ana",)]


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
def test_a_copy_of_the_file_is_kept_as_it_was(first, address):
    Store(address).close()
    copy = address.with_name("study-before-0001.sqlite")
    with sqlite3.connect(copy) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [
            ("0001",)
        ]
        columns = [row[1] for row in connection.execute("PRAGMA table_info(codings)")]
        assert "action" not in columns
        assert connection.execute("SELECT value, coder FROM codings ORDER BY id").fetchall() == [
            ("using", "model:m@1"), ("buying", "human:ana"), ("using", "human:ana"),
        ]  # fmt: skip
    connection.close()
    assert not list(address.parent.glob("*.half"))
    Store(address).close()
    assert [path.name for path in address.parent.glob("*before*")] == [copy.name]


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
def test_a_store_put_back_and_migrated_again_has_a_copy_of_its_own(first, address):
    kept = address.read_bytes()
    Store(address).close()
    copy = address.with_name("study-before-0001.sqlite")
    before = copy.read_bytes()
    with sqlite3.connect(copy) as connection:
        worked_on = "".join(connection.iterdump())
    connection.close()
    # Put back, and worked on with the older version.
    for path in address.parent.glob("study.sqlite*"):
        path.unlink()
    address.write_bytes(kept)
    with sqlite3.connect(address) as connection:
        connection.execute("UPDATE codings SET memo = 'since' WHERE id = 3")
    connection.close()
    Store(address).close()
    assert copy.read_bytes() == before
    second = address.with_name("study-before-0001-2.sqlite")
    with sqlite3.connect(second) as connection:
        assert "".join(connection.iterdump()) != worked_on
        assert connection.execute("SELECT memo FROM codings WHERE id = 3").fetchall() == [
            ("since",)
        ]
    connection.close()


@pytest.mark.parametrize("address", ["postgresql"], indirect=True)
def test_a_database_migrated_again_has_a_copy_of_its_own(first, address):
    store = Store(address)
    with store._db.engine.begin() as one:
        one.execute(sa.text("UPDATE before_0001.codings SET memo = 'first'"))
        _keep_tables(one, "0001")
        assert copies(one) == ["before_0001", "before_0001_2"]
        query = "SELECT count(*) FROM before_0001_2.codings WHERE memo = 'first'"
        assert one.scalar(sa.text(query)) == 0
        assert one.scalar(sa.text("SELECT count(*) FROM before_0001_2.codings")) == 2
    store.close()


def _way_back():
    """The SQL of the docs, by database."""
    page = Path(__file__).parents[2] / "docs" / "howto" / "team-store.md"
    blocks = re.findall(r"```sql\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.S)
    ours = [block for block in blocks if "FROM earlier.codings" in block or "FROM before_" in block]
    return dict(zip(("sqlite", "postgresql"), ours, strict=True))


def test_codings_come_back_from_a_copy_as_the_docs_say(first, address):
    sqlite = isinstance(address, Path)
    url = f"sqlite:///{address}" if sqlite else address
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+pg8000:"))
    with engine.begin() as connection:
        command.upgrade(config(connection), "0004")
    engine.dispose()
    store = Store(address)
    before = store.codings(coders=[])
    assert store.add_codings(codings(first.units, "human:bo"), action="a") == 2
    with store._db.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM codings WHERE coder = 'human:ana'"))
    way = _way_back()["sqlite" if sqlite else "postgresql"]
    for _ in range(2):
        if sqlite:
            with sqlite3.connect(address) as connection:
                connection.executescript(way.replace("store/", f"{address.parent}/"))
            connection.close()
        else:
            with store._db.engine.begin() as connection:
                connection.exec_driver_sql(way)
        after = store.codings(coders=[])
        assert after["coder"].tolist() == ["human:ana"] * 2 + ["human:bo"] * 2
        pd.testing.assert_frame_equal(after[:2].reset_index(drop=True), before)
    store.close()


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
def test_a_migration_that_fails_leaves_the_file_as_it_was(first, address):
    with sqlite3.connect(address) as connection:
        # Something of that name stands in the way of the last table.
        connection.execute("CREATE TABLE codebooks (mine TEXT)")
    connection.close()
    with pytest.raises(StoreError, match="codebooks"):
        Store(address)
    with sqlite3.connect(address) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [
            ("0001",)
        ]
        assert connection.execute("SELECT count(*) FROM codings").fetchall() == [(3,)]
        columns = [row[1] for row in connection.execute("PRAGMA table_info(codings)")]
    connection.close()
    assert "action" not in columns


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
def test_a_new_store_leaves_no_copy(address):
    Store(address).close()
    assert not list(address.parent.glob("*before*"))


@pytest.mark.parametrize("released", ["0002", "0003", "0004"])
def test_a_store_of_every_later_schema_keeps_everything(first, address, released):
    url = f"sqlite:///{address}" if isinstance(address, Path) else address
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+pg8000:"))
    with engine.begin() as connection:
        command.upgrade(config(connection), released)
        before = connection.execute(sa.text("SELECT * FROM codings ORDER BY id")).fetchall()
    engine.dispose()
    store = Store(address)
    with store._db.engine.connect() as connection:
        after = connection.execute(sa.text("SELECT * FROM codings ORDER BY id")).fetchall()
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, tables.metadata) == []
    assert after == before
    pd.testing.assert_frame_equal(store.units(), first.units)
    assert store.runs()["outcome"].tolist() == ["done"]
    store.close()
    if isinstance(address, Path):
        assert address.with_name(f"study-before-{released}.sqlite").exists()
