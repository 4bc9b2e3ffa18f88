"""Vectors kept on disk by content: a text encoded once by an encoder is never encoded again.

The cache is one SQLite file. Its key is the encoder's fingerprint, that of the code that reads
with it, and the text's sha256, so a changed text, another encoder or another way of reading is
simply not found; rows are added in whole transactions, which survive a kill and several processes
at once.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from journeyqual import provenance
from journeyqual.errors import ModelError
from journeyqual.models.encoder import Encoder, Vectors

Progress = Callable[[int, int], None]
"""Called with the number of texts that have a vector, and the number of all."""

FILE = "vectors.sqlite"
BLOCK = 1024
"""Texts encoded between two commits: what a kill can lose."""
LOOKUP = 500
"""Keys asked for at once; SQLite has always allowed 999."""
PATIENCE_S = 120.0
"""How long one process waits for another's commit."""

_STORED = np.dtype("<f4")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS vectors (
    encoder TEXT NOT NULL, text BLOB NOT NULL, vector BLOB NOT NULL, PRIMARY KEY (encoder, text)
) WITHOUT ROWID
"""


def cached_encode(
    texts: Sequence[str],
    encoder: Encoder,
    folder: str | Path | None = None,
    progress: Progress | None = None,
) -> Vectors:
    """Encode texts, taking from the cache what is there and adding what is not.

    Parameters
    ----------
    texts
        Any texts; one that stands several times is encoded once.
    encoder
        What makes the vectors.
    folder
        Where the cache lives; it is made if need be. None keeps nothing.
    progress
        Called after every block with (texts done, texts in all).

    Returns
    -------
    ndarray
        Shape (n, dim), float32, in the order of the texts; the same with and without a cache.

    Raises
    ------
    ModelError
        If the cache is damaged or cannot be written.
    """
    rows: dict[str, list[int]] = {}
    for row, text in enumerate(texts):
        rows.setdefault(text, []).append(row)
    out = np.zeros((len(texts), encoder.dim), dtype=np.float32)
    done = 0

    def place(block: Sequence[str], vectors: Vectors) -> None:
        nonlocal done
        for text, vector in zip(block, vectors, strict=True):
            out[rows[text]] = vector
            done += len(rows[text])
        if progress is not None:
            progress(done, len(texts))

    # Texts of like length side by side make the encoder's batches even.
    unique = sorted(rows, key=len)
    if folder is None:
        for block in _blocks(unique, BLOCK):
            place(block, encoder.encode(block))
        return out
    with _opened(Path(folder)) as cache:
        missing = []
        for block in _blocks(unique, LOOKUP):
            found = _read(cache, encoder, block)
            place(list(found), np.array(list(found.values())).reshape(-1, encoder.dim))
            missing += [text for text in block if text not in found]
        for block in _blocks(missing, BLOCK):
            vectors = encoder.encode(block)
            _write(cache, encoder, block, vectors)
            place(block, vectors)
    return out


class Reads(Protocol):
    """What reads the units of an interview in one another's light: a `Reader`."""

    fingerprint: str
    dim: int

    def interviews(self, interviews: Sequence[Sequence[str]]) -> list[Vectors]:
        """Return vectors per interview, shape (units, dim), from that interview alone."""
        ...


def cached_reading(
    interviews: Sequence[Sequence[str]],
    reader: Reads,
    folder: str | Path | None = None,
    progress: Progress | None = None,
) -> list[Vectors]:
    """Read interviews, taking from the cache those that are there and adding those that are not.

    Parameters
    ----------
    interviews
        Units of each, in the order of speech.
    reader
        What makes the vectors.
    folder, progress
        As for `cached_encode`; progress counts units.

    Returns
    -------
    list of ndarray
        Shape (units, dim) each; the same with and without a cache.

    Raises
    ------
    ModelError
        If the cache is damaged or cannot be written.
    """
    out: list[Vectors | None] = [None] * len(interviews)
    total, done = sum(map(len, interviews)), 0

    def place(rows: Sequence[int], found: Sequence[Vectors]) -> None:
        nonlocal done
        for row, vectors in zip(rows, found, strict=True):
            out[row] = vectors
            done += len(vectors)
        if progress is not None:
            progress(done, total)

    missing = list(range(len(interviews)))
    if folder is not None:
        with _opened(Path(folder)) as cache:
            for row in missing:
                found = _read_interview(cache, reader, interviews[row])
                if found is not None:
                    place([row], [found])
    missing = [row for row in missing if out[row] is None]
    for rows in _by_units(missing, interviews):
        read = reader.interviews([interviews[row] for row in rows])
        if folder is not None:
            with _opened(Path(folder)) as cache:
                for row, vectors in zip(rows, read, strict=True):
                    _write_interview(cache, reader, interviews[row], vectors)
        place(rows, read)
    return [vectors for vectors in out if vectors is not None]


def _by_units(rows: Sequence[int], interviews: Sequence[Sequence[str]]) -> Iterator[list[int]]:
    """Gather interviews until a block of units is full: what is read between two commits."""
    held: list[int] = []
    size = 0
    for row in rows:
        held.append(row)
        size += len(interviews[row])
        if size >= BLOCK:
            yield held
            held, size = [], 0
    if held:
        yield held


def _places(reader: Reads, texts: Sequence[str]) -> list[str]:
    """Name each unit's place in this very interview: the same words elsewhere read otherwise."""
    whole = hashlib.sha256(b"".join(map(_key, texts))).hexdigest()[:24]
    return [f"{_made_by(reader)}:{whole}:{place}" for place in range(len(texts))]


def _made_by(reader: Encoder | Reads) -> str:
    """Name what makes a vector: the network, and our code around it."""
    return f"{reader.fingerprint}-{provenance.meaning('models')}"


