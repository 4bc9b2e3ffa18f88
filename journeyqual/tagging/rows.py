"""Tables as a notebook shows them to people: what they have to read is not cut off."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

STATIC = Path(__file__).parent / "static"
SHORT, LONG = 16, 40
"""Characters up to which a cell is kept on one line, and beyond which it is given room."""


class Rows:
    """A table to read in a notebook: words wrapped, numbers short, everything escaped.

    Parameters
    ----------
    frame
        Any table; a unit's id tells a reader nothing and is left out.
    caption
        What it shows.
    most
        Rows to show; the rest is counted.

    Examples
    --------
    >>> Rows(pd.DataFrame({"unit_id": ["u1"], "place": [3.0], "done": [True]}), "To do")
    To do
    place | done
    3 | yes
    >>> Rows(pd.DataFrame({"text": ["a", "b"]}), "Said", most=1).caption
    'Said (the first 1 of 2)'
    """

    def __init__(self, frame: pd.DataFrame, caption: str, *, most: int = 30) -> None:
        shown = frame.drop(columns="unit_id", errors="ignore").head(most)
        self.caption = caption
        if len(frame) > len(shown):
            self.caption += f" (the first {len(shown)} of {len(frame)})"
        elif frame.empty:
            self.caption += ": none"
        self.columns = [str(name).replace("_", " ") for name in shown.columns]
        cells = [[_cell(value) for value in shown[name]] for name in shown.columns]
        self.rows = [list(row) for row in zip(*cells, strict=True)]
        self.kinds = [_kind(shown[n], c) for n, c in zip(shown.columns, cells, strict=True)]

    def __repr__(self) -> str:
        lines = [self.columns, *self.rows] if self.rows else []
        return "\n".join([self.caption, *(" | ".join(line) for line in lines)])

    def _repr_html_(self) -> str:
        style = f"<style>{(STATIC / 'rows.css').read_text(encoding='utf-8')}</style>"
        if not self.rows:
            return f'<div class="jq-rows">{style}<p>{escape(self.caption)}</p></div>'
        head = f"<thead>{self._line('th', self.columns)}</thead>"
        body = "".join(self._line("td", row) for row in self.rows)
        table = f"<caption>{escape(self.caption)}</caption>{head}<tbody>{body}</tbody>"
        return f'<div class="jq-rows">{style}<table>{table}</table></div>'

    def _line(self, tag: str, cells: list[str]) -> str:
        pairs = zip(self.kinds, cells, strict=True)
        inner = (f'<{tag} class="is-{kind}">{escape(cell)}</{tag}>' for kind, cell in pairs)
        return f"<tr>{''.join(inner)}</tr>"


def _kind(values: pd.Series, cells: list[str]) -> str:
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return "number"
    longest = max(map(len, cells), default=0)
    return "short" if longest <= SHORT else "long" if longest > LONG else "middle"


def _cell(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "–"
    if isinstance(value, float):
        return "–" if np.isnan(value) else f"{value:g}" if value % 1 == 0 else f"{value:.2f}"
    return str(value)
