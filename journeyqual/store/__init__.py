"""The study's store: interviews, append-only codings, runs; one database, one write path."""

from journeyqual.store.database import Interview, Store, now

__all__ = ["Interview", "Store", "now"]
