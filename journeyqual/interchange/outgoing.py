"""A study as a neutral project: what every export is written from.

The same study gives the same project, GUIDs included: they come from content, or are those that
things came in with.

The file is over 400 lines because every part of a project is gathered from the same few tables.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import pandas as pd

from journeyqual import __version__
from journeyqual.interchange import attributes, book
from journeyqual.interchange.incoming import SINGLE
from journeyqual.interchange.mapping import (
    COMMENT,
    FOUND,
    THEME,
    TOPS,
    VALENCE,
    code_name,
    nearest,
)
from journeyqual.interchange.model import (
    OURS,
    Case,
    Code,
    Coding,
    Group,
    Note,
    Project,
    Selection,
    Source,
    User,
    Variable,
    counted,
    made_guid,
    shown,
)
from journeyqual.store.imported import Kept
from journeyqual.study import Study

FINDER = "model:themes"
"""Signs which units are of themes that were found."""


@dataclass(frozen=True)
class Everything:
    """A study for export.

    Parameters
    ----------
    project
        What was coded, as REFI-QDA sees it: of each coder the last word.
    codings
        CODINGS with all earlier words of people, and where each unit is: ``interview,
        participant, kind, start_char, end_char, text``.
    left
        What any format but the table of codings leaves out, a line each.
    """

    project: Project
    codings: pd.DataFrame
    left: tuple[str, ...] = ()


def everything(study: Study) -> Everything:
    """Gather what a study's people and machines coded, and what is known of its participants."""
    return _Export(study).everything()


