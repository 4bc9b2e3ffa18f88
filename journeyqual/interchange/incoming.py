"""A project from elsewhere into a study: interviews, spans, codings, attributes, notes.

Interviews go through the door that transcripts go through: consent, pseudonyms, units. Codings
are rows of their coders, with their dates, on the words they were given to. What comes again is
known again: the same file imported twice adds nothing.

The file is over 400 lines because one import is one order of steps that share what was found.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import PurePath

import numpy as np
import pandas as pd

from journeyqual import privacy
from journeyqual.errors import InputError, JourneyqualError
from journeyqual.interchange import attributes, cutting
from journeyqual.interchange.finding import Found, find_words, opened, places_of
from journeyqual.interchange.mapping import COMMENT, THEME, Meaning, Meanings, meanings
from journeyqual.interchange.model import (
    Project,
    Selection,
    Source,
    by_guid,
    counted,
    made_guid,
    shown,
)
from journeyqual.reading.cleaning import clean_line
from journeyqual.store import Interview
from journeyqual.store.imported import Kept
from journeyqual.study import Study
from journeyqual.tagging import identity
from journeyqual.units import from_turns, span_id

SINGLE = ("stage", "touchpoint", "emotion", "valence")
"""Dimensions on which a coder's last word on a unit counts alone."""
TABLE = "code export"
"""A project of this kind shows words alone: its interviews must be in the study."""
WHOLE = ("REFI-QDA", "QualCoder", "Taguette")
"""Kinds of projects that have a name of their own."""
UNKNOWN = "human:unknown"
"""Signs codings whose coder the file does not name."""
_SUFFIXES = {".txt", ".docx", ".doc", ".pdf", ".rtf", ".odt", ".md", ".html", ".htm"}

Tell = Callable[[str, int, int], None]


@dataclass
class Report:
    """What an import did, and what it could not do.

    Parameters
    ----------
    tool, project
        Which program it came from, and what it is called there.
    interviews, known
        Interviews that were taken in, and those that the study has already.
    found, added, already
        Codings in the file; those added; those that the study has already.
    spans
        New spans that bear codings.
    participants, attributes
        Participants and attributes new in ``participants.csv``.
    codes
        Codes by the dimension they stand for.
    left
        What the file holds and a study cannot hold, a line each.
    notes
        What had to be guessed, a line each.
    refused
        What should have come in and did not, a line each.
    codebook, version
        What of the file went into the codebook, or would go, and its version then.
    asks
        What of the codebook a person has to decide, a line each.
    """

    tool: str = ""
    project: str = ""
    interviews: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    found: int = 0
    added: int = 0
    already: int = 0
    spans: int = 0
    participants: list[str] = field(default_factory=list)
    attributes: list[str] = field(default_factory=list)
    codes: dict[str, int] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    codebook: list[str] = field(default_factory=list)
    version: str = ""
    asks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Here:
    """An interview of the study, and how to find a source's words in it."""

    name: str
    participant: str
    text: str
    turns: pd.DataFrame
    segments: pd.DataFrame
    find: Callable[[int, int], tuple[int, int, int] | None]
    hide: Callable[[str], str]


def bring_in(
    study: Study,
    project: Project,
    *,
    given: Mapping[str, Meaning] | None = None,
    skip: Sequence[str] = (),
    tell: Tell | None = None,
) -> Report:
    """Take a project into a study.

    Parameters
    ----------
    study
        An open study.
    project
        What a reader made of a file.
    given
        Meanings of codes, as `mapping.load_map` reads them.
    skip
        Names of sources that stay out.
    tell
        Told how far it is.

    Returns
    -------
    Report
        What came in, and every thing that did not, in words.

    Raises
    ------
    JourneyqualError
        If the study cannot be written; single sources that cannot be taken are in the report.
    """
    return _Import(study, project, given or {}, tuple(skip), tell or (lambda *_: None)).run()


