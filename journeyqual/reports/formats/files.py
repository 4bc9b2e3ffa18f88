"""Files written whole or not at all, and Office packages that hold no clock."""

from __future__ import annotations

import io
import re
import zipfile
from contextlib import suppress
from pathlib import Path

from journeyqual.errors import ReportError

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first date a zip archive can hold: it says that there is none."""
_DATES = re.compile(rb"<dcterms:(created|modified)\b[^>]*>[^<]*</dcterms:\1>")
_CORE = "docProps/core.xml"


def write(content: bytes, path: Path) -> Path:
    """Write a file under another name first, so that a full disk leaves no half a file.

    Raises
    ------
    ReportError
        If it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        why = (error.strerror or "it cannot be written").lower()
        raise ReportError(f"cannot be written: {why}", path=path) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    return path


def settled(package: bytes) -> bytes:
    """Return an Office file without its dates: the same content gives the same bytes.

    Parameters
    ----------
    package
        A PPTX or XLSX file. Workbooks inside it (those of charts) are settled too.

    Examples
    --------
    >>> box = io.BytesIO()
    >>> with zipfile.ZipFile(box, "w") as z:
    ...     z.writestr("docProps/core.xml", "<a><dcterms:created>now</dcterms:created></a>")
    >>> with zipfile.ZipFile(io.BytesIO(settled(box.getvalue()))) as z:
    ...     z.read("docProps/core.xml"), z.infolist()[0].date_time[0]
    (b'<a></a>', 1980)
    """
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(package)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == _CORE:
                content = _DATES.sub(b"", content)
            elif entry.filename.endswith(".xlsx"):
                content = settled(content)
            plain = zipfile.ZipInfo(entry.filename, _EPOCH)
            plain.compress_type = zipfile.ZIP_DEFLATED
            # Whichever system writes it.
            plain.create_system, plain.external_attr = 3, 0o600 << 16
            new.writestr(plain, content)
    return out.getvalue()
