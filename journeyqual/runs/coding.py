"""Units that no coder has been over, coded in batches of whole interviews.

What a batch says is a function of the batch and of a `Recipe`, wherever it is computed; only this
process writes to the store, batch after batch in one order. So the result is the same however many
work at it, and a batch that is computed twice is stored once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from journeyqual import schema
from journeyqual.codebook import Codebook
from journeyqual.config import DEFAULT_ENCODER
from journeyqual.runs.result import Progress, RunResult
from journeyqual.store import now
from journeyqual.study import MachineCoder, Study

if TYPE_CHECKING:
    from journeyqual.coding import Coder
    from journeyqual.runs.pool import Pool

BATCH = 600
"""Units coded at a time: memory stays flat in the number of interviews."""
ASKED = 50
"""Interviews whose units are read from the store at once."""


@dataclass(frozen=True)
class Recipe:
    """All that coding a batch depends on, but for the batch.

    Parameters
    ----------
    codebook
        The study's.
    coders
        Who codes, and the interviews that each has not been over.
    tags
        What people coded, for the stage coder to learn from.
    told
        UNITS of the interviews that tags are of: a unit is read in the light of its neighbours, so
        the coder must see them whole, or an interview would be coded differently in another batch.
    encoder
        As ``study.toml`` names it.
    """

    codebook: Codebook
    coders: tuple[tuple[MachineCoder, frozenset[str]], ...]
    tags: pd.DataFrame
    told: pd.DataFrame
    encoder: str

    @property
    def key(self) -> str:
        """Tells recipes apart whose coders are not the same."""
        return "\n".join([self.encoder, *(coder.key for coder, _ in self.coders)])


def code_new(
    study: Study, result: RunResult, tell: Progress, *, full: bool, pool: Pool | None = None
) -> None:
    """Code the interviews that the study's coders have not been over, and store that.

    Parameters
    ----------
    study, result, tell
        The open study, what the run has done so far, whom to tell how far it is.
    full
        Code all interviews, and count what comes out otherwise.
    pool
        Where batches are coded, if not here.
    """
    # Read once: codings that people add meanwhile are the next run's.
    tags = study.tags()
    todo = {
        coder: study.store.interviews()["interview"].tolist()
        if full
        else study.store.uncoded(coder.key)
        for coder in study.machine_coders(tags)
    }
    if not any(todo.values()):
        return
    stages = any(interviews and "stage" in coder.dimensions for coder, interviews in todo.items())
    result.learned_from = len(tags) if stages else 0
    before = study.resolved().set_index("unit_id") if full else None
    result.begin()
    names = sorted(set().union(*todo.values()))
    total = study.store.count_units(names)
    told = sorted(tags["interview"].unique())
    recipe = Recipe(
        study.codebook,
        tuple((coder, frozenset(interviews)) for coder, interviews in todo.items()),
        tags,
        study.store.units(told) if told else schema.UNITS.empty(),
        study.config.encoder,
    )
    other = dict.fromkeys(("stage", "valence", "emotion"), 0)
    for units, said in _worked(study, recipe, _batches(study, names), result, tell, total, pool):
        for coder, interviews in todo.items():
            if coder.name not in said:
                continue
            coded = said[coder.name]
            _store(study, coder, coded, sorted(set(units["interview"]) & set(interviews)))
            if before is not None:
                for dimension in set(other) & set(coder.dimensions):
                    other[dimension] += _differ(before, coded, dimension)
        result.coded += len(units)
        tell("coding", result.coded, total)
    result.changed = other["stage"]
    result.differs += [
        f"{count} units have another {dimension}" for dimension, count in other.items() if count
    ]


def _worked(
    study: Study,
    recipe: Recipe,
    batches: Iterator[pd.DataFrame],
    result: RunResult,
    tell: Progress,
    total: int,
    pool: Pool | None,
) -> Iterator[tuple[pd.DataFrame, dict[str, pd.DataFrame]]]:
    """Code batch after batch, here or in a pool, in the order of the batches."""
    if pool is not None:
        yield from pool.each(coded_there, recipe, batches)
        return
    work = Work(recipe, study.vectors, lambda done: tell("coding", result.coded + done, total))
    for units in batches:
        yield units, work.code(units)


def _differ(before: pd.DataFrame, coded: pd.DataFrame, dimension: str) -> int:
    was = before[f"machine_{dimension}"].reindex(coded["unit_id"])
    if dimension == "valence":
        # As the store keeps it.
        return int((was.round(4).to_numpy() != coded[dimension].round(4).to_numpy()).sum())
    return int((was.to_numpy() != coded[dimension].to_numpy()).sum())


def _store(study: Study, coder: MachineCoder, coded: pd.DataFrame, interviews: list[str]) -> None:
    from journeyqual import coding

    whole = coded.assign(coder=coder.name, **{c: v for c, v in _OTHERS.items() if c not in coded})
    codings = coding.to_codings(whole, study.codebook, coded_at=now()).assign(
        codebook_version=study.codebook_version
    )
    study.store.add_codings(
        codings[codings["dimension"].isin(coder.dimensions)], done=(interviews, coder.key)
    )


class Work:
    """The coders at work, each loaded once.

    Parameters
    ----------
    recipe
        What is to be done.
    vectors
        Folder of the vector cache; None keeps nothing.
    tell
        Told of the units done of a batch.
    """

    def __init__(
        self, recipe: Recipe, vectors: Path | None, tell: Callable[[int], None] | None = None
    ) -> None:
        from journeyqual import coding, models

        name = recipe.encoder
        encoder = None if name == DEFAULT_ENCODER else models.load_encoder(name)
        loaded = coding.default_coders(encoder, tags=recipe.tags, cache=vectors)
        self.recipe = recipe
        self.coders: dict[str, Coder] = {coder.name: coder for coder in loaded}
        self.tell = tell or (lambda done: None)

    def code(self, units: pd.DataFrame) -> dict[str, pd.DataFrame]:
        """Return what each coder says of its interviews among these units, with ``unit_id``."""
        out = {}
        for coder, interviews in self.recipe.coders:
            own = units[units["interview"].isin(interviews)].reset_index(drop=True)
            if len(own):
                out[coder.name] = self._said(coder, own)
        return out

    def _said(self, coder: MachineCoder, units: pd.DataFrame) -> pd.DataFrame:
        rows = units
        if "stage" in coder.dimensions and len(self.recipe.told):
            told = self.recipe.told
            along = told[~told["interview"].isin(units["interview"])]
            rows = pd.concat([units, along]) if len(along) else units
        columns = self.coders[coder.name].code(
            schema.check(rows, schema.UNITS_IN),
            self.recipe.codebook,
            lambda done, _of: self.tell(min(done, len(units))),
        )
        return columns.iloc[: len(units)].assign(unit_id=units["unit_id"].to_numpy())


_at_work: dict[str, Work] = {}


def coded_there(recipe: Recipe, units: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Code a batch in a process of a pool; the coders of the last recipe stay loaded."""
    if recipe.key not in _at_work:
        _at_work.clear()
        _at_work[recipe.key] = Work(recipe, None)
    work = _at_work[recipe.key]
    work.recipe = recipe
    return work.code(units)


_OTHERS: dict[str, Any] = {
    "stage": "",
    "stage_confidence": 0.0,
    "unsure": False,
    "touchpoint": "",
    "valence": 0.0,
    "emotion": "neutral",
    "emotions_fine": "neutral",
}
"""Stands where another coder's columns belong, to make the table whole; never stored."""


def _batches(study: Study, names: list[str]) -> Iterator[pd.DataFrame]:
    """Whole interviews, some hundred units at a time: neighbours must stay together."""
    held: list[pd.DataFrame] = []
    size = 0
    for start in range(0, len(names), ASKED):
        for _, own in study.store.units(names[start : start + ASKED]).groupby(
            "interview", sort=False
        ):
            held.append(own)
            size += len(own)
            if size >= BATCH:
                yield pd.concat(held, ignore_index=True)
                held, size = [], 0
    if held:
        yield pd.concat(held, ignore_index=True)