@dataclass
class _Import:
    study: Study
    project: Project
    given: Mapping[str, Meaning]
    skip: tuple[str, ...]
    tell: Tell
    report: Report = field(default_factory=Report)
    here: dict[str, _Here] = field(default_factory=dict)
    skipped: set[str] = field(default_factory=set)
    searched: dict[str, Found] = field(default_factory=dict)
    several: int = 0

    def run(self) -> Report:
        project, report = self.project, self.report
        report.tool, report.project, report.found = project.tool, project.name, project.n_codings
        report.left += project.left
        report.notes += project.warnings
        report.refused += project.refused
        meant = meanings(project.codes, self.study.codebook, self.given)
        report.notes += meant.notes
        # Codes that only gather those of a dimension stand for nothing.
        tops = {made_guid("dimension", one.name) for one in project.codes}
        report.codes = dict(Counter(m.dimension for own, m in meant.of.items() if own not in tops))
        self.study.keep_codebook()
        for number, source in enumerate(project.sources):
            self.tell("reading sources", number, len(project.sources))
            try:
                self._take(source)
            except JourneyqualError as error:
                lost = sum(len(s.codings) for s in project.selections if s.source == source.guid)
                report.refused.append(f"{error} ({counted(lost, 'coding')} of it left out)")
        self._code(meant)
        self._keep(meant)
        self._attributes()
        return report

    @cached_property
    def people(self) -> pd.DataFrame:
        return self.study.listed_participants()

    @cached_property
    def names(self) -> dict[str, str]:
        return self.study.names()

    @cached_property
    def listed(self) -> privacy.Pseudonyms:
        return privacy.pseudonyms(self.names)

    # -- sources ----------------------------------------------------------------------------------

    @cached_property
    def called(self) -> dict[str, str]:
        """What each source is called here; two of one name, as NVivo has them, get numbers."""
        out: dict[str, str] = {}
        taken: Counter[str] = Counter()
        for source in self.project.sources:
            name = _stem(source.name) or source.guid[:8]
            taken[name.casefold()] += 1
            number = taken[name.casefold()]
            out.setdefault(source.guid, name if number == 1 else f"{name} {number}")
            if number > 1:
                self.report.notes.append(f"another source called {name}: taken as {name} {number}")
        return out

    @cached_property
    def owners(self) -> dict[str, str]:
        """Whose each source is: the one case's that has it."""
        cases: dict[str, list[str]] = defaultdict(list)
        names = self.called
        for case in self.project.cases:
            own = [source for source in case.sources if source in names]
            # A file's variables may come as a case without a name: it is the file's own.
            label = clean_line(case.name) or (names[own[0]] if len(own) == 1 else "")
            for source in own if label else ():
                cases[source].append(label)
        for source, labels in cases.items():
            if len(set(labels)) > 1:
                self.report.notes.append(
                    f"{names[source]} is of {len(set(labels))} cases; taken as {labels[0]}'s"
                )
        return {source: labels[0] for source, labels in cases.items()}

    def _take(self, source: Source) -> None:
        """Take one source in, or find the interview that it is already."""
        study = self.study
        name = self.called[source.guid]
        if {source.name, _stem(source.name), name} & set(self.skip):
            self.skipped.add(source.guid)
            return
        if not source.text and self.project.tool == TABLE:
            self.here[source.guid] = self._known(name)
            return
        who = self.owners.get(source.guid, name)
        names = dict(self.names)
        ours = self.project.ours
        if source.guid in self.owners and not ours and privacy.is_full_name(who):
            # A case called by a person's name: whom the list does not hide gets a stand-in.
            names.setdefault(who, privacy.stand_in(source.text))
        found = cutting.cut(
            name, source.text, participant=who, interviewers=study.config.interviewers, ours=ours
        )
        placed = cutting.place(source.text, found, names, detector=study.detector(), ours=ours)
        own, person = (str(placed.turns[c].iloc[0]) for c in ("interview", "participant"))
        self._allowed(name, who, person)
        stored = study.store.texts([own]).get(own)
        if stored is None:
            units = from_turns(placed.turns)
            if units.empty:
                raise InputError(f"{name}: no participant says anything in it")
            study.store.add_interviews(
                [Interview(placed.turns, units, placed.text, placed.starts)],
                source=hashlib.sha256(f"import\x1f{source.guid}".encode()).hexdigest(),
                sha256=hashlib.sha256(source.text.encode("utf-8", "replace")).hexdigest(),
            )
            self.report.interviews.append(own)
            self.report.notes += found.notes
        elif stored in (placed.text, source.text):
            self.report.known.append(own)
        else:
            raise InputError(
                f"{name}: the study has an interview {own} with other words",
                remedy="rename one of them",
            )
        same = stored == source.text
        self.here[source.guid] = self._opened(own, None if same else placed, placed.hide)

    def _opened(self, name: str, placed: cutting.Placed | None, hide: privacy.Pseudonyms) -> _Here:
        store = self.study.store
        turns = store.turns([name])
        starts = store.turn_starts(name)
        order = sorted(starts.items(), key=lambda one: one[1])
        froms = np.array([at for _, at in order])
        text = store.texts([name])[name]

        def as_stored(start: int, end: int) -> tuple[int, int, int] | None:
            at = max(int(np.searchsorted(froms, start, side="right")) - 1, 0)
            return (order[at][0], start, end) if start < end <= len(text) else None

        return _Here(
            name, str(turns["participant"].iloc[0]), text, turns, store.units([name]),
            placed.find if placed else as_stored, hide.apply,
        )  # fmt: skip

    def _known(self, name: str) -> _Here:
        """Return the interview that a table of words means by a name."""
        stored = self.study.store.interviews()
        wanted = {name.casefold(), self.listed.apply_id(name).casefold()}
        ids = stored["interview"].str.casefold().isin(wanted)
        if not ids.any():
            ids = stored["participant"].str.casefold().isin(wanted)
        if int(ids.sum()) != 1:
            raise InputError(
                f"{name}: the study has {'no such interview' if not ids.any() else 'several'}",
                remedy="put its transcript into transcripts/ and run, then import again",
            )
        own = str(stored.loc[ids, "interview"].iloc[0])
        self.report.known.append(own)
        return self._opened(own, None, self.listed)

    def _allowed(self, name: str, before: str, after: str) -> None:
        ids = self.people["participant"].str.casefold()
        rows = self.people[ids.isin({before.casefold(), after.casefold()})]
        if not bool(rows["consent_analyse"].all()):
            raise InputError(f"{name}: its participant did not agree to be analysed")

    # -- codings ----------------------------------------------------------------------------------

    def _code(self, meant: Meanings) -> None:
        users = {one.guid: one.name for one in self.project.users}
        spans: dict[str, dict[str, object]] = {}
        rows: list[dict[str, object]] = []
        lost: Counter[str] = Counter()
        undated = 0
        for number, one in enumerate(self.project.selections):
            if number % 200 == 0:
                self.tell("placing codings", number, len(self.project.selections))
            made = [c for c in one.codings if c.code not in meant.left_out]
            self.report.found -= len(one.codings) - len(made)
            here = self.here.get(one.source)
            if here is None:
                if one.source in self.skipped:
                    self.report.found -= len(made)
                continue
            unit = self._unit(one, here, spans)
            if unit is None:
                lost[here.name] += max(len(made), 1)
                continue
            for coding in made:
                stands = meant.of.get(coding.code)
                dimension = coding.dimension or (stands.dimension if stands else THEME)
                value = coding.value if coding.dimension else (stands.value if stands else "")
                if not coding.dimension and stands is None:
                    lost["a code that the file does not define"] += 1
                    continue
                undated += not coding.at
                rows.append({
                    "unit_id": unit, "dimension": dimension, "value": value,
                    "coder": _coder(users.get(coding.user, "")), "confidence": coding.confidence,
                    "status": coding.status, "memo": here.hide(coding.memo.strip()),
                    "coded_at": _when(coding.at),
                })  # fmt: skip
            if one.comment.strip():
                rows.append({
                    "unit_id": unit, "dimension": COMMENT, "value": "",
                    "coder": _coder(users.get(one.user, "")), "confidence": None, "status": "",
                    "memo": here.hide(one.comment.strip()), "coded_at": _when(one.at),
                })  # fmt: skip
        for where, number in lost.items():
            self.report.refused.append(
                f"{where}: {counted(number, 'coding')} on no words (a speaker's name, a time, "
                "a blank)" if where in {h.name for h in self.here.values()}
                else f"{counted(number, 'coding')} with {where}"
            )  # fmt: skip
        if undated:
            self.report.notes.append(
                f"{counted(undated, 'coding')} without a date: dated with this import"
            )
        if self.several:
            self.report.notes.append(
                f"{counted(self.several, 'passage')} that stand more than once: the first is taken"
            )
        self._store(rows, spans)

    def _unit(self, one: Selection, here: _Here, spans: dict[str, dict[str, object]]) -> str | None:
        """Return the unit that a selection is: a segment with just these words, else a span."""
        place = here.find(one.start, one.end) if one.start >= 0 else self._looked_for(one, here)
        if place is None:
            return None
        turn, start, end = place
        return unit_at(here.name, here.participant, here, turn, start, end, spans)

    def _looked_for(self, one: Selection, here: _Here) -> tuple[int, int, int] | None:
        if here.name not in self.searched:
            self.searched[here.name] = opened(here.name, here.text, here.turns, here.segments)
        found = self.searched[here.name]
        words = here.hide(one.quote)
        if places_of(found, words) > 1:
            self.several += 1
        return find_words(found, words)

    def _store(self, rows: list[dict[str, object]], spans: dict[str, dict[str, object]]) -> None:
        if not rows:
            return
        store = self.study.store
        table = pd.DataFrame(rows)
        wanted = set(table["unit_id"])
        new = [span for unit, span in spans.items() if unit in wanted]
        before = set(store.units(kind="span")["unit_id"])
        if new:
            store.add_spans(pd.DataFrame(new))
        self.report.spans = sum(span["unit_id"] not in before for span in new)
        fresh, already, older = unknown(table, store.codings(units=sorted(wanted)))
        self.report.already = int((already["dimension"] != COMMENT).sum())
        if len(older):
            self.report.notes.append(
                f"{counted(len(older), 'coding')} older than what the same coder says here: left"
            )
        # Later counts before earlier, wherever it stood in the file.
        fresh = fresh.sort_values("coded_at", kind="stable", key=lambda at: at.where(at != "", "~"))
        own = fresh["dimension"].isin(SINGLE)
        fresh["codebook_version"] = own.map({True: self.study.codebook_version, False: ""})
        if len(fresh):
            store.add_codings(fresh, origin="import")
        self.report.added = int((fresh["dimension"] != COMMENT).sum())

    # -- what has no table of its own -------------------------------------------------------------

    def _keep(self, meant: Meanings) -> None:
        project, hide = self.project, self.listed.apply
        things = [
            Kept("user", _coder(one.name), {"guid": one.guid, "name": one.name})
            for one in project.users
        ]
        things += self._codes_kept(meant)
        noted: dict[str, str] = {}
        for variable in project.variables:
            things.append(Kept("variable", variable.name, {
                "guid": variable.guid, "kind": variable.kind, "description": variable.description,
            }))  # fmt: skip
        for source in project.sources:
            here = self.here.get(source.guid)
            if here is not None:
                noted |= dict.fromkeys(source.notes, here.name)
                things.append(Kept("source", here.name, {
                    "guid": source.guid, "description": here.hide(source.description),
                    "user": source.user, "at": source.at, "notes": list(source.notes),
                }, here.name))  # fmt: skip
        for note in project.notes:
            # A note on one interview goes when that goes.
            things.append(Kept("note", note.guid, {
                "name": hide(note.name), "text": hide(note.text),
                "description": hide(note.description), "user": note.user, "at": note.at,
            }, noted.get(note.guid, "")))  # fmt: skip
        for group in project.groups:
            things.append(Kept("set", group.guid, {
                "name": hide(group.name), "description": hide(group.description),
                "codes": list(group.codes), "notes": list(group.notes),
                "sources": [self.here[s].name for s in group.sources if s in self.here],
            }))  # fmt: skip
        things += self._cases_kept()
        if project.tool in WHOLE and not self.study.store.imported.all("project"):
            things.append(Kept("project", "project", {
                "name": hide(project.name), "description": hide(project.description),
                "notes": list(project.notes_of_all),
            }))  # fmt: skip
        self.study.store.imported.keep([one for one in things if one.key])

    def _codes_kept(self, meant: Meanings) -> list[Kept]:
        project, hide = self.project, self.listed.apply
        codes = by_guid(project.codes)
        things = []
        taken = {
            (k.content["dimension"], k.content["value"]): k.key
            for k in self.study.store.imported.all("code")
        }
        merged = 0
        for one in project.codes:
            stands = meant.of.get(one.guid)
            if stands is None or one.guid == made_guid("dimension", one.name):
                continue
            first = taken.setdefault((stands.dimension, stands.value), one.guid)
            merged += first != one.guid
            things.append(Kept("code", one.guid, {
                "name": one.name, "parent": one.parent if one.parent in codes else "",
                "color": one.color, "definition": hide(one.definition), "codable": one.codable,
                "notes": list(one.notes), "dimension": stands.dimension, "value": stands.value,
            }))  # fmt: skip
        if merged:
            self.report.notes.append(
                f"{counted(merged, 'code')} called like one that the study has: taken as the same"
            )
        return things

    def _cases_kept(self) -> list[Kept]:
        things = []
        for case in self.project.cases:
            own = [self.here[s] for s in case.sources if s in self.here]
            people = {here.participant for here in own}
            person = next(iter(people)) if len(people) == 1 else self._person(case.name)
            if person:
                told = {"guid": case.guid, "description": self.listed.apply(case.description)}
                things.append(Kept("case", person, told, own[0].name if own else ""))
        return things

    def _person(self, name: str) -> str:
        """Return the id of a case without a source here; a person's full name is none."""
        label = self.listed.apply_id(clean_line(name))
        hidden = not self.project.ours and privacy.is_full_name(label)
        return privacy.stand_in(label) if hidden else label

    def _attributes(self) -> None:
        names = {one.guid: one.name for one in self.project.variables}
        wanted: dict[str, dict[str, str]] = defaultdict(dict)
        twice: list[str] = []

        def put(person: str, values: Mapping[str, str]) -> None:
            for guid, value in values.items():
                name = names.get(guid, "")
                hidden = self.listed.apply(value)
                if name and wanted[person].setdefault(name, hidden) != hidden:
                    twice.append(f"{person}'s {name}")

        for case in self.project.cases:
            people = [self.here[s].participant for s in case.sources if s in self.here]
            person = people[0] if people else self._person(case.name)
            if person and (people or not case.sources):
                wanted[person].update({})
                put(person, case.values)
        for source in self.project.sources:
            if source.guid in self.here:
                put(self.here[source.guid].participant, source.values)
        if twice:
            self.report.notes.append(f"two values, the first kept: {shown(twice)}")
        done = attributes.fill(self.study, wanted)
        self.report.participants, self.report.attributes = done.people, done.columns
        self.report.notes += done.notes


