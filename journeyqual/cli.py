"""The command line: a thin face over the library. Scripts depend on its names and columns.

Exit status: 0 done (also when there was nothing new), 1 something was refused, in one line each, 2
wrong usage.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from journeyqual.errors import JourneyqualError

app = typer.Typer(
    name="journeyqual",
    help="Interviews, coded to journey stages and emotion, drawn as curves that can be opened.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Debug = Annotated[bool, typer.Option("--debug", help="Show the trace of an error.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print a summary for machines.")]
Seed = Annotated[int, typer.Option("--seed", help="Seed of whatever chance enters.")]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The study's folder.")]
Reports = Annotated[
    Path | None, typer.Option("--reports", help="Folder for reports, if not the study's own.")
]
Out = Annotated[Path, typer.Option("--out", help="File to write.")]
CodebookFile = Annotated[Path, typer.Option("--codebook", help="Codebook file (TOML).")]


def main() -> None:
    """Run the command line; the entry point of ``journeyqual``."""
    app()


@contextmanager
def _answering(debug: bool, as_json: bool) -> Iterator[dict[str, Any]]:
    """Turn an error of ours into one line and status 1; print the summary as the command asks."""
    summary: dict[str, Any] = {"lines": []}
    try:
        yield summary
    except (JourneyqualError, OSError) as error:
        if debug:
            raise
        line = str(error)
        if isinstance(error, OSError) and error.filename:
            line = f"{Path(str(error.filename)).name}: {(error.strerror or line).lower()}"
        if as_json:
            typer.echo(json.dumps({"error": line}))
        typer.echo(f"journeyqual: {line}", err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        typer.echo("journeyqual: stopped; what was stored is complete, run it again", err=True)
        raise typer.Exit(130) from None
    lines = summary.pop("lines")
    if as_json:
        typer.echo(json.dumps(summary, ensure_ascii=False))
    else:
        for line in lines:
            typer.echo(line)
    if summary.get("refused"):
        if not as_json:
            for line in summary["refused"]:
                typer.echo(f"refused: {line}", err=True)
        raise typer.Exit(1)


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show how far long work is; say nothing when nobody watches."""
    if not sys.stderr.isatty():
        yield lambda what, done, total: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield tell


def _print_version(asked: bool) -> None:
    if asked:
        from journeyqual import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Interviews, coded to journey stages and emotion, drawn as curves that can be opened."""


# -- studies ------------------------------------------------------------------------------------


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make.")],
    debug: Debug = False,
    as_json: AsJson = False,
) -> None:
    """Make a study folder that runs as it is."""
    with _answering(debug, as_json) as summary:
        from journeyqual import scaffold

        scaffold.make_study(folder)
        summary["study"] = folder.name
        summary["lines"] = [
            f"made the study {folder}",
            "next: put interviews into its transcripts/ folder, look through codebook.toml,",
            f"then: journeyqual run {folder}",
        ]


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Folder to make.")] = Path(
        "journeyqual-demo"
    ),
    reports: Reports = None,
    debug: Debug = False,
    as_json: AsJson = False,
) -> None:
    """Run the invented sample study to its reports."""
    with _answering(debug, as_json) as summary:
        from journeyqual import scaffold

        if not (folder / "study.toml").exists():
            scaffold.copy_sample(folder)
        _run(folder, summary, full=False, reports=reports)


@app.command()
def run(
    folder: Folder = Path(),
    full: Annotated[
        bool, typer.Option("--full", help="Code everything again and say what differs.")
    ] = False,
    reports: Reports = None,
    debug: Debug = False,
    as_json: AsJson = False,
) -> None:
    """Read what is new, code it, update results and reports; print what changed."""
    with _answering(debug, as_json) as summary:
        _run(folder, summary, full=full, reports=reports)


def _run(folder: Path, summary: dict[str, Any], *, full: bool, reports: Path | None) -> None:
    from journeyqual import runs
    from journeyqual.study import open_study

    study = open_study(folder)
    try:
        with _progress() as tell:
            result = runs.run(study, full=full, reports_folder=reports, progress=tell)
    finally:
        study.close()
    written = [_shown(path) for path in result.reports]
    summary.update(
        read=result.read,
        corrected=result.corrected,
        lost=result.lost,
        coded=result.coded,
        refused=result.refused,
        notes=result.notes,
        reports=written,
        seconds={step: round(value, 3) for step, value in result.seconds.items()},
        run=result.number,
    )
    lines = [f"note: {note}" for note in result.notes]
    if result.nothing_new:
        lines.append("nothing new could be read" if result.newly_refused else "nothing new")
    else:
        interviews = f"{len(result.read)} interview{'s' * (len(result.read) != 1)}"
        lines.append(f"read {interviews}, coded {result.coded} units")
    if result.lost:
        lines.append(
            f"{result.lost} codings by people lost their words in a corrected transcript; they are "
            "kept: see study.team.lost()"
        )
    if result.learned_from:
        taught = f"{result.learned_from} unit{'s' * (result.learned_from != 1)}"
        lines.append(f"the stage coder learned from {taught} coded by people")
    summary.update(themes=result.themes, proposed=result.proposed, moved=result.moved)
    if result.themes:
        lines.append(f"discovered {result.themes} themes; name them: journeyqual themes")
    if result.proposed:
        lines.append(f"{result.proposed} new themes proposed: journeyqual themes --proposed")
    lines += [f"moved: {line}" for line in result.moved]
    if full:
        summary["changed"] = result.changed
        lines.append(f"coded again: {result.changed} units changed their stage")
    summary["lines"] = [*lines, *(f"report: {path}" for path in written)]


def _shown(path: Path) -> str:
    """Return a path as the caller would write it: relative where that is shorter."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


