"""Taguette in: the project's database as a neutral project.

Offsets are UTF-8 bytes of the document's HTML without its tags; the snippet shows the words, and
is compared.
"""

from __future__ import annotations

import json
from collections import defaultdict
from contextlib import suppress
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

from journeyqual.interchange import safe
from journeyqual.interchange.model import (
    Code,
    Coding,
    Project,
    Selection,
    Source,
    User,
    counted,
    made_guid,
)
from journeyqual.interchange.offsets import Claim, settle
from journeyqual.interchange.qualcoder import when
from journeyqual.interchange.safe import whole, words

TABLES = frozenset({"highlights", "highlight_tags", "documents"})
"""What tells a Taguette database."""
_BLOCKS = frozenset(
    "p div br li tr h1 h2 h3 h4 h5 h6 blockquote pre ul ol table section article hr".split()
)


class _Stripped(HTMLParser):
    """The words between tags, and before which of their characters a block begins or ends."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.length = 0
        self.breaks: list[int] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)
        self.length += len(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.breaks.append(self.length)

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.breaks.append(self.length)


def stripped(html: str) -> tuple[str, list[int]]:
    """Return HTML's words, and the places in them where a paragraph ends without a line break.

    Examples
    --------
    >>> stripped("<p>Tea &amp; <b>cake</b></p><p>Rain</p>")
    ('Tea & cakeRain', [10])
    """
    parser = _Stripped()
    parser.feed(html)
    parser.close()
    text = "".join(parser.parts)
    missing = sorted(
        at
        for at in set(parser.breaks)
        if 0 < at < len(text) and text[at - 1] != "\n" and text[at] != "\n"
    )
    return text, missing


def read(path: Path, tables: safe.Tables) -> Project:
    """Read a Taguette database; of several projects in it, all.

    Over 60 lines: five tables that point to each other, read once.

    Raises
    ------
    InputError
        If it is damaged.
    """
    docs = [*tables.rows("documents", "id", "name", "description", "created", "contents")]
    tags = [*tables.rows("tags", "id", "path", "description")]
    projects = [*tables.rows("projects", "name", "description")]
    given: dict[Any, list[Any]] = defaultdict(list)
    for row in tables.rows("highlight_tags", "highlight_id", "tag_id"):
        given[row["highlight_id"]].append(row["tag_id"])
    done = _done(tables)
    users = {user for user, _ in done.values() if user}
    marked: dict[Any, list[Any]] = defaultdict(list)
    columns = ("id", "document_id", "start_offset", "end_offset", "snippet")
    for row in tables.rows("highlights", *columns):
        marked[row["document_id"]].append(row)
    sources, selections, gone = [], [], 0
    warnings: list[str] = []
    for doc in docs:
        text, breaks = stripped(words(doc["contents"]))
        own = _guid("document", doc["id"])
        claims = [
            Claim(
                whole(row["start_offset"]) or 0,
                -1 if (end := whole(row["end_offset"])) is None else end,
                stripped(words(row["snippet"]))[0],
            )
            for row in marked[doc["id"]]
        ]
        places = settle(text, claims, first="bytes")
        sources.append(
            Source(
                own, words(doc["name"]), _broken(text, breaks), words(doc["description"]),
                at=when(doc["created"]),
            )
        )  # fmt: skip
        if places.agree < places.shown:
            warnings.append(
                f"{words(doc['name'])}: {places.shown - places.agree} highlights hold other words "
                "than their snippets"
            )
        for row, claim, span in zip(marked[doc["id"]], claims, places.spans, strict=True):
            if span is None:
                gone += 1
                continue
            user, at = done.get(row["id"], ("", ""))
            who = _guid("user", user) if user else ""
            start = span[0] + sum(one <= span[0] for one in breaks)
            end = span[1] + sum(one < span[1] for one in breaks)
            codings = tuple(Coding(_guid("tag", tag), who, at) for tag in given[row["id"]])
            comment = "" if codings else "highlighted"
            selections.append(
                Selection(own, start, end, codings, comment, who, at, quote=claim.quote)
            )
    refused = [f"{counted(gone, 'highlight')} beyond the end of their text"] if gone else []
    about = projects[0] if projects else {}
    return Project(
        name=words(about.get("name")) or path.stem,
        origin="Taguette",
        tool="Taguette",
        description=words(about.get("description")),
        users=tuple(User(_guid("user", name), name) for name in sorted(users)),
        codes=tuple(
            Code(_guid("tag", row["id"]), words(row["path"]), definition=words(row["description"]))
            for row in tags
        ),
        sources=tuple(sources),
        selections=tuple(selections),
        refused=tuple(refused),
        warnings=tuple(warnings),
    )


def _broken(text: str, breaks: list[int]) -> str:
    edges = [0, *breaks, len(text)]
    return "\n".join(text[a:b] for a, b in pairwise(edges))


def _done(tables: safe.Tables) -> dict[Any, tuple[str, str]]:
    """Return who made each highlight what it is, and when, from the log of commands."""
    done: dict[Any, tuple[str, str]] = {}
    for row in tables.rows("commands", "date", "user_login", "payload"):
        with suppress(ValueError, RecursionError):
            said = json.loads(words(row["payload"]))
            if isinstance(said, dict) and said.get("type") == "highlight_add":
                done[said.get("highlight_id")] = (words(row["user_login"]), when(row["date"]))
    return done


def _guid(kind: str, key: Any) -> str:
    return made_guid("Taguette", kind, words(key))
