"""Files made to do harm: each gives one clear line, in seconds and in the memory allowed."""

import ast
import io
import os
import re
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest

from journeyqual import config
from journeyqual.errors import ConfigError, InputError
from journeyqual.reading import Limits, read_turns
from journeyqual.reading.limits import CEILINGS, from_table
from tests.reading.made import docx, lines, odt, paragraphs, pdf, xlsx, zipped

ROOT = Path(__file__).parents[2]
TALK = docx(paragraphs("Ruth: How?", "Maya: So."))
ENTITIES = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)
OUTSIDE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'


def parts(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("doctype", [ENTITIES, OUTSIDE], ids=["expansion", "external"])
@pytest.mark.parametrize("suffix", ["docx", "odt", "xlsx"])
def test_entities_are_refused_before_anything_is_parsed(write, suffix, doctype):
    if suffix == "docx":
        data = docx(paragraphs("Ruth: &e;", "Maya: &i;"), doctype)
    elif suffix == "odt":
        data = odt("<text:p>Ruth: &e;</text:p>", doctype)
    else:
        kept = parts(xlsx([["speaker", "text"], ["Ruth", "How?"]]))
        for name, content in kept.items():
            kept[name] = content.replace(b"<workbook", doctype.encode() + b"<workbook", 1)
        data = zipped(kept)
    with pytest.raises(InputError, match="a document type definition"):
        read_turns(write(f"a.{suffix}", data))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-7", "cp037"])
def test_a_declaration_cannot_hide_in_another_encoding(write, encoding):
    xml = f'<?xml version="1.0" encoding="{encoding}"?>{OUTSIDE}<x>&e;</x>'
    # Told in plain letters, then written in the encoding, as XML allows.
    head, _, rest = xml.partition("?>")
    data = (head + "?>").encode() + rest.encode(encoding)
    for content in (data, xml.encode(encoding)):
        with pytest.raises(InputError, match=r"unusual encoding|is damaged"):
            read_turns(write("a.docx", zipped({"word/document.xml": content})))


def test_a_name_that_leads_elsewhere_leads_nowhere(write, tmp_path):
    evil = {"../../evil.txt": "x", "/tmp/evil.txt": "x", "..\\evil.txt": "x"}
    read_turns(write("a.docx", zipped({**parts(TALK), **evil})))
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a.docx"]


def test_a_relation_that_leads_out_of_the_archive_finds_no_part(write):
    kept = parts(TALK)
    kept["_rels/.rels"] = kept["_rels/.rels"].replace(b"word/document.xml", b"../../etc/passwd")
    with pytest.raises(InputError, match="without a document's body"):
        read_turns(write("a.docx", zipped(kept)))


def test_a_link_in_an_archive_is_bytes_like_any_other(write):
    out = io.BytesIO(zipped(parts(TALK)))
    with zipfile.ZipFile(out, "a") as archive:
        link = zipfile.ZipInfo("word/comments.xml")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert len(read_turns(write("a.docx", out.getvalue())).turns) == 2


def test_two_parts_of_one_name_are_refused(write):
    out = io.BytesIO(TALK)
    with zipfile.ZipFile(out, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("word/document.xml", "<other/>")
    with pytest.raises(InputError, match="two parts of one name"):
        read_turns(write("a.docx", out.getvalue()))


def test_a_part_that_lies_about_its_size_is_not_read_past_it(write):
    bomb = zipped({**parts(TALK), "word/document.xml": b" " * 1_000_000 + b"<x/>"})
    size = (1_000_004).to_bytes(4, "little")
    assert bomb.count(size) == 2
    with pytest.raises(InputError, match=r"not a whole Word document|is damaged"):
        read_turns(write("a.docx", bomb.replace(size, (200).to_bytes(4, "little"))))


@pytest.mark.parametrize("suffix", ["docx", "odt"])
def test_deep_nesting_is_refused(write, suffix):
    deep = "<w:sdt>" * 5_000 + "</w:sdt>" * 5_000
    data = docx(deep) if suffix == "docx" else odt("<text:span>" * 5_000 + "</text:span>" * 5_000)
    with pytest.raises(InputError, match="is damaged"):
        read_turns(write(f"a.{suffix}", data))


def test_a_sheet_that_claims_a_million_rows_by_sixteen_thousand_columns(write):
    kept = parts(xlsx([["speaker", "text"], ["Ruth", "How?"]]))
    far = (
        b'<dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
        b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    )
    sheet = "xl/worksheets/sheet1.xml"
    kept[sheet] = re.sub(rb"<dimension.*</sheetData>", far, kept[sheet], flags=re.DOTALL)
    with pytest.raises(InputError, match="over 1,000 rows"):
        read_turns(write("a.xlsx", zipped(kept)), limits=Limits(lines=1_000))


@pytest.mark.slow
def test_a_pdf_that_unpacks_to_a_gigabyte(write):
    stream = zlib.compress(zlib.compress(b"0" * 1_000_000_000, 9), 9)
    assert len(stream) < 100_000
    plain = pdf(lines("Ruth: How?"))
    at = plain.index(b"<< /Length")
    end = plain.index(b"endstream")
    head = b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n" % len(stream)
    with pytest.raises(InputError, match="PDF"):
        read_turns(write("a.pdf", plain[:at] + head + stream + b"\n" + plain[end:]))


def test_a_formula_stays_a_cell_of_words(said):
    evil = '=cmd|"/c calc"!A1'
    assert said("a.csv", f'speaker,text\nRuth,How?\nMaya,"{evil.replace(chr(34), chr(34) * 2)}"\n')[
        1
    ] == ("Maya", evil)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has none")
def test_a_pipe_and_a_device_are_no_transcripts(tmp_path):
    os.mkfifo(tmp_path / "a.txt")
    (tmp_path / "b.txt").symlink_to("/dev/zero")
    for name in ("a.txt", "b.txt"):
        with pytest.raises(InputError, match="no such file"):
            read_turns(tmp_path / name)


# -- a study from a stranger -------------------------------------------------------------------


def test_limits_of_a_study(tmp_path):
    (tmp_path / "study.toml").write_text("[limits]\npages = 50\nfile_mb = 5\n")
    assert config.load(tmp_path).limits == Limits(pages=50, file_mb=5)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("pages = 0", "'pages' of .limits. is 0; give a whole number from 1 to 10000"),
        ("pages = true", "is True"),
        ("file_mb = 99999", "give a whole number from 1 to 200"),
        ("colour = 1", "'colour' is no limit of .limits.; there is file_mb"),
    ],
)
def test_a_stranger_s_study_cannot_lift_the_limits(tmp_path, table, message):
    (tmp_path / "study.toml").write_text(f"[limits]\n{table}\n")
    with pytest.raises(ConfigError, match=message):
        config.load(tmp_path)


