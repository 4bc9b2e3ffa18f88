"""The table of codings, out and in: CSV for programs, a workbook for people to look through.

Nothing is left out of it: every word of every person, earlier ones too, and what machines say now.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from journeyqual.errors import InputError
from journeyqual.interchange.incoming import SINGLE, Report, segment_or_span, unknown
from journeyqual.interchange.model import counted
from journeyqual.interchange.outgoing import Everything
from journeyqual.schema import CODINGS, STATUSES, check
from journeyqual.study import Study
from journeyqual.tagging import identity

PLACE = ("interview", "participant", "kind", "start_char", "end_char", "text")
"""What stands beside CODINGS: which words they are of."""
COLUMNS = (*CODINGS.names, *PLACE)
MAX_CELL = 32_767
"""Characters that a workbook's cell can hold."""
_SHEET_TIME = datetime(2000, 1, 1)


def table(found: Everything) -> pd.DataFrame:
    """Return all codings by their place; of one coder the earlier words before the later."""
    # Of several values that stand side by side none is earlier; numbers of rows would tell stores
    # apart.
    side = found.codings["value"].mask(found.codings["dimension"].isin(SINGLE), "")
    order = ["interview", "start_char", "end_char", "coder", "dimension", "side", "id"]
    rows = found.codings.assign(side=side).sort_values(order, kind="stable")
    return rows[list(COLUMNS)].reset_index(drop=True)


def csv_bytes(found: Everything) -> bytes:
    """Return CODINGS as UTF-8 CSV with LF, and the words of each unit beside it."""
    text: str = table(found).to_csv(index=False, lineterminator="\n")
    return text.encode()


def workbook(found: Everything) -> tuple[bytes, tuple[str, ...]]:
    """Return a workbook of codings, codes, participants and notes, and what did not fit.

    Every cell is text or a number: what begins with ``=`` is shown, never computed.
    """
    import xlsxwriter

    out = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    cut: Counter[str] = Counter()
    book = xlsxwriter.Workbook(out, options)
    # The same study, the same bytes.
    book.set_properties({"created": _SHEET_TIME})
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    body = book.add_format({"text_wrap": True, "valign": "top"})
    for name, frame, widths in _sheets(found):
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for at, (column, width) in enumerate(zip(frame.columns, widths, strict=True)):
            sheet.set_column(at, at, width)
            sheet.write_string(0, at, str(column), head)
        for line, row in enumerate(frame.itertuples(index=False), start=1):
            for at, value in enumerate(row):
                cut[name] += _put(sheet, line, at, value, body)
        if len(frame):
            sheet.autofilter(0, 0, len(frame), len(frame.columns) - 1)
    book.close()
    left = tuple(
        f"{counted(number, 'cell')} of sheet {name} cut at {MAX_CELL:,} characters"
        for name, number in cut.items()
        if number
    )
    return out.getvalue(), left


def _put(sheet: Any, line: int, at: int, value: Any, form: Any) -> bool:
    """Write a cell; tell whether it was cut."""
    if value is None or value != value:
        return False
    if isinstance(value, int | float) and not isinstance(value, bool):
        sheet.write_number(line, at, value, form)
        return False
    text = str(value)
    if text:
        sheet.write_string(line, at, text[:MAX_CELL], form)
    return len(text) > MAX_CELL


def _sheets(found: Everything) -> list[tuple[str, pd.DataFrame, list[int]]]:
    project = found.project
    names = {one.guid: one.name for one in project.codes}
    codes = pd.DataFrame(
        [
            (names.get(one.parent, ""), one.name, one.definition, one.color, one.codable)
            for one in project.codes
        ],
        columns=["under", "code", "definition", "colour", "codable"],
    )
    variables = {one.guid: one.name for one in project.variables}
    people = pd.DataFrame(
        [
            {"participant": case.name}
            | {name: case.values.get(own, "") for own, name in variables.items()}
            for case in project.cases
        ],
        columns=["participant", *variables.values()],
    )
    notes = pd.DataFrame(
        [(note.name, note.description, note.text, note.at) for note in project.notes],
        columns=["name", "description", "text", "at"],
    )
    wide = {"text": 60, "memo": 30, "value": 22, "coder": 22, "coded_at": 26}
    return [
        ("Codings", table(found), [wide.get(name, 14) for name in COLUMNS]),
        ("Codebook", codes, [20, 30, 60, 10, 10]),
        ("Participants", people, [20] * len(people.columns)),
        ("Notes", notes, [24, 30, 60, 22]),
    ]


