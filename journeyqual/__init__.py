"""journeyqual: interviews, coded to journey stages and emotion, drawn as curves that can be opened.

Importing the package loads no heavy library; each loads when what needs it is first used.
"""

from __future__ import annotations

from importlib import import_module, metadata
from typing import Any

__all__ = ["__version__", "charts", "codebook", "lab", "labels", "open_study", "reports", "schema"]

try:
    __version__ = metadata.version("journeyqual")
except metadata.PackageNotFoundError:  # a bare checkout on the path
    __version__ = "0+unknown"


def __getattr__(name: str) -> Any:
    if name == "open_study":
        return import_module("journeyqual.study").open_study
    if name in __all__:
        return import_module(f"journeyqual.{name}")
    raise AttributeError(f"module 'journeyqual' has no attribute {name!r}")
