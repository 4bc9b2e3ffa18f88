"""Label Studio's JSON, in and out: a task an interview, an annotation a coder.

Places are code points or UTF-16 units, by the version that wrote them; ``text`` of each region
decides.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from journeyqual.errors import InputError
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
                given[users.get(coding.user, "")].append(_region(one, coding, source.name))
            if one.comment:
                note = Coding(memo=one.comment, dimension="comment", at=one.at)
                given[users.get(one.user, "")].append(_region(one, note, source.name))
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
                {"completed_by": {"email": name}, "result": regions}
                for name, regions in sorted(humans.items())
            ],
            "predictions": [
                {"model_version": name, "result": regions}
                for name, regions in sorted(given.items()) if name not in humans
            ],
        })  # fmt: skip
    return (json.dumps(tasks, ensure_ascii=False, indent=1) + "\n").encode()


def _region(one: Selection, coding: Coding, interview: str) -> dict[str, Any]:
    region: dict[str, Any] = {
        "id": made_guid(
            "region", interview, one.start, one.end, coding.dimension, coding.value, coding.memo
        )[-12:],
        "from_name": coding.dimension,
        "to_name": "text",
        "type": "labels",
        "value": {
            "start": one.start, "end": one.end, "text": one.quote, "labels": [coding.value],
        },
        "meta": {"coded_at": coding.at},
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
    if not any(isinstance(one.get("data"), dict) for one in tasks):
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
            yield self._selection(source, span, claim.quote, who, at, region, labels, ours)
        if gone:
            self.refused.append(f"{name}: {counted(gone, 'coding')} beyond the end of its text")

    def _selection(
        self, source: str, span: tuple[int, int], quote: str, who: str, at: str,
        region: Mapping[str, Any], labels: list[str], ours: bool,
    ) -> Selection:  # fmt: skip
        meta = region.get("meta")
        meta = meta if isinstance(meta, Mapping) else {}
        told = meta.get("text")
        memo = "\n".join(map(words, told)) if isinstance(told, list) else words(told)
        when = words(meta.get("coded_at")) or at
        user = made_guid("user", who) if who else ""
        if who:
            self.users.setdefault(user, User(user, who))
        group = words(region.get("from_name"))
        if ours and group == "comment":
            return Selection(source, *span, (), memo, user, when, quote)
        score = region.get("score")
        sure = float(score) if isinstance(score, int | float) and 0 <= score <= 1 else None
        codings = tuple(
            Coding(
                "" if ours else self._code(group, label), user, when, memo, group if ours else "",
                label if ours else "", sure,
            )
            for label in labels
        )  # fmt: skip
        return Selection(source, *span, codings, "", user, when, quote)

    def _code(self, group: str, label: str) -> str:
        top = made_guid("Label Studio", "group", group)
        if group:
            self.codes.setdefault(top, Code(top, group, codable=False))
        own = made_guid("Label Studio", "label", group, label)
        self.codes.setdefault(own, Code(own, label, top if group else ""))
        return own


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
