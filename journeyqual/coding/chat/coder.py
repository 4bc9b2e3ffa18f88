"""A chat model as a coder: units of one interview in, checked codings out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pandas as pd

from journeyqual import schema
from journeyqual.codebook import Codebook
from journeyqual.coding.chat import prompt
from journeyqual.coding.chat.answers import Answer, read
from journeyqual.coding.chat.endpoint import Endpoint

PREFIX = "model:chat/"
"""What the signatures of chat models begin with."""
DIMENSIONS = ("stage", "touchpoint", "valence", "emotion")
AT_ONCE = 8
"""Units in one request."""
LONGEST = 8_000
"""Characters of units in one request; a longer unit goes alone."""
BEFORE = 3
"""Units said before that are sent along, for context."""
AGAIN = (AT_ONCE, 4, 1)
"""Units in a request at the first, second and third time of asking: what was refused goes apart."""


@dataclass
class Judged:
    """What came of some units.

    Parameters
    ----------
    codings
        CODINGS without time and codebook version: four dimensions a unit; the memo of its stage
        holds evidence and rationale.
    refused
        Units whose answers failed, by what was wrong with the last one.
    """

    codings: pd.DataFrame
    refused: Counter[str] = field(default_factory=Counter)


class ChatCoder:
    """A chat model that codes stage, touchpoint, valence and emotion, each with its evidence.

    It signs ``model:chat/NAME@VERSION``, the version being that of the question. It states no
    confidence: what a chat model says of its own certainty is not one.

    Parameters
    ----------
    endpoint
        Where the model is reached.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint

    @property
    def name(self) -> str:
        """What its codings are signed with."""
        return f"{PREFIX}{self.endpoint.model}@{prompt.VERSION}"

    def judge(self, before: list[str], units: pd.DataFrame, codebook: Codebook) -> Judged:
        """Return what the model says of some units of one interview, as far as it holds.

        Parameters
        ----------
        before
            What was said just before the first of them.
        units
            ``unit_id`` and ``text``, in the order in which they were said.
        codebook
            The codes to choose from.

        Raises
        ------
        ModelError
            If the endpoint refuses or is gone.
        """
        ids, texts = units["unit_id"].tolist(), units["text"].tolist()
        held: dict[int, Answer] = {}
        wrong: dict[int, str] = {}
        left = list(range(len(texts)))
        for size in AGAIN:
            for start in range(0, len(left), size):
                asked = left[start : start + size]
                earlier = [*before, *texts[: asked[0]]][-BEFORE:]
                for place, answer in zip(asked, self._asked(earlier, asked, texts, codebook, wrong),
                                         strict=True):  # fmt: skip
                    if isinstance(answer, Answer):
                        held[place] = answer
                    else:
                        wrong[place] = answer
            left = [place for place in left if place not in held]
            if not left:
                break
        rows = [row for place in sorted(held) for row in self._rows(ids[place], held[place])]
        codings = schema.check(pd.DataFrame(rows, columns=_COLUMNS), schema.CODINGS)
        return Judged(codings, Counter(wrong[place] for place in left))

    def _asked(
        self,
        before: list[str],
        asked: list[int],
        texts: list[str],
        codebook: Codebook,
        wrong: dict[int, str],
    ) -> list[Answer | str]:
        units = [texts[place] for place in asked]
        earlier = {n: wrong[place] for n, place in enumerate(asked, start=1) if place in wrong}
        content = self.endpoint.ask(
            prompt.messages(codebook, before, units, earlier), prompt.form(codebook)
        )
        return read(content, units, codebook)

    def _rows(self, unit: str, said: Answer) -> Iterator[tuple[str, str, str, str, str]]:
        memo = f"“{said.evidence}”"
        if said.rationale:
            memo = f"{memo} {said.rationale}"
        values = (said.stage, said.touchpoint, f"{said.valence:g}", said.emotion)
        for dimension, value in zip(DIMENSIONS, values, strict=True):
            yield unit, dimension, value, self.name, memo if dimension == "stage" else ""


_COLUMNS = ["unit_id", "dimension", "value", "coder", "memo"]


def portions(
    units: pd.DataFrame, done: frozenset[str] = frozenset()
) -> Iterator[tuple[list[str], pd.DataFrame]]:
    """Cut units into what one request asks for, each with what was said before.

    Parameters
    ----------
    units
        UNITS of whole interviews.
    done
        Ids of units that are not to be asked for.

    Examples
    --------
    >>> units = pd.DataFrame({"unit_id": list("abc"), "interview": "P01", "order": [0, 1, 2],
    ...                       "text": ["One.", "Two.", "Three."]})
    >>> [(before, asked["unit_id"].tolist()) for before, asked in portions(units, frozenset("b"))]
    [([], ['a']), (['One.', 'Two.'], ['c'])]
    """
    for _, own in units.sort_values(["interview", "order"]).groupby("interview", sort=False):
        texts, wanted = own["text"].tolist(), ~own["unit_id"].isin(done).to_numpy()
        start = 0
        while start < len(texts):
            if not wanted[start]:
                start += 1
                continue
            end, size = start, 0
            while (
                end < len(texts)
                and wanted[end]
                and end - start < AT_ONCE
                and (end == start or size + len(texts[end]) <= LONGEST)
            ):
                size += len(texts[end])
                end += 1
            yield texts[max(0, start - BEFORE) : start], own.iloc[start:end]
            start = end
