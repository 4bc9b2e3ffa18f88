"""Goes on training a network of ``training.feel`` so that who speaks does not move the valence.

    python -m training.even DIR --encoder MINILM --out OUT [--hold SET]...

Half of each step is as before; beside it stand units with somebody swapped: gendered words, first
names, who the speaker is, or a light brush of dialect. Their valence is drawn to that of the unit
as it was said (Garg et al. 2019, "Counterfactual fairness in text classification through
robustness", counterfactual logit pairing). The words are other ones than those of
``benchmarks/valence_bias.toml``.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from training.feel import KINDS, SEED, Deck, Feeling, kinds, learnt_from, loss_of
from training.talk import STEPS, Talk

SETS_OF_WORDS = [
    w.split("/")
    for w in (
        "he/she/they him/her/them his/her/their himself/herself/themselves man/woman/person "
        "men/women/people boy/girl/child husband/wife/partner dad/mum/parent father/mother/parent "
        "son/daughter/child brother/sister/sibling gentleman/lady/person bloke/lass/person "
        "guy/girl/person waiter/waitress/server salesman/saleswoman/seller lad/lass/kid "
        "grandad/gran/grandparent uncle/aunt/relative he's/she's/they're he'd/she'd/they'd "
        "he'll/she'll/they'll boyfriend/girlfriend/partner postman/postwoman/courier"
    ).split()
]
NAMES = (
    "Tom Jack Ben Dave Steve Paul Mark Karen Julie Sue Linda Anne Jane Claire Helen Becky "
    "Laura Jenny Mike Chris Rob Declan Niamh Siobhan Aoife Rhys Megan Angus Morag Anil Meera "
    "Ayesha Bilal Yasmin Noor Jun Ling Wei Xiu Hiroshi Yuki Minh Linh Ama Chidi Tunde Piotr "
    "Ivan Olga Carlos Lucia Sofia Valentina Tanisha Deshawn Marcus Lakshmi Pooja Zainab "
    "Mustafa Huda Yaw Efua Bisi Ewa Marek Elena Rosa"
).split()
PEOPLE = (
    "a Welsh person/a Greek person/a Turkish person/an Indian person/a Kenyan person/a Brazilian "
    "person/a Sikh/a Buddhist/a Catholic/a Quaker/a retired person/a grandmother/a school leaver/a "
    "student/a new mother/a person with a stammer/a person with one arm/somebody with dyslexia/a "
    "person who uses crutches/a diabetic/a married man/a single woman/a transgender person/a gay "
    "woman/a widower/a bus driver/a surgeon/a lawyer/a farm hand/a shop assistant/a judge/somebody "
    "out of work/a plumber/a professor/a carer"
).split("/")
TAGS = ("like", "you know", "so it is", "innit", "lah", "right", "eh", "sure", "abeg", "na", "aye")
SPELT = {
    "my": "me", "you": "ye", "isn't": "ain't", "wasn't": "weren't", "was": "were", "were": "was",
    "very": "right", "going to": "gonna", "them": "dem", "with": "wi", "not": "no", "have": "has",
    "has": "have", "of": "o", "and": "an", "it was": "it were", "is": "be", "to the": "to",
}  # fmt: skip
WEIGHT = 8.0
"""Of the squared difference, beside the other losses."""


def gendered(text: str, rng: random.Random) -> str:
    """Put another gender in the place of each gendered word."""
    form = rng.randrange(3)
    by_word = {w: group for group in SETS_OF_WORDS for w in group[:2]}

    def other(found: re.Match[str]) -> str:
        group = by_word.get(found[0].lower())
        if group is None:
            return found[0]
        return group[form].capitalize() if found[0][0].isupper() else group[form]

    return re.sub(r"[A-Za-z']+", other, text)


def named(text: str, rng: random.Random) -> str:
    """Put another first name in the place of each that is known."""
    return re.sub(r"\b[A-Z][a-z]+\b", lambda m: rng.choice(NAMES) if m[0] in NAMES else m[0], text)


def met(text: str, rng: random.Random) -> str:
    """Put somebody of a name in the place of a pronoun or a role."""
    return re.sub(
        r"\b(?:He|She|They|The (?:man|woman|lady|nurse|driver|doctor|engineer))\b",
        lambda m: rng.choice(NAMES), text, count=1,
    )  # fmt: skip


def told_by(text: str, rng: random.Random) -> str:
    """Say who is speaking first."""
    start = rng.choice(("As {},", "I'm {} and", "Speaking as {},")).format(rng.choice(PEOPLE))
    return f"{start} {text}"


def brushed(text: str, rng: random.Random) -> str:
    """Brush a text with marks of dialect or of a learner; its feeling stays."""
    for plain, spelt in SPELT.items():
        if rng.random() < 0.35:
            text = re.sub(rf"\b{plain}\b", spelt, text)
    if rng.random() < 0.4:
        text = re.sub(r"ing\b", "in", text)
    if rng.random() < 0.4:
        text = re.sub(r"\b(?:the|a|an) ", "", text)
    if rng.random() < 0.5:
        text = re.sub(r"([.!?])$", rf", {rng.choice(TAGS)}\1", text)
    return text


SWAPS: tuple[Callable[[str, random.Random], str], ...] = (gendered, named, met, told_by, brushed)


def swapped(talk: Talk, rng: random.Random) -> Talk | None:
    """Swap somebody in one unit of a talk; None if there is nobody."""
    for swap in rng.sample(SWAPS, len(SWAPS)):
        order = list(range(len(talk)))
        rng.shuffle(order)
        for at in order:
            text = swap(talk[at].text, rng)
            if text != talk[at].text:
                return [*talk[:at], replace(talk[at], text=text), *talk[at + 1 :]]
    return None


def unevenness(net: Feeling, talks: Sequence[Talk], rng: random.Random) -> Tensor:
    """Mean squared difference of valence between talks and the same with somebody swapped."""
    pairs = [(talk, other) for talk in talks if (other := swapped(talk, rng)) is not None]
    both = net.read([t for pair in pairs for t in pair])
    with torch.autocast("cpu", enabled=False):
        steps, _, _ = net.heads(both)
        worth = torch.tensor(STEPS, dtype=torch.float32)
        valence = steps.softmax(-1) @ worth
        lengths = [len(t) for pair in pairs for t in pair]
        parts = torch.split(valence, lengths)
        off = [(b - a) ** 2 for a, b in zip(parts[::2], parts[1::2], strict=True)]
        return torch.stack([o.sum() for o in off]).mean()


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", type=Path)
    parser.add_argument("--encoder", type=Path, required=True, help="folder with MiniLM")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--hold", action="append", default=[], help="set to keep out")
    parser.add_argument("--steps", type=int, default=130)
    parser.add_argument("--rate", type=float, default=3e-5)
    args = parser.parse_args(argv)
    torch.manual_seed(SEED)
    torch.set_num_threads(2)
    rng = random.Random(SEED)
    talk, reddit, nhs, _ = learnt_from(set(args.hold))
    decks = [
        Deck([t for name in kind if name in talk for t in talk[name]], rng)
        for kind in kinds().values()
    ]
    shares = [round(48 * share) for share in KINDS]
    decks += [Deck(reddit, rng), Deck(nhs, rng)]
    shares += [24, 6]
    alone = Deck([[u] for name in talk for t in talk[name] for u in t], rng)
    net = Feeling(args.encoder)
    net.load_state_dict(load_file(args.network / "net.safetensors"))
    every = [p for p in net.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(every, lr=args.rate, weight_decay=0.01)
    before = after = 0.0
    for step in range(args.steps):
        for group in optimiser.param_groups:
            group["lr"] = args.rate * min(1.0, (step + 1) / 10) * (1 - step / args.steps)
        talks = [t for deck, many in zip(decks, shares, strict=True) for t in deck.deal(many)]
        with torch.autocast("cpu", torch.bfloat16):
            uneven = unevenness(net, alone.deal(56), rng)
            loss = loss_of(net, talks) + WEIGHT * uneven
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(every, 1.0)
        optimiser.step()
        before += float(uneven.detach()) * (step < 20) / 20
        after += float(uneven.detach()) * (step >= args.steps - 20) / 20
    print(f"mean squared difference {before:.4f} at first, {after:.4f} at last", flush=True)
    args.out.mkdir(parents=True, exist_ok=True)
    state = {k: v.contiguous() for k, v in net.state_dict().items()}
    save_file(state, args.out / "net.safetensors")


if __name__ == "__main__":
    main()
