"""The connection to a study's database: opened, migrated, written to in whole transactions."""

from __future__ import annotations

import filecmp
import itertools
import logging
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from journeyqual.errors import StoreError, WriteError
from journeyqual.store import tables as t

MIGRATING = 7_265_001
"""Number of the lock that a PostgreSQL server keeps while a store's tables are made."""

COPY = "before_"
"""What the schemas begin with that a PostgreSQL database keeps its copies in; then the version."""
AT_ONCE = 500
"""Rows that go in one statement: fewer round trips, and within every database's limits."""

PART = 10_000
"""Rows fetched at once: a large table never stands twice in memory."""
SHORT = 40
"""Characters of a text that may stand in other rows, too: an id, a name, a code."""

_FORM = "postgresql://USER:PASSWORD@HOST/DATABASE"


def now() -> str:
    """Return the time in UTC, to the second, as the ledger writes it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


class Database:
    """An open database whose tables are up to date.

    Parameters
    ----------
    url
        A SQLAlchemy URL, or the path of a SQLite file (made if it is not there).

    Raises
    ------
    StoreError
        If it cannot be reached, is no store, or was written by a newer journeyqual.
    """

    def __init__(self, url: str | Path) -> None:
        if isinstance(url, Path):
            address = sa.URL.create("sqlite", database=str(url))
        else:
            address = _address(url)
        self._file = _file_of(address)
        self._watch: sqlite3.Connection | None = None
        if self._file is not None:
            self.where = self._file.name
            self._file.parent.mkdir(parents=True, exist_ok=True)
        else:
            self.where = f"the database {address.database}"
        self.engine = _engine(address)
        try:
            with self._first():
                self._migrate()
        except BaseException as error:
            self.engine.dispose()
            if not isinstance(error, DBAPIError | OSError):
                raise
            why = _reason(error)
            remedy = "see that the server runs and that the URL names its database"
            if self._file and ("readonly" in why or isinstance(error, PermissionError)):
                remedy = "nothing is wrong with it: allow writing to it and to its folder"
            elif self._file:
                remedy = "keep it, it may hold people's codings; put a backup in its place"
            raise StoreError(
                f"{self.where} cannot be opened as a store ({why})", remedy=remedy
            ) from error

    def close(self) -> None:
        """Close every connection."""
        if self._watch is not None:
            self._watch.close()
            self._watch = None
        self.engine.dispose()

    @property
    def file(self) -> Path | None:
        """The file that it is; None if it is elsewhere."""
        return self._file

    def seen(self) -> int | None:
        """Return a number that stays while nobody writes to the file; None if nobody can tell.

        SQLite tells a connection whether others have written since; this one never does.
        """
        if self._file is None:
            return None
        if self._watch is None:
            self._watch = sqlite3.connect(self._file, check_same_thread=False)
        return int(self._watch.execute("PRAGMA data_version").fetchone()[0])

    @contextmanager
    def _first(self) -> Iterator[None]:
        """Let one process at a time make tables: the second finds them made."""
        if self._version() == t.HEAD:
            yield
        elif self._file is not None:
            from filelock import FileLock

            with FileLock(self._file.with_name("migrate.lock")):
                yield
        else:
            with self.engine.connect() as connection:
                postgres = connection.dialect.name == "postgresql"
                with _server_lock(connection) if postgres else nullcontext():
                    yield

    def _version(self) -> str | None:
        with self.engine.connect() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            found = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
            return None if found is None else str(found)

    def _migrate(self) -> None:
        at = self._version()
        if at == t.HEAD:
            return
        # Alembic costs a third of a second to import; a store that is up to date never pays it.
        from alembic import command
        from alembic.config import Config
        from alembic.script import ScriptDirectory

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        if at is not None and at not in {
            r.revision for r in ScriptDirectory.from_config(config).walk_revisions()
        }:
            raise StoreError(
                f"{self.where} was written by a newer journeyqual (schema {at})",
                remedy="update journeyqual; nothing was changed",
            )
        if at is not None and self._file is not None:
            _keep_copy(self._file, at)
        with self.engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                # Python's driver begins no transaction for tables: a kill would leave half of them.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            elif at is not None:
                _keep_tables(connection, at)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Open a transaction: all of it is written, or nothing.

        Raises
        ------
        StoreError
            If the database cannot be written.
        IntegrityError
            If the rows break a rule of the tables; the caller knows what that means.
        """
        try:
            with self._connected() as connection, connection.begin():
                yield connection
        except IntegrityError:
            raise
        except (DBAPIError, OSError) as error:
            raise WriteError(f"{self.where} could not be written ({_reason(error)})") from error
        except UnicodeEncodeError as error:
            # A browser may cut an emoji in two.
            raise StoreError(
                f"{self.where} could not be written (half a character stands in a text)"
            ) from error

    def _connected(self) -> sa.Connection:
        """Return a connection that lives.

        Some that were cut answer the pool's question for life with an error of the network, which
        the pool does not take for a no.
        """
        try:
            return self.engine.connect()
        except OSError:
            self.engine.dispose()
            return self.engine.connect()

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        try:
            with self._connected() as connection:
                yield connection
        except (DBAPIError, OSError) as error:
            raise StoreError(f"{self.where} could not be read ({_reason(error)})") from error

    def read(self, query: sa.Select[Any]) -> pd.DataFrame:
        """Return what a query finds, a column a name."""
        with self._reading() as connection:
            result = connection.execute(query)
            names = list(result.keys())
            columns: list[list[Any]] = [[] for _ in names]
            # A word that stands in many rows is held once: the database hands out a copy a row.
            once: dict[Any, Any] = {}
            for rows in result.partitions(PART):
                # Plain tuples: of a row, pandas asks first what else it might be.
                for column, values in zip(columns, zip(*rows, strict=True), strict=True):
                    column.extend(_shared(values, once))
        if not (columns and columns[0]):
            return pd.DataFrame([], columns=names)
        return pd.DataFrame(dict(enumerate(columns))).set_axis(names, axis="columns")

    def column(self, query: sa.Select[Any]) -> list[Any]:
        """Return the first column of what a query finds."""
        with self._reading() as connection:
            return list(connection.scalars(query))


