"""A chat model over a study's units: what it would be sent, then sent and stored bit by bit.

A unit is asked for once under a model, a question and a codebook, by its id, which is made of its
words: what is stored is the cache, and goes with whoever is erased.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from journeyqual import erasure
from journeyqual.errors import InputError, StoreError
from journeyqual.runs.result import Progress
from journeyqual.store import now

if TYPE_CHECKING:
    from journeyqual.coding.chat import ChatCoder, Judged
    from journeyqual.study import Study

ASKED = 20
"""Interviews read from the store at once."""


@dataclass
class Asking:
    """What would be sent to a chat model.

    Parameters
    ----------
    units, interviews, requests, characters
        How much, answers that fail and are asked for again not counted; characters are those of
        the words, with the codebook that goes along with each request.
    known
        Units that it has coded before and is not asked for again.
    """

    units: int = 0
    interviews: int = 0
    requests: int = 0
    characters: int = 0
    known: int = 0


@dataclass
class Asked:
    """What came of it.

    Parameters
    ----------
    units
        Units coded and stored.
    refused
        Units without a coding, by what was wrong with the last answer.
    """

    units: int = 0
    refused: Counter[str] = field(default_factory=Counter)


def to_ask(study: Study, coder: ChatCoder, *, drawn: bool = False, first: int = 0) -> Asking:
    """Count what a chat model would be sent; nothing is sent.

    Parameters
    ----------
    study
        An open study.
    coder
        The chat model.
    drawn
        Only the units that were drawn for people to code, by which agreement is measured.
    first
        Only so many units, in the order of the interviews; 0 is all.

    Raises
    ------
    StoreError
        If an erasure was cut short.
    InputError
        If the study has no units, or none was drawn.
    """
    from journeyqual.coding.chat import prompt

    out = Asking()
    seen: set[str] = set()
    asked = list(prompt.messages(study.codebook, [], []))
    along = sum(len(message["content"]) for message in asked)
    for interview, before, units in _portions(study, coder, drawn, first, out):
        seen.add(interview)
        out.units += len(units)
        out.requests += 1
        out.characters += along + sum(map(len, [*before, *units["text"]]))
    out.interviews = len(seen)
    return out


def ask(
    study: Study,
    coder: ChatCoder,
    *,
    drawn: bool = False,
    first: int = 0,
    at_once: int = 1,
    progress: Progress | None = None,
) -> Asked:
    """Have a chat model code units, and store what holds, request by request.

    Parameters
    ----------
    study, coder, drawn, first
        As for `to_ask`.
    at_once
        Requests under way at the same time; what is stored is the same.
    progress
        Told of the units done.

    Raises
    ------
    ModelError
        If the endpoint refuses or is gone; what was coded until then is stored.
    StoreError
        If a run is at work on the study, or an erasure was cut short.
    """
    tell = progress or (lambda what, done, total: None)
    out, version = Asked(), study.codebook_version
    total, done = to_ask(study, coder, drawn=drawn, first=first).units, 0
    with study.store.ledger.alone(), ThreadPoolExecutor(at_once) as threads:
        waiting: deque[tuple[int, Future[Judged]]] = deque()

        def store_one() -> None:
            nonlocal done
            size, future = waiting.popleft()
            judged = future.result()
            if len(judged.codings):
                study.store.add_codings(
                    judged.codings.assign(coded_at=now(), codebook_version=version)
                )
            out.units += judged.codings["unit_id"].nunique()
            out.refused += judged.refused
            done += size
            tell("asking", done, total)

        try:
            for _, before, units in _portions(study, coder, drawn, first, Asking()):
                waiting.append(
                    (len(units), threads.submit(coder.judge, before, units, study.codebook))
                )
                if len(waiting) > at_once:
                    store_one()
            while waiting:
                store_one()
        finally:
            for _, future in waiting:
                future.cancel()
    return out


def _portions(
    study: Study, coder: ChatCoder, drawn: bool, first: int, count: Asking
) -> Iterator[tuple[str, list[str], pd.DataFrame]]:
    """Yield what each request asks for: interview, what was said before, units."""
    from journeyqual.coding.chat import portions

    half = erasure.pending(study.folder)
    if half:
        raise StoreError(
            f"the erasure of {half} was cut short",
            remedy=f"end it first: journeyqual forget {half} --yes",
        )
    stored = study.store.interviews()
    names = stored.loc[~stored["participant"].isin(study.left_out()), "interview"].tolist()
    if not names:
        raise InputError("the study has no interview yet", remedy="run it first")
    placed = study.store.people.draw_units().dropna(subset="place")
    if drawn and placed.empty:
        raise InputError(
            "no units were drawn for people to code", remedy="draw some: journeyqual sample"
        )
    wanted = set(placed["unit_id"])
    left = first
    for start in range(0, len(names), ASKED):
        some = names[start : start + ASKED]
        said = study.store.codings(
            coders=[coder.name], codebook=study.codebook.fingerprint, interviews=some
        )
        known = frozenset(said.loc[said["coder"] == coder.name, "unit_id"])
        units = study.store.units(some)
        mine = units["unit_id"].isin(wanted) if drawn else units["unit_id"] != ""
        count.known += int((mine & units["unit_id"].isin(known)).sum())
        done = known | frozenset(units.loc[~mine, "unit_id"])
        for before, asked in portions(units, done):
            if first:
                asked = asked.head(left)
                left -= len(asked)
            yield str(asked["interview"].iloc[0]), before, asked
            if first and not left:
                return
