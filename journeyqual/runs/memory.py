"""Memory that a long run no longer needs, given back to the system."""

from __future__ import annotations

import ctypes
import gc


def give_back() -> None:
    """Give memory that nothing uses back to the system, where it can be asked to take it.

    Python frees what tables stood in, but the C library under it keeps the pages; after the tables
    of ten thousand interviews that is several hundred megabytes. Only glibc (Linux) knows
    ``malloc_trim``; elsewhere nothing happens, and no result depends on it.
    """
    gc.collect()
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return
    trim(0)