def test_ceilings_can_be_set(tmp_path):
    assert from_table({"file_mb": CEILINGS.file_mb}).file_mb == 200


@pytest.mark.parametrize("key", ["codebook", "participants", "metrics", "transcripts", "logo"])
@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "link/passwd"])
def test_a_study_cannot_name_files_outside_itself(tmp_path, key, name):
    (tmp_path / "link").symlink_to("/etc")
    table = {"transcripts": "[transcripts]\nfolder", "logo": "[theme]\nlogo"}.get(key, key)
    (tmp_path / "study.toml").write_text(f'{table} = "{name}"\n')
    with pytest.raises(ConfigError, match=r"leads? out of the study"):
        config.load(tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "study.toml", "codebook.toml", "participants.csv", "metrics.csv", "names.csv",
        "transcripts", "store", "cache", "reports", "notebooks", "store/study.sqlite",
        "notebooks/tagging.ipynb", "reports/index.html",
    ],
)  # fmt: skip
def test_no_link_in_a_study_leads_out_of_it(tmp_path, name):
    study, outside = tmp_path / "study", tmp_path / "outside"
    place = study / name
    place.parent.mkdir(parents=True, exist_ok=True)
    (study / "study.toml").write_text("")
    if place.suffix:
        outside.write_text("")
    else:
        outside.mkdir()
    place.unlink(missing_ok=True)
    place.symlink_to(outside)
    with pytest.raises(ConfigError, match="leads out of the study"):
        config.load(study)


