"""The ledger: a row a run, written when it first changes something, completed at its end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd
import sqlalchemy as sa

from journeyqual.errors import StoreError
from journeyqual.schema import RUNS, check
from journeyqual.store import tables as t
from journeyqual.store.connection import Database

BEGAN, INTERRUPTED = "began", "interrupted"
RUNNING = 7_265_002
"""Number of the lock that a PostgreSQL server keeps while a run is at work."""


class Ledger:
    """The part of a store that remembers runs; reached as ``store.ledger``.

    Parameters
    ----------
    database
        The store's own.
    """

    def __init__(self, database: Database) -> None:
        self._db = database

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let one run at a time work on a store; the lock goes with the process that holds it.

        Neither lock can outlive its holder: a system lets go of a dead process's file, a server of
        a dead connection's lock.

        Raises
        ------
        StoreError
            If another run holds it.
        """
        file = self._db.file
        if file is not None:
            from filelock import FileLock, Timeout

            try:
                with FileLock(file.with_name("run.lock"), timeout=0):
                    yield
            except Timeout as error:
                raise _busy() from error
            return
        with self._db.engine.connect() as connection:
            free = connection.dialect.name != "postgresql" or connection.scalar(
                sa.select(sa.func.pg_try_advisory_lock(RUNNING))
            )
            # The lock is the connection's; a transaction left open would hold back the server's
            # own housekeeping for as long as the run takes.
            connection.commit()
            if not free:
                raise _busy()
            try:
                yield
            finally:
                if connection.dialect.name == "postgresql":
                    connection.execute(sa.select(sa.func.pg_advisory_unlock(RUNNING)))

    def begin(self, started_at: str) -> int:
        """Write that a run is about to change something; returns its number."""
        row = {
            "started_at": started_at, "finished_at": "", "outcome": BEGAN, "interviews_in": 0,
            "units_coded": 0, "refused": 0, "detail": "{}",
        }  # fmt: skip
        with self._db.write() as connection:
            key = connection.execute(t.runs.insert().values(**row)).inserted_primary_key
        return int(key[0]) if key is not None else 0

    def finish(self, run: int, **values: Any) -> None:
        """Complete a run's row; ``detail`` is any JSON value."""
        values["detail"] = json.dumps(values.get("detail", {}), sort_keys=True)
        with self._db.write() as connection:
            connection.execute(t.runs.update().where(t.runs.c.run == run).values(**values))

    def settle(self) -> list[int]:
        """Mark the runs that began and never ended; whoever calls this is alone. Returns them.

        What came in with such a run is told by when it was read.
        """
        query = sa.select(t.runs.c.run, t.runs.c.started_at).where(t.runs.c.outcome == BEGAN)
        open_rows = self._db.read(query.order_by(t.runs.c.run))
        for row in open_rows.itertuples():
            came = sa.select(t.interviews.c.interview).where(
                t.interviews.c.read_at >= row.started_at
            )
            names = sorted(self._db.column(came))
            values = {"outcome": INTERRUPTED, "interviews_in": len(names)}
            self.finish(int(row.run), **values, detail={"read": names})
        return [int(run) for run in open_rows["run"]]

    def runs(self) -> pd.DataFrame:
        """Return RUNS, oldest first, without one that is still at work."""
        query = sa.select(t.runs).where(t.runs.c.outcome != BEGAN).order_by(t.runs.c.run)
        return check(self._db.read(query), RUNS)


def _busy() -> StoreError:
    return StoreError(
        "another run is at work on this study", remedy="wait for it; nothing was touched"
    )
