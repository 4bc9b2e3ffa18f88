"""Lists the units that a network misreads most, a set at a time, to be read and sorted by cause.

    python -m training.worst DIR [--many 20]

``DIR`` is a network of ``training.feel`` that has not read these sets. Prints texts of data that is
not published here: for reading, not for keeping.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from training.feel import SETS
from training.feeling import coder_of, frame_of, heads_of
from training.talk import EARLIER, HERE, STEPS, made_up, of_set

AUTHORED = ("crm-b2b", "museum-visitors", "telecom-survey")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", type=Path)
    parser.add_argument("--many", type=int, default=20)
    args = parser.parse_args()
    coder = coder_of(args.network, heads_of(args.network))
    written = made_up(HERE / "corpus", EARLIER)
    sets = {name: of_set(name) for name in SETS} | {name: written[name] for name in AUTHORED}
    for name, talks in sets.items():
        units = [u for talk in talks for u in talk]
        before = ["" if k == 0 else talk[k - 1].text for talk in talks for k in range(len(talk))]
        valence, _ = coder.valence(coder.read(frame_of(talks)))
        truth = np.array([STEPS @ u.valence for u in units if u.valence is not None])
        print(f"\n{name}")
        for row in np.argsort(-np.abs(valence - truth))[: args.many]:
            print(f"  read {valence[row]:+.2f}, coded {truth[row]:+.2f} | {units[row].text}")
            print(f"      after: {before[row][-110:]}")


if __name__ == "__main__":
    main()
