"""Whether an erasure leaves anything: a study with reports in all formats, searched from outside.

    python benchmarks/erasure.py [--participant P07] [--sequences 200]

The sample study is run, every format is written, and one participant is erased. Then each file of
the study is looked through for sequences of six words that only this participant said: as bytes in
two encodings, inside archives, in the text of PDFs, with markup and without. The same search
before the erasure is the baseline. Nothing of `journeyqual.erasure` is used to search.
"""

from __future__ import annotations

import argparse
import html
import random
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[0] = str(ROOT)

from journeyqual import open_study  # noqa: E402

LENGTH = 6
FORMATS = "pdf,pptx,xlsx,png,svg,csv"
_MARKUP = re.compile(r"<[^>]+>")


def plain(text: str) -> str:
    """Return the words of a text alone, as they can be compared."""
    return " ".join(re.findall(r"[a-z0-9']+", html.unescape(text).replace("’", "'").lower()))


def texts(path: Path) -> Iterator[str]:
    """Yield everything that may be read in a file."""
    data = path.read_bytes()
    yield from (data.decode(code, "ignore") for code in ("utf-8", "utf-16-le"))
    if path.suffix == ".pdf":
        import pypdfium2

        document = pypdfium2.PdfDocument(data)
        for page in document:
            words = page.get_textpage()
            yield words.get_text_bounded()
            words.close()
            page.close()
        document.close()
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield _MARKUP.sub(" ", archive.read(name).decode("utf-8", "ignore"))
    elif path.suffix in {".html", ".svg", ".ipynb"}:
        shown = data.decode("utf-8", "ignore").replace('\\"', '"').replace("\\n", " ")
        yield _MARKUP.sub("", shown)


def said_by(study: Path, participant: str, many: int) -> list[str]:
    """Return sequences of words that nobody else in the study said."""
    opened = open_study(study)
    units = opened.units()
    opened.close()
    mine = units["participant"] == participant
    others = plain(" ".join(units.loc[~mine, "text"]))
    words = plain(" ".join(units.loc[mine, "text"])).split()
    found = [" ".join(words[i : i + LENGTH]) for i in range(len(words) - LENGTH)]
    own = [sequence for sequence in dict.fromkeys(found) if sequence not in others]
    random.Random(1).shuffle(own)
    return own[:many]


def hits(study: Path, sequences: list[str]) -> dict[str, int]:
    """Return how many of the sequences each file holds, files without any left out."""
    found = {}
    for path in sorted(p for p in study.rglob("*") if p.is_file()):
        held = "\n".join(plain(text) for text in texts(path))
        found[path.relative_to(study).as_posix()] = sum(s in held for s in sequences)
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--participant", default="P07")
    options.add_argument("--sequences", type=int, default=200)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        study = Path(scratch) / "study"
        command = [sys.executable, "-m", "journeyqual.cli"]
        subprocess.run([*command, "demo", str(study)], check=True, capture_output=True)
        subprocess.run(
            [*command, "report", str(study), "--format", FORMATS], check=True, capture_output=True
        )
        sequences = said_by(study, asked.participant, asked.sequences)
        before = hits(study, sequences)
        subprocess.run([*command, "forget", asked.participant, str(study), "--yes"], check=True)
        after = hits(study, sequences)
    kinds = sorted({Path(name).suffix for name, n in before.items() if n})
    print(f"{len(sequences)} sequences of {LENGTH} words that only {asked.participant} said")
    print(f"before: {sum(before.values())} hits in {len(before)} files ({', '.join(kinds)})")
    print(f"after: {sum(after.values())} hits in {len(after)} files")
    for name, n in after.items():
        if n:
            print(f"  {name}: {n}")
    sys.exit(any(after.values()))


if __name__ == "__main__":
    main()
