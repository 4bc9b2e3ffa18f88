"""One write path to the study's database: interviews frozen once, codings only ever added.

Over 400 lines because every statement that touches interviews and codings stands here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from journeyqual.errors import StoreError
from journeyqual.schema import CODINGS, TURNS, UNITS, check
from journeyqual.store import tables as t
from journeyqual.store.connection import AT_ONCE, Database, add, in_order, now
from journeyqual.store.erasure import Erasure
from journeyqual.store.imported import Imported
from journeyqual.store.ledger import Ledger
from journeyqual.store.people import People
from journeyqual.store.themes import Themes


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


_BY_PEOPLE = sa.text(t.BY_PEOPLE)
"""In the very words of the index `codings_by_people`, or it would not be used."""
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
        self._db = Database(url)
        self.people = People(self._db)
        self.themes = Themes(self._db)
        self.imported = Imported(self._db)
        self.ledger = Ledger(self._db)
        self.erasure = Erasure(self._db)
        self._state: tuple[int | None, tuple[int, ...]] = (None, ())

    def close(self) -> None:
        """Close every connection."""
        self._db.close()

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
            with self._db.write() as connection:
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
                    add(connection, t.turns, one.turn_rows())
                    add(connection, t.units, check(one.units, UNITS)[_UNIT_COLUMNS])
                connection.execute(t.refusals.delete().where(t.refusals.c.source == source))
        except IntegrityError as error:
            names = ", ".join(one.name for one in interviews)
            raise StoreError(
                f"an interview called {names} is already stored", remedy="rename the file"
            ) from error

    def interviews(self) -> pd.DataFrame:
        """Return ``interview, participant, source, sha256, read_at``, by interview."""
        columns = [c for c in t.interviews.c if c.name != "text"]
        return self._db.read(sa.select(*columns).order_by(in_order(t.interviews.c.interview)))

    def texts(self, interviews: list[str]) -> dict[str, str]:
        """Return the stored text of the named interviews."""
        query = sa.select(t.interviews.c.interview, t.interviews.c.text)
        found = self._db.read(query.where(t.interviews.c.interview.in_(interviews)))
        return dict(zip(found["interview"], found["text"], strict=True))

    def turns(self, interviews: list[str] | None = None) -> pd.DataFrame:
        """Return TURNS as stored, by interview and turn; of all interviews when None."""
        # The text comes once, with an interview's first turn, and is cut here: a database counts
        # its characters from the front for each turn anew. One statement, so that no correction of
        # the transcript falls between the offsets and the words.
        each = t.turns.alias()
        first = sa.select(sa.func.min(each.c.turn_index)).where(
            each.c.interview == t.turns.c.interview
        )
        whole = sa.case((t.turns.c.turn_index == first.scalar_subquery(), t.interviews.c.text))
        query = (
            sa.select(t.turns, t.interviews.c.participant, whole.label("whole"))
            .join(t.interviews, t.turns.c.interview == t.interviews.c.interview)
            .order_by(in_order(t.turns.c.interview), t.turns.c.turn_index)
        )
        if interviews is not None:
            query = query.where(t.turns.c.interview.in_(interviews))
        found = self._db.read(query)
        texts = found.dropna(subset="whole").set_index("interview")["whole"].to_dict()
        places = zip(found["interview"], found["start_char"], found["end_char"], strict=True)
        found["text"] = [texts[name][start:end] for name, start, end in places]
        return check(found[TURNS.names], TURNS)

    def turn_starts(self, interview: str) -> dict[int, int]:
        """Return where each turn's words start in the interview's stored text (code points)."""
        query = sa.select(t.turns.c.turn_index, t.turns.c.start_char)
        found = self._db.read(query.where(t.turns.c.interview == interview))
        return dict(zip(found["turn_index"], found["start_char"], strict=True))

    def units(
        self,
        interviews: list[str] | None = None,
        *,
        kind: str = "segment",
        coded_by_people: bool = False,
    ) -> pd.DataFrame:
        """Return UNITS, by interview and order.

        Parameters
        ----------
        interviews
            Those whose units are wanted; all when None.
        kind
            ``segment``, what the curve is made of, or ``span``, people's free selections.
        coded_by_people
            Leave out the units that no person has coded on any dimension.
        """
        query = (
            sa.select(t.units, t.interviews.c.participant)
            .join(t.interviews, t.units.c.interview == t.interviews.c.interview)
            .where(t.units.c.current, t.units.c.kind == kind)
            .order_by(in_order(t.units.c.interview), t.units.c.order, t.units.c.start_char)
        )
        if interviews is not None:
            query = query.where(t.units.c.interview.in_(interviews))
        if coded_by_people:
            people = _now_at().where(_BY_PEOPLE)
            query = query.where(t.units.c.unit_id.in_(people))
        return check(self._db.read(query)[UNITS.names], UNITS)

    def count_units(self, interviews: list[str]) -> int:
        """Return how many segments the named interviews have."""
        counts = 0
        for start in range(0, len(interviews), AT_ONCE):
            query = sa.select(sa.func.count()).where(
                t.units.c.current,
                t.units.c.kind == "segment",
                t.units.c.interview.in_(interviews[start : start + AT_ONCE]),
            )
            counts += int(self._db.column(query)[0])
        return counts

    def orders(self) -> pd.Series:
        """Return each segment's place in its interview, by unit; no text is read."""
        query = sa.select(t.units.c.unit_id, t.units.c.order)
        query = query.where(t.units.c.current, t.units.c.kind == "segment")
        return self._db.read(query).set_index("unit_id")["order"].astype("int64")

    def add_spans(self, spans: pd.DataFrame) -> None:
        """Add free spans, chosen by people; one that is there already stays as it is.

        Parameters
        ----------
        spans
            UNITS of kind ``span``, of interviews that are stored.

        Raises
        ------
        StoreError
            If an interview is unknown, or its stored text has other words there.
        """
        rows = check(spans, UNITS)[_UNIT_COLUMNS]
        words = sa.func.substr(
            t.interviews.c.text,
            t.units.c.start_char + 1,
            t.units.c.end_char - t.units.c.start_char,
        )
        astray = (
            sa.select(t.units.c.interview)
            .join(t.interviews, t.units.c.interview == t.interviews.c.interview)
            .where(t.units.c.unit_id.in_(rows["unit_id"].tolist()), t.units.c.text != words)
        )
        try:
            with self._db.write() as connection:
                add(connection, t.units, rows, unless_there=True)
                # Looked at once the rows are in: a correction waits from there on.
                if name := connection.scalar(astray.limit(1)):
                    raise StoreError(
                        f"the text of {name} was corrected meanwhile", remedy="open it again"
                    )
        except IntegrityError as error:
            raise StoreError("a span is of an interview that the study does not have") from error

    def correct(
        self, interview: Interview, moved: pd.DataFrame, *, source: str, sha256: str
    ) -> int:
        """Put a corrected text in the place of an interview's; what people coded goes along.

        Parameters
        ----------
        interview
            The corrected interview; its units are the new segments, and people's spans where their
            words are now.
        moved
            A row an old unit: ``unit_id, to, how, similarity, reason``; a blank ``to`` is a passage
            that is gone, and its codings wait in `lost`.
        source, sha256
            Hash of the file's name, hash of its bytes.

        Returns
        -------
        int
            The number of the new version.

        Raises
        ------
        StoreError
            If there is no such interview, or someone marked a passage or corrected it meanwhile.
        """
        try:
            return self._correct(interview, moved, source=source, sha256=sha256)
        except IntegrityError as error:
            raise _overtaken(interview.name) from error

    def _correct(
        self, interview: Interview, moved: pd.DataFrame, *, source: str, sha256: str
    ) -> int:
        name = interview.name
        mine = t.interviews.c.interview == name
        units = check(interview.units, UNITS)[_UNIT_COLUMNS]
        with self._db.write() as connection:
            # A statement that writes comes first: from here on, every other writer waits.
            connection.execute(t.coded.delete().where(t.coded.c.interview == name))
            before = connection.execute(
                sa.select(t.interviews).where(mine).with_for_update()
            ).one_or_none()
            if before is None:
                raise StoreError(f"there is no interview {name}")
            connection.execute(
                t.earlier.insert().values(
                    interview=name, version=before.version, sha256=before.sha256, text=before.text,
                    read_at=before.read_at,
                )
            )  # fmt: skip
            connection.execute(
                t.interviews.update()
                .where(mine)
                .values(
                    source=source, sha256=sha256, text=interview.text, read_at=now(),
                    version=before.version + 1,
                )
            )  # fmt: skip
            connection.execute(t.turns.delete().where(t.turns.c.interview == name))
            add(connection, t.turns, interview.turn_rows())
            every = sa.select(t.units.c.unit_id).where(t.units.c.interview == name)
            there = set(connection.scalars(every))
            forgotten = set(connection.scalars(every.where(t.units.c.current)))
            forgotten -= {*moved["unit_id"], *units["unit_id"]}
            if forgotten:
                raise _overtaken(name)
            connection.execute(
                t.units.update().where(t.units.c.interview == name).values(current=False)
            )
            again = units["unit_id"].isin(there)
            for row in units[again].to_dict("records"):
                connection.execute(
                    t.units.update()
                    .where(t.units.c.unit_id == row["unit_id"])
                    .values(
                        current=True, order=row["order"], turn_index=row["turn_index"],
                        start_s=_known(row["start_s"]), end_s=_known(row["end_s"]),
                    )
                )  # fmt: skip
            add(connection, t.units, units[~again])
            # A unit that stands again is no longer moved; one that had moved before, moves on.
            connection.execute(
                t.moved.delete().where(t.moved.c.unit_id.in_(every.where(t.units.c.current)))
            )
            moves = moved[moved["unit_id"] != moved["to"]]
            moves = moves[["unit_id", "to", "how", "similarity", "reason"]]
            ends = set(
                connection.scalars(sa.select(t.moved.c.to).where(t.moved.c.interview == name))
            )
            for row in moves[moves["unit_id"].isin(ends)].to_dict("records"):
                connection.execute(
                    t.moved.update()
                    .where(t.moved.c.to == row["unit_id"])
                    .values(
                        to=row["to"], how=row["how"], reason=row["reason"],
                        version=before.version + 1,
                    )
                )  # fmt: skip
            add(connection, t.moved, moves.assign(interview=name, version=before.version + 1))
            connection.execute(t.refusals.delete().where(t.refusals.c.source == source))
        return int(before.version) + 1

    # -- codings ------------------------------------------------------------------------------

    def add_codings(
        self,
        codings: pd.DataFrame,
        *,
        done: tuple[list[str], str] | None = None,
        action: str = "",
        undoes: str = "",
        origin: str | Sequence[str] = "",
    ) -> int:
        """Add codings; nothing that is there is changed. Returns how many were added.

        Parameters
        ----------
        codings
            CODINGS; blank status is ``accepted`` for people and ``suggested`` for machines.
        done
            Interviews that these codings complete, and the key of coder and codebook that did it.
        action
            Id of what one key press or click did; an action that is stored already adds nothing.
        undoes
            Id of the action that this one takes back.
        origin
            How the rows came about (``clear``, ``merge``, ``import``), one for all or one a row;
            blank where somebody chose the value.

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
        rows = rows.assign(action=action, part=range(len(rows)), undoes=undoes, origin=origin)
        try:
            with self._db.write() as connection:
                added = add(connection, t.codings, rows, unless_there=action != "")
                if done is not None:
                    interviews, key = done
                    marks = pd.DataFrame({"interview": interviews, "key": key})
                    add(connection, t.coded, marks, unless_there=True)
        except IntegrityError as error:
            raise StoreError("a coding names a unit that the study does not have") from error
        return added

    def codings(
        self,
        *,
        coders: list[str] | None = None,
        codebook: str = "",
        interviews: list[str] | None = None,
        units: list[str] | None = None,
        dimension: str = "",
    ) -> pd.DataFrame:
        """Return CODINGS, oldest first: people's, and those of the named machine coders.

        Codings of a passage that a correction of the transcript moved come with its unit of today.

        Parameters
        ----------
        coders
            Machine coders to keep; all when None.
        codebook
            Fingerprint of the codebook that machine codings must have been made under; any when
            blank.
        interviews, units
            Those whose codings are wanted; all when None.
        dimension
            The one that is wanted; all when blank.

        Returns
        -------
        DataFrame
            CODINGS; then ``id``, which grows, ``action``, ``undoes`` and ``origin``.
        """
        names = [c for c in CODINGS.names if c != "unit_id"]
        query = _now_at(*(t.codings.c[c] for c in (*names, "id", "action", "undoes", "origin")))
        query = query.order_by(t.codings.c.id)
        if coders:
            machine = sa.and_(t.codings.c.coder.in_(coders))
            if codebook:
                machine = sa.and_(machine, _under(codebook))
            query = query.where(sa.or_(_BY_PEOPLE, machine))
        elif coders is not None:
            query = query.where(_BY_PEOPLE)
        if dimension:
            query = query.where(t.codings.c.dimension == dimension)
        if interviews is not None:
            query = query.join(t.units, t.units.c.unit_id == t.codings.c.unit_id).where(
                t.units.c.interview.in_(interviews)
            )
        if units is not None:
            moved_here = sa.select(t.moved.c.unit_id).where(t.moved.c.to.in_(units))
            here = t.codings.c.unit_id
            query = query.where(sa.or_(here.in_(units), here.in_(moved_here)))
        return check(self._db.read(query), CODINGS)

    def actions(self, interview: str, coder: str) -> pd.DataFrame:
        """Return ``action, undoes`` of what a coder did in an interview, oldest first."""
        first = sa.func.min(t.codings.c.id)
        query = (
            sa.select(t.codings.c.action, t.codings.c.undoes)
            .join(t.units, t.units.c.unit_id == t.codings.c.unit_id)
            .where(
                t.units.c.interview == interview,
                t.codings.c.coder == coder,
                t.codings.c.action != "",
            )
            .group_by(t.codings.c.action, t.codings.c.undoes)
            .order_by(first)
        )
        return self._db.read(query)

    def of_action(self, action: str) -> pd.DataFrame:
        """Return the codings of one action as `codings` does."""
        columns = [c for c in CODINGS.names if c != "unit_id"]
        query = _now_at(*(t.codings.c[c] for c in (*columns, "id", "action", "undoes", "origin")))
        query = query.where(t.codings.c.action == action).order_by(t.codings.c.part)
        return check(self._db.read(query), CODINGS)

    def lost(self) -> pd.DataFrame:
        """Return people's codings whose words a correction took away, with those words.

        Returns
        -------
        DataFrame
            CODINGS, then ``interview, participant, text, reason``, oldest first.
        """
        query = (
            sa.select(
                *(t.codings.c[c] for c in CODINGS.names),
                t.units.c.interview,
                t.interviews.c.participant,
                t.units.c.text,
                t.moved.c.reason,
            )
            .join(t.moved, t.moved.c.unit_id == t.codings.c.unit_id)
            .join(t.units, t.units.c.unit_id == t.codings.c.unit_id)
            .join(t.interviews, t.interviews.c.interview == t.units.c.interview)
            .where(t.moved.c.to == "", _BY_PEOPLE)
            .order_by(t.codings.c.id)
        )
        return check(self._db.read(query), CODINGS)

    def signatures(self, codebook: str) -> list[str]:
        """Return the machine coders that have coded under the codebook of this fingerprint."""
        query = sa.select(t.codings.c.coder).distinct().where(_under(codebook))
        return sorted(self._db.column(query))

    def uncoded(self, key: str) -> list[str]:
        """Return the interviews that the coder and codebook of ``key`` have not been over."""
        done = sa.select(t.coded.c.interview).where(t.coded.c.key == key)
        query = sa.select(t.interviews.c.interview).where(t.interviews.c.interview.not_in(done))
        return self._db.column(query.order_by(in_order(t.interviews.c.interview)))

    # -- refusals and runs --------------------------------------------------------------------

    def refuse(self, source: str, sha256: str, reason: str) -> None:
        """Remember that a file could not be taken in, and by what kind of error.

        No words: a reason may quote a file's name, or what somebody said.
        """
        known = sa.select(sa.func.count()).where(
            t.refusals.c.source == source,
            t.refusals.c.sha256 == sha256,
            t.refusals.c.reason == reason,
        )
        if self._db.column(known)[0]:
            return
        with self._db.write() as connection:
            connection.execute(t.refusals.delete().where(t.refusals.c.source == source))
            connection.execute(
                t.refusals.insert().values(
                    source=source, sha256=sha256, reason=reason, refused_at=now()
                )
            )

    def settle_refusals(self) -> None:
        """Forget refusals of files that have been stored since."""
        stored = t.refusals.c.source.in_(sa.select(t.interviews.c.source))
        # A run with nothing new writes nothing.
        if self._db.column(sa.select(sa.func.count()).select_from(t.refusals).where(stored))[0]:
            with self._db.write() as connection:
                connection.execute(t.refusals.delete().where(stored))

    def refusals(self) -> pd.DataFrame:
        """Return ``source, sha256, reason, refused_at`` of files that wait in quarantine."""
        return self._db.read(sa.select(t.refusals).order_by(in_order(t.refusals.c.source)))

    def add_run(self, **values: Any) -> int:
        """Write one line of the ledger; ``detail`` is any JSON value. Returns the run's number."""
        number = self.ledger.begin(str(values.get("started_at", "")))
        self.ledger.finish(number, **values)
        return number

    def runs(self) -> pd.DataFrame:
        """Return RUNS, oldest first."""
        return self.ledger.runs()

    def state(self) -> tuple[int, ...]:
        """Return numbers that change whenever an interview, unit, coding or draw is added."""
        counts = (
            sa.select(sa.func.coalesce(sa.func.sum(t.interviews.c.version), 0)),
            sa.select(sa.func.count()).select_from(t.coded),
            # Both: ids are given out before a writer is done, so a lower one may come later.
            sa.select(sa.func.coalesce(sa.func.max(t.codings.c.id), 0)),
            sa.select(sa.func.count()).select_from(t.codings),
            sa.select(sa.func.count()).select_from(t.units).where(t.units.c.kind == "span"),
            sa.select(sa.func.coalesce(sa.func.sum(t.draws.c.draw), 0)),
        )
        # Counting millions of codings takes a while, and is asked for again and again.
        seen = self._db.seen()
        if seen is None or self._state[0] != seen:
            row = self._db.read(sa.select(*(c.scalar_subquery() for c in counts))).iloc[0]
            self._state = (seen, tuple(int(value) for value in row))
        return self._state[1]


def _now_at(*columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """Select codings with the unit that bears their words today, those of lost words left out.

    What a machine said of words that have moved since counts no more: it reads them anew.
    """
    today = sa.func.coalesce(t.moved.c.to, t.codings.c.unit_id).label("unit_id")
    return (
        sa.select(today, *columns)
        .select_from(t.codings)
        .outerjoin(t.moved, t.moved.c.unit_id == t.codings.c.unit_id)
        .where(
            sa.or_(
                t.moved.c.unit_id.is_(None),
                sa.and_(t.moved.c.to != "", _BY_PEOPLE),
            )
        )
    )


def _overtaken(name: str) -> StoreError:
    return StoreError(
        f"someone else marked or corrected {name} while it was being corrected",
        remedy="read the file again",
    )


def _under(codebook: str) -> sa.ColumnElement[bool]:
    return t.codings.c.codebook_version.endswith(f"+{codebook}", autoescape=True)


def _known(value: Any) -> Any:
    return None if value is None or value != value else value
