"""The themes of an open study: found once, kept, given to new units, and named by people.

Reached as ``study.themes``. Everything is in the store; nothing here is remembered but copies.

The file is over 400 lines because a scope's life stands here as a whole: what it is made of, when
it is looked at, what people say of it, and the tables that come of both.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from journeyqual import estimate
from journeyqual.coding.neighbours import neighbours
from journeyqual.errors import InputError
from journeyqual.models import cached_encode, load_encoder
from journeyqual.schema import OFF_JOURNEY, THEMED, THEMES, WHOLE_STUDY, check
from journeyqual.themes.centres import Vectors, centred
from journeyqual.themes.finding import MIN_UNITS, SMALL, Found, discover
from journeyqual.themes.later import assign, is_time, propose
from journeyqual.themes.words import noun_shares

if TYPE_CHECKING:
    from journeyqual.models import Encoder
    from journeyqual.store.themes import Kind
    from journeyqual.study import Study

IN_USE = ("suggested", "accepted")
"""A theme of another status has no units: they count as without one."""
BESIDE = 0.5
"""Weight of what was said just before and just after in a unit's own vector."""
LONGEST = 120
"""Characters of a theme's name."""
FEW = 300
"""Interviews up to which their units are asked for by name."""
SHOWN = 3
"""Units that THEMES shows a theme by."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how far it is, and how much there is."""


@dataclass(frozen=True)
class _Sorted:
    """What a state of the store comes to."""

    table: pd.DataFrame
    units: pd.DataFrame
    members: pd.DataFrame


