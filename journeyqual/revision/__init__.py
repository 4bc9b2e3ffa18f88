"""The life of a codebook: its file is changed with every comment kept, and codings go along.

A changed definition asks for a second look at what was coded under the old one, as MacQueen,
McLellan, Kay and Milstein, "Codebook development for team-based qualitative analysis", Cultural
Anthropology Methods 10 (1998), want it; nothing that people said is ever changed or lost.

Everything here but `opened`, `save` and `locked` is a function of values: of codebooks, of the text
of a file, of tables.
"""

from journeyqual.revision.changes import changed, history
from journeyqual.revision.disk import locked, opened, save
from journeyqual.revision.file import (
    add_stage,
    edit_stage,
    merge_stages,
    move_stage,
    remove_stage,
    rename_stage,
    split_stage,
    with_version,
)
from journeyqual.revision.flags import flags
from journeyqual.revision.follow import Rule, borne, read, recode, to_decide, written
from journeyqual.revision.kept import books, rules
from journeyqual.revision.layout import next_version, parse

__all__ = [
    "Rule",
    "add_stage",
    "books",
    "borne",
    "changed",
    "edit_stage",
    "flags",
    "history",
    "locked",
    "merge_stages",
    "move_stage",
    "next_version",
    "opened",
    "parse",
    "read",
    "recode",
    "remove_stage",
    "rename_stage",
    "rules",
    "save",
    "split_stage",
    "to_decide",
    "with_version",
    "written",
]
