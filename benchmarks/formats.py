"""How long every format of a study takes, and how large the files are.

    python benchmarks/formats.py [STUDY]

Without a study the sample study is coded and reported first, which is not counted. The bar: all
formats of the sample study in under 30 s. PDF needs the extra ``journeyqual[pdf]`` and a browser.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[0] = str(ROOT)

BAR = 30.0


def main() -> None:
    from journeyqual import open_study, runs, scaffold
    from journeyqual.reports.formats import FORMATS, export

    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        if len(sys.argv) > 1:
            folder = Path(sys.argv[1])
        else:
            folder = scaffold.copy_sample(home / "sample")
            fresh = open_study(folder)
            runs.run(fresh)
            fresh.close()
        study = open_study(folder)
        begun = time.perf_counter()
        for name in FORMATS:
            before = time.perf_counter()
            files = export(study, home / "out", formats=(name,))
            spent = time.perf_counter() - before
            size = sum(f.stat().st_size for f in files)
            print(f"{name:6}{spent:7.1f} s {len(files):3} files {size / 1024:8.0f} KB")
        whole = time.perf_counter() - begun
        print(f"{'all':6}{whole:7.1f} s   bar {BAR:.0f} s")
        study.close()


if __name__ == "__main__":
    main()
