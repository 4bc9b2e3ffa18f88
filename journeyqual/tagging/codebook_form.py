"""A form for the codebook: a draft, changed step by step, that shows what saving it will do.

The file on the disk stays the truth. Nothing is written before somebody saves; then the file, the
kept codebook and the codings that follow renamed and merged stages are written one after the other,
and a save that was cut short between them is completed when the form is next opened.

Over 400 lines because the draft and what it would do to the codings are told in one place.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Protocol

import anywidget
import pandas as pd
import traitlets

from journeyqual import revision
from journeyqual.codebook import SIDES, Codebook, Stage
from journeyqual.errors import ConfigError, JourneyqualError
from journeyqual.revision import Rule
from journeyqual.schema import CODINGS
from journeyqual.store import Store
from journeyqual.tagging.widget import STATIC, answer, heard

Reply = dict[str, Any]
MOST_WORDS = 20_000
"""Characters of one field; what is longer is no definition."""


class Studied(Protocol):
    """What the form asks of a study."""

    codebook: Codebook

    @property
    def store(self) -> Store:
        """The study's store."""

    @property
    def config(self) -> Any:
        """The study's configuration: ``codebook_file`` is the file that the form changes."""


@dataclass(frozen=True)
class _Draft:
    """A state of the codebook that is not saved yet.

    Parameters
    ----------
    text
        The file's text, under the version that it is to be saved as.
    rules
        What becomes of codings, in the order of the changes.
    keys
        By stage, what it is known by while its name may change.
    """

    text: str
    rules: tuple[Rule, ...]
    keys: Mapping[str, str]


