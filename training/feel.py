"""Train the feeling coder's network and measure it on sets held out of training.

    python -m training.feel --encoder MINILM --out DIR [--hold SET]...
    python -m training.feel --encoder MINILM --out DIR --go-on DIR --steps 350 --rate 6e-5

Each step takes stretches of coded talk, comments of GoEmotions and of NHS patients. Two heads read
a unit's vector: five ordered steps of valence, and the 28 GoEmotions labels, twice: as labels that
hold or not, and as shares of one dominant feeling. The nine emotions of coded talk teach the second
through the sums of the labels that they gather (`journeyqual.codebook.DEFAULT_EMOTIONS`), so any
other codebook's emotions can be read from the same 28.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import cohen_kappa_score, f1_score
from torch import Tensor, nn
from torch.nn import functional as F

from journeyqual.codebook import DEFAULT_EMOTIONS, GOEMOTIONS
from journeyqual.models import weights
from training.network import DIM, UNIT, Encoder
from training.sets import coded, emobank
from training.talk import (
    AGAIN,
    COMMENTS,
    EARLIER,
    HERE,
    RULES,
    STEPS,
    Felt,
    Talk,
    comments,
    made_up,
    of_set,
    patients,
    plainly,
    real,
)

SEED = 20260301
SETS = ("complaints", "hospital", "product", "chats")
LEARNABLE = ("complaints", "hospital", "product")
SOURCES = 4
CHUNK = 12
"""Units of an interview that are read in a row."""
WORDS = 420
"""Tokens that one call of the upper layers reads."""
THRESHOLD_SHARE = 0.08
"""Share of GoEmotions' train part that thresholds are chosen on, and nothing learnt from."""
KEPT = 0.1
"""Share of MiniLM's own layers in the network that is kept."""
KINDS = (0.45, 0.2, 0.35)
"""Shares of real talk, authored interviews and authored cases in a step's coded talk."""
SCALE = 12.0
"""What the unit vectors, of length 1, are stretched to before the heads."""


