"""The drawing of a deck: places, type that fits, cards, tables, native charts, notes.

`journeyqual.reports.formats.pptx` says what stands on the slides; here is how it gets there. Sizes
are inches and points. Colours are the file's theme colours, so a reader can change them all at
once.

The file is over 400 lines because python-pptx has no error bars, no table lines and no alternative
text: each is a few lines of XML here, so that no slide holds any.
"""

from __future__ import annotations

import io
import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from journeyqual.charts.palette import PALETTES
from journeyqual.reports.formats.tables import clean
from journeyqual.schema import side
from journeyqual.theme import Theme

WIDTH, HEIGHT = 13.333, 7.5
MARGIN = 0.6
TOP, BOTTOM = 1.55, 6.85
SERIF, SANS = "Georgia", "Arial"
# The theme's colours by what they are for.
INK, SURFACE, MUTED, PAPER, ACCENT, SECOND, BAD, GOOD, NEUTRAL, LINE = (
    "TEXT_1", "BACKGROUND_1", "TEXT_2", "BACKGROUND_2", "ACCENT_1", "ACCENT_2", "ACCENT_3",
    "ACCENT_4", "ACCENT_5", "ACCENT_6",
)  # fmt: skip
_SCALES = (1.0, 0.92, 0.85, 0.78, 0.7)
_LEADING = 1.22
_UNKNOWN = 1.16
"""How much wider than Arial a study's own font may be: DejaVu, one of the widest, is so much."""
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_PRESENTATION = "http://schemas.openxmlformats.org/presentationml/2006/main"


@dataclass(frozen=True)
class Box:
    """A place on a slide, in inches."""

    left: float
    top: float
    width: float
    height: float

    @property
    def emu(self) -> tuple[int, int, int, int]:
        """The place as python-pptx wants it."""
        return tuple(round(914_400 * v) for v in (self.left, self.top, self.width, self.height))  # type: ignore[return-value]


@dataclass(frozen=True)
class Line:
    """One paragraph: its words and how they look; ``after`` is the space below, in points."""

    text: str
    size: float = 14
    colour: str = INK
    bold: bool = False
    italic: bool = False
    serif: bool = False
    after: float = 4
    align: str = "left"


@dataclass(frozen=True)
class Series:
    """A row of points of a native chart, in the order of its categories; None is a gap."""

    name: str
    values: Sequence[float | None]
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()
    colour: str = ACCENT
    line: bool = True
    marks: Sequence[tuple[str, str, bool]] = ()
    """Of each point: shape, colour, whether it is hollow."""
    shape: str = "CIRCLE"


def wide(text: str, size: float) -> float:
    """Return about how wide a text is in points, set in a font like Arial.

    No font is at hand where decks are written; what is guessed too wide only leaves room.

    Examples
    --------
    >>> round(wide("iiii", 10)), round(wide("MMMM", 10)), round(wide("", 10))
    (11, 35, 0)
    """
    total = 0.0
    for c in text:
        if unicodedata.east_asian_width(c) in "WF":
            total += 1.0
        elif unicodedata.category(c) in {"Mn", "Me", "Cf"}:
            continue
        elif c in "iljtfrI.,:;'’|!()[] /-":
            total += 0.28 if c != "r" else 0.36
        elif c in "mwMW@%":
            total += 0.88
        else:
            total += 0.7 if c.isupper() else 0.56
    return total * size


