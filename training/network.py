"""The coders' networks in torch: for training only.

`journeyqual.models.reader` runs the same networks on onnxruntime. MiniLM in two halves: the lower
layers see one text at a time; in the upper layers a unit's words also see its neighbours' in the
interview, and a stage's words those of the other stages. What comes out is compared as cosines. No
stage is known by name: any codebook goes through the same weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

DIM, HEADS, LAYERS = 384, 12, 6
REACH = 3
"""How many units before and after a unit's words can see."""
AROUND, BESIDE = -1.2, -2.5
"""Added to attention's logits: per unit of distance, and from one stage to another."""
UNIT, STAGE = 0, 1
"""BERT's token types, put to use: what was said, and what a codebook says."""
NONE_TEXT = "none of these: small talk, off topic, talk about the conversation itself"


class Encoder(nn.Module):
    """MiniLM that reads units in their interviews."""

    def __init__(self, folder: Path, split: int = 3, tokens: int = 128) -> None:
        super().__init__()
        from safetensors.torch import load_file
        from tokenizers import Tokenizer
        from transformers import BertConfig, BertModel

        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(tokens)
        self.bert = BertModel(
            BertConfig.from_pretrained(folder, hidden_dropout_prob=0.05), add_pooling_layer=False
        )
        state = {k: v.float() for k, v in load_file(folder / "model.safetensors").items()}
        self.bert.load_state_dict(
            {k: v for k, v in state.items() if not k.startswith("pooler")}, strict=False
        )
        # The words' own vectors stay as they are: few words occur in training, and the others
        # would be left behind.
        self.bert.embeddings.word_embeddings.weight.requires_grad_(False)
        self.split = split

    def _layer(self, at: int, x: Tensor, bias: Tensor) -> Tensor:
        """One BERT layer on ``x`` (b x n x DIM) whose attention a bias steers."""
        layer = self.bert.encoder.layer[at]
        own = layer.attention.self

        def heads(t: Tensor) -> Tensor:
            return t.reshape(*t.shape[:2], HEADS, -1).transpose(1, 2)

        q, k, v = heads(own.query(x)), heads(own.key(x)), heads(own.value(x))
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=bias.to(q.dtype))
        mixed = mixed.transpose(1, 2).reshape(x.shape)
        x = layer.attention.output(mixed, x)
        return layer.output(layer.intermediate(x), x)

    def lower(self, texts: Sequence[str], kind: int) -> list[Tensor]:
        """Hidden states of each text's tokens after the lower layers."""
        coded = [c.ids for c in self.tokenizer.encode_batch([t or "." for t in texts])]
        order = sorted(range(len(coded)), key=lambda i: len(coded[i]))
        out: list[Tensor] = [torch.empty(0)] * len(coded)
        for start in range(0, len(order), 48):
            rows = order[start : start + 48]
            longest = max(len(coded[i]) for i in rows)
            ids = torch.zeros(len(rows), longest, dtype=torch.long)
            for r, i in enumerate(rows):
                ids[r, : len(coded[i])] = torch.tensor(coded[i])
            lengths = torch.tensor([len(coded[i]) for i in rows])
            mask = torch.arange(longest)[None] < lengths[:, None]
            bias = torch.zeros(mask.shape).masked_fill(~mask, -1e9)[:, None, None]
            x = self.bert.embeddings(input_ids=ids, token_type_ids=torch.full_like(ids, kind))
            for at in range(self.split):
                x = self._layer(at, x, bias)
            for r, i in enumerate(rows):
                out[i] = x[r, : len(coded[i])]
        return out

    def units(self, units: Sequence[Tensor], interviews: Sequence[int]) -> Tensor:
        """Read units, each in its own interview; a vector each."""
        lengths = torch.tensor([len(u) for u in units])
        owner = torch.repeat_interleave(torch.arange(len(units)), lengths)
        whose = torch.tensor(interviews)[owner]
        step = (owner[None] - owner[:, None]).abs()
        far = (step > REACH) | (whose[None] != whose[:, None])
        bias = (AROUND * step).masked_fill(far, -1e9)
        x = torch.cat(list(units))[None]
        for at in range(self.split, LAYERS):
            x = self._layer(at, x, bias[None, None])
        return pooled(x[0], owner, len(units))


class Network(Encoder):
    """Units and a codebook to a score a unit and stage, the last being "none fits"."""

    def __init__(self, folder: Path, emotions: int, split: int = 3, tokens: int = 128) -> None:
        super().__init__(folder, split, tokens)
        self.scale = nn.Parameter(torch.tensor(2.7))
        self.none = nn.Parameter(torch.tensor(0.0))
        self.feeling = nn.Sequential(nn.Dropout(0.1), nn.Linear(DIM, 1 + emotions))

    def stages(self, stages: Sequence[Tensor]) -> Tensor:
        """Read a codebook, a text a stage; a vector each."""
        owner = torch.repeat_interleave(
            torch.arange(len(stages)), torch.tensor([len(s) for s in stages])
        )
        bias = BESIDE * (owner[:, None] != owner[None]).float()
        x = torch.cat(list(stages))[None]
        for at in range(self.split, LAYERS):
            x = self._layer(at, x, bias[None, None])
        return pooled(x[0], owner, len(stages))

    def scores(self, units: Tensor, stages: Tensor) -> Tensor:
        """Log-odds a unit and stage; the codebook's last text is the one of "none fits"."""
        near = F.normalize(units.float(), dim=-1) @ F.normalize(stages.float(), dim=-1).T
        out = self.scale.exp() * near
        return torch.cat([out[:, :-1], out[:, -1:] + self.none], 1)


def pooled(x: Tensor, owner: Tensor, n: int) -> Tensor:
    """Mean of each segment's tokens."""
    total = torch.zeros(n, x.shape[1], dtype=torch.float32).index_add(0, owner, x.float())
    return total / torch.bincount(owner, minlength=n)[:, None]
