"""One coder at one interview: what the widget shows, and what each of its actions stores.

The store is the truth, not the notebook: every action is one write, and what is shown after it is
read back from the store. An action bears the id that the browser gave it, so one that is sent again
because its answer got lost is stored once.
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from journeyqual import schema
from journeyqual.codebook import Codebook
from journeyqual.consensus import PANEL
from journeyqual.errors import InputError, JourneyqualError, StoreError
from journeyqual.store import Store
from journeyqual.tagging import view
from journeyqual.units import span_id

STEPS = ("-1", "-0.5", "0", "0.5", "1")
"""Valence as people give it."""
STATUSES = ("accepted", "rejected", "cleared")
MOST_CHANGES = 50
LONGEST = {"memo": 10_000, "theme": 200}
"""Characters of a memo, and of a theme's name."""
_UUID = re.compile(r"[0-9A-Za-z-]{8,36}")

Reply = dict[str, Any]


class RefusedError(JourneyqualError):
    """An action of the widget that is not stored; the message says why."""


def identity(name: str) -> str:
    """Return a person's name as coders sign: ``human:`` and lower-case letters, digits, dashes.

    Raises
    ------
    InputError
        If nothing of the name is left.

    Examples
    --------
    >>> identity("Ana María"), identity("human:ben")
    ('human:ana-maría', 'human:ben')
    """
    plain = unicodedata.normalize("NFC", name).strip().lower().removeprefix("human:")
    short = re.sub(r"[^\w]+", "-", plain).strip("-_")[:40]
    if not short:
        raise InputError(f"{name!r} is no coder's name", remedy="give a short name, say 'ana'")
    return f"human:{short}"