def rows_of(text: str, size: float, width: float) -> int:
    """Return in how many rows a paragraph breaks at a width in points.

    Examples
    --------
    >>> rows_of("aaa bbb ccc", 10, 1000), rows_of("aaa bbb ccc", 10, 20)
    (1, 3)
    """
    rows, used, blank = 1, 0.0, wide(" ", size)
    for word in text.split():
        long = wide(word, size)
        if used and used + blank + long > width:
            rows, used = rows + 1, 0.0
        # A word longer than the row is broken where the row ends.
        extra = int(long // width)
        rows += extra
        used += (blank if used else 0.0) + long - extra * width
    return rows


def _spread(line: Line) -> float:
    """Return how much wider a line is set than the plain letters of `wide`."""
    return line.size * (1.07 if line.bold else 1.0) * (1.1 if line.serif else 1.0)


def height_of(lines: Sequence[Line], width: float, wider: float = 1.0) -> float:
    """Return how high paragraphs are at a width, both in inches, in a font so much wider."""
    points = sum(
        rows_of(line.text, _spread(line) * wider, 72 * width) * line.size * _LEADING + line.after
        for line in lines
    )
    return points / 72


def fitted(lines: Sequence[Line], box: Box, wider: float = 1.0) -> list[Line]:
    """Return paragraphs so that they stay inside their box: smaller, at last cut with an ellipsis.

    Parameters
    ----------
    lines
        As they would be with room enough.
    box
        Where they go.
    wider
        How much wider than Arial their font may be.
    """
    for scale in _SCALES:
        out = [replace(line, size=line.size * scale, after=line.after * scale) for line in lines]
        if height_of(out, box.width, wider) <= box.height:
            return out
    while height_of(out, box.width, wider) > box.height:
        # The longest gives way, so that no short line (who said it) is lost.
        longest = max(range(len(out)), key=lambda i: len(out[i].text))
        text = out[longest].text
        if len(text) < 24:
            return out
        kept = text[: int(len(text) * 0.9) - 2].rstrip("… ”")
        out[longest] = replace(out[longest], text=f"{kept} …{'”' if text.endswith('”') else ''}")
    return out


class Deck:
    """A presentation being drawn, 16 to 9, in the study's theme.

    Parameters
    ----------
    theme
        Logo, colours, font.
    title
        Of the file.
    foot
        Stands at the bottom of every slide but the first.
    """

    def __init__(self, theme: Theme, title: str, foot: str) -> None:
        import pptx

        self.theme, self.foot = theme, foot
        self.wider = _UNKNOWN if theme.font else 1.0
        self.file: Any = _untyped(pptx).Presentation()
        width, height, _, _ = Box(WIDTH, HEIGHT, 0, 0).emu
        self.file.slide_width, self.file.slide_height = width, height
        for layout in list(self.file.slide_layouts):
            if layout.name != "Title Only":
                self.file.slide_layouts.remove(layout)
        self.layout = self.file.slide_layouts[0]
        self._place_title(self.file.slide_master)
        self._place_title(self.layout)
        self._colour()
        properties = self.file.core_properties
        properties.title, properties.author = clean(title)[:250], "journeyqual"
        properties.last_modified_by, properties.language = "journeyqual", "en"
        properties.keywords = properties.comments = properties.subject = ""

    def saved(self) -> bytes:
        """Return the file's bytes."""
        box = io.BytesIO()
        self.file.save(box)
        return box.getvalue()

    # -- the file's theme ------------------------------------------------------------------------

    def _place_title(self, page: Any) -> None:
        for shape in list(page.placeholders):
            if shape.placeholder_format.type.name in {"TITLE", "CENTER_TITLE"}:
                shape.left, shape.top, shape.width, shape.height = Box(
                    MARGIN, 0.42, WIDTH - 2 * MARGIN, 0.95
                ).emu
            elif shape.placeholder_format.type.name in {"DATE", "FOOTER", "SLIDE_NUMBER"}:
                shape._element.getparent().remove(shape._element)

    def _colour(self) -> None:
        """Write the study's colours and fonts into the file's theme."""
        from lxml import etree
        from pptx.opc.constants import RELATIONSHIP_TYPE

        p = PALETTES["light"]
        accent, second = self.theme.colours()
        colours = {
            "dk1": p.ink, "lt1": p.surface, "dk2": p.muted, "lt2": p.paper, "accent1": accent,
            "accent2": second, "accent3": p.bad, "accent4": p.good, "accent5": p.neutral,
            "accent6": p.line, "hlink": accent, "folHlink": second,
        }  # fmt: skip
        part = self.file.slide_master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
        root = etree.fromstring(part.blob)
        for name, colour in colours.items():
            place = root.find(f".//{{{_DRAWING}}}clrScheme/{{{_DRAWING}}}{name}")
            place[:] = []
            etree.SubElement(place, f"{{{_DRAWING}}}srgbClr", val=colour.lstrip("#"))
        for kind, default in (("majorFont", SERIF), ("minorFont", SANS)):
            latin = root.find(f".//{{{_DRAWING}}}{kind}/{{{_DRAWING}}}latin")
            latin.set("typeface", self.theme.font or default)
        part._blob = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)

    # -- slides and words ------------------------------------------------------------------------

    def slide(self, title: str, *, foot: bool = True) -> Any:
        """Add a slide with its title; return it."""
        slide = self.file.slides.add_slide(self.layout)
        box = Box(MARGIN, 0.42, WIDTH - 2 * MARGIN, 0.95)
        shape = slide.shapes.title
        self.words(
            shape.text_frame,
            [Line(title, 28, bold=True, serif=True, after=0)],
            box,
            anchor="BOTTOM",
        )
        if foot:
            rule = Box(MARGIN, 7.0, WIDTH - 2 * MARGIN, 0.008)
            self.bar(slide, rule, LINE)
            self.text(slide, Box(MARGIN, 7.04, 11.2, 0.3), [Line(self.foot, 9, MUTED, after=0)])
            self._number(slide)
        return slide

    def text(self, slide: Any, box: Box, lines: Sequence[Line], *, anchor: str = "TOP") -> Any:
        """Add words that stay inside their box."""
        shape = slide.shapes.add_textbox(*box.emu)
        self.words(shape.text_frame, lines, box, anchor=anchor)
        return shape

    def words(self, frame: Any, lines: Sequence[Line], box: Box, *, anchor: str = "TOP") -> None:
        """Write paragraphs into a shape's frame so that they stay inside its box."""
        from pptx.enum.text import MSO_ANCHOR, PP_ALIGN

        frame.word_wrap = True
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
        frame.vertical_anchor = getattr(MSO_ANCHOR, anchor)
        tidy = [replace(line, text=" ".join(clean(line.text).split())) for line in lines]
        for number, line in enumerate(fitted(tidy, box, self.wider)):
            paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
            paragraph.alignment = getattr(PP_ALIGN, line.align.upper())
            run = paragraph.add_run()
            run.text = line.text
            self._font(run.font, line)
            paragraph.space_after = _points(line.after)
            paragraph.space_before = _points(0)

    def _font(self, font: Any, line: Line) -> None:
        font.size, font.bold, font.italic = (
            _points(round(line.size * 2) / 2),
            line.bold,
            line.italic,
        )
        font.color.theme_color = _colour_of(line.colour)
        if line.serif:
            font.name = "+mj-lt"

    def _number(self, slide: Any) -> None:
        from lxml import etree

        box = Box(WIDTH - MARGIN - 1, 7.04, 1, 0.3)
        shape = self.text(slide, box, [Line("0", 9, MUTED, after=0, align="right")])
        run = shape.text_frame.paragraphs[0]._p.find(f"{{{_DRAWING}}}r")
        field = etree.SubElement(run.getparent(), f"{{{_DRAWING}}}fld")
        field.set("id", "{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}")
        field.set("type", "slidenum")
        for child in list(run):
            field.append(child)
        run.getparent().replace(run, field)

    def bar(self, slide: Any, box: Box, colour: str, *, round_: bool = False) -> Any:
        """Add a plain area; it only decorates, and says so."""
        from pptx.enum.shapes import MSO_SHAPE

        kind = MSO_SHAPE.OVAL if round_ else MSO_SHAPE.RECTANGLE
        shape = slide.shapes.add_shape(kind, *box.emu)
        shape.fill.solid()
        shape.fill.fore_color.theme_color = _colour_of(colour)
        shape.line.fill.background()
        # Its style would bring the shadow of the file's first theme.
        shape._element.remove(shape._element.find(f"{{{_PRESENTATION}}}style"))
        describe(shape, "")
        return shape

    def track(
        self, slide: Any, box: Box, value: float, low: float, high: float, words: str
    ) -> None:
        """Draw a valence and its interval on a line from -1 to +1."""
        middle = box.top + box.height / 2

        def at(v: float) -> float:
            return box.left + box.width * (v + 1) / 2

        # As in the charts: what is not settled has no side.
        colour = {1: GOOD, 0: NEUTRAL, -1: BAD}[side(low, high)]
        self.bar(slide, Box(box.left, middle - 0.008, box.width, 0.016), LINE)
        self.bar(slide, Box(at(0) - 0.008, middle - 0.09, 0.016, 0.18), NEUTRAL)
        if not math.isnan(low):
            self.bar(
                slide, Box(at(low), middle - 0.03, max(0.02, at(high) - at(low)), 0.06), colour
            )
        point = self.bar(
            slide, Box(at(value) - 0.09, middle - 0.09, 0.18, 0.18), colour, round_=True
        )
        describe(point, words)
        ends = Box(box.left, middle + 0.12, box.width, 0.2)
        self.text(slide, ends, [Line("−1 felt bad", 10, MUTED)])
        self.text(slide, ends, [Line("felt good +1", 10, MUTED, align="right")])

    def card(self, slide: Any, box: Box, colour: str, lines: Sequence[Line]) -> None:
        """Draw words on paper with a coloured edge."""
        self.bar(slide, box, PAPER)
        self.bar(slide, Box(box.left, box.top, 0.06, box.height), colour)
        inside = Box(box.left + 0.22, box.top + 0.1, box.width - 0.38, box.height - 0.2)
        self.text(slide, inside, lines, anchor="MIDDLE")

    def logo(self, slide: Any, box: Box) -> None:
        """Draw the study's logo, as large as fits its box, at the right."""
        if not self.theme.logo:
            return
        content = self.theme.logo
        if not content.startswith(b"\x89PNG"):
            import vl_convert

            content = vl_convert.svg_to_png(content.decode("utf-8-sig"), scale=4.0)
        picture = slide.shapes.add_picture(io.BytesIO(content), 0, 0)
        _, _, width, height = box.emu
        scale = min(width / picture.width, height / picture.height)
        picture.width, picture.height = round(picture.width * scale), round(picture.height * scale)
        picture.left = box.emu[0] + width - picture.width
        picture.top = box.emu[1]
        describe(picture, "Logo")

    # -- tables ----------------------------------------------------------------------------------

    def table(
        self, slide: Any, box: Box, head: Sequence[str], rows: Sequence[Sequence[Line]],
        widths: Sequence[float], words: str,
    ) -> None:  # fmt: skip
        """Add a native table.

        Parameters
        ----------
        slide, box
            Where; the box's height is what the rows may take.
        head
            Names of the columns.
        rows
            Cells, left to right.
        widths
            Of the columns, in parts of the box.
        words
            What the table shows, for readers who cannot see it.
        """
        frame = slide.shapes.add_table(len(rows) + 1, len(head), *box.emu)
        describe(frame, words)
        table = frame.table
        table._tbl.tblPr.set("bandRow", "0")
        style = table._tbl.tblPr.find(f"{{{_DRAWING}}}tableStyleId")
        # "No style, no grid": the lines are our own.
        style.text = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"
        inches = [box.width * w / sum(widths) for w in widths]
        for column, width in zip(table.columns, inches, strict=True):
            column.width = round(914_400 * width)
        heads = [Line(name, 11, SECOND, bold=True, after=0) for name in head]
        for number, cells in enumerate([heads, *rows]):
            table.rows[number].height = round(914_400 * row_height(cells, inches, self.wider))
            for place, line in enumerate(cells):
                cell = table.cell(number, place)
                self._cell(cell, line, inches[place], last=number == 0)

    def _cell(self, cell: Any, line: Line, width: float, *, last: bool) -> None:
        from pptx.enum.text import MSO_ANCHOR

        room = Box(0, 0, width - 2 * _PAD, 20)
        self.words(cell.text_frame, [line], room, anchor="TOP")
        cell.vertical_anchor = MSO_ANCHOR.TOP
        cell.margin_left = cell.margin_right = round(914_400 * _PAD)
        cell.margin_top = cell.margin_bottom = round(914_400 * _PAD / 2)
        _underline(cell, "accent1" if last else "accent6", 1.5 if last else 0.75)

    # -- charts ----------------------------------------------------------------------------------

    def chart(
        self, slide: Any, box: Box, categories: Sequence[str], series: Sequence[Series], words: str,
        *, limit: float = 1.0,
    ) -> Any:  # fmt: skip
        """Add a native line chart of valence by stage, each series with its intervals.

        Parameters
        ----------
        slide, box
            Where.
        categories
            Names under the axis.
        series
            What is drawn, the first at the back.
        words
            The chart in words, for readers who cannot see it.
        limit
            The axis runs from ``-limit`` to ``limit``.
        """
        from pptx.chart.data import CategoryChartData
        from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION

        data: Any = _untyped(CategoryChartData)(number_format="+0.00;−0.00;0.00")
        names = [clean(c) for c in categories]
        data.categories = names
        for one in series:
            data.add_series(clean(one.name), list(one.values))
        frame = slide.shapes.add_chart(XL_CHART_TYPE.LINE_MARKERS, *box.emu, data)
        describe(frame, words)
        chart = frame.chart
        chart.has_title = False
        chart.has_legend = len(series) > 1
        if chart.has_legend:
            chart.legend.position = XL_LEGEND_POSITION.TOP
            chart.legend.include_in_layout = False
            self._font(chart.legend.font, Line("", 12))
        self._axes(chart, len(names), limit)
        workbook = _Workbook(names, series)
        for place, (plot, one) in enumerate(zip(chart.plots[0].series, series, strict=True)):
            self._series(plot, one)
            if len(one.low):
                _error_bars(plot._element, *workbook.lengths(place), one.colour)
        # Its own workbook: python-pptx would write a name that begins with = as a formula.
        chart.part.chart_workbook.update_from_xlsx_blob(workbook.blob())
        return chart

    def _axes(self, chart: Any, many: int, limit: float) -> None:
        from pptx.enum.chart import XL_TICK_LABEL_POSITION, XL_TICK_MARK

        value, stage = chart.value_axis, chart.category_axis
        value.minimum_scale, value.maximum_scale, value.major_unit = -limit, limit, limit / 2
        value.has_major_gridlines = True
        value.major_gridlines.format.line.color.theme_color = _colour_of(LINE)
        value.major_gridlines.format.line.width = _points(0.75)
        value.format.line.fill.background()
        value.tick_labels.number_format = "+0.0#;−0.0#;0"
        value.tick_labels.number_format_is_linked = False
        stage.tick_label_position = XL_TICK_LABEL_POSITION.LOW
        stage.format.line.color.theme_color = _colour_of(NEUTRAL)
        stage.major_tick_mark = value.major_tick_mark = XL_TICK_MARK.NONE
        self._font(value.tick_labels.font, Line("", 11, MUTED))
        self._font(stage.tick_labels.font, Line("", 12 if many <= 8 else 10))
        for axis in (value, stage):
            # Names stay level: left to itself, Office turns long ones.
            axis._element.find(f"{{{_CHART}}}txPr/{{{_DRAWING}}}bodyPr").set("rot", "0")

    def _series(self, plot: Any, one: Series) -> None:
        from pptx.enum.chart import XL_MARKER_STYLE

        plot.smooth = False
        if one.line:
            plot.format.line.color.theme_color = _colour_of(one.colour)
            plot.format.line.width = _points(2)
        else:
            plot.format.line.fill.background()
        _marker(plot.marker, getattr(XL_MARKER_STYLE, one.shape), one.colour, hollow=False)
        for place, (shape, colour, hollow) in enumerate(one.marks):
            if one.values[place] is not None:
                style = getattr(XL_MARKER_STYLE, shape)
                _marker(plot.points[place].marker, style, colour, hollow=hollow)

    def notes(self, slide: Any, lines: Sequence[str]) -> None:
        """Write what stands behind a slide into its speaker's notes, a paragraph a line."""
        slide.notes_slide.notes_text_frame.text = "\n".join(
            " ".join(clean(line).split()) for line in lines
        )