@dataclass
class _Export:
    study: Study
    left: list[str] = field(default_factory=list)

    def everything(self) -> Everything:
        project = Project(
            name=self._about("name") or self.study.config.title,
            origin=f"{OURS} {__version__}",
            tool="REFI-QDA",
            description=self._about("description"),
            users=tuple(self._users()),
            codes=self.codes,
            variables=self.variables,
            cases=tuple(self._cases()),
            sources=tuple(self._sources()),
            selections=tuple(self._selections()),
            notes=tuple(self._notes()),
            groups=tuple(self._groups()),
            notes_of_all=tuple(n for n in self._about("notes") or () if n in self.note_guids),
        )
        self._say_what_stays()
        return Everything(project, self.table, tuple(self.left))

    # -- what the study has -----------------------------------------------------------------------

    def _kept(self, kind: str) -> list[Kept]:
        return self.study.store.imported.all(kind)

    def _about(self, what: str) -> Any:
        """Return what is kept of the imported project, if the study is nothing else."""
        kept = self._kept("project")
        sources = {one.key for one in self._kept("source")}
        whole = kept and sources >= set(self.interviews["interview"])
        return kept[0].content.get(what) if whole else None

    @cached_property
    def interviews(self) -> pd.DataFrame:
        found = self.study.store.interviews()
        gone = self.study.withdrawn() & set(found["participant"])
        if gone:
            self.left.append(f"{shown(sorted(gone))} did not agree to be analysed: left out")
        return found[~found["participant"].isin(gone)].reset_index(drop=True)

    @cached_property
    def units(self) -> pd.DataFrame:
        store = self.study.store
        both = pd.concat([store.units(), store.units(kind="span")], ignore_index=True)
        return both[both["interview"].isin(self.interviews["interview"])]

    @cached_property
    def table(self) -> pd.DataFrame:
        """All codings: people's with their earlier words, machines' that are in force."""
        store = self.study.store
        current = self.study.codings()
        every = store.codings()
        machine = ~every["coder"].str.startswith("human:")
        came = every[machine & (every["origin"] == "import") & ~every["id"].isin(current["id"])]
        now = current[~current["coder"].str.startswith("human:")]
        key = ["unit_id", "coder", "dimension"]
        beaten = pd.MultiIndex.from_frame(came[key]).isin(pd.MultiIndex.from_frame(now[key]))
        rows = pd.concat([current, came[~beaten]], ignore_index=True)
        where = self.units.set_index("unit_id")
        rows = rows[rows["unit_id"].isin(where.index)].sort_values("id", kind="stable")
        columns = ["interview", "participant", "kind", "start_char", "end_char", "text"]
        place = where.loc[rows["unit_id"], columns].reset_index(drop=True)
        out = pd.concat([rows.reset_index(drop=True), place], axis=1)
        # An order of its own: numbers of rows differ from store to store.
        order = ["interview", "start_char", "end_char", "coded_at", "coder", "dimension", "value"]
        return out.sort_values(order, kind="stable").reset_index(drop=True)

    @cached_property
    def found(self) -> tuple[dict[str, str], pd.DataFrame]:
        """Return themes that were found, with what is said of them, and the units of each."""
        if self.study.store.themes.units().empty:
            return {}, pd.DataFrame()
        themes = self.study.themes.table(("suggested", "accepted"))
        twice = themes["name"].duplicated(keep=False)
        names = themes["name"].where(~twice, themes["name"] + " (" + themes["theme"] + ")")
        told = {
            name: "\n".join(filter(None, (
                row.definition, f"Found at: {row.scope}", f"Words: {row.words}",
                "Named by nobody yet" if row.status == "suggested" else "",
            )))
            for name, row in zip(names, themes.itertuples(), strict=True)
        }  # fmt: skip
        called = dict(zip(themes["theme"], names, strict=True))
        at = dict(zip(themes["theme"], themes["found_at"], strict=True))
        units = self.study.themes.units()
        units = units[units["theme"].isin(called)]
        rows = pd.DataFrame({
            "unit_id": units["unit_id"], "dimension": FOUND, "value": units["theme"].map(called),
            "coder": FINDER, "confidence": units["similarity"].astype(float), "status": "",
            "memo": "", "coded_at": units["theme"].map(at), "id": 0,
        })  # fmt: skip
        return dict(sorted(told.items())), rows

    def _with_found(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return codings and the units of themes, as codings of the machine that found them."""
        found = self.found[1]
        if found.empty:
            return rows
        key = ["unit_id", "dimension", "value", "coder"]
        # The study's own export may have come back into it.
        known = pd.MultiIndex.from_frame(rows[key])
        found = found[~pd.MultiIndex.from_frame(found[key]).isin(known)]
        where = self.units.set_index("unit_id")
        found = found[found["unit_id"].isin(where.index)].reset_index(drop=True)
        columns = ["interview", "participant", "kind", "start_char", "end_char", "text"]
        place = where.loc[found["unit_id"], columns].reset_index(drop=True)
        return pd.concat([rows, pd.concat([found, place], axis=1)], ignore_index=True)

    @cached_property
    def last(self) -> pd.DataFrame:
        """Of each coder the last word on each unit, taken-back ones left out."""
        rows = self._with_found(self.table.sort_values("id", kind="stable"))
        single = rows["dimension"].isin(SINGLE)
        key = ["unit_id", "coder", "dimension"]
        kept = pd.concat(
            [
                rows[single].drop_duplicates(key, keep="last"),
                rows[~single].drop_duplicates([*key, "value", "memo"], keep="last"),
            ]
        )
        people = int(rows["coder"].str.startswith("human:").sum())
        earlier = people - int(kept["coder"].str.startswith("human:").sum())
        if earlier:
            self.left.append(f"{counted(earlier, 'earlier word')} of coders who changed their mind")
        back = kept["status"] == "rejected"
        if number := int(back.sum()):
            self.left.append(f"{counted(number, 'rejection')}: the format has no status")
        kept = kept[~back]
        order = ["interview", "start_char", "end_char", "coder", "dimension", "value", "memo"]
        return kept.sort_values(order, kind="stable").reset_index(drop=True)

    def _say_what_stays(self) -> None:
        rows = self.last
        machine = ~rows["coder"].str.startswith("human:")
        if number := int((machine & rows["confidence"].notna()).sum()):
            self.left.append(f"the confidence of {counted(number, 'machine coding')}")
        if number := int((machine & (rows["status"] == "suggested")).sum()):
            self.left.append(f"that {counted(number, 'machine coding')} are suggestions")
        between = (rows["dimension"] == "valence") & ~rows["value"].isin(VALENCE)
        if number := int(between.sum()):
            self.left.append(f"{number} valences between the five steps: given as the nearest")
        turns = self.study.store.turns(self.interviews["interview"].tolist())
        if number := int(turns["start_s"].notna().sum()):
            self.left.append(f"times of {counted(number, 'turn')}")

    # -- users and codes --------------------------------------------------------------------------

    @cached_property
    def user_guids(self) -> dict[str, str]:
        """Each coder's GUID, that of the file it came from if it came from one."""
        kept = {one.key: one.content["guid"] for one in self._kept("user")}
        coders = sorted({*self.last["coder"], *kept})
        return {coder: kept.get(coder) or made_guid("user", coder) for coder in coders}

    def _users(self) -> Iterable[User]:
        kept = {one.key: one.content["name"] for one in self._kept("user")}
        for coder, own in self.user_guids.items():
            yield User(own, kept.get(coder) or coder.removeprefix("human:"))

    @cached_property
    def kept_codes(self) -> dict[tuple[str, str], Kept]:
        """Codes that came in, by what they stand for; the first that stands for it counts."""
        out: dict[tuple[str, str], Kept] = {}
        for one in self._kept("code"):
            out.setdefault((one.content["dimension"], one.content["value"]), one)
        return out

    def code_of(self, dimension: str, value: str) -> str:
        """Return the GUID of the code that stands for a value."""
        value = nearest(value) if dimension == "valence" else value
        kept = self.kept_codes.get((dimension, value))
        return kept.key if kept else made_guid("code", dimension, value)

    @cached_property
    def codes(self) -> tuple[Code, ...]:
        used = {
            (d, nearest(v) if d == "valence" else v)
            for d, v in zip(self.last["dimension"], self.last["value"], strict=True)
            if d != COMMENT
        }
        wanted = {*used, *self.kept_codes}
        ours = self.study.codebook
        defined: dict[str, dict[str, str]] = {
            "stage": {one.name: book.described(one) for one in ours.stages},
            "touchpoint": {
                point.name: book.point_description(ours.stages, point.name)
                for stage in ours.stages
                for point in stage.touchpoints
            },
            "emotion": {
                one.name: f"Gathers: {', '.join(one.fine)}" if one.fine else ""
                for one in ours.emotions
            },
            "valence": dict.fromkeys(VALENCE, ""),
            FOUND: self.found[0],
        }
        out: list[Code] = []
        others = sorted({*(d for d, _ in wanted), FOUND} - {*TOPS, THEME})
        for dimension in (*TOPS, *others):
            name = TOPS.get(dimension, dimension)
            top = made_guid("dimension", name)
            more = sorted(v for d, v in wanted if d == dimension)
            values = list(dict.fromkeys([*defined.get(dimension, {}), *more]))
            if values:
                out.append(Code(top, name, codable=False))
            for value in values:
                told = defined.get(dimension, {}).get(value, "")
                out.append(self._code(dimension, value, top, told))
        return _as_tree((*out, *self._themes(wanted)))

    def _code(self, dimension: str, value: str, parent: str, definition: str) -> Code:
        kept = self.kept_codes.get((dimension, value))
        content: Mapping[str, Any] = kept.content if kept else {}
        notes = tuple(n for n in content.get("notes", ()) if n in self.note_guids)
        return Code(
            self.code_of(dimension, value),
            code_name(dimension, value),
            parent,
            content.get("color", ""),
            definition or content.get("definition", ""),
            notes=notes,
        )

    def _themes(self, wanted: Iterable[tuple[str, str]]) -> Iterable[Code]:
        """Yield themes: those that came in with their tree, then the others by name."""
        first = {one.key for key, one in self.kept_codes.items() if key[0] == THEME}
        for one in self._kept("code"):
            if one.key not in first:
                continue
            content = one.content
            yield Code(
                one.key, content["name"], content["parent"] if content["parent"] in first else "",
                content["color"], content["definition"], content["codable"],
                tuple(n for n in content["notes"] if n in self.note_guids),
            )  # fmt: skip
        for dimension, value in sorted(wanted):
            if dimension == THEME and (dimension, value) not in self.kept_codes:
                yield Code(self.code_of(THEME, value), code_name(THEME, value))

    # -- participants -----------------------------------------------------------------------------

    @cached_property
    def people(self) -> pd.DataFrame:
        table = attributes.rows_of(self.study)
        table = table.assign(participant=attributes.stored_ids(self.study, table))
        return table[~table["participant"].isin(self.study.withdrawn())]

    @cached_property
    def variables(self) -> tuple[Variable, ...]:
        kept = {one.key.casefold(): one.content for one in self._kept("variable")}
        out = []
        # By name: in which order columns stand differs from study to study.
        for name in sorted(self.people.columns):
            given = self.people[name].astype(str).str.strip()
            if name == "participant" or not (given != "").any():
                continue
            known = kept.get(name.casefold(), {})
            kind = known.get("kind", "Text")
            out.append(
                Variable(
                    known.get("guid") or made_guid("variable", name),
                    name,
                    kind if _all_are(kind, given[given != ""]) else "Text",
                    known.get("description", ""),
                )
            )
        return tuple(out)

    def _cases(self) -> Iterable[Case]:
        kept = {one.key: one.content for one in self._kept("case")}
        rows = self.people.set_index("participant").to_dict("index") if len(self.people) else {}
        owned = self.interviews.groupby("participant")["interview"].agg(list).to_dict()
        guids = {variable.name: variable.guid for variable in self.variables}
        for person in sorted({*rows, *owned}):
            row = rows.get(person, {})
            values = {
                own: str(row[name]).strip()
                for name, own in guids.items()
                if str(row.get(name, "")).strip()
            }
            known = kept.get(person, {})
            yield Case(
                known.get("guid") or made_guid("case", person),
                str(person),
                known.get("description", ""),
                values,
                tuple(self.source_guids[one] for one in sorted(owned.get(person, []))),
            )

    # -- texts and what was made of them ----------------------------------------------------------

    @cached_property
    def source_guids(self) -> dict[str, str]:
        kept = {one.key: one.content["guid"] for one in self._kept("source")}
        names = self.interviews["interview"]
        return {name: kept.get(name) or made_guid("interview", name) for name in names}

    def _sources(self) -> Iterable[Source]:
        kept = {one.key: one.content for one in self._kept("source")}
        texts = self.study.store.texts(self.interviews["interview"].tolist())
        for name, own in self.source_guids.items():
            known = kept.get(name, {})
            yield Source(
                own, name, texts[name], known.get("description", ""), known.get("user", ""),
                known.get("at", ""),
                notes=tuple(n for n in known.get("notes", ()) if n in self.note_guids),
            )  # fmt: skip

    def _selections(self) -> Iterable[Selection]:
        keys = ["interview", "start_char", "end_char"]
        for (interview, start, end), rows in self.last.groupby(keys, sort=True):
            comments = rows[rows["dimension"] == COMMENT]
            codings = tuple(
                Coding(
                    code=self.code_of(row.dimension, row.value),
                    user=self.user_guids[row.coder],
                    at=row.coded_at,
                    memo=row.memo,
                    dimension=row.dimension,
                    value=row.value,
                    confidence=None if pd.isna(row.confidence) else float(row.confidence),
                    status=row.status,
                )
                for row in rows[rows["dimension"] != COMMENT].itertuples()
            )
            words = str(rows["text"].iloc[0])
            one = Selection(
                self.source_guids[interview], int(start), int(end), codings, quote=words
            )
            first = [codings[0].user, min(c.at for c in codings)] if codings else ["", ""]
            if comments.empty:
                yield replace(one, user=first[0], at=first[1])
            for number, row in enumerate(comments.itertuples()):
                user = self.user_guids[row.coder]
                # Each remark has a selection of its own; the codings go with the first.
                yield replace(
                    one, codings=codings if number == 0 else (), comment=row.memo, user=user,
                    at=row.coded_at,
                )  # fmt: skip

    # -- notes and sets ---------------------------------------------------------------------------

    @cached_property
    def note_guids(self) -> set[str]:
        return {one.key for one in self._kept("note")}

    def _notes(self) -> Iterable[Note]:
        for one in self._kept("note"):
            yield Note(one.key, **one.content)

    def _groups(self) -> Iterable[Group]:
        codes = {one.guid for one in self.codes}
        for one in self._kept("set"):
            content = one.content
            yield Group(
                one.key, content["name"], content["description"],
                tuple(c for c in content["codes"] if c in codes),
                tuple(self.source_guids[s] for s in content["sources"] if s in self.source_guids),
                tuple(n for n in content["notes"] if n in self.note_guids),
            )  # fmt: skip


def _as_tree(codes: Iterable[Code]) -> tuple[Code, ...]:
    """Return codes each before those under it, as a tree is read."""
    codes = tuple(codes)
    known = {one.guid for one in codes}
    under: dict[str, list[Code]] = defaultdict(list)
    for one in codes:
        under[one.parent if one.parent in known else ""].append(one)
    out: list[Code] = []
    waiting = under[""][::-1]
    while waiting:
        out.append(waiting.pop())
        waiting += under[out[-1].guid][::-1]
    return tuple(out)


def _all_are(kind: str, values: pd.Series) -> bool:
    """Tell whether every value can be written as REFI-QDA's type."""
    if kind == "Text":
        return True
    text = values.astype(str).str.strip()
    forms = {
        "Boolean": r"true|false|1|0",
        "Integer": r"[-+]?\d{1,18}",
        "Float": r"[-+]?(?:\d{1,18}(?:\.\d{0,18})?|\.\d{1,18})",
        "Date": r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])",
        "DateTime": r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T[0-2]\d:[0-5]\d:[0-5]\d",
    }
    return kind in forms and bool(text.str.fullmatch(forms[kind]).all())
