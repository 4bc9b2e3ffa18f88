"""Raw words to the form in which they are stored: NFC, LF, single blanks, nothing invisible.

Offsets, ids and "verbatim" all refer to text that went through here, so it must be a fixed point:
cleaning clean text changes nothing.
"""

from __future__ import annotations

import html
import re
import unicodedata

# Characters that a reader cannot see but that would hide a name from the pseudonymiser or turn a
# line around: zero-width spaces, soft hyphens, byte-order marks, direction marks.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
# Joiners build emoji and shape Arabic and Indic letters; after anything else they are only
# invisible.
_STRAY_JOINER = re.compile(
    "(?<![\u0590-\u1cff\u2190-\u2bff\ufe0f\U00010000-\U0010ffff])[\u200c\u200d]+|[\u200c\u200d]+(?=\\s|$)"
)
_LINE_BREAK = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x9f\ud800-\udfff]")
_BLANKS = re.compile(r"[^\S\n]+")
_AROUND_BREAK = re.compile(r" ?\n[ \n]*")

# A tag begins with a letter or a slash, or is a time: "I <3 it" and "x < y" stay words. Excluding
# "<" inside keeps the search linear on a line of nothing but "<".
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<[\d:.]+>|</?>")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


def clean_text(text: str) -> str:
    r"""Return the words in NFC with LF, single blanks, and nothing invisible.

    Paragraph breaks stay as one ``\n`` each.

    Examples
    --------
    >>> clean_text("It\u00a0was  \u200bfine. \r\n\r\n  Mostly.\t")
    'It was fine.\nMostly.'
    """
    text = unicodedata.normalize("NFC", _LINE_BREAK.sub("\n", text))
    text = _BLANKS.sub(" ", _CONTROL.sub("", _INVISIBLE.sub("", text)))
    # Taking a character out can bring a letter and its accent together, or bare a joiner, hence the
    # second rounds.
    text = unicodedata.normalize("NFC", _STRAY_JOINER.sub("", text))
    return _AROUND_BREAK.sub("\n", _BLANKS.sub(" ", text)).strip()


def clean_line(text: str) -> str:
    r"""Return a name, an id or a subtitle's words on one line, cleaned as by `clean_text`.

    Examples
    --------
    >>> clean_line(" Ruth\n Kessler ")
    'Ruth Kessler'
    """
    return clean_text(text).replace("\n", " ")


def strip_tags(text: str) -> str:
    """Drop mark-up tags and resolve entities, once: an escaped tag is a word.

    Examples
    --------
    >>> strip_tags("<i>Tea</i> &amp; cake, I <3 it &lt;really&gt;")
    'Tea & cake, I <3 it <really>'
    """
    return unescape(_TAG.sub("", text))


def unescape(text: str) -> str:
    """Resolve HTML entities that end in a semicolon; without one they are more likely words.

    Examples
    --------
    >>> unescape("R&amp;D, fish&chips")
    'R&D, fish&chips'
    """
    return _ENTITY.sub(lambda m: html.unescape(m.group()), text)