class Feeling(Encoder):
    """Units to valence and feelings."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.drop = nn.Dropout(0.1)
        self.valence = nn.Linear(DIM, len(STEPS))
        self.labels = nn.Linear(DIM, len(GOEMOTIONS))
        self.one = nn.Linear(DIM, len(GOEMOTIONS))
        self.valence_of = nn.Parameter(torch.zeros(SOURCES, len(STEPS)))
        self.one_of = nn.Parameter(torch.zeros(SOURCES, len(GOEMOTIONS)))
        gathers = torch.zeros(len(DEFAULT_EMOTIONS), len(GOEMOTIONS))
        for row, emotion in enumerate(DEFAULT_EMOTIONS):
            for label in emotion.fine:
                gathers[row, GOEMOTIONS.index(label)] = 1.0
        self.register_buffer("gathers", gathers, persistent=False)
        with torch.no_grad():
            self.labels.bias.fill_(-3.0)

    def read(self, talks: Sequence[Talk]) -> Tensor:
        """Vectors of length 1, a row a unit."""
        words = list(dict.fromkeys(u.text for t in talks for u in t))
        low = dict(zip(words, self.lower(words, UNIT), strict=True))
        packs: list[tuple[list[int], list[Tensor]]] = []
        room = 0
        for number, talk in enumerate(talks):
            size = sum(len(low[u.text]) for u in talk)
            if packs and size > room and size <= WORDS:
                room = 0
            for unit in talk:
                if not packs or len(low[unit.text]) > room:
                    packs.append(([], []))
                    room = WORDS
                packs[-1][0].append(number)
                packs[-1][1].append(low[unit.text])
                room -= len(low[unit.text])
        return F.normalize(torch.cat([self.units(u, i) for i, u in packs]).float(), dim=-1)

    def heads(self, vectors: Tensor, source: Tensor | None = None) -> tuple[Tensor, ...]:
        """Logits of the five steps, of labels that hold, and of one label."""
        x = SCALE * self.drop(vectors)
        steps, labels, one = self.valence(x), self.labels(x), self.one(x)
        if source is not None:
            known = (source != RULES).float()[:, None]
            steps = steps + known * self.valence_of[source]
            one = one + known * self.one_of[source]
        return steps, labels, one

    def nine(self, one: Tensor) -> Tensor:
        """Log-shares of the default emotions from logits of the 28."""
        p = one.float().softmax(-1) @ self.gathers.T
        return (p + 1e-9).log()


def loss_of(net: Feeling, talks: Sequence[Talk]) -> Tensor:
    units = [u for t in talks for u in t]
    vectors = net.read(talks)
    source = torch.tensor([u.source for u in units])
    with torch.autocast("cpu", enabled=False):
        steps, labels, one = net.heads(vectors, source)
        total = torch.zeros(())
        has = [n for n, u in enumerate(units) if u.valence is not None]
        share = torch.tensor(np.array([units[n].valence for n in has]), dtype=torch.float32)
        weight = torch.where(source[has] == COMMENTS, 0.3, 1.0)
        log_p = steps[has].log_softmax(-1)
        worth = torch.tensor(STEPS, dtype=torch.float32)
        off = (log_p.exp() @ worth - share @ worth) ** 2
        total = total + (weight * (-(share * log_p).sum(-1) + 2.0 * off)).sum() / weight.sum()
        has = [n for n, u in enumerate(units) if u.emotion is not None]
        if has:
            share = torch.tensor(np.array([units[n].emotion for n in has]), dtype=torch.float32)
            total = total - 0.5 * (share * net.nine(one[has])).sum(-1).mean()
        has = [n for n, u in enumerate(units) if u.fine is not None]
        if has:
            truth = torch.tensor(np.array([units[n].fine for n in has]), dtype=torch.float32)
            every = F.binary_cross_entropy_with_logits(labels[has], truth, reduction="none")
            total = total + 0.5 * every.sum(-1).mean()
            share = truth / truth.sum(-1, keepdim=True)
            total = total - 0.25 * (share * one[has].log_softmax(-1)).sum(-1).mean()
    return total


@torch.no_grad()
def outputs(net: Feeling, talks: Sequence[Talk]) -> tuple[NDArray[np.float64], ...]:
    """Valence, label probabilities and shares of the nine emotions, a row a unit."""
    net.eval()
    worth = torch.tensor(STEPS, dtype=torch.float32)
    out: list[tuple[Tensor, Tensor, Tensor]] = []
    for start in range(0, len(talks), 64):
        with torch.autocast("cpu", torch.bfloat16):
            vectors = net.read(talks[start : start + 64])
        steps, labels, one = net.heads(vectors.float())
        out.append((steps.softmax(-1) @ worth, labels.sigmoid(), net.nine(one).exp()))
    net.train()
    return tuple(torch.cat(part).double().numpy() for part in zip(*out, strict=True))


def best_thresholds(chance: NDArray[np.float64], truth: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the threshold of best F1 for each label, smoothed: rare labels have few cases."""
    grid = np.geomspace(0.03, 0.7, 40)
    out = []
    for label in range(chance.shape[1]):
        f1 = [f1_score(truth[:, label], chance[:, label] >= t, zero_division=0) for t in grid]
        smooth = np.convolve(np.pad(f1, 2, mode="edge"), np.ones(5) / 5, mode="valid")
        out.append(grid[smooth.argmax()])
    return np.array(out)


