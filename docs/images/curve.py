"""Draws ``curve.svg`` for the README from the sample study: python docs/images/curve.py."""

from __future__ import annotations

import tempfile
from pathlib import Path

import vl_convert

from journeyqual import charts, runs, scaffold
from journeyqual.study import open_study


def main() -> None:
    """Run the sample study in a temporary folder and write the picture beside this file."""
    with tempfile.TemporaryDirectory() as temporary:
        study = open_study(scaffold.copy_sample(Path(temporary) / "sample"))
        runs.run(study, report=False)
        chart = charts.curve_chart(study.curve(), study.lines(), study.codebook)
        study.close()
    spec = chart.properties(width=900).to_dict()
    svg = vl_convert.vegalite_to_svg(spec, vl_version="6.1")
    Path(__file__).with_suffix(".svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
