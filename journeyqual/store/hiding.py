"""A name that was missed, taken out of what is stored: texts change, ids and codings do not.

Reading the file anew would cut other units and leave the name in the earlier text. Here a stored
text is changed where the name stands, offsets behind it move along, and every unit keeps its id.
The tables are looked up in the database, not in `tables`: the same statements hide in copies that
were made before a migration.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

Place = tuple[int, int, str]
Places = Callable[[str], Sequence[Place]]
"""Where in a text something is to be hidden, and what stands there then; no two overlap."""

_TEXTS = (
    ("earlier_texts", "text"),
    ("codings", "memo"),
    ("moved_units", "reason"),
    ("themes", "name"),
    ("themes", "words"),
    ("theme_events", "value"),
)
"""What people and machines wrote beside the interviews."""


def hide(connection: sa.Connection, places: Places, schema: str | None = None) -> dict[str, int]:
    """Hide in every text of a store; returns how many places there were in which interview.

    Parameters
    ----------
    connection
        In a transaction.
    places
        Where in a text something is to be hidden.
    schema
        Where the tables are; None is where the store itself has them.
    """
    reflected = sa.MetaData()
    reflected.reflect(connection, schema=schema)
    t = {table.name: table for table in reflected.sorted_tables}
    if "interviews" not in t:
        return {}
    talks, units = t["interviews"].c, t["units"].c
    # A statement that writes comes first: from here on, every other writer waits.
    connection.execute(t["interviews"].update().where(talks.interview == "").values(text=""))
    found = {}
    texts = sa.select(talks.interview, talks.text).with_for_update()
    for name, text in connection.execute(texts).all():
        there = sorted(places(text))
        if there:
            found[name] = len(there)
            _in_interview(connection, t, name, text, there, places)
    if "current" in units:
        old = sa.select(units.unit_id, units.text).where(~units.current)
        for unit, text in connection.execute(old).all():
            _put(connection, t["units"], units.unit_id == unit, "text", text, spliced(text, places))
    for table, column in _TEXTS:
        if table in t:
            _in_column(connection, t[table].c[column], places)
    codings = t["codings"].c
    _in_column(connection, codings.value, places, codings.dimension == "theme")
    if "imported" in t:
        _in_imported(connection, t["imported"], places)
    return found


def spliced(text: str, places: Places) -> str:
    """Return a text with what stands at each place put there.

    Examples
    --------
    >>> spliced("I rang Dev.", lambda text: [(7, 10, "[name]")])
    'I rang [name].'
    """
    return _with(text, sorted(places(text)))


def _with(text: str, there: Sequence[Place]) -> str:
    out, at = [], 0
    for start, end, new in there:
        out += [text[at:start], new]
        at = end
    return "".join([*out, text[at:]])


def moved_to(offset: int, there: Sequence[Place], *, ends: bool) -> int:
    """Return where an offset is once the places were replaced.

    One inside a place moves to the edge of what stands there now, so that no unit gets half of a
    pseudonym: where something ends, behind it.

    Examples
    --------
    >>> [moved_to(n, [(2, 5, "[name]")], ends=False) for n in (0, 2, 4, 5)]
    [0, 2, 2, 8]
    >>> moved_to(4, [(2, 5, "[name]")], ends=True)
    8
    """
    shift = 0
    for start, end, new in there:
        if offset >= end:
            shift += len(new) - (end - start)
        elif offset > start:
            return start + shift + (len(new) if ends else 0)
    return offset + shift


def _in_interview(
    connection: sa.Connection,
    t: Mapping[str, sa.Table],
    name: str,
    text: str,
    there: Sequence[Place],
    places: Places,
) -> None:
    talks, turns, units = t["interviews"], t["turns"], t["units"]
    values: dict[str, Any] = {"text": (new := _with(text, there))}
    if "version" in talks.c:
        # Raised as for a correction: results of the text as it was count no more.
        values["version"] = talks.c.version + 1
    connection.execute(talks.update().where(talks.c.interview == name).values(values))
    for turn in connection.execute(sa.select(turns).where(turns.c.interview == name)).all():
        here = sa.and_(turns.c.interview == name, turns.c.turn_index == turn.turn_index)
        connection.execute(
            turns.update().where(here).values(
                start_char=moved_to(turn.start_char, there, ends=False),
                end_char=moved_to(turn.end_char, there, ends=True),
                speaker=spliced(turn.speaker, places),
            )
        )  # fmt: skip
    current = sa.select(units).where(units.c.interview == name)
    if "current" in units.c:
        current = current.where(units.c.current)
    for unit in connection.execute(current).all():
        start = moved_to(unit.start_char, there, ends=False)
        end = moved_to(unit.end_char, there, ends=True)
        connection.execute(
            units.update()
            .where(units.c.unit_id == unit.unit_id)
            .values(start_char=start, end_char=end, text=new[start:end])
        )


def _in_imported(connection: sa.Connection, table: sa.Table, places: Places) -> None:
    for row in connection.execute(sa.select(table)).all():
        hidden = json.dumps(
            _in_value(json.loads(row.content), places), sort_keys=True, ensure_ascii=False
        )
        where = sa.and_(table.c.kind == row.kind, table.c.key == row.key)
        _put(connection, table, where, "content", row.content, hidden)


def _in_column(
    connection: sa.Connection, column: sa.Column[Any], places: Places, only: Any = None
) -> None:
    table = column.table
    assert isinstance(table, sa.Table)
    query = sa.select(column).distinct()
    for text in connection.execute(query if only is None else query.where(only)).scalars().all():
        here = column == text if only is None else sa.and_(column == text, only)
        _put(connection, table, here, column.name, text, spliced(text, places))


def _put(
    connection: sa.Connection, table: sa.Table, where: Any, column: str, old: str, new: str
) -> None:
    if new != old:
        connection.execute(table.update().where(where).values({column: new}))


def _in_value(value: Any, places: Places) -> Any:
    """Hide in the texts of a JSON value, not in its keys, nor in what is no words."""
    if isinstance(value, str):
        return spliced(value, places)
    if isinstance(value, list):
        return [_in_value(one, places) for one in value]
    if isinstance(value, dict):
        return {key: _in_value(one, places) for key, one in value.items()}
    return value
