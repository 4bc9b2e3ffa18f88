"""Another program's codes into ``codebook.toml``: what is new is added, what stands there stays.

Only stages and their touchpoints can go in: which labels an emotion gathers no other program knows,
and themes have no place in a codebook. What only a person can decide is asked, not guessed.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from journeyqual.codebook import SIDES, Stage, Touchpoint
from journeyqual.errors import ConfigError
from journeyqual.interchange.mapping import Meanings
from journeyqual.interchange.model import Code, shown
from journeyqual.reading.cleaning import clean_line
from journeyqual.revision import add_stage, edit_stage, next_version, parse, with_version
from journeyqual.revision.layout import CodebookFile, printable

NEAR = 0.84
"""Likeness of two names from which on they may be one stage, spelt in two ways."""
_LISTS = {"Include": "include", "Exclude": "exclude", "Examples": "examples"}
_TEXTS = {"Brief": "brief", "Side": "side", "Owner": "owner"}
_NEW = "this stage"
_EXPECTED, _POINT = "Expected valence", "Stage"
_FIELD = re.compile(rf"({'|'.join([*_LISTS, *_TEXTS, _EXPECTED])}): ?(.*)")
_AT = re.compile(rf"{_POINT}: (.+)")


def described(stage: Stage) -> str:
    r"""Return a stage's fields as a code's description: the definition, then a line each.

    Examples
    --------
    >>> described(Stage("buying", definition="The order.", include=("cart", "till")))
    'The order.\nInclude: cart\nInclude: till'
    """
    lines = [stage.definition]
    for name, key in _TEXTS.items():
        lines.append(f"{name}: {value}" if (value := getattr(stage, key)) else "")
        if name == "Brief":
            lines += [f"{n}: {one}" for n, k in _LISTS.items() for one in getattr(stage, k)]
    if stage.expected_valence is not None:
        lines.append(f"{_EXPECTED}: {stage.expected_valence:g}")
    return "\n".join(filter(None, lines))


def fields_of(description: str) -> dict[str, Any]:
    r"""Return a stage's fields from a code's description; what names no field is its definition.

    Examples
    --------
    >>> fields_of("The order.\nInclude: cart\nInclude: till\nOwner: Shop")
    {'definition': 'The order.', 'include': ['cart', 'till'], 'owner': 'Shop'}
    """
    told: list[str] = []
    found: dict[str, Any] = {}
    for line in description.splitlines():
        match = _FIELD.fullmatch(line.strip())
        name, value = (match[1], match[2].strip()) if match else ("", "")
        if name in _LISTS and value:
            found.setdefault(_LISTS[name], []).append(value)
        elif name in _TEXTS and value and (name != "Side" or value in SIDES):
            found.setdefault(_TEXTS[name], value)
        elif name == _EXPECTED and (number := _number(value)) is not None:
            found.setdefault("expected_valence", number)
        else:
            told.append(line.rstrip())
    definition = "\n".join(told).strip()
    return {"definition": definition, **found} if definition else found


def point_description(stages: Iterable[Stage], name: str) -> str:
    """Return at which stages a touchpoint is, and through which channel, a line each."""
    return "\n".join(
        f"{_POINT}: {stage.name}{f' | {point.channel}' if point.channel else ''}"
        for stage in stages
        for point in stage.touchpoints
        if point.name == name
    )


@dataclass
class Merged:
    """A codebook with another program's codes in it.

    Parameters
    ----------
    text
        The text of the file after the merge; as it was where nothing was to be done.
    version
        Its version then; blank if nothing was to be done.
    changes
        What was added, a line each.
    asks
        What was left for a person to decide, a line each with the way to say it.
    """

    text: str
    version: str = ""
    changes: list[str] = field(default_factory=list)
    asks: list[str] = field(default_factory=list)


def merge(
    text: str,
    codes: Sequence[Code],
    meant: Meanings,
    *,
    origin: str,
    said: Iterable[str] = (),
    theirs: Iterable[str] = (),
    hide: Callable[[str], str] = str,
) -> Merged:
    """Put the stages and touchpoints among codes into a codebook; nothing in it is overwritten.

    A stage that the codebook lacks is added, behind the one that stands before it among the codes.
    Blank fields are filled, lists and touchpoints united. Where both say something else, ours
    stays and it is asked, unless ``theirs`` names the stage.

    Parameters
    ----------
    text
        The text of a codebook file.
    codes
        A project's, in its order.
    meant
        What each of them stands for.
    origin
        What the codes come from, for the remark in the file.
    said
        Names of codes whose meaning a person gave (``--map``): they are not asked about.
    theirs
        Stages whose fields are taken over even where ours say something else.
    hide
        Replaces listed names in what is taken over.

    Raises
    ------
    ConfigError
        If the codebook would contradict itself; nothing is written here in any case.
    """
    return _Merge(
        text, {" ".join(one.split()).casefold() for one in said}, set(theirs), hide, origin
    ).run(codes, meant)


@dataclass
class _Merge:
    text: str
    said: set[str]
    theirs: set[str]
    hide: Callable[[str], str]
    origin: str
    changes: list[str] = field(default_factory=list)
    asks: list[str] = field(default_factory=list)
    remarks: dict[str, list[str]] = field(default_factory=dict)

    def run(self, codes: Sequence[Code], meant: Meanings) -> Merged:
        before = parse(self.text)
        version = next_version(before.version)
        if strange := self.theirs - set(before.stage_names):
            raise ConfigError(
                f"--theirs names no stage of the codebook: {shown(sorted(strange))}",
                remedy=f"it has {', '.join(before.stage_names)}",
            )
        wanted = self._wanted(codes, meant)
        previous = ""
        for name, (own, description) in wanted.items():
            if name in parse(self.text).stage_names:
                self._fill(name, fields_of(description))
            elif not self._add(name, own, fields_of(description), previous):
                continue
            previous = name
        self._points(codes, meant)
        self._emotions(codes, meant)
        if not self.changes:
            return Merged(self.text, asks=self.asks)
        return Merged(self._remarked(version), version, self.changes, self.asks)

    def _wanted(self, codes: Sequence[Code], meant: Meanings) -> dict[str, tuple[str, str]]:
        """Return the stages among codes: what each is called there, and its description."""
        found: dict[str, tuple[str, str]] = {}
        for code in codes:
            stands = meant.of.get(code.guid)
            if stands is None or stands.dimension != "stage" or not stands.value.strip():
                continue
            name = clean_line(self.hide(stands.value))
            description = self.hide(code.definition)
            first = found.setdefault(name, (code.name, description))
            if first[1] != description and description.strip():
                self.asks.append(
                    f"two codes are stage {name!r} and say different things; the first is taken"
                )
        return found

    def _add(self, name: str, own: str, values: dict[str, Any], previous: str) -> bool:
        names = parse(self.text).stage_names
        alike = {one.casefold(): one for one in names}
        near = difflib.get_close_matches(name.casefold(), alike, n=1, cutoff=NEAR)
        if near and " ".join(own.split()).casefold() not in self.said:
            self.asks.append(
                f"{name!r} may be the stage {alike[near[0]]!r}: say which in --map "
                f"({own},stage,{alike[near[0]]} or {own},stage,{name})"
            )
            return False
        at = names.index(previous) + 1 if previous in names else len(names)
        self.text, _ = add_stage(self.text, name, at=at, **values)
        where = f"behind {names[at - 1]!r}"
        self.changes.append(f"stage {name!r}, {where}")
        self.remarks.setdefault(name, []).append(_NEW)
        return True

    def _fill(self, name: str, values: Mapping[str, Any]) -> None:
        stage = parse(self.text).stage(name)
        new: dict[str, Any] = {}
        for key, value in values.items():
            ours = getattr(stage, key)
            if isinstance(value, list):
                more = [one for one in value if one not in ours]
                if more:
                    new[key] = [*ours, *more]
            elif ours in ("", None) or (name in self.theirs and not _same(ours, value)):
                new[key] = value
            elif not _same(ours, value):
                self.asks.append(
                    f"{key} of {name!r}: ours stays; the file has {_short(value)} "
                    f"(--theirs {name!r} takes it)"
                )
        self._edit(name, new)

    def _edit(self, name: str, new: Mapping[str, Any]) -> None:
        if not new:
            return
        self.text, _ = edit_stage(self.text, name, **new)
        what, told = ", ".join(new), self.remarks.setdefault(name, [])
        # Of a new stage all is new; one stage's touchpoints come one by one.
        if not {what, _NEW} & set(told):
            self.changes.append(f"{what} of {name!r}")
            told.append(what)

    def _points(self, codes: Sequence[Code], meant: Meanings) -> None:
        for code in codes:
            stands = meant.of.get(code.guid)
            if stands is None or stands.dimension != "touchpoint" or not stands.value.strip():
                continue
            point = clean_line(self.hide(stands.value))
            book = parse(self.text)
            lines = self.hide(code.definition).splitlines()
            homes = [m[1].partition(" | ") for line in lines if (m := _AT.fullmatch(line.strip()))]
            if not homes and not any(
                point.casefold() == p.name.casefold() for s in book.stages for p in s.touchpoints
            ):
                self.asks.append(
                    f"touchpoint {point!r}: at which stage it is, the file does not say"
                )
            for home, _, channel in homes:
                if home not in book.stage_names:
                    self.asks.append(f"touchpoint {point!r} is at {home!r}, which is no stage here")
                    continue
                stage = book.stage(home)
                known = {one.name.casefold(): one for one in stage.touchpoints}
                if point.casefold() not in known:
                    added = (*stage.touchpoints, Touchpoint(point, channel))
                    self._edit(home, {"touchpoints": [_plain(one) for one in added]})
                elif channel not in ("", known[point.casefold()].channel):
                    self.asks.append(
                        f"channel of {point!r} at {home!r}: ours stays; the file has {channel!r}"
                    )

    def _emotions(self, codes: Sequence[Code], meant: Meanings) -> None:
        there = {name.casefold() for name in parse(self.text).emotion_names}
        new = [
            stands.value
            for code in codes
            if (stands := meant.of.get(code.guid)) is not None
            and stands.dimension == "emotion"
            and stands.value.strip()
            and stands.value.casefold() not in there
        ]
        if new:
            self.asks.append(
                f"emotions {shown(dict.fromkeys(new))}: add each as [[emotion]] by hand, with the "
                "labels that it gathers"
            )

    def _remarked(self, version: str) -> str:
        """Return the text as one new version, with a remark above every stage that changed."""
        file = CodebookFile(self.text)
        for name, what in self.remarks.items():
            at = file.book.order(name)
            note = f"{', '.join(dict.fromkeys(what))} from {self.origin} in version {version}"
            file.put(at, f"# {printable(note)}\n{file.stage(at)}")
        return with_version(file.finish(file.book.stages), version)


def _same(ours: object, value: object) -> bool:
    if isinstance(ours, str) and isinstance(value, str):
        return ours.split() == value.split()
    return ours == value


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return repr(text if len(text) <= 60 else f"{text[:57]}…")


def _plain(point: Touchpoint) -> dict[str, str]:
    return {key: value for key, value in asdict(point).items() if value}


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if -1 <= number <= 1 else None
