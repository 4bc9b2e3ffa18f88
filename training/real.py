"""Units of real customer talk, for the codebooks in ``training/real``; texts are never committed.

    python training/real.py            # writes training/cache/real/SET.csv: unit_id, interview,
    order, text

Each folder of ``training/real`` holds a codebook and two independent machine annotations by unit
id (``coder1.csv``,
``coder2.csv``: ``unit_id, stage, valence (-2..2), emotion``) with the settled values
(``settled.csv``). This script
makes the texts again, from public data that lies outside the repository; ``training/README.md``
says where an
outsider gets each set.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pandas as pd

from journeyqual import reading
from journeyqual.schema import TURNS, check
from journeyqual.units import from_turns

# Run as a file, only this file's own folder can be imported from.
sys.path.insert(0, str(Path(__file__).parents[1]))
from training.sets import DATA

HERE = Path(__file__).parent
CACHE = HERE / "cache" / "real"
COLUMNS = ["unit_id", "interview", "order", "text"]


def in_hash_order(texts: pd.Series) -> list[object]:
    """Index of texts in an order that is arbitrary and always the same."""
    return sorted(texts.index, key=lambda i: hashlib.sha256(str(texts[i]).encode()).hexdigest())


def written(texts: pd.Series, prefix: str, many: int) -> pd.DataFrame:
    """Units of the first ``many`` written comments, a comment an interview."""
    rows = [
        {
            "interview": f"{prefix}-{i}",
            "participant": f"{prefix}-{i}",
            "turn_index": 0,
            "speaker": "P",
            "role": "participant",
            "text": " ".join(str(texts[i]).split()),
        }
        for i in in_hash_order(texts)[:many]
    ]
    return from_turns(check(pd.DataFrame(rows), TURNS))


def lounge(data: Path) -> pd.DataFrame:
    texts = pd.read_csv(data / "lounges" / "reviews.csv")["content"]
    return written(texts[texts.str.split().str.len().between(40, 140)], "lounge", 55)


def nhs(data: Path, services: tuple[str, ...], words: tuple[int, int], many: int) -> pd.DataFrame:
    comments = pd.read_csv(data / "nhs" / "comments.csv", dtype=str, keep_default_na=False)
    used = pd.read_csv(data / "coded" / "hospital" / "units.csv")["interview"]
    texts = comments.loc[comments["Service type 1"].str.startswith(services), "FFT answer"]
    texts = texts[texts.str.split().str.len().between(*words)]
    return written(texts[[f"nhs-{i}" not in set(used) for i in texts.index]], "nhs", many)


def research(data: Path) -> pd.DataFrame:
    parts = []
    for name in ("BSR02", "BSR06"):
        path = data / "transcripts" / "otter" / f"{name}_transcript_deidentified.txt"
        turns = reading.read_turns(path, participant=name, interviewers=["Sara Mannheimer"]).turns
        parts.append(from_turns(turns).head(110))
    return pd.concat(parts, ignore_index=True)


def recut(data: Path, name: str) -> pd.DataFrame:
    """Read the units of a set of ``coded`` again, for another codebook."""
    return pd.read_csv(data / "coded" / name / "units.csv")


SETS = {
    "lounge": lounge,
    "mind": lambda d: nhs(d, ("Local partnerships", "Forensic"), (22, 160), 75),
    "ambulance": lambda d: nhs(d, ("PTS", "See and", "111"), (14, 120), 120),
    "research": research,
    "product-recut": lambda d: recut(d, "product"),
    "complaints-recut": lambda d: recut(d, "complaints"),
}


def build(name: str) -> pd.DataFrame:
    """Units of one set, with their texts."""
    return SETS[name](DATA)[COLUMNS].reset_index(drop=True)


def main() -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    for name in SETS:
        units = build(name)
        units.to_csv(CACHE / f"{name}.csv", index=False)
        words = units["text"].str.split().str.len()
        print(f"{name:18}{len(units):5} units{words.mean():6.1f} words on average")


if __name__ == "__main__":
    main()
