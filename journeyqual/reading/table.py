"""Tables (.csv): a turn a row, or a survey's answer a row."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from journeyqual.errors import InputError
from journeyqual.reading.cleaning import clean_line
from journeyqual.reading.common import RawTranscript, RawTurn, parse_time
from journeyqual.reading.decode import read_text
from journeyqual.schema import ROLES

DELIMITERS = (",", ";", "\t")

# Which heading a column may have, nearest first.
_HEADINGS = {
    "text": (
        "text", "answer", "comment", "response", "words", "verbatim", "feedback", "transcript",
        "comments", "answer_text", "utterance", "content",
    ),
    "speaker": ("speaker", "speaker_name", "who", "voice"),
    "participant": ("participant", "participant_id", "respondent", "respondent_id", "case", "id"),
    "interview": ("interview", "interview_id"),
    "turn": ("turn", "turn_index"),
    "start": ("start", "start_s", "start_time", "time"),
    "end": ("end", "end_s", "end_time"),
    "role": ("role",),
    "question": ("question", "prompt"),
}  # fmt: skip


@dataclass
class Table:
    """Rows under headings, each with the line it begins on.

    Parameters
    ----------
    path
        The file, for errors.
    headings
        As they stand in the file.
    rows
        Line or row number, counted from 1, and cells.
    """

    path: Path
    headings: list[str]
    rows: list[tuple[int, list[str]]]
    columns: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.columns = _columns(self.headings)

    def cell(self, row: Sequence[str], name: str) -> str:
        """Return a row's cell under a heading by the name it has here; blank if there is none."""
        at = self.columns.get(name)
        return row[at] if at is not None and at < len(row) else ""


def read(path: Path) -> RawTranscript:
    """Read a comma-, semicolon- or tab-separated table.

    With a ``speaker`` column a row is a turn; without, it is a participant's answer, and a
    ``question`` column gives the interviewer's turn before it.

    Raises
    ------
    InputError
        If there is no column of words, a row has more cells than the header, or a turn number, time
        or role cannot be read.
    """
    text, notes = read_text(path)
    return from_table(parse(text, path), notes)


def from_table(table: Table, notes: tuple[str, ...] = ()) -> RawTranscript:
    """Return a table's rows as pieces of talk; see `read`.

    Raises
    ------
    InputError
        As `read` does.
    """
    path, columns = table.path, table.columns
    if "text" not in columns:
        shown = ", ".join(repr(h[:40]) for h in table.headings[:20])
        raise InputError(
            f"no column of words; it has {shown}", path=path, line=1,
            remedy="name one text, answer, comment or response",
        )  # fmt: skip
    survey = "speaker" not in columns
    if survey and "participant" not in columns:
        notes = (*notes, "no column names the participant: all rows are taken for one person's")
    turns: list[RawTurn] = []
    for line, row in _in_order(table):
        turns.extend(_turns(table, line, row, survey=survey))
    return RawTranscript(tuple(turns), "turn", len(table.rows), notes)


def parse(text: str, path: Path) -> Table:
    """Return a text's rows under its first line that is not empty.

    Raises
    ------
    InputError
        If quotation marks do not close, or a row has more cells than the header.
    """
    delimiter = _delimiter(text)
    # Strict, or a quotation mark that nobody closed would swallow the rest of the file.
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    rows: list[tuple[int, list[str]]] = []
    headings: list[str] = []
    before = 0
    try:
        for row in reader:
            line, before = before + 1, reader.line_num
            if not any(cell.strip() for cell in row):
                continue
            if not headings:
                headings = [clean_line(cell) for cell in row]
                continue
            if len(row) > len(headings) and any(cell.strip() for cell in row[len(headings) :]):
                raise InputError(
                    f"{len(row)} cells under {len(headings)} headings", path=path, line=line,
                    remedy=f"put quotation marks around words with {delimiter!r} in them",
                )  # fmt: skip
            rows.append((line, row))
    except csv.Error as error:
        raise InputError(f"not a CSV table ({error})", path=path, line=before + 1) from None
    return Table(path, headings, rows)


def _delimiter(text: str) -> str:
    """Choose the separator that gives the first line most known headings, then most headings."""
    first = next(line for line in text.split("\n") if line.strip())[:10_000]

    def score(delimiter: str) -> tuple[int, int]:
        headings = next(csv.reader([first], delimiter=delimiter))
        return len(_columns(headings)), len(headings)

    return max(DELIMITERS, key=score)


def _columns(headings: Sequence[str]) -> dict[str, int]:
    names = [clean_line(h).casefold().replace(" ", "_").replace("-", "_") for h in headings]
    found = {}
    for column, accepted in _HEADINGS.items():
        place = next((names.index(name) for name in accepted if name in names), None)
        if place is not None:
            found[column] = place
    # Beside a speaker, a bare "id" counts rows.
    if "speaker" in found and "participant" in found and names[found["participant"]] == "id":
        del found["participant"]
    return found


def _in_order(table: Table) -> list[tuple[int, list[str]]]:
    """Return the rows by turn number where they have one, else as they stand."""
    if "turn" not in table.columns:
        return table.rows

    def number(item: tuple[int, list[str]]) -> float:
        line, row = item
        value = table.cell(row, "turn").strip()
        if not value.isdecimal() or len(value) > 9:
            raise InputError(
                f"{value[:40]!r} is no turn number", path=table.path, line=line, column="turn",
                remedy="count turns 1, 2, 3",
            )  # fmt: skip
        return int(value)

    return sorted(table.rows, key=number)


def _turns(table: Table, line: int, row: Sequence[str], *, survey: bool) -> list[RawTurn]:
    participant = clean_line(table.cell(row, "participant"))
    interview = clean_line(table.cell(row, "interview"))
    if "participant" in table.columns and not participant:
        column = table.headings[table.columns["participant"]]
        raise InputError("a row without its participant", path=table.path, line=line, column=column)
    start, end = (_time(table, row, line, name) for name in ("start", "end"))
    answer = RawTurn(
        table.cell(row, "speaker") if not survey else participant,
        table.cell(row, "text"),
        start,
        end,
        participant,
        interview,
        _role(table, row, line) or ("participant" if survey else ""),
        line=line,
    )
    question = table.cell(row, "question").strip() if survey else ""
    if not question or not answer.text.strip():
        return [answer]
    asked = RawTurn(
        "Interviewer", question, start, None, participant, interview, "interviewer", line=line
    )
    return [asked, answer]


def _time(table: Table, row: Sequence[str], line: int, name: str) -> float | None:
    value = table.cell(row, name).strip()
    if not value:
        return None
    seconds = parse_time(value)
    if seconds is None:
        raise InputError(
            f"{value[:40]!r} is no time", path=table.path, line=line,
            column=table.headings[table.columns[name]], remedy="write H:MM:SS or seconds",
        )  # fmt: skip
    return seconds


def _role(table: Table, row: Sequence[str], line: int) -> str:
    role = table.cell(row, "role").strip().casefold()
    if role and role not in ROLES:
        raise InputError(
            f"{role[:40]!r} is no role", path=table.path, line=line, column="role",
            remedy=f"use {', '.join(ROLES)}",
        )  # fmt: skip
    return role
