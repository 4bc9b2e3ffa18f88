"""Train the stage matcher's network and measure it on sets held out of training.

    python -m training.fit --encoder DIR --out DIR [--hold POOL]...

Each step takes a stretch of talk and all the codebooks that it is coded under, some with stages
gone or told shorter, so that no codebook is learnt by heart. Feeling is learnt along.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import cohen_kappa_score
from torch import Tensor
from torch.nn import functional as F

from training.journeys import (
    EMOTIONS,
    Journey,
    Stage,
    Unit,
    authored,
    nhs,
    read_coded,
    read_real,
    recut,
    touchpoints,
)
from training.network import NONE_TEXT, STAGE, UNIT, Network
from training.sets import DATA

SAME = {"product-recut": "product", "complaints-recut": "complaints"}
TOPIC = {
    "plots": "product",
    "plots-again": "product",
    "product-wide": "product",
    "complaints-wide": "complaints",
    "hospital-wide": "hospital",
}
"""Pools whose texts come from the same interviews or sets: held out together."""
CHUNK = 12
"""Units of an interview that are read in a row."""
REAL = 2.0
"""How often a pool of real talk is drawn, beside an authored one of its size."""
WORDS = 420
"""Tokens of talk that one call of the upper layers reads."""


@dataclass
class Pool:
    """Interviews with all the codebooks that they are coded under."""

    name: str
    journeys: list[Journey] = field(default_factory=list)
    weight: float = 1.0


def pools(journeys: Sequence[Journey]) -> dict[str, Pool]:
    out: dict[str, Pool] = {}
    for j in journeys:
        name = j.name.split("#")[0].split(".")[0]
        name = SAME.get(name, name)
        out.setdefault(name, Pool(name)).journeys.append(j)
    return out


def stage_text(stage: Stage, rng: random.Random | None) -> str:
    """Return what is read of a stage; with a random source, parts of it drop out."""

    def keep(chance: float) -> bool:
        return rng is None or rng.random() < chance

    name = " ".join(stage.name.replace("_", " ").split())
    definition = stage.definition if keep(0.93) else ""
    if rng is not None and definition and rng.random() < 0.12:
        name = ""
    if name and rng is not None and rng.random() < 0.15:
        name = name.lower()
    parts = [
        stage.brief if keep(0.7) else "",
        definition,
        "; ".join(stage.include) if keep(0.7) else "",
        "Not: " + "; ".join(stage.exclude) if stage.exclude and keep(0.7) else "",
        'Such as: "' + '" "'.join(stage.examples) + '"' if stage.examples and keep(0.5) else "",
    ]
    body = ". ".join(x.strip().rstrip(".") for x in parts if x)
    return f"{name}: {body}" if name and body else name or body


@dataclass
class View:
    """One codebook as a step sees it: maybe with stages gone, told shorter."""

    texts: list[str]
    place: dict[int, int]

    @classmethod
    def of(cls, journey: Journey, rng: random.Random | None) -> View:
        kept = list(range(len(journey.stages)))
        if rng is not None and len(kept) > 3 and rng.random() < 0.25:
            for gone in rng.sample(kept, rng.randint(1, max(1, len(kept) // 3))):
                kept.remove(gone)
        texts = [stage_text(journey.stages[i], rng) for i in kept]
        return cls([*texts, NONE_TEXT], {old: new for new, old in enumerate(kept)})

    def label(self, unit: Unit) -> int:
        if unit.stage == -2:
            return -100
        return self.place.get(unit.stage, len(self.texts) - 1)


def take(pool: Pool, rng: random.Random, size: int) -> list[tuple[int, int, int]]:
    """Pick stretches (interview, from, to) of about ``size`` units in all."""
    first = pool.journeys[0].interviews
    order = list(range(len(first)))
    rng.shuffle(order)
    out, left = [], size
    for i in order:
        n = len(first[i])
        start = rng.randrange(max(1, n - CHUNK + 1))
        end = min(n, start + CHUNK)
        out.append((i, start, end))
        left -= end - start
        if left <= 0:
            break
    return out


def forward(
    net: Network,
    journeys: Sequence[Journey],
    views: Sequence[View],
    stretches: Sequence[tuple[int, int, int]],
) -> tuple[list[Tensor], Tensor]:
    """Scores of every codebook over the stretches, and the units' vectors."""
    first = journeys[0].interviews
    words = list(dict.fromkeys(u.text for i, a, b in stretches for u in first[i][a:b]))
    row = {t: n for n, t in enumerate(words)}
    low = net.lower(words, UNIT)
    told = list(dict.fromkeys(t for v in views for t in v.texts))
    at = {t: n for n, t in enumerate(told)}
    said = net.lower(told, STAGE)
    packs = packed([[(i, low[row[u.text]]) for u in first[i][a:b]] for i, a, b in stretches])
    vectors = torch.cat([net.units(u, i) for i, u in packs])
    out = [net.scores(vectors, net.stages([said[at[t]] for t in v.texts])) for v in views]
    return out, vectors


