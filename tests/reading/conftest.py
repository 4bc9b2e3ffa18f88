"""A file of any kind, written where a test may read it."""

import pytest

from journeyqual.reading import read_turns


@pytest.fixture
def write(tmp_path):
    """Write bytes or text under a name; returns the path."""

    def put(name, content, encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(content.encode(encoding) if isinstance(content, str) else content)
        return path

    return put


@pytest.fixture
def said(write):
    """Write a file and read it; returns (speaker, text) of each turn."""

    def read(name, content, **kw):
        turns = read_turns(write(name, content), **kw).turns
        return list(zip(turns["speaker"], turns["text"], strict=True))

    return read
