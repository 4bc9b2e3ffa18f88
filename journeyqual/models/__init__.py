"""Models: the encoder, the weights that ship, whether they are intact, and the cache of vectors."""

from __future__ import annotations

from journeyqual.models.encoder import Encoder, load_encoder
from journeyqual.models.vectors import cached_encode, forget
from journeyqual.models.weights import load, verify_all

__all__ = ["Encoder", "cached_encode", "forget", "load", "load_encoder", "verify_all"]