def unit_at(
    name: str,
    participant: str,
    here: _Here | Found,
    turn: int,
    start: int,
    end: int,
    spans: dict[str, dict[str, object]],
) -> str:
    """Return the unit of some words of the stored text; a new span is put into ``spans``."""
    text = here.text[start:end]
    inner = len(text) - len(text.lstrip())
    start, text = start + inner, text.strip()
    end = start + len(text)
    segments = here.segments
    exact = segments[(segments["start_char"] == start) & (segments["end_char"] == end)]
    if len(exact):
        return str(exact["unit_id"].iloc[0])
    unit = span_id(name, start, text)
    before = segments[segments["start_char"] <= start]
    told = here.turns.loc[here.turns["turn_index"] == turn, "start_s"]
    spans[unit] = {
        "unit_id": unit, "interview": name, "participant": participant, "kind": "span",
        "turn_index": turn, "start_char": start, "end_char": end, "text": text,
        "start_s": told.iloc[0] if len(told) else np.nan, "end_s": np.nan,
        "order": int(before["order"].iloc[-1]) if len(before) else 0,
    }  # fmt: skip
    return unit


def segment_or_span(
    study: Study, interview: str, start: int, end: int, spans: dict[str, dict[str, object]]
) -> str:
    """Return the unit of some words of a stored interview, as `unit_at` does."""
    store = study.store
    turns = store.turns([interview])
    here = opened(interview, store.texts([interview])[interview], turns, store.units([interview]))
    starts = store.turn_starts(interview)
    turn = max((i for i, at in starts.items() if at <= start), default=min(starts))
    return unit_at(interview, here.participant, here, turn, start, end, spans)