def _shared(values: tuple[Any, ...], once: dict[Any, Any]) -> Iterable[Any]:
    """Return a column's values, equal short texts as one object."""
    if not isinstance(values[0], str) or len(values[0]) > SHORT:
        return values
    return [once.setdefault(value, value) if value else value for value in values]


def add(
    connection: sa.Connection, table: sa.Table, frame: pd.DataFrame, *, unless_there: bool = False
) -> int:
    """Insert a frame's rows; with ``unless_there``, leave out those whose key is in the table.

    Returns
    -------
    int
        Rows that were written.
    """
    if frame.empty:
        return 0
    rows = _rows(frame)
    if not unless_there:
        connection.execute(table.insert(), rows)
        return len(rows)
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    added = 0
    for start in range(0, len(rows), AT_ONCE):
        some = rows[start : start + AT_ONCE]
        # The statement of a single row is compiled once and kept; a key press is a single row.
        insert = dialect.insert(table).values(some if len(some) > 1 else some[0])
        added += connection.execute(insert.on_conflict_do_nothing()).rowcount
    return added


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a frame's rows, blanks as None.

    By columns of plain values: pandas' own way costs milliseconds for the one row of a key press.
    """
    columns = [
        [None if value is pd.NA or value != value else value for value in frame[name].tolist()]
        for name in frame.columns
    ]
    return [dict(zip(frame.columns, row, strict=True)) for row in zip(*columns, strict=True)]


class in_order(FunctionElement[str]):  # noqa: N801
    """A text to order by, the same on every machine: servers sort as their language does."""

    inherit_cache = True
    type = sa.String()


@compiles(in_order)
def _as_it_is(element: in_order, compiler: SQLCompiler, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(in_order, "postgresql")
def _by_code_point(element: in_order, compiler: SQLCompiler, **options: Any) -> str:
    return f'({compiler.process(element.clauses, **options)}) COLLATE "C"'


def _address(url: str) -> sa.URL:
    """Return a database's address, or refuse it; it may hold a password and is never repeated."""
    if url.startswith("postgres://"):
        url = url.replace("postgres", "postgresql", 1)
    try:
        address = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        # Nor is the cause kept: what Python could not read as a port may be half a password.
        raise StoreError(
            "the store's address is no database URL", remedy=f"write {_FORM}"
        ) from None
    backend = address.get_backend_name()
    if backend not in ("postgresql", "sqlite"):
        raise StoreError(
            "a store cannot be kept in a database of that kind",
            remedy="use PostgreSQL, or leave the address out",
        )
    if address.drivername not in (backend, "postgresql+pg8000", "sqlite+pysqlite"):
        raise StoreError("the store's address names a driver", remedy=f"write {backend}://")
    if backend == "sqlite":
        return address
    if "@" in (address.host or ""):
        raise StoreError(
            "the store's address has two @", remedy="in a password, write @ as %40 and : as %3A"
        )
    for part, name in ((address.username, "user"), (address.database, "database")):
        if not part:
            raise StoreError(f"the store's address names no {name}", remedy=f"write {_FORM}")
    return address.set(drivername="postgresql+pg8000")