def test_a_link_within_a_study_and_one_that_nothing_reads_may_stay(tmp_path):
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "study.toml").write_text("")
    (tmp_path / "study" / "kept").mkdir()
    (tmp_path / "study" / "store").symlink_to(tmp_path / "study" / "kept")
    (tmp_path / "study" / "papers").symlink_to("/etc")
    assert config.load(tmp_path / "study").folder == (tmp_path / "study").resolve()


# -- no pickle, no code from data ----------------------------------------------------------------

PICKLES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "yaml"}
CALLS = {"eval", "exec", "compile", "__import__"}


@pytest.mark.parametrize(
    "path", sorted((ROOT / "journeyqual").rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT))
)
def test_nothing_unpickles_or_runs_text_as_code(path):
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [a.name for a in node.names] + [getattr(node, "module", None) or ""]
            assert not {n.split(".")[0] for n in names} & PICKLES
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                assert node.func.id not in CALLS
            for word in node.keywords:
                if word.arg in {"allow_pickle", "trust_remote_code", "shell"}:
                    assert isinstance(word.value, ast.Constant)
                    assert word.value.value is False
            if isinstance(node.func, ast.Attribute) and node.func.attr in {
                "read_pickle",
                "to_pickle",
            }:
                pytest.fail("a table must never come from a pickle")


def test_no_file_that_is_shipped_is_a_pickle():
    shipped = [p for top in ("journeyqual", "data", "notebooks") for p in (ROOT / top).rglob("*")]
    for path in shipped:
        if path.is_file() and path.suffix != ".pyc":
            assert path.suffix not in {".pkl", ".pickle", ".joblib", ".npy", ".npz", ".bin", ".pt"}
            with path.open("rb") as file:
                assert file.read(2) not in {b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"}, (
                    path
                )


def test_reading_a_transcript_loads_no_pickle_of_ours_and_opens_no_connection(write):
    path = write("a.docx", TALK)
    code = f"""
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(event) if event in
    {{"pickle.find_class", "socket.connect", "socket.getaddrinfo"}} else None)
from journeyqual.reading import read_turns
read_turns({str(path)!r})
print(opened)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_a_study_folder_holds_is_never_imported(tmp_path):
    """Python's own flag keeps a stranger's pandas.py out of JupyterLab, its kernels and reports."""
    from journeyqual.reports.kernel import environment

    (tmp_path / "colorsys.py").write_text("print('owned')")
    env = {**os.environ, **environment(tmp_path)}
    ask = [sys.executable, "-m", "colorsys"]
    plain = {k: v for k, v in os.environ.items() if k != "PYTHONSAFEPATH"}
    first, then = (
        subprocess.run(ask, cwd=tmp_path, env=e, capture_output=True, text=True, check=True).stdout
        for e in (plain, env)
    )
    # The test can fail: without the flag it is imported.
    assert (first, then) == ("owned\n", "")


def test_jupyterlab_is_started_so(tmp_path, monkeypatch):
    from journeyqual import lab

    seen = {}

    class Server:
        def __init__(self, command, **given):
            seen.update(given)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def wait(self):
            return 0

    monkeypatch.setattr(lab.subprocess, "Popen", Server)
    lab.open_lab(tmp_path / "notebooks" / "tagging.ipynb", browser=False)
    assert seen["env"]["PYTHONSAFEPATH"] == "1"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("pytorch_model.bin", "x"),
        ("modeling.py", "x"),
        ("modules.json", '[{"idx": 0, "type": "evil.Module", "path": ""}]'),
    ],
)
def test_an_encoder_with_code_in_it_is_refused(tmp_path, name, content):
    from journeyqual.errors import ModelError
    from journeyqual.models.encoder import FolderEncoder

    (tmp_path / "config.json").write_text("{}")
    (tmp_path / name).write_text(content)
    with pytest.raises(ModelError, match="could run as code"):
        FolderEncoder(tmp_path)
