"""What a coder is: a name, the dimensions it judges, and one function from tables to a table."""

from __future__ import annotations

from typing import Protocol

import pandas as pd

from journeyqual.codebook import Codebook
from journeyqual.models.vectors import Progress

UNSURE = 0.4
"""Under this confidence a coder is unsure: a person should look there first.

Among eight to ten stages a guess at .4 is four times better than chance. On codebooks that nothing
was fitted to about half of the units from .4 on are right, under it a quarter (``docs/models.md``).
"""


class Coder(Protocol):
    """A machine that codes units; it is handed tables and never sees the store."""

    @property
    def name(self) -> str:
        """What its codings are signed with, for example ``model:stage-matcher@1``."""
        ...

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions that it judges, for example ``("stage", "touchpoint")``."""
        ...

    def code(
        self, units: pd.DataFrame, codebook: Codebook, progress: Progress | None = None
    ) -> pd.DataFrame:
        """Return the CODED columns of its dimensions, a row per unit in the same order.

        Parameters
        ----------
        units
            A checked table of `schema.UNITS_IN`, with the index 0, 1, 2, …
        codebook
            The codes to choose from.
        progress
            Called with (units read, units in all).
        """
        ...
