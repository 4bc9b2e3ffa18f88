"""Tagging by people: what the widget shows, what its actions store, and the widget itself."""

from journeyqual.tagging.session import Session, identity

__all__ = ["Session", "identity"]
