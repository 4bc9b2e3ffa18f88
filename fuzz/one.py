"""Fuzzes one target with atheris: coverage of the Python code guides the mutations.

``python -m fuzz.one NAME CORPUS… [libFuzzer's options]``; `fuzz.__main__` calls it.
"""

from __future__ import annotations

import os
import pkgutil
import sys
from importlib import import_module
from pathlib import Path

import atheris

PACKAGES = ("journeyqual.reading", "journeyqual.interchange")
LIBRARIES = ("webvtt", "pysubs2", "openpyxl")
"""Beside journeyqual's own readers, whose branches guide the search."""


def main() -> None:
    name = sys.argv.pop(1)
    # libFuzzer starts itself anew to thin a corpus, by this name.
    sys.argv[0] = os.environ.get("FUZZ_SELF", sys.argv[0])
    import journeyqual

    with atheris.instrument_imports(include=[*PACKAGES, *LIBRARIES]):
        # Readers are imported when used, which would be too late to be looked into.
        for package in PACKAGES:
            folder = Path(journeyqual.__path__[0], package.rpartition(".")[2])
            for module in pkgutil.iter_modules([str(folder)], f"{package}."):
                import_module(module.name)
        for library in LIBRARIES:
            import_module(library)
    from fuzz.targets import targets

    target = targets()[name]
    from journeyqual.errors import JourneyqualError

    def one_input(data: bytes) -> None:
        try:
            target.read(data)
        except JourneyqualError as refused:
            if len(str(refused).splitlines()) != 1:
                raise

    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
