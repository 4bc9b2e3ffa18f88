"""The layout of a codebook file: where each stage stands in it, and its fields written anew."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any

from journeyqual.codebook import Codebook, Stage, from_dict
from journeyqual.errors import ConfigError

if TYPE_CHECKING:
    from tomlkit.items import Array


def next_version(version: str) -> str:
    """Return the version after this one: its last number counts up, a word gets a number.

    Examples
    --------
    >>> next_version("3"), next_version("3.9"), next_version("draft"), next_version("draft.2")
    ('4', '3.10', 'draft.2', 'draft.3')
    """
    found = re.fullmatch(r"(v?|.*\.)([0-9]+)", version, flags=re.DOTALL)
    return f"{found[1]}{int(found[2]) + 1}" if found else f"{version}.2"


def parse(text: str) -> Codebook:
    """Read a codebook from the text of its file; same checks as `journeyqual.codebook.load`.

    Raises
    ------
    ConfigError
        If the text is no TOML, no codebook, or cannot be written as UTF-8.
    """
    try:
        text.encode()
        return from_dict(tomllib.loads(text))
    except UnicodeEncodeError:
        raise ConfigError("the codebook holds half a character", remedy="type it again") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"not valid TOML: {error}") from None


class CodebookFile:
    """A codebook file in pieces: what stands between stages, and each stage with its comments.

    Parameters
    ----------
    text
        The text of the file.

    Raises
    ------
    ConfigError
        If it is no codebook, or its stages are not written as ``[[stage]]``.
    """

    def __init__(self, text: str) -> None:
        self._crlf = "\r\n" in text
        text = text.replace("\r\n", "\n")
        self.book = parse(text)
        self._pieces = _pieces(text)
        if len(self._places()) != len(self.book.stages):
            raise ConfigError(
                "the stages stand in one list", remedy="write each as [[stage]], by hand"
            )

    def _places(self) -> list[int]:
        return [i for i, (is_stage, _) in enumerate(self._pieces) if is_stage]

    def stage(self, at: int) -> str:
        """Return the piece of the stage at a place, counted from 0."""
        return self._pieces[self._places()[at]][1]

    def put(self, at: int, piece: str) -> None:
        """Let another piece stand for the stage at a place."""
        self._pieces[self._places()[at]] = True, piece

    def take(self, at: int) -> str:
        """Take the stage at a place out, and return its piece."""
        place = self._places()[at]
        piece = self._pieces.pop(place)[1]
        if place == len(self._pieces):
            self._end()
        return piece

    def insert(self, at: int, piece: str) -> None:
        """Set a piece before the stage at a place, or behind the last."""
        places = self._places()
        if at < len(places):
            place = places[at]
        else:
            place = places[-1] + 1 if places else len(self._pieces)
        kind, before = self._pieces[place - 1]
        if before.strip("\n"):
            self._pieces[place - 1] = kind, before.rstrip("\n") + "\n\n"
        self._pieces.insert(place, (True, piece.rstrip("\n") + "\n\n"))
        if place == len(self._pieces) - 1:
            self._end()

    def _end(self) -> None:
        kind, last = self._pieces[-1]
        self._pieces[-1] = kind, last.rstrip("\n") + "\n" if last.strip("\n") else last

    def finish(self, stages: Sequence[Stage], *, version: str = "") -> str:
        """Put the pieces together under a new version.

        Parameters
        ----------
        stages
            What the pieces must say.
        version
            The new version; blank counts the old one up.

        Raises
        ------
        ConfigError
            If they do not say it: then the file is laid out in a way that is not understood here.
        """
        version = version or next_version(self.book.version)
        self._pieces[0] = False, _versioned(self._pieces[0][1], version)
        text = "".join(piece for _, piece in self._pieces)
        book = parse(text)
        if book != replace(self.book, version=version, stages=tuple(stages)):
            raise ConfigError(
                "the codebook is written in a way that cannot be changed here",
                remedy="change the file by hand; nothing was written",
            )
        return text.replace("\n", "\r\n") if self._crlf else text


_TOKENS = {
    "": re.compile(r"\"\"\"|'''|[\"'\[\]{}\n]|#[^\n]*"),
    '"': re.compile(r'\\.|"', re.DOTALL),
    "'": re.compile(r"'"),
    '"""': re.compile(r'\\.|"{3,5}', re.DOTALL),
    "'''": re.compile(r"'{3,5}"),
}
"""What ends or changes a state of the reader: outside of strings, and in the four kinds."""


def _lines(text: str) -> list[tuple[str, bool]]:
    """Split TOML into lines, and tell which begin outside of any string or list."""
    inside, depth, at = "", 0, 0
    outside = {0}
    while found := _TOKENS[inside].search(text, at):
        at, token = found.end(), found[0]
        if inside:
            inside = inside if token[0] == "\\" else ""
        elif token[0] in "\"'":
            inside = token
        elif token in "[{":
            depth += 1
        elif token in "]}":
            depth -= 1
        elif token == "\n" and depth == 0:
            outside.add(at)
    out, start = [], 0
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        out.append((line, start in outside))
        start += len(line)
    return out


