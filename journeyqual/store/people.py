"""What people are given to do, and what they do it by: assignments, draws, codebooks."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from journeyqual.errors import StoreError
from journeyqual.store import tables as t
from journeyqual.store.connection import Database, add, in_order, now


class People:
    """The part of a store that is about people's work; reached as ``store.people``.

    Parameters
    ----------
    database
        The store's own.
    """

    def __init__(self, database: Database) -> None:
        self._db = database

    # -- who codes what -----------------------------------------------------------------------

    def assign(self, interview: str, coder: str, *, blind: bool) -> None:
        """Give an interview to a coder; given again, it stays as it was first given.

        Raises
        ------
        StoreError
            If there is no such interview.
        """
        row = pd.DataFrame(
            [
                {
                    "interview": interview,
                    "coder": coder,
                    "blind": blind,
                    "assigned_at": now(),
                    "done_at": "",
                }
            ]
        )
        try:
            with self._db.write() as connection:
                add(connection, t.assignments, row, unless_there=True)
        except IntegrityError as error:
            raise StoreError(f"there is no interview {interview}") from error

    def assignments(self) -> pd.DataFrame:
        """Return ``interview, coder, blind, assigned_at, done_at``; blank is not done yet."""
        order = (in_order(t.assignments.c.interview), in_order(t.assignments.c.coder))
        found = self._db.read(sa.select(t.assignments).order_by(*order))
        return found.assign(blind=found["blind"].astype(bool))

    def finish(self, interview: str, coder: str) -> None:
        """Note that a coder is done with an interview; the first time counts."""
        with self._db.write() as connection:
            connection.execute(
                t.assignments.update()
                .where(
                    t.assignments.c.interview == interview,
                    t.assignments.c.coder == coder,
                    t.assignments.c.done_at == "",
                )
                .values(done_at=now())
            )

    # -- samples to be coded ------------------------------------------------------------------

    def add_draw(self, units: pd.DataFrame, *, kind: str, seed: int, **detail: Any) -> int:
        """Keep a draw: every unit that had a chance, and the place of those that were drawn.

        Parameters
        ----------
        units
            ``unit_id, probability, place``; a missing place is a unit that was not drawn.
        kind
            The design (``stratified``, ``active``).
        seed
            What it was drawn with.
        detail
            What else tells the draw apart, as JSON has it.

        Returns
        -------
        int
            The draw's number.

        Raises
        ------
        StoreError
            If a unit is unknown; then nothing is kept.
        """
        try:
            return self._add_draw(units, kind, seed, json.dumps(detail, sort_keys=True))
        except IntegrityError as error:
            raise StoreError("a draw names a unit that the study does not have") from error

    def _add_draw(self, units: pd.DataFrame, kind: str, seed: int, detail: str) -> int:
        with self._db.write() as connection:
            key = connection.execute(
                t.draws.insert().values(
                    kind=kind,
                    seed=seed,
                    made_at=now(),
                    detail=detail,
                )
            ).inserted_primary_key
            number = int(key[0]) if key is not None else 0
            # A column with missing numbers is of fractions; a server takes no 1.0 for a place.
            rows = units[["unit_id", "probability"]].assign(
                draw=number, place=units["place"].astype("Int64")
            )
            add(connection, t.draw_units, rows[rows["probability"] > 0])
        return number

    def draws(self) -> pd.DataFrame:
        """Return ``draw, kind, seed, made_at, detail``, oldest first."""
        return self._db.read(sa.select(t.draws).order_by(t.draws.c.draw))

    def draw_units(self) -> pd.DataFrame:
        """Return ``draw, kind, unit_id, probability, place`` of every unit that could be drawn.

        A passage that a correction moved comes with its unit of today; one that is gone is left
        out.
        """
        now_at = sa.func.coalesce(t.moved.c.to, t.draw_units.c.unit_id)
        query = (
            sa.select(
                t.draw_units.c.draw,
                t.draws.c.kind,
                now_at.label("unit_id"),
                t.draw_units.c.probability,
                t.draw_units.c.place,
            )
            .join(t.draws, t.draws.c.draw == t.draw_units.c.draw)
            .outerjoin(t.moved, t.moved.c.unit_id == t.draw_units.c.unit_id)
            .where(sa.or_(t.moved.c.to.is_(None), t.moved.c.to != ""))
            .order_by(t.draw_units.c.draw, t.draw_units.c.place.nulls_last(), in_order(now_at))
        )
        found = self._db.read(query)
        numbers = {"probability": float, "place": float}
        return found.astype(numbers).drop_duplicates(["draw", "unit_id"], ignore_index=True)

    # -- the codebook's life ------------------------------------------------------------------

    def keep_codebook(self, version: str, content: str, *, note: str = "") -> None:
        """Keep what a codebook said, once a version and fingerprint."""
        row = pd.DataFrame(
            [{"version": version, "content": content, "saved_at": now(), "note": note}]
        )
        with self._db.write() as connection:
            add(connection, t.codebooks, row, unless_there=True)

    def codebooks(self) -> pd.DataFrame:
        """Return ``version, content, saved_at, note``, oldest first."""
        order = (t.codebooks.c.saved_at, in_order(t.codebooks.c.version))
        return self._db.read(sa.select(t.codebooks).order_by(*order))
