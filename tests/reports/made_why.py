"""Every table that the reports on why, on the journey and on groups ask for, made once."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd

from journeyqual import estimate, evidence, moments, paths, saturation, standards
from journeyqual.estimate import settled
from tests.reports.fake_study import HOSTILE, FakeConfig, FakeStudy, codebook
from tests.reports.fake_why import FakeWhy


class Made:
    """A fake study and its tables; the hostile one has markup wherever words can stand."""

    def __init__(self, *, hostile: bool = False) -> None:
        mark = f" {HOSTILE}" if hostile else ""
        book = codebook(suffix=mark) if hostile else codebook()
        config = FakeConfig(title=HOSTILE) if hostile else FakeConfig()
        self.study = FakeStudy(codebook=book, config=config)
        self.book, self.mark = book, mark

    @cached_property
    def coded(self) -> pd.DataFrame:
        told = self.study.coded()
        off = told.groupby("participant").head(2).copy()
        off["unit_id"] = "off-" + off["unit_id"]
        off["stage"] = ""
        every = pd.concat([told, off], ignore_index=True)
        order = every.groupby("participant").cumcount()
        return every.assign(
            human_stage="", human_valence=np.nan, human_emotion="", sampling_probability=np.nan,
            stage_confidence=0.8, unsure=False,
            interview=every["participant"] + "_2026-03-04", order=order,
            verdict=every["participant"].map({f"P{n + 1:02d}": (7 * n) % 11 for n in range(12)}),
        )  # fmt: skip

    @cached_property
    def curve(self) -> pd.DataFrame:
        return self.study.curve()

    @cached_property
    def groups(self) -> pd.DataFrame:
        return self.study.curve(by="segment")

    @cached_property
    def why(self) -> FakeWhy:
        return FakeWhy(self.coded, self.book, self.curve, mark=self.mark)

    @cached_property
    def drivers(self) -> pd.DataFrame:
        return self.why.drivers()

    @cached_property
    def driver_quotes(self) -> pd.DataFrame:
        return self.why.quotes()

    @cached_property
    def opportunities(self) -> pd.DataFrame:
        return self.why.opportunities()

    @cached_property
    def numbers(self) -> pd.DataFrame:
        return self.why.numbers()

    @cached_property
    def evidence(self) -> pd.DataFrame:
        return evidence.table(
            settled(self.coded),
            self.book,
            by="segment",
            themed=self.why.themes.units(),
            seam_lines=self.seam_lines,
            opportunities=self.opportunities,
        )

    @cached_property
    def ranks(self) -> pd.DataFrame:
        return moments.ranks(self.coded, self.book, draws=200)

    @cached_property
    def gaps(self) -> pd.DataFrame:
        return moments.gaps(self.curve, self.book)

    @cached_property
    def truth(self) -> pd.DataFrame:
        return moments.truth(self.coded, self.book, draws=200)

    @cached_property
    def peak_end_figures(self) -> pd.DataFrame:
        return moments.peak_end_figures(moments.peak_end(self.coded, self.book), draws=200)

    @cached_property
    def polarisation(self) -> pd.DataFrame:
        return moments.polarisation(self.coded, self.book)

    @cached_property
    def separation(self) -> pd.DataFrame:
        return moments.separation(self.coded, self.book, ["segment"], draws=200)

    @cached_property
    def seam(self) -> pd.DataFrame:
        return paths.seam(self.coded, self.book, draws=200)

    @cached_property
    def seam_lines(self) -> pd.DataFrame:
        return paths.seam_lines(self.coded, self.book)

    @cached_property
    def mentions(self) -> pd.DataFrame:
        return paths.mentions(settled(self.coded), self.book)

    @cached_property
    def transitions(self) -> pd.DataFrame:
        return paths.transitions(settled(self.coded), self.book)

    @cached_property
    def told_mean(self) -> pd.DataFrame:
        return paths.told_mean(paths.told_order(settled(self.coded), self.book), draws=200)

    @cached_property
    def heard(self) -> pd.DataFrame:
        return saturation.heard(settled(self.coded), ("emotion",))

    @cached_property
    def saturation(self) -> pd.DataFrame:
        return saturation.assess(self.heard, stages=list(self.book.stage_names))

    @cached_property
    def saturation_curve(self) -> pd.DataFrame:
        return saturation.accumulate(self.heard)

    @cached_property
    def recruit(self) -> pd.DataFrame:
        reached = saturation.reach(
            settled(self.coded), self.book.stage_names, by=["segment"], thin_below=8
        )
        return saturation.recruit(reached)

    @cached_property
    def sample(self) -> pd.DataFrame:
        units = self.coded.assign(end_s=np.nan)
        people = self.coded.drop_duplicates("participant")[["participant", "segment"]]
        return saturation.sample(units, people, by=["segment"])

    @cached_property
    def draft(self) -> pd.DataFrame:
        return standards.fill({"participants": 12, "title": f"A study{self.mark}"}, "COREQ")

    @cached_property
    def differences(self) -> pd.DataFrame:
        return estimate.differences(self.coded, self.book, by="segment", draws=200)