def packed(
    stretches: Sequence[Sequence[tuple[int, Tensor]]],
) -> list[tuple[list[int], list[Tensor]]]:
    """Put short interviews side by side and cut long ones: attention over a few hundred words.

    Neighbours over a cut are not seen; in training that happens at the ends of a stretch anyway.
    """
    packs: list[tuple[list[int], list[Tensor]]] = []
    room = 0
    for stretch in stretches:
        for i, unit in stretch:
            if not packs or len(unit) > room:
                packs.append(([], []))
                room = WORDS
            packs[-1][0].append(i)
            packs[-1][1].append(unit)
            room -= len(unit)
    return packs


def loss_of(net: Network, pool: Pool, rng: random.Random, size: int, many: int) -> Tensor:
    chosen = rng.sample(pool.journeys, min(many, len(pool.journeys)))
    stretches = take(pool, rng, size)
    views = [View.of(j, rng) for j in chosen]
    scores, mixed = forward(net, chosen, views, stretches)
    total = torch.zeros(())
    for j, v, s in zip(chosen, views, scores, strict=True):
        y = torch.tensor([v.label(u) for i, a, b in stretches for u in j.interviews[i][a:b]])
        total = total + F.cross_entropy(s, y, label_smoothing=0.05) / len(chosen)
    felt = net.feeling(mixed)
    units = [u for i, a, b in stretches for u in pool.journeys[0].interviews[i][a:b]]
    known = [n for n, u in enumerate(units) if u.valence is not None]
    if known:
        v = torch.tensor([units[n].valence for n in known])
        total = total + 0.5 * F.mse_loss(torch.tanh(felt[known, 0]), v)
        e = torch.tensor([-100 if units[n].emotion is None else units[n].emotion for n in known])
        if (e >= 0).any():
            total = total + 0.1 * F.cross_entropy(felt[known, 1:], e, ignore_index=-100)
    return total


def ece(p: np.ndarray, right: np.ndarray, bins: int = 10) -> float:
    at = np.minimum((p * bins).astype(int), bins - 1)
    return float(
        sum(
            abs(p[at == b].mean() - right[at == b].mean()) * (at == b).mean()
            for b in range(bins)
            if (at == b).any()
        )
    )


@torch.no_grad()
def measure(net: Network, journeys: Sequence[Journey]) -> dict[str, float]:
    net.eval()
    y, p, conf, val, gold = [], [], [], [], []
    stretches = [(i, 0, len(x)) for i, x in enumerate(journeys[0].interviews)]
    views = [View.of(j, None) for j in journeys]
    with torch.autocast("cpu", torch.bfloat16):
        scores, mixed = forward(net, journeys, views, stretches)
    for j, v, s in zip(journeys, views, scores, strict=True):
        prob = s.float().softmax(-1)
        y.append([v.label(u) for x in j.interviews for u in x])
        p.append(prob.argmax(1).numpy())
        conf.append(prob.amax(1).numpy())
        felt = torch.tanh(net.feeling(mixed)[:, 0]).float().numpy()
        val.append(felt)
        gold.append([u.valence if u.valence is not None else 0.0 for x in j.interviews for u in x])
    net.train()
    right = np.concatenate([np.array(a) == b for a, b in zip(y, p, strict=True)])
    c = np.concatenate(conf)
    return {
        "kappa": float(np.mean([cohen_kappa_score(a, b) for a, b in zip(y, p, strict=True)])),
        "ece": ece(c, right),
        "r": float(np.corrcoef(np.concatenate(val), np.concatenate(gold))[0, 1]),
    }


