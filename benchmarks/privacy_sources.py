"""Real texts that no rule for names was tuned on, in two halves that share no source.

Every text comes from the development data and stays there. A run is a stretch of consecutive
units of one source, read as if it were one interview.
"""

from __future__ import annotations

import csv
import hashlib
import html
import json
import random
import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).parents[2] / "shared" / "data"
LENGTH = 30  # units of a run
LABELLED = 9  # units at the end of a run that were labelled by reading
LETTERS = r"1\d\dC"
NEWS = r"wsj|NYTnewswire|\d{8}[_-](nyt|apw)"
FORUM = r"SemEval"


@dataclass(frozen=True)
class Run:
    """Consecutive units of one source, as one interview."""

    half: str
    source: str
    units: tuple[str, ...]


def key(text: str) -> str:
    """Name a unit without its text.

    >>> key("Is it open?")
    '06930d5f84fb'  # pragma: allowlist secret
    """
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _interview(name: str) -> list[str]:
    store = sqlite3.connect(DATA / "interchange" / "taguette" / "project.sqlite3")
    page = store.execute("select contents from documents where name = ?", (name,)).fetchone()[0]
    store.close()
    said = [html.unescape(p) for p in re.findall(r"<p[^>]*>(.*?)</p>", page, re.DOTALL)]
    start = next(i for i, p in enumerate(said) if p.startswith("<b>"))  # before it: a header block
    return [re.sub(r"\s+", " ", p).strip() for p in said[start:] if not p.startswith("<b>")]


def _column(path: str, column: str, **wanted: str) -> list[str]:
    with (DATA / path).open(newline="", encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if all(r[k] == v for k, v in wanted.items())]
    return [re.sub(r"\s+", " ", row[column]).strip() for row in rows]


def _emobank(documents: str, *, but: bool = False) -> list[str]:
    with (DATA / "emobank" / "emobank.csv").open(newline="", encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if bool(re.match(documents, r["id"])) is not but]
    place = {}
    for row in rows:  # the file is sorted as text; a document is read from its beginning
        document, start, _ = row["id"].rsplit("_", 2)
        place[row["id"]] = (document, int(start))
    return [row["text"].strip() for row in sorted(rows, key=lambda r: place[r["id"]])]


def _chats(file: str) -> list[str]:
    talks = json.loads((DATA / "support_chats" / file).read_text(encoding="utf-8"))
    turns = [t for talk in talks for t in talk["turns"] if t["floor"] == "inbound"]
    return [" ".join(s for s in t["text_mt"] if s).strip() for t in turns]


def _goemotions() -> list[str]:
    lines = (DATA / "goemotions" / "dev.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t")[0] for line in lines]


def _runs(half: str, source: str, texts: Iterable[str], count: int) -> list[Run]:
    kept = []
    for text in texts:
        # Marks of an earlier de-identification are no words, and would give names away.
        if 4 <= len(text.split()) <= 160 and "#" not in text and "[NAME]" not in text:
            kept.append(text)
    chance = random.Random(source)
    size = min(LENGTH, len(kept) // count)
    starts = sorted(chance.sample(range(len(kept) // size), count))
    return [Run(half, source, tuple(kept[s * size : (s + 1) * size])) for s in starts]


def runs(half: str) -> list[Run]:
    """Return the twenty runs of a half: ``development`` or ``test``."""
    others = f"{LETTERS}|{NEWS}|{FORUM}"
    parts: dict[str, tuple[Iterable[str], int]] = (
        {
            "interview BSR09": (_interview("BSR_09"), 5),
            "patients NEAS": (_column("nhs/comments.csv", "FFT answer", Trust="NEAS"), 4),
            "chats, German": (_chats("de_client_02.json"), 4),
            "letters": (_emobank(LETTERS), 4),
            "news": (_emobank(NEWS), 3),
        }
        if half == "development"
        else {
            "interview BSR10": (_interview("BSR_10"), 5),
            "patients NHFT": (_column("nhs/comments.csv", "FFT answer", Trust="NHFT"), 3),
            "complaints": (_column("coded/complaints/units.csv", "text"), 4),
            "lounges": (_column("lounges/reviews.csv", "content"), 3),
            "chats, Brazilian": (_chats("pt_br_client_02.json"), 2),
            "stories and travel": (_emobank(others, but=True), 2),
            "forum": (_goemotions(), 1),
        }
    )
    return [r for name, (texts, count) in parts.items() for r in _runs(half, name, texts, count)]


def sample(half: str) -> list[tuple[str, str]]:
    """Return source and text of the units that were labelled by reading."""
    return [(run.source, text) for run in runs(half) for text in run.units[-LABELLED:]]