class Editor:
    """The draft of a study's codebook, and what it would do to people's codings.

    Parameters
    ----------
    study
        An open study; its codebook is the saved one again after each `save`.

    Raises
    ------
    ConfigError
        If the codebook cannot be read.
    """

    def __init__(self, study: Studied) -> None:
        self._study = study
        self._shelf: dict[str, Codebook] = {}
        self._reload()

    @property
    def path(self) -> Path:
        """The codebook's file."""
        return Path(self._study.config.codebook_file)

    @property
    def book(self) -> Codebook:
        """The codebook as the draft has it."""
        return revision.parse(self._drafts[-1].text)

    @property
    def is_changed(self) -> bool:
        """Whether the draft says something else than the file."""
        draft = self._drafts[-1]
        same = revision.with_version(draft.text, self._base.version)
        return bool(draft.rules) or same != revision.with_version(self._text, self._base.version)

    def _reload(self) -> None:
        """Begin anew from the file, and complete a save that was cut short."""
        self._text, self._print = revision.opened(self.path)
        self._base = revision.parse(self._text)
        self._counter = itertools.count()
        keys = {name: f"s{next(self._counter)}" for name in self._base.stage_names}
        self._was = {key: name for name, key in keys.items()}
        self._drafts = [_Draft(self._text, (), keys)]
        self._study.store.people.keep_codebook(_key(self._base), self._text)
        self._follow()

    # -- what is shown ------------------------------------------------------------------------

    def state(self) -> Reply:
        """Return the draft, stage by stage, and what saving it would do, as plain values."""
        draft, book, changed = self._drafts[-1], self.book, self.is_changed
        codings, effect = self._effect()
        borne = revision.borne(codings).to_dict("index")
        again = effect.groupby("value").size().to_dict()
        stages = []
        for stage in book.stages:
            key = draft.keys[stage.name]
            was = self._was.get(key, "")
            bears = borne.get(stage.name, {"codings": 0, "people": 0})
            stages.append(
                _shown(stage)
                | {
                    "key": key,
                    "was": was if was != stage.name else "",
                    "change": _differences(self._base.stage(was), stage) if was else "new",
                    "codings": int(bears["codings"]),
                    "people": int(bears["people"]),
                    "flagged": int(again.get(stage.name, 0)),
                }
            )
        return {
            "name": book.name,
            "version": self._base.version,
            "next": revision.next_version(self._base.version) if changed else "",
            "changed": changed,
            "can_undo": len(self._drafts) > 1,
            "sides": list(SIDES),
            "stages": stages,
            "effect": self._told(codings, effect) if changed else [],
            "notes": _mentions(book, self._base, draft.rules) if changed else [],
            "history": self._history(),
        }

    def _effect(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return codings as they would be after saving, and those that saving would flag."""
        book = self.book
        now = _key(book) if self.is_changed else _key(self._base)
        codings = self._codings()
        rows = revision.recode(codings, *self._drafts[-1].rules, version=now)
        after = pd.concat([codings, rows], ignore_index=True) if len(rows) else codings
        kept, _ = self._kept()
        before = revision.flags(codings, kept, self._base)
        found = revision.flags(after, {**kept, now: book}, book)
        names = ["unit_id", "coder", "dimension"]
        known = pd.MultiIndex.from_frame(before[names])
        return after, found[~pd.MultiIndex.from_frame(found[names]).isin(known)]

    def _told(self, codings: pd.DataFrame, effect: pd.DataFrame) -> list[str]:
        rules = self._drafts[-1].rules
        rows = codings["origin"].isin(("rename", "merge")) & (
            codings["codebook_version"] == _key(self.book)
        )
        told = [f"Saving re-flags {_count(effect)}" if len(effect) else "Saving re-flags no coding"]
        if rows.any():
            follow = "follows its stage" if rows.sum() == 1 else "follow their stage"
            told.append(f"{_count(codings[rows])} {follow} to what it became")
        open_ = [revision.to_decide(codings, rule) for rule in rules]
        waiting = pd.concat(open_) if open_ else codings.iloc[:0]
        waiting = waiting[~waiting["value"].isin(self.book.stage_names)]
        if len(waiting):
            told.append(f"{_count(waiting)} of a split stage wait until somebody places them")
        return told

    def _history(self) -> list[list[str]]:
        kept, rules = self._kept()
        rows = revision.history(kept, rules)
        rows["version"] = [version.partition("+")[0] for version in rows["version"]]
        names = ["version", "dimension", "value", "field", "before", "after"]
        return [[str(cell) for cell in row] for row in rows[names].to_numpy().tolist()]

    def _kept(self) -> tuple[dict[str, Codebook], dict[str, tuple[Rule, ...]]]:
        rows = self._study.store.people.codebooks()
        if len(rows) != len(self._shelf):
            self._shelf = revision.books(rows)
        return self._shelf, revision.rules(rows)

    def _codings(self) -> pd.DataFrame:
        return self._study.store.codings(coders=[])

    # -- what is done -------------------------------------------------------------------------

    def handle(self, message: Reply) -> Reply:
        """Carry out one message of the form, and return the answer with the new state.

        A message is ``kind`` and what it needs: ``edit`` (``stage``, ``field``, ``value``),
        ``rename`` (``stage``, ``name``), ``move`` (``stage``, ``to``), ``add`` (``name``),
        ``merge`` (``stage``, ``into``), ``split`` (``stage``, ``parts``, ``default``), ``remove``
        (``stage``), ``undo``, ``discard`` and ``save``. A stage is named by its key, and a
        message's ``id`` comes back.
        """
        does: dict[str, Callable[[Reply], str]] = {
            "edit": self._edit, "rename": self._rename, "move": self._move, "add": self._add,
            "merge": self._merge, "split": self._split, "remove": self._remove,
            "undo": self._undo, "discard": self._discard, "save": self._save,
        }  # fmt: skip
        ids = {"id": message.get("id")}
        try:
            what = does.get(_text(message, "kind"))
            if what is None:
                raise ConfigError(f"nothing is called {_text(message, 'kind')[:40]!r}")
            said = what(message)
        except JourneyqualError as error:
            return {"kind": "refused", "why": str(error), "state": self.state(), **ids}
        return {"kind": "done", "said": said, "state": self.state(), **ids}

    def save(self) -> str:
        """Write the draft to the file, and let people's codings follow.

        Returns
        -------
        str
            What was done, in words.

        Raises
        ------
        ConfigError
            If there is nothing to save, or the file was changed by somebody else meanwhile.
        """
        if not self.is_changed:
            raise ConfigError("there is nothing to save")
        draft, book = self._drafts[-1], self.book
        if revision.opened(self.path)[1] == self._print:
            # Before the file: were it written first and this cut short, nobody would know what
            # became of the stages that are gone.
            note = revision.written(draft.rules)
            self._study.store.people.keep_codebook(_key(book), draft.text, note=note)
        revision.save(self.path, draft.text, self._print)
        self._study.store.themes.rename_scopes(_led_to(draft.rules, self._base))
        self._reload()
        self._study.codebook = self._base
        return f"saved as version {book.version}"

    def _follow(self) -> None:
        """Carry codings over that still bear what a stage was before the present codebook."""
        now, rules = _key(self._base), self._kept()[1]
        if not rules[now] or next(reversed(rules)) != now:
            # Under a later codebook, somebody else's, the same names may mean other stages.
            return
        with revision.locked(self.path):
            rows = revision.recode(self._codings(), *rules[now], version=now)
            if len(rows):
                self._study.store.add_codings(
                    rows[CODINGS.names], origin=[str(origin) for origin in rows["origin"]]
                )

    def _save(self, _: Reply) -> str:
        return self.save()

    def _undo(self, _: Reply) -> str:
        if len(self._drafts) == 1:
            raise ConfigError("there is nothing to undo")
        self._drafts.pop()
        return "the last change is taken back"

    def _discard(self, _: Reply) -> str:
        self._reload()
        self._study.codebook = self._base
        return "the draft is as the file again"

    def _edit(self, message: Reply) -> str:
        stage, field = self._stage(message), _text(message, "field")
        if field not in {f.name for f in fields(Stage)}:
            raise ConfigError(f"a stage has no field {field[:40]!r}")
        value = message.get("value")
        if len(str(value)) > MOST_WORDS:
            raise ConfigError(f"{field} is longer than {MOST_WORDS} characters")
        self._take(revision.edit_stage(self._drafts[-1].text, stage, **{field: value}), {})
        return f"{field} of {stage} is changed in the draft"

    def _rename(self, message: Reply) -> str:
        stage, name = self._stage(message), _text(message, "name")
        self._take(revision.rename_stage(self._drafts[-1].text, stage, name), {stage: name})
        return f"{stage} is called {name} in the draft"

    def _move(self, message: Reply) -> str:
        stage, to = self._stage(message), message.get("to")
        if not isinstance(to, int):
            raise ConfigError("a stage is moved to a place, counted from 0")
        self._take(revision.move_stage(self._drafts[-1].text, stage, to), {})
        return f"{stage} is stage {to + 1} of {len(self.book.stages)}"

    def _add(self, message: Reply) -> str:
        name = _text(message, "name")
        self._take(revision.add_stage(self._drafts[-1].text, name), {})
        return f"{name} is added to the draft, last"

    def _merge(self, message: Reply) -> str:
        stage, into = self._stage(message), self._stage(message, "into")
        self._take(revision.merge_stages(self._drafts[-1].text, stage, into), {})
        return f"{stage} is merged into {into} in the draft"

    def _split(self, message: Reply) -> str:
        stage, parts = self._stage(message), message.get("parts")
        if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
            raise ConfigError("the parts of a split are a list of names")
        change = revision.split_stage(
            self._drafts[-1].text, stage, parts, default=_text(message, "default")
        )
        self._take(change, {stage: change[1].new[0]} if stage not in change[1].new else {})
        return f"{stage} is split into {', '.join(change[1].new)} in the draft"

    def _remove(self, message: Reply) -> str:
        stage = self._stage(message)
        bears = revision.borne(self._effect()[0])
        if stage in bears.index:
            row = bears.loc[stage]
            raise ConfigError(
                f"{_words(int(row['codings']), int(row['people']))} hang on {stage!r}",
                remedy="merge it into another stage, or split it",
            )
        self._take(revision.remove_stage(self._drafts[-1].text, stage), {})
        return f"{stage} is taken out of the draft"

    def _stage(self, message: Reply, name: str = "stage") -> str:
        key = _text(message, name)
        for stage, known in self._drafts[-1].keys.items():
            if known == key:
                return stage
        raise ConfigError("that stage is not in the draft any more", remedy="open the form again")

    def _take(self, change: tuple[str, Rule], names: Mapping[str, str]) -> None:
        """Go on with the text that a verb returned; its version is raised once, however many."""
        text, rule = change
        before = self._drafts[-1]
        if text == before.text:
            return
        text = revision.with_version(text, revision.next_version(self._base.version))
        keys = {names.get(stage, stage): key for stage, key in before.keys.items()}
        known = {
            stage: keys[stage] if stage in keys else f"s{next(self._counter)}"
            for stage in revision.parse(text).stage_names
        }
        rules = _composed(before.rules, rule, self._base)
        self._drafts.append(_Draft(text, rules, known))


class CodebookForm(anywidget.AnyWidget):
    """Show the codebook as a form; each change is one message to the editor.

    Parameters
    ----------
    editor
        The draft of a study's codebook.
    """

    _esm = heard((STATIC / "codebook.js").read_text(encoding="utf-8"))
    _css = STATIC / "codebook.css"
    state = traitlets.Dict().tag(sync=True)

    def __init__(self, editor: Editor) -> None:
        super().__init__(state=editor.state())
        self._editor = editor
        self.on_msg(self._heard)

    def _heard(self, _: object, message: object, __: object) -> None:
        reply = answer(self._editor, message)
        if reply is not None:
            self.state = reply.pop("state", self.state)
            self.send(reply)


def _key(book: Codebook) -> str:
    return f"{book.version}+{book.fingerprint}"


def _text(message: Reply, name: str) -> str:
    value = message.get(name, "")
    if not isinstance(value, str):
        raise ConfigError(f"{name} is not text")
    return value.strip()


def _words(codings: int, people: int) -> str:
    what = "1 coding" if codings == 1 else f"{codings} codings"
    return f"{what} of {'1 person' if people == 1 else f'{people} people'}"


def _count(rows: pd.DataFrame) -> str:
    return _words(len(rows), rows["coder"].nunique())


def _shown(stage: Stage) -> Reply:
    return {
        "name": stage.name,
        "side": stage.side,
        "brief": stage.brief,
        "definition": stage.definition,
        "include": list(stage.include),
        "exclude": list(stage.exclude),
        "examples": list(stage.examples),
        "owner": stage.owner,
        "touchpoints": [{"name": p.name, "channel": p.channel} for p in stage.touchpoints],
        "expected_valence": stage.expected_valence,
    }


def _differences(before: Stage, after: Stage) -> str:
    names = (field.name for field in fields(Stage))
    return ", ".join(n for n in names if getattr(before, n) != getattr(after, n))


def _composed(rules: tuple[Rule, ...], rule: Rule, base: Codebook) -> tuple[Rule, ...]:
    """Add a rule; a name that was given in the same draft leaves no trace when it is changed."""
    if rule.kind == "none":
        return rules
    if rule.kind == "remove":
        return (*rules, rule) if rule.old in base.stage_names else rules
    if rule.kind != "rename":
        return (*rules, rule)
    new = rule.new[0]
    given = [place for place, one in enumerate(rules) if rule.old in one.new]
    if given and any(new == one.old or new in one.new for one in rules[given[0] + 1 :]):
        # Stages changed names in turn: said in one step, both would end at one of them.
        return (*rules, rule)
    out = [
        replace(
            one,
            new=tuple(new if part == rule.old else part for part in one.new),
            default=new if one.default == rule.old else one.default,
        )
        for one in rules
    ]
    # What others were put into has codings of its own, too.
    if rule.old in base.stage_names:
        out.append(rule)
    return tuple(one for one in out if not (one.kind == "rename" and one.new == (one.old,)))


def _led_to(rules: tuple[Rule, ...], base: Codebook) -> dict[str, str]:
    """Return what each stage of the earlier codebook is called now, the rules taken in turn."""
    now = {name: name for name in base.stage_names}
    for rule in rules:
        if rule.target:
            now = {old: rule.target if new == rule.old else new for old, new in now.items()}
    return {old: new for old, new in now.items() if old != new}


def _mentions(book: Codebook, base: Codebook, rules: tuple[Rule, ...]) -> list[str]:
    """Say where a stage that is gone is still told apart from, which nobody changes by itself."""
    gone = {rule.old for rule in rules if rule.old} & set(base.stage_names) - set(book.stage_names)
    out = []
    for name in sorted(gone):
        word = re.compile(rf"\b{re.escape(name)}\b", re.IGNORECASE)
        where = [f"exclude of {s.name}" for s in book.stages if word.search(" ".join(s.exclude))]
        where += ["the rules"] if word.search(book.rules) else []
        if where:
            out.append(f"“{name}” is still named in {', '.join(where)}")
    return out
