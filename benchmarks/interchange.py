"""The round-trip table: what came in, what went out, what came in again, whether bytes stay.

    python benchmarks/interchange.py FILE… [--study DIR]…

Each FILE (another program's project) goes into a new study, each DIR is a study that has been run
(a copy of it is used). Both go out in every format, into a second study, and out again.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path

from journeyqual.interchange import FORMATS, export_study, import_file
from journeyqual.scaffold import make_study
from journeyqual.study import Study, open_study

SUFFIX = {"labelstudio": "json"}
TABLES = ("csv", "xlsx")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--study", action="append", default=[], type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        for file in given.files:
            print(f"\n# {file.name}")
            study = fresh(place / "in")
            started = time.perf_counter()
            done = import_file(study, file)
            print(
                f"in: {done.found} codings, {done.added} added, {len(done.interviews)} interviews,"
                f" {time.perf_counter() - started:.0f} s"
            )
            print(*(f"  not held: {line}" for line in done.left), sep="\n")
            print(*(f"  refused: {line}" for line in done.refused), sep="\n")
            again = import_file(study, file)
            print(f"the same file again: {again.added} added, {len(again.interviews)} interviews")
            there_and_back(study, place)
        for source in given.study:
            print(f"\n# {source.name}")
            shutil.copytree(source, place / "in")
            there_and_back(open_study(place / "in"), place)


def there_and_back(study: Study, place: Path) -> None:

    for kind in FORMATS:
        out = place / f"out.{SUFFIX.get(kind, kind)}"
        first = export_study(study, kind, out)
        if kind in TABLES:
            # A table of codings has no texts: a study with the same interviews and no coding.
            shutil.copytree(study.folder, place / "again")
            other = open_study(place / "again")
            with other.store._db.write() as connection:
                connection.exec_driver_sql("DELETE FROM codings")
        else:
            other = fresh(place / "again")
        back = import_file(other, out, into_codebook=kind == "qdc")
        second = export_study(other, kind, place / f"2{out.name}")
        same = out.read_bytes() == second.path.read_bytes()
        other.close()
        shutil.rmtree(place / "again")

        print(
            f"{kind}: {first.codings} out, {back.added} in again, {len(back.refused)} refused, "
            f"{'same bytes' if same else 'OTHER BYTES'}"
        )
        print(*(f"  not held: {line}" for line in first.left), sep="\n")
    study.close()
    shutil.rmtree(study.folder)


def fresh(folder: Path) -> Study:
    """Make a study that hides listed names only, so that words can be compared letter by letter."""
    file = make_study(folder) / "study.toml"
    text = file.read_text()
    file.write_text(text.replace('detector = "presidio"', 'detector = "list"'))
    return open_study(folder)


if __name__ == "__main__":
    main()
