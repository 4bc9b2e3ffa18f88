"""A draft of the COREQ and SRQR checklists: what the project knows, what people have to supply.

The items and the sentences stand in ``data/standards/*.toml``. A sentence is written only if every
fact in it was handed in: nothing is guessed, and a gap says what has to be supplied.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from journeyqual.codebook import read_toml
from journeyqual.errors import ConfigError, SchemaError
from journeyqual.scaffold import package_data
from journeyqual.schema import DRAFT, DRAFT_STATUSES, check

STANDARDS = ("COREQ", "SRQR")
KNOWN, IN_PART, SUPPLY = DRAFT_STATUSES
FACTS: Mapping[str, str] = {
    "agreement": "how far people agree who coded apart",
    "bootstrap draws": "the number of bootstrap draws",
    "codebook": "the codebook's name",
    "codebook fields": "the fields that each code has",
    "codebook version": "the codebook's version",
    "derivation of themes": "how themes were made, and who named them",
    "files that could not be read": "how many files could not be read",
    "findings checked by participants": "whether participants commented on the findings",
    "first interview": "the day of the first interview",
    "headline": "the main finding in a sentence",
    "interval": "what kind of interval is shown",
    "interviewers": "who held the interviews",
    "interviews": "the number of interviews",
    "interviews with times": "how many transcripts carry times",
    "journeyqual": "the version of journeyqual",
    "last interview": "the day of the last interview",
    "machine coders": "the machine coders",
    "major themes": "the major themes",
    "minor themes": "the minor themes",
    "minutes": "the minutes of interview",
    "minutes median": "the median length of an interview in minutes",
    "other speakers": "who else speaks in the transcripts",
    "participants": "the number of participants",
    "participants interviewed again": "how many were interviewed more than once",
    "participants not quoted": "how many may not be quoted",
    "participants quoted": "how many participants are quoted",
    "participants withdrawn": "how many did not agree to be analysed",
    "people who coded": "the people who coded",
    "pseudonyms": "whether names were replaced by pseudonyms",
    "quote ids": "ids of quotations",
    "quotes": "the number of quotations",
    "quotes contradicting": "the number of quotations that contradict the findings",
    "quotes supporting": "the number of quotations that support the findings",
    "quotes verbatim": "whether quotations were compared with the transcripts",
    "sample": "a description of the sample",
    "saturation": "whether codes were saturated, and how that was told",
    "seed": "the seed",
    "software": "other software, with versions",
    "stages": "the number of stages",
    "themes": "the number of themes",
    "thin below": "the number of participants below which a stage is thin",
    "thin stages": "the stages that are thin",
    "title": "the study's title",
    "transcript formats": "what the transcripts came as",
    "transcripts returned": "whether transcripts were returned to participants",
    "units": "the number of units",
    "units that fit no stage": "the number of units that fit no stage",
    "units the coder is unsure of": "the number of units that the machine is unsure of",
}
"""What may be known of a study, and how a gap names it."""

_FIELD = re.compile(r"\{([^{}]+)\}")
_YES_NO = frozenset(
    {"findings checked by participants", "pseudonyms", "quotes verbatim", "transcripts returned"}
)
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-!|~$&@])")


@dataclass(frozen=True)
class Sentence:
    """A sentence with the facts it needs; a yes-or-no fact ``when`` has to equal ``is_``."""

    text: str
    when: str = ""
    is_: bool = True

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the facts, in their order."""
        return (self.when,) if self.when else tuple(_FIELD.findall(self.text))


@dataclass(frozen=True)
class Item:
    """One item of a standard: its number there, its topic in our words, what it asks."""

    number: int
    section: str
    topic: str
    asks: str
    say: tuple[Sentence, ...] = ()
    still: str = ""


def items(standard: str) -> tuple[Item, ...]:
    """Return the items of a standard in their order.

    Parameters
    ----------
    standard
        ``COREQ`` (32 items; Tong, Sainsbury & Craig 2007) or ``SRQR`` (21; O'Brien et al. 2014).

    Raises
    ------
    SchemaError
        If there is no such standard.
    ConfigError
        If its file was changed and is no list of items any more.

    Examples
    --------
    >>> len(items("COREQ")), len(items("SRQR"))
    (32, 21)
    """
    if standard not in STANDARDS:
        raise SchemaError(f"no standard {standard!r}", remedy=f"there is {' and '.join(STANDARDS)}")
    path = package_data("data") / "standards" / f"{standard.lower()}.toml"
    rows = read_toml(path, "standard").get("item", [])
    try:
        out = tuple(_item(row) for row in rows)
    except (KeyError, TypeError) as error:
        raise ConfigError(f"an item lacks or has too much: {error}", path=path) from error
    for item in out:
        for name in (name for sentence in item.say for name in sentence.needs):
            if name not in FACTS:
                raise ConfigError(f"item {item.number} asks for {name!r}, no known fact", path=path)
    return out


def _item(row: Mapping[str, Any]) -> Item:
    say = tuple(
        Sentence(s) if isinstance(s, str) else Sentence(s["text"], s["when"], s["is"])
        for s in row.get("say", [])
    )
    return Item(**{**row, "say": say})


