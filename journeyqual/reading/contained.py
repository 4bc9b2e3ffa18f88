"""Has a file read in a process of its own, and turns whatever becomes of it into one clear line.

PDF and Excel files are read by large libraries, one of them in C++: a file made to break them may
crash the process, fill the memory or never end. See `journeyqual.reading.child`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from journeyqual.errors import InputError
from journeyqual.reading.limits import current

_CHILD = Path(__file__).with_name("child.py")
_START_S = 10
"""What starting Python may take on a busy machine, on top of the limit for reading."""


def ask(format_: Literal["pdf", "xlsx"], data: bytes, path: Path) -> Any:
    """Return what the child process finds in a file; the limits of `current` hold for it.

    Raises
    ------
    InputError
        If it refuses the file, crashes, or takes longer than the limit ``seconds``.
    """
    limits = current()
    what = "PDF" if format_ == "pdf" else "Excel file"
    try:
        done = subprocess.run(
            # Isolated: neither the folder it runs in nor the user's own settings can add code.
            [sys.executable, "-I", str(_CHILD), format_, json.dumps(asdict(limits))],
            input=data,
            capture_output=True,
            timeout=limits.seconds + _START_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _too_long(what, path) from None
    if done.returncode in (-24, -9):
        # Out of processor seconds: the system ends it with SIGXCPU, or SIGKILL.
        raise _too_long(what, path)
    if done.returncode:
        raise InputError(
            f"this {what} breaks its reader (exit {done.returncode})", path=path,
            remedy="save it again, or as text",
        )  # fmt: skip
    answer = json.loads(done.stdout)
    if "refused" in answer:
        message, remedy = answer["refused"]
        raise InputError(f"{what}: {message}", path=path, remedy=remedy or None)
    return answer["found"]


def _too_long(what: str, path: Path) -> InputError:
    return InputError(
        f"this {what} takes over {current().seconds} seconds to read", path=path,
        remedy="save it again, or raise seconds under [limits] in study.toml",
    )  # fmt: skip
