"""The ledger's page names what the ledger holds, and nothing else."""

import re
from pathlib import Path

from journeyqual.runs import ledger
from tests.small_study import run

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "ledger.md"


def first_cells(table):
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return [name for cell in rows for name in re.findall(r"`([^`]+)`", cell)]


def test_every_column_and_key_is_told_of(small_study):
    columns, keys = PAGE.read_text(encoding="utf-8").split("`detail` of a run")
    run(small_study)
    row = ledger.entry(small_study, 1)
    assert sorted(first_cells(columns)) == sorted(row)
    assert sorted(first_cells(keys)) == sorted(row["detail"])
