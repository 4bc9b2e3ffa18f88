"""Units of real customer talk, for the codebooks in ``training/real``; texts are never committed.

    python -m training.real            # writes training/cache/real/SET.csv: unit_id, interview,
                                       # order, text

A folder of ``training/real`` holds codings by machine annotators, by unit id, in one of two forms:
a codebook coded twice independently (``coder1.csv``, ``coder2.csv``: ``unit_id, stage, valence
(-2..2), emotion``) with further codebooks coded once (``e.csv`` ..: ``unit_id, stage``); or one
table of many codebooks (``codings.csv``: ``unit_id, valence, emotion``, a column a codebook, with
``LETTER.codebook.toml`` beside). This script makes the texts again, from public data that lies
outside the repository; ``training/README.md`` says where an outsider gets each set.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
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


def more_nhs(
    data: Path, services: tuple[str, ...], words: tuple[int, int], many: int, skip: int = 0
) -> pd.DataFrame:
    """Units of NHS comments that no first set holds: ``many`` of them, after ``skip``."""
    comments = pd.read_csv(data / "nhs" / "comments.csv", dtype=str, keep_default_na=False)
    taken = set(pd.read_csv(data / "coded" / "hospital" / "units.csv")["interview"])
    taken |= {str(i) for name in ("mind", "ambulance") for i in SETS[name](data)["interview"]}
    mine = comments["Service type 1"].str.startswith(services)
    texts = comments.loc[mine, "FFT answer"]
    texts = texts[texts.str.split().str.len().between(*words)]
    texts = texts[[f"nhs-{i}" not in taken for i in texts.index]]
    texts = texts[~texts.str.lower().duplicated()]
    return written(texts, "nhs", many + skip).iloc[skip : skip + many]


def more_lounge(data: Path, words: tuple[int, int], many: int) -> pd.DataFrame:
    """Units of lounge reviews that no other set holds: of other lengths."""
    texts = pd.read_csv(data / "lounges" / "reviews.csv")["content"]
    texts = texts[texts.str.split().str.len().between(*words)]
    return written(texts, "lounge", many).head(many)


def more_research(data: Path, names: tuple[str, ...], many: int, start: int = 20) -> pd.DataFrame:
    """Stretches from the middle of research interviews."""
    parts = []
    for name in names:
        path = data / "transcripts" / "otter" / f"{name}_transcript_deidentified.txt"
        turns = reading.read_turns(path, participant=name, interviewers=["Sara Mannheimer"]).turns
        units = from_turns(turns)
        parts.append(units.iloc[start : start + many // len(names)])
    return pd.concat(parts, ignore_index=True)


def more_product(data: Path, many: int) -> pd.DataFrame:
    """Units of the product study that the coded set does not hold; needs ``pdftotext``."""
    coded = pd.read_csv(data / "coded" / "product" / "units.csv")["text"]
    taken = {" ".join(str(t).split()) for t in coded}
    parts = []
    for path in sorted((data / "transcripts" / "maxqda_pdf").glob("P*.pdf")):
        command = ["pdftotext", "-layout", str(path), "-"]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        rows: list[dict[str, object]] = []
        for line in text.splitlines():
            start = re.match(r"\s*\d+\s+(\w+):\s(.*)", line)
            if start:
                role = "participant" if start[1] == "Participant" else "interviewer"
                rows.append(
                    {
                        "interview": path.stem,
                        "participant": path.stem,
                        "turn_index": len(rows),
                        "speaker": start[1],
                        "role": role,
                        "text": start[2].strip(),
                    }
                )
            elif rows and line.strip() and not re.fullmatch(r"\s*\d+\s*|\s*Interview\s*", line):
                rows[-1]["text"] = f"{rows[-1]['text']} {line.strip()}"
        units = from_turns(check(pd.DataFrame(rows), TURNS))
        apart = [
            not any(" ".join(str(t).split()) in held or held in t for held in taken)
            for t in units["text"]
        ]
        parts.append(units[apart].head(many // 7))
    return pd.concat(parts, ignore_index=True)


def reddit(data: Path, many: int) -> pd.DataFrame:
    """Comments of GoEmotions in which somebody speaks of what they bought, used or were served."""
    comments = pd.read_csv(
        data / "goemotions" / "train.tsv",
        sep="\t",
        header=None,
        quoting=3,
        names=["text", "l", "id"],
    )["text"]
    trade = (
        r"\b(?:bought|purchased?|ordered|customer service|refund\w*|subscri\w+|deliver(?:y|ed)"
        r"|shipping|warranty|installed|hotel|airline|flight|restaurant|waiter|insurance|landlord"
        r"|bank|doctor|nurse|therapist|hospital|dentist|mechanic|uber|amazon|cancel(?:l?ed|ling)?"
        r"|membership|gym|upgrade[ds]?|my (?:phone|laptop|car|bike|provider)|switched|price[ds]?"
        r"|tech support|the app|websites?|teacher|course|classes)\b"
    )
    mine = comments.str.contains(trade, case=False) & comments.str.contains(
        r"\b(?:I|I'm|I've|my|me|we|our)\b"
    )
    long = comments[mine & comments.str.split().str.len().ge(9)]
    return written(long, "reddit", many).head(many)


def apart(text: str) -> bool:
    """Say whether a comment is one of the fifth that feeling is measured on and never learnt from.

    Only comments of which no set is made count as such; `training.sets` takes care of that.
    """
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % 5 == 0


def left_over(data: Path, prefix: str, many: int, skip: int) -> pd.DataFrame:
    """Units of comments (``nhs``) or reviews (``lounge``) that no set before holds."""
    taken = {
        str(i)
        for name in SETS
        if name not in LEFT_OVER and name not in ("research", "reddit")
        for i in build(name)["interview"]
    }
    if prefix == "nhs":
        table = pd.read_csv(data / "nhs" / "comments.csv", dtype=str, keep_default_na=False)
        texts = table["FFT answer"][table["FFT answer"].str.split().str.len().between(4, 200)]
    else:
        texts = pd.read_csv(data / "lounges" / "reviews.csv")["content"]
        texts = texts[texts.str.split().str.len().between(12, 250)]
    texts = texts[[f"{prefix}-{i}" not in taken for i in texts.index]]
    texts = texts[~texts.str.lower().duplicated()]
    texts = texts[[not apart(t) for t in texts]]
    units = written(texts, prefix, many + skip)
    return units.iloc[skip : skip + many]


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
    "transport": lambda d: more_nhs(d, ("PTS", "See and"), (10, 200), 300),
    "urgent": lambda d: more_nhs(d, ("111",), (10, 200), 300),
    "community": lambda d: more_nhs(d, ("Community", "Local"), (10, 300), 300),
    "shortly": lambda d: more_nhs(d, ("PTS", "See", "111", "Comm", "Local", "For"), (3, 9), 300),
    "lounge-short": lambda d: more_lounge(d, (12, 39), 300),
    "lounge-long": lambda d: more_lounge(d, (141, 400), 300),
    "deposit": lambda d: more_research(d, ("BSR01", "BSR03", "BSR05"), 300),
    "reuse": lambda d: more_research(d, ("BSR07", "BSR08"), 300),
    "plots": lambda d: more_product(d, 300),
    "reddit": lambda d: reddit(d, 320),
    "lounge-mid": lambda d: more_lounge(d, (100, 140), 640).iloc[340:],
    "lounge-more": lambda d: more_lounge(d, (60, 99), 900).iloc[600:],
    "care": lambda d: more_nhs(d, ("Community", "Local", "For"), (8, 300), 300, skip=560),
    "talk": lambda d: more_research(d, ("BSR02", "BSR05"), 300, start=130),
    "deposit-again": lambda d: SETS["deposit"](d),
    "plots-again": lambda d: more_product(d, 294),
    "complaints-wide": lambda d: recut(d, "complaints"),
    "hospital-wide": lambda d: recut(d, "hospital"),
    "product-wide": lambda d: recut(d, "product"),
    "research-wide": research,
    "mind-wide": lambda d: SETS["mind"](d),
    "ambulance-wide": lambda d: SETS["ambulance"](d),
    "journeys": lambda d: more_nhs(d, ("PTS", "See", "111"), (20, 200), 300, skip=420),
    "nhs-rest-1": lambda d: left_over(d, "nhs", 700, 0),
    "nhs-rest-2": lambda d: left_over(d, "nhs", 700, 700),
    "lounge-rest": lambda d: left_over(d, "lounge", 700, 0),
}
LEFT_OVER = ("nhs-rest-1", "nhs-rest-2", "lounge-rest")
"""Made of what the others leave."""


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
