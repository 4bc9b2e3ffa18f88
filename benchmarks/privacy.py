# ruff: noqa: E501
"""How much of planted identities is hidden at the door, and how much else goes with them.

Names, e-mail addresses, phone numbers, account numbers, street addresses, firms and cities, all
invented, are planted at recorded places into real transcripts (`transcripts` of the development
data; they stay where they are, and the planted set is written nowhere). Recall is the share of
planted things of which no letter or digit is left. What is hidden elsewhere is counted and can be
listed with ``--also``: the transcripts were de-identified before they were published, so nearly all
of it is no identity, but public names of people, cities and universities are.

    python benchmarks/privacy.py                       # all three settings
    python benchmarks/privacy.py --missed --also       # with what leaks, and what else is hidden
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from journeyqual.privacy import Detector, for_turns
from journeyqual.reading import read_turns

DATA = Path(__file__).parents[2] / "shared" / "data" / "transcripts"
FIRST = """Priya Oluwaseun Marta Yusuf Ingrid Takeshi Siobhan Mohammed Agnieszka Carlos Fatima Björn
Chen Leticia Dmitri Amara Gareth Noor Isabella Kwame Henrik Sunita Rafael Olena Tariq Beatrice Minh
Eleanor Ravi Camila Stefan Aisha Duncan Mei Paulo Zainab Theodore Lucia Hamza Freya Nikhil Rosalind
Emeka Katarzyna Julian Sofia Arjun Helga Diego Martha Karen Steve Emily Kevin""".split()
LAST = """Raghunathan Adeyemi Kowalska Demir Halvorsen Yamamoto O'Donnell Rahman Nowak Herrera
Al-Masri Lindqvist Wei Fonseca Volkov Okonkwo Pritchard Hussain Romano Mensah Sørensen Iyer Duarte
Shevchenko Siddiqui Fairweather Nguyen Whitcombe Chandra Restrepo Brandt Bello MacLeod Zhang Carvalho
Musa Kensington Bianchi Farooq Thorvald Mehta Ashdown Eze Wisniewski Castellano Petrov Kapoor Vogel
Salazar Hollis Jenkins Miller Thompson Murphy""".split()
CITIES = "Leeds Tacoma Ghent Aarhus Swindon Boise Graz Pune Bilbao Dunedin".split()
FIRMS = ("Halden Systems Ltd", "Brightwater Consulting", "University of Norwick", "Kestrel Foods GmbH",
         "St Aldwyn Hospital", "Morrow and Finch LLP", "Tarn Valley College")  # fmt: skip
SAID = {
    "name": (
        "I asked {} about it.", "And then {} came over and looked at the screen.",
        "My colleague {} had set it up before.", "It was {} who told me.",
        "I sent it on to {} afterwards.", "Yeah, {} and me, we did that together.",
        "{} said it would take a week.", "So I was talking to {} the other day.",
        "You should really ask {}, not me.", "That was before {} left the team.",
        "My husband {} does all of that at home.", "I share the account with {}.",
        "Somebody called {} rang me back.", "Thanks, {}, that is all from me.",
        "We were all in the room, me, {} and the supplier.", "{}'s way of doing it is different.",
    ),
    "e-mail": (
        "You can write to {} if you want.", "My address is {}, by the way.",
        "I had signed up as {} and forgot.", "It all goes to {} anyway.",
    ),
    "phone": (
        "My number is {}.", "You can call me on {} any time.", "I rang {} and waited for an hour.",
        "It says {} on the invoice.",
    ),
    "account": (
        "My account number is {}.", "The order number was {}, I think.", "The IBAN is {}.",
        "I gave them my card, {}, over the phone.",
    ),
    "address": (
        "I live at {}.", "They sent it to {} instead.", "The shop is at {}, on the corner.",
    ),
    "organisation": (
        "I work for {}.", "Before that I was at {} for years.", "It was {} that paid for it.",
    ),
    "place": ("I live in {}.", "We moved to {} last year.", "The office in {} closed."),
}  # fmt: skip


@dataclass(frozen=True)
class Planted:
    """One identity: in which turn, where in it (code points), of what kind."""

    turn: int
    start: int
    end: int
    kind: str


def identity(kind: str, chance: random.Random) -> str:
    """Invent one thing of a kind; phone numbers in eight countries' ways of writing."""
    first, last = chance.choice(FIRST), chance.choice(LAST)
    number = lambda n: "".join(chance.choices("0123456789", k=n))  # noqa: E731
    if kind == "name":
        return chance.choice([first, first, f"{first} {last}", f"{first} {last}", f"Mrs {last}"])
    if kind == "e-mail":
        plain = last.replace("'", "").replace("ø", "o")
        return chance.choice([
            f"{first}.{plain}@example.org", f"{first.lower()}{number(2)}@mail.example.co.uk",
            f"{plain.lower()}_{first[0].lower()}@example-firm.com", f"{first.lower()}+work@example.de",
            f"{first.lower()} dot {plain.lower()} at example dot com",
        ])  # fmt: skip
    if kind == "phone":
        return chance.choice([
            f"0{chance.choice('127')}{number(2)} {number(3)} {number(4)}", f"07{number(3)} {number(6)}",
            f"+44 20 7946 {number(4)}", f"({chance.randint(201, 989)}) 555-{number(4)}",
            f"{chance.randint(201, 989)}-555-{number(4)}", f"+49 30 {number(8)}", f"0{number(10)}",
            f"+1 {chance.randint(201, 989)} 555 {number(4)}", f"+33 6 {number(2)} {number(2)} {number(2)} {number(2)}",
            f"{chance.randint(201, 989)}.555.{number(4)}", f"+91 98{number(3)} {number(5)}",
        ])  # fmt: skip
    if kind == "account":
        return chance.choice([
            number(8), f"DE{number(2)} {number(4)} {number(4)} {number(4)} {number(4)} {number(2)}",
            f"{number(4)} {number(4)} {number(4)} {number(4)}", f"AB-{number(6)}", number(10),
        ])  # fmt: skip
    if kind == "address":
        street = chance.choice(["Mill", "Harcourt", "Old Quarry", "Elm", "Saint Giles"])
        ending = chance.choice(["Street", "Road", "Avenue", "Lane", "Close"])
        return f"{chance.randint(1, 240)} {street} {ending}"
    return chance.choice(FIRMS if kind == "organisation" else CITIES)