class Themes:
    """The themes of a study.

    Parameters
    ----------
    study
        The open study.
    """

    def __init__(self, study: Study) -> None:
        self._study = study
        self._held: tuple[object, _Sorted | None] = (None, None)

    def let_go(self) -> None:
        """Let go of the tables that are held in memory."""
        self._held = (None, None)

    def state(self) -> list[int]:
        """Return numbers that change whenever themes, their units or their names change."""
        return self._study.store.themes.state()

    # -- found, and kept up ---------------------------------------------------------------------

    def discover(self, progress: Progress | None = None, *, anyway: bool = False) -> pd.DataFrame:
        """Find the themes of every scope that was never looked at and has enough units.

        Of the whole study, of each stage, and of what fits no stage. A scope is looked at once:
        called again, nothing happens.

        Parameters
        ----------
        progress
            Told how far it is.
        anyway
            Do not wait until `SMALL` participants have spoken there. What is found stays: themes of
            the first three interviews would be those of the study.

        Returns
        -------
        DataFrame
            THEMES, as `table` returns them.
        """
        self._discover(self._placed(), progress, anyway=anyway)
        return self.table()

    def keep_up(self, progress: Progress | None = None) -> None:
        """Do what `discover` and `update` do, and return no table: counting all units takes time.

        Parameters
        ----------
        progress
            Told how far it is.
        """
        placed = self._placed()
        self._discover(placed, progress)
        self._update(placed, progress)

    def _discover(
        self, placed: pd.DataFrame, progress: Progress | None, *, anyway: bool = False
    ) -> None:
        looked = set(self._study.store.themes.rounds()["scope"])
        new = [
            scope
            for scope in self._scopes()
            if scope not in looked and not self._waits(placed, scope, anyway)
        ]
        if new:
            units = self._with_words(placed[placed["scope"].isin(new)])
            vectors = self._vectors(units, progress)
            encode = self._encoder.encode
            for done, scope in enumerate(new):
                _tell(progress, "discovering themes", done, len(new))
                rows = np.flatnonzero(units["scope"].to_numpy() == scope)
                found = discover(
                    units.iloc[rows],
                    vectors[rows],
                    scope,
                    seed=self._study.config.seed,
                    encode=encode,
                    nouns=noun_shares,
                )
                # With too few units of enough words, a later run looks again.
                if len(found.themes) or not found.reason.startswith(("fewer", "only")):
                    self._keep(found, scope, 1)
            _tell(progress, "discovering themes", len(new), len(new))

    def _waits(self, placed: pd.DataFrame, scope: str, anyway: bool = False) -> str:
        """Return what a scope waits for before it is looked at; blank if for nothing."""
        mine = placed[placed["scope"] == scope]
        if len(mine) < MIN_UNITS:
            return f"fewer than {MIN_UNITS} units"
        if not anyway and mine["participant"].nunique() < SMALL:
            return f"fewer than {SMALL} participants; discover(anyway=True) does not wait"
        return ""

    def update(self, progress: Progress | None = None) -> pd.DataFrame:
        """Give units that came since their themes, and gather what may be new themes.

        A unit that has a theme keeps it. New themes are looked for in a scope when what is left
        over there has grown by a quarter; they are ``proposed``, and nothing counts for them until
        a person accepts them.

        Parameters
        ----------
        progress
            Told how far it is.

        Returns
        -------
        DataFrame
            The proposed THEMES, as `table` returns them.
        """
        self._update(self._placed(), progress)
        return self.table(status="proposed")

    def _update(self, placed: pd.DataFrame, progress: Progress | None) -> None:
        store = self._study.store.themes
        looked = set(store.rounds()["scope"])
        placed = placed[placed["scope"].isin(looked)]
        rows = store.units()
        known = pd.MultiIndex.from_frame(rows[["unit_id", "scope"]])
        new = placed[~pd.MultiIndex.from_frame(placed[["unit_id", "scope"]]).isin(known)]
        if len(new):
            self._assign(new, rows, progress)
            self._propose(placed, progress)

    def _assign(self, new: pd.DataFrame, rows: pd.DataFrame, progress: Progress | None) -> None:
        units = self._with_words(new)
        vectors = self._vectors(units, progress)
        found = self._centres(rows, progress)
        status = self._said()["status"]
        for scope, mine in units.groupby("scope", sort=False):
            own = found[found["scope"] == scope]
            at = mine.index.to_numpy()
            theme = np.full(len(mine), "", dtype=object)
            similar = np.full(len(mine), np.nan)
            # Those in use come first; what only fits a proposed or rejected one waits there.
            for some in (own[own["theme"].map(status).isin(IN_USE)], own):
                free = np.flatnonzero(theme == "")
                if some.empty or not len(free):
                    continue
                centres = np.stack(some["centroid"].tolist())
                which, near = assign(vectors[at][free], centres, some["threshold"].to_numpy())
                names = np.array([*some["theme"], ""], dtype=object)
                first = np.isnan(similar[free]) | (which >= 0)
                theme[free] = names[which]
                similar[free] = np.where(first, near, similar[free])
            made = pd.DataFrame(
                {"unit_id": mine["unit_id"], "scope": scope, "theme": theme, "similarity": similar}
            )
            self._study.store.themes.add_units(made)

    def _propose(self, placed: pd.DataFrame, progress: Progress | None) -> None:
        store = self._study.store.themes
        rows, rounds = store.units(), store.rounds()
        themed = rows[rows["theme"] != ""]
        taken = pd.MultiIndex.from_frame(themed[["unit_id", "scope"]])
        left = placed[~pd.MultiIndex.from_frame(placed[["unit_id", "scope"]]).isin(taken)]
        last = rounds.drop_duplicates("scope", keep="last").set_index("scope")
        sizes = left["scope"].value_counts()
        due = [s for s in self._scopes() if is_time(sizes.get(s, 0), _left(last, s))]
        if not due:
            return
        units = self._with_words(left[left["scope"].isin(due)])
        vectors = self._vectors(units, progress)
        found = self._centres(rows, progress)
        for done, scope in enumerate(due):
            _tell(progress, "looking for new themes", done, len(due))
            at = np.flatnonzero(units["scope"].to_numpy() == scope)
            number = int(last["round"].get(scope, 0)) + 1
            centres = found.loc[found["scope"] == scope, "centroid"].tolist()
            mine = (units.iloc[at], vectors[at], scope)
            seed, encode = self._study.config.seed, self._encoder.encode
            if centres:
                old = np.stack(centres)
                later = (rows["scope"] == scope) & (rows["id"] > last["upto"].get(scope, 0))
                late = set(rows.loc[later, "unit_id"])
                made = propose(
                    *mine, old, seed=seed, encode=encode, nouns=noun_shares, number=number,
                    fresh=mine[0]["unit_id"].isin(late).to_numpy(),
                )  # fmt: skip
            else:
                made = discover(*mine, seed=seed, encode=encode, nouns=noun_shares, number=number)
            self._keep(made, scope, number)
        _tell(progress, "looking for new themes", len(due), len(due))

    def _keep(self, found: Found, scope: str, number: int) -> None:
        self._study.store.themes.add_round(
            scope,
            number,
            found.themes,
            found.units,
            centroids=found.centroids,
            thresholds=found.thresholds,
            encoder=self._made_by,
            n_units=len(found.units),
            reason=found.reason,
        )

    # -- what there is --------------------------------------------------------------------------

    def table(self, status: str | tuple[str, ...] | None = None) -> pd.DataFrame:
        """Return the THEMES of the study's present scopes; those merged into another are left out.

        Parameters
        ----------
        status
            One or several of `schema.THEME_STATUSES`; None is all of them.

        Returns
        -------
        DataFrame
            THEMES: the whole study first, then stages in their order, then what fits none; those of
            most participants first. Counts are of today's units, whatever the status.
        """
        out = self._sorted().table
        if status is not None:
            wanted = (status,) if isinstance(status, str) else status
            out = out[out["status"].isin(wanted)].reset_index(drop=True)
        return out.copy(deep=False)

    def units(self, scope: str | None = None) -> pd.DataFrame:
        """Return THEMED: today's units that were looked at, with the theme that counts.

        Parameters
        ----------
        scope
            A stage, `schema.WHOLE_STUDY` or `schema.OFF_JOURNEY`; None is all of them.

        Returns
        -------
        DataFrame
            THEMED, by scope and unit. A unit is in the scope of the stage that it is settled at.
            Its theme is blank if none fits, or if the one that does is only proposed, or rejected.
        """
        out = self._sorted().units
        if scope is not None:
            out = out[out["scope"] == scope].reset_index(drop=True)
        return out.copy(deep=False)

    def reasons(self) -> pd.DataFrame:
        """Return why a scope has no theme: ``scope, n_units, n_participants, reason``.

        Scopes that have one, of whatever status, are not there.
        """
        placed, has = self._placed(), set(self.table()["scope"])
        told = self._study.store.themes.rounds().drop_duplicates("scope", keep="last")
        said = dict(zip(told["scope"], told["reason"], strict=True))
        rows = []
        for scope in self._scopes():
            if scope in has:
                continue
            mine = placed[placed["scope"] == scope]
            few = f"fewer than {MIN_UNITS} units of enough words" if said else "not looked at yet"
            why = said.get(scope) or self._waits(placed, scope) or few
            people = mine["participant"].nunique()
            rows.append((scope, len(mine), people, why))
        return pd.DataFrame(rows, columns=["scope", "n_units", "n_participants", "reason"])

    def quotes(self, theme: str, *, n: int = SHOWN) -> pd.DataFrame:
        """Return units that show a theme, nearest to its middle first, of whoever may be quoted.

        Parameters
        ----------
        theme
            Its id.
        n
            How many at most.

        Returns
        -------
        DataFrame
            ``unit_id, interview, participant, text, start_s, similarity``.
        """
        self._known(theme)
        members = self._sorted().members
        mine = members[members["theme"] == self._roots().get(theme, theme)]
        mine = mine.set_index("unit_id")
        shown = self._shown(members).get(theme, [])[:n]
        units = self._study.units().set_index("unit_id").loc[shown]
        names = ["unit_id", "interview", "participant", "text", "start_s", "similarity"]
        return units.assign(similarity=mine.loc[shown, "similarity"]).reset_index()[names]

    # -- what people say ------------------------------------------------------------------------

    def name(self, theme: str, name: str, *, by: str = "") -> None:
        """Name a theme; earlier names stay in the store.

        Parameters
        ----------
        theme
            Its id.
        name
            One line of at most `LONGEST` characters.
        by
            Who says so; blank is the login name.

        Raises
        ------
        InputError
            If there is no such theme, or the name is blank or too long.
        """
        line = " ".join("".join(c if c.isprintable() else " " for c in name).split())
        if not line or len(line) > LONGEST:
            raise InputError(
                f"{line[:20]!r}… has {len(line)} characters" if line else "the name is blank",
                remedy=f"give a theme a name of one to {LONGEST} characters",
            )
        self._say(theme, "name", line, by)

    def define(self, theme: str, definition: str, *, by: str = "") -> None:
        """Say in a sentence or two what belongs to a theme and what does not; blank takes it back.

        Raises
        ------
        InputError
            If there is no such theme.
        """
        self._say(theme, "define", definition.strip(), by)

    def accept(self, theme: str, *, by: str = "") -> None:
        """Accept a theme: from now on its units count for it.

        Raises
        ------
        InputError
            If there is no such theme.
        """
        self._say(theme, "accept", "", by)

    def reject(self, theme: str, *, by: str = "") -> None:
        """Reject a theme: its units count as without one, and it is not proposed again.

        Raises
        ------
        InputError
            If there is no such theme.
        """
        self._say(theme, "reject", "", by)

    def merge(self, theme: str, into: str, *, by: str = "") -> None:
        """Let a theme's units, old and new, count for another; merged into itself it stands again.

        Raises
        ------
        InputError
            If there is no such theme, it is of another scope, or it was merged into this one.
        """
        found = self._study.store.themes.found().set_index("theme")
        self._known(theme)
        self._known(into)
        if found.at[theme, "scope"] != found.at[into, "scope"]:
            raise InputError(
                f"{theme} is a theme of {found.at[theme, 'scope']}, {into} of "
                f"{found.at[into, 'scope']}",
                remedy="merge themes of one scope",
            )
        if theme == into:
            self._say(theme, "merge", "", by)
            return
        if self._roots().get(into, into) == theme:
            raise InputError(
                f"{into} was merged into {theme}", remedy=f"merge {into} into itself first"
            )
        self._say(theme, "merge", into, by)

    def _say(self, theme: str, kind: Kind, value: str, by: str) -> None:
        from journeyqual.tagging import identity

        self._known(theme)
        root = self._roots().get(theme)
        if root is not None and kind != "merge":
            raise InputError(f"{theme} was merged into {root}", remedy=f"say it of {root}")
        self._study.store.themes.say(theme, kind, value, identity(by or getpass.getuser()))

    def _known(self, theme: str) -> None:
        ids = self._study.store.themes.found()["theme"].tolist()
        if theme not in ids:
            near = get_close_matches(theme, ids, 1)
            raise InputError(
                f"there is no theme {theme[:40]!r}",
                remedy=f"did you mean {near[0]}?" if near else "table() lists them",
            )

    # -- how it comes together ------------------------------------------------------------------

    def _scopes(self) -> list[str]:
        return [WHOLE_STUDY, *self._study.codebook.stage_names, OFF_JOURNEY]

    def _placed(self) -> pd.DataFrame:
        """Return every unit that counts in the curve with its scopes: the study, and its stage."""
        columns = ["unit_id", "interview", "participant", "stage"]
        # Before anything is coded there is nothing to settle.
        begun = self._study.store.state()[1] > 0
        settled = estimate.settled(self._study.coded())[columns] if begun else _nobody(columns)
        stage = settled["stage"].where(settled["stage"] != "", OFF_JOURNEY)
        both = [settled.assign(scope=WHOLE_STUDY), settled.assign(scope=stage)]
        return pd.concat(both, ignore_index=True)[["unit_id", "interview", "participant", "scope"]]

    def _with_words(self, placed: pd.DataFrame) -> pd.DataFrame:
        words = self._units_of(placed["interview"])[["unit_id", "order", "text"]]
        return placed.merge(words, on="unit_id", how="inner").reset_index(drop=True)

    def _units_of(self, interviews: pd.Series) -> pd.DataFrame:
        """Return UNITS of these interviews; what came since is mostly one of thousands."""
        names = sorted(interviews.unique())
        some = names if len(names) <= FEW else None
        units = self._study.store.units(some)
        return units if some else units[units["interview"].isin(names)].reset_index(drop=True)

    @property
    def _encoder(self) -> Encoder:
        return self._study.encoder or load_encoder()

    @property
    def _made_by(self) -> str:
        return f"{self._encoder.fingerprint}+beside{BESIDE:g}"

    def _vectors(self, units: pd.DataFrame, progress: Progress | None) -> Vectors:
        """Return the vectors of units, each with something of what was said before and after.

        A unit of talk is short and says "it"; what it is about often stands beside it.
        """
        every = self._units_of(units["interview"])
        tell: Callable[[int, int], None] | None = None
        if progress is not None:
            report = progress
            tell = lambda done, total: report("reading for themes", done, total)  # noqa: E731
        own = cached_encode(every["text"].tolist(), self._encoder, self._study.vectors, tell)
        at = pd.Index(every["unit_id"]).get_indexer(pd.Index(units["unit_id"]))
        return np.asarray(neighbours(every).mixed(own, BESIDE)[at], dtype=np.float32)

    def _centres(self, rows: pd.DataFrame, progress: Progress | None) -> pd.DataFrame:
        """Return all themes with centres that this encoder's vectors can be held against.

        If the study's encoder is another one by now, each centre is made anew of the theme's units,
        which stay as they are.
        """
        found = self._study.store.themes.found()
        if (found["encoder"] == self._made_by).all():
            return found
        placed = self._placed().drop_duplicates("unit_id")
        placed = placed[["unit_id", "interview", "participant"]]
        units = self._with_words(rows[rows["theme"] != ""].merge(placed, on="unit_id"))
        numbers = pd.Index(found["theme"]).get_indexer(pd.Index(units["theme"]))
        # A theme whose units are all gone has no centre any more.
        there = np.isin(np.arange(len(found)), numbers)
        ranks = np.cumsum(there) - 1
        who = pd.factorize(units["participant"])[0]
        centres, limits = centred(self._vectors(units, progress), who, ranks[numbers])
        out = found[there].reset_index(drop=True)
        return out.assign(centroid=pd.Series(list(centres), dtype=object), threshold=limits)

    def _said(self) -> pd.DataFrame:
        """Return what people's last words come to: ``status, name, named_by, definition, into``."""
        found = self._study.store.themes.found()
        said = {
            str(row.theme): {"status": row.status, "name": row.name}
            | {"named_by": "", "definition": "", "into": ""}
            for row in found[["theme", "status", "name"]].itertuples(index=False)
        }
        for event in self._study.store.themes.events().itertuples(index=False):
            said[str(event.theme)] |= {
                "name": {"name": event.value, "named_by": event.by},
                "define": {"definition": event.value},
                "accept": {"status": "accepted"},
                "reject": {"status": "rejected"},
                "merge": {"into": event.value},
            }[str(event.kind)]
        columns = ["status", "name", "named_by", "definition", "into"]
        out = pd.DataFrame.from_dict(said, orient="index", columns=columns)
        return out.rename_axis("theme").astype("str")

    def _roots(self) -> dict[str, str]:
        """Return the theme that each merged one counts for in the end."""
        into = {t: i for t, i in self._said()["into"].items() if i}
        ends = {str(theme): _root(str(theme), into) for theme in into}
        return {theme: end for theme, end in ends.items() if theme != end}

    def _shown(self, members: pd.DataFrame) -> dict[str, list[str]]:
        """Return the units that each theme may be shown by, of whoever may be quoted."""
        people = self._study.participants()
        silent = people.loc[~people["consent_quote"].astype(bool), "participant"]
        members = members[~members["participant"].isin(silent)]
        quotes = self._study.store.themes.quotes()
        roots = self._roots()
        root = quotes["theme"].map(lambda theme: roots.get(theme, theme))
        # A theme's own quotes come before those of the themes that went into it.
        quotes = quotes.assign(root=root, foreign=root != quotes["theme"])
        quotes = quotes.sort_values(["foreign", "place", "theme"], kind="stable")
        there = pd.MultiIndex.from_frame(members[["unit_id", "theme"]])
        quotes = quotes[pd.MultiIndex.from_frame(quotes[["unit_id", "root"]]).isin(there)]
        out = {str(theme): rows["unit_id"].tolist() for theme, rows in quotes.groupby("root")}
        return out | {theme: out.get(root, []) for theme, root in roots.items()}

    def _sorted(self) -> _Sorted:
        """Return the tables of the present state; they are made once a state."""
        key = (self._study.fingerprint, *self.state())
        held = self._held[1] if self._held[0] == key else None
        if held is None:
            held = self._sort()
            shown = self._shown(held.members)
            quotes = [" ".join(shown.get(theme, [])[:SHOWN]) for theme in held.table["theme"]]
            table = check(held.table.assign(representative=quotes), THEMES)
            held = _Sorted(table, held.units, held.members)
            self._held = (key, held)
        return held

    def _sort(self) -> _Sorted:
        placed, said, roots = self._placed(), self._said(), self._roots()
        rows = self._study.store.themes.units()
        rows = rows.merge(placed, on=["unit_id", "scope"])
        rows["theme"] = rows["theme"].map(lambda theme: roots.get(theme, theme))
        status = rows["theme"].map(said["status"]).fillna("")
        # Of several, the first in use; those come of stages that went into one another.
        rank = np.select([status.isin(IN_USE), status != ""], [0, 1], 2)
        rows = rows.assign(rank=rank).sort_values(["rank", "id"], kind="stable")
        rows = rows.drop_duplicates(["unit_id", "scope"])
        members = rows[rows["theme"] != ""][["unit_id", "participant", "scope", "theme",
                                             "similarity"]]  # fmt: skip
        units = rows.assign(theme=rows["theme"].where(rows["rank"] == 0, ""))
        order = {scope: place for place, scope in enumerate(self._scopes())}
        units = units.assign(place=units["scope"].map(order)).sort_values(["place", "unit_id"])
        found = self._study.store.themes.found()
        found = found[~found["theme"].isin(list(roots)) & found["scope"].isin(order)]
        counts = members.groupby("theme").agg(
            n_units=("unit_id", "size"), n_participants=("participant", "nunique")
        )
        table = found.drop(columns=["name", "status"]).join(said, on="theme").join(counts, "theme")
        table = table.fillna({"n_units": 0, "n_participants": 0})
        table = table.assign(representative="", place=table["scope"].map(order))
        by = ["place", "n_participants", "n_units", "theme"]
        table = table.sort_values(by, ascending=[True, False, False, True])
        return _Sorted(
            check(table[THEMES.names], THEMES),
            check(units[THEMED.names], THEMED),
            members.reset_index(drop=True),
        )


def _root(theme: str, into: dict[str, str]) -> str:
    """Follow merges to their end; of a ring, which two people can close at once, the first.

    Examples
    --------
    >>> _root("a", {"a": "b", "b": "c"}), _root("b", {"a": "b", "b": "a"})
    ('c', 'a')
    """
    seen = [theme]
    while (after := into.get(seen[-1], "")) and after not in seen:
        seen.append(after)
    if after:
        return min(seen[seen.index(after) :])
    return seen[-1]


def _nobody(columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame({column: pd.Series(dtype="str") for column in columns})


def _left(last: pd.DataFrame, scope: str) -> int:
    return int(last["left_over"].get(scope, 0))


def _tell(progress: Progress | None, what: str, done: int, total: int) -> None:
    if progress is not None:
        progress(what, done, total)
