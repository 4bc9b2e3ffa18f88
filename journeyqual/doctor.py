"""What is installed, which models, and whether they are what they should be."""

from __future__ import annotations

import platform
import shutil
import sys
from dataclasses import asdict, dataclass
from importlib import metadata

PACKAGES = (
    "jupyterlab",
    "pandas",
    "spacy",
    "bertopic",
    "sentence-transformers",
    "altair",
    "papermill",
    "onnxruntime",
    "sqlalchemy",
)


@dataclass(frozen=True)
class Check:
    """One thing looked at: whether it is there and intact, and what to do if not.

    Parameters
    ----------
    what
        Name of the package, model or program.
    ok
        Whether it is there, and what it should be.
    detail
        Version or size, else what is wrong.
    remedy
        What to run.
    needed
        Whether journeyqual cannot work without it.
    """

    what: str
    ok: bool
    detail: str
    remedy: str = ""
    needed: bool = True

    def as_dict(self) -> dict[str, object]:
        """Return the check as plain values."""
        return asdict(self)


def examine() -> list[Check]:
    """Look at Python, packages, models and the optional programs.

    Returns
    -------
    list of Check
        In a fixed order; nothing is loaded but the models' files, to compare their sha256.
    """
    from journeyqual.models import verify_all

    python = sys.version_info[:2]
    checks = [
        Check(
            "Python",
            (3, 11) <= python <= (3, 13),
            platform.python_version(),
            "use Python 3.11, 3.12 or 3.13",
        )
    ]
    for name in PACKAGES:
        try:
            checks.append(Check(name, True, metadata.version(name)))
        except metadata.PackageNotFoundError:
            checks.append(Check(name, False, "not installed", f"pip install {name}"))
    for row in verify_all().itertuples():
        detail = f"{row.version}, {row.bytes / 1e6:.1f} MB" if row.ok else "missing or damaged"
        checks.append(Check(f"model {row.name}", bool(row.ok), detail, str(row.reason)))
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    checks.append(
        Check(
            "Chromium",
            browser is not None,
            "found" if browser else "not found; only browser tests need it",
            "install your system's chromium",
            needed=False,
        )
    )
    return checks
