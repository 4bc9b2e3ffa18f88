"""A neutral project out as REFI-QDA 1.0: the same project, the same bytes.

What is written is checked against the standard's own schema first. For other programs' sake:
plain text only (a rich text path to a .txt breaks ATLAS.ti), LF, no byte-order mark, GUIDs in
capitals, no empty ``Sets``.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeyqual.errors import JourneyqualError
from journeyqual.interchange.model import (
    Case,
    Code,
    Note,
    Project,
    Selection,
    Source,
    Variable,
    made_guid,
)

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

PROJECT = "urn:QDA-XML:project:1.0"
CODEBOOK = "urn:QDA-XML:codebook:1.0"
SCHEMA = Path(__file__).parent / "schema" / "Project.xsd"
"""REFI-QDA 1.0, as its publishers give it away (MIT)."""
MAX_NAME = 100
"""Letters of the words that a selection is named by, as ATLAS.ti does."""

_EPOCH = (1980, 1, 1, 0, 0, 0)
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def qdpx(project: Project) -> bytes:
    """Return a project exchange file.

    Raises
    ------
    JourneyqualError
        If it would break the standard's schema.
    """
    root = _Writer(project, PROJECT).project()
    check(root)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        _put(archive, "project.qde", _bytes(root))
        for source in sorted(project.sources, key=lambda one: one.guid):
            _put(archive, f"Sources/{source.guid.upper()}.txt", _clean(source.text).encode())
    return out.getvalue()


def qdc(project: Project) -> bytes:
    """Return a codebook exchange file: codes and their sets."""
    writer = _Writer(project, CODEBOOK)
    root = writer.element("CodeBook", origin=project.origin)
    writer.codes(root)
    groups = [one for one in project.groups if one.codes]
    if groups:
        box = writer.child(root, "Sets")
        for one in groups:
            made = writer.child(box, "Set", guid=_upper(one.guid), name=one.name)
            writer.text(made, "Description", one.description)
            for code in one.codes:
                writer.child(made, "MemberCode", guid=_upper(code))
    return _bytes(root)


def check(root: Element) -> None:
    """Hold a project against the standard's schema.

    Raises
    ------
    JourneyqualError
        If it breaks it: an error of ours, and nothing is written.
    """
    schema = _schema()
    if not schema.validate(root):
        raise JourneyqualError(
            f"the export breaks the REFI-QDA schema ({schema.error_log[0].message})",
            remedy="nothing was written; please report this",
        )


@lru_cache(maxsize=1)
def _schema() -> Any:
    from lxml import etree

    parser = etree.XMLParser(no_network=True, resolve_entities=False)
    return etree.XMLSchema(etree.parse(str(SCHEMA), parser))


def _put(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    info = zipfile.ZipInfo(name, date_time=_EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3
    info.external_attr = 0o644 << 16
    archive.writestr(info, data, compresslevel=6)


def _bytes(root: Element) -> bytes:
    from lxml import etree

    data = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return bytes(data) + b"\n"


def _clean(text: str) -> str:
    """Return text that XML can hold, with LF."""
    return _NO_XML.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _upper(guid: str) -> str:
    return guid.upper()


def _date(at: str) -> str:
    """Return a date as XML has it, blank if it is none.

    Examples
    --------
    >>> _date("2026-11-23T10:00:00+00:00"), _date("2021-12-30T19:22:19"), _date("x")
    ('2026-11-23T10:00:00Z', '2021-12-30T19:22:19', '')
    """
    try:
        return datetime.fromisoformat(at).isoformat().replace("+00:00", "Z") if at else ""
    except ValueError:
        return ""


class _Writer:
    """Makes the elements of one file; a blank attribute or text is left out."""

    def __init__(self, project: Project, space: str) -> None:
        from lxml import etree

        self._xml = etree
        self.space = space
        self.project_ = project

    def element(self, tag: str, /, **given: str) -> Element:
        made = self._xml.Element(f"{{{self.space}}}{tag}", nsmap={None: self.space})
        return self._with(made, given)

    def child(self, parent: Element, tag: str, /, **given: str) -> Element:
        return self._with(self._xml.SubElement(parent, f"{{{self.space}}}{tag}"), given)

    def text(self, parent: Element, name: str, words: str) -> None:
        if words:
            self.child(parent, name).text = _clean(words)

    def _with(self, element: Element, given: dict[str, str]) -> Element:
        for name, value in given.items():
            if value or name == "name":
                element.set(name, _clean(value))
        return element

    def refs(self, parent: Element, name: str, guids: Iterable[str]) -> None:
        for one in guids:
            self.child(parent, name, targetGUID=_upper(one))

    def by(self, user: str, at: str) -> dict[str, str]:
        known = any(one.guid == user for one in self.project_.users)
        given = {"creatingUser": _upper(user) if known else "", "creationDateTime": _date(at)}
        return {name: value for name, value in given.items() if value}

    # -- parts, in the order of the schema --------------------------------------------------------

    def project(self) -> Element:
        project = self.project_
        root = self.element("Project", name=project.name, origin=project.origin)
        if project.users:
            box = self.child(root, "Users")
            for user in project.users:
                self.child(box, "User", guid=_upper(user.guid), name=user.name)
        if project.codes:
            self.codes(self.child(root, "CodeBook"))
        self._people(root)
        notes = list(project.notes)
        if project.sources:
            box = self.child(root, "Sources")
            for source in project.sources:
                notes += self._source(box, source)
        if notes:
            box = self.child(root, "Notes")
            for note in sorted(notes, key=lambda one: one.guid):
                self._note(box, note)
        self._sets(root)
        self.text(root, "Description", project.description)
        self.refs(root, "NoteRef", project.notes_of_all)
        return root

    def codes(self, parent: Element) -> None:
        """Write the codes as a tree."""
        project = self.project_
        if not project.codes:
            return
        box = self.child(parent, "Codes")
        known = {one.guid for one in project.codes}
        under: dict[str, list[Code]] = {}
        for one in project.codes:
            under.setdefault(one.parent if one.parent in known else "", []).append(one)
        waiting = [(box, one) for one in reversed(under.get("", []))]
        while waiting:
            place, one = waiting.pop()
            made = self.child(
                place, "Code", guid=_upper(one.guid), name=one.name,
                isCodable="true" if one.codable else "false",
                color=one.color if re.fullmatch(r"#(?:[0-9A-Fa-f]{3}){1,2}", one.color) else "",
            )  # fmt: skip
            self.text(made, "Description", one.definition)
            if self.space == PROJECT:
                self.refs(made, "NoteRef", one.notes)
            waiting += [(made, child) for child in reversed(under.get(one.guid, []))]

    def _people(self, root: Element) -> None:
        project = self.project_
        if project.variables:
            box = self.child(root, "Variables")
            for one in project.variables:
                made = self.child(
                    box, "Variable", guid=_upper(one.guid), name=one.name, typeOfVariable=one.kind
                )
                self.text(made, "Description", one.description)
        if project.cases:
            box = self.child(root, "Cases")
            kinds = {one.guid: one for one in project.variables}
            for case in project.cases:
                self._case(box, case, kinds)

    def _case(self, box: Element, case: Case, kinds: dict[str, Variable]) -> None:
        made = self.child(box, "Case", guid=_upper(case.guid), name=case.name)
        self.text(made, "Description", case.description)
        for variable, value in case.values.items():
            holder = self.child(made, "VariableValue")
            self.child(holder, "VariableRef", targetGUID=_upper(variable))
            self.text(holder, f"{kinds[variable].kind}Value", value)
        self.refs(made, "SourceRef", case.sources)

    def _source(self, box: Element, source: Source) -> list[Note]:
        own = _upper(source.guid)
        made = self.child(
            box, "TextSource", guid=own, name=source.name, plainTextPath=f"internal://{own}.txt",
            **self.by(source.user, source.at),
        )  # fmt: skip
        self.text(made, "Description", source.description)
        notes: list[Note] = []
        seen: dict[tuple[int, int], int] = {}
        for one in self.project_.selections:
            if one.source == source.guid:
                number = seen[one.start, one.end] = seen.get((one.start, one.end), -1) + 1
                notes += self._selection(made, source.guid, one, number)
        self.refs(made, "NoteRef", source.notes)
        return notes

    def _selection(self, box: Element, source: str, one: Selection, number: int) -> list[Note]:
        words = " ".join(one.quote.split())
        name = words if len(words) <= MAX_NAME else f"{words[:MAX_NAME]}…"
        place = (source, one.start, one.end, number)
        made = self.child(
            box, "PlainTextSelection", guid=_upper(made_guid("selection", *place)), name=name,
            startPosition=str(one.start), endPosition=str(one.end), **self.by(one.user, one.at),
        )  # fmt: skip
        self.text(made, "Description", one.comment)
        notes = []
        for coding in one.codings:
            own = made_guid("coding", *place, coding.user, coding.code, coding.memo)
            inner = self.child(made, "Coding", guid=_upper(own), **self.by(coding.user, coding.at))
            self.child(inner, "CodeRef", targetGUID=_upper(coding.code))
            if coding.memo:
                note = Note(
                    made_guid("memo", own), text=coding.memo, user=coding.user, at=coding.at
                )
                notes.append(note)
                self.refs(inner, "NoteRef", [note.guid])
        return notes

    def _note(self, box: Element, note: Note) -> None:
        given = {"name": note.name} if note.name else {}
        made = self.child(
            box, "Note", guid=_upper(note.guid), **given, **self.by(note.user, note.at)
        )
        self.text(made, "Description", note.description)
        self.child(made, "PlainTextContent").text = _clean(note.text)

    def _sets(self, root: Element) -> None:
        if not self.project_.groups:
            return
        box = self.child(root, "Sets")
        for one in self.project_.groups:
            made = self.child(box, "Set", guid=_upper(one.guid), name=one.name)
            self.text(made, "Description", one.description)
            self.refs(made, "MemberCode", one.codes)
            self.refs(made, "MemberSource", one.sources)
            self.refs(made, "MemberNote", one.notes)
