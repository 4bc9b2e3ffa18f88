"""The development data, read as training needs it; README.md says where to get it."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyqual import codebook as codebooks
from journeyqual.coding.feeling import LABELS
from journeyqual.models.encoder import Vectors, minilm
from journeyqual.models.vectors import cached_encode

REPOSITORY = Path(__file__).parents[1]
DATA = Path(os.environ.get("JOURNEYQUAL_TRAINING_DATA", REPOSITORY.parent / "shared" / "data"))
CACHE = Path(__file__).parent / "cache"

CORPUS = Path(__file__).parent / "corpus"
REAL_CODINGS = Path(__file__).parent / "real"

CALIBRATION = ("complaints", "hospital", "product")
"""Coded sets that numbers may be calibrated on."""
REAL = ("ambulance", "lounge", "mind")
"""Coded like these, but with the codings in this repository; texts come from ``training.real``.

Named, not listed from the folder: a set that is half done must not change what is shipped.
"""
AUTHORED = tuple(sorted(p.stem for p in CORPUS.glob("*.jsonl")))
"""Domains of the corpus that was written for training; nobody real said a word of it."""
APART = AUTHORED[::5]
"""Domains that the stage matcher is not calibrated on."""
NHS_SETS = ("hospital", "ambulance", "mind")
"""Coded sets whose units are NHS comments."""
EVALUATION = ("chats",)
"""Coded sets that nothing learns from; their figures and worst units have been looked at."""


@dataclass(frozen=True)
class CodedSet:
    """Units with two independent machine annotators' codings; no person coded them.

    An authored domain has its author's coding in both places.
    """

    name: str
    units: pd.DataFrame
    codebook: codebooks.Codebook
    first: pd.DataFrame
    second: pd.DataFrame

    @property
    def valence(self) -> NDArray[np.float64]:
        """Mean of both coders, -1..1."""
        return (self.first["valence"] + self.second["valence"]).to_numpy(dtype=float) / 4


def tag_table(one: CodedSet, rows: NDArray[np.intp]) -> pd.DataFrame:
    """Return units as tags: what coder 1 said of them."""
    tags = one.units.iloc[rows][["unit_id", "interview", "order", "text"]].copy()
    tags["stage"] = one.first["stage"].to_numpy()[rows]
    return tags


def folds_of_tags(
    one: CodedSet, per_stage: int, *, seed: int, folds: int = 4
) -> Iterator[tuple[NDArray[np.bool_], pd.DataFrame]]:
    """Yield interviews to measure on, and so many tags a stage from the other interviews."""
    rng = np.random.default_rng(seed)
    interview = one.units["interview"].to_numpy()
    shuffled = rng.permutation(np.unique(interview))
    for fold in range(folds):
        test = np.isin(interview, shuffled[fold::folds])
        train = rng.permutation(np.flatnonzero(~test))
        stage = pd.Series(one.first["stage"].to_numpy()[train], index=train)
        picked = stage.groupby(stage, sort=True).head(per_stage).index.to_numpy()
        yield test, tag_table(one, picked)


def vectors(texts: Sequence[str]) -> Vectors:
    """MiniLM's vectors, encoded once into training/cache/."""
    return cached_encode(list(texts), minilm(), CACHE)


@cache
def coded(name: str) -> CodedSet:
    if name in AUTHORED:
        return _authored(name)
    folder = (REAL_CODINGS if name in REAL else DATA / "coded") / name
    units = _units(name, folder)

    def coder(number: int) -> pd.DataFrame:
        table = pd.read_csv(folder / f"coder{number}.csv", keep_default_na=False)
        return table.set_index("unit_id").loc[units["unit_id"]].reset_index()

    return CodedSet(name, units, codebooks.load(folder / "codebook.toml"), coder(1), coder(2))


def _units(name: str, folder: Path) -> pd.DataFrame:
    if name in REAL:
        return pd.read_csv(CACHE / "real" / f"{name}.csv", keep_default_na=False)
    if name == "chats":
        # Its texts may not be copied: a script beside it reads them from the unmodified chats.
        made = subprocess.run(
            [sys.executable, "build_texts.py"], cwd=folder, capture_output=True, check=True
        ).stdout.decode()
        return pd.read_csv(io.StringIO(made), keep_default_na=False)
    return pd.read_csv(folder / "units.csv", keep_default_na=False)


def _authored(name: str) -> CodedSet:
    table = pd.read_json(CORPUS / f"{name}.jsonl", lines=True)
    table["unit_id"] = table["interview"] + "/" + table["order"].astype(str)
    coding = table[["unit_id", "stage", "touchpoint", "valence", "emotion"]]
    units = table[["unit_id", "interview", "order", "text"]]
    codebook = codebooks.load(CORPUS / f"{name}.codebook.toml")
    return CodedSet(name, units, codebook, coding, coding)


@cache
def set_vectors(name: str) -> Vectors:
    """MiniLM's vectors of a coded set's units."""
    return vectors(coded(name).units["text"])


@cache
def nhs() -> pd.DataFrame:
    """Patients' comments, one row a text, less those that a coded set is made of."""
    table = pd.read_csv(DATA / "nhs" / "comments.csv", dtype=str, keep_default_na=False)
    interviews = pd.concat([coded(name).units["interview"] for name in NHS_SETS])
    inside = interviews.str.removeprefix("nhs-").astype(int).unique()
    texts = set(table.loc[inside, "FFT answer"])
    table = table[~table["FFT answer"].isin(texts) & (table["FFT answer"].str.len() > 1)]
    return table.drop_duplicates("FFT answer").reset_index(drop=True)


@cache
def goemotions(split: str) -> tuple[list[str], NDArray[np.bool_]]:
    """Texts and a truth table (texts, 28) of one split, ``train`` or ``dev``."""
    table = pd.read_csv(
        DATA / "goemotions" / f"{split}.tsv",
        sep="\t", header=None, quoting=csv.QUOTE_NONE, keep_default_na=False, dtype=str,
    )  # fmt: skip
    truth = np.zeros((len(table), len(LABELS)), dtype=bool)
    for row, numbers in enumerate(table[1]):
        truth[row, [int(n) for n in numbers.split(",")]] = True
    return table[0].tolist(), truth


@cache
def emobank() -> tuple[list[str], NDArray[np.float64]]:
    """Sentences and readers' valence, 1 … 5. For evaluation only: share-alike."""
    table = pd.read_csv(DATA / "emobank" / "emobank.csv", keep_default_na=False)
    return table["text"].tolist(), table["V"].to_numpy(float)
