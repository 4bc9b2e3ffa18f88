"""QualCoder in: the project's database as a neutral project.

Offsets are code points of ``source.fulltext``; ``seltext`` shows the words, and is compared.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from journeyqual.interchange import safe
from journeyqual.interchange.model import (
    Case,
    Code,
    Coding,
    Note,
    Project,
    Selection,
    Source,
    User,
    Variable,
    counted,
    made_guid,
)
from journeyqual.interchange.offsets import Claim, settle
from journeyqual.interchange.safe import whole, words

TABLES = frozenset({"source", "code_text", "code_name"})
"""What tells a QualCoder database."""


def read(path: Path, tables: safe.Tables) -> Project:
    """Read a QualCoder database (``data.qda``).

    Raises
    ------
    InputError
        If it is damaged.
    """
    return _Reader(path, tables).project()


@dataclass
class _Reader:
    path: Path
    db: safe.Tables
    names: dict[str, None] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def project(self) -> Project:
        sources = self._sources()
        texts = {one.guid: one.text for one in sources}
        selections = self._selections(texts)
        variables, of_cases, of_files = self._attributes()
        cases = self._cases(texts, of_cases)
        about = next(iter(self.db.rows("project", "memo", "about")), {})
        for table, what in (
            ("code_image", "codings of areas of pictures"),
            ("code_av", "codings of stretches of recordings"),
            ("graph", "graphs"),
            ("stored_sql", "saved queries"),
        ):
            if number := sum(1 for _ in self.db.rows(table, "rowid", "cid", "grid", "title")):
                self.left.append(f"{number} {what}")
        return Project(
            name=self.path.stem if self.path.stem != "data" else self.path.parent.stem,
            origin=words(about.get("about")) or "QualCoder",
            tool="QualCoder",
            description=words(about.get("memo")),
            codes=self._codes(),
            variables=tuple(variables.values()),
            cases=tuple(cases),
            sources=tuple(
                Source(**{**vars(one), "values": of_files.get(one.guid, {})}) for one in sources
            ),
            selections=tuple(selections),
            notes=tuple(self._journals()),
            users=tuple(User(_guid("user", name), name) for name in self.names),
            left=tuple(self.left),
            refused=tuple(self.refused),
            warnings=tuple(self.warnings),
        )

    def _user(self, row: Any) -> str:
        name = words(row.get("owner")).strip()
        if not name:
            return ""
        self.names.setdefault(name)
        return _guid("user", name)

    def _codes(self) -> tuple[Code, ...]:
        groups = [
            Code(
                _guid("category", row["catid"]),
                words(row["name"]),
                _guid("category", row["supercatid"]) if row["supercatid"] is not None else "",
                definition=words(row["memo"]),
                codable=False,
            )
            for row in self.db.rows("code_cat", "catid", "name", "memo", "supercatid")
        ]
        codes = [
            Code(
                _guid("code", row["cid"]),
                words(row["name"]),
                _guid("category", row["catid"]) if row["catid"] is not None else "",
                words(row["color"]),
                words(row["memo"]),
            )
            for row in self.db.rows("code_name", "cid", "name", "memo", "catid", "color")
        ]
        return (*groups, *codes)

    def _sources(self) -> list[Source]:
        out, media = [], 0
        rows = self.db.rows("source", "id", "name", "fulltext", "memo", "owner", "date")
        for row in rows:
            if row["fulltext"] is None:
                media += 1
                continue
            out.append(
                Source(
                    _guid("source", row["id"]),
                    words(row["name"]),
                    words(row["fulltext"]),
                    words(row["memo"]),
                    self._user(row),
                    when(row["date"]),
                )
            )
        if media:
            self.left.append(f"{media} sources without text (pictures, recordings)")
        return out

    def _selections(self, texts: dict[str, str]) -> list[Selection]:
        codings: dict[str, list[Any]] = defaultdict(list)
        columns = ("cid", "fid", "seltext", "pos0", "pos1", "owner", "date", "memo", "important")
        for row in self.db.rows("code_text", *columns):
            codings[_guid("source", row["fid"])].append(row)
        for row in self.db.rows("annotation", "fid", "pos0", "pos1", "memo", "owner", "date"):
            codings[_guid("source", row["fid"])].append(row)
        out, gone, flagged = [], 0, 0
        for source, rows in codings.items():
            claims = [
                Claim(_place(r["pos0"]), _place(r["pos1"]), words(r.get("seltext"))) for r in rows
            ]
            places = settle(texts.get(source, ""), claims)
            if places.agree < places.shown:
                self.warnings.append(
                    f"{places.shown - places.agree} codings of a source hold other words than the "
                    "project shows"
                )
            for row, claim, span in zip(rows, claims, places.spans, strict=True):
                if span is None:
                    gone += 1
                    continue
                flagged += bool(row.get("important"))
                user, at, memo = self._user(row), when(row["date"]), words(row["memo"])
                coding = () if "cid" not in row else (
                    Coding(_guid("code", row["cid"]), user, at, memo),
                )  # fmt: skip
                out.append(
                    Selection(source, *span, coding, "" if coding else memo, user, at, claim.quote)
                )
        if gone:
            self.refused.append(f"{counted(gone, 'coding')} beyond the end of their text")
        if flagged:
            self.left.append(f"{flagged} marks of codings as important")
        return out

    def _attributes(
        self,
    ) -> tuple[dict[str, Variable], dict[str, dict[str, str]], dict[str, dict[str, str]]]:
        kinds = {"numeric": "Float"}
        variables = {
            words(row["name"]): Variable(
                _guid("variable", row["name"]),
                words(row["name"]),
                kinds.get(words(row["valuetype"]), "Text"),
                words(row["memo"]),
            )
            for row in self.db.rows("attribute_type", "name", "memo", "valuetype")
        }
        of_cases: dict[str, dict[str, str]] = defaultdict(dict)
        of_files: dict[str, dict[str, str]] = defaultdict(dict)
        for row in self.db.rows("attribute", "name", "attr_type", "value", "id"):
            name, value = words(row["name"]), words(row["value"]).strip()
            if not value or name not in variables:
                continue
            of_case = words(row["attr_type"]) == "case"
            kind, box = ("case", of_cases) if of_case else ("source", of_files)
            box[_guid(kind, row["id"])][variables[name].guid] = value
        return variables, of_cases, of_files

    def _cases(self, texts: dict[str, str], values: dict[str, dict[str, str]]) -> list[Case]:
        owned: dict[str, list[str]] = defaultdict(list)
        parts = 0
        for row in self.db.rows("case_text", "caseid", "fid", "pos0", "pos1"):
            source, case = _guid("source", row["fid"]), _guid("case", row["caseid"])
            start, end = _place(row["pos0"]), _place(row["pos1"])
            if start > 0 or 0 <= end < len(texts.get(source, "")) - 1:
                parts += 1
            elif source not in owned[case]:
                owned[case].append(source)
        if parts:
            self.left.append(
                f"{parts} parts of sources that belong to a case (a case owns whole sources here)"
            )
        return [
            Case(
                own, words(row["name"]), words(row["memo"]), values.get(own, {}), tuple(owned[own])
            )
            for row in self.db.rows("cases", "caseid", "name", "memo")
            if (own := _guid("case", row["caseid"]))
        ]

    def _journals(self) -> list[Note]:
        return [
            Note(
                _guid("journal", row["jid"]),
                words(row["name"]),
                words(row["jentry"]),
                user=self._user(row),
                at=when(row["date"]),
            )
            for row in self.db.rows("journal", "jid", "name", "jentry", "owner", "date")
        ]


def _guid(kind: str, key: Any) -> str:
    return made_guid("QualCoder", kind, words(key))


def _place(value: Any) -> int:
    number = whole(value)
    return -1 if number is None else number


def when(value: Any) -> str:
    """Return a date as ISO 8601 has it; these programs write a blank for the T.

    Examples
    --------
    >>> when("2021-12-30 19:22:19"), when("soon")
    ('2021-12-30T19:22:19', '')
    """
    from datetime import datetime

    text = words(value).strip()
    try:
        return datetime.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        return ""
