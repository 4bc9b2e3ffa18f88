"""What came in from another program and has no table of its own, kept to go out as it came."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import sqlalchemy as sa

from journeyqual.store import tables as t
from journeyqual.store.connection import Database, add


@dataclass(frozen=True)
class Kept:
    """One thing that another program knew: a code's colour and place, a note, a set.

    Parameters
    ----------
    kind, key
        Of which kind it is, and what tells it from others of that kind.
    content
        What is known of it, as JSON has it.
    interview
        The interview it belongs to; blank if to none.
    """

    kind: str
    key: str
    content: Mapping[str, Any] = field(default_factory=dict)
    interview: str = ""


class Imported:
    """The part of a store that is about what came from elsewhere; reached as ``store.imported``.

    Parameters
    ----------
    database
        The store's own.
    """

    def __init__(self, database: Database) -> None:
        self._db = database

    def keep(self, things: Sequence[Kept]) -> None:
        """Keep things in their order; what is kept under the same kind and key is replaced."""
        if not things:
            return
        newest = {(one.kind, one.key): one for one in things}
        with self._db.write() as connection:
            last = connection.scalar(
                sa.select(sa.func.coalesce(sa.func.max(t.imported.c.place), 0))
            )
            places = {
                (row.kind, row.key): row.place
                for row in connection.execute(
                    sa.select(t.imported.c.kind, t.imported.c.key, t.imported.c.place)
                )
            }
            rows = []
            for one in newest.values():
                here = sa.and_(t.imported.c.kind == one.kind, t.imported.c.key == one.key)
                if (one.kind, one.key) in places:
                    connection.execute(t.imported.delete().where(here))
                last = int(last or 0) + 1
                rows.append(
                    {
                        "kind": one.kind,
                        "key": one.key,
                        "interview": one.interview,
                        # What is replaced stays where it stood.
                        "place": places.get((one.kind, one.key), last),
                        "content": json.dumps(one.content, sort_keys=True, ensure_ascii=False),
                    }
                )
            add(connection, t.imported, pd.DataFrame(rows))

    def all(self, kind: str) -> list[Kept]:
        """Return what is kept of one kind, in the order in which it came."""
        query = (
            sa.select(t.imported)
            .where(t.imported.c.kind == kind)
            .order_by(t.imported.c.place, t.imported.c.key)
        )
        found = self._db.read(query)
        return [
            Kept(kind, row.key, json.loads(row.content), row.interview)
            for row in found.itertuples()
        ]
