"""The blocks of the report on groups: who felt otherwise, where, and which of their numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from journeyqual.charts.words import interval
from journeyqual.labels import label, labels
from journeyqual.reports import wording
from journeyqual.reports.blocks import Block, _fill, _md, _trust, says, table_of
from journeyqual.schema import DIFFERENCES, check, signed

if TYPE_CHECKING:
    from journeyqual.study import Study


def large_enough(curve: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Return the groups of a curve that hold at least ``minimum`` participants.

    Examples
    --------
    >>> both = pd.DataFrame({"group": ["a", "b"], "n_participants_group": [9, 2]})
    >>> large_enough(both, 3)["group"].tolist()
    ['a']
    """
    return curve[curve["n_participants_group"] >= minimum].reset_index(drop=True)


def only(table: pd.DataFrame, **wanted: list[str] | None) -> pd.DataFrame:
    """Return the rows whose columns hold one of the values wanted; None wants all.

    Examples
    --------
    >>> only(pd.DataFrame({"stage": ["a", "b"]}), stage=["b"])["stage"].tolist()
    ['b']
    """
    held = table
    for column, values in wanted.items():
        if values is not None:
            held = held[held[column].isin(values)]
    return held.reset_index(drop=True)


NO_NUMBERS = "No number in `metrics.csv` is told of one of these groups."


def by_group(numbers: pd.DataFrame, groups: list[str]) -> pd.DataFrame:
    """Return the numbers that are told of one of these groups, however they are spelt."""
    known = {name.strip().casefold() for name in groups}
    told = numbers["group"].str.strip().str.casefold()
    return numbers[told.isin(known)].reset_index(drop=True)


def groups_header(
    study: Study, by: str, groups: pd.DataFrame, differences: pd.DataFrame, minimum: int
) -> Block:
    """Return the head of the report on groups: what differs, and who was too few to show.

    Parameters
    ----------
    study
        An open study.
    by
        The attribute that groups participants; blank if there is none.
    groups
        CURVE with a curve a group, small ones too.
    differences
        DIFFERENCES that are shown.
    minimum
        A group of fewer participants is not shown.
    """
    title, note = study.config.title, study.note
    if not by:
        said = [
            "No attribute of participants is named to compare by: give `by` in `study.toml`, or as "
            "a parameter of this report."
        ]
    else:
        said = wording.differences(differences)
    sizes = groups.groupby("group")["n_participants_group"].max()
    few = [str(name) for name, n in sizes.items() if n < minimum and name]
    note_few = f"Too few to be shown (under {minimum}): {wording.listed(few)}." if few else ""
    counts = [(int(n), str(name)) for name, n in sizes.items() if n >= minimum and name]
    heading = label("{title}, by {attribute}", title=title, attribute=by) if by else title
    trust = " ".join(filter(None, [_trust(groups, study.facts()), note_few]))
    html = _fill("header", title=heading, note=note, headline=said[0], counts=counts, trust=trust)
    more = says(said[1:])
    lines = [f"# {_md(heading)}", _md(note), *(f"**{_md(s)}**" for s in said), _md(trust)]
    lines.append(", ".join(f"{n} {_md(what)}" for n, what in counts))
    return Block(html + more.html, "\n\n".join(line for line in lines if line))


def difference_table(differences: pd.DataFrame) -> Block:
    """Return the numbers behind the differences as a table."""
    rows = [
        [
            f"{r.group} – {r.against}", r.stage, signed(r.difference),
            interval(r.difference_low, r.difference_high), interval(r.joint_low, r.joint_high),
            signed(r.valence), signed(r.valence_against), r.n_participants,
            r.n_participants_against,
            label("differs") if r.differs else label("thin") if r.is_thin else "",
        ]
        for r in check(differences, DIFFERENCES).itertuples(index=False)
    ]  # fmt: skip
    columns = labels(
        "groups", "stage", "difference", "95 % interval", "for all at once", "the one", "the other",
        "people", "people of the other", "note",
    )  # fmt: skip
    return table_of(label("The numbers behind the differences"), columns, rows, head=2)
