"""The tables behind every figure as one workbook, with charts that Excel draws itself.

No cell is a formula or a link, whatever was said; numbers are numbers in full precision.

The file is over 400 lines because a workbook shares its few formats between sheets, charts and
print, which are set in one class.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from journeyqual.charts.palette import PALETTES
from journeyqual.codebook import Codebook
from journeyqual.reports.formats.deck import rows_of
from journeyqual.reports.formats.files import settled, write
from journeyqual.reports.formats.tables import Results, Sheet, clean
from journeyqual.schema import Column

CELL = 32_767
"""Characters that a cell holds; counted in UTF-16, as Excel does."""
ROWS = 1_048_576
_CUT = " … (cut: a cell holds no more)"
_BARS = ("up to high", "down to low")
_MOST_STAGES = 60
"""A chart of more stages shows no name any more."""

_FORMATS = {
    "signed": "+0.00;−0.00;0.00", "share": "0 %", "part": "0.00", "ratio": "0.000",
    "tenths": "#,##0.0", "count": "#,##0", "as it is": "General",
}  # fmt: skip
_PARTS = {"p", "p_holm", "p_joint", "threshold"}
"""Between 0 and 1, and never told in per cent."""
_INDICES = {"depth", "stake", "score", "score_low", "score_high"}
_CHARACTER = 5.6
"""Points that a column takes for each character of its width."""
_ROW = 13.5
_TALLEST = 409.0
"""Points: Excel draws no row higher."""
_SHEET, _WIDE_SHEET = 200, 280
"""Characters across A4 and A3, on their side, in type that can still be read."""


def write_xlsx(results: Results, path: Path) -> Path:
    """Write a study's tables as a workbook: a page that explains them, then a sheet a table.

    Parameters
    ----------
    results
        Of a study. Tables without rows are named on the first sheet and get none of their own.
    path
        The file. The same tables give the same bytes.
    """
    import xlsxwriter

    box = io.BytesIO()
    # Strings stay strings: a transcript may begin with = or look like a link.
    options = {
        "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
        "in_memory": True,
        # Columns are measured in digits of it: the one that the cells are set in.
        "default_format_properties": {"font_name": "Arial", "font_size": 10},
    }  # fmt: skip
    book = xlsxwriter.Workbook(box, options)
    book.set_properties(
        {"title": results.title[:250], "comments": results.trust, "author": "journeyqual"}
    )
    _Book(book, results).write()
    book.close()
    return write(settled(box.getvalue()), path)


class _Book:
    """A workbook being written, with the few formats that its cells share."""

    def __init__(self, book: Any, results: Results) -> None:
        self.book, self.results = book, results
        accent, _ = results.theme.colours()
        base = {"font_name": results.theme.font or "Arial", "font_size": 10, "valign": "top"}

        def made(**more: object) -> Any:
            return book.add_format({**base, **more})

        self.accent = accent
        # Set in a little, so that no word touches the figure before it.
        self.plain, self.wrapped = made(indent=1), made(text_wrap=True, indent=1)
        self.title = made(bold=True, font_size=18, font_color=accent)
        self.strong = made(bold=True, text_wrap=True)
        self.head = made(
            bold=True, text_wrap=True, font_color="#ffffff", bg_color=accent,
            border_color="#ffffff", right=1, valign="vcenter",
        )  # fmt: skip
        self.warn = made(bold=True, text_wrap=True, font_color=PALETTES["light"].bad)
        self.numbers = {name: made(num_format=how) for name, how in _FORMATS.items()}
        self.truth = made(align="center")

    def write(self) -> None:
        first = self.book.add_worksheet("README")
        names: dict[str, int] = {}
        for sheet in self.results.sheets.values():
            names[sheet.name] = len(sheet.rows)
            if not sheet.rows.empty:
                self._sheet(sheet)
        self._readme(first, names)
        first.activate()

    def _readme(self, page: Any, names: dict[str, int]) -> None:
        results = self.results
        page.hide_gridlines(2)
        page.set_column(0, 0, 30)
        page.set_column(1, 1, 92)
        page.set_column(2, 2, 10)
        self._print(page, "README", 132)
        row = 0

        def line(*cells: object, form: Any = None) -> None:
            nonlocal row
            for column, cell in enumerate(cells):
                self._cell(page, row, column, cell, form or self.wrapped)
            lines = max(lines_of(str(c), w) for c, w in zip(cells, (30, 90, 10), strict=False))
            if form is None and lines > 1:
                page.set_row(row, min(_TALLEST, _ROW * lines + 2))
            row += 1

        page.set_row(0, 30)
        line(results.title, form=self.title)
        # Wide rows are merged so that their text wraps where readers see it.
        for text, form in (
            (results.headline, self.strong), (results.note, self.wrapped),
            (results.trust, self.warn if results.unverified else self.wrapped),
        ):  # fmt: skip
            if text:
                page.merge_range(row, 0, row, 1, "", form)
                self._cell(page, row, 0, text, form)
                page.set_row(row, 15 * math.ceil(len(text) / 105) + 3)
                row += 1
        row += 1
        line("sheet", "what a row is", "rows", form=self.head)
        for name, sheet in results.sheets.items():
            line(name, sheet.about if names[name] else f"{sheet.about} (nothing to show)")
            page.write_number(row - 1, 2, names[name], self.numbers["count"])
            if names[name]:
                page.write_url(
                    row - 1, 0, f"internal:'{name}'!A1", self.wrapped, string=name, tip=name
                )
        row += 1
        line("how it was made", "", form=self.head)
        for key, value in results.facts.items():
            # As text: numbers would stand at the far side of so wide a column.
            line(key, f"{value:,}" if isinstance(value, int) and key != "seed" else str(value))
        row += 1
        line("how to read it", "", form=self.head)
        for words in (
            "Valence runs from −1 (felt bad) to +1 (felt good); low and high are the ends of its "
            "95 % interval over participants.",
            "thin: fewer participants than the study asks for. A blank cell is not known; it is "
            "not 0. Columns in which nothing stands are hidden.",
            "Text is as it was said; no cell is a formula. The study gives the words of a unit by "
            "its unit_id.",
            f"A text of more than {CELL:,} characters is cut, and says so.",
        ):
            line("", words)

    def _sheet(self, sheet: Sheet) -> None:
        chunks = range(0, len(sheet.rows), ROWS - 1)
        for number, start in enumerate(chunks, start=1):
            name = sheet.name if number == 1 else f"{sheet.name} {number}"
            page = self.book.add_worksheet(name)
            part = sheet.rows.iloc[start : start + ROWS - 1]
            self._table(page, sheet, part, name)
            if number == 1 and sheet.name == "Curve":
                self._curve(page, part)
            if number == 1 and sheet.name == "Emotions":
                self._emotions(page, self.results.codebook)

    def _table(self, page: Any, sheet: Sheet, rows: pd.DataFrame, name: str) -> None:
        kinds = {c.name: c for c in sheet.table.columns}
        last = len(rows.columns) - 1
        across, heads, heights = 0.0, 1, [1] * len(rows)
        for place, field in enumerate(rows.columns):
            column = kinds.get(field)
            head = field.replace("_", " ")
            self._cell(page, 0, place, head, self.head)
            values = rows[field].tolist()
            form, width = self._look(column, values, metric="metric" in kinds)
            empty = all(v == "" or (isinstance(v, float) and math.isnan(v)) for v in values)
            page.set_column(place, place, width, None, {"hidden": True} if empty else {})
            if not empty:
                across += width
                heads = max(heads, lines_of(head, width - 2, bold=True))
            if form is self.wrapped:
                need = (lines_of(str(v), width) for v in values)
                heights = [max(pair) for pair in zip(heights, need, strict=True)]
            self._column(page, place, column, values, form)
        page.set_row(0, _ROW * heads + 6)
        for row, lines in enumerate(heights, start=1):
            if lines > 1:
                # Office leaves a row low whose text wraps, and draws over the next.
                page.set_row(row, min(_TALLEST, _ROW * lines + 2))
        keys = [i for i, n in enumerate(rows.columns) if n in {"stage", "name", "participant"}]
        frozen = min(keys[0] + 1, 2) if keys else 0
        page.freeze_panes(1, frozen)
        page.autofilter(0, 0, len(rows), last)
        self._print(page, name, across + self._beside(sheet))
        page.repeat_rows(0)
        if frozen:
            page.repeat_columns(0, frozen - 1)

    def _column(
        self, page: Any, place: int, column: Column | None, values: list[Any], form: Any
    ) -> None:
        if column is not None and column.kind in {"int", "float"}:
            for row, value in enumerate(values, start=1):
                if not math.isnan(value):
                    page.write_number(row, place, value, form)
        elif column is not None and column.kind == "bool":
            for row, value in enumerate(values, start=1):
                page.write_boolean(row, place, value, form)
        else:
            for row, value in enumerate(values, start=1):
                self._cell(page, row, place, value, form)

    def _beside(self, sheet: Sheet) -> float:
        """Return the characters that a grid beside a table takes."""
        return 30.0 + 15 * len(self.results.codebook.emotions) if sheet.name == "Emotions" else 0.0

    def _print(self, page: Any, name: str, across: float) -> None:
        """Print a sheet in type that can be read, on more than one page if need be."""
        page.set_landscape()
        page.set_paper(9 if across <= _SHEET else 8)
        page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        if across > _SHEET / 2:
            # Only where it has to be smaller: LibreOffice would set a small table larger.
            page.fit_to_pages(1 if across <= _SHEET else math.ceil(across / _WIDE_SHEET), 0)
        page.set_footer(f"&L&8{name} · {self.results.trust}"[:200] + "&R&8&P / &N")

    def _look(self, column: Column | None, values: list[Any], *, metric: bool) -> tuple[Any, float]:
        """Return a column's number format and width."""
        word = max((len(w) for w in column.name.split("_")), default=0) if column else 0
        # Room for the filter's button.
        least = max(9, word + 4)
        if column is not None and column.kind == "bool":
            return self.truth, least
        if column is not None and column.kind in {"int", "float"}:
            return self.numbers[number_format(column, values, metric=metric)], least
        longest = max((len(str(v)) for v in values[:500]), default=0)
        if longest > 40:
            return self.wrapped, 60
        return self.plain, max(least, min(42, longest + 2))

    def _cell(self, page: Any, row: int, column: int, value: object, form: Any) -> None:
        if isinstance(value, bool | int | float) and not pd.isna(value):
            page.write(row, column, value, form)
        elif value == "":
            page.write_blank(row, column, None, form)
        elif value is not None and not (isinstance(value, float) and pd.isna(value)):
            page.write_string(row, column, fit(clean(value)), form)

    def _curve(self, page: Any, rows: pd.DataFrame) -> None:
        """Draw the curve beside its table, its intervals as bars from two columns of lengths."""
        where = {name: i for i, name in enumerate(rows.columns)}
        many = min(len(rows), _MOST_STAGES)
        ends = [len(where), len(where) + 1]
        value = rows["valence"]
        lengths = (rows["valence_high"] - value, value - rows["valence_low"])
        for column, name, cells in zip(ends, _BARS, lengths, strict=True):
            self._cell(page, 0, column, name, self.head)
            for row, cell in enumerate(cells, start=1):
                if not math.isnan(cell):
                    page.write_number(row, column, cell, self.numbers["signed"])

        def part(column: int) -> list[Any]:
            return ["Curve", 1, column, many, column]

        chart = self.book.add_chart({"type": "line"})
        bars = {"type": "custom", "end_style": 0, "line": {"color": self.accent, "width": 1.5}}
        chart.add_series(
            {
                "name": "valence, with 95 % interval",
                "categories": part(where["stage"]),
                "values": part(where["valence"]),
                "line": {"color": self.accent, "width": 1.75},
                "marker": {"type": "circle", "size": 8, "fill": {"color": self.accent}},
                "y_error_bars": {
                    **bars,
                    "plus_values": _reference("Curve", ends[0], many),
                    "minus_values": _reference("Curve", ends[1], many),
                },
                "data_labels": {"value": True, "position": "above", "num_format": "+0.00;−0.00"},
            }
        )
        chart.set_title({"name": "How it felt, stage by stage", "name_font": {"size": 14}})
        chart.set_y_axis(
            {"min": -1, "max": 1, "major_unit": 0.5, "num_format": "+0.0;−0.0;0",
             "name": "valence", "crossing": -1, "major_gridlines": {"visible": True,
             "line": {"color": "#dedad1"}}}
        )  # fmt: skip
        # 360 is how XlsxWriter says level: left to itself, Office turns long names.
        level = {"rotation": 360, "size": 9}
        chart.set_x_axis({"label_position": "low", "position_axis": "between", "num_font": level})
        chart.set_legend({"position": "bottom"})
        chart.show_blanks_as("gap")
        chart.set_size({"width": max(760, min(2400, 90 * many)), "height": 400})
        about = f"{self.results.headline} {self.results.trust}"
        page.insert_chart(
            len(rows) + 2, 0, chart, {"description": about[:1000], "object_position": 3}
        )

    def _emotions(self, page: Any, book: Codebook) -> None:
        """Draw the shares of a stage's emotions as a stacked bar, from a grid beside the table."""
        shares = self.results.rows("Emotions")
        told = [s for s in book.stage_names if s in set(shares["stage"])][:_MOST_STAGES]
        names = [e for e in book.emotion_names if e in set(shares["emotion"])]
        found = {(r.stage, r.emotion): r.share for r in shares.itertuples(index=False)}
        left = len(shares.columns) + 1
        for place, name in enumerate(["stage", *names]):
            self._cell(page, 0, left + place, name, self.head)
        page.set_column(left, left, 24)
        page.set_column(left + 1, left + len(names), 15)
        for row, stage in enumerate(told, start=1):
            self._cell(page, row, left, stage, self.plain)
            for place, name in enumerate(names, start=1):
                share = found.get((stage, name), math.nan)
                if not math.isnan(share):
                    page.write_number(row, left + place, share, self.numbers["share"])
        chart = self.book.add_chart({"type": "bar", "subtype": "percent_stacked"})
        for place, name in enumerate(names, start=1):
            chart.add_series(
                {
                    "name": ["Emotions", 0, left + place],
                    "categories": ["Emotions", 1, left, len(told), left],
                    "values": ["Emotions", 1, left + place, len(told), left + place],
                    "fill": {"color": tint(place - 1, len(names), name)},
                    "gap": 40,
                }
            )
        chart.set_title({"name": "Which emotions, where", "name_font": {"size": 14}})
        chart.set_y_axis({"reverse": True})
        chart.set_x_axis({"num_format": "0 %", "major_gridlines": {"visible": False}})
        chart.set_legend({"position": "right"})
        chart.set_size({"width": 860, "height": max(340, 34 * len(told) + 120)})
        said = (
            "Share of each emotion in the talk of each stage, every participant weighing the same."
        )
        look = {"description": said, "object_position": 3}
        page.insert_chart(len(told) + 2, left, chart, look)


