"""REFI-QDA 1.0 in: a project (``.qdpx``, ``.qde``) or a codebook (``.qdc``) as a neutral project.

What programs do differently, and is read all the same: ``Sources/`` or ``sources/``, capitals and
braces in GUIDs, CRLF, users that are missing, cases without a name, offsets in UTF-16, codings that
name who changed them only, codings with a case for a code (NVivo), remarks on words as notes that a
link ties to them (NVivo) or that hold the place themselves.

The file is over 400 lines because it follows the schema, element by element.

Source: REFI-QDA standard 1.0, https://www.qdasoftware.org, and its schema ``Project.xsd``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from journeyqual.errors import InputError
from journeyqual.interchange import safe
from journeyqual.interchange.model import (
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
    guid,
    made_guid,
    shown,
)
from journeyqual.interchange.offsets import Claim, settle

MAX_DEPTH = 60
"""Codes nested deeper are refused."""
_MEDIA = ("PictureSource", "AudioSource", "VideoSource")
_PLACED = ("PictureSelection", "PDFSelection", "AudioSelection", "VideoSelection")


def read_project(path: Path) -> Project:
    """Read a project exchange file.

    Raises
    ------
    InputError
        If it is no REFI-QDA project.
    """
    archive: safe.Archive | None = None
    if path.suffix.casefold() == ".qde":
        data = safe.data_of(path, "project_part_mb")
    else:
        archive = safe.Archive(path)
        names = [n for n in archive.parts if "/" not in n and n.endswith(".qde")]
        names.sort(key=lambda name: name != "project.qde")
        if not names:
            raise InputError("no project.qde in it: not a REFI-QDA project", path=path)
        data = archive.read(names[0]) or b""
    root = safe.xml(data, path)
    if _tag(root) != "Project":
        raise InputError("not a REFI-QDA project", path=path, remedy="export it as .qdpx")
    return _Reader(path, archive).project(root)


def read_codebook(path: Path) -> Project:
    """Read a codebook exchange file: codes and sets, nothing else.

    Raises
    ------
    InputError
        If it is no REFI-QDA codebook.
    """
    root = safe.xml(safe.data_of(path, "project_part_mb"), path)
    if _tag(root) != "CodeBook":
        raise InputError("not a REFI-QDA codebook", path=path, remedy="export it as .qdc")
    reader = _Reader(path, None)
    return Project(
        name=path.stem,
        origin=root.get("origin", ""),
        tool="REFI-QDA codebook",
        codes=tuple(reader.codes(root)),
        groups=tuple(reader.groups(root)),
        warnings=tuple(reader.warnings),
    )


def _tag(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _children(element: Any, name: str) -> Iterator[Any]:
    return (child for child in element if _tag(child) == name) if element is not None else iter(())


def _child(element: Any, name: str) -> Any:
    return next(_children(element, name), None)


def _text(element: Any, name: str) -> str:
    found = _child(element, name)
    return "" if found is None else (found.text or "")


def _targets(element: Any, name: str) -> tuple[str, ...]:
    return tuple(
        target for ref in _children(element, name) if (target := guid(ref.get("targetGUID", "")))
    )


@dataclass
class _Reader:
    """One file, and what is to be said of it."""

    path: Path
    archive: safe.Archive | None
    warnings: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)
    creator: str = ""
    cases: dict[str, set[str]] = field(default_factory=dict)
    remarks: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    placed: dict[str, list[Any]] = field(default_factory=dict)
    used_remarks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    atlas: bool = False

    def project(self, root: Any) -> Project:
        self.creator = guid(root.get("creatingUserGUID", ""))
        self.atlas = "atlas" in root.get("origin", "").casefold()
        self._look_ahead(root)
        users = [
            User(guid(one.get("guid", "")), one.get("name") or one.get("id") or "")
            for one in _children(_child(root, "Users"), "User")
        ]
        codes = tuple(self.codes(_child(root, "CodeBook")))
        variables = tuple(
            Variable(
                guid(one.get("guid", "")),
                one.get("name", ""),
                one.get("typeOfVariable", "Text"),
                _text(one, "Description"),
            )
            for one in _children(_child(root, "Variables"), "Variable")
        )
        sources, selections = self._sources(_child(root, "Sources"))
        cases = [self._case(one) for one in _children(_child(root, "Cases"), "Case")]
        notes = tuple(self._note(one) for one in _children(_child(root, "Notes"), "Note"))
        selections, used = self._with_notes(selections, notes)
        self._count_links(root)
        groups = tuple(self.groups(root))
        of_all = _targets(root, "NoteRef")
        # A note that is a coding's memo by now stands on its own only if something else has it.
        used -= set(of_all)
        for held in (codes, sources, groups):
            used -= {note for one in held for note in one.notes}
        notes = tuple(one for one in notes if one.guid not in used)
        return Project(
            name=root.get("name", ""),
            origin=root.get("origin", ""),
            tool="REFI-QDA",
            description=_text(root, "Description"),
            users=tuple(one for one in users if one.guid),
            codes=codes,
            variables=variables,
            cases=tuple(cases),
            sources=tuple(sources),
            selections=tuple(selections),
            notes=notes,
            groups=groups,
            notes_of_all=of_all,
            left=tuple(f"{number} {what}" for what, number in sorted(self.lost.items())),
            warnings=tuple(self.warnings),
            refused=tuple(self.refused),
        )

    # -- the codebook -----------------------------------------------------------------------------

    def codes(self, codebook: Any) -> Iterator[Code]:
        """Yield the codes, each before those under it."""
        found = _child(codebook, "Codes")
        waiting = [(one, "", 0) for one in reversed(list(_children(found, "Code")))]
        while waiting:
            one, parent, depth = waiting.pop()
            if depth > MAX_DEPTH:
                raise InputError(f"codes nested more than {MAX_DEPTH} deep", path=self.path)
            name = one.get("name", "").strip()
            own = guid(one.get("guid", "")) or made_guid("code", parent, name)
            yield Code(
                guid=own,
                name=name or "(no name)",
                parent=parent,
                color=one.get("color", ""),
                definition=_text(one, "Description"),
                codable=one.get("isCodable", "true").strip() in ("true", "1"),
                notes=_targets(one, "NoteRef"),
            )
            under = list(_children(one, "Code"))
            waiting += [(child, own, depth + 1) for child in reversed(under)]

    def groups(self, root: Any) -> Iterator[Group]:
        """Yield the sets of a project or a codebook."""
        for one in _children(_child(root, "Sets"), "Set"):
            # A codebook's members are named by guid, a project's by targetGUID.
            codes = [
                guid(m.get("targetGUID") or m.get("guid", "")) for m in _children(one, "MemberCode")
            ]
            yield Group(
                guid(one.get("guid", "")),
                one.get("name", ""),
                _text(one, "Description"),
                tuple(filter(None, codes)),
                _targets(one, "MemberSource"),
                _targets(one, "MemberNote"),
            )

    # -- cases ------------------------------------------------------------------------------------

    def _case(self, one: Any) -> Case:
        parts = _targets(one, "SelectionRef")
        if parts:
            self.lost["references from cases to passages (a case owns whole sources here)"] += len(
                parts
            )
        if coded := _targets(one, "CodeRef"):
            self.lost["codes on cases"] += len(coded)
        own = guid(one.get("guid", ""))
        return Case(
            own,
            one.get("name", "").strip(),
            _text(one, "Description"),
            self._values(one),
            tuple(dict.fromkeys((*_targets(one, "SourceRef"), *sorted(self.cases.get(own, ()))))),
        )

    def _look_ahead(self, root: Any) -> None:
        """Note what codings and sources may point to: cases, notes tied by links, notes' places."""
        boxes = {name: _child(root, name) for name in ("Cases", "Notes", "Links")}
        self.cases = {guid(c.get("guid", "")): set() for c in _children(boxes["Cases"], "Case")}
        notes = {guid(one.get("guid", "")): one for one in _children(boxes["Notes"], "Note")}
        for link in _children(boxes["Links"], "Link"):
            ends = [guid(link.get(name, "")) for name in ("originGUID", "targetGUID")]
            for note, other in (ends, ends[::-1]):
                if note in notes and other not in notes:
                    self.remarks[other].append(note)
        for own, note in notes.items():
            chosen = list(_children(note, "PlainTextSelection"))
            # Beyond the note's own words: the source's are meant that refers to it.
            length = len(_text(note, "PlainTextContent"))
            if chosen and all(_number(one, "endPosition") > length for one in chosen):
                self.placed[own] = chosen

    def _values(self, element: Any) -> dict[str, str]:
        values = {}
        for one in _children(element, "VariableValue"):
            ref = _child(one, "VariableRef")
            target = guid(ref.get("targetGUID", "")) if ref is not None else ""
            value = next((child.text or "" for child in one if _tag(child).endswith("Value")), "")
            if target and value.strip():
                values[target] = value.strip()
        return values

    # -- sources ----------------------------------------------------------------------------------

    def _sources(self, element: Any) -> tuple[list[Source], list[Selection]]:
        sources: list[Source] = []
        selections: list[Selection] = []
        for one in element if element is not None else ():
            kind = _tag(one)
            if kind == "TextSource":
                self._take(one, one, sources, selections)
            elif kind == "PDFSource":
                inner = _child(one, "Representation")
                self._count_placed(one, inner)
                if inner is None:
                    self.refused.append(f"{_name(one)}: a PDF without its text")
                else:
                    self._take(one, inner, sources, selections)
            elif kind in _MEDIA:
                self._media(one, kind)
        return sources, selections

    def _take(
        self, outer: Any, element: Any, sources: list[Source], selections: list[Selection]
    ) -> None:
        name = _name(outer)
        own = guid(outer.get("guid", "")) or made_guid("source", name, len(sources))
        claims = list(_children(element, "PlainTextSelection"))
        text = self._words(element)
        whole = [*_children(outer, "Coding")]
        if outer is not element:
            whole += _children(element, "Coding")
        if text is None:
            codings = sum(len(list(_children(c, "Coding"))) for c in claims) + len(whole)
            self.refused.append(
                f"{name}: its text is not in the file, nor the words of "
                f"{counted(codings, 'coding')}; {_wanted(element)}"
            )
            return
        sources.append(
            Source(
                guid=own,
                name=name,
                text=text,
                description=_text(outer, "Description"),
                user=guid(outer.get("creatingUser", "")),
                at=outer.get("creationDateTime", ""),
                values={**self._values(outer), **self._values(element)},
                notes=(*_targets(outer, "NoteRef"), *(
                    _targets(element, "NoteRef") if outer is not element else ()
                )),
            )
        )  # fmt: skip
        for target in _targets(element, "NoteRef"):
            # The note is read as what is said of these words, not of the source.
            for one in self.placed.get(target, ()):
                one.append(one.makeelement("NoteRef", targetGUID=target))
                claims.append(one)
        selections += self._selections(own, name, text, claims)
        whole = [one for one in whole if not self._of_case(one, own, whole=True)]
        if whole and text:
            selections.append(
                Selection(own, 0, len(text), tuple(self._coding(c, c) for c in whole))
            )
            self.warnings.append(
                f"{name}: {counted(len(whole), 'coding')} of the whole source, as a span of it all"
            )

    def _words(self, element: Any) -> str | None:
        inline = _child(element, "PlainTextContent")
        if inline is not None and inline.text:
            return str(inline.text)
        where = element.get("plainTextPath", "")
        scheme, _, rest = where.partition("://")
        name = rest.replace("\\", "/").rpartition("/")[2]
        if scheme.casefold() != "internal" or not name or self.archive is None:
            # Files elsewhere on a disk are never opened for a project's sake.
            return "" if inline is not None else None
        for folder in ("sources/", ""):
            data = self.archive.read(folder + name)
            if data is not None:
                return _decoded(data, self.path, name)
        return None

    def _selections(
        self, source: str, name: str, text: str, elements: list[Any]
    ) -> Iterator[Selection]:
        claims = [
            Claim(_number(e, "startPosition"), _number(e, "endPosition"), e.get("name", "").strip())
            for e in elements
        ]
        places = settle(text, claims, crlf_as_one=self.atlas)
        if not places.sure and claims:
            self.warnings.append(
                f"{name}: nothing shows whether places are counted otherwise; "
                f"taken as {places.scheme}"
            )
        astray = 0
        for element, claim, span in zip(elements, claims, places.spans, strict=True):
            whole = span is not None and not (text[: span[0]] + text[span[1] :]).strip()
            inside = list(_children(element, "Coding"))
            kept = [one for one in inside if not self._of_case(one, source, whole=whole)]
            linked = self.remarks.get(guid(element.get("guid", "")), ())
            if inside and not kept and not linked and not _text(element, "Description").strip():
                continue
            codings = tuple(self._coding(one, element) for one in kept)
            if linked and span is not None:
                self.used_remarks[guid(element.get("guid", ""))] = tuple(linked)
            comment = _text(element, "Description").strip()
            if span is None:
                astray += max(len(codings), 1)
                continue
            start, end = span
            for target in (*_targets(element, "NoteRef"), *linked):
                codings = (*codings, Coding(memo=target, dimension="comment"))
            yield Selection(
                source=source,
                start=start,
                end=end,
                codings=codings,
                comment=comment,
                user=_by(element) or self.creator,
                at=_at(element),
                quote=claim.quote,
            )
        if astray:
            self.refused.append(f"{name}: {counted(astray, 'coding')} beyond the end of its text")

    def _of_case(self, element: Any, source: str, *, whole: bool) -> bool:
        """Take a coding with a case for a code as the case's source, or as a part of it."""
        code = _child(element, "CodeRef")
        case = guid(code.get("targetGUID", "")) if code is not None else ""
        if case not in self.cases:
            return False
        if whole:
            self.cases[case].add(source)
        else:
            self.lost["passages that belong to a case (a case owns whole sources here)"] += 1
        return True

    def _coding(self, element: Any, fallback: Any) -> Coding:
        code = _child(element, "CodeRef")
        user = _by(element) or _by(fallback) or self.creator
        return Coding(
            code=guid(code.get("targetGUID", "")) if code is not None else "",
            user=user,
            at=_at(element) or _at(fallback),
            # Replaced by the notes' words once those are read.
            memo=" ".join(_targets(element, "NoteRef")),
        )

    # -- notes ------------------------------------------------------------------------------------

    def _note(self, one: Any) -> Note:
        own = guid(one.get("guid", ""))
        for kind in ("PlainTextSelection", "Coding"):
            inside = 0 if own in self.placed else sum(1 for _ in _children(one, kind))
            if inside:
                self.lost["codings in notes"] += inside
        return Note(
            own,
            one.get("name", ""),
            self._words(one) or "",
            _text(one, "Description"),
            _by(one),
            _at(one),
        )

    def _with_notes(
        self, selections: Iterable[Selection], notes: Iterable[Note]
    ) -> tuple[list[Selection], set[str]]:
        """Put notes' words where codings point to them; say which notes that were."""
        used: set[str] = set()
        told = {note.guid: "\n".join(filter(None, (note.description, note.text))) for note in notes}
        out = []
        for one in selections:
            codings = []
            for coding in one.codings:
                used.update(coding.memo.split())
                memo = "\n".join(filter(None, (told.get(g, "") for g in coding.memo.split())))
                if coding.dimension == "comment":
                    one = replace(one, comment="\n".join(filter(None, (one.comment, memo))))
                else:
                    codings.append(replace(coding, memo=memo))
            out.append(replace(one, codings=tuple(codings)))
        return out, used

    # -- what a study has no place for ------------------------------------------------------------

    def _media(self, one: Any, kind: str) -> None:
        what = kind.removesuffix("Source").lower()
        self.lost[f"{what} sources"] += 1
        self._count_placed(one, None)
        for transcript in _children(one, "Transcript"):
            self.lost["transcripts of recordings, unless they are sources, too"] += 1
            for chosen in _children(transcript, "TranscriptSelection"):
                self.lost["codings of transcripts of recordings"] += len(
                    list(_children(chosen, "Coding"))
                )

    def _count_placed(self, source: Any, text: Any) -> None:
        """Count codings of areas and stretches; a PDF's that its text has too are not lost."""
        there = {guid(s.get("guid", "")) for s in _children(text, "PlainTextSelection")}
        for kind in _PLACED:
            for one in _children(source, kind):
                if guid(one.get("guid", "")) in there:
                    continue
                codings = len(list(_children(one, "Coding")))
                what = kind.removesuffix("Selection")
                self.lost[f"codings of areas or stretches ({what})"] += max(codings, 1)

    def _is_remark(self, link: Any) -> bool:
        """Tell whether a link ties a note to words, as whose comment it came in."""
        ends = [guid(link.get(name, "")) for name in ("originGUID", "targetGUID")]
        return any(note in self.used_remarks.get(other, ()) for note, other in (ends, ends[::-1]))

    def _count_links(self, root: Any) -> None:
        for box, one in (("Links", "Link"), ("Graphs", "Graph")):
            found = list(_children(_child(root, box), one))
            if number := sum(not self._is_remark(each) for each in found):
                self.lost[box.lower()] += number


def _by(element: Any) -> str:
    """Return who made a thing; some programs only say who changed it."""
    return guid(element.get("creatingUser", "")) or guid(element.get("modifyingUser", ""))


def _at(element: Any) -> str:
    return str(element.get("creationDateTime") or element.get("modifiedDateTime") or "")


def _name(element: Any) -> str:
    return str(element.get("name", "")).strip() or guid(element.get("guid", "")) or "a source"


def _wanted(element: Any) -> str:
    """Say which file would mend a source without its text."""
    file = str(element.get("plainTextPath", "")).rpartition("/")[2]
    return f"put {file} into the archive's sources" if file else "export the project with its texts"


def _number(element: Any, name: str) -> int:
    number = safe.whole(element.get(name))
    return -1 if number is None or abs(number) > 2**40 else number


def _decoded(data: bytes, path: Path, name: str) -> str:
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"", "utf-8-sig")):
        if data.startswith(mark):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                break
    raise InputError(f"the text {shown([name])} in it is not UTF-8", path=path)
