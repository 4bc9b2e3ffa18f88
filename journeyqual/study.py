"""An open study: its files, store and coders wired together, and every result as one cached table.

Notebooks, runs and the command line hold a `Study`; nothing else opens a study's store.

The file is over 400 lines because all of them hold this one object: each method is a few lines.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np
import pandas as pd

from journeyqual import (
    change,
    consensus,
    estimate,
    evidence,
    findings,
    privacy,
    provenance,
    revision,
    sampling,
    schema,
)
from journeyqual import config as configs
from journeyqual.codebook import Codebook
from journeyqual.config import Config
from journeyqual.errors import InputError, JourneyqualError
from journeyqual.part import WHOLE, Part, chosen
from journeyqual.schema import Table
from journeyqual.store import Store

if TYPE_CHECKING:
    from journeyqual.journey import Journey
    from journeyqual.models.encoder import Encoder
    from journeyqual.team import Team
    from journeyqual.themes import Themes
    from journeyqual.why import Why

STORE_FILE = Path("store") / "study.sqlite"
CACHE = Path("cache")
AT_ONCE = 500
"""Interviews whose codings are in memory at once."""
TAUGHT = "+study"
"""In a coder's signature, before what tells the codings apart that people taught it by."""


class Chance(TypedDict):
    """How chance enters: bootstrap draws and their seed."""

    draws: int
    seed: int


class Settings(Chance):
    """What every estimate of a study is made with."""

    thin_below: int


@dataclass(frozen=True)
class MachineCoder:
    """A machine coder as a study is to be coded with it.

    Parameters
    ----------
    name
        What it signs with; other codings to learn from make it another coder.
    dimensions
        What it judges.
    key
        Identifies coder, codebook and codings learned from: an interview is coded once a key.
    """

    name: str
    dimensions: tuple[str, ...]
    key: str


