"""A name that was missed, taken out of what is stored: texts change, ids and codings do not.

Reading the file anew would cut other units and leave the name in the earlier text. Here a stored
text is changed where the name stands, offsets behind it move along, and every unit keeps its id.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from journeyqual.store import tables as t

Place = tuple[int, int, str]
Places = Callable[[str], Sequence[Place]]
"""Where in a text something is to be hidden, and what stands there then; no two overlap."""

_TEXTS: tuple[sa.Column[Any], ...] = (
    t.earlier.c.text,
    t.codings.c.memo,
    t.moved.c.reason,
    t.themes.c.name,
    t.themes.c.words,
    t.theme_events.c.value,
)
"""What people and machines wrote beside the interviews."""


def hide(connection: sa.Connection, places: Places) -> dict[str, int]:
    """Hide in every text of a store; returns how many places there were in which interview."""
    # A statement that writes comes first: from here on, every other writer waits.
    nobody = t.interviews.c.interview == ""
    connection.execute(t.interviews.update().where(nobody).values(version=1))
    found = {}
    texts = sa.select(t.interviews.c.interview, t.interviews.c.text).with_for_update()
    every = connection.execute(texts).all()
    for name, text in every:
        there = sorted(places(text))
        if there:
            found[name] = len(there)
            _in_interview(connection, name, text, there, places)
    old = sa.select(t.units.c.unit_id, t.units.c.text).where(~t.units.c.current)
    for unit, text in connection.execute(old).all():
        _put(connection, t.units, t.units.c.unit_id == unit, "text", text, spliced(text, places))
    for column in _TEXTS:
        _in_column(connection, column, places)
    themes = t.codings.c.dimension == "theme"
    _in_column(connection, t.codings.c.value, places, themes)
    for row in connection.execute(sa.select(t.imported)).all():
        hidden = json.dumps(
            _in_value(json.loads(row.content), places), sort_keys=True, ensure_ascii=False
        )
        where = sa.and_(t.imported.c.kind == row.kind, t.imported.c.key == row.key)
        _put(connection, t.imported, where, "content", row.content, hidden)
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
    connection: sa.Connection, name: str, text: str, there: Sequence[Place], places: Places
) -> None:
    new = _with(text, there)
    connection.execute(
        t.interviews.update()
        .where(t.interviews.c.interview == name)
        # Raised as for a correction: results of the text as it was count no more.
        .values(text=new, version=t.interviews.c.version + 1)
    )
    for turn in connection.execute(sa.select(t.turns).where(t.turns.c.interview == name)).all():
        here = sa.and_(t.turns.c.interview == name, t.turns.c.turn_index == turn.turn_index)
        connection.execute(
            t.turns.update().where(here).values(
                start_char=moved_to(turn.start_char, there, ends=False),
                end_char=moved_to(turn.end_char, there, ends=True),
                speaker=spliced(turn.speaker, places),
            )
        )  # fmt: skip
    current = sa.select(t.units).where(t.units.c.interview == name, t.units.c.current)
    for unit in connection.execute(current).all():
        start = moved_to(unit.start_char, there, ends=False)
        end = moved_to(unit.end_char, there, ends=True)
        connection.execute(
            t.units.update()
            .where(t.units.c.unit_id == unit.unit_id)
            .values(start_char=start, end_char=end, text=new[start:end])
        )


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
