"""A small invented interview, what a machine might say of it, and a session at it."""

import re
from pathlib import Path

import pandas as pd

from journeyqual.codebook import load
from journeyqual.schema import CODINGS, TURNS, check
from journeyqual.store import Interview, Store
from journeyqual.tagging import Session
from journeyqual.units import from_turns, stored_text

BOOK = load(Path(__file__).parents[2] / "data" / "sample" / "codebook.toml")
STAGES = BOOK.stage_names
MACHINE = "model:made@1"

HOSTILE = "<img src=x onerror=\"document.title='owned'\"><b>bold</b> & </script>"
_SAID = """
Ruth: How did you hear of the bikes?
P01: There was this poster by the swings, with a dog in the box. I laughed out loud at it. \
My mam said over my dead body, and I forgot the thing for weeks on end.
Ruth: And then what made you decide?
P01: The car failed its test 😭😭 and the man would not meet my eye. \
So we did our sums on the back of an envelope, twice over, and the bike came out cheaper.
Ruth: How was the delivery?
P01: It came two days late and in the rain, and nobody rang to tell us about it. \
The driver was lovely though, he showed us the brakes and the battery and the lot. HOSTILE
P01: Now we ride it every single day and I would not go back to the car for anything.
"""
SAID = [
    (who, "interviewer" if who == "Ruth" else "participant", text.replace("HOSTILE", HOSTILE))
    for who, text in (line.split(": ", 1) for line in _SAID.strip().splitlines())
]
GUESSES = (
    ("hearing of it", 0.91, "0.42", 0.74, "joy", 0.66),
    ("hearing of it", 0.48, "-0.37", 0.51, "surprise", 0.31),
    ("comparing and deciding", 0.83, "-0.61", 0.7, "disappointment", 0.44),
    ("comparing and deciding", 0.77, "0.18", 0.63, "neutral", 0.58),
    ("delivery and set-up", 0.95, "-0.7", 0.81, "frustration", 0.72),
    ("delivery and set-up", 0.62, "0.55", 0.69, "gratitude", 0.49),
    ("everyday riding", 0.39, "0.9", 0.88, "joy", 0.83),
)


def sentences(texts):
    """Cut after a full stop and a blank; good enough for words that we wrote."""
    out = []
    for text in texts:
        ends = [m.end() for m in re.finditer(r"(?<=\.) ", text)]
        out.append(list(zip([0, *ends], [*ends, len(text)], strict=True)))
    return out


def interview(said=SAID, name="P01_2026-03-04", participant="P01", pace=9.0):
    """Return an interview, a turn each ``pace`` seconds."""
    turns = check(
        pd.DataFrame(
            {
                "interview": name,
                "participant": participant,
                "turn_index": range(len(said)),
                "speaker": [who for who, _, _ in said],
                "role": [role for _, role, _ in said],
                "text": [text for _, _, text in said],
                "start_s": [3 + pace * n for n in range(len(said))],
                "end_s": [2 + pace * (n + 1) for n in range(len(said))],
            }
        ),
        TURNS,
    )
    text, starts = stored_text(turns)
    return Interview(turns, from_turns(turns, sentences=sentences), text, starts)


def long(turns):
    """Return what was said in an interview of that many turns."""
    return [
        (who, role, text.replace("two days", f"{n} days"))
        for n, (who, role, text) in zip(range(turns), SAID * (turns // len(SAID) + 1), strict=False)
    ]


def suggestions(units):
    """Return the machine's codings of the units: the guesses in turn, over and over."""
    rows = []
    for n, unit in enumerate(units["unit_id"]):
        guess = GUESSES[n % len(GUESSES)]
        for k, dimension in enumerate(("stage", "valence", "emotion")):
            value, confidence = guess[2 * k : 2 * k + 2]
            rows.append((unit, dimension, value, MACHINE, confidence))
    columns = ["unit_id", "dimension", "value", "coder", "confidence"]
    frame = pd.DataFrame(rows, columns=columns).assign(origin="")
    return check(frame, CODINGS)


class Study:
    """A store with one interview, and sessions at it."""

    def __init__(self, folder, said=SAID):
        self.one = interview(said)
        self.url = Path(folder) / "study.sqlite"
        self.store = Store(self.url)
        self.store.add_interviews([self.one], source="a", sha256="a")
        self.machine = suggestions(self.one.units)

    def session(self, coder="ana", *, blind=None, machine=True, store=None):
        """Return a coder's session; ``blind`` assigns the interview to them first."""
        if blind is not None:
            self.store.people.assign(self.one.name, f"human:{coder}", blind=blind)
        return Session(
            store or self.store,
            BOOK,
            "1+abc",
            self.one.name,
            coder,
            suggestions=(lambda _: self.machine) if machine else None,
            explain=self.explain,
            unsure_below=0.5,
        )

    def explain(self, unit):
        """Say that long words moved the valence: down in the first half of a unit, else up."""
        text = self.one.units.set_index("unit_id").loc[unit, "text"]
        rows = [
            (m.start(), m.end(), 0.3 if m.start() > len(text) / 2 else -0.12)
            for m in re.finditer(r"\w{6,}", text)
        ]
        return pd.DataFrame(rows, columns=["start", "end", "shift"])

    @property
    def unit_ids(self):
        return self.one.units["unit_id"].tolist()

    def said(self, coder="ana", unit=None):
        """Return what the store now holds of a person: (unit's number, dimension) to value."""
        rows = self.store.codings(coders=[])
        rows = rows[rows["coder"] == f"human:{coder}"]
        numbers = {unit: n for n, unit in enumerate(self.unit_ids)}
        kept = {}
        for row in rows.itertuples():
            at = (numbers.get(row.unit_id, row.unit_id), row.dimension)
            kept.pop(at, None)
            if row.origin != "clear" and (row.value or row.dimension == "stage"):
                kept[at] = row.value if row.status != "rejected" else f"not {row.value}"
        return kept if unit is None else {d: v for (u, d), v in kept.items() if u == unit}

    def close(self):
        self.store.close()