class Study:
    """A study folder, opened. Open one with `open_study`.

    Parameters
    ----------
    config
        The study's configuration.
    part
        What of it is looked at: results are of these people, and of these stages shown.
    today
        The day on which consent is asked for; None is the day it is (UTC).
    """

    def __init__(self, config: Config, part: Part = WHOLE, *, today: date | None = None) -> None:
        self.config = config
        self.today = today or datetime.now(UTC).date()
        self.codebook: Codebook = config.codebook()
        self.part = part
        # What is in force here is what stood in the file then, whatever stands there later.
        self._settings_file = _sha256(config.folder / configs.STUDY_FILE)
        self._by_people: tuple[object, pd.DataFrame] = (None, pd.DataFrame())
        self._coded: tuple[object, pd.DataFrame] = (None, pd.DataFrame())
        self._drawn: tuple[object, pd.DataFrame] = (None, pd.DataFrame())

    @property
    def folder(self) -> Path:
        """The study's folder."""
        return self.config.folder

    @property
    def shown_book(self) -> Codebook:
        """The codebook with the stages that are shown; results are computed with all of them."""
        wanted = self.part.stages
        if not wanted:
            return self.codebook
        kept = tuple(stage for stage in self.codebook.stages if stage.name in wanted)
        return replace(self.codebook, stages=kept)

    @property
    def note(self) -> str:
        """What stands on every report: the study's own note, and what part of it is shown."""
        if self.part.is_whole:
            return self.config.note
        people = self.participants()
        people = people[~people["participant"].isin(self.withdrawn())]
        kept = int(self.part.keeps(people).sum())
        part = self.part.words(kept, len(people), len(self.codebook.stages))
        return " ".join(filter(None, [self.config.note, part]))

    @cached_property
    def store(self) -> Store:
        """The study's store, its own file or a team's database; made on first use."""
        return Store(self.config.store_address() or self.folder / STORE_FILE)

    @cached_property
    def team(self) -> Team:
        """What people do in this study: tagging, double coding, samples, agreement."""
        from journeyqual.team import Team

        return Team(self)

    @cached_property
    def journey(self) -> Journey:
        """How the curve reads: what is firm on it, how people walk it, whether it is enough."""
        from journeyqual.journey import Journey

        return Journey(self)

    @cached_property
    def themes(self) -> Themes:
        """What people speak of, discovered once and named by people."""
        from journeyqual.themes import Themes

        return Themes(self)

    @cached_property
    def why(self) -> Why:
        """Why people feel as they do: themes behind a stage, the numbers, what to do."""
        from journeyqual.why import Why

        return Why(self)

    def let_go(self) -> None:
        """Let go of tables that are held in memory; each is read again when it is asked for."""
        self._by_people = self._coded = self._drawn = (None, pd.DataFrame())
        if "themes" in self.__dict__:
            self.themes.let_go()

    def close(self) -> None:
        """Close the store."""
        if "store" in self.__dict__:
            self.store.close()
            del self.__dict__["store"]

    # -- what was said, and how it was coded ---------------------------------------------------

    @cached_property
    def encoder(self) -> Encoder | None:
        """The encoder that ``study.toml`` names; None is the shipped one, which loads when used."""
        from journeyqual import models

        name = self.config.encoder
        return None if name == configs.DEFAULT_ENCODER else models.load_encoder(name)

    @property
    def vectors(self) -> Path:
        """Folder of the vector cache: what coders have read of this study's words."""
        return self.folder / CACHE / "vectors"

    @property
    def coders(self) -> tuple[str, ...]:
        """Names of the machine coders that this study is to be coded with."""
        return tuple(coder.name for coder in self.machine_coders(self.tags()))

    def machine_coders(self, tags: pd.DataFrame) -> tuple[MachineCoder, ...]:
        """Return the coders that these tags make; no model is loaded.

        Parameters
        ----------
        tags
            As `tags` returns them.
        """
        from journeyqual import coding

        names = coding.coder_names(encoder=self.encoder, tags=tags)
        untaught = coding.coder_names(encoder=self.encoder)
        # The few digits in a signature tell tags apart for people; one clash must not pass for
        # "coded already", so the key has all of them.
        taught = hashlib.sha256(tags.to_csv(index=False).encode()).hexdigest()
        out = []
        for name in dict.fromkeys(names.values()):
            mine = tuple(dimension for dimension, coder in names.items() if coder == name)
            parts = [name, coding.made_of(name), self.codebook.fingerprint]
            if name != untaught[mine[0]]:
                parts.append(taught)
            key = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
            out.append(MachineCoder(name, mine, key))
        return tuple(out)

    def tags(self) -> pd.DataFrame:
        """Return the stages that people gave, for the stage coder to learn from.

        One a unit, as `consensus` counts them. Those of people who do not agree to be analysed,
        stages that the codebook no longer has, and units that stand in a random sample are left
        out: what shows how far the machine errs must not have taught it.

        Returns
        -------
        DataFrame
            `schema.TAGS` and ``participant``; a blank stage says that none fits.
        """
        told = self._coded_by_people()
        if len(told):
            told = told[
                told["stage"].isin(["", *self.codebook.stage_names])
                & ~told["participant"].isin(self.withdrawn())
                & ~told["unit_id"].isin(self.sampled().index)
            ]
        return schema.check(told, schema.TAGS)

    def sampled(self) -> pd.Series:
        """Return the probability with which each sampled unit was to be coded, by unit.

        Only units that a draw has really reached (`sampling.effective`) are there.
        """
        return self._chances()["sampling_probability"].dropna()

    def _chances(self) -> pd.DataFrame:
        """Return CHANCES of every unit that a draw could reach, by unit; read once a state."""
        state = self.store.state()
        if self._drawn[0] != state:
            drawn = self.store.people.draw_units()
            found = schema.CHANCES.empty()
            if len(drawn):
                draws = self.store.people.draws()
                done = sampling.finished(self.store.codings(coders=[]))
                found = sampling.combined(sampling.effective(drawn, draws, done), draws)
            # A draw that nobody has begun reaches nothing.
            reached = found[found["probability"] > 0]
            self._drawn = (state, reached.set_index("unit_id"))
        return self._drawn[1]

    def _coded_by_people(self) -> pd.DataFrame:
        """Every unit that a person's coding counts of, with its stage; read once a state."""
        state = self.store.state()
        if self._by_people[0] != state:
            columns = ["unit_id", "interview", "participant", "order", "text"]
            codings = self.store.codings(coders=[])
            if codings.empty:
                told = pd.DataFrame(columns=[*columns, "stage"])
            else:
                units = self.store.units(coded_by_people=True)
                settled = consensus.resolve(units, codings).set_index("unit_id")
                settled = settled[settled["human_by"] != ""]
                told = units.loc[units["unit_id"].isin(settled.index), columns]
                told = told.assign(stage=settled.loc[told["unit_id"], "human_stage"].to_numpy())
            self._by_people = (state, told)
        return self._by_people[1]

    @property
    def codebook_version(self) -> str:
        """Version of the codebook, with its fingerprint: what machine codings are stored under."""
        return f"{self.codebook.version}+{self.codebook.fingerprint}"

    def participants(self) -> pd.DataFrame:
        """Return ``participants.csv`` with a row for everybody who was interviewed.

        A person may stand there by the name that ``names.csv`` hides, or in other letter case: the
        row is theirs all the same, and so is the consent in it.
        """
        heard = self.store.interviews()["participant"].unique()
        known = self.listed_participants().astype({"participant": "str"})
        spelt = {str(p).casefold(): str(p) for p in heard}
        known["participant"] = [spelt.get(p.casefold(), p) for p in known["participant"]]
        known = _one_row_each(known)
        extra = [p for p in heard if p not in set(known["participant"])]
        named = pd.Series(extra, dtype="str")
        more = pd.DataFrame({"participant": named, "consent_analyse": True, "consent_quote": True})
        more["consent_until"] = ""
        if not extra:
            return known
        return pd.concat([known, more], ignore_index=True) if len(known) else more

    def names(self) -> dict[str, str]:
        """Return the list of names to be hidden, and what stands for each."""
        file = self.config.names_file
        return privacy.load_names(file) if file.exists() else {}

    def detector(self) -> privacy.Detector:
        """Return what looks for names that nobody listed; touchpoints of the codebook are kept."""
        spoken = (point.name for stage in self.codebook.stages for point in stage.touchpoints)
        return privacy.Detector(self.config.detector, (*self.config.keep, *spoken))

    def listed_participants(self) -> pd.DataFrame:
        """Return ``participants.csv``, its ids by the pseudonyms they are stored under."""
        known = self.config.participants(self.today)
        named = {name: stands for name, stands in self.names().items() if stands.strip()}
        known["participant"] = known["participant"].map(privacy.pseudonyms(named).apply_id)
        return _one_row_each(known)

    def withdrawn(self) -> set[str]:
        """Participants who do not agree to be analysed."""
        people = self.participants()
        return set(people.loc[~people["consent_analyse"].astype(bool), "participant"])

    def lapsed(self) -> list[str]:
        """Return the stored participants whose ``consent_until`` has passed."""
        people = self.participants()
        until = people["consent_until"].fillna("").astype(str).str.strip()
        over = people.loc[(until != "") & (until < self.today.isoformat()), "participant"]
        return sorted(set(over) & set(self.store.interviews()["participant"]))

    def left_out(self) -> set[str]:
        """Participants who count in no result: withdrawn, or not of the part looked at."""
        people = self.participants()
        if not self.part.only:
            return self.withdrawn()
        return self.withdrawn() | set(people.loc[~self.part.keeps(people), "participant"])

    def keep_codebook(self) -> None:
        """Keep what the codebook says now: what people code by it is held against it later."""
        text, _ = revision.opened(self.config.codebook_file)
        self.store.people.keep_codebook(self.codebook_version, text)

    def flags(self) -> pd.DataFrame:
        """Return people's codings whose code has changed since: see `revision.flags`."""
        kept = revision.books(self.store.people.codebooks())
        return revision.flags(self.store.codings(coders=[]), kept, self.codebook)

    def outdated(self) -> int:
        """Return how many units people coded at a stage that the codebook no longer has."""
        told = self._coded_by_people()
        return int((~told["stage"].isin({"", *self.codebook.stage_names})).sum())

    def units(self) -> pd.DataFrame:
        """Return the segments of every stored interview, in UNITS."""
        return self.store.units()

    def spans(self) -> pd.DataFrame:
        """Return the free spans that people coded, in UNITS."""
        return self.store.units(kind="span")

    def resolved(self) -> pd.DataFrame:
        """Return RESOLVED: one row a segment, machine and human side by side."""
        return self._kept("resolved", schema.RESOLVED, self._resolve, state=self._spoken)

    def _resolve(self) -> pd.DataFrame:
        sampled, coders = self.sampled(), self._counting()
        out = [consensus.resolve(schema.UNITS.empty(), schema.CODINGS.empty())]
        # Some interviews at a time: codings are many rows a unit, RESOLVED is one.
        names = self.store.interviews()["interview"].tolist()
        for start in range(0, len(names), AT_ONCE):
            some = names[start : start + AT_ONCE]
            codings = self._said(coders, some)
            people = codings["coder"].str.startswith("human:")
            drawn = codings["unit_id"].map(sampled).where(people)
            given = codings.assign(sampling_probability=drawn)
            out.append(consensus.resolve(self.store.units(some), given))
        return pd.concat(out if len(out) == 1 else out[1:], ignore_index=True)

    def codings(self, interviews: list[str] | None = None, *, dimension: str = "") -> pd.DataFrame:
        """Return people's codings and the machine's current ones, what counts less before.

        Parameters
        ----------
        interviews
            Those whose codings are wanted; all when None.
        dimension
            The one that is wanted; all when blank.
        """
        return self._said(self._counting(), interviews, dimension)

    def _counting(self) -> tuple[list[str], set[str]]:
        """Return the machine coders whose codings count, and those of them that count less."""
        book = self.codebook.fingerprint
        coders = self.machine_coders(self.tags())
        names = [coder.name for coder in coders]
        if any(self.store.uncoded(coder.key) for coder in coders):
            # People have coded since the last run, or that was cut short: until the next, what a
            # coder said before it learned of this stands.
            bases = [name.partition(TAUGHT)[0] for name in names]
            names += [s for s in self.store.signatures(book) if s.partition(TAUGHT)[0] in bases]
        return names, set(names) - {coder.name for coder in coders}

    def _said(
        self,
        coders: tuple[list[str], set[str]],
        interviews: list[str] | None,
        dimension: str = "",
    ) -> pd.DataFrame:
        names, less = coders
        book = self.codebook.fingerprint
        codings = self.store.codings(
            coders=names, codebook=book, interviews=interviews, dimension=dimension
        )
        earlier = codings["coder"].isin(less)
        return pd.concat([codings[earlier], codings[~earlier]], ignore_index=True)

    def coded(self) -> pd.DataFrame:
        """Return the coded units with participants' attributes: what curves are computed from.

        ``order`` is the unit's place in its interview.
        """
        state = self._spoken
        if self._coded[0] != state:
            self._coded = (state, self._code())
        # A frame of its own: what a caller writes into it stays there (copy on write).
        return self._coded[1].copy(deep=False)

    def _code(self) -> pd.DataFrame:
        from journeyqual.coding import UNSURE

        resolved = self.resolved()
        kept = resolved[~resolved["participant"].isin(self.left_out())]
        # What people coded at a stage that is no more waits for them (`flags`): it counts nowhere.
        gone = ~kept["human_stage"].isin({"", *self.codebook.stage_names})
        blank: dict[str, Any] = {"human_stage": "", "human_emotion": "", "human_by": ""}
        blank |= {"human_valence": np.nan, "sampling_probability": np.nan}
        kept = kept.assign(**{name: kept[name].mask(gone, value) for name, value in blank.items()})
        coded = estimate.as_coded(kept, self.participants())
        order = self.store.orders()
        reached = self._chances().index
        return coded.assign(
            unsure=coded["stage_confidence"] < UNSURE,
            order=coded["unit_id"].map(order),
            # Interviews that came after the draws; before any draw counts, nothing is corrected.
            is_unreached=~coded["unit_id"].isin(reached) & bool(len(reached)),
        )

    def attributes(self) -> list[str]:
        """Return what of participants.csv puts participants into groups: values that recur."""
        people = self.participants()
        people = people[~people["participant"].isin(self.left_out())]
        skip = {"participant", "consent_analyse", "consent_quote", "consent_until", "verdict"}
        out = []
        for name in people.columns:
            given = people[name][people[name].notna() & (people[name].astype(str) != "")]
            if name not in skip and 2 <= given.nunique() <= min(12, len(given) / 2):
                out.append(str(name))
        return out

    # -- results -------------------------------------------------------------------------------

    @property
    def settings(self) -> Settings:
        """Draws, seed and when a stage is thin: what every estimate of this study is made with."""
        config = self.config
        return {"draws": config.draws, "seed": config.seed, "thin_below": config.thin_below}

    def curve(self, *, by: str = "") -> pd.DataFrame:
        """Return CURVE, one of all participants or one a value of an attribute."""
        return self.part.shown(self._every_stage(by))

    def _every_stage(self, by: str = "") -> pd.DataFrame:
        """Return CURVE with the stages that are not shown."""
        given = self.settings
        return self._kept(
            "curve",
            schema.CURVE,
            lambda: estimate.curve(self.coded(), self.codebook, by=by, **given),
            by=by,
            **given,
        )

    def lines(self, *, by: str = "") -> pd.DataFrame:
        """Return LINES: each participant's own curve."""
        return self.cached(
            "lines",
            schema.LINES,
            lambda: estimate.lines(self.coded(), self.codebook, by=by),
            by=by,
        )

    def emotions(self, *, by: str = "") -> pd.DataFrame:
        """Return EMOTIONS: the share of each emotion at each stage."""
        return self.cached(
            "emotions",
            schema.EMOTIONS,
            lambda: estimate.emotions(self.coded(), self.codebook, by=by),
            by=by,
        )

    def quotes(self, *, supporting: int = 2, contradicting: int = 1) -> pd.DataFrame:
        """Return QUOTES: what supports each stage's point and what contradicts it, verbatim."""
        return self.cached(
            "quotes",
            schema.QUOTES,
            lambda: self._quotes(supporting, contradicting),
            supporting=supporting,
            contradicting=contradicting,
            **self.settings,
        )

    def _quotes(self, supporting: int, contradicting: int) -> pd.DataFrame:
        units = self.units()
        chosen = findings.quotes(
            self.quotable(),
            units,
            self.curve(),
            self.codebook,
            supporting=supporting,
            contradicting=contradicting,
            silent=self.silent(),
        )
        texts = self.store.texts(sorted(chosen["interview"].unique()))
        findings.verbatim(chosen, units, texts)
        return chosen

    def silent(self) -> frozenset[str]:
        """Return the participants who may not be quoted."""
        people = self.participants()
        return frozenset(people.loc[~people["consent_quote"].astype(bool), "participant"])

    def quotable(self) -> pd.DataFrame:
        """Return settled units that are evidence for the stage they stand at.

        What a person placed elsewhere is no evidence there, even where it does not move the point.
        """
        coded = self.coded()
        disputed = coded["human_valence"].notna() & (coded["human_stage"] != coded["stage"])
        settled = estimate.settled(coded)
        return settled[
            ~disputed.reindex(settled.index) | (settled["stage"] == settled["human_stage"])
        ]

    def moved(
        self,
        *,
        supporting: int = 2,
        contradicting: int = 1,
        progress: Callable[[int, int], None] | None = None,
    ) -> pd.DataFrame:
        """Return MOVED: which words of the quotes moved the valence that the machine read there.

        Parameters
        ----------
        supporting, contradicting
            As for `quotes`.
        progress
            Told of the quotes done, of how many: a long one takes seconds.
        """
        return self.cached(
            "moved",
            schema.MOVED,
            lambda: self._moved(
                self.quotes(supporting=supporting, contradicting=contradicting), progress
            ),
            supporting=supporting,
            contradicting=contradicting,
            **self.settings,
        )

    def _moved(
        self, quotes: pd.DataFrame, progress: Callable[[int, int], None] | None
    ) -> pd.DataFrame:
        valence = self.resolved().set_index("unit_id")["machine_valence"]
        read = valence[valence.index.isin(quotes["unit_id"])].dropna()
        moved = self.explain(*read.index, progress=progress)
        return moved.assign(valence=moved["unit_id"].map(read))[list(schema.MOVED.names)]

    def explain(
        self, *unit_ids: str, progress: Callable[[int, int], None] | None = None
    ) -> pd.DataFrame:
        """Return which words of these units moved the valence that the machine reads, and how far.

        Parameters
        ----------
        unit_ids
            The units.
        progress
            Told of the units done, of how many.

        Returns
        -------
        DataFrame
            As `journeyqual.coding.explain.words_that_moved` returns it, a row a word.

        Raises
        ------
        SchemaError
            If the study has no such unit.
        """
        from journeyqual.coding.explain import words_that_moved

        units = self.units()
        about = units.loc[units["unit_id"].isin(unit_ids), "interview"]
        beside = units[units["interview"].isin(about)].reset_index(drop=True)
        return words_that_moved(beside, unit_ids, cache=self.vectors, progress=progress)

    def reading(self) -> pd.DataFrame:
        """Return READING of the curve of all participants: of the whole journey, what is shown."""
        return self.part.shown(estimate.reading(self._every_stage()))

    def headline(self) -> str:
        """Return the curve in one sentence: of the whole journey, whatever is shown of it."""
        return findings.headline(self._every_stage())

    def coverage(self) -> pd.DataFrame:
        """Return how much was said about each stage, and how much of it is unsure."""
        return findings.coverage(estimate.settled(self.coded()), self.curve())

    def metrics(self) -> pd.DataFrame:
        """Return METRICS: the numbers that the study is to explain."""
        told = self.part.metrics(self.config.metrics(), self.config.by, self.config.period)
        return self.part.shown(told)

    def evidence(self, figure: str = "") -> pd.DataFrame:
        """Return EVIDENCE: the units behind each figure, or behind one.

        Parameters
        ----------
        figure
            As `evidence.figure` names it (``curve/STAGE``); blank for all figures.

        Raises
        ------
        InputError
            If there is no such figure.
        """
        given = {
            "by": self.config.by,
            "period": self.config.period,
            **self.settings,
            "themes": self.themes.state(),
        }
        every = self.cached("evidence", schema.EVIDENCE, self._evidence, **given)
        if not figure:
            return every
        found = every[every["figure"] == figure].reset_index(drop=True)
        if found.empty:
            near = get_close_matches(figure, every["figure"].unique(), n=3)
            raise InputError(
                f"no figure {figure!r} in this study",
                remedy=f"did you mean {' or '.join(near)}" if near else None,
            )
        return found

    def stage(self, name: str) -> str:
        """Return a stage's name as the codebook spells it, whatever the letter case.

        Raises
        ------
        InputError
            If the codebook has no such stage.
        """
        spelt = {known.casefold(): known for known in self.codebook.stage_names}
        if name.casefold() in spelt:
            return spelt[name.casefold()]
        near = get_close_matches(name.casefold(), spelt, n=1)
        raise InputError(
            f"{name!r} is no stage of the codebook",
            remedy=f"did you mean {spelt[near[0]]!r}"
            if near
            else f"it has {self._stages_in_short()}",
        )

    def _stages_in_short(self, shown: int = 10, longest: int = 60) -> str:
        names = [
            n if len(n) <= longest else f"{n[: longest - 1]}…" for n in self.codebook.stage_names
        ]
        more = f" and {len(names) - shown} more" if len(names) > shown else ""
        return ", ".join(names[:shown]) + more

    def behind(self, figure: str) -> pd.DataFrame:
        """Return the units behind a figure with their words, as far as these may be shown.

        Returns
        -------
        DataFrame
            ``figure, unit_id, interview, participant, start_s, stage, valence, emotion, text``; the
            text is blank of participants who do not agree to be quoted.
        """
        ids = self.evidence(figure)
        units = self.units().set_index("unit_id")
        said = estimate.settled(self.coded()).set_index("unit_id")
        out = ids.join(said[["interview", "participant", "stage", "valence", "emotion"]], "unit_id")
        out["start_s"] = out["unit_id"].map(units["start_s"])
        shown = out["unit_id"].map(units["text"]).where(~out["participant"].isin(self.silent()), "")
        return out.assign(text=shown)[
            ["figure", "unit_id", "interview", "participant", "start_s", "stage", "valence",
             "emotion", "text"]
        ]  # fmt: skip

    def quotes_of(self, figure: str) -> pd.DataFrame:
        """Return the quotes that reports show for a figure, for and against, in QUOTES."""
        kind, *of = figure.split("/")
        names = [evidence.plain(part) for part in of]
        if kind == "driver":
            quotes = self.why.quotes()
            return quotes[(quotes["stage"] == names[0]) & (quotes["theme"] == names[1])]
        quotes = self.quotes()
        if kind not in {"curve", "wave", "emotion"}:
            return quotes[:0]
        # Of a group, a wave or an emotion, its own units only.
        return quotes[quotes["unit_id"].isin(self.evidence(figure)["unit_id"])]

    def _evidence(self) -> pd.DataFrame:
        return evidence.table(
            estimate.settled(self.coded()),
            self.codebook,
            by=self.config.by,
            period=self.config.period,
            themed=self.themes.units(),
            seam_lines=self.journey.seam_lines(),
            opportunities=self.why.opportunities(),
        )

    def changed(self, *, run: int = 0, against: int = 0) -> pd.DataFrame:
        """Return CHANGED: the curve now beside that of the last run whose inputs differed.

        Empty if there was no such run; of part of the people none is kept.

        Parameters
        ----------
        run
            A run's number in the ledger: its curve instead of that of now.
        against
            The run that it is held against instead.

        Raises
        ------
        InputError
            If there is no such run, or it left no results.
        """
        if self.part.only:
            return schema.CHANGED.empty()
        runs = self.store.runs().set_index("run")["detail"]
        now = self._kept_by(runs, run) if run else self.snapshot()
        if against:
            return change.between(self._kept_by(runs, against), now)
        for number in runs.index[::-1]:
            kept = json.loads(runs[number] or "{}")
            earlier = not run or number < run
            if earlier and kept.get("curve") and kept.get("state") != now.get("state"):
                return change.between(kept, now)
        return schema.CHANGED.empty()

    def _kept_by(self, runs: pd.Series, number: int) -> dict[str, Any]:
        if number not in runs.index:
            every = f"runs {runs.index.min()} to {runs.index.max()}" if len(runs) else "none yet"
            raise InputError(f"there is no run {number}", remedy=f"there are {every}")
        return dict(json.loads(runs[number] or "{}"))

    def snapshot(self) -> dict[str, Any]:
        """Return what the ledger keeps of a run's results: figures, and no words."""
        points = self.curve()[[c.name for c in schema.CURVE.columns if c.required]]
        rows = json.loads(points.to_json(orient="records", double_precision=6))
        return {"state": self.fingerprint, "curve": rows}

    def facts(self) -> dict[str, str | int]:
        """Return what a method appendix needs to say: who, how many, with what."""
        from journeyqual import __version__

        coded = self.coded()
        settled = estimate.settled(coded)
        return {
            "codebook": self.codebook.name,
            "codebook version": self.codebook.version,
            "machine coders": ", ".join(self.coders),
            "people who coded": ", ".join(self._people_who_coded()) or "none",
            "interviews": int(coded["interview"].nunique()),
            "participants": int(coded["participant"].nunique()),
            "units": len(coded),
            "files that could not be read": len(self.store.refusals()),
            "units that fit no stage": int((settled["stage"] == "").sum()),
            "units the coder is unsure of": int(settled["unsure"].sum()),
            "interval": "95 %, bootstrap over participants",
            "bootstrap draws": self.config.draws,
            "seed": self.config.seed,
            "journeyqual": __version__,
        }

    def _people_who_coded(self) -> list[str]:
        """Return everybody whose codings are there, also where another's count."""
        codings = self.store.codings(coders=[])
        return sorted(set(codings.loc[codings["unit_id"].isin(self.coded()["unit_id"]), "coder"]))

    # -- cache ---------------------------------------------------------------------------------

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits that change when anything that a result is computed from changes."""
        parts = [self._spoken, self.themes.state()]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]

    @property
    def _spoken(self) -> str:
        """As `fingerprint`, but for themes: what was said and how it was coded needs none."""
        config = self.config
        files = (
            config.folder / configs.STUDY_FILE,
            config.codebook_file,
            config.participants_file,
            config.metrics_file,
            config.names_file,
        )
        parts = [
            provenance.code(),
            [coder.key for coder in self.machine_coders(self.tags())],
            self.store.state(),
            # Not the file alone: results are made by the codebook and settings that were read.
            hashlib.sha256(repr(self.codebook).encode()).hexdigest(),
            self._settings_file,
            # A date that has passed changes no file.
            sorted(self.withdrawn()),
            *(_sha256(f) for f in files if f.exists()),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]

    def cached(
        self, name: str, table: Table, make: Callable[[], pd.DataFrame], **parameters: Any
    ) -> pd.DataFrame:
        """Compute a result once a state of the study; the file only ever holds a copy.

        Returned are the rows of the stages that are shown.
        """
        return self.part.shown(self._kept(name, table, make, **parameters))

    def _kept(
        self,
        name: str,
        table: Table,
        make: Callable[[], pd.DataFrame],
        *,
        state: str = "",
        **parameters: Any,
    ) -> pd.DataFrame:
        state = state or self.fingerprint
        if not self.part.is_whole:
            parameters |= {"stages of": self.part.stages, "people of": self.part.only}
        key = hashlib.sha256(json.dumps(parameters, sort_keys=True).encode()).hexdigest()[:8]
        path = self.folder / CACHE / "results" / f"{name}-{state}-{key}.csv"
        if path.exists():
            try:
                return schema.read_csv(path, table)
            except JourneyqualError:
                # A damaged copy is not an error: the result can always be computed again.
                path.unlink()
        made = make()
        schema.write_csv(made, path)
        # Results of an earlier state may hold words of somebody who has withdrawn since.
        for old in path.parent.glob(f"{name}-*.csv"):
            if not old.name.startswith(f"{name}-{state}-"):
                old.unlink(missing_ok=True)
        # Read back, so that a fresh result and a cached one are the same to the last bit.
        return schema.read_csv(path, table)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _one_row_each(people: pd.DataFrame) -> pd.DataFrame:
    """Return participants with one row a person: of two, a refusal in either stands."""
    if not people["participant"].duplicated().any():
        return people
    consents = {"consent_analyse": "min", "consent_quote": "min"}
    rest = {c: "first" for c in people if c not in {*consents, "participant"}}
    return people.groupby("participant", as_index=False, sort=False).agg(consents | rest)


def open_study(
    folder: str | Path = ".",
    *,
    draws: int | None = None,
    seed: int | None = None,
    thin_below: int | None = None,
    group: str | None = None,
    period: str | None = None,
    stages: Sequence[str] | None = None,
    only: Sequence[str] = (),
) -> Study:
    """Open a study folder, whole or part of it.

    Parameters
    ----------
    folder
        A folder with a ``study.toml``, or one inside such a folder (a notebook's, say);
        ``journeyqual init`` makes one.
    draws, seed, thin_below
        Used for every result of this study instead of what ``study.toml`` says.
    group, period
        Only people of this group, of this wave: a value of the attribute that ``study.toml`` names
        under ``by`` or ``period``, or ``ATTRIBUTE=VALUE``. None and "" mean everybody.
    stages
        Only these stages are shown; all are computed. None means all.
    only
        Only people of whom each ``ATTRIBUTE=VALUE`` holds.

    Raises
    ------
    ConfigError
        If the folder is no study, or its files contradict themselves.
    InputError
        If nobody is of the group or the wave.
    """
    folder = Path(folder).resolve()
    home = next((f for f in (folder, *folder.parents) if (f / configs.STUDY_FILE).exists()), folder)
    given = {"draws": draws, "seed": seed, "thin_below": thin_below}
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    config = replace(configs.load(home), **changes)
    if not (group or period or stages or only):
        return Study(config)
    part = chosen(
        config.codebook(),
        by=config.by,
        wave_by=config.period,
        group=group or "",
        period=period or "",
        stages=stages,
        only=only,
    )
    study = Study(config, part)
    # What nobody is of is told now, not in the middle of a report.
    part.keeps(study.participants())
    return study
