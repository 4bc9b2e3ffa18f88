"""Word, Excel and OpenDocument files, zip archives of XML, looked into before they are parsed.

Nothing is ever unpacked to the disk, so that a part's name leads nowhere, whatever it says, and a
link in an archive is a part like any other.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from pathlib import Path
from typing import Any

from journeyqual.errors import InputError
from journeyqual.reading.decode import read_bytes
from journeyqual.reading.limits import MEGABYTE, current

_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_DTD = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCODING = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_PLAIN = {b"utf-8", b"us-ascii", b"ascii", b"iso-8859-1", b"windows-1252"}
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")


class Archive:
    """A zip archive of XML parts that was found to be within the limits.

    Parameters
    ----------
    path
        The file.
    what, suffix
        What it should be ("Word document") and its suffix, for errors.

    Raises
    ------
    InputError
        If it is no whole archive, is encrypted, has too many parts or unpacks to too much, or
        names two parts alike.
    """

    def __init__(self, path: Path, what: str, suffix: str) -> None:
        self.path, self.what, self.suffix = path, what, suffix
        self.data = read_bytes(path)
        if self.data.startswith(_OLD_OFFICE):
            raise InputError(
                "an old Office file, or one with a password", path=path,
                remedy=f"save it as {suffix}, without a password",
            )  # fmt: skip
        if not self.data.startswith(b"PK"):
            raise InputError(f"not {_an(what)}", path=path, remedy="give it its true suffix")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(self.data))
            parts = self._zip.infolist()
        except _BROKEN as error:
            raise self._damaged() from error
        except _UNUSUAL as error:
            raise self._unusual() from error
        names = [part.filename for part in parts]
        if len(set(names)) < len(names):
            # Which of two is read would depend on who reads.
            raise InputError(f"not {_an(what)}: two parts of one name", path=path)
        limits = current()
        # Pictures are never unpacked here.
        size = sum(p.file_size for p in parts if not _picture(p.filename))
        if len(parts) > limits.parts or size > limits.unpacked_mb * MEGABYTE:
            raise InputError(
                f"unpacks to over {limits.unpacked_mb} MB or {limits.parts:,} parts", path=path,
                remedy="if it is a transcript, raise unpacked_mb or parts under [limits]",
            )  # fmt: skip
        self.names = frozenset(names)

    def part(self, name: str) -> bytes:
        """Return a part's bytes, checked against its sum; empty if there is no such part.

        Raises
        ------
        InputError
            If it is damaged, encrypted, or declares a document type or an unusual encoding.
        """
        if name not in self.names:
            return b""
        try:
            # zipfile reads no more than the size that the part declares, which was added up above.
            content = self._zip.read(name)
        except _BROKEN as error:
            raise self._damaged() from error
        except _UNUSUAL as error:
            raise self._unusual() from error
        self._plain(content)
        return content

    def check(self) -> None:
        """Look at every part that is XML, before the whole file is handed to a library."""
        for name in sorted(self.names):
            if not _picture(name) and not name.endswith("/"):
                self.part(name)

    def tree(self, name: str) -> Any:
        """Return the root element of an XML part, or ``None`` if there is no such part.

        Raises
        ------
        InputError
            If the part is not well-formed, or nested deeper than 256 elements.
        """
        content = self.part(name)
        if not content:
            return None
        from lxml import etree

        parser = etree.XMLParser(
            resolve_entities=False, load_dtd=False, dtd_validation=False, no_network=True,
            huge_tree=False, recover=False, remove_comments=True, remove_pis=True,
        )  # fmt: skip
        try:
            return etree.fromstring(content, parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise InputError(
                f"not a readable {self.what}: its part {name[:80]!r} is damaged", path=self.path,
                remedy=f"open it in its program and save it again as {self.suffix}",
            ) from error  # fmt: skip

    def _plain(self, content: bytes) -> None:
        declared = _ENCODING.match(content.removeprefix(b"\xef\xbb\xbf").lstrip())
        unusual = declared is not None and declared[1].lower() not in _PLAIN
        # Office programs write UTF-8. In another encoding a declaration could hide from the search.
        if unusual or content.startswith(_WIDE_MARKS) or _DTD.search(content):
            raise InputError(
                "a document type definition or an unusual encoding inside, which no office "
                "program writes",
                path=self.path, remedy=f"open it in its program and save it again as {self.suffix}",
            )  # fmt: skip

    def _unusual(self) -> InputError:
        return InputError(
            f"an encrypted or unusual zip archive, not {_an(self.what)}", path=self.path,
            remedy=f"save it as {self.suffix}",
        )  # fmt: skip

    def _damaged(self) -> InputError:
        return InputError(
            f"not a whole {self.what} (cut short or damaged)",
            path=self.path,
            remedy="copy it again",
        )


_UNUSUAL = (NotImplementedError, RuntimeError)
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, UnicodeError)


def _picture(name: str) -> bool:
    return name.startswith(("word/media/", "xl/media/", "ppt/media/", "Pictures/", "Thumbnails/"))


def _an(what: str) -> str:
    return f"{'an' if what[0] in 'EO' else 'a'} {what}"
