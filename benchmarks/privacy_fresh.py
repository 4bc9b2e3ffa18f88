"""How much is hidden in texts, and of identities, that no rule was tuned on.

`privacy_planted.txt` holds invented identities in invented sentences, `privacy_labels.csv` the real
names, organisations and places of 360 real units; both were written before any rule was run on
these texts. They are in two halves that share no source, no cast and no sentence. Rules may be
mended on the development half, with what leaks in view; of the test half only figures are printed.

Recall is the share of planted things of which no letter or digit is left; a title may stay
("Mrs"). Precision is counted on the labelled units, where nothing is planted: the share of hidden
stretches that touch a real name, organisation or place.

    python benchmarks/privacy_fresh.py                  # the development half
    python benchmarks/privacy_fresh.py --missed --also  # what leaks, what is hidden in vain
    python benchmarks/privacy_fresh.py --half test      # figures only
    python benchmarks/privacy_fresh.py --contacts       # a blind set of e-mails and phones: figures
    python benchmarks/privacy_fresh.py --variants       # ways to write these, made by rule

`privacy_contacts.txt` was written by somebody who had not seen the rules, and is never looked at.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import sqrt
from pathlib import Path

import pandas as pd
from privacy_sources import LABELLED, key, runs
from privacy_variants import variants

from journeyqual.privacy import Detector, for_turns

HERE = Path(__file__).parent
KINDS = ("name", "e-mail", "phone", "account", "address", "organisation", "place")
MARK = re.compile(r"\{([a-z-]+):([^{}]+)\}")
TITLES = re.compile(
    r"\b(?:m(?:r|rs|s|iss|ister)|dr|sister|director|madame|signora|frau|pani|ext)\b\.?", re.I
)


@dataclass(frozen=True)
class Said:
    """A sentence with the places of what identifies somebody in it."""

    text: str
    marks: tuple[tuple[int, int, str], ...]


@dataclass
class Cast:
    """The people and things of one invented interview."""

    style: str
    names: list[str]
    said: list[Said] = field(default_factory=list)


@dataclass(frozen=True)
class Talk:
    """A run of real units with a cast's sentences planted among them."""

    turns: pd.DataFrame
    marks: dict[int, tuple[tuple[int, int, str], ...]]
    cast: Cast


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927).

    >>> wilson(103, 103)[0].__round__(3)
    0.964
    """
    if not of:
        return 0.0, 1.0
    z, p = 1.959964, hits / of
    mid = (p + z * z / (2 * of)) / (1 + z * z / of)
    half = z * sqrt(p * (1 - p) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return max(0.0, mid - half), min(1.0, mid + half)


def read_said(line: str, chance: random.Random) -> Said:
    """Read one sentence; every ``#`` in a phone or an account becomes a digit."""
    text, marks, at = "", [], 0
    for mark in MARK.finditer(line):
        text += line[at : mark.start()]
        kind, thing = mark.groups()
        if "#" in thing:
            for digit in chance.choices("123456789", k=thing.count("#")):
                thing = thing.replace("#", digit, 1)
        marks.append((len(text), len(text) + len(thing), kind))
        text, at = text + thing, mark.end()
    return Said(text + line[at:], tuple(marks))


