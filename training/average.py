"""Average the weights of two networks that started alike (Wortsman et al. 2022, "Model soups").

    python -m training.average ONE OTHER --share 0.8 --out DIR

``share`` is the other's.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from safetensors.torch import load_file, save_file

NAME = "net.safetensors"


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("one", type=Path)
    parser.add_argument("other", type=Path)
    parser.add_argument("--share", type=float, default=0.5)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(argv)
    one, other = load_file(args.one / NAME), load_file(args.other / NAME)
    args.out.mkdir(parents=True, exist_ok=True)
    mean = {k: w.float().lerp(other[k].float(), args.share).contiguous() for k, w in one.items()}
    save_file(mean, args.out / NAME)


if __name__ == "__main__":
    main()
