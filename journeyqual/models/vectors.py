"""Vectors kept on disk by content: a text encoded once by an encoder is never encoded again.

The cache is one SQLite file. Its key is the encoder's fingerprint and the text's sha256, so a
changed text or another encoder is simply not found; rows are added in whole transactions, which
survive a kill and several processes at once.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

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


def forget(texts: Sequence[str], folder: str | Path) -> int:
    """Erase the vectors of these texts, by every encoder, and say how many there were.

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
                gone += cache.execute(
                    f"DELETE FROM vectors WHERE text IN ({marks})", [_key(t) for t in block]
                ).rowcount
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
        [encoder.fingerprint, *by_key],
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
                (encoder.fingerprint, _key(text), vector.astype(_STORED).tobytes())
                for text, vector in zip(texts, vectors, strict=True)
            ],
        )
