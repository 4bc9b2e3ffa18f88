"""The numbers that the study is to explain, held against what people said at the same stage.

A number and a feeling are put side by side as they are; whether they go together is asked only
where there is something to hold them against: a scale's middle, an earlier period, another group,
other stages. What goes together is said to move with each other, never to make each other.
"""

from __future__ import annotations

from journeyqual.numbers.flags import numbers
from journeyqual.numbers.moving import associations
from journeyqual.numbers.scales import Scale, at_stake, scale
from journeyqual.numbers.words import in_words

__all__ = ["Scale", "associations", "at_stake", "in_words", "numbers", "scale"]
