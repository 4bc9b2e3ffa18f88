"""Train the matcher's head on frozen MiniLM vectors: minutes on a laptop, nothing to quantise.

python -m training.frozen [--hold SET]… [--steps 1500] [--seed 0] [--save FILE]
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from journeyqual.models.encoder import minilm
from journeyqual.models.vectors import cached_encode
from training import tune
from training.journeys import EMOTIONS

CACHE = Path(__file__).parent / "cache"


class Frozen(nn.Module):
    """The shipped encoder, remembered."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[str, Tensor] = {}

    def forward(self, texts: Sequence[str]) -> Tensor:
        new = [t for t in dict.fromkeys(texts) if t not in self.seen]
        if new:
            vectors = cached_encode(new, minilm(), CACHE)
            self.seen.update(zip(new, torch.from_numpy(vectors), strict=True))
        return torch.stack([self.seen[t] for t in texts])


class Model(nn.Module):
    """The heads of `tune.Model` over frozen vectors."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Frozen()
        self.head = tune.Head()
        self.touch = nn.Sequential(nn.LayerNorm(384), nn.Linear(384, 96))
        self.touch_none = nn.Parameter(torch.zeros(2))
        self.feeling = tune.Feeling(emotions=len(EMOTIONS))


def train(
    hold: Sequence[str], *, steps: int, seed: int, rate: float, decay: float, every: int
) -> Model:
    torch.manual_seed(seed)
    rng = random.Random(seed)
    learn, held, _ = tune.gather(hold, seed)
    model = Model()
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, rate, total_steps=steps, pct_start=0.1
    )
    weights = [j.n_units * (0.12 if j.name.startswith("nhs-") else j.weight) for j in learn]
    begun = time.time()
    for step in range(steps):
        model.train()
        batches = [tune.Batch(j, rng) for j in rng.choices(learn, weights, k=4)]
        vector = tune.Vectors(model, batches)
        loss = torch.stack([tune.losses(model, b, vector) for b in batches]).mean()
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if (step + 1) % every == 0:
            scores = {name: tune.measure(model, js) for name, js in held.items()}
            print(step + 1, f"{time.time() - begun:.0f}s {loss.item():.3f}", flush=True)
            for name, row in scores.items():
                print("   ", name, json.dumps(row), flush=True)
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hold", action="append", default=[])
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--decay", type=float, default=0.05)
    parser.add_argument("--every", type=int, default=250)
    args = parser.parse_args()
    train(
        args.hold, steps=args.steps, seed=args.seed, rate=args.rate, decay=args.decay,
        every=args.every,
    )  # fmt: skip


if __name__ == "__main__":
    main()
