"""Files from outside, opened with care: archives, XML and SQLite within limits, nothing run.

No archive is ever unpacked to disk, so no path in one can lead anywhere.
"""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from journeyqual.errors import InputError
from journeyqual.reading.limits import MEGABYTE, current

MAX_STEPS = 2_000_000_000
"""Steps of SQLite's machine for one query; a database that needs more is refused."""

SQLITE = b"SQLite format 3\x00"
"""How a SQLite file begins."""

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError)


def data_of(path: Path, limit: str = "project_mb") -> bytes:
    """Return a file's bytes, having looked at its size first.

    Parameters
    ----------
    path
        The file.
    limit
        Which of `journeyqual.reading.limits.Limits` holds for it.

    Raises
    ------
    InputError
        If there is no such file, it is empty, or it is over the limit.
    """
    try:
        if not path.is_file():
            what = "a folder, not a file" if path.is_dir() else "there is no such file"
            raise InputError(what, path=path)
        if path.stat().st_size > _bytes(limit):
            raise _too_much("over", limit, path)
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be opened ({error.strerror})", path=path) from None
    if not data:
        raise InputError("the file is empty", path=path)
    return data


def head_of(path: Path) -> bytes:
    """Return a file's first 16 bytes, its size having been looked at.

    Raises
    ------
    InputError
        If there is no such file, it is empty, or it is over the limit.
    """
    try:
        if not path.is_file():
            raise InputError("there is no such file", path=path)
        if path.stat().st_size > _bytes("project_mb"):
            raise _too_much("over", "project_mb", path)
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise InputError(f"cannot be opened ({error.strerror})", path=path) from None
    if not head:
        raise InputError("the file is empty", path=path)
    return head


def _bytes(limit: str) -> int:
    """Return how many bytes a limit in megabytes is, as it holds here."""
    return int(getattr(current(), limit)) * MEGABYTE


def _too_much(what: str, limit: str, path: Path) -> InputError:
    return InputError(
        f"{what} {getattr(current(), limit):,} MB", path=path,
        remedy=f"if it is to be read, raise {limit} under [limits] in study.toml",
    )  # fmt: skip


class Archive:
    """The parts of a zip file, by name whatever their letter case; read one at a time.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    InputError
        If it is no whole zip file, has too many parts, or two of one name.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read = 0
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data_of(path)))
            infos = self._zip.infolist()
        except _DAMAGED as error:
            raise InputError("no whole zip archive", path=path, remedy="copy it again") from error
        if len(infos) > current().project_parts:
            raise InputError(
                f"an archive of more than {current().project_parts:,} parts", path=path,
                remedy="if it is to be read, raise project_parts under [limits] in study.toml",
            )  # fmt: skip
        self.parts = {
            info.filename.replace("\\", "/").casefold(): info for info in infos if not info.is_dir()
        }
        if len(self.parts) < sum(not info.is_dir() for info in infos):
            # Programs differ in which of them they read.
            raise InputError("two parts of one name in the archive", path=path)

    def read(self, name: str) -> bytes | None:
        """Return a part's bytes, whatever the letter case of its name; None if there is none.

        Raises
        ------
        InputError
            If it unpacks to more than it may, or is damaged.
        """
        info = self.parts.get(name.casefold())
        if info is None:
            return None
        if info.file_size > _bytes("project_part_mb"):
            raise _too_much("a part unpacks to over", "project_part_mb", self.path)
        if self._read + info.file_size > _bytes("project_unpacked_mb"):
            raise _too_much("unpacks to over", "project_unpacked_mb", self.path)
        self._read += info.file_size
        try:
            # zipfile stops at the size that is declared, and checks the sum.
            return self._zip.read(info)
        except (*_DAMAGED, RuntimeError) as error:
            raise InputError(
                "a damaged or encrypted archive", path=self.path, remedy="export it again"
            ) from error


def xml(data: bytes, path: Path) -> Any:
    """Return the root element of an XML document: no entity, DTD or network, no great depth.

    Raises
    ------
    InputError
        If it is not well formed, or brings a document type definition.
    """
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise InputError("not well-formed XML", path=path, line=line) from error
    if root is None:
        raise InputError("XML without an element", path=path)
    if root.getroottree().docinfo.doctype:
        raise InputError(
            "a document type definition inside, which no project needs", path=path,
            remedy="export it again",
        )  # fmt: skip
    return root


def json_of(path: Path) -> Any:
    """Return the value of a JSON file.

    Raises
    ------
    InputError
        If it is none, or nested too deeply.
    """
    data = data_of(path, "project_part_mb")
    try:
        return json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InputError("not JSON that can be read", path=path) from error


@contextmanager
def database(path: Path) -> Iterator[Tables]:
    """Open a SQLite file to read its tables; nothing in it is trusted, nothing is written.

    Raises
    ------
    InputError
        If it is no database, or asks for too much.
    """
    if head_of(path) != SQLITE:
        raise InputError("not a SQLite database", path=path)
    address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    try:
        connection = sqlite3.connect(address, uri=True)
    except sqlite3.Error as error:
        raise InputError("a database that cannot be opened", path=path) from error
    try:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _bytes("project_part_mb"))
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        # Views and triggers of a stranger's must not call functions.
        connection.execute("PRAGMA trusted_schema = OFF")
        yield Tables(connection, path)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise InputError(
            "a damaged database, or one of another program", path=path, remedy="copy it again"
        ) from error
    finally:
        connection.close()


class Tables:
    """The tables of a SQLite file; a column that an older version lacks is blank."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._db = connection
        self.path = path
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        self.names = frozenset(str(row[0]) for row in found)

    def rows(self, table: str, *columns: str) -> Iterator[Mapping[str, Any]]:
        """Yield a table's rows in the order in which they were made; none if there is no table."""
        if table not in self.names:
            return
        quoted = table.replace('"', '""')
        there = {str(row[1]) for row in self._db.execute(f'PRAGMA table_info("{quoted}")')}
        have = [name for name in columns if name in there]
        if not have:
            return
        left = MAX_STEPS

        def stop() -> int:
            nonlocal left
            left -= 1_000_000
            return int(left <= 0)

        self._db.set_progress_handler(stop, 1_000_000)
        what = ", ".join(f'"{name}"' for name in have)
        blank = dict.fromkeys(columns)
        for row in self._db.execute(f'SELECT {what} FROM "{quoted}" ORDER BY rowid'):
            yield blank | dict(zip(have, row, strict=True))


def words(value: Any) -> str:
    """Return a cell as text; nothing is blank, bytes are read as UTF-8.

    Examples
    --------
    >>> words(None), words(3), words(b"ok"), words(2.0)
    ('', '3', 'ok', '2')
    """
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def whole(value: Any) -> int | None:
    """Return a cell as a whole number, None if it is none.

    Examples
    --------
    >>> whole("7"), whole(7.0), whole("x"), whole(None)
    (7, 7, None, None)
    """
    try:
        return int(str(words(value)).strip())
    except ValueError:
        return None
