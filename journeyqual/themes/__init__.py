"""What several participants speak of: discovered once, frozen, named by people.

`discover` finds themes among units, `assign` gives new units theirs, `propose` finds what the
frozen ones do not cover. `Themes` does all three in an open study.
"""

from __future__ import annotations

from journeyqual.themes.finding import Found, discover
from journeyqual.themes.later import assign, propose
from journeyqual.themes.study import Themes

__all__ = ["Found", "Themes", "assign", "discover", "propose"]