def _file_of(address: sa.URL) -> Path | None:
    """Return the SQLite file that an address means; None if it is a server's, or kept nowhere."""
    if address.get_backend_name() != "sqlite" or address.database in (None, "", ":memory:"):
        return None
    return None if address.query else Path(str(address.database))


def _engine(address: sa.URL) -> sa.Engine:
    """Return the engine of an address: no connection is made yet."""
    if address.get_backend_name() == "sqlite":
        engine = sa.create_engine(address, hide_parameters=True)
        sa.event.listen(engine, "connect", _sqlite_settings)
        return engine
    engine = sa.create_engine(
        address.set(query={}),
        # What participants said stands in no trace.
        hide_parameters=True,
        # Who sees the server's list of connections sees what they are for.
        connect_args={"application_name": "journeyqual", **_server_options(address.query)},
        # A server may have closed a connection overnight; a dead one is replaced, not used,
        pool_pre_ping=True,
        # and that it could not be closed properly is nothing to print a trace for.
        pool_logging_name="journeyqual",
    )
    pool = type(engine.pool)
    quiet = logging.getLogger(f"{pool.__module__}.{pool.__name__}.journeyqual")
    quiet.setLevel(logging.CRITICAL)
    # pg8000 sends the rows of an insert one by one, and waits for each.
    engine.dialect.use_insertmanyvalues_wo_returning = True
    sa.event.listen(engine, "handle_error", _of_a_server, retval=True)
    return engine


def _server_options(query: Mapping[str, str | tuple[str, ...]]) -> dict[str, Any]:
    """Return what the part of an address after its question mark says, as the driver has it."""
    given = {key: value for key, value in query.items() if isinstance(value, str)}
    twice = len(given) < len(query)
    mode, root = given.pop("sslmode", "prefer"), given.pop("sslrootcert", None)
    if given or twice or mode not in ("disable", "prefer", "require", "verify-full"):
        raise StoreError(
            "the store's address says something unknown after its question mark",
            remedy="write sslmode=disable, prefer, require or verify-full, or sslrootcert=FILE",
        )
    if mode == "verify-full":
        import ssl

        try:
            return {"ssl_context": ssl.create_default_context(cafile=root)}
        except OSError as error:
            raise StoreError(
                f"the certificate that sslrootcert names cannot be read ({error.strerror})"
            ) from error
    if root is not None:
        raise StoreError("sslrootcert checks nothing", remedy="add sslmode=verify-full")
    return {"ssl_context": {"disable": False, "prefer": None, "require": True}[mode]}


