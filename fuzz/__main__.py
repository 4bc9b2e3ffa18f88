"""Runs the fuzzer over every target: ``python -m fuzz [NAME…] [--inputs N] [--keep N]``.

What breaks a target is saved in ``fuzz/found/NAME``, and the run goes on from there until the
inputs are done; then the corpus is made small again and what found new branches is kept.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fuzz.targets import Target, targets

HERE = Path(__file__).parent
SECONDS = 5
MEGABYTES = 1024
MOST_FOUND = 10
LONGEST = 8_192
"""Bytes of an input; limits of size have tests of their own."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("names", nargs="*", help="targets (default: all)")
    parser.add_argument("--inputs", type=int, default=100_000, help="inputs for each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=int, default=40, help="files of the corpus to keep, each")
    given = parser.parse_args()
    known = targets()
    strange = set(given.names) - set(known)
    if strange:
        parser.error(f"no target {', '.join(sorted(strange))}; there is {', '.join(known)}")
    broken = 0
    for name in given.names or known:
        broken += fuzz(known[name], given.inputs, given.seed, given.keep)
    return 1 if broken else 0


def fuzz(target: Target, inputs: int, seed: int, keep: int) -> int:
    """Give a target so many inputs; returns how many broke it, after telling the figures."""
    with tempfile.TemporaryDirectory(prefix=f"fuzz-{target.name}-") as folder:
        work = Path(folder)
        corpus = work / "corpus"
        corpus.mkdir()
        for data in [*target.seeds(), *saved(target.name)]:
            (corpus / hashlib.sha1(data, usedforsecurity=False).hexdigest()[:16]).write_bytes(data)
        words = work / "words.txt"
        quoted = ["".join(f"\\x{byte:02x}" for byte in word) for word in target.words]
        words.write_text("".join(f'"{word}"\n' for word in quoted))
        options = [f"-dict={words}", f"-timeout={SECONDS}", f"-rss_limit_mb={MEGABYTES}",
                   f"-max_len={LONGEST}", "-print_final_stats=1",
                   f"-artifact_prefix={work}/"]  # fmt: skip
        done, found, memory, started = 0, 0, 0, time.monotonic()
        while done < inputs:
            out = _libfuzzer(
                target.name, corpus, f"-runs={inputs - done}", f"-seed={seed}", *options
            )
            ran = _figure(r"stat::number_of_executed_units:\s*(\d+)", out)
            ran = ran or _figure(r"#(\d+)\s", out)
            memory = max(memory, _figure(r"stat::peak_rss_mb:\s*(\d+)", out))
            done, seed = done + max(ran, 1), seed + 1
            for broken in [*work.glob("crash-*"), *work.glob("timeout-*"), *work.glob("oom-*")]:
                found += 1
                _keep(HERE / "found" / target.name, broken.read_bytes())
                sys.stdout.write(f"{target.name}: {broken.name}\n{_told(out)}\n")
                broken.unlink()
            if found >= MOST_FOUND:
                sys.stdout.write(f"{target.name}: stopped, for it breaks again and again\n")
                break
        seconds = time.monotonic() - started
        _thin(target.name, corpus, work, keep)
        sys.stdout.write(
            f"{target.name}: {done:,} inputs in {seconds:,.0f} s, {found} broke it, "
            f"at most {memory} MB\n"
        )
        sys.stdout.flush()
        return found


def saved(name: str) -> list[bytes]:
    """Return the inputs that are kept for a target: its corpus, and what once broke it."""
    files = [*(HERE / "corpus" / name).glob("*"), *(HERE / "found" / name).glob("*")]
    return [path.read_bytes() for path in sorted(files)]


def _libfuzzer(name: str, *arguments: object) -> str:
    with tempfile.TemporaryDirectory(prefix="fuzz-self-") as folder:
        itself = Path(folder) / "fuzz-one"
        itself.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m fuzz.one {name} "$@"\n')
        itself.chmod(0o700)
        done = subprocess.run(
            [itself, *map(str, arguments)], capture_output=True, cwd=HERE.parent, check=False,
            env={**os.environ, "FUZZ_SELF": str(itself)},
        )  # fmt: skip
    return (done.stdout[-4000:] + done.stderr).decode("utf-8", "replace")


def _thin(name: str, corpus: Path, work: Path, keep: int) -> None:
    """Keep, of all inputs that reach every branch together, the shortest."""
    small = work / "small"
    small.mkdir()
    _libfuzzer(name, "-merge=1", f"-max_len={LONGEST}", small, corpus)
    kept = sorted(small.iterdir(), key=lambda p: (p.stat().st_size, p.name))[:keep]
    if not kept:
        return
    for old in (HERE / "corpus" / name).glob("*"):
        old.unlink()
    for path in kept:
        _keep(HERE / "corpus" / name, path.read_bytes())


def _keep(folder: Path, data: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha1(data, usedforsecurity=False).hexdigest()[:16]).write_bytes(data)


def _told(out: str) -> str:
    """Return what Python, or libFuzzer, said of the input that broke the target."""
    at = out.find("Uncaught Python exception")
    return out[at : at + 2000] if at >= 0 else out[-1000:]


def _figure(pattern: str, text: str) -> int:
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