def planted(turns: pd.DataFrame, chance: random.Random) -> tuple[pd.DataFrame, list[Planted]]:
    """Return an interview's turns with a sentence that identifies somebody in every second one."""
    texts, marks = turns["text"].tolist(), []
    for at, text in enumerate(texts):
        if len(text) < 40 or chance.random() < 0.4:
            continue
        kind = chance.choices(list(SAID), weights=[6, 2, 2, 1, 1, 1, 1])[0]
        thing = identity(kind, chance)
        before, _, after = chance.choice(SAID[kind]).partition("{}")
        ends = [m.end() for m in re.finditer(r"(?<=[a-z]{3}[.?!]) ", text)] or [0]
        place = chance.choice(ends)
        start = place + len(before)
        texts[at] = f"{text[:place]}{before}{thing}{after} {text[place:]}"
        marks.append(Planted(at, start, start + len(thing), kind))
    return turns.assign(text=texts), marks


def hidden(detector: Detector | None, turns: pd.DataFrame, names: dict[str, str]) -> list:
    """Return the places that are hidden in each turn."""
    hide = for_turns(turns, names, detector=detector)
    return [hide.places(text) for text in turns["text"]]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--seed", type=int, default=7)
    asked.add_argument("--data", type=Path, default=DATA)
    asked.add_argument("--missed", action="store_true", help="list what leaks")
    asked.add_argument("--also", action="store_true", help="list what else is hidden")
    given = asked.parse_args()
    chance = random.Random(given.seed)
    files = [*sorted(given.data.glob("otter/*_transcript_*.txt")),
             *sorted(given.data.glob("maxqda_pdf/*.pdf")), *given.data.glob("whisper/*.vtt")]  # fmt: skip
    talks = [planted(read_turns(f, participant=f.stem).turns, chance) for f in files]
    words = sum(len(text.split()) for turns, _ in talks for text in turns["text"])
    print(f"{len(talks)} interviews, {words:,} words, {sum(len(m) for _, m in talks)} identities\n")
    listed = {n: "" for n in (*FIRST, *LAST)}
    settings = {
        "list, names not listed": (Detector("list"), {}),
        "list": (Detector("list"), listed),
        "presidio, names not listed": (Detector("presidio"), {}),
        "presidio": (Detector("presidio"), listed),
    }
    Detector("presidio").heard(["Warm up with Anna."])
    kinds = list(SAID)
    print(f"{'recall':28}", *(f"{k:>13}" for k in kinds), f"{'also hidden':>13} {'seconds':>8}")
    for label, (detector, names) in settings.items():
        begun, hits, missed, also = time.perf_counter(), defaultdict(list), Counter(), Counter()
        for turns, marks in talks:
            found = hidden(detector, turns, names)
            texts = turns["text"].tolist()
            for mark in marks:
                left = set(range(mark.start, mark.end))
                for start, end, _ in found[mark.turn]:
                    left -= set(range(start, end))
                rest = "".join(texts[mark.turn][i] for i in sorted(left))
                # Of "Mrs Iyer" the title may stay.
                gone = not any(c.isalnum() for c in rest.removeprefix("Mrs"))
                hits[mark.kind].append(gone)
                if not gone:
                    missed[mark.kind, texts[mark.turn][mark.start : mark.end]] += 1
            for at, places in enumerate(found):
                ours = [(m.start, m.end) for m in marks if m.turn == at]
                for start, end, new in places:
                    if not any(start < e and s < end for s, e in ours):
                        also[new, texts[at][start:end]] += 1
        took = time.perf_counter() - begun
        shares = [sum(hits[k]) / len(hits[k]) for k in kinds]
        print(
            f"{label:28}",
            *(f"{share:>13.3f}" for share in shares),
            f"{also.total():>13} {took:>8.1f}",
        )
        if given.missed:
            print("  leaks:", "; ".join(f"{k}: {x} ×{n}" for (k, x), n in missed.most_common(60)))
        if given.also:
            print("  also:", "; ".join(f"{k} {x} ×{n}" for (k, x), n in also.most_common(250)))
    counts = Counter(m.kind for _, marks in talks for m in marks)
    print(f"{'planted':28}", *(f"{counts[k]:>13}" for k in kinds))


if __name__ == "__main__":
    main()
