"""A codebook file on the disk: read as it is, written whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from journeyqual.codebook import MAX_BYTES
from journeyqual.errors import ConfigError
from journeyqual.revision.layout import parse


def opened(path: str | Path) -> tuple[str, str]:
    """Return the text of a codebook file, and the fingerprint to hand to `save`.

    Raises
    ------
    ConfigError
        If there is no such file, it is too large, or it is not UTF-8.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError("there is no such codebook file", path=path) from None
    if len(data) > MAX_BYTES:
        raise ConfigError(f"a codebook over {MAX_BYTES // 1_000_000} MB", path=path)
    try:
        return data.decode("utf-8-sig"), hashlib.sha256(data).hexdigest()[:12]
    except UnicodeDecodeError:
        raise ConfigError(
            "the codebook is not UTF-8 text", path=path, remedy="save it as UTF-8"
        ) from None


def save(path: str | Path, text: str, expected_fingerprint: str) -> str:
    """Write a codebook file, all of it or nothing, unless somebody else has written it meanwhile.

    Parameters
    ----------
    path
        The file; it is there already.
    text
        What it is to say.
    expected_fingerprint
        As `opened` returned it beside the text that was changed.

    Returns
    -------
    str
        The new fingerprint.

    Raises
    ------
    ConfigError
        If the text is no codebook, or the file is not what it was.
    """
    path = Path(path).resolve()
    parse(text)
    with locked(path):
        if opened(path)[1] != expected_fingerprint:
            raise ConfigError(
                "the codebook was changed by somebody else meanwhile",
                path=path,
                remedy="open it again; nothing was written",
            )
        mark = path.read_bytes()[:3]
        data = text.removeprefix("\ufeff").encode()
        if mark == b"\xef\xbb\xbf":
            data = mark + data
        if len(data) > MAX_BYTES:
            raise ConfigError(f"a codebook over {MAX_BYTES // 1_000_000} MB", path=path)
        beside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
        try:
            with beside.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            shutil.copymode(path, beside)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    return hashlib.sha256(data).hexdigest()[:12]


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a codebook file for one writer of this machine; the lock goes with its process.

    Raises
    ------
    ConfigError
        If another writer holds it for more than ten seconds.
    """
    from filelock import FileLock, Timeout

    try:
        with FileLock(path.with_name(f".{path.name}.lock"), timeout=10):
            yield
    except Timeout:
        raise ConfigError(
            "the codebook is being written by somebody else", path=path, remedy="try again"
        ) from None
