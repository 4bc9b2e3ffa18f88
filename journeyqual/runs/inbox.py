"""Inboxes: folders, here or elsewhere, whose files are copied into a study's transcripts.

Named on the command line and never in ``study.toml``: a study that came from a stranger must not
fetch what its reader can reach. An inbox is only read; what was taken from it stays there.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from journeyqual.errors import InputError
from journeyqual.runs.reading import UNSAFE_SUFFIXES

QUIET = 5.0
"""Seconds in which a file that somebody still writes would have grown."""
LARGEST = 200 * 2**20
"""Bytes of a transcript; what is larger is a recording."""
KNOWN = Path("cache") / "inbox.json"


@dataclass(frozen=True)
class Waiting:
    """A file of an inbox.

    Parameters
    ----------
    name
        Its name, without folders.
    mark
        Its size, and what else tells one content from the next, as the place has it.
    size
        Bytes.
    read
        Returns its content.
    """

    name: str
    mark: str
    size: int
    read: Callable[[], bytes]


def waiting(url: str) -> list[Waiting]:
    """Return the files of an inbox, by name.

    Parameters
    ----------
    url
        A folder, or a URL of one that fsspec knows (``s3://bucket/interviews``, ``sftp://…``).

    Raises
    ------
    InputError
        If it cannot be listed, or what its kind of URL needs is not installed.
    """
    if "://" not in url:
        folder = Path(url).expanduser()
        if not folder.is_dir():
            raise InputError(f"there is no inbox {folder.name}/", remedy="make it, or name another")
        return sorted(_here(folder), key=lambda one: one.name)
    try:
        import fsspec
    except ImportError as error:
        raise InputError(
            "an inbox with a URL needs fsspec", remedy='pip install "journeyqual[remote]"'
        ) from error
    kind = url.split("://", 1)[0]
    try:
        place, root = fsspec.core.url_to_fs(url)
        place.invalidate_cache()
        listed = place.ls(root, detail=True)
    # What a kind of place raises is its own affair; a URL may hold a password, and is not repeated.
    except Exception as error:
        raise InputError(
            f"the inbox at {kind}:// cannot be listed ({type(error).__name__})",
            remedy="see that the URL and its credentials are right, and its package is installed",
        ) from error
    out = []
    for entry in listed:
        name = PurePosixPath(str(entry["name"])).name
        if entry.get("type") == "file" and _is_ours(name):
            size = int(entry.get("size") or 0)
            more = [str(entry.get(k, "")) for k in ("ETag", "etag", "mtime", "LastModified")]
            read = partial(place.cat_file, str(entry["name"]))
            out.append(Waiting(name, " ".join([str(size), *more]), size, read))
    return sorted(out, key=lambda one: one.name)


def _here(folder: Path) -> Iterator[Waiting]:
    for path in folder.iterdir():
        # A link would copy into the study whatever it leads to.
        if path.is_file() and not path.is_symlink() and _is_ours(path.name):
            about = path.stat()
            mark = f"{about.st_size} {about.st_mtime_ns}"
            yield Waiting(path.name, mark, about.st_size, path.read_bytes)


def _is_ours(name: str) -> bool:
    plain = name not in ("", ".", "..") and "/" not in name and "\\" not in name
    return plain and not name.startswith((".", "~$")) and Path(name).suffix not in UNSAFE_SUFFIXES


def fetch(
    urls: list[str], folder: Path, transcripts: Path, *, quiet: float = QUIET
) -> tuple[list[str], list[str]]:
    """Copy what is new in inboxes into a study's transcripts, each file whole or not at all.

    A file that is still growing is left for the next time. One that has changed since it was
    copied is copied again: the run takes it for a correction.

    Parameters
    ----------
    urls
        The inboxes.
    folder
        The study's.
    transcripts
        Where the files go.
    quiet
        Seconds between two looks at the sizes.

    Returns
    -------
    copied, left
        Names of the files that came; lines on those that were left.

    Raises
    ------
    InputError
        If an inbox cannot be listed or read.
    """
    known = _known(folder)
    first = {url: {one.name: one.mark for one in waiting(url)} for url in urls}
    fresh = [
        url
        for url in urls
        if any(known.get(_key(url, name)) != mark for name, mark in first[url].items())
    ]
    if not fresh:
        return [], []
    time.sleep(quiet)
    copied, left = [], []
    for url in fresh:
        for one in waiting(url):
            key = _key(url, one.name)
            if known.get(key) == one.mark and (transcripts / one.name).exists():
                continue
            if first[url].get(one.name) != one.mark:
                left.append(f"{one.name}: still being written, left for the next run")
                continue
            if one.size > LARGEST:
                left.append(f"{one.name}: larger than {LARGEST // 2**20} MB, left in the inbox")
                continue
            _copy(one, transcripts)
            known[key] = one.mark
            copied.append(one.name)
    if copied:
        from journeyqual.reports.formats.files import write

        write(json.dumps(known, sort_keys=True, indent=0).encode(), folder / KNOWN)
    return copied, left


def _copy(one: Waiting, transcripts: Path) -> None:
    from journeyqual.reports.formats.files import write

    try:
        content = one.read()
    except Exception as error:
        raise InputError(
            f"{one.name} cannot be read from its inbox ({type(error).__name__})"
        ) from error
    target = transcripts / one.name
    if not (target.exists() and target.read_bytes() == content):
        write(content, target)


def _key(url: str, name: str) -> str:
    # A URL may hold a password.
    return f"{hashlib.sha256(url.encode()).hexdigest()[:12]} {name}"


def _known(folder: Path) -> dict[str, str]:
    try:
        return dict(json.loads((folder / KNOWN).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        # It only spares a second copy.
        return {}
