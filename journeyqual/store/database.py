"""One write path to the study's database: interviews frozen once, codings only ever added."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError

from journeyqual.errors import StoreError
from journeyqual.schema import CODINGS, RUNS, TURNS, UNITS, check
from journeyqual.store import tables as t


def now() -> str:
    """Return the time in UTC, to the second, as the ledger writes it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True)
class Interview:
    """One pseudonymised interview, ready to be frozen.

    Parameters
    ----------
    turns, units
        TURNS and UNITS of this interview alone.
    text, starts
        The stored text, and where each turn's words start in it (code points).
    """

    turns: pd.DataFrame
    units: pd.DataFrame
    text: str
    starts: pd.Series

    @property
    def name(self) -> str:
        """The interview's id."""
        return str(self.turns["interview"].iloc[0])

    def turn_rows(self) -> pd.DataFrame:
        """Return the rows of the turns' table: offsets instead of words."""
        turns = check(self.turns, TURNS)
        starts = self.starts.to_numpy()
        ends = starts + turns["text"].str.len().to_numpy()
        columns = ["interview", "turn_index", "speaker", "role", "start_s", "end_s"]
        return turns[columns].assign(start_char=starts, end_char=ends)


_UNIT_COLUMNS = [c for c in UNITS.names if c != "participant"]


