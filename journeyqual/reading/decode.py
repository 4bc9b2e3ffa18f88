"""A file's bytes to text: which encoding it is in, and whether it is text at all."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from journeyqual.errors import InputError
from journeyqual.reading.limits import MEGABYTE, current

# UTF-32 first: its little-endian mark begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_KNOWN_BINARY = (
    (b"%PDF", "a PDF file", "give it the suffix .pdf"),
    (b"PK\x03\x04", "a zip archive, such as a Word or Excel file", "give it its true suffix"),
    (b"\xd0\xcf\x11\xe0", "an old or password-protected Office file", "save it as .docx or .txt"),
    (b"{\\rtf", "an RTF file", "save it as .docx or .txt"),
)
_CONTROL = re.compile("[\x00-\x08\x0e-\x19\x1b-\x1f\x7f]")
_MULTIBYTE = re.compile(
    b"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_HIGH = re.compile(b"[\x80-\xff]")


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes, having looked at its size first.

    Raises
    ------
    InputError
        If there is no such file, it is empty, or it is over the limit ``file_mb``.
    """
    most = current().file_mb
    try:
        if not path.is_file():
            what = "a folder, not a transcript" if path.is_dir() else "there is no such file"
            raise InputError(what, path=path)
        # One byte more than allowed tells a file that grows, or whose size is not known, as well.
        with path.open("rb") as file:
            data = file.read(most * MEGABYTE + 1)
    except OSError as error:
        raise InputError(f"cannot be opened ({error.strerror})", path=path) from None
    if len(data) > most * MEGABYTE:
        raise InputError(
            f"over {most} MB, too large for a transcript", path=path,
            remedy="if it is one, raise file_mb under [limits] in study.toml",
        )  # fmt: skip
    if not data:
        raise InputError("the file is empty", path=path)
    return data


def few_enough(count: int, path: Path, what: str = "lines") -> None:
    """Refuse a file of more lines, rows or segments than the limit ``lines``.

    Raises
    ------
    InputError
        If there are more.
    """
    most = current().lines
    if count > most:
        raise InputError(
            f"over {most:,} {what}, too many for a transcript", path=path,
            remedy="if it is one, raise lines under [limits] in study.toml",
        )  # fmt: skip


def read_text(path: Path, *, by_lines: bool = True) -> tuple[str, tuple[str, ...]]:
    """Return a file's text with LF line ends and no byte-order mark, and what was guessed.

    Encodings are tried in the order byte-order mark, UTF-16 that shows itself by its zero bytes,
    UTF-8, Windows-1252.

    Parameters
    ----------
    path
        The file.
    by_lines
        Whether its lines are what the limit ``lines`` counts.

    Raises
    ------
    InputError
        If the file is empty, is no text, has too many lines, or is UTF-8 with damage in it (the
        line is named).
    """
    data = read_bytes(path)
    for magic, what, remedy in _KNOWN_BINARY:
        if data.startswith(magic):
            raise InputError(f"binary, not text: this is {what}", path=path, remedy=remedy)
    text, notes = decoded(data, path)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.replace("\ufeff", "").strip():
        raise InputError("the file is empty", path=path)
    if by_lines:
        few_enough(text.count("\n"), path)
    controls = len(_CONTROL.findall(text))
    # A stray control character is an accident of an export and is dropped later; many of them are
    # no text.
    if "\0" in text or controls * 100 > len(text):
        raise InputError("binary, not text", path=path, remedy="export it as UTF-8 text")
    lost = text.count("\ufffd")
    if lost:
        notes = (*notes, f"{lost} characters were lost before this file was written (shown as �)")
    return text, notes


def decoded(data: bytes, path: Path) -> tuple[str, tuple[str, ...]]:
    """Return a file's bytes as text, and what was guessed: see `read_text`.

    Raises
    ------
    InputError
        If they are no text, or damaged.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strictly(data[len(mark) :], encoding, path), ()
    wide = _utf16_without_mark(data)
    if wide:
        return _strictly(data, wide, path), (f"encoding guessed: {wide.upper()}",)
    try:
        return data.decode("utf-8"), ()
    except UnicodeDecodeError as error:
        good = len(_MULTIBYTE.findall(data))
        # Text in UTF-8 but for a cut or a bad byte must not turn into "Ã©" from end to end.
        if good and good * 4 > len(_HIGH.findall(_MULTIBYTE.sub(b"", data))):
            raise _damaged("UTF-8", data[: error.start].count(b"\n") + 1, path) from None
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        text = "\0"
    if _CONTROL.search(text):
        raise InputError("binary, not text", path=path, remedy="export it as UTF-8 text")
    return text, ("encoding guessed: Windows-1252, for it is not UTF-8",)


def _strictly(data: bytes, encoding: str, path: Path) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding, "ignore")
        raise _damaged(encoding.upper(), before.count("\n") + 1, path) from None


def _damaged(encoding: str, line: int, path: Path) -> InputError:
    return InputError(
        f"{encoding} text with damaged bytes", path=path, line=line, remedy="export it again"
    )


def _utf16_without_mark(data: bytes) -> str:
    """Tell UTF-16 by the zero bytes that Latin letters leave; ``""`` if it does not show."""
    sample = data[:4096]
    if len(data) % 2 or len(sample) < 4:
        return ""
    pairs = len(sample) // 2
    first, second = sample[0::2].count(0), sample[1::2].count(0)
    if second > 0.4 * pairs and first < 0.05 * pairs:
        return "utf-16-le"
    if first > 0.4 * pairs and second < 0.05 * pairs:
        return "utf-16-be"
    return ""
