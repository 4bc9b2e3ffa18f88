"""What people do in an open study: tag, code twice and blind, settle, draw samples, agree.

Reached as ``study.team``. Everything is stored when it is done; nothing here keeps state.
"""

from __future__ import annotations

import getpass
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from journeyqual import agreement as agreeing
from journeyqual import revision, sampling, schema, spans
from journeyqual.errors import InputError

if TYPE_CHECKING:
    from journeyqual.study import Study
    from journeyqual.tagging import Session
    from journeyqual.tagging.codebook_form import CodebookForm
    from journeyqual.tagging.widget import Tagger


class Team:
    """People's work in a study.

    Parameters
    ----------
    study
        The open study.
    """

    def __init__(self, study: Study) -> None:
        self._study = study

    # -- tagging ------------------------------------------------------------------------------

    def session(self, interview: str, coder: str) -> Session:
        """Open one interview for one coder; the widget, and tests, work on it.

        Parameters
        ----------
        interview
            Id of a stored interview; blank is the first that this coder has not finished.
        coder
            The person's name, blank for the login name; ``panel`` settles what coders disagree on.

        Raises
        ------
        InputError
            If there is no such interview.
        """
        from journeyqual.coding import UNSURE
        from journeyqual.tagging import Session

        study, coder = self._study, coder or getpass.getuser()
        study.keep_codebook()
        kept = revision.books(study.store.people.codebooks())

        def flags(codings: pd.DataFrame) -> dict[tuple[str, str], str]:
            found = revision.flags(codings, kept, study.codebook)
            keys = zip(found["unit_id"], found["dimension"], strict=True)
            return dict(zip(keys, found["what"], strict=True))

        return Session(
            study.store,
            study.codebook,
            study.codebook_version,
            interview or self.next_interview(coder),
            coder,
            suggestions=study.codings,
            explain=lambda unit: study.explain(unit),
            unsure_below=UNSURE,
            study=hashlib.sha256(str(study.folder).encode()).hexdigest()[:12],
            flags=flags,
        )

    def tag(self, interview: str = "", *, coder: str = "") -> Tagger:
        """Show the tagging widget for one interview; every action is stored at once.

        Parameters
        ----------
        interview, coder
            As for `session`.
        """
        from journeyqual.tagging.widget import Tagger

        return Tagger(self.session(interview, coder))

    def next_interview(self, coder: str) -> str:
        """Return an interview for a coder: assigned ones first, then the least coded.

        Raises
        ------
        InputError
            If the study has no interview yet.
        """
        todo = self.todo(coder)
        if todo.empty:
            raise InputError(
                "the study has no interview yet", remedy="put transcripts in and run it"
            )
        return str(todo["interview"].iloc[0])

    def todo(self, coder: str = "") -> pd.DataFrame:
        """Return every interview with how far a coder is, what is to be done first on top.

        Returns
        -------
        DataFrame
            ``interview, participant, units, coded, assigned, blind, done``.
        """
        from journeyqual.tagging import identity

        who = identity(coder or getpass.getuser())
        study = self._study
        units = study.units()
        mine = study.store.codings(coders=[])
        coded = sampling.finished(mine[mine["coder"] == who])["unit_id"]
        given = study.store.people.assignments()
        given = given[given["coder"] == who].set_index("interview")
        out = study.store.interviews()[["interview", "participant"]]
        sizes = units.groupby("interview").size()
        done = units[units["unit_id"].isin(coded)].groupby("interview").size()
        out = out.assign(
            units=out["interview"].map(sizes).fillna(0).astype(int),
            coded=out["interview"].map(done).fillna(0).astype(int),
            assigned=out["interview"].isin(given.index),
            blind=out["interview"].isin(given.index[given["blind"]]),
            done=out["interview"].isin(given.index[given["done_at"] != ""]),
        )
        rank = out.assign(
            _done=out["done"] | (out["coded"] >= out["units"]), _free=~out["assigned"]
        )
        return out.loc[rank.sort_values(["_done", "_free", "interview"]).index].reset_index(
            drop=True
        )

    def assign(
        self, interviews: Sequence[str], coders: Sequence[str], *, blind: bool = True
    ) -> pd.DataFrame:
        """Give interviews to coders; given again, an interview stays as it was given first.

        Parameters
        ----------
        interviews
            Ids of stored interviews.
        coders
            People's names; each gets every interview.
        blind
            Whether they see neither each other's codings nor the machine's until they are done.

        Returns
        -------
        DataFrame
            All assignments: ``interview, coder, blind, assigned_at, done_at``.
        """
        from journeyqual.tagging import identity

        people = self._study.store.people
        for coder in [identity(c) for c in coders]:
            for interview in interviews:
                people.assign(interview, coder, blind=blind)
        return people.assignments()

    # -- what to tag next ---------------------------------------------------------------------

    def population(self) -> pd.DataFrame:
        """Return every unit that could be drawn, with what the machine says of it."""
        study = self._study
        resolved = study.resolved()
        kept = resolved[~resolved["participant"].isin(study.withdrawn())]
        said = study.codings()
        felt = said[(said["dimension"] == "valence") & ~said["coder"].str.startswith("human:")]
        sure = felt.drop_duplicates("unit_id", keep="last").set_index("unit_id")["confidence"]
        sd = 1.0 - kept["unit_id"].map(sure)
        return schema.check(kept.assign(valence_sd=sd), schema.POPULATION)

    def draw(self, per_stage: int | Mapping[str, int], *, seed: int = 0) -> pd.DataFrame:
        """Draw units for double coding, as many of each machine stage, and keep the draw.

        Returns
        -------
        DataFrame
            DRAW_UNITS as stored; see `sampling.draw`.
        """
        made = sampling.draw(self.population(), per_stage, seed=seed)
        detail = {"per_stage": per_stage if isinstance(per_stage, int) else dict(per_stage)}
        return self._kept(made, "sample", seed, detail)

    def queue(self, n: int, *, seed: int = 0) -> pd.DataFrame:
        """Draw a queue that favours what the machine is unsure of, and keep it.

        Returns
        -------
        DataFrame
            DRAW_UNITS as stored; see `sampling.queue`.
        """
        made = sampling.queue(self.population(), n, seed=seed)
        return self._kept(made, "queue", seed, {"n": n})

    def _kept(
        self, made: pd.DataFrame, kind: str, seed: int, detail: Mapping[str, Any]
    ) -> pd.DataFrame:
        people = self._study.store.people
        earlier = people.draws()
        twice = earlier[(earlier["kind"] == kind) & (earlier["seed"] == seed)]
        if len(twice):
            raise InputError(
                f"a {kind} with seed {seed} was drawn on {twice['made_at'].iloc[0][:10]}",
                remedy="give another --seed for another draw",
            )
        number = people.add_draw(made, kind=kind, seed=seed, **detail)
        return made.assign(draw=number)

    def to_tag(self, coder: str = "") -> pd.DataFrame:
        """Return the drawn units that a coder has still to code, in the order of the draws.

        Parameters
        ----------
        coder
            A person's name; blank is what nobody has coded.

        Returns
        -------
        DataFrame
            ``draw, place, unit_id, interview, participant, text``.
        """
        from journeyqual.tagging import identity

        study = self._study
        codings = study.store.codings(coders=[])
        if coder:
            codings = codings[codings["coder"] == identity(coder)]
        done = set(sampling.finished(codings)["unit_id"])
        drawn = study.store.people.draw_units().dropna(subset="place")
        left = drawn[~drawn["unit_id"].isin(done)].sort_values(["draw", "place"])
        words = study.units()[["unit_id", "interview", "participant", "text"]]
        return left[["draw", "place", "unit_id"]].merge(words, on="unit_id")

    def plan(self) -> pd.DataFrame:
        """Return PLAN: units that two people must code to show that their stages can be relied on.

        "None fits" is a code beside the codebook's stages.
        """
        return sampling.plan(codes=len(self._study.codebook.stages) + 1)

    def sample_progress(self, *, units: int | None = None) -> pd.DataFrame:
        """Return PROGRESS of the double coding; ``units`` is what `sampling.plan` asks for."""
        study = self._study
        if units is None:
            units = int(self.plan()["units"].iloc[-1])
        return sampling.progress(
            self.population(),
            study.store.codings(coders=[]),
            study.store.people.draw_units(),
            units=units,
            stages=study.codebook.stage_names,
        )

    # -- what became of it --------------------------------------------------------------------

    def compare(self, interview: str = "") -> pd.DataFrame:
        """Return units that two people coded, side by side; those that differ come first.

        Parameters
        ----------
        interview
            One interview; blank is all of them.

        Returns
        -------
        DataFrame
            ``interview, order, text``, then ``CODER DIMENSION`` a column, ``differs``, ``unit_id``.
            Codings of people who still code blind are left out; blank is not coded.
        """
        study = self._study
        names = [interview] if interview else None
        codings = self.by_people()
        shown = ("stage", "valence", "emotion")
        codings = codings[codings["dimension"].isin(shown)]
        last = codings.drop_duplicates(["unit_id", "coder", "dimension"], keep="last")
        last = last[last["status"] != "rejected"]
        several = last.groupby("unit_id")["coder"].transform("nunique") > 1
        last = last[several]
        units = study.store.units(names)
        last = last[last["unit_id"].isin(units["unit_id"])]
        if last.empty:
            columns = ["interview", "order", "text", "differs", "unit_id"]
            return pd.DataFrame(columns=columns)
        blank = (last["dimension"] == "stage") & (last["value"] == "")
        last = last.assign(
            # A blank cell is what somebody has not coded.
            value=last["value"].mask(blank, "none fits"),
            _column=last["coder"].str.removeprefix("human:") + " " + last["dimension"],
        )
        wide = last.pivot(index="unit_id", columns="_column", values="value")
        # Stage beside stage: that is what is compared.
        by_dimension = last.assign(_rank=last["dimension"].map(shown.index))
        wide = wide[by_dimension.sort_values(["_rank", "coder"])["_column"].drop_duplicates()]
        per = last.groupby(["unit_id", "dimension"])["value"].nunique().unstack()
        out = units.set_index("unit_id").loc[wide.index, ["interview", "order", "text"]]
        out = out.join(wide.fillna("")).assign(differs=(per.reindex(wide.index) > 1).any(axis=1))
        return (
            out.reset_index()
            .sort_values(["differs", "interview", "order"], ascending=[False, True, True])
            .reset_index(drop=True)[
                [*(c for c in out.columns if c != "differs"), "differs", "unit_id"]
            ]
        )

    def by_people(self) -> pd.DataFrame:
        """Return people's CODINGS that may be seen: of nobody who still codes blind."""
        store = self._study.store
        codings = store.codings(coders=[])
        given = store.people.assignments()
        at_it = given[given["blind"] & (given["done_at"] == "")]
        if at_it.empty:
            return codings
        units = pd.concat([store.units(), store.units(kind="span")])
        of = codings["unit_id"].map(units.set_index("unit_id")["interview"])
        hidden = pd.MultiIndex.from_frame(at_it[["interview", "coder"]])
        seen = ~pd.MultiIndex.from_arrays([of, codings["coder"]]).isin(hidden)
        return codings[seen].reset_index(drop=True)

    def independent(self) -> pd.DataFrame:
        """Return people's CODINGS that nobody else's had a part in, with ``participant``.

        Of an interview that a coder was given blind, what they coded before they were done. Of
        other interviews everything: nobody knows what they had seen.
        """
        return self._with_people(self._independent(blind_only=False))

    def coders(self) -> list[str]:
        """Return the people whose codings may be seen, the panel left out."""
        return sorted(set(self.by_people()["coder"]) - {agreeing.PANEL})

    def _independent(self, *, blind_only: bool) -> pd.DataFrame:
        codings = self.by_people()
        store = self._study.store
        given = store.people.assignments()
        given = given[given["blind"]]
        units = pd.concat([store.units(), store.units(kind="span")]).set_index("unit_id")
        place = pd.MultiIndex.from_arrays(
            [codings["unit_id"].map(units["interview"]), codings["coder"]]
        )
        done = given.set_index(["interview", "coder"])["done_at"].reindex(place).to_numpy()
        blind = pd.notna(done)
        before = blind & (codings["coded_at"].to_numpy(dtype=str) <= done.astype(str))
        return codings[before if blind_only else before | ~blind].reset_index(drop=True)

    def _with_people(self, codings: pd.DataFrame) -> pd.DataFrame:
        units = self._study.units().set_index("unit_id")
        codings = codings[codings["unit_id"].isin(units.index)]
        codings = codings.assign(participant=codings["unit_id"].map(units["participant"]))
        if not self._study.part.only:
            return codings
        return codings[~codings["participant"].isin(self._study.left_out())]

    def agreement(self, *, draws: int = agreeing.DRAWS, seed: int = 0) -> pd.DataFrame:
        """Return AGREEMENT of people's independent codings; intervals draw participants."""
        return agreeing.table(self.independent(), draws=draws, seed=seed)

    def pairs(self, *, draws: int = agreeing.DRAWS, seed: int = 0) -> pd.DataFrame:
        """Return AGREEMENT_PAIRS: any two people, and people with the machine.

        The machine is compared on what people coded blind: who accepts its suggestion agrees with
        it by accepting. A chat model that was asked stands beside the study's own machines.
        """
        people = agreeing.pairs(self.independent(), draws=draws, seed=seed)
        blind = self._independent(blind_only=True)
        said = pd.concat([self._study.codings(), self._of_chat_models()], ignore_index=True)
        machine = said[
            ~said["coder"].str.startswith("human:")
            & said["dimension"].isin(agreeing.LEVELS)
            & said["unit_id"].isin(blind["unit_id"])
        ]
        both = agreeing.pairs(
            self._with_people(agreeing.current(pd.concat([machine, blind]))),
            draws=draws,
            seed=seed,
        )
        return pd.concat([people, both[both["kind"] == "human-machine"]], ignore_index=True)

    def differs_from_chat(self) -> pd.DataFrame:
        """Return CHAT_DIFFERS: units whose stage a chat model reads unlike people who coded blind.

        ``by_people`` is what they gave, joined by commas; ``why`` is the model's evidence and
        rationale, left out where the participant may not be quoted.
        """
        said = self._of_chat_models()
        blind = self._with_people(agreeing.current(self._independent(blind_only=True)))
        told = blind[(blind["dimension"] == "stage") & (blind["coder"] != agreeing.PANEL)]
        given = told.assign(value=_named(told["value"])).groupby("unit_id")["value"]
        people = given.agg(lambda values: ", ".join(sorted(set(values))))
        mine = said[(said["dimension"] == "stage") & said["unit_id"].isin(people.index)]
        mine = mine.drop_duplicates(["unit_id", "coder"], keep="last")
        out = mine.assign(
            by_people=mine["unit_id"].map(people), said=_named(mine["value"]), why=mine["memo"]
        )
        who = self._study.units().set_index("unit_id")["participant"]
        agreed = self._study.participants().set_index("participant")["consent_quote"]
        quoted = out["unit_id"].map(who).map(agreed).astype(bool)
        out = out.assign(why=out["why"].where(quoted, ""))[out["by_people"] != out["said"]]
        return schema.check(
            out[schema.CHAT_DIFFERS.names].reset_index(drop=True), schema.CHAT_DIFFERS
        )

    def _of_chat_models(self) -> pd.DataFrame:
        """Return the CODINGS of chat models that were asked under today's codebook."""
        from journeyqual.coding.chat import PREFIX

        store, book = self._study.store, self._study.codebook.fingerprint
        asked = [name for name in store.signatures(book) if name.startswith(PREFIX)]
        if not asked:
            return schema.CODINGS.empty()
        said = store.codings(coders=asked, codebook=book)
        return said[said["coder"].isin(asked)]

    def over_time(self, *, draws: int = agreeing.DRAWS, seed: int = 0) -> pd.DataFrame:
        """Return AGREEMENT_PAIRS of each person with themselves, two weeks or more apart."""
        return agreeing.over_time(self._with_people(self.by_people()), draws=draws, seed=seed)

    def _marked(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the free spans that people marked independently, and who read which interview."""
        places = self._study.spans().set_index("unit_id")[["interview", "start_char", "end_char"]]
        codings = self._independent(blind_only=False)
        codings = codings[codings["coder"] != agreeing.PANEL]
        units = pd.concat([self._study.units(), self._study.spans()]).set_index("unit_id")
        read = codings[["coder"]].assign(interview=codings["unit_id"].map(units["interview"]))
        on_spans = codings[
            codings["unit_id"].isin(places.index) & ~codings["dimension"].isin(agreeing.NOTES)
        ]
        last = on_spans.drop_duplicates(["unit_id", "coder", "dimension", "value"], keep="last")
        last = last[last["status"] != "rejected"]
        return (
            last[["unit_id", "coder", "dimension", "value"]].join(places, on="unit_id"),
            read.drop_duplicates(),
        )

    def spans_matched(self) -> pd.DataFrame:
        """Return SPAN_MATCHES: free spans that two people both marked, within some tolerances."""
        marked, read = self._marked()
        return spans.match(marked, read=read)

    def spans_agreement(self, *, draws: int = agreeing.DRAWS, seed: int = 0) -> pd.DataFrame:
        """Return SPAN_AGREEMENT: free spans compared letter by letter on what both read."""
        marked, read = self._marked()
        return spans.continuum(marked, self._study.units(), read=read, draws=draws, seed=seed)

    def concerns(
        self, made: pd.DataFrame | None = None, *, draws: int = agreeing.DRAWS, seed: int = 0
    ) -> agreeing.Concerns:
        """Return which codes to redefine, which are taken for each other, which units to discuss.

        Parameters
        ----------
        made
            What `agreement` returned, if it has been made.
        """
        return agreeing.concerns(self.independent(), agreement=made, draws=draws, seed=seed)

    def words(self, unit_ids: Iterable[str]) -> dict[str, str]:
        """Return the words of units, those of participants who may not be quoted left out."""
        study = self._study
        people = study.participants()
        silent = set(people.loc[~people["consent_quote"].astype(bool), "participant"])
        units = study.units()
        units = units[units["unit_id"].isin(set(unit_ids))]
        told = units["text"].where(~units["participant"].isin(silent), "(may not be quoted)")
        return dict(zip(units["unit_id"], told, strict=True))

    def flagged(self) -> pd.DataFrame:
        """Return people's codings to look at again: their code has changed since, with the words.

        Returns
        -------
        DataFrame
            As `journeyqual.revision.flags`, then ``interview, text``.
        """
        study = self._study
        units = pd.concat([study.units(), study.spans()])[["unit_id", "interview", "text"]]
        return study.flags().merge(units, on="unit_id")

    def edit_codebook(self) -> CodebookForm:
        """Show the codebook in a form; saving makes a new version, and codings follow."""
        from journeyqual.tagging.codebook_form import CodebookForm, Editor

        return CodebookForm(Editor(self._study))

    def lost(self) -> pd.DataFrame:
        """Return people's codings whose words a corrected transcript no longer has."""
        return self._study.store.lost()


def _named(stages: pd.Series) -> pd.Series:
    return stages.mask(stages == "", "none fits")


__all__ = ["Team"]