def learnt_from(hold: set[str], seed: int) -> tuple[dict[str, Pool], dict[str, list[Journey]]]:
    """Pools to learn from, and journeys to measure on; nothing of a held group is in the first."""
    coded = read_coded(DATA, ("complaints", "hospital", "product", "chats"))
    learn = [j for k in ("complaints", "hospital", "product") for j in coded[k]]
    plain = authored()
    made = pools(plain + recut() + touchpoints(plain))
    true = pools(learn + [j for js in read_real().values() for j in js])
    unseen = [j for k, p in true.items() if k in hold for j in p.journeys] + coded["chats"]
    texts = frozenset(u.text for j in unseen for x in j.interviews for u in x)
    people = pools(nhs(DATA, seed=seed, many=16, without=texts))
    every = made | true | people
    groups = {k: p for k, p in every.items() if k not in hold and TOPIC.get(k, k) not in hold}
    for name in set(true) & set(groups):
        groups[name].weight = REAL
    checks = {"chats": coded["chats"]}
    for k in sorted(hold & set(true)):
        own = [j for j in true[k].journeys if "#" in j.name and "recut" not in j.name]
        checks[k] = own
        others = [j for j in true[k].journeys if j not in own]
        if others:
            checks[f"{k}+"] = others
    return groups, checks | {k: made[k].journeys for k in sorted(hold - set(true))}


def optimiser_of(net: Network, rate: float) -> torch.optim.AdamW:
    """AdamW; the head learns faster than the encoder, scalars fastest."""
    slow = [p for p in net.bert.parameters() if p.requires_grad]
    return torch.optim.AdamW(
        [
            {"params": slow, "lr": rate, "weight_decay": 0.01},
            {"params": list(net.feeling.parameters()), "lr": 5 * rate, "weight_decay": 0.01},
            {"params": [net.scale, net.none], "lr": 1e-2, "weight_decay": 0.0},
        ]
    )


def report(net: Network, checks: dict[str, list[Journey]], step: int, loss: float) -> None:
    print(f"step {step}, loss {loss:.3f}")
    for name, journeys in checks.items():
        got = measure(net, journeys)
        print(
            f"  {name:18} kappa {got['kappa']:.2f}  ECE {got['ece']:.2f}  valence r {got['r']:.2f}"
        )
    print(end="", flush=True)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoder", type=Path, required=True, help="folder with MiniLM")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--hold", action="append", default=[], help="pool to keep out")
    parser.add_argument("--steps", type=int, default=1050)
    parser.add_argument("--every", type=int, default=150, help="steps between two measurements")
    parser.add_argument("--size", type=int, default=96, help="units a step")
    parser.add_argument("--many", type=int, default=8, help="codebooks a step, at most")
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--seed", type=int, default=20260301)
    args = parser.parse_args(argv)
    torch.manual_seed(args.seed)
    torch.set_num_threads(2)
    rng = random.Random(args.seed)
    groups, checks = learnt_from(set(args.hold), args.seed)
    names = list(groups)
    units = {k: groups[k].journeys[0].n_units for k in names}
    weights = [units[k] ** 0.7 * groups[k].weight for k in names]
    codings = sum(j.n_units for p in groups.values() for j in p.journeys)
    print(len(names), "pools,", sum(units.values()), "units,", codings, "codings", flush=True)
    net = Network(args.encoder, len(EMOTIONS))
    optimiser = optimiser_of(net, args.rate)
    base = [g["lr"] for g in optimiser.param_groups]
    clip = [p for g in optimiser.param_groups for p in g["params"]]
    running = 0.0
    for step in range(args.steps):
        if step % args.every == 0:
            report(net, checks, step, running / args.every)
            running = 0.0
        factor = min(1.0, (step + 1) / 30) * 0.5 * (1 + math.cos(math.pi * step / args.steps))
        for group, rate in zip(optimiser.param_groups, base, strict=True):
            group["lr"] = rate * factor
        pool = groups[rng.choices(names, weights)[0]]
        with torch.autocast("cpu", torch.bfloat16):
            loss = loss_of(net, pool, rng, args.size, args.many)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(clip, 1.0)
        optimiser.step()
        running += float(loss.detach())
    report(net, checks, args.steps, running / args.every)
    args.out.mkdir(parents=True, exist_ok=True)
    from safetensors.torch import save_file

    state = {k: v.contiguous() for k, v in net.state_dict().items()}
    save_file(state, args.out / "net.safetensors")


if __name__ == "__main__":
    main()
