"""Themes as they were found, the units of each, and what people made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import numpy as np
import pandas as pd
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from journeyqual.errors import StoreError
from journeyqual.schema import THEMED, THEMES, check
from journeyqual.store import tables as t
from journeyqual.store.connection import AT_ONCE, Database, add, in_order, now

Kind = Literal["name", "define", "accept", "reject", "merge"]
"""What a person may say of a theme; the value is a name, a definition, or the theme it goes into.

A blank value of ``merge`` takes a merge back.
"""

_FLOATS = np.dtype("<f4")


class Themes:
    """The part of a store that is about themes; reached as ``store.themes``.

    A theme and its centre are written once and never changed; which unit is of which theme is only
    added to. What people say of a theme is a row each, and the last one counts.

    Parameters
    ----------
    database
        The store's own.
    """

    def __init__(self, database: Database) -> None:
        self._db = database
        self._state: tuple[int | None, list[int]] = (None, [])

    # -- what was found -----------------------------------------------------------------------

    def add_round(
        self,
        scope: str,
        number: int,
        themes: pd.DataFrame,
        units: pd.DataFrame,
        *,
        centroids: np.typing.NDArray[np.float32],
        thresholds: np.typing.NDArray[np.float64],
        encoder: str,
        n_units: int,
        reason: str = "",
    ) -> bool:
        """Keep what one look for themes found in a scope: all of it, or nothing.

        Parameters
        ----------
        scope, number
            A stage or one of the other scopes; the look's number, 1 for the first.
        themes
            THEMES that were found.
        units
            THEMED: what is blank is a unit that none of them fits.
        centroids, thresholds
            A row a theme.
        encoder
            What made the vectors, and how.
        n_units
            In how many units was looked.
        reason
            Why nothing was found.

        Returns
        -------
        bool
            Whether it was kept: somebody else may have looked at the same time, and the first
            counts.

        Raises
        ------
        StoreError
            If a unit is unknown; then nothing is kept.
        """
        units = check(units, THEMED)[THEMED.names]
        row = {
            "scope": scope, "round": number, "units": n_units, "reason": reason,
            "left_over": int((units["theme"] == "").sum()), "found_at": now(), "upto": 0,
        }  # fmt: skip
        rows = check(themes, THEMES)[["theme", "scope", "round", "name", "words", "status"]]
        rows = rows.assign(
            # Row by row: a column of bytes, that no table of numbers takes for text.
            centroid=[one.astype(_FLOATS).tobytes() for one in centroids],
            threshold=thresholds,
            encoder=encoder,
            found_at=row["found_at"],
        )
        shown = [
            {"theme": theme, "unit_id": unit, "place": place}
            for theme, ids in zip(themes["theme"], themes["representative"], strict=True)
            for place, unit in enumerate(str(ids).split())
        ]
        try:
            with self._db.write() as connection:
                if not add(connection, t.theme_rounds, pd.DataFrame([row]), unless_there=True):
                    return False
                add(connection, t.themes, rows)
                add(connection, t.theme_quotes, pd.DataFrame(shown))
                _add_units(connection, units)
                last = sa.select(sa.func.coalesce(sa.func.max(t.theme_units.c.id), 0))
                connection.execute(
                    t.theme_rounds.update()
                    .where(t.theme_rounds.c.scope == scope, t.theme_rounds.c.round == number)
                    .values(upto=last.scalar_subquery())
                )
        except IntegrityError as error:
            raise StoreError("a theme names a unit that the study does not have") from error
        return True

    def add_units(self, units: pd.DataFrame) -> int:
        """Add which units are of which theme; what is there stays. Returns how many were added.

        Parameters
        ----------
        units
            THEMED: what is blank was looked at, and no theme fits.

        Raises
        ------
        StoreError
            If a unit or a theme is unknown; then nothing is added.
        """
        try:
            with self._db.write() as connection:
                return _add_units(connection, check(units, THEMED)[THEMED.names])
        except IntegrityError as error:
            raise StoreError("a unit or its theme is not in the study") from error

    def say(self, theme: str, kind: Kind, value: str, by: str) -> None:
        """Add what a person says of a theme.

        Raises
        ------
        StoreError
            If there is no such theme.
        """
        row = {"theme": theme, "kind": kind, "value": value, "by": by, "at": now()}
        try:
            with self._db.write() as connection:
                connection.execute(t.theme_events.insert().values(**row))
        except IntegrityError as error:
            raise StoreError(f"there is no theme {theme}") from error

    # -- what is there ------------------------------------------------------------------------

    def found(self) -> pd.DataFrame:
        """Return every theme as it was found, by id.

        Returns
        -------
        DataFrame
            ``theme, scope, round, name, words, status, centroid, threshold, encoder, found_at``;
            ``centroid`` holds an array a row.
        """
        out = self._db.read(sa.select(t.themes).order_by(in_order(t.themes.c.theme)))
        # A database's driver may hand over its own kind of bytes.
        centres = [np.frombuffer(bytes(one), dtype=_FLOATS) for one in out["centroid"]]
        return out.assign(centroid=pd.Series(centres, dtype=object))

    def quotes(self) -> pd.DataFrame:
        """Return ``theme, unit_id, place`` of the units that each theme is shown by, best first.

        A passage that a correction moved comes with its unit of today; one that is gone is left
        out.
        """
        today = sa.func.coalesce(t.moved.c.to, t.theme_quotes.c.unit_id)
        query = (
            sa.select(t.theme_quotes.c.theme, today.label("unit_id"), t.theme_quotes.c.place)
            .outerjoin(t.moved, t.moved.c.unit_id == t.theme_quotes.c.unit_id)
            .where(sa.or_(t.moved.c.to.is_(None), t.moved.c.to != ""))
            .order_by(in_order(t.theme_quotes.c.theme), t.theme_quotes.c.place)
        )
        return self._db.read(query)

    def units(self) -> pd.DataFrame:
        """Return THEMED with ``id``, which grows: a unit may have a row a theme, and a blank one.

        A unit keeps its theme when a correction of the transcript moves it.
        """
        today = sa.func.coalesce(t.moved.c.to, t.theme_units.c.unit_id)
        query = (
            sa.select(
                today.label("unit_id"),
                t.theme_units.c.scope,
                sa.func.coalesce(t.theme_units.c.theme, "").label("theme"),
                t.theme_units.c.similarity,
                t.theme_units.c.id,
            )
            .outerjoin(t.moved, t.moved.c.unit_id == t.theme_units.c.unit_id)
            .where(sa.or_(t.moved.c.to.is_(None), t.moved.c.to != ""))
            .order_by(t.theme_units.c.id)
        )
        found = self._db.read(query).astype({"similarity": float})
        return found.drop_duplicates(["unit_id", "scope", "theme"], ignore_index=True)

    def rounds(self) -> pd.DataFrame:
        """Return ``scope, round, units, left_over, upto, reason, found_at``, by scope and round.

        ``upto`` is the largest ``id`` of `units` by then.
        """
        order = (in_order(t.theme_rounds.c.scope), t.theme_rounds.c.round)
        return self._db.read(sa.select(t.theme_rounds).order_by(*order))

    def events(self) -> pd.DataFrame:
        """Return ``id, theme, kind, value, by, at`` of all that people said, oldest first."""
        return self._db.read(sa.select(t.theme_events).order_by(t.theme_events.c.id))

    def state(self) -> list[int]:
        """Return numbers that change whenever a theme, its units or what is said of it change."""
        counts = [
            sa.select(sa.func.count()).select_from(table).scalar_subquery()
            for table in (t.theme_rounds, t.themes, t.theme_units, t.theme_events, t.theme_quotes)
        ]
        last = sa.select(sa.func.coalesce(sa.func.max(t.theme_events.c.id), 0)).scalar_subquery()
        seen = self._db.seen()
        if seen is None or self._state[0] != seen:
            row = self._db.read(sa.select(*counts, last)).iloc[0]
            self._state = (seen, [int(value) for value in row])
        return self._state[1]

    # -- what follows a change elsewhere ------------------------------------------------------

    def rename_scopes(self, names: Mapping[str, str]) -> None:
        """Let the themes of stages follow them to their new names, all at once.

        Stages that go into one another bring their themes along: those of both then stand side by
        side. Two stages may change places.

        Parameters
        ----------
        names
            What a stage was called, and what it is called now.
        """
        names = {old: new for old, new in names.items() if old != new}
        if not names:
            return
        with self._db.write() as connection:
            _clear_blanks(connection, names)
            for table in (t.themes, t.theme_units):
                called = sa.case(names, value=table.c.scope, else_=table.c.scope)
                connection.execute(
                    table.update().where(table.c.scope.in_(names)).values(scope=called)
                )
            _move_rounds(connection, names)

    def forget_units(self, unit_ids: Iterable[str]) -> int:
        """Erase all that is kept of these units; themes and their names stay.

        Returns
        -------
        int
            Rows that were erased.
        """
        ids, gone = list(dict.fromkeys(unit_ids)), 0
        with self._db.write() as connection:
            for start in range(0, len(ids), AT_ONCE):
                some = ids[start : start + AT_ONCE]
                for table in (t.theme_quotes, t.theme_units):
                    gone += connection.execute(
                        table.delete().where(table.c.unit_id.in_(some))
                    ).rowcount
        return gone


def _add_units(connection: sa.Connection, units: pd.DataFrame) -> int:
    blank = units["theme"] == ""
    rows = units.assign(theme=units["theme"].astype(object).where(~blank, None))
    return add(connection, t.theme_units, rows, unless_there=True)


def _clear_blanks(connection: sa.Connection, names: Mapping[str, str]) -> None:
    """Erase "none fits" where a stage takes another's name: its units are looked at anew.

    It was said of fewer themes, or of others. Of a stage that is only renamed nothing is erased.
    """
    there = set(connection.scalars(sa.select(t.theme_units.c.scope).distinct()))
    taken = {one for old, new in names.items() if {old, new} <= there for one in (old, new)}
    connection.execute(
        t.theme_units.delete().where(
            t.theme_units.c.scope.in_(taken), t.theme_units.c.theme.is_(None)
        )
    )


def _move_rounds(connection: sa.Connection, names: Mapping[str, str]) -> None:
    """Write the looks for themes under the new names, one after the other where scopes join."""
    rows = pd.DataFrame(connection.execute(sa.select(t.theme_rounds)).mappings().all())
    if rows.empty:
        return
    rows = rows.assign(scope=[names.get(scope, scope) for scope in rows["scope"]])
    rows = rows.sort_values(["scope", "round", "found_at"], kind="stable")
    rows["round"] = rows.groupby("scope").cumcount() + 1
    connection.execute(t.theme_rounds.delete())
    add(connection, t.theme_rounds, rows)
