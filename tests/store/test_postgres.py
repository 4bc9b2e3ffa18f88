"""A team's database: its address, who may do what, and what happens when the server goes away."""

import gc
import os
import re
import shutil
import subprocess
import traceback
import warnings
from pathlib import Path

import pandas as pd
import pytest

from journeyqual.errors import StoreError
from journeyqual.store import Store
from tests.store.made import codings, interview, span
from tests.store.server import Server, programs

HOWTO = Path(__file__).parents[2] / "docs" / "howto" / "team-store.md"


@pytest.fixture
def store(database):
    store = Store(database)
    yield store
    store.close()


@pytest.fixture
def one(store):
    one = interview()
    store.add_interviews([one], source="s", sha256="h")
    return one


def refusal(address):
    """Return the one line with which an address is refused, which keeps its password to itself."""
    with warnings.catch_warnings():
        # pg8000 leaves the socket of a login that failed to Python to close.
        warnings.simplefilter("ignore", ResourceWarning)
        with pytest.raises(StoreError) as caught:
            Store(address)
        said = str(caught.value)
        trace = "".join(traceback.format_exception(caught.value))
        del caught
        gc.collect()
    assert "s3cret" not in trace
    assert "\n" not in said
    return said


# -- addresses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("s3cret", "no database URL; write postgresql://USER:PASSWORD@HOST/DATABASE"),
        ("", "no database URL"),
        ("postgresql://ana:s3cret@host:half/study", "no database URL"),
        ("postgresql://ana:half@s3cret@127.0.0.1/study", "write @ as %40"),
        ("postgresql://ana:half@s:s3cret@127.0.0.1/study", "no database URL"),
        ("postgresql://ana:s3cret@127.0.0.1", "names no database"),
        ("postgresql://127.0.0.1/study", "names no user"),
        ("mysql://ana:s3cret@127.0.0.1/study", "use PostgreSQL"),
        ("postgresql+psycopg2://ana:s3cret@127.0.0.1/study", "write postgresql://"),
        ("postgresql://ana:s3cret@127.0.0.1/study?password=s3cret", "after its question mark"),
        ("postgresql://ana:s3cret@127.0.0.1/study?sslmode=sometimes", "after its question mark"),
        ("postgresql://ana:s3cret@h/study?sslmode=require&sslmode=disable", "question mark"),
        ("postgresql://ana:s3cret@127.0.0.1/study?sslrootcert=a.pem", "sslmode=verify-full"),
        (
            "postgresql://ana:s3cret@h/s?sslmode=verify-full&sslrootcert=/no/such.pem",
            "certificate that sslrootcert names cannot be read (No such file or directory)",
        ),
        ("postgresql://ana:s3cret@nowhere.invalid/study", "the server does not answer"),
        ("postgresql://ana:s3cret@127.0.0.1:1/study", "does not answer: Connection refused"),
    ],
)
def test_an_address_that_leads_nowhere_is_refused_in_one_line(address, said):
    assert said in refusal(address)


def test_a_database_that_is_not_there_is_named(server):
    said = refusal(server.url("nobodys"))
    assert said == (
        'the database nobodys cannot be opened as a store (database "nobodys" does not exist); '
        "see that the server runs and that the URL names its database"
    )


def test_both_ways_to_write_the_address_work(database, store, one):
    again = Store(database.replace("postgresql://", "postgres://"))
    assert again.state() == store.state()
    again.close()


# -- a server that goes away ----------------------------------------------------------------------


def test_a_server_that_is_down_is_said_in_one_line_and_does_no_harm(server, database, store, one):
    rows = codings(one.units, "human:ana")
    server.stop()
    try:
        for what, call in [
            ("written", lambda: store.add_codings(rows, action="a")),
            ("read", store.codings),
            ("read", lambda: store.uncoded("key")),
            ("opened as a store", lambda: Store(database)),
        ]:
            with pytest.raises(StoreError) as caught:
                call()
            assert what in str(caught.value)
            assert "the server does not answer: Connection refused" in str(caught.value)
    finally:
        server.start()
    assert store.add_codings(rows, action="a") == 2


def test_a_server_that_was_started_again_between_two_writes_is_not_noticed(
    server, store, one, caplog
):
    rows = codings(one.units, "human:ana")
    store.add_codings(rows, action="a")
    server.stop()
    server.start()
    assert store.add_codings(rows, action="b") == 2
    assert store.codings()["action"].tolist() == ["a", "a", "b", "b"]
    assert caplog.records == []


def test_a_connection_cut_in_a_write_leaves_nothing_of_it(server, database, store, one, caplog):
    rows = codings(one.units, "human:ana")
    name = database.rpartition("/")[2]
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        f" WHERE datname = '{name}' AND application_name = 'journeyqual'"
    )

    def half():
        with store._db.write() as connection:
            connection.exec_driver_sql("DELETE FROM units")
            # Both connections: the one that writes, and the one that waits for the next call.
            assert set(server.sql(cut).split()) == {"t"}
            connection.exec_driver_sql("DELETE FROM turns")

    with pytest.raises(StoreError, match="could not be written"):
        half()
    assert len(store.units()) == 2
    # One that is cut while nobody looks is replaced in silence.
    assert set(server.sql(cut).split()) == {"t"}
    assert store.add_codings(rows, action="a") == 2
    assert caplog.records == []


def test_a_server_that_dies_keeps_what_it_had_acknowledged(server, store, one):
    rows = codings(one.units, "human:ana")
    store.add_codings(rows, action="a")
    server.crash()
    server.start()
    assert store.codings()["action"].tolist() == ["a", "a"]


