"""Labels inside templates: translated, then escaped, then filled.

A translation is data: whatever stands in it is shown letter by letter. Only what a template itself
marks as HTML (a name that keeps its direction, code) stays so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup, escape

from journeyqual.charts.words import people, side_name
from journeyqual.labels import PLACEHOLDER, form, label


def translated(text: str, **values: Any) -> Markup:
    """Return a label, escaped, its ``{placeholders}`` filled; named ``_`` in templates.

    Examples
    --------
    >>> str(translated("More on “{name}”", name=bdi("<b>")))
    'More on “<bdi>&lt;b&gt;</bdi>”'
    """
    return _filled(label(text), values)


def counting(one: str, many: str, n: int, **values: Any) -> Markup:
    """Return a label that depends on a number, as `translated` does; ``n_`` in templates.

    Examples
    --------
    >>> str(counting("{n} unit", "{n} units", 2))
    '2 units'
    """
    return _filled(form(one, many, n), {"n": n, **values})


def bdi(value: object) -> Markup:
    """Return a name as an element that keeps its own direction of writing.

    Examples
    --------
    >>> str(bdi("a & b"))
    '<bdi>a &amp; b</bdi>'
    """
    return Markup("<bdi>{}</bdi>").format(value)


def names(values: Sequence[object], most: int) -> Markup:
    """Return names as a list; beyond ``most`` the rest is counted.

    Examples
    --------
    >>> str(names(["a", "b"], 6)), str(names(["a", "b", "c"], 1))
    ('<bdi>a</bdi>, <bdi>b</bdi>', '<bdi>a</bdi> and 2 more')
    """
    shown = Markup(", ").join(bdi(value) for value in values[:most])
    more = len(values) - most
    return shown if more <= 0 else translated("{names} and {n} more", names=shown, n=more)


def number(value: object, between: object = None, *, strong: bool = False) -> Markup:
    """Return a figure, with its interval where it has one, as a template sets it."""
    first = strong or between is not None
    form = '<strong class="jq-number">{}</strong>' if first else '<span class="jq-number">{}</span>'
    figure = Markup(form).format(value)
    if between is None:
        return figure
    return figure + Markup(' <span class="jq-number">({})</span>').format(between)


def marked(way: str, words: object) -> Markup:
    """Return words marked as those that moved a valence are."""
    return Markup('<mark class="{} jq-level-2">{}</mark>').format(way, words)


def code(text: object) -> Markup:
    """Return a command, a file or a setting, set as code."""
    return Markup("<code>{}</code>").format(text)


def stage_link(order: int, name: object) -> Markup:
    """Return a link to a stage's section of the page."""
    return Markup('<a href="#stage-{}">{}</a>').format(order, bdi(name))


STANCES = {
    "supports": "supports", "contradicts": "contradicts", "good": "good side", "bad": "bad side",
}  # fmt: skip
FLAGS = ("agree", "disagree", "unsettled", "cannot say")


def stance_name(stance: str) -> str:
    """Return what a quote does for its figure, in a word or two."""
    return label(STANCES[stance]) if stance in STANCES else stance


def flag_name(flag: str) -> str:
    """Return in a word whether a number agrees with the voices."""
    return label(flag) if flag in FLAGS else flag


def whom(row: Any) -> str:
    """Return how many people a row of OPPORTUNITIES is about, as `wording.whom` says it."""
    if partly(row):
        return label("{n} of the {spoke} who spoke of it", n=row.n_people, spoke=row.n_spoke)
    return label("{n} of {people}", n=row.n_people, people=people(int(row.n_of)))


def partly(row: Any) -> bool:
    """Return whether only some of those whom a row of OPPORTUNITIES counts spoke of it."""
    return int(getattr(row, "n_spoke", 0)) not in (0, row.n_of)


def _filled(text: str, values: dict[str, Any]) -> Markup:
    safe = str(escape(text))
    return Markup(
        PLACEHOLDER.sub(lambda m: str(escape(values[m[1]])) if m[1] in values else m[0], safe)
    )


FOR_TEMPLATES = {
    "_": translated, "n_": counting, "bdi": bdi, "names": names, "number": number,
    "marked": marked, "code": code, "stage_link": stage_link, "stance_name": stance_name,
    "flag_name": flag_name, "side_name": side_name,
}  # fmt: skip
"""What every template may call."""
