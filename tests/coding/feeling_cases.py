"""Cases of feeling that a list of good and bad words misreads, and when one is read right.

Written for this and read by nothing that is trained. Of a pair that differs in strength, the strong
one has to be read further out; of all others the sign is asked for.
"""

import json
from collections import defaultdict
from pathlib import Path

import numpy as np

FLAT = 0.2
"""A valence nearer to nought counts as no feeling."""
CASES = [
    json.loads(line)
    for line in Path(__file__).with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()
]


def interviews():
    """Return each case's unit among those before and after it, and its place there."""
    return [([*c["before"], c["text"], *c["after"]], len(c["before"])) for c in CASES]


def judged(valence):
    """Return by kind whether each case is read right, given the valence of each case's unit."""
    out, pairs = defaultdict(list), defaultdict(dict)
    for case, value in zip(CASES, valence, strict=True):
        if case["kind"] == "intensity":
            pairs[case["group"]][bool(case.get("strong"))] = value * case["valence"]
        else:
            sign = 0 if abs(value) < FLAT else np.sign(value)
            out[case["kind"]].append(bool(sign == case["valence"]))
    out["intensity"] = [bool(pair[True] > pair[False]) for pair in pairs.values()]
    return dict(out)
