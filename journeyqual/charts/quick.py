"""Import the drawing and notebook libraries without the second that none of their users needs.

altair, nbformat, nbclient and nbconvert all import jsonschema, whose format checker imports
``rfc3987_syntax`` when it is installed and then builds a grammar for international web addresses:
0.9 s in every process, for a check (``format: iri``) that neither Vega-Lite's nor the notebook's
schema asks for. jsonschema treats the package as optional, so it is shown as absent while
jsonschema loads, and as present again afterwards. This is the only place that does so.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

_GRAMMAR = "rfc3987_syntax"


def quick_import(name: str) -> ModuleType:
    """Import a module by name, jsonschema before it without its grammar of web addresses.

    Parameters
    ----------
    name
        The module's full name.

    Raises
    ------
    ModuleNotFoundError
        If there is no such module.

    Examples
    --------
    >>> quick_import("json").dumps({"a": 1})
    '{"a": 1}'
    """
    if "jsonschema" not in sys.modules and _GRAMMAR not in sys.modules:
        # None marks a module as absent for the import system (Python reference, 5.3.1).
        sys.modules[_GRAMMAR] = None  # type: ignore[assignment]
        try:
            importlib.import_module("jsonschema")
        finally:
            del sys.modules[_GRAMMAR]
    return importlib.import_module(name)