_PAD = 0.08
"""Inches left and right of a table's words."""


def row_height(cells: Sequence[Line], inches: Sequence[float], wider: float = 1.0) -> float:
    """Return how high a table's row is with these cells in columns so wide."""
    tallest = max(
        height_of([replace(line, after=0)], width - 2 * _PAD, wider)
        for line, width in zip(cells, inches, strict=True)
    )
    return tallest + _PAD + 0.03


def describe(shape: Any, words: str) -> None:
    """Give a shape its alternative text; without any it is marked as decoration."""
    from lxml import etree

    element = shape._element
    properties = element.xpath(".//p:cNvPr")[0]
    text = " ".join(clean(words).split())
    properties.set("descr", text if len(text) <= 2000 else f"{text[:1999]}…")
    if text:
        return
    name = "http://schemas.microsoft.com/office/drawing/2017/decorative"
    listed = etree.SubElement(properties, f"{{{_DRAWING}}}extLst")
    extension = etree.SubElement(listed, f"{{{_DRAWING}}}ext")
    extension.set("uri", "{C183D7F6-B498-43B3-948B-1728B52AA6E4}")
    etree.SubElement(extension, f"{{{name}}}decorative", {"val": "1"}, {"adec": name})


class _Workbook:
    """The numbers behind a native chart as the workbook that opens with *Edit data*."""

    def __init__(self, names: Sequence[str], series: Sequence[Series]) -> None:
        self.names, self.series = names, series
        self.bars: list[tuple[int, str, list[float]]] = []

    def lengths(self, place: int) -> tuple[tuple[str, list[float]], tuple[str, list[float]]]:
        """Return a series' bars upwards and downwards: where they stand, and their lengths."""
        one = self.series[place]
        out = []
        for ends, sign, word in ((one.high, 1, "up to high"), (one.low, -1, "down to low")):
            long = [
                0.0 if v is None or e is None else max(0.0, sign * (e - v))
                for v, e in zip(one.values, ends, strict=True)
            ]
            column = 1 + len(self.series) + len(self.bars)
            self.bars.append((column, f"{one.name}, {word}", long))
            out.append((_range(column, len(long)), long))
        return out[0], out[1]

    def blob(self) -> bytes:
        import xlsxwriter

        box = io.BytesIO()
        options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
        book = xlsxwriter.Workbook(box, options)
        page = book.add_worksheet("Sheet1")
        columns: list[tuple[int, str, Sequence[float | None]]] = [
            (place, one.name, one.values) for place, one in enumerate(self.series, start=1)
        ]
        for row, name in enumerate(self.names, start=1):
            page.write_string(row, 0, name[:32_000])
        for column, name, values in [*columns, *self.bars]:
            page.write_string(0, column, clean(name)[:32_000])
            for row, value in enumerate(values, start=1):
                if value is not None:
                    page.write_number(row, column, value)
        book.close()
        return box.getvalue()


