"""A codebook file, changed by one verb at a time with its comments, order and layout kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from journeyqual.codebook import Stage, from_dict
from journeyqual.errors import ConfigError
from journeyqual.revision.follow import Rule
from journeyqual.revision.layout import (
    CodebookFile,
    comments,
    next_version,
    printable,
    rewritten,
    string,
)


def with_version(text: str, version: str) -> str:
    """Return the text of a codebook file with another version, and nothing else changed."""
    file = CodebookFile(text)
    return file.finish(file.book.stages, version=version)


def edit_stage(text: str, name: str, /, **values: Any) -> tuple[str, Rule]:
    r"""Change fields of a stage; comments, order and layout of the rest stay as they are.

    Parameters
    ----------
    text
        The text of a codebook file.
    name
        The stage.
    values
        Fields as the file has them (``definition="…"``, ``include=["…"]``,
        ``touchpoints=[{"name": "…", "channel": "…"}]``); None or blank takes a field away.

    Returns
    -------
    str, Rule
        The new text, its version raised, and what becomes of codings (nothing). Without a change,
        the text as it was.

    Raises
    ------
    ConfigError
        If there is no such stage or field, or the codebook would contradict itself.

    Examples
    --------
    >>> print(edit_stage('version = "1"\n[[stage]]\nname = "buying" # 1st', "buying",
    ...                  brief="order")[0])
    version = "2"
    [[stage]]
    name = "buying" # 1st
    brief = "order"
    <BLANKLINE>
    """
    file = CodebookFile(text)
    at = file.book.order(name)
    if "name" in values:
        raise ConfigError("a stage's name is no field to edit", remedy="rename the stage")
    before = file.book.stages[at]
    after = _stage(before, values)
    if after == before:
        return text, Rule()
    file.put(at, rewritten(file.stage(at), before, after))
    return file.finish(_put(file.book.stages, at, after)), Rule()


def add_stage(text: str, name: str, /, *, at: int | None = None, **values: Any) -> tuple[str, Rule]:
    """Add a stage to the journey, last or at a place counted from 0.

    Raises
    ------
    ConfigError
        If there is a stage of that name, or a field is unknown.
    """
    file = CodebookFile(text)
    stages = list(file.book.stages)
    at = len(stages) if at is None else max(0, min(at, len(stages)))
    stage = _stage(Stage(name.strip()), values)
    stages.insert(at, stage)
    head = f"[[stage]]\nname = {string(stage.name).as_string()}\n"
    file.insert(at, rewritten(head, Stage(stage.name), stage))
    return file.finish(stages), Rule()


def remove_stage(text: str, name: str) -> tuple[str, Rule]:
    """Take a stage out, with the comments right above it; its codings are left without a code."""
    file = CodebookFile(text)
    at = file.book.order(name)
    file.take(at)
    return file.finish(_without(file.book.stages, at)), Rule("remove", name)


def move_stage(text: str, name: str, to: int) -> tuple[str, Rule]:
    """Put a stage, with its comments, at another place of the journey, counted from 0.

    Raises
    ------
    ConfigError
        If there is no such stage or place.
    """
    file = CodebookFile(text)
    at = file.book.order(name)
    stages = _without(file.book.stages, at)
    if not 0 <= to <= len(stages):
        raise ConfigError(f"the journey has no place {to}", remedy=f"places are 0 to {len(stages)}")
    if to == at:
        return text, Rule()
    file.insert(to, file.take(at))
    stages.insert(to, file.book.stages[at])
    return file.finish(stages), Rule()


def rename_stage(text: str, old: str, new: str) -> tuple[str, Rule]:
    """Give a stage another name; codings follow.

    Raises
    ------
    ConfigError
        If there is no such stage, or another is called so.
    """
    file = CodebookFile(text)
    at, new = file.book.order(old), new.strip()
    if new == old:
        return text, Rule()
    before = file.book.stages[at]
    after = replace(before, name=new)
    file.put(at, rewritten(file.stage(at), before, after))
    return file.finish(_put(file.book.stages, at, after)), Rule("rename", old, (new,))


def merge_stages(text: str, old: str, into: str) -> tuple[str, Rule]:
    """Make one stage of two: include, examples and touchpoints are united, codings follow.

    Brief, definition and exclude stay those of ``into``; the other's definition stays in the file
    as a comment, as do the comments that stood above it.

    Parameters
    ----------
    text
        The text of a codebook file.
    old
        The stage that ends.
    into
        The stage that goes on.

    Raises
    ------
    ConfigError
        If there is no such stage, or it is to be merged with itself.
    """
    file = CodebookFile(text)
    at, target = file.book.order(old), file.book.order(into)
    if at == target:
        raise ConfigError(f"{old!r} cannot be merged with itself", remedy="choose another stage")
    gone, kept = file.book.stages[at], file.book.stages[target]
    points = {p.name.casefold(): p for p in (*gone.touchpoints, *kept.touchpoints)}
    ours = [p.name.casefold() for p in (*kept.touchpoints, *gone.touchpoints)]
    after = replace(
        kept,
        include=tuple(dict.fromkeys((*kept.include, *gone.include))),
        examples=tuple(dict.fromkeys((*kept.examples, *gone.examples))),
        touchpoints=tuple(points[name] for name in dict.fromkeys(ours)),
    )
    note = f"{gone.name!r} was merged into this stage in version {next_version(file.book.version)}"
    if gone.definition:
        note += f"; its definition was: {gone.definition}"
    above = f"{comments(file.stage(at))}# {printable(note)}\n"
    file.put(target, above + rewritten(file.stage(target), kept, after))
    file.take(at)
    rule = Rule("merge", old, (into,))
    return file.finish(_without(_put(file.book.stages, target, after), at)), rule


def split_stage(
    text: str, name: str, into: Sequence[str], *, default: str = ""
) -> tuple[str, Rule]:
    """Make several stages of one, each with all that it said, for people to tell apart.

    Parameters
    ----------
    text
        The text of a codebook file.
    name
        The stage that ends, unless it is among the parts.
    into
        Names of the parts, at least two, in their order.
    default
        The part that codings go to until a person has decided; blank leaves them where they are.

    Raises
    ------
    ConfigError
        If there is no such stage, there are fewer than two parts, or one is called like another
        stage.
    """
    file = CodebookFile(text)
    at = file.book.order(name)
    parts = [part.strip() for part in into if part.strip()]
    if len(parts) < 2:
        raise ConfigError(f"{name!r} is to be split into fewer than two", remedy="name the parts")
    if default and default not in parts:
        raise ConfigError(
            f"{default!r} is none of the parts", remedy=f"they are {', '.join(parts)}"
        )
    whole = file.book.stages[at]
    core = file.take(at)
    stages = _without(file.book.stages, at)
    for place, part in enumerate(parts):
        stage = replace(whole, name=part)
        plain = core if place == 0 else core.removeprefix(comments(core))
        file.insert(at + place, rewritten(plain, whole, stage))
        stages.insert(at + place, stage)
    return file.finish(stages), Rule("split", name, tuple(parts), default)


def _stage(before: Stage, values: Mapping[str, Any]) -> Stage:
    """Return the stage with some fields changed, checked as a file's are."""
    data = {key: list(v) if isinstance(v, tuple) else v for key, v in asdict(before).items()}
    data |= values
    return from_dict({"stage": [{k: v for k, v in data.items() if v is not None}]}).stages[0]


def _put(stages: Sequence[Stage], at: int, stage: Stage) -> list[Stage]:
    return [*stages[:at], stage, *stages[at + 1 :]]


def _without(stages: Sequence[Stage], at: int) -> list[Stage]:
    return [*stages[:at], *stages[at + 1 :]]
