"""Everything the feeling coder learns from, in one shape: talk whose units bear what was felt.

Sources differ in the rules by which feeling was coded; each unit says whose it is, and the network
learns a bias per source, so that it need not average over rules.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyqual.codebook import DEFAULT_EMOTIONS, GOEMOTIONS
from training.polarity import POLARITY
from training.real import apart
from training.sets import CACHE, DATA, CodedSet, coded, goemotions

HERE = Path(__file__).parent
STEPS = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
EDGES = (-0.75, -0.25, 0.25, 0.75)
EMOTIONS = tuple(e.name for e in DEFAULT_EMOTIONS)
RULES, EARLIER, LABELLER, COMMENTS = range(4)
"""Sources: the rules that ship, earlier and vaguer ones, the NHS' labeller, GoEmotions."""
AGAIN = {
    "plots": "product", "plots-again": "product", "hospital-wide": "hospital",
    "complaints-wide": "complaints", "product-wide": "product",
}  # fmt: skip
"""Sets whose texts come from a set of ``coded/``: held out together with it."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Felt:
    """A unit and what was felt: shares of the five steps and of emotions; None where unknown.

    ``fine`` says which GoEmotions labels hold; ``emotion`` are shares of the nine of the default
    codebook.
    """

    text: str
    source: int
    valence: Floats | None = None
    emotion: Floats | None = None
    fine: Floats | None = None


Talk = list[Felt]
"""Units of one interview, in the order of speech."""


def steps_of(*values: float) -> Floats:
    """Return the shares of the steps that these valences, -1..1, fall on."""
    out = np.zeros(len(STEPS))
    for value in values:
        out[np.digitize(value, EDGES)] += 1 / len(values)
    return out


def emotions_of(*names: str) -> Floats | None:
    """Return the shares of these emotions; None if none of them is known."""
    known = [EMOTIONS.index(name) for name in names if name in EMOTIONS]
    if not known:
        return None
    out = np.zeros(len(EMOTIONS))
    for place in known:
        out[place] += 1 / len(known)
    return out


def talks(
    units: pd.DataFrame,
    codings: Sequence[pd.DataFrame],
    source: int,
    named: Sequence[pd.DataFrame] | None = None,
) -> list[Talk]:
    """Join units with what coders said of them, each as good as another.

    ``named`` are the codings that count for the emotion, if not all do.
    """

    def said(tables: Sequence[pd.DataFrame], column: str) -> dict[str, list[Any]]:
        out: dict[str, list[Any]] = {}
        for table in tables:
            for unit, value in zip(table["unit_id"].astype(str), table[column], strict=True):
                out.setdefault(unit, []).append(value)
        return out

    valence = said(codings, "valence")
    emotion = said(codings if named is None else named, "emotion")
    out = []
    for _, own in units.groupby("interview", sort=False):
        talk = []
        for row in own.sort_values("order").itertuples():
            steps = [float(v) / 2 for v in valence.get(str(row.unit_id), [])]
            names = emotions_of(*map(str, emotion.get(str(row.unit_id), [])))
            talk.append(Felt(str(row.text), source, steps_of(*steps) if steps else None, names))
        out.append(talk)
    return out


def made_up(folder: Path, source: int) -> dict[str, list[Talk]]:
    """Read talk that was written for training; no real person said a word of it.

    Where a second coder has coded it by the rules that ship, valence is both's and the emotion is
    the second's: the authors had vaguer rules for it.
    """
    out: dict[str, list[Talk]] = {}
    for path in sorted(folder.glob("*.jsonl")):
        table = pd.DataFrame([json.loads(x) for x in path.read_text("utf-8").splitlines()])
        table["unit_id"] = table["interview"] + "/" + table["order"].astype(str)
        again = folder / "feeling" / f"{path.stem}.csv"
        if again.exists():
            second = pd.read_csv(again)
            second["unit_id"] = second["interview"] + "/" + second["order"].astype(str)
            out[path.stem] = talks(table, [table, second], RULES, named=[second])
        else:
            out[path.stem] = talks(table, [table], source)
    return out


def real() -> dict[str, list[Talk]]:
    """Read the sets of `training/real`; where they were coded twice, as `made_up` does."""
    out: dict[str, list[Talk]] = {}
    for folder in sorted((HERE / "real").iterdir()):
        path = CACHE / "real" / f"{folder.name}.csv"
        if folder.name.endswith("recut"):
            continue
        if not path.exists():
            raise SystemExit(f"{folder.name} has no texts: run python -m training.real")
        units = pd.read_csv(path, keep_default_na=False)
        earlier = [folder / name for name in ("codings.csv", "coder1.csv", "coder2.csv")]
        tables = [pd.read_csv(file) for file in earlier if file.exists()]
        again = folder / "feeling.csv"
        if again.exists():
            second = pd.read_csv(again)
            out[folder.name] = talks(units, [*tables, second], RULES, named=[second])
        elif tables:
            out[folder.name] = talks(units, tables, EARLIER)
    return out


def of_set(name: str) -> list[Talk]:
    """Read a set of ``coded/``: both annotators."""
    return of_coded(coded(name))


def of_coded(one: CodedSet) -> list[Talk]:
    """Return a coded set, or what is left of it, as talks in the order of its interviews."""
    tables = [c.assign(unit_id=one.units["unit_id"].to_numpy()) for c in (one.first, one.second)]
    return talks(one.units, tables, RULES)


def comments(split: str) -> list[Talk]:
    """Read GoEmotions, a comment a talk of its own."""
    texts, truth = goemotions(split)
    polarity = np.array([POLARITY[label] for label in GOEMOTIONS])
    out = []
    for text, row in zip(texts, truth, strict=True):
        fine = np.asarray(row, dtype=float)
        out.append([Felt(text, COMMENTS, steps_of(*polarity[row]), None, fine)])
    return out


def patients(without: Iterable[str] = ()) -> tuple[list[Talk], list[tuple[str, float, float]]]:
    """Read NHS comments: to learn from, and (text, labeller, own score) of those held apart.

    A comment is held apart if `training.real.apart` says so, no set is made of it, the stage
    matcher, whose layers the network starts from, has not read it either, and nobody else wrote the
    same words. ``without`` holds texts that must not be learnt from, nor any comment that they
    stand in.
    """
    table = pd.read_csv(DATA / "nhs" / "comments.csv", dtype=str, keep_default_na=False)
    table = table[table["FFT answer"].str.len() > 1].drop_duplicates("FFT answer")
    used = {
        str(i)
        for path in (CACHE / "real").glob("*.csv")
        for i in pd.read_csv(path, usecols=["interview"])["interview"].unique()
    } | set(pd.read_csv(DATA / "coded" / "hospital" / "units.csv")["interview"])
    record = json.loads((HERE / "stage-matcher.json").read_text(encoding="utf-8"))
    used |= {f"nhs-{number}" for number in record["nhs_comments"]}
    numbers = set(table.index.astype(str)) - {""}
    held = [t for t in without if len(t.split()) >= 4]
    learn: list[Talk] = []
    test: list[tuple[str, float, float]] = []
    columns = (table[c] for c in ("FFT answer", "Comment sentiment", "FFT categorical answer"))
    for row, text, said, own in zip(table.index, *columns, strict=True):
        plain = " ".join(text.split())
        if apart(text) and f"nhs-{row}" not in used:
            if said.isdigit() and own.isdigit():
                test.append((plain, (3 - int(said)) / 2, (3 - int(own)) / 2))
        elif said.isdigit() and not any(part in plain for part in held):
            learn.append([Felt(plain, LABELLER, steps_of((3 - int(said)) / 2))])
    known = {plainly(talk[0].text) for talk in learn}
    known |= {
        plainly(table.at[int(i[4:]), "FFT answer"])
        for i in used
        if i.startswith("nhs-") and i[4:] in numbers
    }
    return learn, [one for one in test if plainly(one[0]) not in known]


def plainly(text: str) -> str:
    """Return a text's words alone, by which it is known again.

    Examples
    --------
    >>> plainly("Very good,  thanks!")
    'very good thanks'
    """
    return " ".join(re.findall(r"\w+", text.lower()))