class Session:
    """One coder's work on one interview.

    Parameters
    ----------
    store
        The study's store.
    codebook, codebook_version
        What is coded with; the version, with its fingerprint, goes on every coding.
    interview
        Id of a stored interview.
    coder
        The person's name; ``panel`` settles what coders disagree on.
    suggestions
        Called with interviews; returns the machine's current codings of them.
    explain
        Called with a unit's id; returns ``start, end, shift`` of the words that moved its valence.
    unsure_below
        Confidence of a stage under which the machine is unsure.
    study
        Tells studies apart for the page, which may keep unsent actions of several.
    flags
        Called with the coder's own codings; returns (unit, dimension) to why a coding should be
        looked at again.

    Raises
    ------
    InputError
        If there is no such interview, or the name is none.
    """

    def __init__(
        self,
        store: Store,
        codebook: Codebook,
        codebook_version: str,
        interview: str,
        coder: str,
        *,
        suggestions: Callable[[list[str]], pd.DataFrame] | None = None,
        explain: Callable[[str], pd.DataFrame] | None = None,
        unsure_below: float = 0.0,
        study: str = "",
        flags: Callable[[pd.DataFrame], Mapping[tuple[str, str], str]] | None = None,
    ) -> None:
        self.store, self.book, self.version = store, codebook, codebook_version
        self.name, self.coder = interview, identity(coder)
        self._suggestions, self._study = suggestions, study
        self._explain, self._unsure_below, self._flags = explain, unsure_below, flags
        self._turns = store.turns([interview])
        if self._turns.empty:
            known = ", ".join(store.interviews()["interview"].head(8)) or "none yet"
            raise InputError(f"there is no interview {interview!r}", remedy=f"there are: {known}")
        self._starts = store.turn_starts(interview)
        self._segments = store.units([interview])
        self._segment_ids = set(self._segments["unit_id"])
        self._touchpoints = {p.name for s in codebook.stages for p in s.touchpoints}
        self._machine = schema.CODINGS.empty()
        self._coded: set[str] = set()
        self.listeners: list[Callable[[], None]] = []
        """Called after every action that was stored."""

    # -- what is shown ------------------------------------------------------------------------

    def settings(self) -> Reply:
        """Return who codes, and under which rules."""
        mine, blind, _ = self._rules()
        return {
            "study": self._study,
            "coder": self.coder,
            "dimensions": [*view.SHOWN, *view.MANY],
            "blind": blind,
            "assigned": mine is not None,
            "done": bool(mine is not None and mine["done_at"]),
            "panel": self.coder == PANEL,
            "can_edit": True,
            "steps": list(STEPS),
        }

    def codebook(self) -> Reply:
        """Return the codebook, and the themes that the study's people have used so far."""
        _, blind, hidden = self._rules()
        codings = self.store.codings(coders=[])
        used = codings[(codings["dimension"] == "theme") & (codings["status"] != "rejected")]
        seen = used["coder"] == self.coder if blind else ~used["coder"].isin(hidden)
        return view.codebook_of(self.book, set(used.loc[seen, "value"]))

    def interview(self) -> Reply:
        """Return the whole interview: turns, units, spans, what is known of each, progress."""
        _, blind, _ = self._rules()
        self._machine = schema.CODINGS.empty().assign(origin="")
        if not blind and self._suggestions is not None:
            said = self._suggestions([self.name])
            self._machine = said[~said["coder"].str.startswith("human:")]
        spans = self.store.units([self.name], kind="span")
        people = self.store.codings(coders=[], interviews=[self.name])
        states = self._states([*self._segments["unit_id"], *spans["unit_id"]], people)
        self._coded = {u for u in self._segment_ids if view.is_coded(states[u])}
        return {
            "id": self.name,
            "participant": str(self._turns["participant"].iloc[0]),
            "version": self.version,
            "turns": view.turns_of(self._turns, self._starts, self._segments),
            "spans": self._shown_spans(spans, states),
            "states": states,
            **self._standing(),
        }

    def _standing(self) -> Reply:
        undo, redo = _stacks(self.store.actions(self.name, self.coder))
        return {
            "progress": {"coded": len(self._coded), "total": len(self._segments)},
            "undo": bool(undo),
            "redo": bool(redo),
        }

    def _shown_spans(self, spans: pd.DataFrame, states: Mapping[str, Any]) -> list[Reply]:
        """Spans that somebody has a word on: one whose codings were taken back is not shown."""
        said = [
            unit
            for unit in spans["unit_id"]
            if states[unit]["mine"] or states[unit]["others"] or states[unit]["themes"]
        ]
        return view.spans_of(spans[spans["unit_id"].isin(said)], self._starts)

    def _states(self, units: list[str], people: pd.DataFrame) -> dict[str, view.State]:
        _, blind, hidden = self._rules()
        mine = people[people["coder"] == self.coder]
        machine = self._machine
        if len(units) < len(self._segments):
            machine = machine[machine["unit_id"].isin(units)]
        return view.states_of(
            units,
            pd.concat([machine, mine if blind else people]),
            coder=self.coder,
            machines=set(machine["coder"]),
            hidden=hidden,
            unsure_below=self._unsure_below,
            flags=self._flags(mine) if self._flags is not None else None,
        )

    def _rules(self) -> tuple[Any, bool, set[str]]:
        """Return this coder's assignment, whether they code blind, and who is coding blind yet.

        Nobody sees the codings of somebody who still codes blind.
        """
        rows = self.store.people.assignments()
        rows = rows[rows["interview"] == self.name]
        at_it = rows["blind"] & (rows["done_at"] == "")
        own = rows["coder"] == self.coder
        mine = rows[own].iloc[0] if own.any() else None
        return mine, bool((at_it & own).any()), set(rows.loc[at_it & ~own, "coder"])

    # -- what is done -------------------------------------------------------------------------

    def handle(self, message: Any) -> Reply | None:
        """Carry out what the widget sent, and return the answer; a bad message is refused."""
        known = message if isinstance(message, dict) else {}
        kind = known.get("kind")
        what = {
            "act": self._act,
            "span": self._span,
            "undo": self._undo,
            "redo": self._redo,
            "explain": self._explained,
            "done": self._done,
            "reload": self._reload,
        }.get(kind if isinstance(kind, str) else "")
        try:
            if what is None:
                raise RefusedError(f"nothing is called {str(kind)[:40]!r}")
            return what(known)
        except JourneyqualError as error:
            # What the store could not write now, it may write in a moment: the page sends it again.
            retry = {"retry": True} if isinstance(error, StoreError) else {}
            return {"kind": "refused", "id": known.get("id"), "why": str(error), **retry}

    def _act(self, message: Reply) -> Reply:
        action = _action(message)
        changes = [self._change(change) for change in _changes(message)]
        self._settle(changes)
        return self._store(action, changes)

    def _span(self, message: Reply) -> Reply:
        action = _action(message)
        turn, start, end = (message.get(k) for k in ("turn", "start", "end"))
        if not all(isinstance(n, int) for n in (turn, start, end)) or turn not in self._starts:
            raise RefusedError("the span is in no turn of this interview")
        row = self._turns[self._turns["turn_index"] == turn].iloc[0]
        text, first = str(row["text"]), int(start or 0)
        last = int(end or 0)
        if not 0 <= first < last <= len(text) or not text[first:last].strip():
            raise RefusedError("the span has no words of this turn")
        words = text[first:last]
        first += len(words) - len(words.lstrip())
        words = words.strip()
        at = self._starts[int(turn or 0)] + first
        before = self._segments[self._segments["start_char"] <= at]["order"]
        unit = span_id(self.name, at, words)
        span = {
            "unit_id": unit, "interview": self.name, "participant": row["participant"],
            "kind": "span", "turn_index": turn, "start_char": at, "end_char": at + len(words),
            "text": words, "start_s": row["start_s"], "end_s": row["end_s"],
            "order": int(before.max()) if len(before) else 0,
        }  # fmt: skip
        changes = [c | {"unit_id": unit} for c in _changes(message)]
        checked = [self._change(change, span=unit) for change in changes]
        self.store.add_spans(pd.DataFrame([span]))
        return self._store(action, checked) | {"span": unit}

    def _change(self, change: Reply, *, span: str = "") -> Reply:
        """Check one change; what the widget sends may be anything."""
        unit, dimension = change.get("unit_id"), change.get("dimension")
        value, memo = change.get("value", ""), change.get("memo") or ""
        status = change.get("status") or "accepted"
        if not all(isinstance(x, str) for x in (unit, dimension, value, memo)):
            raise RefusedError("a change is not made of texts")
        if unit not in (span, *self._segment_ids) and unit not in self._spans():
            raise RefusedError(f"this interview has no unit {str(unit)[:20]!r}")
        if status not in STATUSES:
            raise RefusedError(f"{str(status)[:20]!r} is nothing one can do to a coding")
        if len(memo) > LONGEST["memo"]:
            raise RefusedError("the memo is too long")
        if status == "accepted":
            value = self._value(str(dimension), str(value))
        return {"unit_id": unit, "dimension": dimension, "value": value, "status": status,
                "memo": memo}  # fmt: skip

    def _value(self, dimension: str, value: str) -> str:
        """Return a value as it is stored, or refuse it."""
        closed = {
            "stage": {"", *self.book.stage_names},
            "touchpoint": {"", *self._touchpoints},
            "emotion": set(self.book.emotion_names),
            "negative": {"", "yes"},
        }
        if dimension == "valence":
            try:
                number = float(value)
            except ValueError:
                number = float("nan")
            if not -1 <= number <= 1:
                raise RefusedError(f"{value[:20]!r} is no valence from -1 to 1")
            # Who agrees with the machine's -0.37 says "rather bad": people give five steps.
            return min(STEPS, key=lambda step: abs(float(step) - number))
        if dimension in closed:
            if value not in closed[dimension]:
                raise RefusedError(f"the codebook has no {dimension} {value[:40]!r}")
            return value
        if dimension not in LONGEST:
            raise RefusedError(f"nothing is coded by {dimension[:20]!r}")
        if len(value) > LONGEST[dimension]:
            raise RefusedError(f"the {dimension} is too long")
        clean = unicodedata.normalize("NFC", value).strip()
        if dimension == "theme" and not clean:
            raise RefusedError("the theme has no name")
        return clean

    def _settle(self, changes: list[Reply]) -> None:
        """See that the panel says why: a settled disagreement without a reason teaches nobody."""
        if self.coder != PANEL:
            return
        units = {c["unit_id"] for c in changes}
        states = self._states(list(units), self.store.codings(coders=[], units=list(units)))
        for change in changes:
            judged = change["status"] == "accepted" and change["dimension"] in view.SHOWN
            written = {c["unit_id"] for c in changes if c["dimension"] == "memo" and c["value"]}
            said = change["memo"] or states[change["unit_id"]]["memo"]
            if judged and not said and change["unit_id"] not in written:
                raise RefusedError("the panel says why: write a memo on the unit first")

    def _undo(self, message: Reply) -> Reply:
        return self._take_back(message, 0, "there is nothing to undo")

    def _redo(self, message: Reply) -> Reply:
        return self._take_back(message, 1, "there is nothing to redo")

    def _take_back(self, message: Reply, stack: int, empty: str) -> Reply:
        """Say again what was said before an action; rows are only added."""
        action = _action(message)
        done = self.store.actions(self.name, self.coder)
        if (done["action"] == action).any():
            return self._saved(action, self.store.of_action(action)["unit_id"].tolist())
        actions = _stacks(done)[stack]
        if not actions:
            raise RefusedError(empty)
        rows = self.store.of_action(actions[-1])
        mine = self.store.codings(coders=[], units=rows["unit_id"].tolist())
        mine = mine[mine["coder"] == self.coder]
        changes = []
        for row in rows.itertuples():
            earlier = mine[
                (mine["id"] < rows["id"].min())
                & (mine["unit_id"] == row.unit_id)
                & (mine["dimension"] == row.dimension)
            ]
            if row.dimension in view.MANY:
                earlier = earlier[earlier["value"] == row.value]
            if earlier.empty or earlier.iloc[-1]["origin"] == "clear":
                back = {"value": row.value, "status": "cleared", "memo": ""}
            else:
                back = earlier.iloc[-1][["value", "status", "memo"]].to_dict()
            changes.append({"unit_id": row.unit_id, "dimension": row.dimension, **back})
        return self._store(action, changes, undoes=str(actions[-1]))

    def _store(self, action: str, changes: list[Reply], *, undoes: str = "") -> Reply:
        rows = pd.DataFrame(changes).assign(coder=self.coder, codebook_version=self.version)
        cleared = rows["status"] == "cleared"
        # Clearing takes one's own word back: as a row, a rejection that stands for no opinion.
        rows["status"] = rows["status"].mask(cleared, "rejected")
        self.store.add_codings(
            schema.check(rows, schema.CODINGS),
            action=action,
            undoes=undoes,
            origin=["clear" if one else "" for one in cleared],
        )
        for listener in self.listeners:
            listener()
        return self._saved(action, rows["unit_id"].tolist())

    def _saved(self, action: str, units: list[str]) -> Reply:
        """Answer with what the store now holds of the units that an action touched."""
        touched = list(dict.fromkeys(units))
        states = self._states(touched, self.store.codings(coders=[], units=touched))
        for unit in self._segment_ids.intersection(touched):
            (self._coded.add if view.is_coded(states[unit]) else self._coded.discard)(unit)
        reply = {"kind": "saved", "id": action, "states": states, **self._standing()}
        if not self._segment_ids.issuperset(touched):
            spans = self.store.units([self.name], kind="span")
            ids = spans["unit_id"].tolist()
            every = self._states(ids, self.store.codings(coders=[], units=ids))
            reply["spans"] = self._shown_spans(spans, every)
        return reply

    def _explained(self, message: Reply) -> Reply:
        unit = message.get("unit_id")
        if self._explain is None or self._rules()[1] or unit not in self._segment_ids:
            return {"kind": "explained", "unit_id": unit, "words": []}
        moved = self._explain(str(unit))
        words = [
            {"start": int(row.start), "end": int(row.end), "shift": float(row.shift)}
            for row in moved.itertuples()
        ]
        return {"kind": "explained", "unit_id": unit, "words": words}

    def _done(self, message: Reply) -> Reply:
        if self._rules()[0] is None:
            raise RefusedError(
                "this interview was not assigned to you, so there is nothing to finish"
            )
        self.store.people.finish(self.name, self.coder)
        return self._reload(message)

    def _reload(self, _message: Reply) -> Reply:
        return {
            "kind": "interview",
            "interview": self.interview(),
            "settings": self.settings(),
            "codebook": self.codebook(),
        }

    def _spans(self) -> set[str]:
        return set(self.store.units([self.name], kind="span")["unit_id"])


def _action(message: Reply) -> str:
    """Return the id of an action; one that has none is given one, and may then be stored twice."""
    given = message.get("id")
    if given is None:
        return str(uuid.uuid4())
    if not isinstance(given, str) or not _UUID.fullmatch(given):
        raise RefusedError("the action's id is none")
    return given


def _changes(message: Reply) -> list[Reply]:
    changes = message.get("changes")
    if (
        not isinstance(changes, list)
        or not 0 < len(changes) <= MOST_CHANGES
        or not all(isinstance(change, dict) for change in changes)
    ):
        raise RefusedError(f"an action makes 1 to {MOST_CHANGES} changes")
    return changes


def _stacks(actions: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Return the actions that can be undone and those that can be redone, last one last.

    Both follow from the rows, so they outlive the kernel. Redoing takes an undo back.
    """
    undo: list[str] = []
    redo: list[str] = []
    for action, undoes in zip(actions["action"], actions["undoes"], strict=True):
        if not undoes:
            undo.append(action)
            redo.clear()
        elif undo and undoes == undo[-1]:
            undo.pop()
            redo.append(action)
        elif redo and undoes == redo[-1]:
            redo.pop()
            undo.append(action)
    return undo, redo