class Checks:
    """What the network is measured on while it learns; nothing of it is learnt from."""

    def __init__(self, apart: dict[str, list[Talk]], threshold: list[Talk]) -> None:
        self.sets = {name: (of_set(name), coded(name)) for name in SETS}
        self.apart = apart
        self.threshold = threshold
        self.dev = comments("dev")
        self.bank = emobank()
        self.patients = patients()[1]

    def report(self, net: Feeling, full: bool) -> None:
        r, kappa = [], []
        for name, (talks, one) in self.sets.items():
            valence, _, nine = outputs(net, talks)
            order = [u.text for t in talks for u in t]
            truth = np.array([STEPS @ u.valence for t in talks for u in t])
            said = np.array([e.name for e in DEFAULT_EMOTIONS])[nine.argmax(1)]
            by_text = dict(zip(order, said, strict=True))
            k = np.mean(
                [
                    cohen_kappa_score(c["emotion"], [by_text[str(t)] for t in one.units["text"]])
                    for c in (one.first, one.second)
                ]
            )
            r.append(pearsonr(valence, truth)[0])
            kappa.append(k)
            print(
                f"  {name:11} r {r[-1]:.3f}  kappa {k:.3f}  mean {valence.mean():+.2f} of "
                f"{truth.mean():+.2f}, spread {valence.std():.2f} of {truth.std():.2f}"
            )
        print(f"  mean of the four: r {np.mean(r):.3f}, kappa {np.mean(kappa):.3f}")
        for name, talks in self.apart.items():
            valence, _, nine = outputs(net, talks)
            truth = np.array([STEPS @ u.valence for t in talks for u in t])
            felt = np.array([u.emotion.argmax() for t in talks for u in t])
            k = cohen_kappa_score(felt, nine.argmax(1))
            print(f"  {name:18} r {pearsonr(valence, truth)[0]:.3f}  kappa {k:.3f}")
        valence, _, _ = outputs(net, [[Felt(t, RULES)] for t, _, _ in self.patients])
        print(
            f"  NHS apart ({len(valence)}): labeller",
            f"{spearmanr(valence, [s for _, s, _ in self.patients])[0]:.3f}, own score",
            f"{spearmanr(valence, [o for _, _, o in self.patients])[0]:.3f}",
        )
        if full:
            valence, _, _ = outputs(net, [[Felt(t, RULES)] for t in self.bank[0]])
            print(f"  EmoBank r {pearsonr(valence, self.bank[1])[0]:.3f}")
            held = np.array([t[0].fine for t in self.threshold], dtype=bool)
            thresholds = best_thresholds(outputs(net, self.threshold)[1], held)
            truth = np.array([t[0].fine for t in self.dev], dtype=bool)
            chance = outputs(net, self.dev)[1]
            f1 = f1_score(truth, chance >= thresholds, average=None, zero_division=0)
            print(f"  GoEmotions dev macro-F1 {f1.mean():.3f}", np.round(f1, 2).tolist())
        print(end="", flush=True)


@cache
def kinds() -> dict[str, dict[str, list[Talk]]]:
    """Coded talk that may be learnt from, by kind and name."""
    return {
        "real": {**{name: of_set(name) for name in LEARNABLE}, **real()},
        "interviews": made_up(HERE / "corpus", EARLIER),
        "cases": made_up(HERE / "feeling", RULES),
    }


def shuffled_comments(seed: int = SEED) -> list[Talk]:
    every = comments("train")
    random.Random(seed).shuffle(every)
    return every


def threshold_part() -> list[Talk]:
    """Comments of GoEmotions' train split that no network learns from: thresholds come of them."""
    every = shuffled_comments()
    cut = int(THRESHOLD_SHARE * len(every))
    learnt = {plainly(talk[0].text) for talk in every[cut:]}
    learnt |= {plainly(unit.text) for talk in real()["reddit"] for unit in talk}
    return [talk for talk in every[:cut] if plainly(talk[0].text) not in learnt]


def learnt_from(
    hold: set[str],
) -> tuple[dict[str, list[Talk]], list[Talk], list[Talk], Checks]:
    """Coded talk by name, comments, patients' comments, and what to measure on."""
    coded_talk = {name: talks for kind in kinds().values() for name, talks in kind.items()}
    apart = {n: t for n, t in coded_talk.items() if n in hold and n not in SETS}
    out = {n: t for n, t in coded_talk.items() if n not in hold and AGAIN.get(n, n) not in hold}
    texts = {
        u.text
        for name, talks in coded_talk.items()
        if name in hold or AGAIN.get(name) in hold
        for t in talks
        for u in t
    }
    out = {n: [t for t in ts if not any(u.text in texts and len(u.text) > 40 for u in t)]
           for n, ts in out.items()}  # fmt: skip
    unread = threshold_part()
    every = shuffled_comments()
    read = every[int(THRESHOLD_SHARE * len(every)) :]
    return out, read, patients(texts)[0], Checks(apart, unread)


class Deck:
    """Deals talks without end: every one once before any comes again."""

    def __init__(self, talks: Sequence[Talk], rng: random.Random) -> None:
        self.talks, self.rng, self.left = list(talks), rng, list[Talk]()

    def deal(self, units: int) -> list[Talk]:
        out: list[Talk] = []
        while units > 0:
            if not self.left:
                self.left = stretches(self.talks, self.rng)
                self.rng.shuffle(self.left)
            out.append(self.left.pop())
            units -= len(out[-1])
        return out


def stretches(talks: Sequence[Talk], rng: random.Random) -> list[Talk]:
    """Cut talks into stretches, at other places every time."""
    out = []
    for talk in talks:
        start = -rng.randrange(CHUNK) if len(talk) > CHUNK else 0
        while start < len(talk):
            out.append(talk[max(start, 0) : start + CHUNK])
            start += CHUNK
    return out


