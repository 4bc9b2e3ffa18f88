"""Reads a PDF or an Excel file in a process of its own, which may crash, hang or run out of memory.

Run by `journeyqual.reading.contained` as a script, in Python's isolated mode: the file comes in on
standard input, settings as an argument, the answer goes out as JSON. Nothing of journeyqual is
imported, so that the process starts in a tenth of a second. What it is given is bytes and numbers:
it opens no file and no connection, and on POSIX can write none.
"""

from __future__ import annotations

import datetime
import io
import json
import sys
import warnings
from typing import Any

GAP = 1.5
"""A gap wider than this many times the height of the letters parts a printed line in two."""

MOST_COLUMNS = 256
"""Columns of a sheet beyond this are not looked at: no transcript has them."""


class RefusedError(Exception):
    """What is wrong with the file, and what to do about it, for one line to the user."""


def pdf_pages(data: bytes, *, pages: int, chars: int = 20_000_000) -> list[dict[str, Any]]:
    """Return the lines of every page of a PDF, in the order in which the file draws them.

    Parameters
    ----------
    data
        The file.
    pages, chars
        The most pages and characters that are read.

    Returns
    -------
    list
        For each page its ``width``, ``height`` and ``lines``, each ``[left, bottom, right, top,
        text]``, in points from the page's lower left corner; what lies off the page is left out.

    Raises
    ------
    RefusedError
        If it is encrypted, damaged or over a limit.
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
        count = len(document)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).casefold() or "security" in str(error).casefold():
            raise RefusedError("a PDF with a password", "save it without one") from None
        raise RefusedError(
            "not a whole PDF (cut short or damaged)", "copy it again or print it anew"
        ) from None
    if count > pages:
        raise RefusedError(f"over {pages:,} pages", "if it is one, raise pages under [limits]")
    found: list[dict[str, Any]] = []
    left = chars
    for number in range(count):
        try:
            page = document[number]
            text = page.get_textpage()
        except pypdfium2.PdfiumError:
            raise RefusedError(f"page {number + 1} cannot be read", "print the PDF anew") from None
        left -= text.count_chars()
        if left < 0:
            raise RefusedError(f"over {chars // 1_000_000} million characters", "split it")
        width, height = page.get_size()
        found.append({"width": width, "height": height, "lines": _page_lines(text, width, height)})
        text.close()
        page.close()
    document.close()
    return found


def _page_lines(text: Any, width: float, height: float) -> list[list[Any]]:
    import pypdfium2.raw as pdfium

    lines: list[list[Any]] = []
    letters: list[str] = []
    box: list[float] = []
    for at in range(text.count_chars()):
        code = pdfium.FPDFText_GetUnicode(text.raw, at)
        if code in (10, 13):
            _close(lines, letters, box)
            continue
        letter = _letter(code)
        if letter.isspace() or not letter:
            letters.append(letter)
            continue
        x0, y0, x1, y1 = text.get_charbox(at, loose=True)
        if not (0 <= (x0 + x1) / 2 <= width and 0 <= (y0 + y1) / 2 <= height):
            continue
        elsewhere = bool(box) and not box[1] <= (y0 + y1) / 2 <= box[3]
        if elsewhere or (box and x0 - box[2] > GAP * (y1 - y0)):
            _close(lines, letters, box)
        letters.append(letter)
        old = box or [x0, y0, x1, y1]
        box[:] = min(old[0], x0), min(old[1], y0), x1, max(old[3], y1)
    _close(lines, letters, box)
    return lines


def _letter(code: int) -> str:
    # pdfium writes 2 for a hyphen at the end of a line, and 0xFFFE and 0xFFFF for no character.
    if code == 2:
        return "-"
    if code < 32 and code != 9:
        return ""
    return chr(code) if code < 0xFFFE or 0xFFFF < code < 0x110000 else ""


def _close(lines: list[list[Any]], letters: list[str], box: list[float]) -> None:
    # Letters beyond the basic plane come in two halves.
    words = "".join(letters).encode("utf-16", "surrogatepass").decode("utf-16", "replace").strip()
    if box and words:
        lines.append([*(round(edge, 2) for edge in box), words])
    letters.clear()
    box.clear()


def sheets(data: bytes, *, rows: int, chars: int = 50_000_000) -> list[dict[str, Any]]:
    """Return the visible sheets of an Excel file, a formula as its last result.

    Parameters
    ----------
    data
        The file.
    rows, chars
        The most rows, over all sheets, and characters that are read.

    Returns
    -------
    list
        For each sheet its ``name`` and its ``rows``, each its number and its cells as text.

    Raises
    ------
    RefusedError
        If there are more rows or characters.
    """
    import openpyxl

    # openpyxl warns of everything that it leaves out, such as drawings and validation lists.
    warnings.simplefilter("ignore")
    book = openpyxl.load_workbook(
        io.BytesIO(data), read_only=True, data_only=True, keep_links=False
    )
    found: list[dict[str, Any]] = []
    seen = 0
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            continue
        kept: list[list[Any]] = []
        # What the sheet says of its own size is not to be trusted.
        sheet.reset_dimensions()
        for number, row in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True), 1):
            seen += 1
            if seen > rows:
                raise RefusedError(
                    f"over {rows:,} rows", "if they are talk, raise lines under [limits]"
                )
            cells = [_cell(value) for value in row]
            while cells and not cells[-1].strip():
                cells.pop()
            if cells:
                chars -= sum(map(len, cells))
                if chars < 0:
                    raise RefusedError("too many characters for a transcript", "split it")
                kept.append([number, cells])
        found.append({"name": sheet.title, "rows": kept})
    return found


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime.timedelta):
        return _clock(value.total_seconds())
    if isinstance(value, datetime.time):
        return _clock(
            value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1_000_000
        )
    if isinstance(value, datetime.datetime):
        # A duration over a day is a date of the year 1900, or 1904, to Excel; any other is a date.
        return value.isoformat(" ")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _clock(seconds: float) -> str:
    whole, milli = divmod(round(seconds * 1000), 1000)
    text = f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
    return f"{text}.{milli:03d}" if milli else text


def _confine(seconds: int, memory_mb: int) -> None:
    """Take away what reading needs none of; on Windows only the caller's time limit holds."""
    if sys.platform == "win32":
        return
    import resource

    for what, most in (
        (resource.RLIMIT_AS, memory_mb * 1_000_000),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        low = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (low, low))


def main(format_: str, settings: dict[str, int]) -> dict[str, Any]:
    """Read standard input as ``pdf`` or ``xlsx`` within the limits; returns what to answer."""
    data = sys.stdin.buffer.read()
    # Imported before the limits hold, for a library may write beside itself when first imported.
    if format_ == "pdf":
        import pypdfium2  # noqa: F401
    else:
        import openpyxl  # noqa: F401
    _confine(settings["seconds"], settings["memory_mb"])
    try:
        if format_ == "pdf":
            return {"found": pdf_pages(data, pages=settings["pages"])}
        return {"found": sheets(data, rows=settings["lines"])}
    except RefusedError as refused:
        return {"refused": refused.args}
    except MemoryError:
        return {"refused": (f"takes over {settings['memory_mb']:,} MB of memory to read", "")}
    # What a library raises depends on which part of the file is wrong.
    except Exception as error:
        return {"refused": (f"damaged ({type(error).__name__})", "save it again, or as text")}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], json.loads(sys.argv[2]))))
