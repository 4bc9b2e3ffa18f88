"""Erasing from the files that a study keeps beside its store: lists, copies, notebooks' outputs."""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from journeyqual.erasure.words import sequences
from journeyqual.errors import ConfigError
from journeyqual.scaffold import package_data
from journeyqual.store.erasure import erase_from_copy, hide_in_copy
from journeyqual.store.hiding import Places

if TYPE_CHECKING:
    from journeyqual.config import Config

STORE = "study.sqlite"
_MADE = {".html", ".ipynb", ".pdf"}
_TABLES = ("deck.pptx", "tables.xlsx", "quotes.csv")
_PICTURES = ("curve", "spread", "emotions", "groups")


def erase_copies(folder: Path, participant: str) -> int:
    """Erase a participant from the copies that migrations left. Returns rows erased."""
    rows = sum(erase_from_copy(copy, participant) for copy in _copies(folder))
    for half in (folder / "store").glob("*-before-*.half"):
        half.unlink()
    return rows


def hide_in_copies(folder: Path, places: Places) -> None:
    """Hide names in the copies that migrations left."""
    for copy in _copies(folder):
        hide_in_copy(copy, places)


def _copies(folder: Path) -> list[Path]:
    there = sorted((folder / "store").glob("*.sqlite"))
    return [path for path in there if path.name != STORE]


def reports_elsewhere(folder: Path) -> list[Path]:
    """Return the files of a folder outside a study that bear the name of something a run writes.

    Nothing else: the folder may hold what is not ours.
    """
    known = {path.stem for path in package_data("notebooks").glob("*.ipynb")} | {"index"}
    pages = [
        path for path in folder.iterdir()
        if path.suffix.lower() in _MADE
        and (path.name.split(".")[0] in known or path.name.split("-")[0] in known)
    ]  # fmt: skip
    tables = [folder / name for name in _TABLES]
    drawn = [folder / "charts" / f"{one}.{kind}" for one in _PICTURES for kind in ("png", "svg")]
    return [path for path in (*pages, *tables, *drawn) if path.is_file()]


def erase_from_lists(config: Config, participant: str) -> None:
    """Take a participant's rows out of participants.csv and names.csv, their files from study.toml.

    Raises
    ------
    ConfigError
        If a file cannot be read or changed.
    """
    _without_rows(config.participants_file, "participant", participant)
    _without_rows(config.names_file, "pseudonym", participant)
    _without_owner(config.folder / "study.toml", participant)


def _without_rows(path: Path, column: str, value: str) -> None:
    if not path.exists():
        return
    text = path.read_bytes().decode("utf-8-sig")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    headings = [cell.strip().casefold() for cell in rows[0]] if rows else []
    if column not in headings:
        return
    at = headings.index(column)
    kept = [
        row
        for n, row in enumerate(rows)
        if n == 0 or len(row) <= at or row[at].strip().casefold() != value.casefold()
    ]
    if len(kept) == len(rows):
        return
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(kept)
    _write(path, out.getvalue())


def _without_owner(path: Path, participant: str) -> None:
    """Take out the lines that give a file to a participant: a file's name may hold a person's."""
    text = path.read_text(encoding="utf-8")
    before = tomllib.loads(text)
    owners = before.get("transcripts", {}).get("participants", {})
    mine = [file for file, owner in owners.items() if owner.casefold() == participant.casefold()]
    if not mine:
        return
    lines = [
        line
        for line in text.splitlines(keepends=True)
        if not re.fullmatch(
            rf"""\s*["'](?:{"|".join(map(re.escape, mine))})["']\s*=.*\s*""", line.rstrip("\n")
        )
    ]
    for file in mine:
        del owners[file]
    changed = "".join(lines)
    if tomllib.loads(changed) != before:
        raise ConfigError(
            f"the files of {participant} could not be taken out", path=path,
            remedy="take them out of [transcripts.participants], then ask again",
        )  # fmt: skip
    _write(path, changed)


def clear_outputs(folder: Path, said: frozenset[str], salt: str) -> None:
    """Clear the outputs of a researcher's notebooks that show the participant's words."""
    for path in sorted(folder.rglob("*.ipynb")):
        content = path.read_text(encoding="utf-8")
        if said.isdisjoint(sequences([content, content.replace("\\n", " ")], salt)):
            continue
        if ".ipynb_checkpoints" in path.parts:
            path.unlink()
            continue
        notebook = json.loads(content)
        for cell in notebook.get("cells", []):
            if cell.get("cell_type") == "code":
                cell["outputs"], cell["execution_count"] = [], None
        _write(path, json.dumps(notebook, ensure_ascii=False, indent=1) + "\n")


def _write(path: Path, text: str) -> None:
    half = path.with_name(f".{path.name}.half")
    half.write_text(text, encoding="utf-8", newline="")
    half.replace(path)
