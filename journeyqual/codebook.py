"""A codebook file, read into frozen values: stages, touchpoints and emotions.

The six fields of a code (name, brief, definition, include, exclude, examples) follow MacQueen,
McLellan, Kay and
Milstein, "Codebook development for team-based qualitative analysis", Cultural Anthropology Methods
10 (1998).
"""

from __future__ import annotations

import difflib
import hashlib
import json
import tomllib
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from journeyqual.errors import ConfigError
from journeyqual.schema import OFF_JOURNEY, WHOLE_STUDY

SIDES = ("buyer", "customer")
MAX_BYTES = 2_000_000
"""A codebook file over this size is refused unread."""
RESERVED = frozenset({WHOLE_STUDY, OFF_JOURNEY})
"""What no stage may be called: it names a scope of themes."""
GOEMOTIONS = (
    "admiration", "amusement", "anger", "annoyance", "approval", "caring", "confusion",
    "curiosity", "desire", "disappointment", "disapproval", "disgust", "embarrassment",
    "excitement", "fear", "gratitude", "grief", "joy", "love", "nervousness", "optimism", "pride",
    "realization", "relief", "remorse", "sadness", "surprise",
    "neutral",
)  # fmt: skip
"""The labels of GoEmotions (Demszky et al. 2020) in its own order."""


@dataclass(frozen=True)
class Touchpoint:
    """A contact between customer and company, and the channel that it runs through."""

    name: str
    channel: str = ""


@dataclass(frozen=True)
class Stage:
    """One ordered step of the journey, as the codebook defines it."""

    name: str
    side: str = ""
    brief: str = ""
    definition: str = ""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    owner: str = ""
    touchpoints: tuple[Touchpoint, ...] = ()
    expected_valence: float | None = None