def casts(half: str) -> list[Cast]:
    """Return a half's twenty casts; styles and the pool's sentences are dealt to both halves."""
    chance = random.Random(11)
    found: list[Cast] = []
    pools: dict[str, list[Said]] = defaultdict(list)
    into: list[Said] = []
    for line in (HERE / "privacy_planted.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("== pool "):
            into = pools[line.removeprefix("== pool ")]
        elif line.startswith("== "):
            style, _, names = line[3:].partition(" | ")
            found.append(Cast(style, names.split(", ")))
            into = found[-1].said
        elif line and not line.startswith("#"):
            into.append(read_said(line, chance))
    mine = 0 if half == "development" else 1
    kept: list[Cast] = []
    for style in ("plain", "asr", "chat"):
        ours = [c for c in found if c.style == style]
        chance.shuffle(ours)
        kept += ours[mine::2]
    for style, pool in pools.items():
        chance.shuffle(pool)
        ours = [c for c in kept if c.style == style]
        for at, said in enumerate(pool[mine::2]):
            ours[at % len(ours)].said.append(said)
    chance.shuffle(kept)
    return kept


def as_heard(text: str) -> str:
    """Write a text as a recogniser without capitals and punctuation does."""
    return re.sub(r"\s+", " ", re.sub(r"[^\w\s'’]", " ", text.lower())).strip()


def frame(texts: list[str]) -> pd.DataFrame:
    """Return texts as the turns of one participant."""
    who = {"interview": "r1", "participant": "P01", "speaker": "P01", "role": "participant"}
    return pd.DataFrame({"text": texts}).assign(**who)


def talks(half: str) -> Iterator[Talk]:
    """Plant every cast of a half into one of its runs, in the order they are told."""
    for run, cast in zip(runs(half), casts(half), strict=True):
        chance = random.Random(run.units[0])
        texts = [as_heard(t) if cast.style == "asr" else t for t in run.units]
        put: dict[int, list[Said]] = defaultdict(list)
        for at, said in enumerate(cast.said):
            put[at * len(texts) // len(cast.said)].append(said)
        marks: dict[int, tuple[tuple[int, int, str], ...]] = {}
        for at, several in put.items():
            before = chance.random() < 0.5
            text, places = ("", []) if before else (texts[at] + " ", [])
            for said in several:
                places += [(len(text) + s, len(text) + e, k) for s, e, k in said.marks]
                text += said.text + " "
            texts[at] = text + texts[at] if before else text.rstrip()
            marks[at] = tuple(places)
        yield Talk(frame(texts), marks, cast)


def labels(half: str) -> dict[str, list[tuple[int, int, str]]]:
    """Return what was labelled by reading, by the unit's key."""
    table = pd.read_csv(HERE / "privacy_labels.csv", keep_default_na=False)
    table = table[(table["half"] == half) & (table["agreed"] != "")]
    by_unit: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for unit, start, end, kind in zip(
        table["unit"], table["start"], table["end"], table["agreed"], strict=True
    ):
        by_unit[unit].append((start, end, kind))
    return by_unit


def gone(text: str, mark: tuple[int, int, str], places: list) -> bool:
    """Whether nothing that tells is left of a planted thing."""
    left = set(range(mark[0], mark[1]))
    for start, end, _ in places:
        left -= set(range(start, end))
    rest = "".join(text[i] if i in left else " " for i in range(mark[0], mark[1]))
    rest = TITLES.sub(" ", rest)
    return not any(c.isalnum() for c in rest.replace("-san", " "))


def hidden(detector: Detector, turns: pd.DataFrame, names: dict[str, str]) -> list:
    """Return the places that are hidden in each turn."""
    hide = for_turns(turns, names, detector=detector)
    return [hide.places(text) for text in turns["text"]]


def line(label: str, hits: dict[str, list[bool]], kinds: tuple[str, ...]) -> str:
    """Print shares with their intervals, one a kind."""
    cells = []
    for kind in kinds:
        n, k = len(hits[kind]), sum(hits[kind])
        low, high = wilson(k, n)
        cells.append(f"{k / n:.3f} [{low:.2f} {high:.2f}]" if n else "–")
    return f"{label:34}" + "".join(f"{c:>20}" for c in cells)


def natural(half: str, detector: Detector, *, also: bool) -> None:
    """Print precision and recall on the units that were labelled by reading."""
    truth, wrong = labels(half), Counter()
    right: dict[str, list[bool]] = defaultdict(list)
    found: dict[str, list[bool]] = defaultdict(list)
    for run in runs(half):
        places = hidden(detector, frame(list(run.units)), {})
        for text, spans in list(zip(run.units, places, strict=True))[-LABELLED:]:
            real = truth.get(key(text), [])
            for start, end, new in spans:
                touched = [k for s, e, k in real if start < e and s < end]
                right[new.strip("[]")].append(bool(touched))
                right["any"].append(bool(touched))
                if not touched:
                    wrong[f"{new} {text[start:end]}"] += 1
            for mark in real:
                found[mark[2]].append(gone(text, mark, spans))
    kinds = ("name", "organisation", "place")
    print(f"\nreal ones: {' '.join(f'{k} {len(found[k])}' for k in kinds)}")
    print(line("recall, real ones", found, kinds))
    for kind in sorted(right):
        low, high = wilson(sum(right[kind]), len(right[kind]))
        share = sum(right[kind]) / len(right[kind])
        print(f"precision {kind:24} {share:.3f} [{low:.2f} {high:.2f}] of {len(right[kind])}")
    if also:
        print("in vain:", "; ".join(f"{x} ×{n}" for x, n in wrong.most_common()))


def by_style(got: list[Talk], hits: dict[str, list[tuple[str, bool]]]) -> None:
    """Print names' recall by the style of the text."""
    for style in ("plain", "chat", "asr"):
        these = {k: [h for s, h in v if s == style] for k, v in hits.items()}
        print(line(f"  of it {style}", defaultdict(list, these), KINDS))


def of_lines(said: list[Said], *, show: bool) -> None:
    """Print the recall of e-mails and phones over sentences, each a turn; no name is listed."""
    turns = frame([one.text for one in said])
    for name in ("list", "presidio"):
        hits, leaks = defaultdict(list), Counter()
        for one, places in zip(said, hidden(Detector(name), turns, {}), strict=True):
            for mark in one.marks:
                hits[mark[2]].append(gone(one.text, mark, places))
                if not hits[mark[2]][-1]:
                    leaks[f"{mark[2]}: {one.text!r}"] += 1
        print(line(name, hits, ("e-mail", "phone")))
        if show and name == "list":
            print("  leaks:\n   ", "\n    ".join(sorted(leaks)))


def blind() -> list[Said]:
    """Return the sentences of the blind set."""
    lines = (HERE / "privacy_contacts.txt").read_text(encoding="utf-8").splitlines()
    return [read_said(one, random.Random(0)) for one in lines if one and one[0] != "#"]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--half", choices=("development", "test"), default="development")
    asked.add_argument("--missed", action="store_true", help="list what leaks")
    asked.add_argument("--also", action="store_true", help="list what is hidden in vain")
    asked.add_argument("--contacts", action="store_true", help="the blind e-mails and phones only")
    asked.add_argument("--variants", action="store_true", help="e-mails and phones made by rule")
    given = asked.parse_args()
    if given.contacts or given.variants:
        print(f"{'recall':34}{'e-mail':>20}{'phone':>20}")
        if given.contacts:
            of_lines(blind(), show=False)
        else:
            of_lines([read_said(one, random.Random(0)) for one in variants()], show=given.missed)
        return
    if given.half == "test" and (given.missed or given.also):
        asked.error("what the test half leaks is not looked at: rules would be tuned on it")
    got = list(talks(given.half))
    words = sum(len(text.split()) for talk in got for text in talk.turns["text"])
    counts = Counter(k for talk in got for marks in talk.marks.values() for _, _, k in marks)
    print(f"{given.half}: {len(got)} runs, {words:,} words, {sum(counts.values())} planted")
    print(f"{'recall':34}" + "".join(f"{f'{k} {counts[k]}':>20}" for k in KINDS))
    Detector("presidio").heard(["Warm up with Anna."])
    for label, name in (("list", "list"), ("presidio", "presidio")):
        for listed in ("nobody listed", "full names listed", "each way they are called listed"):
            begun, hits, missed = time.perf_counter(), defaultdict(list), Counter()
            for talk in got:
                names: dict[str, str] = {}
                if listed != "nobody listed":
                    names = {n: f"P{i}" for i, n in enumerate(talk.cast.names)}
                if listed.startswith("each"):
                    for at, marks in talk.marks.items():
                        text = talk.turns["text"].iloc[at]
                        names |= {text[s:e]: "P" for s, e, k in marks if k == "name"}
                found = hidden(Detector(name), talk.turns, names)
                for at, marks in talk.marks.items():
                    text = talk.turns["text"].iloc[at]
                    for mark in marks:
                        ok = gone(text, mark, found[at])
                        hits[mark[2]].append((talk.cast.style, ok))
                        if not ok:
                            missed[mark[2]] += 1
                            missed[f"{mark[2]}: {text[max(0, mark[0] - 25) : mark[1] + 12]!r}"] += 1
            took = time.perf_counter() - begun
            plain = defaultdict(list, {k: [h for _, h in v] for k, v in hits.items()})
            print(line(f"{label}, {listed}", plain, KINDS), f"{words / took:>8,.0f} words/s")
            if name == "presidio":
                by_style(got, hits)
            if given.missed and name == "presidio" and not listed.startswith("each"):
                print("  leaks:\n   ", "\n    ".join(sorted(k for k in missed if ":" in k)))
    natural(given.half, Detector("presidio"), also=given.also)


if __name__ == "__main__":
    main()
