"""Erasing a participant from a database: every row that hangs on their interviews, and its traces.

The tables are looked up in the database, not in `tables`: the same statements erase from copies
that were made before a migration.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from journeyqual.errors import StoreError
from journeyqual.store import tables as t
from journeyqual.store.connection import AT_ONCE, Database, copies
from journeyqual.store.hiding import Places, hide

FEWEST = 2
"""Participants whose units keep a theme alive: what is left of one person's talk goes with them."""


class Erasure:
    """The part of a store that takes a participant out of it; reached as ``store.erasure``.

    Parameters
    ----------
    database
        The store's own.
    """

    def __init__(self, database: Database) -> None:
        self._db = database

    def interviews(self, participant: str) -> dict[str, tuple[str, str]]:
        """Return a participant's interviews: the hash of each one's file name, and of its bytes."""
        query = sa.text("SELECT interview, source, sha256 FROM interviews WHERE participant = :p")
        with self._db.engine.connect() as connection:
            rows = connection.execute(query, {"p": participant}).all()
        return {str(row[0]): (str(row[1]), str(row[2])) for row in rows}

    def earlier(self, interviews: list[str]) -> list[str]:
        """Return what the stored texts of interviews were before they were corrected."""
        query = sa.select(t.earlier.c.text).where(t.earlier.c.interview.in_(interviews))
        with self._db.engine.connect() as connection:
            return list(connection.scalars(query))

    def erase(self, participant: str) -> int:
        """Erase a participant's rows, all or none, and let nothing of them linger on the disk.

        Returns
        -------
        int
            Rows that were erased; 0 if all were gone already.

        Raises
        ------
        StoreError
            If somebody else has the database open and its journal cannot be emptied.
        """
        with self._db.write() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA secure_delete=ON")
            gone = _erase(connection, participant)
            for schema in copies(connection):
                gone += _erase(connection, participant, schema)
        self._clean()
        return gone

    def hide(self, places: Places) -> dict[str, int]:
        """Hide names in every stored text, all of them or none, and leave no trace on the disk.

        Units keep their ids, and with them their codings; see `hiding`. Copies that a PostgreSQL
        database keeps from before a migration are changed with it, and not counted.

        Parameters
        ----------
        places
            Where in a text something is to be hidden, and what stands there then.

        Returns
        -------
        dict
            How many places there were, by interview.

        Raises
        ------
        StoreError
            If somebody else has the database open and its journal cannot be emptied.
        """
        with self._db.write() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA secure_delete=ON")
            found = hide(connection, places)
            for schema in copies(connection):
                hide(connection, places, schema)
        self._clean()
        return found

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield every text that stands in the database, with the name of its table."""
        with self._db.engine.connect() as connection:
            for schema in (None, *copies(connection)):
                found = sa.MetaData()
                found.reflect(connection, schema=schema)
                for table in found.sorted_tables:
                    columns = [c for c in table.c if isinstance(c.type, sa.String)]
                    if columns:
                        for row in connection.execute(sa.select(*columns)):
                            yield table.fullname, "\n".join(str(v) for v in row if v)

    def _clean(self) -> None:
        engine = self._db.engine
        if engine.dialect.name != "sqlite":
            with engine.connect() as connection:
                # As a statement of its own: within a transaction, the server refuses it. A plain
                # vacuum would leave the words in the file until something is written over them.
                driver: Any = connection.connection.driver_connection
                driver.rollback()
                driver.execute_simple("VACUUM FULL")
            return
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM")
            row = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        if row[0]:
            raise StoreError(
                f"somebody else has {self._db.where} open, and its journal keeps old pages",
                remedy="close their notebooks, then run the same command again",
            )


def erase_from_copy(file: Path, participant: str) -> int:
    """Erase a participant from a copy of a store, of whatever version. Returns rows erased.

    Raises
    ------
    StoreError
        If the file is no database.
    """
    with _copy(file) as connection:
        return _erase(connection, participant)


def hide_in_copy(file: Path, places: Places) -> None:
    """Hide names in a copy of a store, of whatever version.

    Raises
    ------
    StoreError
        If the file is no database.
    """
    with _copy(file) as connection:
        hide(connection, places)


@contextmanager
def _copy(file: Path) -> Iterator[sa.Connection]:
    """Open a copy of a store for one change, of which no trace is left on the disk."""
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(file)), hide_parameters=True)
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql("PRAGMA secure_delete=ON")
            yield connection
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    except sa.exc.DBAPIError as error:
        raise StoreError(f"{file.name} is no copy of a store", remedy="delete it") from error
    finally:
        engine.dispose()


def _erase(connection: sa.Connection, participant: str, schema: str | None = None) -> int:
    found = sa.MetaData()
    found.reflect(connection, schema=schema)
    tables = {table.name: table for table in found.sorted_tables}
    if "interviews" not in tables:
        return 0
    those = tables["interviews"]
    rows = connection.execute(
        sa.select(those.c.interview, those.c.source).where(those.c.participant == participant)
    ).all()
    names, sources = [row[0] for row in rows], [row[1] for row in rows]
    if not names:
        return 0
    units = tables["units"]
    ids = list(connection.scalars(sa.select(units.c.unit_id).where(units.c.interview.in_(names))))
    gone = 0
    for table in reversed(found.sorted_tables):
        if table.name not in ("units", "interviews"):
            gone += _rows(connection, table, "unit_id", ids)
            gone += _rows(connection, table, "to", ids)
            gone += _rows(connection, table, "interview", names)
        if table.name == "refusals":
            gone += _rows(connection, table, "source", sources)
    gone += _lonely_themes(connection, tables)
    gone += _rows(connection, units, "unit_id", ids)
    return gone + _rows(connection, those, "interview", names)


def _rows(connection: sa.Connection, table: sa.Table, column: str, values: list[Any]) -> int:
    if column not in table.c:
        return 0
    gone = 0
    for some in _parts(values):
        gone += connection.execute(table.delete().where(table.c[column].in_(some))).rowcount
    return gone


def _lonely_themes(connection: sa.Connection, tables: Any) -> int:
    """Erase the themes that are of fewer than `FEWEST` people now: centre, words, names."""
    if "theme_units" not in tables:
        return 0
    of, units, talks = tables["theme_units"], tables["units"], tables["interviews"]
    people = sa.func.count(sa.distinct(talks.c.participant))
    alive = (
        sa.select(of.c.theme)
        .join(units, units.c.unit_id == of.c.unit_id)
        .join(talks, talks.c.interview == units.c.interview)
        .where(of.c.theme.is_not(None))
        .group_by(of.c.theme)
        .having(people >= FEWEST)
    )
    kept = set(connection.scalars(alive))
    gone = [
        one for one in connection.scalars(sa.select(tables["themes"].c.theme)) if one not in kept
    ]
    out = 0
    for name in ("theme_quotes", "theme_units", "theme_events", "themes"):
        out += _rows(connection, tables[name], "theme", gone)
    return out


def _parts(values: Iterable[Any]) -> Iterator[list[Any]]:
    every = list(values)
    for start in range(0, len(every), AT_ONCE):
        yield every[start : start + AT_ONCE]
