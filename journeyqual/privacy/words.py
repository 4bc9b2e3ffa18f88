"""Lists of given names, surnames, towns and ordinary words; they ship with the package.

A list knows the names that were common where it was made: of Faker's eighty countries, of the
United States' census of 1990. A name that it lacks may still be found by what is said around it.
"""

from __future__ import annotations

import functools
import gzip
import unicodedata
from pathlib import Path

FOLDER = Path(__file__).parent / "lists"
_PLAIN = str.maketrans("øłđıðþæœß’ʼ‘", "oldidtaos'''")


@functools.cache
def fold(word: str) -> str:
    """Return a word in small letters without accents.

    >>> fold("Øystein"), fold("Wiśniewska"), fold("O’Rourke")
    ('oystein', 'wisniewska', "o'rourke")
    """
    if word.isascii():
        return word.lower()
    small = unicodedata.normalize("NFKD", word.lower()).translate(_PLAIN)
    return "".join(c for c in small if not unicodedata.combining(c))


@functools.cache
def listed(name: str) -> frozenset[str]:
    """Return one of the lists ``given``, ``small``, ``surnames``, ``towns``, ``ordinary``, folded.

    ``small`` holds the given names that are no word where they stand in small letters.

    >>> "siobhan" in listed("given"), "lagos" in listed("towns"), "letter" in listed("ordinary")
    (True, True, True)
    """
    return frozenset(gzip.decompress((FOLDER / f"{name}.txt.gz").read_bytes()).decode().split("\n"))
