"""How an open study's curve reads: what is firm on it, how people walk it, if it is enough.

Reached as ``study.journey``. Each result is computed once a state of the study and kept as a table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from journeyqual import estimate, moments, paths, saturation, schema, standards, touchpoints
from journeyqual.errors import SchemaError
from journeyqual.schema import Table

if TYPE_CHECKING:
    from journeyqual.study import Chance, Study

HIDE_BELOW = 3
"""Groups of fewer participants are not told by number in the sample's description."""


class Journey:
    """What is read off a study's curve and participants' lines.

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
        return self._study.cached(name, table, make, **given)

    @property
    def _chance(self) -> Chance:
        return {"draws": self._study.config.draws, "seed": self._study.config.seed}

    # -- what stands out -------------------------------------------------------------------------

    def ranks(self) -> pd.DataFrame:
        """Return RANKS: how firmly each stage holds its place among peaks and pits."""
        study, given = self._study, self._study.settings
        return self._kept(
            "ranks",
            schema.RANKS,
            lambda: moments.ranks(study.coded(), study.codebook, **given),
            **given,
        )

    def gaps(self) -> pd.DataFrame:
        """Return GAPS: what customers told beside what the team expected, largest gap first."""
        study = self._study
        return self._kept(
            "gaps",
            schema.GAPS,
            lambda: moments.gaps(study.curve(), study.codebook),
            **study.settings,
        )

    def peak_end(self) -> pd.DataFrame:
        """Return PEAK_END: each participant's peak and end beside their verdict."""
        study = self._study
        return self._kept(
            "peak_end",
            schema.PEAK_END,
            lambda: moments.peak_end(study.coded(), study.codebook),
        )

    def peak_end_figures(self) -> pd.DataFrame:
        """Return FIGURES: how far peak and end go with the verdict, beside the plain mean."""
        study = self._study
        return self._kept(
            "peak_end_figures",
            schema.FIGURES,
            lambda: moments.peak_end_figures(
                self.peak_end(), method=paths.read_by(study.coded()), **self._chance
            ),
            **self._chance,
        )

    def truth(self) -> pd.DataFrame:
        """Return TRUTH: at which stages the feeling goes with what participants think in the end.

        Their verdict from ``participants.csv``, or where nobody has one their last words.
        """
        study = self._study
        return self._kept(
            "truth",
            schema.TRUTH,
            lambda: moments.truth(study.coded(), study.codebook, **self._chance),
            **self._chance,
        )

    def polarisation(self) -> pd.DataFrame:
        """Return POLARISATION: where some are delighted and others suffer."""
        study, thin = self._study, self._study.config.thin_below
        return self._kept(
            "polarisation",
            schema.POLARISATION,
            lambda: moments.polarisation(study.coded(), study.codebook, thin_below=thin),
            thin_below=thin,
        )

    def separation(self) -> pd.DataFrame:
        """Return SEPARATION: whom the split stages part, by what is known of participants."""
        study, given = self._study, self._study.settings
        return self._kept(
            "separation",
            schema.SEPARATION,
            lambda: moments.separation(study.coded(), study.codebook, study.attributes(), **given),
            **given,
        )

    # -- curves held against each other ----------------------------------------------------------

    def differences(self, *, by: str = "", against: str = "") -> pd.DataFrame:
        """Return DIFFERENCES of groups, with intervals for one and for all.

        Parameters
        ----------
        by
            An attribute of participants; blank is the one of ``study.toml``. With none, or fewer
            than two groups, the table is empty.
        against
            The group that every other is held against; see `estimate.differences`.
        """
        study, given = self._study, self._study.settings
        by = by or study.config.by

        def make() -> pd.DataFrame:
            coded = study.coded()
            if not by or _groups(coded, by) < 2:
                return schema.DIFFERENCES.empty()
            return estimate.differences(coded, study.codebook, by=by, against=against, **given)

        return self._kept("differences", schema.DIFFERENCES, make, by=by, against=against, **given)

    def changes(self, *, period: str = "", order: Sequence[str] = ()) -> pd.DataFrame:
        """Return DIFFERENCES of each wave from the one before.

        Parameters
        ----------
        period
            The attribute that tells the wave; blank is the one of ``study.toml``. With none, or a
            single wave, the table is empty.
        order
            The waves from first to last, if their names do not sort so.
        """
        study, given = self._study, self._study.settings
        period = period or study.config.period

        def make() -> pd.DataFrame:
            coded = study.coded()
            if not period or _groups(coded, period) < 2:
                return schema.DIFFERENCES.empty()
            return estimate.changes(coded, study.codebook, period=period, order=order, **given)

        return self._kept(
            "changes", schema.DIFFERENCES, make, period=period, order=list(order), **given
        )

    # -- how people walk it ----------------------------------------------------------------------

    def paths(self) -> pd.DataFrame:
        """Return PATHS: each interview as its steps through the journey, as told."""
        study = self._study
        return self._kept(
            "paths", schema.PATHS, lambda: paths.paths(self._told_in(), study.codebook)
        )

    def told(self) -> pd.DataFrame:
        """Return TOLD: how far each participant tells the journey in the order it is lived."""
        study = self._study
        return self._kept(
            "told", schema.TOLD, lambda: paths.told_order(self._told_in(), study.codebook)
        )

    def told_mean(self) -> pd.DataFrame:
        """Return FIGURES with the mean told order of all participants."""
        return self._kept(
            "told_mean",
            schema.FIGURES,
            lambda: paths.told_mean(self.told(), **self._chance),
            **self._chance,
        )

    def transitions(self) -> pd.DataFrame:
        """Return TRANSITIONS: which stage participants go on to, or back to, from which."""
        study = self._study
        return self._kept(
            "transitions",
            schema.TRANSITIONS,
            lambda: paths.transitions(self._told_in(), study.codebook),
        )

    def mentions(self) -> pd.DataFrame:
        """Return MENTIONS: who reached, passed over, came back to, began or ended with a stage."""
        study = self._study
        return self._kept(
            "mentions", schema.MENTIONS, lambda: paths.mentions(self._told_in(), study.codebook)
        )

    def seam(self) -> pd.DataFrame:
        """Return SEAM: the change of feeling within participants from buyer to customer."""
        study, given = self._study, self._study.settings
        return self._kept(
            "seam",
            schema.SEAM,
            lambda: paths.seam(study.coded(), study.codebook, **given),
            **given,
        )

    def seam_lines(self) -> pd.DataFrame:
        """Return SEAM_LINES: each participant's own change at the seam."""
        study = self._study
        return self._kept(
            "seam_lines",
            schema.SEAM_LINES,
            lambda: paths.seam_lines(study.coded(), study.codebook),
        )

    def _told_in(self) -> pd.DataFrame:
        """Return settled units in told order: what people coded counts where it counts."""
        return estimate.settled(self._study.coded())

    def touchpoints(self) -> pd.DataFrame:
        """Return TOUCHPOINTS: which touchpoints and channels customers speak of, and how."""
        study, given = self._study, self._study.settings
        return self._kept(
            "touchpoints",
            schema.TOUCHPOINTS,
            lambda: touchpoints.coverage(self._named(), study.codebook, **given),
            **given,
        )

    def _named(self) -> pd.DataFrame:
        """Return settled units with the touchpoint that each speaks of."""
        study = self._study
        codings = study.codings(dimension=touchpoints.DIMENSION)
        return touchpoints.spoken(study.coded(), codings, study.codebook)

    # -- is it enough, and who was heard ---------------------------------------------------------

    def heard(self) -> pd.DataFrame:
        """Return HEARD: which emotions and touchpoints each interview gave at which stage.

        Not themes: one that several people speak of by its making is soon heard, and would call
        any study saturated.
        """
        return self._kept("heard", schema.HEARD, self._heard)

    def _heard(self) -> pd.DataFrame:
        settled = estimate.settled(self._study.coded())
        spoken = self._named()
        sure = spoken[~spoken["unsure"].astype(bool)]
        named = dict(zip(sure["unit_id"], sure["touchpoint"], strict=True))
        settled = settled.assign(touchpoint=[named.get(unit, "") for unit in settled["unit_id"]])
        return saturation.heard(settled, ("emotion", "touchpoint"))

    def saturation(self) -> pd.DataFrame:
        """Return SATURATION of the study and of each stage, over random orders of interviews."""
        seed = self._study.config.seed
        return self._kept(
            "saturation",
            schema.SATURATION,
            lambda: saturation.assess(
                self.heard(), stages=self._spoken(), order=self._held(), seed=seed
            ),
            seed=seed,
        )

    def saturation_curve(self) -> pd.DataFrame:
        """Return SATURATION_CURVE: codes heard after so many interviews, with their band."""
        seed = self._study.config.seed
        return self._kept(
            "saturation_curve",
            schema.SATURATION_CURVE,
            lambda: saturation.accumulate(
                self.heard(), stages=self._spoken(), order=self._held(), seed=seed
            ),
            seed=seed,
        )

    def _spoken(self) -> list[str]:
        found = set(self.heard()["stage"])
        return [stage for stage in self._study.codebook.stage_names if stage in found]

    def _held(self) -> list[str]:
        """Return the analysed interviews in the order they were read, for want of their dates."""
        heard = set(self.heard()["interview"])
        return [i for i in self._study.store.interviews()["interview"] if i in heard]

    def reach(self, *, by: Sequence[str] | None = None) -> pd.DataFrame:
        """Return REACH: how many participants speak of each stage, and what it would take.

        Parameters
        ----------
        by
            Attributes to look at value by value; None is the one of ``study.toml``.
        """
        study = self._study
        wanted = ([study.config.by] if study.config.by else []) if by is None else list(by)
        wanted = [name for name in wanted if name in study.participants()]
        thin = study.config.thin_below
        return self._kept(
            "reach",
            schema.REACH,
            lambda: saturation.reach(
                estimate.settled(study.coded()), study.codebook.stage_names, by=wanted,
                thin_below=thin,
            ),
            by=wanted,
            thin_below=thin,
        )  # fmt: skip

    def recruit(self, *, by: Sequence[str] | None = None) -> pd.DataFrame:
        """Return RECRUIT: whom to talk to next, most wanted first."""
        return saturation.recruit(self.reach(by=by))

    def sample(self) -> pd.DataFrame:
        """Return SAMPLE: who was interviewed; very small groups are not told by number."""
        study = self._study

        def make() -> pd.DataFrame:
            gone = study.left_out()
            units = study.units()
            people = study.participants()
            return saturation.sample(
                units[~units["participant"].isin(gone)],
                people[~people["participant"].isin(gone)],
                by=study.attributes(),
                hide_below=HIDE_BELOW,
            )

        return self._kept("sample", schema.SAMPLE, make)

    def draft(self, standard: str = "COREQ") -> pd.DataFrame:
        """Return DRAFT of a reporting standard: what the study knows, what people must supply.

        Parameters
        ----------
        standard
            ``COREQ`` or ``SRQR``.
        """
        return standards.fill(self.facts(), standard)

    def facts(self) -> dict[str, object]:
        """Return what the study knows of itself, by the names that reporting standards ask for."""
        study = self._study
        told = {name: fact for name, fact in study.facts().items() if name in standards.FACTS}
        quotes, people = study.quotes(), study.participants()
        sample = self.sample()
        whole = sample[sample["attribute"] == ""].iloc[0] if len(sample) else None
        book = study.codebook
        more: dict[str, object] = {
            "title": study.config.title,
            "headline": study.headline(),
            "stages": len(book.stages),
            "thin below": study.config.thin_below,
            "thin stages": study.curve().query("is_thin")["stage"].tolist(),
            "pseudonyms": True,
            "quotes verbatim": True,
            "quotes": len(quotes),
            "quote ids": quotes["unit_id"].tolist(),
            "quotes supporting": int((quotes["stance"] == "supports").sum()),
            "quotes contradicting": int((quotes["stance"] == "contradicts").sum()),
            "participants quoted": int(quotes["participant"].nunique()),
            "participants withdrawn": len(study.withdrawn()),
            "participants not quoted": int((~people["consent_quote"].astype(bool)).sum()),
        }
        overall = self.saturation().query("stage == ''")
        if len(overall):
            more["saturation"] = " ".join(saturation.in_words(overall))
        if whole is not None and whole["n_timed"]:
            more |= {"minutes": whole["minutes"], "minutes median": whole["minutes_median"]}
            more["interviews with times"] = int(whole["n_timed"])
        themes = study.themes.table(status=("suggested", "accepted"))
        if len(themes):
            named = int((themes["named_by"] != "").sum())
            more["themes"] = len(themes)
            more["derivation of themes"] = (
                "units with like vectors were clustered (BERTopic), once and with a seed; of "
                f"{len(themes)} themes people named {named}, the other names are suggestions"
            )
        return {**told, **more}


def _groups(coded: pd.DataFrame, by: str) -> int:
    if by not in coded:
        known = [c for c in coded if c not in schema.RESOLVED.names]
        raise SchemaError(f"no participant has a {by!r}", remedy=f"there is {', '.join(known)}")
    given = coded[by].dropna().astype(str)
    return int(given[given != ""].nunique())