def _read_interview(
    cache: sqlite3.Connection, reader: Reads, texts: Sequence[str]
) -> Vectors | None:
    out = np.zeros((len(texts), reader.dim), np.float32)
    places = {name: row for row, name in enumerate(_places(reader, texts))}
    for block in _blocks(list(places), LOOKUP):
        marks = ",".join("?" * len(block))
        found = cache.execute(
            f"SELECT encoder, vector FROM vectors WHERE encoder IN ({marks})", list(block)
        ).fetchall()
        if len(found) < len(block):
            return None
        for name, vector in found:
            if len(vector) != reader.dim * _STORED.itemsize:
                return None
            out[places[name]] = np.frombuffer(vector, dtype=_STORED)
    return out


def _write_interview(
    cache: sqlite3.Connection, reader: Reads, texts: Sequence[str], vectors: Vectors
) -> None:
    with cache:
        cache.executemany(
            "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)",
            [
                (place, _key(text), vector.astype(_STORED).tobytes())
                for place, text, vector in zip(_places(reader, texts), texts, vectors, strict=True)
            ],
        )


def cached_numbers(
    texts: Sequence[str],
    at: int,
    kind: str,
    size: int,
    make: Callable[[], NDArray[np.float32]],
    folder: str | Path | None = None,
) -> NDArray[np.float32]:
    """Return numbers about one text among others, made once and then kept.

    Parameters
    ----------
    texts
        All the texts that the numbers follow from.
    at
        Which of them they are about.
    kind
        What they are and what makes them: its fingerprint belongs in it.
    size, make
        How many there are, and what makes them: shape (size,).
    folder
        As for `cached_encode`.

    Raises
    ------
    ModelError
        If the cache is damaged or cannot be written.
    """
    if folder is None:
        return make()
    whole = hashlib.sha256(b"".join(map(_key, texts))).hexdigest()[:24]
    name = f"{kind}:{whole}-{at}:"
    with _opened(Path(folder)) as cache:
        found = cache.execute(
            "SELECT vector FROM vectors WHERE encoder = ?", [f"{name}{at}"]
        ).fetchone()
    # What is not as long as it should be is damaged, and made again.
    if found is not None and len(found[0]) == size * _STORED.itemsize:
        return np.frombuffer(found[0], dtype=_STORED).astype(np.float32)
    made = make()
    # A row for every text, of which one holds the numbers: to forget any of them forgets these.
    rows = [
        (f"{name}{place}", _key(text), made.astype(_STORED).tobytes() if place == at else b"")
        for place, text in enumerate(texts)
    ]
    with _opened(Path(folder)) as cache, cache:
        cache.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", rows)
    return made


def forget(texts: Sequence[str], folder: str | Path) -> int:
    """Erase the vectors of these texts and of all that was read beside them; say how many.

    Parameters
    ----------
    texts
        The texts to erase: a vector tells much of what its text said.
    folder
        Where the cache lives; a folder without one holds nothing to forget.

    Raises
    ------
    ModelError
        If the cache is damaged or cannot be written.
    """
    if not (Path(folder) / FILE).exists():
        return 0
    gone = 0
    with _opened(Path(folder)) as cache:
        # Overwrites the bytes on disk, which a plain DELETE leaves in place.
        cache.execute("PRAGMA secure_delete = ON")
        with cache:
            for block in _blocks(list(dict.fromkeys(texts)), LOOKUP):
                marks = ",".join("?" * len(block))
                keys = [_key(t) for t in block]
                where = f"text IN ({marks})"
                # Read in an interview, a text left its trace in its neighbours' vectors, too.
                read = cache.execute(
                    f"SELECT DISTINCT encoder FROM vectors WHERE {where} AND encoder LIKE '%:%'",
                    keys,
                )
                for whole in {name.rsplit(":", 1)[0] for (name,) in read.fetchall()}:
                    gone += cache.execute(
                        "DELETE FROM vectors WHERE encoder >= ? AND encoder < ?",
                        (f"{whole}:", f"{whole};"),
                    ).rowcount
                gone += cache.execute(f"DELETE FROM vectors WHERE {where}", keys).rowcount
    return gone


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _blocks(texts: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(texts), size):
        yield texts[start : start + size]


@contextmanager
def _opened(folder: Path) -> Iterator[sqlite3.Connection]:
    path = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=PATIENCE_S)) as cache:
            cache.execute(_SCHEMA)
            yield cache
    except (sqlite3.DatabaseError, OSError) as error:
        raise ModelError(
            f"the vector cache cannot be used: {error}",
            path=path,
            remedy="delete it, and it is made anew",
        ) from error


def _read(cache: sqlite3.Connection, encoder: Encoder, texts: Sequence[str]) -> dict[str, Vectors]:
    by_key = {_key(text): text for text in texts}
    marks = ",".join("?" * len(by_key))
    found = cache.execute(
        f"SELECT text, vector FROM vectors WHERE encoder = ? AND text IN ({marks})",
        [_made_by(encoder), *by_key],
    )
    return {
        by_key[key]: np.frombuffer(vector, dtype=_STORED).astype(np.float32)
        for key, vector in found
        if len(vector) == encoder.dim * _STORED.itemsize
    }


def _write(
    cache: sqlite3.Connection, encoder: Encoder, texts: Sequence[str], vectors: Vectors
) -> None:
    # Another process may have come first; its vector is the same, bit for bit.
    with cache:
        cache.executemany(
            "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)",
            [
                (_made_by(encoder), _key(text), vector.astype(_STORED).tobytes())
                for text, vector in zip(texts, vectors, strict=True)
            ],
        )
