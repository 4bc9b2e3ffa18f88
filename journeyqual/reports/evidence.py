"""Which units stand behind each figure of a report: in the page as data, and where to print them.

A figure has an id: ``curve/STAGE``, ``driver/STAGE/THEME``, ``quote/UNIT``, ``gap/STAGE``,
``opportunity/RANK``, ``seam``.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

import pandas as pd

from journeyqual.part import WHOLE, Part
from journeyqual.schema import EVIDENCE, check

if TYPE_CHECKING:
    from journeyqual.reports.blocks import Block

ELEMENT = "evidence"
"""The id of the element that holds the data."""
_PLAIN = re.compile(r"[\w /.,:;()+=@-]+")


def block(evidence: pd.DataFrame) -> Block:
    r"""Return every figure's units as one compact JSON element of the page.

    ``units`` are all unit ids, sorted. ``figures`` gives for each figure the places of its units in
    that list, ascending, each but the first as the distance from the one before; `figures_of` reads
    them back.

    Parameters
    ----------
    evidence
        EVIDENCE, in any order.

    Examples
    --------
    >>> told = pd.DataFrame({"figure": ["seam", "curve/using", "seam"], "unit_id": list("bcd")})
    >>> print(block(told).html.split(">")[1].split("<")[0])
    {"figures":{"curve/using":[1],"seam":[0,2]},"units":["b","c","d"]}
    """
    from journeyqual.reports.blocks import Block

    told = check(evidence, EVIDENCE)
    units = sorted(told["unit_id"].unique())
    places = dict(zip(units, range(len(units)), strict=True))
    figures = {}
    for figure, own in told.groupby("figure", sort=True)["unit_id"]:
        at = sorted(map(places.__getitem__, own))
        figures[str(figure)] = [*at[:1], *(b - a for a, b in pairwise(at))]
    data = {"units": units, "figures": figures}
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    # Theme names and stages are in the ids: nothing of them may end the element.
    text = text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    html = f'<script type="application/json" id="{ELEMENT}">{text}</script>'
    many = f"{len(figures)} figures rest on {len(units)} units: `journeyqual evidence` prints them."
    return Block(html, many if figures else "")


def figures_of(text: str) -> dict[str, list[str]]:
    """Return each figure's unit ids from the text of the page's element.

    Examples
    --------
    >>> figures_of('{"figures":{"seam":[0,2]},"units":["b","c","d"]}')
    {'seam': ['b', 'd']}
    """
    data = json.loads(text)
    units = data["units"]
    return {
        figure: [units[at] for at in accumulate(steps)] for figure, steps in data["figures"].items()
    }


def behind_map(evidence: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of EVIDENCE that a map and the four questions rest on.

    Examples
    --------
    >>> names = ["curve/a", "curve/a/new", "wave/a/1"]
    >>> told = pd.DataFrame({"figure": names, "unit_id": ["u"] * 3})
    >>> behind_map(told)["figure"].tolist()
    ['curve/a']
    """
    names = evidence["figure"].drop_duplicates()
    whole = names.str.startswith("curve/") & (names.str.count("/") == 1)
    kept = names[whole | names.str.startswith(("driver/", "opportunity/", "seam"))]
    return evidence[evidence["figure"].isin(kept)].reset_index(drop=True)


class Sources(dict[str, int]):
    """How many units stand behind each figure, and what the command needs to print the same ones.

    Parameters
    ----------
    sizes
        Figure and number of units.
    options
        Options of the command, for a report of part of a study.
    """

    def __init__(self, sizes: Mapping[str, int], options: str = "") -> None:
        super().__init__(sizes)
        self.options = options


def counts(evidence: pd.DataFrame | None, part: Part = WHOLE) -> Sources:
    """Return how many units stand behind each figure.

    Parameters
    ----------
    evidence
        EVIDENCE; None where there is none to show.
    part
        What of the study it is of.

    Examples
    --------
    >>> counts(pd.DataFrame({"figure": ["seam", "seam"], "unit_id": ["a", "b"]}))
    {'seam': 2}
    """
    if evidence is None:
        return Sources({})
    sizes = check(evidence, EVIDENCE).groupby("figure").size()
    options = "".join(f" --only {_quoted(f'{name}={value}')}" for name, value in part.only)
    return Sources({str(figure): int(n) for figure, n in sizes.items()}, options)


def behind(figure: str, sources: Mapping[str, int] | None) -> dict[str, Any] | None:
    """Return what a template shows of a figure's units; None where there are none to show.

    Parameters
    ----------
    figure
        As `journeyqual.evidence.figure` names it.
    sources
        What `counts` returned.
    """
    many = (sources or {}).get(figure, 0)
    options = getattr(sources, "options", "")
    return {"figure": figure, "n": many, "command": command(figure) + options} if many else None


def command(figure: str) -> str:
    """Return the command that prints a figure's units, quoted for a shell.

    Examples
    --------
    >>> command("curve/using it"), command("seam")
    ('journeyqual evidence --figure "curve/using it"', 'journeyqual evidence --figure seam')
    """
    return f"journeyqual evidence --figure {_quoted(figure)}"


def _quoted(text: str) -> str:
    # Double quotes serve every system's shell, as long as nothing in between means anything there.
    if shlex.quote(text) == text:
        return text
    return f'"{text}"' if _PLAIN.fullmatch(text) else shlex.quote(text)