class Store:
    """An open study store.

    Parameters
    ----------
    url
        A SQLAlchemy URL, or the path of a SQLite file (made if it is not there).

    Raises
    ------
    StoreError
        If the file is no store, or was written by a newer journeyqual.
    """

    def __init__(self, url: str | Path) -> None:
        if isinstance(url, Path):
            url.parent.mkdir(parents=True, exist_ok=True)
            self.where, address = url.name, f"sqlite:///{url}"
        else:
            self.where, address = sa.make_url(url).render_as_string(), url
        self.engine = sa.create_engine(address)
        if self.engine.dialect.name == "sqlite":
            sa.event.listen(self.engine, "connect", _sqlite_settings)
        try:
            self._migrate()
        except DatabaseError as error:
            raise StoreError(
                f"{self.where} cannot be opened as a store ({error.orig})",
                remedy="keep it, it may hold people's codings; put a backup in its place",
            ) from error

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def _migrate(self) -> None:
        with self.engine.connect() as connection:
            known = sa.inspect(connection).has_table("alembic_version")
            at = (
                connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
                if known
                else None
            )
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
        with self.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    @contextmanager
    def _write(self) -> Iterator[sa.Connection]:
        try:
            with self.engine.begin() as connection:
                yield connection
        except OperationalError as error:
            raise StoreError(f"{self.where} could not be written ({error.orig})") from error

    # -- interviews ---------------------------------------------------------------------------

    def add_interviews(self, interviews: Sequence[Interview], *, source: str, sha256: str) -> None:
        """Freeze the interviews of one file: text, turns and units, all of them or none.

        Parameters
        ----------
        interviews
            Pseudonymised; most files hold one.
        source, sha256
            Hash of the file's name, hash of its bytes.

        Raises
        ------
        StoreError
            If an interview of that name is already stored.
        """
        try:
            with self._write() as connection:
                for one in interviews:
                    connection.execute(
                        t.interviews.insert().values(
                            interview=one.name,
                            participant=one.turns["participant"].iloc[0],
                            source=source,
                            sha256=sha256,
                            text=one.text,
                            read_at=now(),
                        )
                    )
                    _insert(connection, t.turns, one.turn_rows())
                    _insert(connection, t.units, check(one.units, UNITS)[_UNIT_COLUMNS])
                connection.execute(t.refusals.delete().where(t.refusals.c.source == source))
        except IntegrityError as error:
            names = ", ".join(one.name for one in interviews)
            raise StoreError(
                f"an interview called {names} is already stored", remedy="rename the file"
            ) from error

    def interviews(self) -> pd.DataFrame:
        """Return ``interview, participant, source, sha256, read_at``, by interview."""
        columns = [c for c in t.interviews.c if c.name != "text"]
        return self._read(sa.select(*columns).order_by(t.interviews.c.interview))

    def texts(self, interviews: list[str]) -> dict[str, str]:
        """Return the stored text of the named interviews."""
        query = sa.select(t.interviews.c.interview, t.interviews.c.text)
        with self.engine.connect() as connection:
            rows = connection.execute(query.where(t.interviews.c.interview.in_(interviews)))
            return {interview: text for interview, text in rows}

    def turns(self) -> pd.DataFrame:
        """Return TURNS as stored, by interview and turn."""
        words = sa.func.substr(
            t.interviews.c.text,
            t.turns.c.start_char + 1,
            t.turns.c.end_char - t.turns.c.start_char,
        ).label("text")
        query = (
            sa.select(t.turns, t.interviews.c.participant, words)
            .join(t.interviews, t.turns.c.interview == t.interviews.c.interview)
            .order_by(t.turns.c.interview, t.turns.c.turn_index)
        )
        return check(self._read(query)[TURNS.names], TURNS)

    def units(
        self, interviews: list[str] | None = None, *, coded_by_people: bool = False
    ) -> pd.DataFrame:
        """Return UNITS, by interview and order.

        Parameters
        ----------
        interviews
            Those whose units are wanted; all when None.
        coded_by_people
            Leave out the units that no person has coded on any dimension.
        """
        query = (
            sa.select(t.units, t.interviews.c.participant)
            .join(t.interviews, t.units.c.interview == t.interviews.c.interview)
            .order_by(t.units.c.interview, t.units.c.order)
        )
        if interviews is not None:
            query = query.where(t.units.c.interview.in_(interviews))
        if coded_by_people:
            theirs = sa.select(t.codings.c.unit_id).where(t.codings.c.coder.startswith("human:"))
            query = query.where(t.units.c.unit_id.in_(theirs))
        return check(self._read(query)[UNITS.names], UNITS)

    # -- codings ------------------------------------------------------------------------------

    def add_codings(
        self, codings: pd.DataFrame, *, done: tuple[list[str], str] | None = None
    ) -> int:
        """Add codings; nothing that is there is changed. Returns how many were added.

        Parameters
        ----------
        codings
            CODINGS; blank status is ``accepted`` for people and ``suggested`` for machines.
        done
            Interviews that these codings complete, and the key of coder and codebook that did it.

        Raises
        ------
        StoreError
            If a unit is unknown; then none is added.
        """
        rows = check(codings, CODINGS)[CODINGS.names]
        people = rows["coder"].str.startswith("human:")
        rows["status"] = rows["status"].where(
            rows["status"] != "", people.map({True: "accepted", False: "suggested"})
        )
        rows["coded_at"] = rows["coded_at"].where(rows["coded_at"] != "", now())
        try:
            with self._write() as connection:
                _insert(connection, t.codings, rows)
                if done is not None:
                    interviews, key = done
                    there = connection.scalars(
                        sa.select(t.coded.c.interview).where(t.coded.c.key == key)
                    ).all()
                    fresh = [
                        {"interview": i, "key": key} for i in interviews if i not in set(there)
                    ]
                    if fresh:
                        connection.execute(t.coded.insert(), fresh)
        except IntegrityError as error:
            raise StoreError("a coding names a unit that the study does not have") from error
        return len(rows)

    def codings(self, *, coders: list[str] | None = None, codebook: str = "") -> pd.DataFrame:
        """Return CODINGS, oldest first: people's, and those of the named machine coders.

        Parameters
        ----------
        coders
            Machine coders to keep; all when None.
        codebook
            Fingerprint of the codebook that machine codings must have been made under; any when
            blank.
        """
        query = sa.select(*(c for c in t.codings.c if c.name != "id")).order_by(t.codings.c.id)
        if coders is not None:
            machine = sa.and_(t.codings.c.coder.in_(coders))
            if codebook:
                machine = sa.and_(machine, _under(codebook))
            query = query.where(sa.or_(t.codings.c.coder.startswith("human:"), machine))
        return check(self._read(query), CODINGS)

    def signatures(self, codebook: str) -> list[str]:
        """Return the machine coders that have coded under the codebook of this fingerprint."""
        query = sa.select(t.codings.c.coder).distinct().where(_under(codebook))
        with self.engine.connect() as connection:
            return sorted(connection.scalars(query))

    def uncoded(self, key: str) -> list[str]:
        """Return the interviews that the coder and codebook of ``key`` have not been over."""
        done = sa.select(t.coded.c.interview).where(t.coded.c.key == key)
        query = sa.select(t.interviews.c.interview).where(t.interviews.c.interview.not_in(done))
        with self.engine.connect() as connection:
            return list(connection.scalars(query.order_by(t.interviews.c.interview)))

    # -- refusals and runs --------------------------------------------------------------------

    def refuse(self, source: str, sha256: str, reason: str) -> None:
        """Remember that a file could not be taken in, and by what kind of error.

        No words: a reason may quote a file's name, or what somebody said.
        """
        with self._write() as connection:
            connection.execute(t.refusals.delete().where(t.refusals.c.source == source))
            connection.execute(
                t.refusals.insert().values(
                    source=source, sha256=sha256, reason=reason, refused_at=now()
                )
            )

    def settle_refusals(self) -> None:
        """Forget refusals of files that have been stored since."""
        stored = sa.select(t.interviews.c.source)
        with self._write() as connection:
            connection.execute(t.refusals.delete().where(t.refusals.c.source.in_(stored)))

    def refusals(self) -> pd.DataFrame:
        """Return ``source, sha256, reason, refused_at`` of files that wait in quarantine."""
        return self._read(sa.select(t.refusals).order_by(t.refusals.c.source))

    def add_run(self, **values: Any) -> int:
        """Write one line of the ledger; ``detail`` is any JSON value. Returns the run's number."""
        values["detail"] = json.dumps(values.get("detail", {}), sort_keys=True)
        with self._write() as connection:
            key = connection.execute(t.runs.insert().values(**values)).inserted_primary_key
        return int(key[0]) if key is not None else 0

    def runs(self) -> pd.DataFrame:
        """Return RUNS, oldest first."""
        return check(self._read(sa.select(t.runs).order_by(t.runs.c.run)), RUNS)

    def state(self) -> tuple[int, int, int]:
        """Return numbers that change whenever an interview, unit or coding is added."""
        with self.engine.connect() as connection:
            row = connection.execute(
                sa.select(
                    sa.select(sa.func.count()).select_from(t.interviews).scalar_subquery(),
                    sa.select(sa.func.count()).select_from(t.coded).scalar_subquery(),
                    sa.select(sa.func.coalesce(sa.func.max(t.codings.c.id), 0)).scalar_subquery(),
                )
            ).one()
        return int(row[0]), int(row[1]), int(row[2])

    def _read(self, query: sa.Select[Any]) -> pd.DataFrame:
        with self.engine.connect() as connection:
            result = connection.execute(query)
            return pd.DataFrame(result.all(), columns=list(result.keys()))


def _under(codebook: str) -> sa.ColumnElement[bool]:
    return t.codings.c.codebook_version.endswith(f"+{codebook}", autoescape=True)


def _insert(connection: sa.Connection, table: sa.Table, frame: pd.DataFrame) -> None:
    if len(frame):
        rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
        connection.execute(table.insert(), rows)


def _sqlite_settings(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    # WAL lets a reader look while a run writes; FULL survives a power cut; wait for another writer.
    for setting in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=30000",
    ):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()
