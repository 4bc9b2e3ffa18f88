"""Codings that follow their codes when a stage is renamed, merged or split."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

import pandas as pd

from journeyqual.errors import ConfigError
from journeyqual.schema import CODINGS, check

CARRIED = ("rename", "merge", "split")
"""Origins of rows that followed their code, the weakest word on how first."""
_SAID = {"rename": "renamed", "merge": "merged", "split": "split"}


def of_people(codings: pd.DataFrame) -> pd.DataFrame:
    """Return people's codings on the dimensions that the codebook defines, with ``origin``."""
    table = check(codings, CODINGS)
    if "origin" not in table:
        table["origin"] = ""
    closed = table["dimension"].isin(("stage", "touchpoint", "emotion"))
    return table[closed & table["coder"].str.startswith("human:")].reset_index(drop=True)


def latest_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return each coder's last word on a unit and dimension."""
    return table.drop_duplicates(["unit_id", "coder", "dimension"], keep="last")


def borne(codings: pd.DataFrame) -> pd.DataFrame:
    """Return how many of people's codings each stage bears, and of how many people.

    Parameters
    ----------
    codings
        CODINGS, oldest first; a person's last word on a unit counts.

    Returns
    -------
    DataFrame
        ``codings, people`` by ``stage``.
    """
    latest = _bearing(codings)
    return (
        latest.groupby("value")["coder"].agg(codings="count", people="nunique").rename_axis("stage")
    )


def _bearing(codings: pd.DataFrame) -> pd.DataFrame:
    latest = latest_of(of_people(codings))
    stands = (latest["status"] != "rejected") & (latest["value"] != "")
    return latest[stands & (latest["dimension"] == "stage")]


@dataclass(frozen=True)
class Rule:
    """What becomes of the codings of a stage when the codebook changes.

    Parameters
    ----------
    kind
        ``none`` when they are untouched; ``remove`` leaves them without a code.
    old
        The stage that they bear.
    new
        What it became: one stage, or those it was split into.
    default
        Of a split, the part that codings go to until somebody decides; blank leaves them.
    """

    kind: Literal["none", "rename", "merge", "split", "remove"] = "none"
    old: str = ""
    new: tuple[str, ...] = ()
    default: str = ""

    @property
    def target(self) -> str:
        """The stage that codings go to; blank where people have to say."""
        return self.default if self.kind == "split" else self.new[0] if self.new else ""


def written(rules: Iterable[Rule]) -> str:
    """Return rules as one line of JSON, to be kept beside the codebook that they led to."""
    rows = [asdict(rule) for rule in rules if rule.kind != "none"]
    return json.dumps(rows, ensure_ascii=False) if rows else ""


def read(line: str) -> tuple[Rule, ...]:
    """Return the rules of a line that `written` made; of any other line, none.

    Examples
    --------
    >>> read(written([Rule("rename", "buying", ("ordering",))]))
    (Rule(kind='rename', old='buying', new=('ordering',), default=''),)
    >>> read("a note of somebody's")
    ()
    """
    try:
        rows = json.loads(line)
        return tuple(Rule(**{**row, "new": tuple(row["new"])}) for row in rows)
    except (ValueError, TypeError, KeyError):
        return ()


def recode(codings: pd.DataFrame, *rules: Rule, version: str) -> pd.DataFrame:
    """Return the rows that carry people's codings over to what their stages became.

    Each keeps its coder and memo, and says in the memo where it came from. Machine codings are not
    carried: they are made anew. A rejection follows a stage that only got another name; of a stage
    that was merged or split it says nothing.

    Parameters
    ----------
    codings
        CODINGS, oldest first, with ``origin`` where there is one.
    rules
        In the order in which they were made.
    version
        Version and fingerprint of the codebook that they lead to.

    Returns
    -------
    DataFrame
        CODINGS to be added, and ``origin`` (rename, merge, split). Carried once, nothing is left
        to carry.

    Examples
    --------
    >>> row = dict(unit_id="u", dimension="stage", value="order", coder="human:ana", memo="Cart?")
    >>> rows = recode(pd.DataFrame([row]), Rule("merge", "order", ("buying",)), version="2+ab")
    >>> rows[["value", "coder", "memo", "origin"]]
        value      coder                       memo origin
    0  buying  human:ana  Cart? [merged from order]  merge
    """
    table = of_people(codings)
    table = table[table["dimension"] == "stage"].reset_index(drop=True)
    before = len(table)
    for rule in rules:
        if rule.default and rule.default not in rule.new:
            raise ConfigError(
                f"{rule.old!r} was not split into {rule.default!r}",
                remedy=f"the parts are {', '.join(rule.new)}",
            )
        if not rule.target or rule.target == rule.old:
            continue
        latest = latest_of(table)
        mine = latest[(latest["value"] == rule.old) & (latest["origin"] != "clear")]
        # What was said under the new codebook was said knowing what its stages are.
        mine = mine[(mine["codebook_version"] != version) | (mine.index >= before)]
        if rule.kind != "rename":
            mine = mine[mine["status"] != "rejected"]
        note = f"[{_SAID[rule.kind]} from {rule.old}]"
        # Of steps made in one go one row is left: the strongest word says how it got there.
        ways = [
            max(rule.kind, origin, key=CARRIED.index) if place >= before else rule.kind
            for place, origin in mine["origin"].items()
        ]
        moved = mine.assign(
            value=rule.target,
            memo=[f"{memo} {note}".strip() for memo in mine["memo"]],
            coded_at="",
            codebook_version=version,
            origin=ways,
        )
        table = pd.concat([table, moved], ignore_index=True)
    return latest_of(table.iloc[before:])[[*CODINGS.names, "origin"]].reset_index(drop=True)


def to_decide(codings: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """Return people's codings that a person has to place anew after a split or a removal.

    Returns
    -------
    DataFrame
        ``unit_id, coder, value, memo, made_under`` and ``choices``; none after a rename or a merge.
    """
    latest = _bearing(codings)
    if rule.kind not in ("split", "remove"):
        latest = latest.iloc[:0]
    rows = latest[latest["value"] == rule.old].assign(choices=", ".join(rule.new))
    rows = rows.rename(columns={"codebook_version": "made_under"})
    names = ["unit_id", "coder", "value", "memo", "made_under", "choices"]
    return rows[names].reset_index(drop=True)
