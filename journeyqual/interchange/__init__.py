"""Interchange: projects of other programs into a study, and a study out to them.

Every format is read into one neutral `Project` and written from one; none knows another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from journeyqual.errors import InputError, StoreError
from journeyqual.interchange import safe
from journeyqual.interchange.incoming import Report, Tell
from journeyqual.interchange.model import Project
from journeyqual.reading.limits import within
from journeyqual.study import Study

if TYPE_CHECKING:
    from journeyqual.interchange import book
    from journeyqual.interchange.mapping import Meaning
    from journeyqual.interchange.outgoing import Everything

__all__ = ["FORMATS", "Exported", "Project", "Report", "export_study", "import_file", "read_file"]

FORMATS = ("qdpx", "qdc", "xlsx", "csv", "labelstudio")
"""What a study can be exported as."""
CODEBOOK = "REFI-QDA codebook"
"""What a project is called that is a codebook and nothing else."""


@dataclass(frozen=True)
class Exported:
    """What an export wrote, and what the format cannot hold.

    Parameters
    ----------
    path
        The file.
    sources, codings, codes, coders
        How many of each are in it.
    left
        What the study has and the file does not, a line each.
    beside
        Files that were written beside it, and belong to it.
    """

    path: Path
    sources: int
    codings: int
    codes: int
    coders: int
    left: tuple[str, ...]
    beside: tuple[Path, ...] = ()


def read_file(path: str | Path) -> Project:
    """Read another program's file as a neutral project; what it is, its content tells.

    Parameters
    ----------
    path
        A REFI-QDA project or codebook, a QualCoder folder or database, a Taguette database, a
        code export (csv, xlsx) or Label Studio's JSON.

    Raises
    ------
    InputError
        If it is none of these, or damaged.
    """
    path = Path(path)
    if path.is_dir():
        # QualCoder's project is a folder with its database in it.
        path = path / "data.qda"
    suffix = path.suffix.casefold()
    if safe.head_of(path) == safe.SQLITE:
        return _from_database(path)
    if suffix == ".json":
        from journeyqual.interchange import labelstudio

        return labelstudio.read(path, safe.json_of(path))
    if suffix in (".qdpx", ".qde", ".qdc"):
        from journeyqual.interchange import refi_read

        read = refi_read.read_codebook if suffix == ".qdc" else refi_read.read_project
        return read(path)
    if suffix in (".csv", ".tsv", ".txt", ".xlsx", ".xlsm"):
        from journeyqual.interchange import tables

        return tables.read(path, tables.grid(path))
    raise InputError(
        "no project that can be imported", path=path,
        remedy="there is .qdpx, .qdc, QualCoder, Taguette, .csv, .xlsx and Label Studio's .json",
    )  # fmt: skip


def _from_database(path: Path) -> Project:
    from journeyqual.interchange import qualcoder, taguette

    with safe.database(path) as tables:
        if qualcoder.TABLES <= tables.names:
            return qualcoder.read(path, tables)
        if taguette.TABLES <= tables.names:
            return taguette.read(path, tables)
    raise InputError("a database of neither QualCoder nor Taguette", path=path)


def import_file(
    study: Study,
    path: str | Path,
    *,
    map_file: str | Path | None = None,
    skip: Sequence[str] = (),
    into_codebook: bool = False,
    theirs: Sequence[str] = (),
    tell: Tell | None = None,
) -> Report:
    """Take another program's file into a study.

    Parameters
    ----------
    study
        An open study.
    path
        As for `read_file`, or a table of codings (`journeyqual export --format csv`).
    map_file
        Table ``code, dimension, value``: which codes are stages, emotions, steps of valence.
    skip
        Names of sources that stay out.
    into_codebook
        Whether stages and touchpoints of the file go into the study's codebook, as a new version of
        it; without, the report says what would.
    theirs
        Stages of the codebook whose fields the file may overwrite.
    tell
        Told how far it is.

    Raises
    ------
    InputError
        If the file cannot be read.
    ConfigError
        If the codebook is to be changed and cannot be; then nothing is taken in.
    """
    from journeyqual.interchange import codings, incoming, mapping, tables

    path = Path(path)
    with within(study.config.limits):
        given = (
            mapping.load_map(Path(map_file), study.codebook, new=into_codebook)
            if map_file
            else None
        )
        a_table = path.suffix.casefold() in (".csv", ".xlsx") and path.is_file()
        rows = tables.grid(path) if a_table else []
        ours = bool(rows) and codings.is_codings(rows[0])
        project = None if ours else read_file(path)
    if project is None:
        return codings.bring_in(study, rows, path)
    merged = None
    if into_codebook or project.tool in (*incoming.WHOLE, CODEBOOK):
        merged = _merged(study, project, path.name, given or {}, theirs, write=into_codebook)
    report = incoming.bring_in(study, project, given=given, skip=skip, tell=tell)
    if merged is not None:
        report.codebook, report.version = merged.changes, merged.version
        # Codes of a whole project are mostly no stages: nobody asked for them to become some.
        report.asks = merged.asks if into_codebook or project.tool == CODEBOOK else []
    return report


def _merged(
    study: Study, project: Project, origin: str, given: Mapping[str, Meaning],
    theirs: Sequence[str], *, write: bool,
) -> book.Merged:  # fmt: skip
    """Put a project's stages into the study's codebook, or only say what would be put there."""
    from journeyqual import privacy, revision
    from journeyqual.interchange import book, mapping

    text, mark = revision.opened(study.config.codebook_file)
    done = book.merge(
        text, project.codes, mapping.meanings(project.codes, study.codebook, given), origin=origin,
        said=given, theirs=theirs, hide=privacy.pseudonyms(study.names()).apply,
    )  # fmt: skip
    if write and done.changes:
        # What people coded by until now is held against what the codebook says then.
        study.keep_codebook()
        revision.save(study.config.codebook_file, done.text, mark)
        study.codebook = revision.parse(done.text)
        study.keep_codebook()
    return done


def export_study(study: Study, kind: str, out: str | Path) -> Exported:
    """Write a study for another program: the same study, the same bytes.

    Parameters
    ----------
    study
        An open study.
    kind
        One of `FORMATS`.
    out
        The file; it is replaced whole or not at all.

    Raises
    ------
    InputError
        If there is no such format.
    StoreError
        If the file cannot be written.
    """
    from journeyqual.interchange import outgoing

    if kind not in FORMATS:
        raise InputError(f"no format {kind!r}", remedy=f"there is {', '.join(FORMATS)}")
    found = outgoing.everything(study)
    data, left = _WRITERS[kind](found)
    out = Path(out)
    _write(out, data)
    project = found.project
    beside: tuple[Path, ...] = ()
    if kind == "labelstudio":
        from journeyqual.interchange import labelstudio

        beside = (out.with_name(f"{out.stem}.config.xml"),)
        _write(beside[0], labelstudio.config(project))
    number = {"qdc": 0, "csv": len(found.codings), "xlsx": len(found.codings)}
    return Exported(
        out,
        0 if kind == "qdc" else len(project.sources),
        number.get(kind, project.n_codings),
        len(project.codes),
        len(project.users),
        left,
        beside,
    )


def _write(out: Path, data: bytes) -> None:
    half = out.with_name(f".{out.name}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        half.write_bytes(data)
        half.replace(out)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise StoreError(
            f"{out.name} cannot be written ({(error.strerror or 'refused').lower()})"
        ) from error


def _qdpx(found: Everything) -> tuple[bytes, tuple[str, ...]]:
    from journeyqual.interchange import refi_write

    return refi_write.qdpx(found.project), found.left


def _qdc(found: Everything) -> tuple[bytes, tuple[str, ...]]:
    from journeyqual.interchange import refi_write

    project = found.project
    left = [f"{len(project.sources)} interviews, {project.n_codings} codings: a codebook only"]
    if noted := sum(bool(one.notes) for one in project.codes):
        left.append(f"notes on {noted} codes")
    return refi_write.qdc(project), tuple(left)


def _csv(found: Everything) -> tuple[bytes, tuple[str, ...]]:
    from journeyqual.interchange import codings

    project = found.project
    left = ["the codebook and the interviews' texts (export qdpx, too)"]
    if project.notes or project.groups:
        left.append(f"{len(project.notes)} notes, {len(project.groups)} sets")
    left += _themes_left(found)
    return codings.csv_bytes(found), tuple(left)


def _xlsx(found: Everything) -> tuple[bytes, tuple[str, ...]]:
    from journeyqual.interchange import codings

    data, left = codings.workbook(found)
    return data, (*left, "the interviews' texts (export qdpx, too)", *_themes_left(found))


def _themes_left(found: Everything) -> list[str]:
    """Say which units are of which found theme: no coder's word, so in no table of codings."""
    from journeyqual.interchange.mapping import FOUND

    number = sum(c.dimension == FOUND for s in found.project.selections for c in s.codings)
    return [f"which units are of themes that were found ({number}; export qdpx)"] if number else []


def _labelstudio(found: Everything) -> tuple[bytes, tuple[str, ...]]:
    from journeyqual.interchange import labelstudio

    project = found.project
    # Values are labels here, and scores have a place.
    left = [one for one in found.left if "confidence of" not in one and "five steps" not in one]
    for things, what in (
        (project.variables, "attributes of participants"), (project.notes, "notes"),
        (project.groups, "sets"), ([c for c in project.codes if c.definition], "definitions"),
    ):  # fmt: skip
        if things:
            left.append(f"{len(things)} {what}")
    return labelstudio.written(project), tuple(left)


_WRITERS: dict[str, Callable[[Everything], tuple[bytes, tuple[str, ...]]]] = {
    "qdpx": _qdpx,
    "qdc": _qdc,
    "xlsx": _xlsx,
    "csv": _csv,
    "labelstudio": _labelstudio,
}
