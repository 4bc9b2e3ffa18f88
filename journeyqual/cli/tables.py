"""Commands that work on tables: transcripts in, codings out, a curve, agreement."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from journeyqual.cli.common import AsJson, CodebookFile, Debug, Out, Seed, answering, app, progress
from journeyqual.errors import JourneyqualError


@app.command()
def read(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Transcripts.")],
    out: Out,
    debug: Debug = False,
    as_json: AsJson = False,
) -> None:
    """Read transcripts into TURNS; what cannot be read is refused in a line, the others go on."""
    with answering(debug, as_json) as summary:
        import pandas as pd

        from journeyqual import reading, schema

        parts: list[pd.DataFrame] = []
        notes: list[str] = []
        refused: list[str] = []
        with progress() as tell:
            for done, path in enumerate(files):
                tell("reading", done, len(files))
                try:
                    found = reading.read_turns(path)
                except JourneyqualError as error:
                    if debug:
                        raise
                    refused.append(str(error))
                    continue
                parts.append(found.turns)
                notes.extend(f"{path.name}: {note}" for note in found.notes)
        if parts:
            turns = schema.check(pd.concat(parts, ignore_index=True), schema.TURNS)
            schema.write_csv(turns, out)
            summary["turns"] = len(turns)
            summary["lines"] = [
                *(f"note: {note}" for note in notes),
                f"wrote {len(turns)} turns of {turns['interview'].nunique()} interviews to {out}",
            ]
        summary.update(notes=notes, refused=refused)


@app.command()
def units(
    turns: Annotated[Path, typer.Argument(metavar="TURNS.csv")],
    out: Out,
    debug: Debug = False,
    as_json: AsJson = False,
) -> None:
    """Cut TURNS into UNITS: one to three sentences of one participant turn each."""
    with answering(debug, as_json) as summary:
        from journeyqual import schema
        from journeyqual.units import from_turns

        made = from_turns(schema.read_csv(turns, schema.TURNS))
        schema.write_csv(made, out)
        summary["units"] = len(made)
        summary["lines"] = [f"wrote {len(made)} units to {out}"]


@app.command()
def code(
    units: Annotated[Path, typer.Argument(metavar="UNITS.csv")],
    codebook: CodebookFile,
    out: Out,
    tags: Annotated[
        Path | None, typer.Option("--tags", help="People's codings to learn from (CSV).")
    ] = None,
    debug: Debug = False,
    as_json: AsJson = False,
) -> None:
    """Code a table: same rows, same order, plus stage, valence and emotion."""
    with answering(debug, as_json) as summary:
        from journeyqual import codebook as books
        from journeyqual import coding, schema

        book = books.load(codebook)
        # Cells come back as they were written, so the table is only looked at, not converted.
        table = schema.read_csv(units, schema.Table(schema.UNITS_IN.name, ()))
        schema.check(table, schema.UNITS_IN, path=units)
        learnt = None
        if tags is not None:
            learnt = coding.check_tags(schema.read_csv(tags, schema.TAGS), book, path=tags)
        with progress() as tell:
            coded = coding.code_units(
                table,
                book,
                tags=learnt,
                progress=lambda done, total: tell("coding", done, total),
            )
        schema.write_csv(coded, out)
        summary["units"] = len(coded)
        summary["unsure"] = int(coded["unsure"].sum())
        summary["lines"] = [
            f"coded {len(coded)} units to {out}, {summary['unsure']} of them unsure"
        ]


@app.command()
def curve(
    coded: Annotated[Path, typer.Argument(metavar="CODED.csv")],
    codebook: CodebookFile,
    out: Out,
    by: Annotated[str, typer.Option("--by", help="One curve a value of this column.")] = "",
    seed: Seed = 0,
    draws: Annotated[int, typer.Option("--draws", min=100, help="Bootstrap draws.")] = 2000,
    debug: Debug = False,
    as_json: AsJson = False,
) -> None:
    """Compute the emotion curve of any coded table, with 95 % intervals over participants."""
    with answering(debug, as_json) as summary:
        from journeyqual import codebook as books
        from journeyqual import estimate, schema

        book = books.load(codebook)
        table = schema.read_csv(coded, schema.CURVE_IN)
        try:
            made = estimate.curve(table, book, by=by, draws=draws, seed=seed)
        except JourneyqualError as error:
            raise type(error)(
                error.message, path=coded, line=error.line, column=error.column, remedy=error.remedy
            ) from error
        schema.write_csv(made, out)
        methods = sorted(made["method"].unique())
        summary.update(stages=len(made), method=methods)
        summary["lines"] = [f"wrote {len(made)} points ({', '.join(methods)}) to {out}"]


@app.command()
def agreement(
    codings: Annotated[Path, typer.Argument(metavar="CODINGS.csv")],
    level: Annotated[
        list[str] | None,
        typer.Option(
            "--level", metavar="DIMENSION=LEVEL", help="nominal, ordinal, interval or ratio."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="File to write.")] = None,
    seed: Seed = 0,
    debug: Debug = False,
    as_json: AsJson = False,
) -> None:
    """Compute how far coders agree beyond chance, per dimension and code, with 95 % intervals."""
    with answering(debug, as_json) as summary:
        from journeyqual import agreement as agreeing
        from journeyqual import schema

        table = schema.read_csv(codings, schema.CODINGS)
        made = agreeing.table(table, levels=agreeing.parse_levels(level or []), seed=seed)
        if out is not None:
            schema.write_csv(made, out)
        overall = made[made["code"] == ""]
        summary["agreement"] = json.loads(overall.to_json(orient="records"))
        summary["lines"] = [
            f"{row.dimension}: alpha {_figure(row.alpha)} ({_figure(row.alpha_low)} to "
            f"{_figure(row.alpha_high)}), {row.n_units} units, {row.n_coders} coders"
            + (f"; {row.reason}" if row.reason else "")
            for row in overall.itertuples()
        ]
        if out is not None:
            summary["lines"].append(f"wrote {len(made)} rows to {out}")


def _figure(value: float) -> str:
    return "undefined" if value != value else f"{value:.3f}"
