"""Networks that were trained here, as they would ship: in half precision, on onnxruntime."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from journeyqual.models.encoder import MINILM_FILES, checked
from journeyqual.models.reader import WORDS, Reader, ReaderSettings

WIRING = ReaderSettings(split=3, reach=3, around=-1.2, beside=-2.5, tokens=128, window=420)
"""As in ``training/network.py``."""
FILE = "net.safetensors"


def arrays_of(folder: Path) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]:
    """Return a network's layers under BERT's names, and what else it has learned."""
    from safetensors.numpy import load_file

    found = load_file(folder / FILE)
    layers = {k.removeprefix("bert."): v for k, v in found.items() if k.startswith("bert.")}
    words = layers.pop(WORDS)
    if not np.array_equal(words, minilm_arrays()[WORDS]):
        raise SystemExit("the word embeddings were trained too: they would have to be shipped")
    return layers, {k: v for k, v in found.items() if not k.startswith("bert.")}


@cache
def minilm_arrays() -> Mapping[str, NDArray[Any]]:
    from safetensors.numpy import load

    return load(checked("model.safetensors", MINILM_FILES["model.safetensors"]))


@cache
def reader_of(folder: Path) -> Reader:
    """Return the network as it would ship."""
    layers, _ = arrays_of(folder)
    half: dict[str, Any] = {k: v.astype(np.float16) for k, v in layers.items()}
    half[WORDS] = minilm_arrays()[WORDS]
    digest = hashlib.sha256((folder / FILE).read_bytes()).hexdigest()[:16]
    return Reader(
        half,
        json.loads(checked("config.json", MINILM_FILES["config.json"])),
        checked("tokenizer.json", MINILM_FILES["tokenizer.json"]).decode(),
        WIRING,
        fingerprint=digest,
    )