@torch.no_grad()
def average(net: Feeling, own: dict[str, Tensor], share: float = KEPT) -> None:
    """Draw a network's layers back towards MiniLM's, in place.

    What is read of talk unlike any in training gets better, and the rest no worse (Wortsman et al.
    2022, "Robust fine-tuning of zero-shot models").
    """
    for name, weight in net.bert.named_parameters():
        weight.lerp_(own[name], share)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoder", type=Path, required=True, help="folder with MiniLM")
    parser.add_argument("--start", choices=("stage-matcher", "minilm"), default="stage-matcher")
    parser.add_argument("--go-on", type=Path, help="network to go on from, say one with held sets")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--hold", action="append", default=[], help="set to keep out")
    parser.add_argument("--kinds", type=float, nargs=3, default=KINDS, help="see KINDS")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--every", type=int, default=300, help="steps between two measurements")
    parser.add_argument("--units", type=int, default=64, help="units of coded talk a step")
    parser.add_argument("--comments", type=int, default=64, help="GoEmotions comments a step")
    parser.add_argument("--patients", type=int, default=10, help="NHS comments a step")
    parser.add_argument("--rate", type=float, default=1.5e-4)
    parser.add_argument("--seed", type=int, default=SEED)
    args = parser.parse_args(argv)
    torch.manual_seed(args.seed)
    torch.set_num_threads(2)
    rng = random.Random(args.seed)
    talk, reddit, nhs, checks = learnt_from(set(args.hold))
    units = {k: sum(map(len, v)) for k, v in talk.items()}
    print(len(talk), "sets,", sum(units.values()), "units,", len(reddit), "comments,", len(nhs),
          "patients", flush=True)  # fmt: skip
    decks = [
        Deck([t for name in kind if name in talk for t in talk[name]], rng)
        for kind in kinds().values()
    ]
    shares = [round(args.units * share) for share in args.kinds]
    decks += [Deck(reddit, rng), Deck(nhs, rng)]
    shares += [args.comments, args.patients]
    net = Feeling(args.encoder)
    own = {name: weight.detach().clone() for name, weight in net.bert.named_parameters()}
    if args.go_on is not None:
        from safetensors.torch import load_file

        net.load_state_dict(load_file(args.go_on / "net.safetensors"))
    elif args.start != "minilm":
        # Its layers have learned to read talk among its neighbours.
        shipped = weights.load(args.start).items()
        layers = {f"bert.{name}": torch.tensor(array).float() for name, array in shipped}
        net.load_state_dict(layers, strict=False)
    slow = [p for p in net.bert.parameters() if p.requires_grad]
    slow_ids = {id(p) for p in net.bert.parameters()}
    fast = [p for p in net.parameters() if id(p) not in slow_ids]
    optimiser = torch.optim.AdamW(
        [
            {"params": slow, "lr": args.rate, "weight_decay": 0.01},
            {"params": fast, "lr": 5 * args.rate, "weight_decay": 0.01},
        ]
    )
    base = [g["lr"] for g in optimiser.param_groups]
    running = 0.0
    for step in range(args.steps):
        if step % args.every == 0 and step:
            print(f"step {step}, loss {running / args.every:.3f}", flush=True)
            checks.report(net, full=False)
            running = 0.0
        factor = min(1.0, (step + 1) / 50) * 0.5 * (1 + math.cos(math.pi * step / args.steps))
        for group, rate in zip(optimiser.param_groups, base, strict=True):
            group["lr"] = rate * factor
        talks = [t for deck, many in zip(decks, shares, strict=True) for t in deck.deal(many)]
        with torch.autocast("cpu", torch.bfloat16):
            loss = loss_of(net, talks)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_([*slow, *fast], 1.0)
        optimiser.step()
        running += float(loss.detach())
    print(f"step {args.steps}, loss {running / args.every:.3f}", flush=True)
    if args.go_on is None:
        average(net, own)
    checks.report(net, full=True)
    args.out.mkdir(parents=True, exist_ok=True)
    from safetensors.torch import save_file

    state = {k: v.contiguous() for k, v in net.state_dict().items()}
    save_file(state, args.out / "net.safetensors")


if __name__ == "__main__":
    main()