def _range(column: int, many: int) -> str:
    from xlsxwriter.utility import xl_range_abs

    return f"Sheet1!{xl_range_abs(1, column, many, column)}"


def _error_bars(
    series: Any, plus: tuple[str, list[float]], minus: tuple[str, list[float]], colour: str
) -> None:
    """Give a series bars of its own lengths: python-pptx has none."""
    from lxml import etree

    def add(parent: Any, tag: str, **attributes: str) -> Any:
        return etree.SubElement(parent, f"{{{_CHART}}}{tag}", attributes)

    bars = etree.Element(f"{{{_CHART}}}errBars")
    for tag, value in (
        ("errDir", "y"), ("errBarType", "both"), ("errValType", "cust"), ("noEndCap", "1"),
    ):  # fmt: skip
        add(bars, tag, val=value)
    for tag, (where, lengths) in (("plus", plus), ("minus", minus)):
        reference = add(add(bars, tag), "numRef")
        add(reference, "f").text = where
        cache = add(reference, "numCache")
        add(cache, "formatCode").text = "General"
        add(cache, "ptCount", val=str(len(lengths)))
        for place, length in enumerate(lengths):
            add(add(cache, "pt", idx=str(place)), "v").text = repr(float(length))
    look = etree.SubElement(bars, f"{{{_CHART}}}spPr")
    line = etree.SubElement(look, f"{{{_DRAWING}}}ln", w="28575", cap="rnd")
    fill = etree.SubElement(line, f"{{{_DRAWING}}}solidFill")
    etree.SubElement(fill, f"{{{_DRAWING}}}schemeClr", val=_scheme(colour))
    # The order of a series' parts is fixed: the bars stand before categories.
    series.find(f"{{{_CHART}}}cat").addprevious(bars)


