"""What is fuzzed: every module in this folder adds its own to the list."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module


@dataclass(frozen=True)
class Target:
    """Something that is given a file's bytes and must refuse what it cannot read.

    Parameters
    ----------
    name
        A word; its corpus lies in ``fuzz/corpus/NAME``, what was found in ``fuzz/found/NAME``.
    read
        Takes the bytes; may raise `journeyqual.errors.JourneyqualError` and nothing else.
    seeds
        Valid and nearly valid inputs to start from.
    words
        Scraps of the format that a mutation may put in.
    """

    name: str
    read: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]
    words: tuple[bytes, ...] = ()


def targets() -> dict[str, Target]:
    """Return every target by name; a module here lists its own in ``TARGETS``."""
    found: dict[str, Target] = {}
    for module in pkgutil.iter_modules(__path__):
        for target in import_module(f"{__name__}.{module.name}").TARGETS:
            found[target.name] = target
    return found
