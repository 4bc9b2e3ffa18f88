"""The stage matcher's network: an encoder, and a head that compares units with stages.

Cost is one encoder pass a unit and one a stage text; all else is arithmetic on vectors, cheap
enough for numpy. The
head sees, for each unit and stage, how the two vectors meet, then lets neighbouring units speak (a
short convolution
along the interview) and stages compete (a pooled message between stages). It knows no stage by
name: any codebook
goes through the same weights.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

VIEWS, VIEW = 12, 24
"""The head looks at unit and stage from so many learned sides, each of so many numbers."""
PAIR = 48
KERNEL = 5
FEATURES = 8
"""Given with each pair: cosines with definition, exclusion, examples, and where it stands."""


class Layer(nn.Module):
    """Neighbours along the interview, then the stages among each other."""

    def __init__(self, width: int = PAIR) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.along = nn.Conv1d(width, width, KERNEL, padding=KERNEL // 2)
        self.mix = nn.Linear(3 * width, width)
        self.drop = nn.Dropout(0.1)

    def forward(self, h: Tensor, mask: Tensor) -> Tensor:
        # h: batch x units x stages x width; mask: batch x units (real), stages are all real.
        b, n, s, w = h.shape
        x = self.norm1(h) * mask[:, :, None, None]
        x = x.permute(0, 2, 3, 1).reshape(b * s, w, n)
        x = F.gelu(self.along(x)).reshape(b, s, w, n).permute(0, 3, 1, 2)
        h = h + self.drop(x)
        x = self.norm2(h)
        others = torch.cat(
            [x, x.mean(2, keepdim=True).expand_as(x), x.amax(2, keepdim=True).expand_as(x)], -1
        )
        return h + self.drop(F.gelu(self.mix(others)))


class Head(nn.Module):
    """Unit vectors and stage vectors to a score a unit and stage, the last being "none fits".

    Only how unit and stage meet goes in (cosines from several learned sides), never what either
    is: there are too few
    codebooks to learn from for anything else not to be learnt by heart.
    """

    def __init__(self, dim: int = 384, width: int = PAIR, layers: int = 2) -> None:
        super().__init__()
        self.unit = nn.Linear(dim, VIEWS * VIEW)
        self.stage = nn.Linear(dim, VIEWS * VIEW)
        self.pair = nn.Linear(VIEWS + FEATURES, width)
        self.layers = nn.ModuleList(Layer(width) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.score = nn.Linear(width, 1)
        self.none = nn.Linear(2 * width, 1)
        self.temperature = nn.Parameter(torch.tensor(12.0))
        self.drop = nn.Dropout(0.1)

    def forward(self, units: Tensor, mask: Tensor, stages: Tensor, features: Tensor) -> Tensor:
        # units b x n x dim, mask b x n, stages b x s x dim, features b x n x s x FEATURES
        u = F.normalize(self.unit(units).unflatten(-1, (VIEWS, VIEW)), dim=-1)
        d = F.normalize(self.stage(stages).unflatten(-1, (VIEWS, VIEW)), dim=-1)
        views = torch.einsum("bnkv,bskv->bnsk", u, d)
        h = self.drop(F.gelu(self.pair(torch.cat([2 * views, features], -1))))
        for layer in self.layers:
            h = layer(h, mask)
        h = self.norm(h)
        scores = self.score(h).squeeze(-1) + self.temperature * features[..., 0]
        pooled = torch.cat([h.mean(2), h.amax(2)], -1)
        top = self.temperature * features[..., 0].amax(-1, keepdim=True)
        return torch.cat([scores, self.none(pooled) + top.detach()], -1)


def cosines(units: Tensor, texts: Tensor) -> Tensor:
    """Return the cosine of every unit with every text."""
    return F.normalize(units, dim=-1) @ F.normalize(texts, dim=-1).transpose(-1, -2)


class Feeling(nn.Module):
    """Valence and emotion of a unit from its own vector and its neighbours'."""

    def __init__(self, dim: int = 384, width: int = 128, emotions: int = 9) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, width))
        self.around = nn.Conv1d(width, width, 5, padding=2)
        self.valence = nn.Linear(2 * width, 1)
        self.emotion = nn.Linear(2 * width, emotions)
        self.drop = nn.Dropout(0.1)

    def forward(self, units: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        x = F.gelu(self.inner(units)) * mask[..., None]
        c = F.gelu(self.around(x.transpose(1, 2))).transpose(1, 2)
        x = self.drop(torch.cat([x, c], -1))
        return torch.tanh(self.valence(x)).squeeze(-1), self.emotion(x)