@dataclass(frozen=True)
class Emotion:
    """A named emotion and the labels of `GOEMOTIONS` that it gathers.

    Raises
    ------
    ConfigError
        If it gathers a label that GoEmotions has not: a coder would never find it.

    Examples
    --------
    >>> Emotion("delight", ("joy", "exitement"))
    Traceback (most recent call last):
    journeyqual.errors.ConfigError: emotion 'delight' gathers 'exitement', which is no GoEmotions
    label; the nearest is 'excitement'
    """

    name: str
    fine: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse unknown labels."""
        for label in self.fine:
            if label not in GOEMOTIONS:
                near = difflib.get_close_matches(label.casefold(), GOEMOTIONS, n=1)
                raise ConfigError(
                    f"emotion {self.name!r} gathers {label!r}, which is no GoEmotions label",
                    remedy=f"the nearest is {near[0]!r}"
                    if near
                    else f"the labels are {', '.join(GOEMOTIONS)}",
                )


DEFAULT_EMOTIONS = (
    Emotion("joy", ("joy", "amusement", "excitement", "love", "pride", "admiration")),
    Emotion("gratitude", ("gratitude",)),
    Emotion("trust", ("approval", "caring", "optimism", "relief")),
    Emotion("surprise", ("surprise", "realization", "curiosity")),
    Emotion("confusion", ("confusion",)),
    Emotion("anxiety", ("fear", "nervousness", "embarrassment")),
    Emotion("frustration", ("anger", "annoyance", "disgust", "disapproval")),
    Emotion("disappointment", ("disappointment", "sadness", "grief", "remorse", "desire")),
    Emotion("neutral", ("neutral",)),
)


@dataclass(frozen=True)
class Codebook:
    """The versioned set of codes a study is coded with.

    Examples
    --------
    >>> book = from_dict({"name": "Mini", "stage": [{"name": "buying"}, {"name": "using"}]})
    >>> book.stage_names
    ('buying', 'using')
    >>> book.order("using")
    1
    """

    name: str
    version: str = "1"
    rules: str = ""
    stages: tuple[Stage, ...] = ()
    emotions: tuple[Emotion, ...] = field(default=DEFAULT_EMOTIONS)

    @property
    def stage_names(self) -> tuple[str, ...]:
        """Names of the stages in the order of the journey."""
        return tuple(s.name for s in self.stages)

    @property
    def emotion_names(self) -> tuple[str, ...]:
        """Names of the emotions in the order of the file."""
        return tuple(e.name for e in self.emotions)

    def stage(self, name: str) -> Stage:
        """Return the stage called ``name``.

        Raises
        ------
        ConfigError
            If the codebook has no such stage.
        """
        return self.stages[self.order(name)]

    def order(self, name: str) -> int:
        """Return the place of a stage in the journey, from 0."""
        try:
            return self.stage_names.index(name)
        except ValueError:
            raise ConfigError(
                f"the codebook {self.name!r} has no stage {name!r}",
                remedy=f"it has {', '.join(self.stage_names)}",
            ) from None

    @cached_property
    def fingerprint(self) -> str:
        """Twelve hex digits that change when anything that coders may read changes.

        That takes in ``rules``, which people read and the stage coder does not yet.
        Owners, sides, channels and the team's expectations are no business of a coder's.
        """
        data = asdict(self)
        del data["name"], data["version"]
        for stage in data["stages"]:
            del stage["owner"], stage["side"], stage["expected_valence"]
            stage["touchpoints"] = [point["name"] for point in stage["touchpoints"]]
        text = json.dumps(data, sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def load(path: str | Path) -> Codebook:
    """Read a codebook file (TOML).

    Parameters
    ----------
    path
        A file as ``docs/reference/codebook.md`` describes it.

    Raises
    ------
    ConfigError
        If the file is missing, is no TOML, or contradicts itself (two stages of one name, an
        unknown field, an unknown GoEmotions label).
    """
    path = Path(path)
    data = read_toml(path, "codebook")
    try:
        return from_dict(data)
    except ConfigError as error:
        raise ConfigError(
            error.message, path=path, column=error.column, remedy=error.remedy
        ) from None


def read_toml(path: Path, what: str) -> dict[str, Any]:
    """Read a TOML file that a person wrote; ``what`` names its purpose in the error.

    Raises
    ------
    ConfigError
        If there is no such file, it is too large, or it is not TOML.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(f"a {what} over {MAX_BYTES // 1_000_000} MB", path=path)
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(f"there is no such {what} file", path=path) from None
    except IsADirectoryError:
        raise ConfigError(f"a folder, not a {what} file", path=path) from None
    except UnicodeDecodeError:
        raise ConfigError(
            f"the {what} is not UTF-8 text", path=path, remedy="save it as UTF-8"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"not valid TOML: {error}", path=path) from None


def from_dict(data: dict[str, Any]) -> Codebook:
    """Build a codebook from the parsed content of a codebook file; same checks as `load`."""
    known(data, {"name", "version", "rules", "stage", "emotion"}, "the codebook")
    stages = tuple(_stage(s, i) for i, s in enumerate(_tables(data, "stage")))
    if not stages:
        raise ConfigError(
            "the codebook has no stage", remedy="add at least one [[stage]] with a name"
        )
    unique((s.name for s in stages), "stage")
    emotions = (
        tuple(_emotion(e, i) for i, e in enumerate(_tables(data, "emotion"))) or DEFAULT_EMOTIONS
    )
    unique((e.name for e in emotions), "emotion")
    owner: dict[str, str] = {}
    for emotion in emotions:
        for label in emotion.fine:
            if label in owner:
                raise ConfigError(
                    f"the label {label!r} is gathered by both {owner[label]!r} and {emotion.name!r}"
                )
            owner[label] = emotion.name
    return Codebook(
        name=text(data, "name", "the codebook") or "Codebook",
        version=text(data, "version", "the codebook") or "1",
        rules=text(data, "rules", "the codebook"),
        stages=stages,
        emotions=emotions,
    )


def _tables(data: dict[str, Any], key: str) -> list[dict[str, Any]]:
    value = data.get(key, [])
    if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
        raise ConfigError(f"{key!r} is not a list of tables", remedy=f"write each as [[{key}]]")
    return value


