"""People talking at once: cues that overlap, as Zoom and Teams write them."""

from __future__ import annotations

from collections.abc import Sequence

from journeyqual.reading.common import RawTurn

MOST_WORDS = 3
"""A cue of at most so many words, spoken while another goes on, does not interrupt."""

MOST_BACK = 20
"""A cue is put before at most so many others: more people do not talk at once."""


def in_order(pieces: list[RawTurn]) -> tuple[list[RawTurn], tuple[str, ...]]:
    """Put cues in the order in which they begin, where they overlap; says how many were moved.

    A tool that records voices apart may write the longer of two overlapping cues first. Cues that
    do not overlap stay as they are, and are refused later if time runs backwards.

    Examples
    --------
    >>> late, early = RawTurn("A", "Yes.", 5.0, 6.0), RawTurn("B", "It came late.", 4.0, 8.0)
    >>> [p.speaker for p in in_order([late, early])[0]]
    ['B', 'A']
    """
    ordered: list[RawTurn] = []
    moved = 0
    for piece in pieces:
        at = len(ordered)
        while at > max(0, len(ordered) - MOST_BACK) and _before(piece, ordered[at - 1]):
            at -= 1
        moved += at < len(ordered)
        ordered.insert(at, piece)
    if not moved:
        return pieces, ()
    return ordered, (f"{moved} overlapping cues put in the order in which they begin",)


def spoken_over(last: Sequence[RawTurn], other: Sequence[RawTurn], piece: RawTurn) -> bool:
    """Tell whether ``last`` was only a word or two said while ``other``, who goes on, was talking.

    Parameters
    ----------
    last, other
        The cues of the last turn, and of the one before it.
    piece
        The next cue.

    Examples
    --------
    >>> maya, mm = RawTurn("Maya", "It was", 4.0, 8.0), RawTurn("Ruth", "Mm.", 5.0, 5.5)
    >>> spoken_over([mm], [maya], RawTurn("Maya", "late.", 8.0, 9.0))
    True
    """
    if not piece.speaker or piece.speaker != other[-1].speaker:
        return False
    ends = other[-1].end_s
    return ends is not None and all(
        cue.start_s is not None
        and cue.end_s is not None
        and cue.end_s <= ends
        and len(cue.text.split()) <= MOST_WORDS
        for cue in last
    )


def _before(piece: RawTurn, other: RawTurn) -> bool:
    """Tell whether a cue begins before one that stands above it, of another voice, and overlaps."""
    if piece.start_s is None or other.start_s is None or piece.end_s is None:
        return False
    return piece.speaker != other.speaker and piece.start_s < other.start_s < piece.end_s
