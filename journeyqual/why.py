"""Why people feel as they do, in an open study: themes behind a stage, the numbers, what to do.

Reached as ``study.why``. Each result is computed once a state of the study and kept as a table.
What goes with a feeling is told with its interval; interviews do not show what makes what.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from journeyqual import drivers, findings, numbers, opportunities, schema
from journeyqual.errors import SchemaError
from journeyqual.schema import Table

if TYPE_CHECKING:
    from journeyqual.study import Study


class Why:
    """The why behind a study's curve and numbers.

    Parameters
    ----------
    study
        The open study.
    """

    def __init__(self, study: Study) -> None:
        self._study = study

    def _kept(
        self, name: str, table: Table, make: Callable[[], pd.DataFrame], **given: Any
    ) -> pd.DataFrame:
        settings = {**self._study.settings, **given, "themes": self._study.themes.state()}
        return self._study.cached(name, table, make, **settings)

    def drivers(self) -> pd.DataFrame:
        """Return DRIVERS: what of a stage's talk goes with a better or worse feeling there."""
        study = self._study
        return self._kept(
            "drivers",
            schema.DRIVERS,
            lambda: drivers.drivers(
                study.coded(),
                study.themes.units(),
                study.themes.table(),
                study.codebook,
                **study.settings,
            ),
        )

    def quotes(self, *, supporting: int = 2, contradicting: int = 1) -> pd.DataFrame:
        """Return DRIVER_QUOTES: people's words for each driver, and against it, verbatim."""
        return self._kept(
            "driver_quotes",
            schema.DRIVER_QUOTES,
            lambda: self._quotes(supporting, contradicting),
            supporting=supporting,
            contradicting=contradicting,
        )

    def _quotes(self, supporting: int, contradicting: int) -> pd.DataFrame:
        study = self._study
        units = study.units()
        chosen = drivers.quotes(
            study.quotable(),
            units,
            study.themes.units(),
            self.drivers(),
            study.codebook,
            supporting=supporting,
            contradicting=contradicting,
            silent=study.silent(),
            shown=study.quotes(),
        )
        texts = study.store.texts(sorted(chosen["interview"].unique()))
        findings.verbatim(chosen, units, texts)
        return chosen

    def new_stages(self) -> pd.DataFrame:
        """Return NEW_STAGES: talk that fits no stage and belongs together, for the codebook."""
        study = self._study
        return self._kept(
            "new_stages",
            schema.NEW_STAGES,
            lambda: drivers.new_stages(
                study.coded(),
                study.themes.units(),
                study.themes.table(),
                study.codebook,
                draws=study.config.draws,
                seed=study.config.seed,
            ),
        )

    def examples(self) -> pd.DataFrame:
        """Return STAGE_EXAMPLES: the most typical words of each proposed stage, verbatim."""
        return self._kept("stage_examples", schema.STAGE_EXAMPLES, self._examples)

    def _examples(self) -> pd.DataFrame:
        study = self._study
        units = study.units()
        chosen = drivers.examples(self.new_stages(), units, silent=study.silent())
        findings.verbatim(chosen, units, study.store.texts(sorted(chosen["interview"].unique())))
        return chosen

    def numbers(self) -> pd.DataFrame:
        """Return NUMBERS: each metric with the feeling beside it, and whether the two agree."""
        study = self._study
        by, period = study.config.by, study.config.period
        return self._kept(
            "numbers",
            schema.NUMBERS,
            lambda: self._of_metrics(numbers.numbers, by=by, period=period),
        )

    def associations(self) -> pd.DataFrame:
        """Return ASSOCIATIONS: which metrics move with the feeling, across what."""
        study = self._study
        return self._kept(
            "associations",
            schema.ASSOCIATIONS,
            lambda: self._of_metrics(
                numbers.associations, by=study.config.by, period=study.config.period
            ),
        )

    def _of_metrics(self, make: Callable[..., pd.DataFrame], **given: str) -> pd.DataFrame:
        """Hold the metrics against the voices; what is wrong with a row is told with its file."""
        study = self._study
        try:
            return make(study.metrics(), study.coded(), study.codebook, **given, **study.settings)
        except SchemaError as error:
            if error.line is None or error.path is not None:
                raise
            raise SchemaError(
                error.message,
                path=study.config.metrics_file,
                line=error.line,
                column=error.column,
                remedy=error.remedy,
            ) from error

    def opportunities(self) -> pd.DataFrame:
        """Return OPPORTUNITIES: what to mend and what to keep, most wanted first, by owner."""
        study = self._study
        return self._kept(
            "opportunities",
            schema.OPPORTUNITIES,
            lambda: opportunities.opportunities(
                study.coded(),
                study.themes.units(),
                self.drivers(),
                self.numbers(),
                study.codebook,
                **study.settings,
            ),
        )
