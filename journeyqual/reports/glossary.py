"""The words of the reports, each in a sentence; a page shows those it uses, on demand."""

from __future__ import annotations

import html
import re
from functools import cache

from journeyqual.labels import label, language

WORDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "participant": ("Somebody who was interviewed; reports call them people.", ("people",)),
    "unit": (
        "One to three sentences that one person said in one go: what is coded, and counted.",
        ("units",),
    ),
    "stage": ("A step of the journey, in the order in which it is lived.", ("stages",)),
    "buyer side, customer side": ("The journey before the purchase, and after it.", ("seam",)),
    "seam": ("The step from buyer to customer.", ()),
    "touchpoint": ("A contact with the company, through some channel.", ("touchpoints",)),
    "valence": (
        "How pleasant or unpleasant what was said is, from −1 (felt bad) to +1 (felt good); 0 is "
        "neither.",
        ("feeling",),
    ),
    "emotion": ("A named feeling: joy, frustration, trust.", ("emotions",)),
    "95 % interval": (
        "How far the average would move with other people like these: in 95 of 100 such studies "
        "the interval holds what all such people would say on average.",
        ("intervals", "bar", "95 % intervals"),
    ),
    "interval for all at once": (
        "A wider interval, for when many are looked at together: one of them would lie apart by "
        "chance.",
        ("for all at once", "for all themes at once", "for all stages at once"),
    ),
    "thin": ("A stage, group or theme of so few people that its figure is a hint.", ()),
    "settled": (
        "The interval lies on one side: of neutral, or of no difference. What is not settled may "
        "be chance.",
        ("not settled", "unsettled"),
    ),
    "unverified": (
        "A machine chose stage and feeling, and no random sample that people coded says how far "
        "it errs.",
        (),
    ),
    "unsure": (
        "The machine's best guess at a stage is worth little here, by its own confidence.",
        (),
    ),
    "supports, contradicts": (
        "A quote on the side where the stage's average lies, and one on the other side.",
        ("supports", "contradicts", "contradicting"),
    ),
    "theme": (
        "What several people speak of, found by a machine in their words; people name, accept and "
        "reject themes.",
        ("themes",),
    ),
    "driver": (
        "A theme of a stage, held against how people feel there: those who mention it beside those "
        "who do not. It goes with the feeling; that it makes it is not shown.",
        ("drivers", "mentioned with it"),
    ),
    "contrast": (
        "How much better or worse those feel about a stage who mention a theme, beside those who "
        "do not.",
        ("contrasts",),
    ),
    "pull": ("How far a stage's average would move without the words on a theme.", ("pulls",)),
    "at stake": (
        "How far a number of the team lies from the best it could be: the more, the more there is "
        "to win.",
        ("stake",),
    ),
    "spread": (
        "How far people's averages lie apart at a stage: the standard deviation between them.",
        (),
    ),
    "rank correlation": (
        "Whether two orders go together: +1 the same order, −1 the opposite, 0 neither.",
        ("moves with",),
    ),
    "saturation": (
        "The last interviews brought next to no emotion or touchpoint that had not been heard.",
        ("it is enough",),
    ),
    "told order, lived order": (
        "The order in which somebody tells the journey, and the order in which it is lived.",
        ("told order", "lived order"),
    ),
    "wave": ("A round of interviews: those of one period.", ("waves",)),
    "alpha": (
        "Agreement of people who code, beyond chance: 1 is perfect, 0 is what guessing would give "
        "(Krippendorff).",
        (),
    ),
    "kappa": ("Agreement of two people who code, beyond chance (Cohen).", ()),
    "codebook": ("The stages and emotions of a study, each with its definition.", ()),
    "pseudonym": (
        "What stands for a name. Names were replaced before anything was stored.",
        ("pseudonyms",),
    ),
}
"""Each word, what it means here, and other forms by which a page uses it."""
_CODE = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)


@cache
def _pattern(words: tuple[str, ...], *, bent: bool = False) -> re.Pattern[str]:
    # Other languages bend their words: a few letters may follow.
    ends = r"\w{0,3}" if bent else ""
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, words))}){ends}\b", re.IGNORECASE)


def used(body: str) -> list[tuple[str, str]]:
    """Return the words that a page uses, with what they mean, in the glossary's order.

    Parameters
    ----------
    body
        The page's HTML.

    Examples
    --------
    >>> used("<p>12 units, <b>thin</b></p><script>alpha</script>")[1]
    ('thin', 'A stage, group or theme of so few people that its figure is a hint.')
    """
    text = html.unescape(_CODE.sub(" ", body))
    if language() == "en":
        return [
            (word, means)
            for word, (means, forms) in WORDS.items()
            if _pattern((*word.split(", "), *forms)).search(text)
        ]
    said = [(label(word), label(means)) for word, (means, _) in WORDS.items()]
    return [
        (word, means)
        for word, means in said
        if _pattern(tuple(word.split(", ")), bent=True).search(text)
    ]
