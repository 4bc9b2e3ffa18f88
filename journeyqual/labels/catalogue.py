"""A PO file to a frozen catalogue: data from a person, perhaps a stranger, within limits."""

from __future__ import annotations

import gettext
import io
import os
import stat
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from journeyqual.errors import ConfigError

if TYPE_CHECKING:
    from babel.messages.catalog import Message

MOST_BYTES = 1_000_000
MOST_LABELS = 5_000
LONGEST = 4_000
"""Characters of one label."""


@dataclass(frozen=True)
class Catalogue:
    """The labels of one file in their language.

    Parameters
    ----------
    single
        English to translation.
    plural
        The English singular to the translation's forms.
    which
        Which form goes with a number.
    """

    single: Mapping[str, str]
    plural: Mapping[str, tuple[str, ...]]
    which: Callable[[int], int]


def read(path: Path) -> Catalogue:
    """Return the labels of a PO file; blank and fuzzy ones are left out, as gettext does.

    Parameters
    ----------
    path
        A PO file in UTF-8, of `MOST_BYTES` at most.

    Raises
    ------
    ConfigError
        If it is too large, no PO file, or a translation's placeholders are not those of its label.
    """
    try:
        with path.open("rb") as file:
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode) or state.st_size > MOST_BYTES:
                raise ConfigError(f"no catalogue of at most {MOST_BYTES // 1000} kB", path=path)
            data = file.read(MOST_BYTES)
    except OSError as error:
        raise ConfigError(f"cannot be read ({error.strerror})", path=path) from None
    return _parsed(path, data)


@cache
def _parsed(path: Path, data: bytes) -> Catalogue:
    from babel.messages.pofile import PoFileError, read_po

    try:
        text = data.decode("utf-8-sig")
        made = read_po(io.StringIO(text), abort_invalid=True)
        which = gettext.c2py(made.plural_expr)
        # A rule that fails for a number would fail in the middle of a page.
        for n in range(200):
            which(n)
    except PoFileError as error:
        line = getattr(error, "lineno", None)
        raise ConfigError(
            "no PO file", path=path, line=None if line is None else line + 1
        ) from None
    except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError) as error:
        reason = str(error).split("\n")[0][:80]
        raise ConfigError(f"no PO file ({reason})", path=path) from None
    single: dict[str, str] = {}
    plural: dict[str, tuple[str, ...]] = {}
    for message in made:
        if not message.id or message.fuzzy:
            continue
        given = message.string or ""
        texts = [given] if isinstance(given, str) else list(given)
        if not texts or not all(texts):
            continue
        _check(message, texts, path)
        if isinstance(message.id, str):
            single[message.id] = texts[0]
        else:
            plural[message.id[0]] = tuple(texts)
    if len(single) + len(plural) > MOST_LABELS:
        raise ConfigError(f"more than {MOST_LABELS} labels", path=path)
    return Catalogue(single, plural, which)


def _check(message: Message, texts: list[str], path: Path) -> None:
    from journeyqual.labels import PLACEHOLDER

    known = [message.id] if isinstance(message.id, str) else list(message.id)
    wanted = set(PLACEHOLDER.findall(known[-1]))
    # "one person" may stand for "{n} people" where n is 1.
    needed = wanted if len(known) == 1 else wanted - {"n"}
    line = message.lineno
    for text in texts:
        found = set(PLACEHOLDER.findall(text))
        if not needed <= found <= wanted:
            name = sorted((needed - found) or (found - wanted))[0]
            how = "lacks" if name in needed - found else "has a strange"
            raise ConfigError(
                f"the translation of {known[0][:60]!r} {how} {{{name}}}", path=path, line=line
            )
        if len(text) > LONGEST:
            raise ConfigError(f"a label of more than {LONGEST} letters", path=path, line=line)
        if any(unicodedata.category(c) in ("Cc", "Cf", "Cs") and c not in _HARMLESS for c in text):
            raise ConfigError("a label holds a character that cannot be seen", path=path, line=line)


_HARMLESS = "\u00ad\u200c\u200d\u200e\u200f"
"""Soft hyphens, joiners and marks of direction: languages need them, and none hides a word."""