@app.command()
def tag(
    folder: Folder = Path(),
    interview: Annotated[str, typer.Option("--interview", help="Interview to start with.")] = "",
    coder: Annotated[str, typer.Option("--coder", help="Your name as a coder.")] = "",
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser.")] = True,
    port: Annotated[int, typer.Option("--port", help="Port of JupyterLab.")] = 8888,
    debug: Debug = False,
    as_json: AsJson = False,
) -> None:
    """Open JupyterLab on the study's tagging notebook."""
    with _answering(debug, as_json) as summary:
        from journeyqual import lab

        notebook = lab.tagging_notebook(folder, interview=interview, coder=coder)
        summary["notebook"] = _shown(notebook)
        # Ctrl+C is how one leaves JupyterLab: it is no error of this command.
        with suppress(KeyboardInterrupt):
            lab.open_lab(notebook, browser=browser, port=port)


@app.command()
def sample(
    folder: Folder = Path(),
    per_stage: Annotated[
        int, typer.Option("--per-stage", min=1, help="Units to draw of each stage.")
    ] = 0,
    queue: Annotated[
        int, typer.Option("--queue", min=1, help="Instead: units to draw, unsure ones preferred.")
    ] = 0,
    seed: Seed = 0,
    debug: Debug = False,
    as_json: AsJson = False,
) -> None:
    """Draw units to code by two people, with known probabilities, and say how many are needed."""
    with _answering(debug, as_json) as summary:
        from journeyqual.study import open_study

        if per_stage and queue:
            raise typer.BadParameter("give --per-stage or --queue, not both")
        study = open_study(folder)
        try:
            if per_stage or queue:
                team = study.team
                made = (
                    team.draw(per_stage, seed=seed) if per_stage else team.queue(queue, seed=seed)
                )
                summary["draw"] = int(made["draw"].iloc[0])
                summary["drawn"] = int(made["place"].notna().sum())
                summary["lines"].append(
                    f"draw {summary['draw']}: {summary['drawn']} of {len(made)} units, "
                    "to be coded in their order"
                )
            needed = study.team.plan()
            how_far = study.team.sample_progress()
        finally:
            study.close()
        summary["needed"] = {f"{r.threshold:g}": int(r.units) for r in needed.itertuples()}
        summary["stages"] = how_far.to_dict("records")
        summary["lines"] += [
            *(
                f"alpha of .{round(r.threshold * 1000):03d} or more takes {r.units} units that two "
                "people code"
                for r in needed.itertuples()
            ),
            *(
                f"{r.stage or 'none fits'}: {r.drawn} drawn of {r.population}, "
                f"{r.coded_by_one} coded by one, {r.coded_by_two} by two"
                for r in how_far.itertuples()
            ),
        ]


