"""A button in a notebook, and beside it what came of pressing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

from journeyqual.tagging.widget import STATIC, heard


class Button(anywidget.AnyWidget):
    """Call something when pressed; while it is busy a press does nothing.

    Parameters
    ----------
    label
        What the button says.
    pressed
        Called with the button; sets ``busy`` while it works and ``said`` when it is over.
    """

    _esm = heard((STATIC / "button.js").read_text(encoding="utf-8"))
    _css = STATIC / "button.css"
    label = traitlets.Unicode().tag(sync=True)
    said = traitlets.Unicode().tag(sync=True)
    busy = traitlets.Bool().tag(sync=True)

    def __init__(self, label: str, pressed: Callable[[Button], None]) -> None:
        super().__init__(label=label)
        self._pressed = pressed
        self.on_msg(self._heard)

    def _heard(self, _: object, __: Any, ___: object) -> None:
        if not self.busy:
            self._pressed(self)