def unknown(
    rows: pd.DataFrame, stored: pd.DataFrame, *, older: bool = True
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Part codings into new ones, known ones, and those that a newer word of their coder beats.

    Parameters
    ----------
    rows
        What came in.
    stored
        What the study has of the same units.
    older
        Whether to look for newer words at all: a table of codings is a history of its own.
    """
    key = ["unit_id", "dimension", "value", "coder"]
    said = set(zip(*(stored[c] for c in (*key, "memo", "coded_at")), strict=True))
    undated = {one[:-1] for one in said}
    last = stored[stored["dimension"].isin(SINGLE)].drop_duplicates(
        ["unit_id", "dimension", "coder"], keep="last"
    )
    newest = dict(
        zip(zip(last["unit_id"], last["dimension"], last["coder"], strict=True), last["coded_at"],
            strict=True)
    )  # fmt: skip
    kinds = []
    for row in rows.itertuples():
        same = (row.unit_id, row.dimension, row.value, row.coder, row.memo)
        known = (*same, row.coded_at) in said if row.coded_at else same in undated
        at = newest.get((row.unit_id, row.dimension, row.coder), "")
        beaten = older and row.coded_at and at > row.coded_at
        kinds.append("known" if known else "older" if beaten else "new")
    kind = pd.Series(kinds, index=rows.index)
    fresh = rows[kind == "new"].drop_duplicates([*key, "memo", "coded_at"])
    return fresh.copy(), rows[kind == "known"], rows[kind == "older"]


def _coder(name: str) -> str:
    """Return how a user signs; machines keep their own signature.

    Examples
    --------
    >>> _coder("Friedrich Markgraf"), _coder("model:stage-matcher@2"), _coder("")
    ('human:friedrich-markgraf', 'model:stage-matcher@2', 'human:unknown')
    """
    name = clean_line(name)
    if name.startswith(("model:", "rule:")):
        return name
    try:
        return identity(name) if name else UNKNOWN
    except InputError:
        return UNKNOWN


def _when(at: str) -> str:
    """Return a date as the store writes it; blank if it is none.

    Examples
    --------
    >>> _when("2018-03-27T19:29:27Z"), _when("2021-12-30T19:22:19"), _when("Friday")
    ('2018-03-27T19:29:27+00:00', '2021-12-30T19:22:19', '')
    """
    try:
        return datetime.fromisoformat(at.strip()).isoformat() if at.strip() else ""
    except ValueError:
        return ""


def _stem(name: str) -> str:
    """Return a source's name without the suffix of a file.

    Examples
    --------
    >>> _stem("Simon.docx"), _stem("1960s ad - Audio"), _stem("P01.1")
    ('Simon', '1960s ad - Audio', 'P01.1')
    """
    line = clean_line(name)
    path = PurePath(line)
    return line[: -len(path.suffix)] if path.suffix.casefold() in _SUFFIXES else line
