"""Attributes of participants into ``participants.csv`` and out of it; nothing there is lost."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from journeyqual import privacy
from journeyqual.interchange.model import shown
from journeyqual.schema import PARTICIPANTS, write_csv
from journeyqual.study import Study


@dataclass
class Filled:
    """What was added to ``participants.csv``."""

    people: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def rows_of(study: Study) -> pd.DataFrame:
    """Return ``participants.csv`` as it stands, every cell as text, people by their pseudonyms."""
    study.config.participants()
    file = study.config.participants_file
    if not file.exists():
        return pd.DataFrame(columns=["participant"], dtype="str")
    lines = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig"), newline="")))
    heads = [head.strip() for head in lines[0]] if lines else ["participant"]
    body = [row for row in lines[1:] if row]
    return pd.DataFrame(body, columns=heads, dtype="str")


def stored_ids(study: Study, table: pd.DataFrame) -> list[str]:
    """Return the id each row of ``participants.csv`` is stored under."""
    named = {name: stands for name, stands in study.names().items() if stands.strip()}
    hide = privacy.pseudonyms(named)
    heard = {str(p).casefold(): str(p) for p in study.store.interviews()["participant"]}
    ids = [hide.apply_id(str(name).strip()) for name in table["participant"]]
    return [heard.get(name.casefold(), name) for name in ids]


def fill(study: Study, wanted: Mapping[str, Mapping[str, str]]) -> Filled:
    """Add attributes to ``participants.csv``: blank cells are filled, what stands there stays.

    Parameters
    ----------
    study
        An open study.
    wanted
        By participant, attribute and value.
    """
    done = Filled()
    wanted = {person: dict(values) for person, values in wanted.items()}
    if not wanted:
        return done
    table = rows_of(study)
    ids = stored_ids(study, table)
    place = {name.casefold(): at for at, name in enumerate(ids)}
    cells = table.to_dict("records")
    columns = list(table.columns)
    kept: list[str] = []
    for person, values in wanted.items():
        at = place.get(person.casefold())
        if at is None:
            cells.append({"participant": person})
            at = place[person.casefold()] = len(cells) - 1
            done.people.append(person)
        for name, value in values.items():
            column = _column(name, columns)
            if column not in columns:
                columns.append(column)
                done.columns.append(column)
            before = str(cells[at].get(column) or "").strip()
            if not before:
                cells[at][column] = value
            elif before != value:
                kept.append(f"{person}'s {column} {before!r}")
    if kept:
        done.notes.append(f"other values in the file, ours kept: {shown(kept)}")
    after = pd.DataFrame(cells, columns=columns, dtype="str").fillna("")
    if not after.equals(table):
        # Names of people in the file stay as the researcher wrote them.
        write_csv(after, study.config.participants_file)
    return done


def _column(name: str, columns: list[str]) -> str:
    """Return the column of an attribute: one that is called like it, letter case apart."""
    bare = " ".join(name.split()) or "attribute"
    if bare.casefold() in {PARTICIPANTS.names[0], *()}:
        bare = f"{bare} (attribute)"
    return next((column for column in columns if column.casefold() == bare.casefold()), bare)
