"""Writes weights and their entry in the manifest; the same arrays give the same bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from journeyqual.models.encoder import minilm_fingerprint
from journeyqual.models.weights import FOLDER, MANIFEST

DECIMALS = 4
"""Kept of every weight: far below what moves a coding."""


def ship(
    name: str,
    *,
    version: str,
    trained_on: list[str],
    settings: Mapping[str, Any] | None = None,
    arrays: Mapping[str, NDArray[Any]] | None = None,
    half: bool = False,
) -> None:
    """Write a model's arrays, as float32 of `DECIMALS` decimals or as they are in float16."""
    entry: dict[str, Any] = {
        "version": version, "licence": "Apache-2.0", "trained_on": trained_on,
        "encoder": minilm_fingerprint(), "settings": dict(settings or {}),
    }  # fmt: skip
    FOLDER.mkdir(exist_ok=True)
    if arrays:
        # safetensors writes memory as it lies: an array in Fortran order would come back scrambled.
        rounded = {
            k: np.ascontiguousarray(v, np.float16)
            if half
            else np.ascontiguousarray(np.round(v, DECIMALS) + 0.0, np.float32)
            for k, v in arrays.items()
        }
        content = save({k: rounded[k] for k in sorted(rounded)})
        entry["file"] = f"{name}.safetensors"
        entry["sha256"] = hashlib.sha256(content).hexdigest()
        (FOLDER / entry["file"]).write_bytes(content)
    path = FOLDER / MANIFEST
    manifest = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    manifest[name] = entry
    text = json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