def number_format(column: Column, values: Sequence[float], *, metric: bool = False) -> str:
    """Return the name of the number format that suits a column of figures.

    Parameters
    ----------
    column
        Its declaration.
    values
        Its cells.
    metric
        Whether its table is of metrics: their values are in units of the team's own.

    Examples
    --------
    >>> from journeyqual import schema
    >>> [number_format(c, [0.5]) for c in schema.CURVE.columns[3:7]]
    ['signed', 'signed', 'signed', 'count']
    """
    name = column.name
    if metric and name == "value":
        return "as it is"
    if column.kind == "int" or all(math.isnan(v) or float(v).is_integer() for v in values):
        return "signed" if column.level == "interval" and column.low is not None else "count"
    if name.endswith("_s") or column.high == 100.0 or name.startswith("minutes"):
        return "tenths"
    if column.low == -1.0 or (column.level == "interval" and column.high != 1.0):
        return "signed"
    if name in _INDICES:
        return "part"
    if (column.low, column.high) == (0.0, 1.0) and name not in _PARTS:
        return "share"
    return "ratio"


def lines_of(text: str, width: float, *, bold: bool = False) -> int:
    """Return in how many lines a text stands in a column so many characters wide.

    Examples
    --------
    >>> lines_of("short", 60), lines_of("a few words " * 20, 60)
    (1, 4)
    """
    size = 10 * (1.08 if bold else 1.0)
    return sum(
        max(1, rows_of(part, size, width * _CHARACTER)) for part in text[:CELL].splitlines() or [""]
    )