@app.command()
def report(
    folder: Folder = Path(),
    formats: Annotated[
        str, typer.Option("--format", help="pdf, pptx, xlsx, png, svg, csv; joined by commas.")
    ] = "",
    notebook: Annotated[
        str, typer.Option("--notebook", help="Only this report: its name, or your own notebook.")
    ] = "",
    parameter: Annotated[
        list[str] | None,
        typer.Option("--parameter", metavar="NAME=VALUE", help="A parameter of the notebook."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder to write into, if not the study's own.")
    ] = None,
    debug: Debug = False,
    as_json: AsJson = False,
) -> None:
    """Write reports of what is coded already: one notebook anew, or other formats."""
    with _answering(debug, as_json) as summary:
        from journeyqual import reports
        from journeyqual.reports import formats as writers
        from journeyqual.study import open_study

        if bool(notebook) == bool(formats):
            raise typer.BadParameter("give either --format or --notebook")
        if parameter and not notebook:
            raise typer.BadParameter("--parameter goes with --notebook")
        if notebook:
            given = dict(_parameter(text) for text in parameter or [])
            written = [
                reports.make_report(folder, template=notebook, parameters=given, out_dir=out)
            ]
        else:
            study = open_study(folder)
            try:
                written = writers.export(
                    study,
                    out or study.folder / "reports",
                    formats=[name.strip() for name in formats.split(",")],
                )
            finally:
                study.close()
        summary["reports"] = [_shown(path) for path in written]
        summary["lines"] = [f"report: {path}" for path in summary["reports"]]


def _parameter(text: str) -> tuple[str, object]:
    """Read NAME=VALUE; a value that is JSON (a number, a list, true) is taken as such."""
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise typer.BadParameter(f"{text!r} is not NAME=VALUE")
    try:
        return name.strip(), json.loads(value)
    except ValueError:
        return name.strip(), value


@app.command()
def evidence(
    folder: Folder = Path(),
    stage: Annotated[str, typer.Option("--stage", help="A stage of the codebook.")] = "",
    figure: Annotated[
        str, typer.Option("--figure", help="A figure's name, as reports show it.")
    ] = "",
    out: Annotated[Path | None, typer.Option("--out", help="File to write (CSV).")] = None,
    debug: Debug = False,
    as_json: AsJson = False,
) -> None:
    """Print the units and the quotes behind a figure."""
    with _answering(debug, as_json) as summary:
        from journeyqual import evidence as opening
        from journeyqual import schema
        from journeyqual.study import open_study

        if bool(stage) == bool(figure):
            raise typer.BadParameter("give either --stage or --figure")
        study = open_study(folder)
        try:
            name = figure or opening.figure("curve", study.stage(stage))
            behind = study.behind(name)
            quotes = study.quotes_of(name)
        finally:
            study.close()
        if out is not None:
            schema.write_csv(behind, out)
        summary["figure"] = name
        summary["units"] = json.loads(behind.to_json(orient="records"))
        summary["quotes"] = json.loads(quotes.to_json(orient="records"))
        people = behind["participant"].nunique()
        summary["lines"] = [
            f"{name}: {len(behind)} units of {people} participant{'s' * (people != 1)}",
            *(
                f"{row.stance}: {row.participant}{_at(row.start_s)}, unit {row.unit_id} "
                f"({schema.signed(row.valence)}): “{row.text}”"
                for row in quotes.itertuples()
            ),
            *(
                f"{row.unit_id}  {row.participant}{_at(row.start_s)}  {schema.signed(row.valence)}"
                f"  {row.text or '(does not agree to be quoted)'}"
                for row in behind.itertuples()
            ),
        ]


def _at(seconds: float) -> str:
    """Return a time code after its comma; nothing where there is none."""
    if seconds != seconds:
        return ""
    whole = int(seconds)
    return f", {whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


@app.command()
def themes(
    folder: Folder = Path(),
    proposed: Annotated[
        bool, typer.Option("--proposed", help="Only those that wait for a person.")
    ] = False,
    scope: Annotated[str, typer.Option("--scope", help="Only those of a stage.")] = "",
    name: Annotated[
        tuple[str, str] | None, typer.Option("--name", metavar="THEME NAME", help="Name one.")
    ] = None,
    accept: Annotated[str, typer.Option("--accept", metavar="THEME", help="Accept one.")] = "",
    reject: Annotated[str, typer.Option("--reject", metavar="THEME", help="Reject one.")] = "",
    merge: Annotated[
        tuple[str, str] | None,
        typer.Option("--merge", metavar="THEME INTO", help="Put one into another."),
    ] = None,
    coder: Annotated[str, typer.Option("--coder", help="Your name as a coder.")] = "",
    debug: Debug = False,
    as_json: AsJson = False,
) -> None:
    """List a study's themes; name, accept, reject or merge one."""
    with _answering(debug, as_json) as summary:
        from journeyqual import schema
        from journeyqual.study import open_study

        study = open_study(folder)
        try:
            if scope not in {"", schema.WHOLE_STUDY, schema.OFF_JOURNEY}:
                scope = study.stage(scope)
            if name:
                study.themes.name(*name, by=coder)
            if accept:
                study.themes.accept(accept, by=coder)
            if reject:
                study.themes.reject(reject, by=coder)
            if merge:
                study.themes.merge(*merge, by=coder)
            table = study.themes.table(status=("proposed",) if proposed else None)
            # Of these nobody is left who agrees to be analysed, or nobody's words stand there now.
            table = table[table["n_units"] > 0].reset_index(drop=True)
            waits = study.themes.reasons()
        finally:
            study.close()
        if scope:
            table = table[table["scope"] == scope]
        summary["themes"] = json.loads(table.to_json(orient="records"))
        summary["lines"] = [
            f"{row.theme}  {row.scope}: {row.name}"
            + ("" if row.named_by else " (suggested)")
            + f", {row.n_units} units of {row.n_participants} people, {row.status}"
            for row in table.itertuples()
        ] or [_no_themes(waits, proposed=proposed, scope=scope)]


def _no_themes(waits: Any, *, proposed: bool, scope: str) -> str:
    """Return why there are none to list, as far as it is known."""
    from journeyqual import schema

    if proposed:
        return "no themes wait"
    why = waits.loc[waits["scope"] == (scope or schema.WHOLE_STUDY), "reason"].tolist()
    return f"no themes yet: {why[0]}" if why else "no themes yet"


# -- tables -------------------------------------------------------------------------------------


@app.command()
def read(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Transcripts.")],
    out: Out,
    debug: Debug = False,
    as_json: AsJson = False,
) -> None:
    """Read transcripts into TURNS; what cannot be read is refused in a line, the others go on."""
    with _answering(debug, as_json) as summary:
        import pandas as pd

        from journeyqual import reading, schema

        parts: list[pd.DataFrame] = []
        notes: list[str] = []
        refused: list[str] = []
        with _progress() as tell:
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
    with _answering(debug, as_json) as summary:
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
    with _answering(debug, as_json) as summary:
        from journeyqual import codebook as books
        from journeyqual import coding, schema

        book = books.load(codebook)
        # Cells come back as they were written, so the table is only looked at, not converted.
        table = schema.read_csv(units, schema.Table(schema.UNITS_IN.name, ()))
        schema.check(table, schema.UNITS_IN, path=units)
        learnt = None
        if tags is not None:
            learnt = coding.check_tags(schema.read_csv(tags, schema.TAGS), book, path=tags)
        with _progress() as tell:
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
    with _answering(debug, as_json) as summary:
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
    with _answering(debug, as_json) as summary:
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


# -- the installation ---------------------------------------------------------------------------


@app.command()
def doctor(debug: Debug = False, as_json: AsJson = False) -> None:
    """Say what is installed, which models, and whether they are intact."""
    with _answering(debug, as_json) as summary:
        from journeyqual import doctor as checks

        found = checks.examine()
        width = max(len(row.what) for row in found)
        summary["checks"] = [row.as_dict() for row in found]
        summary["lines"] = [
            f"{'ok     ' if row.ok else 'MISSING'} {row.what:<{width}}  {row.detail}"
            for row in found
        ]
        summary["refused"] = [f"{r.what}: {r.remedy}" for r in found if not r.ok and r.needed]


__all__ = ["app", "main"]

if __name__ == "__main__":
    main()