def _pieces(text: str) -> list[tuple[bool, str]]:
    """Cut a file before each stage; comments right above a header belong to what follows."""
    lines = _lines(text)
    cuts: list[tuple[int, bool]] = [(0, False)]
    for i, (line, outside) in enumerate(lines):
        if not outside or not line.lstrip().startswith("["):
            continue
        key, value = next(iter(tomllib.loads(line).items()))
        is_stage = key == "stage"
        if is_stage and not isinstance(value, list):
            # A table inside the stage above.
            continue
        start = i
        while start > cuts[-1][0] and lines[start - 1][1] and lines[start - 1][0].startswith("#"):
            start -= 1
        cuts.append((start, is_stage))
    out: list[tuple[bool, str]] = []
    for (start, is_stage), (end, _) in zip(cuts, [*cuts[1:], (len(lines), False)], strict=True):
        last = _last(lines, start, end) if is_stage else end
        out.append((is_stage, "".join(line for line, _ in lines[start:last])))
        if last < end:
            # Remarks below a stage, a blank line away, stay where they are when it moves.
            out.append((False, "".join(line for line, _ in lines[last:end])))
    return out


def _last(lines: list[tuple[str, bool]], start: int, end: int) -> int:
    """Return where a stage ends: before remarks that a blank line sets apart from it."""

    def is_remark(i: int) -> bool:
        line, outside = lines[i]
        return outside and (not line.strip() or line.lstrip().startswith("#"))

    last = end
    while last > start and is_remark(last - 1):
        last -= 1
    while last < end and lines[last][0].strip():
        last += 1
    while last < end and not lines[last][0].strip():
        last += 1
    return last


def comments(piece: str) -> str:
    """Return the comments that stand above a stage's header."""
    found = re.match(r"(?:#[^\n]*\n)*", piece)
    return found[0] if found else ""


def printable(note: str) -> str:
    """Return a note as TOML allows it in a comment: one line, without control characters."""
    return "".join(c for c in " ".join(note.split()) if c.isprintable())


def _versioned(preamble: str, version: str) -> str:
    import tomlkit

    document = tomlkit.parse(preamble)
    if "version" in document:
        if document["version"] != version:
            _set(document, "version", string(version))
        return tomlkit.dumps(document)
    line = f"version = {string(version).as_string()}\n"
    return f"{preamble.rstrip()}\n{line}\n" if preamble.strip() else f"{line}\n{preamble.lstrip()}"


def rewritten(core: str, before: Stage, after: Stage) -> str:
    """Return a stage's piece of the file with the fields that differ written anew."""
    import tomlkit

    body = core.rstrip("\n") + "\n"
    document = tomlkit.parse(body)
    table: Any = document["stage"][0]
    for field in fields(Stage):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if old == new:
            continue
        if new in ("", (), None):
            del table[field.name]
        elif isinstance(new, tuple):
            _set_list(table, field.name, [_value(entry) for entry in new])
        else:
            _set(table, field.name, string(new) if isinstance(new, str) else tomlkit.item(new))
    return tomlkit.dumps(document) + core[len(body) :]


def _value(entry: Any) -> Any:
    return entry if isinstance(entry, str) else {k: v for k, v in asdict(entry).items() if v}


def _set(table: Any, key: str, item: Any) -> None:
    """Set a value; the comment at the end of its line stays."""
    if key in table:
        trivia = table[key].trivia
        item.trivia.comment_ws, item.trivia.comment = trivia.comment_ws, trivia.comment
    table[key] = item


def _set_list(table: Any, key: str, values: list[Any]) -> None:
    """Set a list entry by entry, so that those that stay keep their lines and comments."""
    import tomlkit
    from tomlkit.items import Array

    if key in table and isinstance(table[key], str):
        # One text may stand for a list of one.
        del table[key]
    if key in table and isinstance(table[key], Array):
        array: Array = table[key]
        old = [json.dumps(entry, sort_keys=True) for entry in array.unwrap()]
        new = [json.dumps(entry, sort_keys=True) for entry in values]
        steps = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        for _, first, last, start, end in reversed([s for s in steps if s[0] != "equal"]):
            for i in reversed(range(first, last)):
                del array[i]
            for i, value in enumerate(values[start:end]):
                array.insert(first + i, _entry(value))
        return
    if key in table:
        del table[key]
    array = tomlkit.array()
    for value in values:
        array.append(_entry(value))
    array.multiline(len(array.as_string()) > 90)
    table[key] = array


def _entry(value: Any) -> Any:
    import tomlkit

    if isinstance(value, str):
        return string(value)
    table = tomlkit.inline_table()
    for key, text in value.items():
        table.append(key, string(text))
    return table


def string(text: str) -> Any:
    """Return a text as TOML writes it, over several lines if it has them."""
    import tomlkit

    plain = all(c.isprintable() or c == "\n" for c in text) and not re.search(r'\\|"""|"$', text)
    return tomlkit.string(text, multiline=plain and "\n" in text)
