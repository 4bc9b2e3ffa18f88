"""A store of each kind: a file of its own, and a database of a real PostgreSQL server."""

import os

import pytest

from journeyqual.store import Store
from tests.store.server import Server, programs


@pytest.fixture(scope="session")
def server():
    """A server that the tests of a process share; each makes databases of its own."""
    bin = programs()
    if bin is None:
        # On a laptop that is the user's affair; CI must not pass without having tried.
        assert not os.environ.get("CI"), "CI needs postgresql"
        pytest.skip("no PostgreSQL server on this machine")
    server = Server(bin)
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def made(server):
    """A database with an empty store's tables, to be copied."""
    name = server.database()
    Store(server.url(name)).close()
    return name


@pytest.fixture
def database(server, request):
    """The address of a database: empty, or with the tables where the test opens a store anyhow."""
    like = request.getfixturevalue("made") if "store" in request.fixturenames else "template0"
    name = server.database(like)
    yield server.url(name)
    server.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request, tmp_path):
    """Where a store can be made, of either kind."""
    if request.param == "sqlite":
        return tmp_path / "store" / "study.sqlite"
    return request.getfixturevalue("database")


@pytest.fixture
def store(address):
    store = Store(address)
    yield store
    store.close()
