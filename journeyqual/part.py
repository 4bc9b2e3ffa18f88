"""Which part of a study is looked at: some of its stages, one group of participants, one wave.

Stages that are left out are not shown, but everything is computed with them: a stage is the lowest
of the whole journey or it is not. People who are left out count nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from journeyqual.codebook import Codebook
from journeyqual.errors import ConfigError, InputError

_STAGE_COLUMNS = ("stage", "from_stage", "to_stage")


@dataclass(frozen=True)
class Part:
    """Part of a study; without arguments it is the whole.

    Parameters
    ----------
    stages
        Names of the stages that are shown; none given means all.
    only
        Attribute and value of the participants who count: all pairs hold of each of them.
    """

    stages: tuple[str, ...] = ()
    only: tuple[tuple[str, str], ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left out."""
        return not self.stages and not self.only

    def keeps(self, people: pd.DataFrame) -> pd.Series:
        """Return which participants count.

        Parameters
        ----------
        people
            ``participants.csv``, one row a person.

        Raises
        ------
        InputError
            If nobody has such a value, or there is no such attribute.

        Examples
        --------
        >>> both = pd.DataFrame({"participant": ["P1", "P2"], "segment": ["new", "old"]})
        >>> Part(only=(("segment", "New"),)).keeps(both).tolist()
        [True, False]
        """
        kept = pd.Series(True, index=people.index)
        for attribute, value in self.only:
            if attribute not in people:
                known = [c for c in people if c not in {"participant"} and "consent" not in c]
                raise InputError(
                    f"no participant has a {attribute!r}",
                    remedy=f"there is {', '.join(known)}" if known else "see participants.csv",
                )
            given = people[attribute].fillna("").astype(str).str.strip()
            mine = given.str.casefold() == value.strip().casefold()
            if not mine.any():
                known = sorted(set(given) - {""})
                raise InputError(
                    f"no participant whose {attribute} is {value!r}",
                    remedy=f"there is {', '.join(known[:12])}" if known else None,
                )
            kept &= mine
        return kept

    def shown(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of a result that are of a stage shown, or of no single stage.

        ``stage_order`` counts the stages that are shown.

        Examples
        --------
        >>> Part(stages=("b",)).shown(pd.DataFrame({"stage": ["a", "b", ""]}))["stage"].tolist()
        ['b', '']
        """
        if not self.stages:
            return table
        for column in _STAGE_COLUMNS:
            if column in table:
                table = table[table[column].isin({*self.stages, ""})]
        if "stage" in table and "stage_order" in table:
            places = {stage: n for n, stage in enumerate(self.stages)}
            known = table["stage"].map(places)
            table = table.assign(stage_order=known.fillna(table["stage_order"]).astype("int64"))
        return table.reset_index(drop=True)

    def metrics(self, table: pd.DataFrame, by: str, period: str) -> pd.DataFrame:
        """Return the numbers that may be told of this part: of its group, its wave, or of all.

        Parameters
        ----------
        table
            METRICS.
        by, period
            The attributes that ``group`` and ``period`` of the numbers are values of.
        """
        wanted = dict(self.only)
        for attribute, column in ((by, "group"), (period, "period")):
            if attribute in wanted:
                told = table[column].fillna("").astype(str).str.strip().str.casefold()
                table = table[told == wanted[attribute].strip().casefold()]
        return table.reset_index(drop=True)

    def words(self, kept: int, of: int, stages: int) -> str:
        """Return what is left out, in a sentence; blank of the whole.

        Parameters
        ----------
        kept, of
            How many participants count, of how many.
        stages
            How many stages the codebook has.

        Examples
        --------
        >>> Part(("using",), (("segment", "new"),)).words(5, 12, 8)
        'Part of the study: only people whose segment is new (5 of 12); 1 of 8 stages is shown.'
        """
        said = []
        if self.only:
            whose = " and ".join(f"{name} is {value}" for name, value in self.only)
            said.append(f"only people whose {whose} ({kept} of {of})")
        if self.stages:
            many = len(self.stages)
            said.append(f"{many} of {stages} stages {'is' if many == 1 else 'are'} shown")
        return f"Part of the study: {'; '.join(said)}." if said else ""


WHOLE = Part()


def chosen(
    codebook: Codebook,
    *,
    by: str = "",
    wave_by: str = "",
    group: str = "",
    period: str = "",
    stages: Sequence[str] | None = None,
    only: Sequence[str] = (),
) -> Part:
    """Return the part that a report's parameters ask for.

    Parameters
    ----------
    codebook
        Names the stages.
    by, wave_by
        The attributes that a group and a wave are values of, if nothing else is said.
    group, period
        A value, or ``ATTRIBUTE=VALUE``; blank means everybody.
    stages
        Names of stages in any letter case; None or nothing means all.
    only
        More of ``ATTRIBUTE=VALUE``.

    Raises
    ------
    ConfigError
        If there is no such stage.
    InputError
        If it is not known which attribute a group or a wave is a value of.

    Examples
    --------
    >>> from journeyqual.codebook import from_dict
    >>> book = from_dict({"name": "Mini", "stage": [{"name": "using"}, {"name": "paying"}]})
    >>> chosen(book, by="segment", group="new", stages=["Using"])
    Part(stages=('using',), only=(('segment', 'new'),))
    """
    kept: list[tuple[str, str]] = []
    asked = [("group", group, by), ("period", period, wave_by), *(("only", o, "") for o in only)]
    for what, said, attribute in asked:
        if not str(said).strip():
            continue
        name, sign, value = str(said).partition("=")
        if not sign:
            name, value = attribute, str(said)
        if not name.strip():
            raise InputError(
                f"{what} {value!r} is a value of which attribute?",
                remedy=f"write ATTRIBUTE={value}, or name the attribute in study.toml",
            )
        kept.append((name.strip(), value.strip()))
    names = {name.casefold(): name for name in codebook.stage_names}
    wanted = set()
    for stage in [stages] if isinstance(stages, str) else stages or ():
        found = names.get(str(stage).strip().casefold())
        if found is None:
            raise ConfigError(
                f"{str(stage)[:60]!r} is no stage of the codebook",
                remedy=f"it has {', '.join(codebook.stage_names[:12])}",
            )
        wanted.add(found)
    return Part(tuple(s for s in codebook.stage_names if s in wanted), tuple(kept))
