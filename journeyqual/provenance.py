"""What made a result: a fingerprint of our own code, and the versions of what it stands on."""

from __future__ import annotations

import hashlib
import platform
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
SOURCES = {".py", ".j2", ".html", ".css", ".js", ".json", ".ipynb"}
"""What of the package can change a result or a page; weights sign with a version of their own."""
STANDS_ON = (
    "altair", "jupyterlab", "numpy", "onnxruntime", "pandas", "papermill", "scikit-learn", "scipy",
    "spacy", "sqlalchemy", "statsmodels", "tokenizers", "umap-learn", "vl-convert-python",
)  # fmt: skip
"""Libraries that figures or pages pass through."""


@lru_cache(maxsize=1)
def code() -> str:
    """Return twelve hex digits that change when our own code or a shipped notebook changes.

    Whoever upgrades sees every result computed and every report drawn again, also between two
    releases of the same number. What machine coders said stands: they sign with versions.

    Examples
    --------
    >>> len(code())
    12
    """
    notebooks = PACKAGE / "_notebooks"
    roots = (PACKAGE, notebooks if notebooks.is_dir() else PACKAGE.parent / "notebooks")
    digest = hashlib.sha256()
    for root in roots:
        for path in sorted(root.rglob("*")):
            if path.suffix in SOURCES and not path.name.startswith("."):
                digest.update(path.relative_to(root).as_posix().encode() + b"\0")
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def versions() -> dict[str, str]:
    """Return the versions of Python, of journeyqual and of the libraries that figures pass through.

    Examples
    --------
    >>> sorted(versions())[:3]
    ['altair', 'code', 'journeyqual']
    """
    from journeyqual import __version__

    out = {"python": platform.python_version(), "journeyqual": __version__, "code": code()}
    for name in STANDS_ON:
        try:
            out[name] = version(name)
        except PackageNotFoundError:
            continue
    return out
