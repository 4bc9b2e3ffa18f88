"""The study's store: interviews, append-only codings, people's work, runs; one write path."""

from journeyqual.store.connection import now
from journeyqual.store.database import Interview, Store

__all__ = ["Interview", "Store", "now"]