def _stage(data: dict[str, Any], index: int) -> Stage:
    where = f"stage {index + 1}"
    known(data, set(Stage.__dataclass_fields__), where)
    name = text(data, "name", where)
    if not name:
        raise ConfigError(f"{where} has no name")
    where = f"stage {name!r}"
    if name in RESERVED:
        raise ConfigError(f"{where} has a name that themes need", remedy="give it another")
    side = text(data, "side", where)
    if side and side not in SIDES:
        raise ConfigError(f"{where} has side {side!r}", remedy=f"use {' or '.join(SIDES)}")
    expected = data.get("expected_valence")
    if expected is not None and (
        isinstance(expected, bool)
        or not isinstance(expected, int | float)
        or not -1 <= expected <= 1
    ):
        raise ConfigError(
            f"{where} expects valence {expected!r}", remedy="give a number from -1 to 1"
        )
    points = tuple(_touchpoint(t, where) for t in _list(data, "touchpoints", where))
    unique((p.name for p in points), f"touchpoint of {where}")
    return Stage(
        name=name,
        side=side,
        brief=text(data, "brief", where),
        definition=text(data, "definition", where),
        include=_texts(data, "include", where),
        exclude=_texts(data, "exclude", where),
        examples=_texts(data, "examples", where),
        owner=text(data, "owner", where),
        touchpoints=points,
        expected_valence=None if expected is None else float(expected),
    )


def _touchpoint(data: Any, where: str) -> Touchpoint:
    if isinstance(data, str):
        data = {"name": data}
    if not isinstance(data, dict) or not text(data, "name", where):
        raise ConfigError(
            f"a touchpoint of {where} has no name", remedy='write { name = "…", channel = "…" }'
        )
    known(data, {"name", "channel"}, f"a touchpoint of {where}")
    return Touchpoint(text(data, "name", where), text(data, "channel", where))


def _emotion(data: dict[str, Any], index: int) -> Emotion:
    where = f"emotion {index + 1}"
    known(data, {"name", "fine"}, where)
    name = text(data, "name", where)
    if not name:
        raise ConfigError(f"{where} has no name")
    return Emotion(name, _texts(data, "fine", f"emotion {name!r}"))


def known(data: dict[str, Any], allowed: set[str], where: str) -> None:
    """Refuse a field that nothing reads: it is nearly always a misspelt one.

    Raises
    ------
    ConfigError
        Naming the unknown field and those there are.
    """
    for key in data:
        if key not in allowed:
            raise ConfigError(
                f"{where} has an unknown field {key!r}",
                remedy=f"it may have {', '.join(sorted(allowed))}",
            )


def text(data: dict[str, Any], key: str, where: str) -> str:
    """Return a text field, stripped; ``""`` when it is absent.

    Raises
    ------
    ConfigError
        If the field holds something else than text.
    """
    value = data.get(key, "")
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise ConfigError(f"{key!r} of {where} is not text", remedy=f'write {key} = "…"')
    return value.strip()


def _list(data: dict[str, Any], key: str, where: str) -> list[Any]:
    value = data.get(key, [])
    if not isinstance(value, list):
        raise ConfigError(f"{key!r} of {where} is not a list", remedy=f'write {key} = ["…"]')
    return value


def _texts(data: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = data.get(key, [])
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise ConfigError(
            f"{key!r} of {where} is not a list of texts", remedy=f'write {key} = ["…", "…"]'
        )
    return tuple(v.strip() for v in value if v.strip())


def unique(names: Any, what: str) -> None:
    """Refuse two entries of one name, letter case apart.

    Raises
    ------
    ConfigError
        Naming the first name that stands twice.
    """
    seen: set[str] = set()
    for name in names:
        if name.casefold() in seen:
            raise ConfigError(f"two {what}s are called {name!r}", remedy="rename one of them")
        seen.add(name.casefold())