def tint(place: int, many: int, name: str) -> str:
    """Return an emotion's colour in a stack: blues first, then oranges; ``neutral`` is grey.

    Examples
    --------
    >>> tint(0, 9, "joy"), tint(8, 9, "neutral")
    ('#155a8a', '#c3c8cc')
    """
    if name == "neutral":
        return "#c3c8cc"
    blues = ("#155a8a", "#4a86b3", "#86b2d1", "#bcd5e6")
    oranges = ("#f3d3c0", "#e5a881", "#cf7642", "#b1480f", "#7a2f07")
    row = (*blues, *oranges)
    return row[min(len(row) - 1, place * len(row) // max(1, many - 1))] if many > 1 else row[0]


def fit(text: str) -> str:
    """Return a text as a cell can hold it; a longer one is cut and says so.

    Examples
    --------
    >>> fit("as it is"), len(fit("a" * 40_000)), fit("a" * 40_000)[-8:]
    ('as it is', 32767, 'no more)')
    """
    if len(text) <= CELL // 2 or _wide(text) <= CELL:
        return text
    kept = text.encode("utf-16-le")[: 2 * (CELL - len(_CUT))]
    return kept.decode("utf-16-le", errors="ignore") + _CUT


def _wide(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _reference(sheet: str, column: int, many: int) -> str:
    from xlsxwriter.utility import xl_range_abs

    return f"={sheet}!{xl_range_abs(1, column, many, column)}"
