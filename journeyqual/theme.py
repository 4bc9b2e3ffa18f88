"""How a study's reports look: logo, two colours and a font, from ``[theme]`` of ``study.toml``.

A study folder may come from a stranger. A colour is refused if words in it could not be read (WCAG
2.2, 1.4.3), a font's name holds letters only, and a logo is a small picture inside the folder that
can neither run nor fetch anything.
"""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from xml.etree import ElementTree

from journeyqual.errors import ConfigError

Mode = Literal["light", "dark"]

READABLE = 4.5
"""Contrast that words need to their ground: WCAG 2.2, level AA."""
GROUNDS: dict[Mode, tuple[str, str]] = {
    "light": ("#fbfaf7", "#ffffff"),
    "dark": ("#14171a", "#1b1f23"),
}
"""Paper and surface of the reports, which words in the theme's colours stand on."""
LOGO_BYTES = 512 * 1024
LOGO_PIXELS = 4000
_HEX = re.compile(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_FONT = re.compile(r"[^\W_][\w .-]{0,59}")
_PNG = b"\x89PNG\r\n\x1a\n"
_PICTURE = re.compile(r"data:image/(png|jpeg);base64,")
_ACTIVE = {"script", "foreignobject", "iframe", "embed", "object", "handler", "style", "set"}


@dataclass(frozen=True)
class Theme:
    """What of the reports' look a study chooses; the scale of valence is never part of it.

    Parameters
    ----------
    accent
        Colour of links, marks and the deck's title slide, ``#rrggbb``.
    second
        Colour beside it: headings of columns, small labels.
    font
        Name of a font family on the readers' machines; blank is the reports' own.
    logo
        Content of an SVG or PNG file; empty is none.
    """

    accent: str = "#155a8a"
    second: str = "#5a636b"
    font: str = ""
    logo: bytes = b""

    def colours(self, mode: Mode = "light") -> tuple[str, str]:
        """Return accent and second colour as they can be read in light or dark.

        Parameters
        ----------
        mode
            No colour reaches 4.5 to 1 on white and on near-black, so dark reports take the nearest
            lighter tone that does.
        """
        return readable(self.accent, mode), readable(self.second, mode)

    def css_variables(self, mode: Mode = "light") -> str:
        """Return the theme as CSS custom properties, to stand after the palette's.

        Examples
        --------
        >>> Theme(accent="#006644", second="#333333", font="Inter").css_variables()
        "--jq-accent: #006644; --jq-second: #333333; --jq-font-own: 'Inter'"
        """
        accent, second = self.colours(mode)
        own = f"; --jq-font-own: '{self.font}'" if self.font else ""
        return f"--jq-accent: {accent}; --jq-second: {second}{own}"

    def logo_uri(self) -> str:
        """Return the logo as a ``data:`` address for an ``<img>``, which runs nothing; or ""."""
        if not self.logo:
            return ""
        kind = "png" if self.logo.startswith(_PNG) else "svg+xml"
        return f"data:image/{kind};base64,{base64.b64encode(self.logo).decode()}"


DEFAULT = Theme()


def contrast(one: str, other: str) -> float:
    """Return how far two colours stand apart, 1 to 21 (WCAG 2.2, relative luminance).

    Examples
    --------
    >>> contrast("#000000", "#ffffff"), round(contrast("#767676", "#fff"), 2)
    (21.0, 4.54)
    """
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def readable(colour: str, mode: Mode = "light") -> str:
    """Return the nearest tone of a colour that words can have in light or dark reports.

    The colour itself if it reaches 4.5 to 1 on both grounds; else it goes towards black (in light)
    or white (in dark) by the smallest step that does.

    Examples
    --------
    >>> readable("#155a8a"), readable("#ffd700")
    ('#155a8a', '#877200')
    """
    red, green, blue = _rgb(colour)
    end = 0 if mode == "light" else 255
    for step in range(256):
        tone = tuple(round(c + (end - c) * step / 255) for c in (red, green, blue))
        name = "#" + "".join(f"{c:02x}" for c in tone)
        if _worst(name, mode) >= READABLE:
            return name
    return "#000000" if mode == "light" else "#ffffff"


def from_table(table: Mapping[str, Any], folder: Path) -> Theme:
    """Read the ``[theme]`` table of a ``study.toml``.

    Parameters
    ----------
    table
        Any of ``logo``, ``accent``, ``second``, ``font``.
    folder
        The study's folder; the logo lies inside it.

    Raises
    ------
    ConfigError
        If a field is unknown, a colour cannot be read on the reports' ground (with its contrast and
        the nearest that can), or the logo is no harmless picture inside the folder.
    """
    unknown = sorted(set(table) - {"logo", "accent", "second", "font"})
    if unknown:
        raise ConfigError(
            f"[theme] has no field {unknown[0]!r}", remedy="it has logo, accent, second, font"
        )
    for name, value in table.items():
        if not isinstance(value, str):
            raise ConfigError(f"{name!r} of [theme] is no text", remedy=f'write {name} = "…"')
    font = " ".join(str(table.get("font", "")).split())
    if font and not _FONT.fullmatch(font):
        raise ConfigError(
            f"{font[:60]!r} is no font's name",
            remedy="name one family, in letters, digits, blanks, points and hyphens",
        )
    return Theme(
        accent=_colour(table, "accent", DEFAULT.accent),
        second=_colour(table, "second", DEFAULT.second),
        font=font,
        logo=_logo(str(table["logo"]), folder) if table.get("logo") else b"",
    )


def _colour(table: Mapping[str, Any], name: str, default: str) -> str:
    given = str(table.get(name, "")).strip() or default
    if not _HEX.fullmatch(given):
        raise ConfigError(f"{name!r} is {given[:40]!r}, no colour", remedy='write it as "#155a8a"')
    colour = "#" + "".join(f"{c:02x}" for c in _rgb(given))
    reached = _worst(colour, "light")
    if reached < READABLE:
        raise ConfigError(
            f"words in {name} {colour} cannot be read: its contrast to the page is "
            # Never rounded up to what it fails.
            f"{int(reached * 100) / 100:.2f} to 1, and {READABLE} is needed",
            remedy=f'the nearest that can is "{readable(colour)}"',
        )
    return colour


def _logo(name: str, folder: Path) -> bytes:
    home = folder.resolve()
    path = (home / name).resolve()
    if not path.is_relative_to(home):
        raise ConfigError(f"the logo leads out of the study folder: {name}")
    suffix = path.suffix.lower()
    if suffix not in {".svg", ".png"}:
        raise ConfigError(f"the logo {path.name} is no SVG or PNG", remedy="save it as one of them")
    try:
        if path.stat().st_size > LOGO_BYTES:
            raise ConfigError(
                f"the logo {path.name} is larger than {LOGO_BYTES // 1024} KB",
                remedy="make it smaller",
            )
        content = path.read_bytes()
    except OSError:
        raise ConfigError(f"there is no logo {name} in the study folder") from None
    wrong = _wrong_png(content) if suffix == ".png" else _wrong_svg(content)
    if wrong:
        raise ConfigError(f"the logo {path.name} {wrong}", remedy="save it as a plain picture")
    return content


def _wrong_png(content: bytes) -> str:
    if not content.startswith(_PNG) or content[12:16] != b"IHDR" or len(content) < 33:
        return "is no PNG picture"
    width, height = struct.unpack(">II", content[16:24])
    if not (0 < width <= LOGO_PIXELS and 0 < height <= LOGO_PIXELS):
        return f"is {width} by {height} pixels, and {LOGO_PIXELS} is the most"
    return ""


def _wrong_svg(content: bytes) -> str:
    """Return what speaks against an SVG; refused rather than mended, so nothing slips through."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "is not UTF-8"
    # Before any parsing: entities can grow without end, and name files.
    if re.search(r"<!(DOCTYPE|ENTITY)|<\?xml-stylesheet", text, re.IGNORECASE):
        return "declares a document type or a style sheet"
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return "is no SVG picture"
    if _bare(root.tag) != "svg":
        return "is no SVG picture"
    for element in root.iter():
        tag = _bare(element.tag)
        if tag in _ACTIVE or tag.startswith("animate"):
            return f"holds a <{tag}>"
        for key, value in element.attrib.items():
            attribute = _bare(key)
            if attribute.startswith("on"):
                return f"holds a script ({attribute})"
            if attribute in {"href", "src"} and not (
                value.startswith("#") or _PICTURE.match(value)
            ):
                return "refers to something outside itself"
            if re.search(r"url\(\s*['\"]?(?!\s*['\"]?#)|@import|expression\(", value, re.I):
                return "refers to something outside itself"
    return ""


def _bare(name: object) -> str:
    """Return a name without its namespace, in small letters."""
    return str(name).rpartition("}")[2].lower()


def _worst(colour: str, mode: Mode) -> float:
    return min(contrast(colour, ground) for ground in GROUNDS[mode])


def _rgb(colour: str) -> tuple[int, int, int]:
    digits = colour.lstrip("#")
    if len(digits) == 3:
        digits = "".join(2 * d for d in digits)
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def _luminance(colour: str) -> float:
    parts = [c / 255 for c in _rgb(colour)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