# -- passwords and TLS ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def guarded():
    """A server that asks for a password, and talks TLS only; with its certificate."""
    bin = programs()
    if bin is None or shutil.which("openssl") is None:
        assert not os.environ.get("CI"), "CI needs postgresql and openssl"
        pytest.skip("no PostgreSQL server, or no openssl, on this machine")
    server = Server(bin)
    try:
        certificate, key = server.folder / "server.pem", server.folder / "server.key"
        subprocess.run(
            [
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                "-out", str(certificate), "-keyout", str(key),
            ],
            check=True, capture_output=True,
        )  # fmt: skip
        server.own(key)
        (server.data / "pg_hba.conf").write_text(
            "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n"
        )
        server.start("ssl=on", f"ssl_cert_file={certificate}", f"ssl_key_file={key}")
        server.sql("CREATE ROLE ana LOGIN PASSWORD 's3cret @:/'", "CREATE DATABASE bikes OWNER ana")
        server.certificate = certificate
        yield server
    finally:
        server.remove()


def of_ana(server, password="s3cret%20%40%3A%2F", more=""):
    return f"postgresql://ana:{password}@127.0.0.1:{server.port}/bikes{more}"


def test_a_password_with_odd_characters_opens_the_store(guarded):
    store = Store(of_ana(guarded, more="?sslmode=require"))
    encrypted = (
        "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)"
        " WHERE usename = 'ana'"
    )
    assert guarded.sql(encrypted) == "t"
    store.close()


def test_without_being_asked_tls_is_used_where_there_is_any(guarded):
    store = Store(of_ana(guarded))
    assert store.runs().empty
    store.close()


def test_a_wrong_password_is_refused_and_not_repeated(guarded):
    said = refusal(of_ana(guarded, password="s3cret"))
    assert 'password authentication failed for user "ana"' in said


def test_a_servers_certificate_is_checked_where_that_is_asked(guarded):
    known = f"?sslmode=verify-full&sslrootcert={guarded.certificate}"
    store = Store(of_ana(guarded, more=known))
    assert store.runs().empty
    store.close()
    # No authority that this machine knows has signed it.
    assert "certificate verify failed" in refusal(of_ana(guarded, more="?sslmode=verify-full"))


def test_tls_that_is_asked_for_and_not_there_is_an_error(server, database):
    assert "refuses SSL" in refusal(f"{database}?sslmode=require")


# -- the how-to -----------------------------------------------------------------------------------


def grants():
    """Return the statements that the how-to gives to the owner of a database."""
    blocks = re.findall(r"^```sql\n(.*?)^```", HOWTO.read_text(encoding="utf-8"), re.M | re.S)
    return next(block for block in blocks if "GRANT SELECT" in block)


@pytest.fixture
def coder(server, database, store):
    """Ana's address: a role that may do what the how-to gives to coders."""
    name = database.rpartition("/")[2]
    server.sql(*(s for s in grants().replace("bikes", name).split(";") if s.strip()), database=name)
    yield server.url(name, user="ana")
    server.sql("DROP OWNED BY coders", database=name)
    server.sql("DROP ROLE ana", "DROP ROLE coders")


def test_a_coder_may_do_what_coding_takes(coder, store, one):
    store.people.assign("i1", "human:ana", blind=True)
    mine = Store(coder)
    marked = span(one, "broke")
    mine.add_spans(marked)
    rows = codings(pd.concat([one.units, marked]), "human:ana")
    assert [mine.add_codings(rows, action="a"), mine.add_codings(rows, action="a")] == [3, 0]
    mine.people.finish("i1", "human:ana")
    assert mine.codings()["value"].tolist() == ["using"] * 3
    assert mine.people.assignments()["done_at"].iloc[0] != ""
    assert mine.state() == store.state()
    mine.close()


def test_a_coder_cannot_change_or_delete_what_is_coded(coder, store, one):
    store.add_codings(codings(one.units, "human:bo"))
    mine = Store(coder)
    for statement in (
        "UPDATE codings SET value = 'mine'",
        "DELETE FROM codings",
        "UPDATE interviews SET text = ''",
        "DELETE FROM units",
        "UPDATE assignments SET blind = false",
    ):
        with pytest.raises(StoreError, match="permission denied"), mine._db.write() as connection:
            connection.exec_driver_sql(statement)
    mine.close()
    assert store.codings()["value"].tolist() == ["using", "using"]


def test_a_backup_put_back_is_the_same_store(server, database, store, one, tmp_path):
    store.add_codings(codings(one.units, "human:ana"), action="a")
    name = database.rpartition("/")[2]
    # As the how-to has it, but that the programs are off the path here.
    told = HOWTO.read_text(encoding="utf-8")
    assert "pg_dump --format=custom --file=bikes.dump" in told
    assert "pg_restore --no-owner --dbname=" in told
    dump = server.folder / f"{name}.dump"
    server._run("pg_dump", "--format=custom", f"--file={dump}", database)
    other = server.database()
    server._run("pg_restore", "--no-owner", f"--dbname={server.url(other)}", dump)
    again = Store(server.url(other))
    pd.testing.assert_frame_equal(again.codings(), store.codings())
    pd.testing.assert_frame_equal(again.units(), store.units())
    # New codings go on counting where the old ones ended.
    assert again.add_codings(codings(one.units, "human:bo"), action="b") == 2
    assert again.add_codings(codings(one.units, "human:ana"), action="a") == 0
    assert again.codings()["id"].is_monotonic_increasing
    again.close()
    server.drop(other)