def _of_a_server(context: sa.engine.ExceptionContext) -> Exception | None:
    """Tell a broken rule of the tables from other errors: pg8000 has one kind for nearly all."""
    code = _said(context.original_exception).get("C", "")
    if code.startswith("57P"):
        context.is_disconnect = True
    if code.startswith("23"):
        return IntegrityError(context.statement, None, context.original_exception)
    return None


@contextmanager
def _server_lock(connection: sa.Connection) -> Iterator[None]:
    connection.execute(sa.select(sa.func.pg_advisory_lock(MIGRATING)))
    try:
        yield
    finally:
        connection.execute(sa.select(sa.func.pg_advisory_unlock(MIGRATING)))


def _keep_copy(file: Path, version: str) -> None:
    """Copy a store before it is migrated: people's codings are in it.

    A copy that is there already stands: a store that was put back and is migrated once more is
    copied beside it, unless it is the same (a migration that failed is tried again).
    """
    first = file.with_name(f"{file.stem}-before-{version}{file.suffix}")
    half = first.with_suffix(".half")
    half.unlink(missing_ok=True)
    source, target = sqlite3.connect(file), sqlite3.connect(half)
    try:
        source.backup(target)
    finally:
        source.close()
        target.close()
    for number in itertools.count(1):
        copy = first if number == 1 else first.with_stem(f"{first.stem}-{number}")
        if not copy.exists():
            half.replace(copy)
            return
        if filecmp.cmp(half, copy, shallow=False):
            half.unlink()
            return


def copies(connection: sa.Connection) -> list[str]:
    """Return the schemas of a PostgreSQL database that hold copies from before a migration."""
    if connection.dialect.name != "postgresql":
        return []
    names = sa.inspect(connection).get_schema_names()
    # Whole names only: a shared database may have schemas of others that begin alike.
    return sorted(name for name in names if re.fullmatch(rf"{COPY}\d{{4}}(_\d+)?", name))


def _keep_tables(connection: sa.Connection, version: str) -> None:
    """Copy what people made, and what it hangs on, before a PostgreSQL database is migrated.

    In the database itself: a file on one person's disk would be out of reach when another erases.
    A copy that is there already stands, and the new one beside it: the database was put back from
    a dump then, and people have worked on.
    """
    there, first = copies(connection), f"{COPY}{version}"
    names = itertools.chain([first], (f"{first}_{number}" for number in itertools.count(2)))
    schema = next(name for name in names if name not in there)
    connection.execute(sa.schema.CreateSchema(schema))
    quoted = connection.dialect.identifier_preparer.quote
    for name in sa.inspect(connection).get_table_names():
        # The machine's codings are many, and made again.
        only = " WHERE left(coder, 6) = 'human:'" if name == "codings" else ""
        connection.exec_driver_sql(
            f"CREATE TABLE {quoted(schema)}.{quoted(name)} AS SELECT * FROM {quoted(name)}{only}"
        )


def _said(error: BaseException | None) -> dict[str, str]:
    """Return a PostgreSQL server's answer, field by field; empty if it was not the server."""
    said = error.args[0] if error is not None and error.args else None
    return said if isinstance(said, dict) else {}


def _reason(error: DBAPIError | OSError) -> str:
    """Return what a database said, in one line."""
    said = error.orig if isinstance(error, DBAPIError) else error
    if answer := _said(said):
        return answer.get("M", "it was refused")
    if said is not None and isinstance(said.__cause__, OSError):
        return f"the server does not answer: {said.__cause__.strerror or said.__cause__}"
    return " ".join(str(said).split())


def _sqlite_settings(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    # Wait for another writer, whose turn may be the next line; WAL lets a reader look while a run
    # writes; FULL survives a power cut.
    for setting in (
        "busy_timeout=30000",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()
