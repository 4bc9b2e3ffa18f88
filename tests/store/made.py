"""Small interviews, codings and corrections, a sentence a turn."""

import pandas as pd

from journeyqual.schema import TURNS, check
from journeyqual.store import Interview
from journeyqual.units import from_turns, span_id, stored_text


def interview(name="i1", participant="P01", said=("It broke \U0001f602.", "Then they mended it.")):
    """Return an interview in which each turn is a sentence and a unit."""
    turns = check(
        pd.DataFrame(
            {
                "interview": name,
                "participant": participant,
                "turn_index": range(len(said)),
                "speaker": participant,
                "role": "participant",
                "text": said,
                "start_s": [1.5, *[None] * (len(said) - 1)],
            }
        ),
        TURNS,
    )
    units = from_turns(turns, sentences=lambda texts: [[(0, len(t))] for t in texts])
    text, starts = stored_text(turns)
    return Interview(turns, units, text, starts)


def codings(units, coder, dimension="stage", value="using", version="1+abc"):
    """Return a coding of each unit."""
    return pd.DataFrame(
        {
            "unit_id": units["unit_id"],
            "dimension": dimension,
            "value": value,
            "coder": coder,
            "codebook_version": version,
        }
    )


def span(one, words):
    """Return the free span of an interview that has these words."""
    start = one.text.index(words)
    after = one.starts[one.starts <= start]
    return pd.DataFrame(
        [
            {
                "unit_id": span_id(one.name, start, words),
                "interview": one.name,
                "participant": one.turns["participant"].iloc[0],
                "kind": "span",
                "turn_index": int(after.index[-1]),
                "start_char": start,
                "end_char": start + len(words),
                "text": words,
                "order": 0,
            }
        ]
    )


def moves(old, new, reason="", **to):
    """Return where the units of one interview are in another: by words, or as ``to`` says.

    A key is an old unit's first word, its value the first word of the new unit, blank if lost.
    """
    by_words = dict(zip(new["text"], new["unit_id"], strict=True))
    by_first = {text.split()[0].strip("."): unit for text, unit in by_words.items()} | {"": ""}
    rows = []
    for unit in old.itertuples():
        first = unit.text.split()[0].strip(".")
        target = by_first[to[first]] if first in to else by_words[unit.text]
        rows.append(
            {
                "unit_id": unit.unit_id,
                "to": target,
                "how": "same" if target == unit.unit_id else "edited" if target else "lost",
                "similarity": 1.0,
                "reason": "" if target else reason or "words are gone",
            }
        )
    return pd.DataFrame(rows)
