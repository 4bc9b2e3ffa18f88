"""What a codebook says otherwise than it did: for the codings, and for people to read."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from journeyqual.codebook import Codebook
from journeyqual.revision.follow import Rule

Key = tuple[str, str]
"""A code: its dimension and its value."""
Codes = dict[Key, dict[str, Any]]
GONE, NEW = "gone", "new"
_TEXTS = ("brief", "definition")
_LISTS = ("include", "exclude", "examples")


def changed(old: Codebook, new: Codebook) -> dict[Key, str]:
    """Return which codes say something else than they did, and in what.

    Owners, sides, channels and expectations change nothing that was coded; nor do the order of
    entries, or how words are spaced and broken into lines.

    Parameters
    ----------
    old, new
        Two states of a codebook.

    Returns
    -------
    dict
        (dimension, value) to the fields that differ, or ``gone`` or ``new``. The dimensions are
        ``stage``, ``emotion`` (the labels that it gathers) and ``touchpoint`` (there or not).

    Examples
    --------
    >>> from journeyqual.codebook import from_dict
    >>> old = from_dict({"stage": [{"name": "buying", "brief": "order"}, {"name": "using"}]})
    >>> new = from_dict({"stage": [{"name": "buying", "brief": "pay", "include": ["the bill"]}]})
    >>> changed(old, new)
    {('stage', 'buying'): 'brief, include', ('stage', 'using'): 'gone'}
    """
    return _changed(codes_of(old), codes_of(new))


def codes_of(book: Codebook) -> Codes:
    """Return what each code says, in a form in which what means the same is equal."""
    out: Codes = {}
    for stage in book.stages:
        said: dict[str, Any] = {name: _plain(getattr(stage, name)) for name in _TEXTS}
        said |= {name: frozenset(map(_plain, getattr(stage, name))) for name in _LISTS}
        said["touchpoints"] = frozenset(point.name for point in stage.touchpoints)
        out["stage", stage.name] = said
    for emotion in book.emotions:
        out["emotion", emotion.name] = {"labels": frozenset(emotion.fine)}
    for stage in book.stages:
        out |= {("touchpoint", point.name): {} for point in stage.touchpoints}
    return out


def _plain(text: str) -> str:
    return " ".join(text.split())


def _changed(old: Codes, new: Codes) -> dict[Key, str]:
    out = {}
    for key in [*old, *(key for key in new if key not in old)]:
        what = NEW if key not in old else GONE if key not in new else differ(old[key], new[key])
        if what:
            out[key] = what
    return out


def differ(before: dict[str, Any], after: dict[str, Any]) -> str:
    """Return the names of the fields of a code that are not what they were, comma between."""
    return ", ".join(name for name in before if before[name] != after[name])


def history(
    books: Mapping[str, Codebook], rules: Mapping[str, Sequence[Rule]] | None = None
) -> pd.DataFrame:
    """Return what changed from each version of a codebook to the next, one row a change.

    Parameters
    ----------
    books
        By version, oldest first.
    rules
        By version, how codes were renamed, merged and split when it was made; without them a
        renamed code reads as one that is gone and one that is new.

    Returns
    -------
    DataFrame
        ``version, previous, dimension, value, field, before, after``.

    Examples
    --------
    >>> from journeyqual.codebook import from_dict
    >>> old = from_dict({"stage": [{"name": "buying", "owner": "Sales"}]})
    >>> new = from_dict({"version": "2", "stage": [{"name": "buying", "owner": "Shop"}]})
    >>> history({"1": old, "2": new})[["version", "value", "field", "before", "after"]]
      version   value  field before after
    0       2  buying  owner  Sales  Shop
    """
    rows: list[tuple[str, ...]] = []
    for previous, version in itertools.pairwise(books):
        found = _steps(books[previous], books[version], (rules or {}).get(version, ()))
        rows += [(version, previous, *row) for row in found]
    names = ["version", "previous", "dimension", "value", "field", "before", "after"]
    return pd.DataFrame(rows, columns=names)


def _steps(old: Codebook, new: Codebook, rules: Sequence[Rule]) -> list[tuple[str, ...]]:
    """Return ``dimension, value, field, before, after`` of every difference."""
    found: list[tuple[str, ...]] = [
        ("stage", rule.old, rule.kind, rule.old, ", ".join(rule.new)) for rule in rules
    ]
    for name in ("name", "rules"):
        found.append(("codebook", "", name, str(getattr(old, name)), str(getattr(new, name))))
    if set(old.stage_names) == set(new.stage_names):
        orders = (", ".join(book.stage_names) for book in (old, new))
        found.append(("codebook", "", "order", *orders))
    renamed = {("stage", r.old): ("stage", r.new[0]) for r in rules if r.kind == "rename"}
    told = {("stage", name) for rule in rules for name in (rule.old, *rule.new)}
    before, after = _written(old), _written(new)
    for key in [*before, *(key for key in after if key not in before)]:
        now = renamed.get(key, key)
        if key in before and now in after:
            found += [(*now, field, before[key][field], after[now][field]) for field in before[key]]
        elif key not in told:
            found.append((*key, NEW if key in after else GONE, "", ""))
    return [row for row in found if row[3] != row[4] or row[2] in (NEW, GONE)]


def _written(book: Codebook) -> dict[Key, dict[str, str]]:
    """Return what each code says, as people read it."""
    out: dict[Key, dict[str, str]] = {}
    for stage in book.stages:
        expected = stage.expected_valence
        out["stage", stage.name] = {
            **{name: _plain(getattr(stage, name)) for name in _TEXTS},
            **{name: "; ".join(map(_plain, getattr(stage, name))) for name in _LISTS},
            "touchpoints": "; ".join(_point(p.name, p.channel) for p in stage.touchpoints),
            "side": stage.side,
            "owner": stage.owner,
            "expected_valence": "" if expected is None else f"{expected:g}",
        }
    for emotion in book.emotions:
        out["emotion", emotion.name] = {"labels": ", ".join(emotion.fine)}
    return out


def _point(name: str, channel: str) -> str:
    return f"{name} ({channel})" if channel else name
