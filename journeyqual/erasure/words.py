"""Whether somebody's words still stand in a file: word sequences, known by their hashes only.

A file is looked into as it is read by people: pages without their tags, JSON without its escapes,
the members of zip files (xlsx, pptx, docx, qdpx), the text of PDFs.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import html
import io
import lzma
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

LONG = 7
"""Words of a sequence: shorter ones are said by many."""
DEEPEST = 4
"""Archives within archives that are opened."""
LARGEST = 500_000_000
"""Bytes that one file may unpack to; a larger one counts as not looked into."""
_WORD = re.compile(r"[^\W_]+")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|[nrtbf\"'/\\])")
_TAG = re.compile(r"<[^<>]{0,2000}>")


class UnreadableError(Exception):
    """A file that cannot be looked into to its end."""


def sequences(texts: Iterable[str], salt: str = "") -> set[str]:
    r"""Return the hashes of every sequence of `LONG` words in the texts, letter case apart.

    Examples
    --------
    >>> said = sequences(["It broke on the way to the shop, again."])
    >>> len(said), said >= sequences(["…it BROKE on the way\nto the…"])
    (3, True)
    """
    out: set[str] = set()
    for text in texts:
        words = [word.casefold() for word in _WORD.findall(text)]
        for at in range(len(words) - LONG + 1):
            out.add(_hash(" ".join(words[at : at + LONG]), salt))
    return out


def _hash(words: str, salt: str) -> str:
    return hashlib.blake2b(words.encode(), digest_size=8, key=salt.encode()).hexdigest()


def stands_in(path: Path, said: frozenset[str], salt: str = "") -> bool:
    """Tell whether any of the sequences stands in a file.

    Raises
    ------
    UnreadableError
        If the file cannot be looked into.
    """
    return any(not said.isdisjoint(sequences([view], salt)) for view in views(path))


def views(path: Path) -> Iterator[str]:
    """Yield what a file says, in each of the ways in which a word may stand in it.

    Raises
    ------
    UnreadableError
        If the file cannot be looked into.
    """
    try:
        for text in _texts(path.read_bytes(), path.suffix.lower(), 0):
            yield from _views(text)
    except (
        OSError,
        zipfile.BadZipFile,
        RuntimeError,
        ValueError,
        EOFError,
        lzma.LZMAError,
    ) as error:
        raise UnreadableError(str(error)) from error


def _views(text: str) -> Iterator[str]:
    yield text
    plain = text
    if "\\" in plain:
        plain = _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else " ", plain)
    if "&" in plain:
        plain = html.unescape(plain)
    if plain != text:
        yield plain
    if "<" in plain:
        yield _TAG.sub(" ", plain)
        # Where a word is set off letter by letter, or a run of text ends within it.
        yield _TAG.sub("", plain)


def _texts(content: bytes, suffix: str, depth: int) -> Iterator[str]:
    if depth > DEEPEST:
        raise ValueError("archives within archives")
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(member.file_size for member in archive.infolist()) > LARGEST:
                raise ValueError("too large an archive")
            for member in archive.infolist():
                yield member.filename
                yield from _texts(archive.read(member), Path(member.filename).suffix, depth + 1)
        return
    for opener, magic in ((gzip, b"\x1f\x8b"), (bz2, b"BZh"), (lzma, b"\xfd7zXZ")):
        if content.startswith(magic):
            with opener.open(io.BytesIO(content)) as stream:
                inside = stream.read(LARGEST + 1)
            if len(inside) > LARGEST:
                raise ValueError("too large an archive")
            yield from _texts(inside, "", depth + 1)
            return
    if content.startswith(b"%PDF"):
        yield from _pdf(content)
        return
    for encoding in (
        ("utf-8", "utf-16") if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8",)
    ):
        yield content.decode(encoding, errors="replace")


def _pdf(content: bytes) -> Iterator[str]:
    import pypdfium2

    document = pypdfium2.PdfDocument(content)
    try:
        pages = []
        for page in document:
            text = page.get_textpage()
            # A word that is cut at a line's end is one word.
            pages.append(text.get_text_range().replace("\ufffe", "").replace("-\r\n", ""))
            text.close()
            page.close()
        yield "\n".join(pages)
    finally:
        document.close()