def _marker(marker: Any, style: Any, colour: str, *, hollow: bool) -> None:
    marker.style, marker.size = style, 11
    fill = marker.format.fill
    fill.solid()
    fill.fore_color.theme_color = _colour_of(SURFACE if hollow else colour)
    marker.format.line.color.theme_color = _colour_of(colour)
    marker.format.line.width = _points(2 if hollow else 0.75)


def _underline(cell: Any, scheme: str, width: float) -> None:
    from lxml import etree

    properties = cell._tc.get_or_add_tcPr()
    line = etree.SubElement(properties, f"{{{_DRAWING}}}lnB", w=str(round(12_700 * width)))
    fill = etree.SubElement(line, f"{{{_DRAWING}}}solidFill")
    etree.SubElement(fill, f"{{{_DRAWING}}}schemeClr", val=scheme)


def _scheme(colour: str) -> str:
    kind, _, number = colour.partition("_")
    return {"TEXT": "tx", "BACKGROUND": "bg", "ACCENT": "accent"}[kind] + number


def _untyped(made: Any) -> Any:
    """Return what python-pptx leaves untyped, as such."""
    return made


def _colour_of(name: str) -> Any:
    from pptx.enum.dml import MSO_THEME_COLOR

    return getattr(MSO_THEME_COLOR, name)


def _points(value: float) -> int:
    return round(12_700 * value)