def fill(facts: Mapping[str, object], standard: str = "COREQ") -> pd.DataFrame:
    """Return a draft of a standard's checklist: what the facts say, and what is missing.

    Parameters
    ----------
    facts
        What is known, by the names in `FACTS`. None, a blank, NaN and an empty list are not known;
        0 and False are. A list becomes a list in words, a mapping (software to version) pairs. The
        four yes-or-no facts have to be True or False.
    standard
        ``COREQ`` or ``SRQR``.

    Returns
    -------
    DataFrame
        DRAFT, a row an item: ``knows`` (made of the facts alone) and ``supply`` (what is left to
        the researcher, opening with "researcher must supply"). An item is ``known`` only if nothing
        is left.

    Raises
    ------
    SchemaError
        If a fact has another name than those in `FACTS`, or is no yes or no where it has to be.

    Examples
    --------
    >>> draft = fill({"participants": 12, "interviews": 12, "units": 900}).set_index("item")
    >>> draft.loc[12, "knows"], draft.loc[12, "status"]
    ('12 participants, 12 interviews, 900 coded units.', 'known')
    >>> draft.loc[4, "supply"]
    'researcher must supply: their gender'
    """
    known = {name: text for name, value in facts.items() if (text := _words(name, value)) != ""}
    rows = [(standard, *_row(item, known)) for item in items(standard)]
    return check(pd.DataFrame(rows, columns=DRAFT.names), DRAFT)


def _words(name: str, value: object) -> str:
    """Return a fact as one line of text; blank if it is not known."""
    if name not in FACTS:
        near = get_close_matches(name, FACTS, n=1)
        raise SchemaError(
            f"{name!r} is no fact of a study",
            remedy=f"did you mean {near[0]!r}" if near else "see journeyqual.standards.FACTS",
        )
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return ""
    if isinstance(value, (bool, np.bool_)) != (name in _YES_NO):
        wanted = "True or False" if name in _YES_NO else f"{FACTS[name]}, in words or as a number"
        raise SchemaError(f"{name!r} is {value!r}", remedy=f"give {wanted}")
    if name in _YES_NO:
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        value = ", ".join(f"{key} {version}".strip() for key, version in value.items())
    elif isinstance(value, (Sequence, set, frozenset)) and not isinstance(value, (str, bytes)):
        value = ", ".join(map(str, sorted(value) if isinstance(value, (set, frozenset)) else value))
    elif isinstance(value, float):
        value = f"{value:.10g}"
    return " ".join(str(value).split())


def _row(item: Item, known: Mapping[str, str]) -> tuple[int, str, str, str, str, str]:
    said: list[str] = []
    missing: dict[str, None] = {}
    for sentence in item.say:
        gaps = [name for name in sentence.needs if name not in known]
        missing |= dict.fromkeys(FACTS[name] for name in gaps)
        if gaps or (sentence.when and known[sentence.when] != ("yes" if sentence.is_ else "no")):
            continue
        # One pass: braces in a fact are words, never another field.
        said.append(_FIELD.sub(lambda field: known[field.group(1)], sentence.text))
    left = [*missing, *([item.still] if item.still else [])] if said else [item.asks]
    status = SUPPLY if not said else IN_PART if left else KNOWN
    supply = f"{SUPPLY}: {'; '.join(left)}" if left else ""
    return item.number, item.section, item.topic, status, " ".join(map(_ended, said)), supply


def _ended(text: str) -> str:
    return text if text[-1:] in ".!?" else f"{text}."


def markdown(draft: pd.DataFrame) -> str:
    r"""Return a draft as a Markdown table with a count of what is missing; every cell is escaped.

    Parameters
    ----------
    draft
        DRAFT of one standard.

    Examples
    --------
    >>> print(markdown(fill({"title": "Bikes | vans"}, "SRQR")).splitlines()[4])
    | 1 | Title and abstract | Title | Working title: “Bikes \| vans”. *researcher must supply: a
    title that names the topic and says that the study is qualitative* |
    """
    draft = check(draft, DRAFT)
    counts = draft["status"].value_counts().reindex(DRAFT_STATUSES, fill_value=0)
    name = " and ".join(draft["standard"].unique())
    lines = [
        f"{escape(name)}: {counts[KNOWN]} of {len(draft)} items are known, {counts[IN_PART]} in "
        f"part; {counts[SUPPLY]} are the researcher's to supply.",
        "",
        "| item | section | topic | draft |",
        "| --- | --- | --- | --- |",
    ]
    for row in draft.itertuples():
        told = [escape(row.knows)] if row.knows else []
        told += [f"*{escape(row.supply)}*"] if row.supply else []
        cells = (str(row.item), escape(row.section), escape(row.topic), " ".join(told))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    r"""Return text as Markdown that shows it letter by letter, on one line.

    No mark-up, HTML, formula, table cell or link comes of it, whatever was said.

    Examples
    --------
    >>> print(escape("<b>*now*</b> http://x.y"))
    \<b\>\*now\*\</b\> http\://x.y
    """
    line = _MARKDOWN.sub(r"\\\1", " ".join(text.split()))
    # Web addresses become links by themselves in GitHub's Markdown and in JupyterLab's.
    return re.sub(r"(?i)\bwww\.", lambda m: m.group()[:-1] + r"\.", line.replace("://", r"\://"))
