"""Label Studio's JSON, in and out: a task an interview, an annotation a coder.

Places are code points or UTF-16 units, by the version that wrote them; ``text`` of each region
decides. Beside the tasks stands a labeling config with every label that they use.

Label Studio refuses annotations of people whom it does not know by e-mail address. So who coded
stands with each region, and counts for as long as nobody changed the region.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from journeyqual.errors import InputError
from journeyqual.interchange.mapping import COMMENT, THEME, TOPS, code_name, nearest
from journeyqual.interchange.model import (
    OURS,
    Case,
    Code,
    Coding,
    Project,
    Selection,
    Source,
    User,
    counted,
    made_guid,
)
from journeyqual.interchange.offsets import Claim, settle
from journeyqual.interchange.safe import words

_SPANS = ("labels", "hypertextlabels", "paragraphlabels")


def written(project: Project) -> bytes:
    """Return a project as tasks with annotations of people and predictions of machines."""
    users = {one.guid: one.name for one in project.users}
    people = {s: case.name for case in project.cases for s in case.sources}
    made: dict[str, list[Selection]] = defaultdict(list)
    for one in project.selections:
        made[one.source].append(one)
    tasks = []
    for number, source in enumerate(project.sources, start=1):
        given: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for one in made[source.guid]:
            for coding in one.codings:
                who = users.get(coding.user, "")
                given[who].append(_region(one, coding, source.name, who))
            if one.comment:
                note = Coding(memo=one.comment, dimension=COMMENT, at=one.at)
                who = users.get(one.user, "")
                given[who].append(_region(one, note, source.name, who))
        humans = {
            name: rs for name, rs in given.items() if not name.startswith(("model:", "rule:"))
        }
        tasks.append({
            "id": number,
            "data": {
                "text": source.text, "interview": source.name,
                "participant": people.get(source.guid, ""),
            },
            "meta": {"origin": project.origin},
            "annotations": [
                {"result": regions} for _, regions in sorted(humans.items())
            ],
            "predictions": [
                {"model_version": name, "result": regions}
                for name, regions in sorted(given.items()) if name not in humans
            ],
        })  # fmt: skip
    return (json.dumps(tasks, ensure_ascii=False, indent=1) + "\n").encode()


def config(project: Project) -> bytes:
    """Return the labeling config that belongs to `written`: a set of labels for each dimension.

    Label Studio would trim blanks of a text, and so move every place after them; the style keeps
    them.
    """
    from lxml import etree

    view = etree.Element("View")
    etree.SubElement(view, "Style").text = ".htx-text { white-space: pre-wrap; }"
    for dimension, labels in _labels(project).items():
        etree.SubElement(view, "Header", value=_tame(dimension))
        box = etree.SubElement(view, "Labels", name=_tame(dimension), toName="text")
        for label, color in labels.items():
            given = {"background": color} if color else {}
            etree.SubElement(box, "Label", value=_tame(label), **given)
    etree.SubElement(view, "Text", name="text", value="$text")
    return bytes(etree.tostring(view, pretty_print=True, encoding="UTF-8"))


def _labels(project: Project) -> dict[str, dict[str, str]]:
    """Return by dimension every label with its colour: those of the codebook, then those used."""
    tops = {name: dimension for dimension, name in TOPS.items()}
    names = {one.guid: one.name for one in project.codes}
    out: dict[str, dict[str, str]] = {dimension: {} for dimension in (*TOPS, THEME)}
    for one in project.codes:
        if one.codable:
            dimension = tops.get(names.get(one.parent, ""), "")
            if not dimension and one.parent == made_guid("dimension", names.get(one.parent, "")):
                dimension = names[one.parent]
            out.setdefault(dimension or THEME, {})[one.name] = one.color
    for chosen in project.selections:
        for coding in chosen.codings:
            out.setdefault(coding.dimension, {}).setdefault(_label(coding), "")
        if chosen.comment:
            out.setdefault(COMMENT, {})[COMMENT] = ""
    return {dimension: labels for dimension, labels in out.items() if labels}


def _label(coding: Coding) -> str:
    """Return what a coding is called on a button: of a valence the nearest step."""
    if coding.dimension == COMMENT:
        return COMMENT
    value = nearest(coding.value) if coding.dimension == "valence" else coding.value
    return code_name(coding.dimension, value)


def _tame(text: str) -> str:
    return "".join(char for char in text if char.isprintable())


def _region_id(interview: str, start: int, end: int, coding: Coding) -> str:
    what = (coding.dimension, coding.value, coding.memo)
    return made_guid("region", interview, start, end, *what)[-12:]


def _region(one: Selection, coding: Coding, interview: str, who: str) -> dict[str, Any]:
    region: dict[str, Any] = {
        "id": _region_id(interview, one.start, one.end, coding),
        "from_name": coding.dimension,
        "to_name": "text",
        "type": "labels",
        "value": {
            "start": one.start, "end": one.end, "text": one.quote, "labels": [_label(coding)],
        },
        "meta": {"coder": who, "coded_at": coding.at, "value": coding.value},
    }  # fmt: skip
    if coding.memo:
        region["meta"]["text"] = [coding.memo]
    if coding.confidence is not None:
        region["score"] = round(coding.confidence, 6)
    return region


def read(path: Path, tasks: Any) -> Project:
    """Read an export of tasks with their annotations (JSON, not JSON-MIN).

    Raises
    ------
    InputError
        If it is no list of tasks.
    """
    if not isinstance(tasks, list) or not all(isinstance(one, dict) for one in tasks):
        raise InputError("no list of Label Studio tasks", path=path, remedy="export it as JSON")
    if tasks and not any(isinstance(one.get("data"), dict) for one in tasks):
        raise InputError("no Label Studio tasks in it", path=path, remedy="export it as JSON")
    return _Reader(path).project(tasks)


class _Reader:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.codes: dict[str, Code] = {}
        self.owned: dict[str, list[str]] = defaultdict(list)
        self.users: dict[str, User] = {}
        self.left: Counter[str] = Counter()
        self.refused: list[str] = []
        self.warnings: list[str] = []

    def project(self, tasks: list[dict[str, Any]]) -> Project:
        sources: list[Source] = []
        selections: list[Selection] = []
        origin = ""
        for number, task in enumerate(tasks, start=1):
            data = task.get("data")
            data = data if isinstance(data, dict) else {}
            text = _text(data)
            name = words(data.get("interview") or data.get("title") or data.get("name"))
            name = name or f"task-{words(task.get('id')) or number}"
            if not text:
                self.refused.append(f"{name}: no text in it")
                continue
            meta = task.get("meta")
            origin = origin or words(meta.get("origin") if isinstance(meta, dict) else "")
            own = made_guid("Label Studio", "task", name)
            ours = origin.startswith(OURS)
            if ours:
                own = made_guid("interview", name)
            sources.append(Source(own, name, text))
            if person := words(data.get("participant")):
                self.owned[person].append(own)
            self._count_numbers(task)
            selections += self._selections(own, name, text, list(_regions(task)), ours)
        return Project(
            name=self.path.stem, origin=origin or "Label Studio", tool="Label Studio",
            users=tuple(self.users.values()), codes=tuple(self.codes.values()),
            sources=tuple(sources), selections=tuple(selections),
            cases=tuple(
                Case(made_guid("case", person), person, sources=tuple(owned))
                for person, owned in self.owned.items()
            ),
            left=tuple(f"{number} {what}" for what, number in sorted(self.left.items())),
            refused=tuple(self.refused), warnings=tuple(self.warnings),
        )  # fmt: skip

    def _count_numbers(self, task: Mapping[str, Any]) -> None:
        """Count predictions that are numbers: of those Label Studio exports no more."""
        many = task.get("predictions")
        many = many if isinstance(many, list) else []
        if number := sum(isinstance(one, int) for one in many):
            self.left["predictions of which the file has the number only"] += number

    def _selections(
        self, source: str, name: str, text: str, regions: list[Any], ours: bool
    ) -> Iterator[Selection]:
        chosen = []
        for who, at, region in regions:
            value = region.get("value")
            kind = words(region.get("type"))
            labels = value.get(kind) if isinstance(value, Mapping) else None
            if kind == "choices" and isinstance(labels, list):
                value = {**value, "start": 0, "end": len(text), "text": ""}
            elif kind == "relation":
                self.left["relations between regions"] += 1
                continue
            elif kind not in _SPANS or not isinstance(labels, list):
                self.left[f"regions of type {kind or 'unknown'}"] += 1
                continue
            chosen.append((who, at, region, value, [words(label) for label in labels]))
        claims = [
            Claim(_number(v.get("start")), _number(v.get("end")), words(v.get("text")))
            for _, _, _, v, _ in chosen
        ]
        places = settle(text, claims)
        if places.agree < places.shown:
            self.warnings.append(
                f"{name}: {places.shown - places.agree} regions hold other words than they show"
            )
        gone = 0
        for (who, at, region, _, labels), claim, span in zip(
            chosen, claims, places.spans, strict=True
        ):
            if span is None:
                gone += len(labels)
                continue
            if ours and (known := self._own(source, name, span, claim.quote, region, labels)):
                yield known
                continue
            yield self._selection(source, span, claim.quote, who, at, region, labels, ours)
        if gone:
            self.refused.append(f"{name}: {counted(gone, 'coding')} beyond the end of its text")

    def _own(
        self, source: str, name: str, span: tuple[int, int], quote: str,
        region: Mapping[str, Any], labels: list[str],
    ) -> Selection | None:  # fmt: skip
        """Return a region as it went out; None if somebody has changed it since."""
        meta = region.get("meta")
        if not isinstance(meta, Mapping) or len(labels) != 1:
            return None
        who, at = words(meta.get("coder")), words(meta.get("coded_at"))
        coding = Coding(
            user=made_guid("user", who) if who else "", at=at, memo=_memo(meta),
            dimension=words(region.get("from_name")), value=words(meta.get("value")),
            confidence=_score(region),
        )  # fmt: skip
        same = words(region.get("id")) == _region_id(name, *span, coding)
        if not same or labels != [_label(coding)]:
            return None
        if who:
            self.users.setdefault(coding.user, User(coding.user, who))
        if coding.dimension == COMMENT:
            return Selection(source, *span, (), coding.memo, coding.user, at, quote)
        return Selection(source, *span, (coding,), "", coding.user, at, quote)

    def _selection(
        self, source: str, span: tuple[int, int], quote: str, who: str, at: str,
        region: Mapping[str, Any], labels: list[str], ours: bool,
    ) -> Selection:  # fmt: skip
        meta = region.get("meta")
        meta = meta if isinstance(meta, Mapping) else {}
        memo, when = _memo(meta), at
        user = made_guid("user", who) if who else ""
        if who:
            self.users.setdefault(user, User(user, who))
        group = words(region.get("from_name"))
        if ours and group == COMMENT:
            return Selection(source, *span, (), memo, user, when, quote)
        codings = tuple(
            Coding(self._code(group, label), user, when, memo, confidence=_score(region))
            for label in labels
        )
        return Selection(source, *span, codings, "", user, when, quote)

    def _code(self, group: str, label: str) -> str:
        top = made_guid("Label Studio", "group", group)
        if group:
            self.codes.setdefault(top, Code(top, group, codable=False))
        own = made_guid("Label Studio", "label", group, label)
        self.codes.setdefault(own, Code(own, label, top if group else ""))
        return own


def _memo(meta: Mapping[str, Any]) -> str:
    told = meta.get("text")
    return "\n".join(map(words, told)) if isinstance(told, list) else words(told)


def _score(region: Mapping[str, Any]) -> float | None:
    score = region.get("score")
    return float(score) if isinstance(score, int | float) and 0 <= score <= 1 else None


def _text(data: Mapping[str, Any]) -> str:
    """Return a task's text: the field so called, else its longest."""
    given = data.get("text")
    if isinstance(given, str) and given:
        return given
    return max((v for v in data.values() if isinstance(v, str)), key=len, default="")


def _regions(task: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield who, when and what of every region; cancelled annotations are left out."""
    for box in ("annotations", "completions", "predictions"):
        many = task.get(box)
        for one in many if isinstance(many, list) else []:
            if not isinstance(one, Mapping) or one.get("was_cancelled"):
                continue
            if box == "predictions":
                name = words(one.get("model_version"))
                who = name if name.startswith(("model:", "rule:")) else f"model:{name or 'unknown'}"
            else:
                who = _who(one.get("completed_by"))
            result = one.get("result")
            for region in result if isinstance(result, list) else []:
                if isinstance(region, Mapping):
                    yield who, words(one.get("created_at")), region


def _who(by: Any) -> str:
    if isinstance(by, Mapping):
        name = f"{words(by.get('first_name'))} {words(by.get('last_name'))}".strip()
        return name or words(by.get("email") or by.get("id"))
    return words(by)


def _number(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value < 2**40 else -1