def is_codings(heads: Sequence[str]) -> bool:
    """Tell whether a table is one of codings, by its columns."""
    return {"unit_id", "dimension", "value", "coder"} <= {head.strip() for head in heads}


def bring_in(study: Study, rows: Sequence[Sequence[str]], path: Path) -> Report:
    """Take a table of codings into a study; what is there already is not added again.

    Parameters
    ----------
    study
        An open study.
    rows
        The table, its heading first.
    path
        The file, for errors.

    Raises
    ------
    InputError
        If a value is none that its dimension can have; then nothing is added.
    """
    heads = [head.strip() for head in rows[0]]
    size = len(heads)
    cells = [[*row, *[""] * size][:size] for row in rows[1:]]
    frame = pd.DataFrame(cells, columns=heads, dtype="str")
    frame["status"] = frame["status"] if "status" in frame else ""
    wrong = ~frame["status"].isin([*STATUSES, ""])
    if wrong.any():
        line = int(wrong.to_numpy().argmax()) + 2
        raise InputError("no such status", path=path, line=line, column="status")
    frame["coder"] = [_signed(name, path, at) for at, name in enumerate(frame["coder"], start=2)]
    _check_values(frame, path)
    coded = check(frame, CODINGS, path=path)
    report = Report(tool="codings", project=path.stem, found=len(coded))
    store = study.store
    study.keep_codebook()
    known = set(store.units()["unit_id"]) | set(store.units(kind="span")["unit_id"])
    strange = ~coded["unit_id"].isin(known)
    spans: dict[str, dict[str, object]] = {}
    if strange.any() and set(PLACE) <= set(frame.columns):
        coded.loc[strange, "unit_id"] = _spans(study, coded[strange], spans)
    gone = ~coded["unit_id"].isin(known | set(spans))
    if number := int(gone.sum()):
        report.refused.append(
            f"{counted(number, 'coding')} of units that the study does not have "
            "(other interviews, or other words)"
        )
    here = coded[~gone]
    if spans:
        store.add_spans(pd.DataFrame(list(spans.values())))
    fresh, already, _ = unknown(
        here[CODINGS.names], store.codings(units=sorted(set(here["unit_id"]))), older=False
    )
    if len(fresh):
        store.add_codings(fresh, origin="import")
    report.added, report.already, report.spans = len(fresh), len(already), len(spans)
    return report


def _spans(study: Study, rows: pd.DataFrame, spans: dict[str, dict[str, object]]) -> list[str]:
    """Return the units of rows that stand at the very same words here, blank where none does."""
    texts = study.store.texts(sorted(set(rows["interview"])))
    out = []
    for row in rows.itertuples():
        text = texts.get(str(row.interview), "")
        try:
            start, end = int(float(row.start_char)), int(float(row.end_char))
        except (ValueError, OverflowError):
            out.append("")
            continue
        same = 0 <= start < end and text[start:end] == row.text
        out.append(segment_or_span(study, str(row.interview), start, end, spans) if same else "")
    return out


def _signed(name: str, path: Path, line: int) -> str:
    name = name.strip()
    if name.startswith(("model:", "rule:")):
        return name
    try:
        return identity(name)
    except InputError as error:
        raise InputError(error.message, path=path, line=line, column="coder") from None


def _check_values(frame: pd.DataFrame, path: Path) -> None:
    valences = frame["dimension"] == "valence"
    numbers = pd.to_numeric(frame.loc[valences, "value"], errors="coerce")
    cleared = frame.loc[valences, "value"].str.strip() == ""
    wrong = ~(numbers.between(-1, 1) | cleared)
    if wrong.any():
        line = int(wrong.index[wrong][0]) + 2
        raise InputError("no valence from -1 to 1", path=path, line=line, column="value")
