"""Files from strangers: refused in one line, nothing opened that they point to."""

import json
import sqlite3
import zipfile

import pytest

from journeyqual.errors import ConfigError, InputError
from journeyqual.interchange import import_file, read_file
from journeyqual.reading.limits import Limits, within
from journeyqual.study import open_study
from tests.interchange.made import TALK, WORDS, archive, fresh, project, simple, text_source

pytestmark = pytest.mark.slow

BOMB = """<?xml version="1.0"?><!DOCTYPE Project [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>
<Project xmlns="urn:QDA-XML:project:1.0" name="&c;"/>"""


@pytest.mark.parametrize(
    "xml",
    [
        BOMB,
        '<!DOCTYPE P [<!ENTITY x SYSTEM "file:///etc/passwd">]><Project name="&x;"/>',
        "<Project><unclosed></Project>",
        "<" * 10_000,
        "<a>" * 100_000,
        "<Project/>"[:-2],
        "",
    ],
)
def test_entities_and_broken_xml_are_refused(tmp_path, xml):
    with pytest.raises(InputError):
        read_file(archive(tmp_path / "p.qdpx", xml, {}))


@pytest.mark.parametrize(
    "path",
    [
        "internal://../../../etc/passwd",
        "absolute:///etc/passwd",
        "relative:///../secret.txt",
        "file:///etc/passwd",
        "http://127.0.0.1:9/x.txt",
    ],
)
def test_no_path_leads_out_of_the_archive(tmp_path, path):
    (tmp_path / "secret.txt").write_text("secret")
    found = read_file(archive(tmp_path / "p.qdpx", project(text_source(path=path)), {}))
    assert found.sources == ()
    assert "its text is not in the file" in found.refused[0]


def test_a_link_in_an_archive_is_bytes_and_leads_nowhere(tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    path = archive(tmp_path / "p.qdpx", project(text_source()), {})
    link = zipfile.ZipInfo(f"Sources/{TALK}.txt")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(path, "a") as out:
        out.writestr(link, str(tmp_path / "secret.txt"))
    found = read_file(path)
    assert found.sources[0].text == str(tmp_path / "secret.txt")


def test_two_parts_of_one_name_are_refused(tmp_path):
    path = simple(tmp_path / "p.qdpx", "")
    with zipfile.ZipFile(path, "a") as out:
        out.writestr(f"sources/{TALK}.TXT", "other words")
    with pytest.raises(InputError, match="two parts of one name"):
        read_file(path)


def test_an_encrypted_archive_is_refused(tmp_path):
    path = simple(tmp_path / "p.qdpx", "")
    data = bytearray(path.read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        data[at + place] |= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match="encrypted"):
        read_file(path)


def test_a_codebook_cannot_write_what_it_likes_into_ours(tmp_path):
    from journeyqual import revision
    from journeyqual.interchange import book
    from journeyqual.interchange.mapping import meanings
    from journeyqual.interchange.model import Code

    ours = '[[stage]]\nname = "buying"\n'
    evil = 'x"\n[store]\nurl = "http://127.0.0.1"\n# \'\'\' """'
    top = Code("t", "Stages", codable=False)
    codes = (top, Code("e", evil, "t", definition=f"Owner: {evil}\n{evil}"))
    done = book.merge(ours, codes, meanings(codes, revision.parse(ours)), origin=evil)
    after = revision.parse(done.text)
    assert [stage.name for stage in after.stages] == ["buying", " ".join(evil.split())]
    assert evil.splitlines()[1] in after.stages[1].definition


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path):
    path = archive(tmp_path / "p.qdpx", project(text_source()), {f"{TALK}.txt": "a" * 2_000_000})
    assert path.stat().st_size < 20_000
    lines = {"project_part_mb": "a part unpacks to over 1 MB", "project_unpacked_mb": "unpacks to"}
    for name, line in lines.items():
        with within(Limits(**{name: 1})), pytest.raises(InputError, match=f"{line}.*raise {name} "):
            read_file(path)
    assert len(read_file(path).sources) == 1


def test_a_study_sets_what_a_project_may_take(tmp_path):
    folder = tmp_path / "study"
    fresh(folder).close()
    path = archive(tmp_path / "p.qdpx", project(text_source()), {f"{TALK}.txt": "a" * 2_000_000})
    toml = folder / "study.toml"
    written = toml.read_text(encoding="utf-8")
    toml.write_text(f"{written}\n[limits]\nproject_part_mb = 1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"raise project_part_mb under .limits. in study.toml"):
        import_file(open_study(folder), path)
    toml.write_text(f"{written}\n[limits]\nproject_part_mb = 2_000\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="give a whole number from 1 to 1000"):
        open_study(folder)


def test_a_file_over_the_limit_is_refused_unread(tmp_path):
    path = simple(tmp_path / "p.qdpx", "")
    path.write_bytes(path.read_bytes() + bytes(1_100_000))
    with within(Limits(project_mb=1)), pytest.raises(InputError, match=r"over 1 MB.*project_mb"):
        read_file(path)


def test_an_archive_of_too_many_parts_is_refused(tmp_path):
    path = archive(tmp_path / "p.qdpx", project(""), {f"{n}.txt": "" for n in range(4)})
    refused = pytest.raises(InputError, match=r"more than 3 parts.*raise project_parts")
    with within(Limits(project_parts=3)), refused:
        read_file(path)
    with within(Limits(project_parts=5)):
        assert read_file(path).sources == ()


def test_a_damaged_part_and_a_cut_archive_are_refused(tmp_path):
    path = simple(tmp_path / "p.qdpx", "")
    data = bytearray(path.read_bytes())
    (tmp_path / "cut.qdpx").write_bytes(data[:-30])
    data[60] ^= 255
    path.write_bytes(data)
    for one in (path, tmp_path / "cut.qdpx"):
        with pytest.raises(InputError):
            read_file(one)


def test_codes_nested_without_end_are_refused(tmp_path):
    code = '<Code guid="cccccccc-0000-4000-8000-000000000001" name="c" isCodable="true">'
    deep = f"<CodeBook><Codes>{code * 80}{'</Code>' * 80}</Codes></CodeBook>"
    with pytest.raises(InputError, match="nested more than"):
        read_file(simple(tmp_path / "p.qdpx", "", codes=deep))


def test_codes_that_hang_under_each_other_are_no_endless_loop(tmp_path):
    from journeyqual.interchange.mapping import path
    from journeyqual.interchange.model import Code

    known = {"a": Code("a", "A", "b"), "b": Code("b", "B", "a")}
    assert path(known["a"], known) == "B > A"


@pytest.mark.parametrize("name", ["x.qda", "x.sqlite3"])
def test_a_database_that_is_none_is_refused(tmp_path, name):
    (tmp_path / name).write_bytes(b"SQLite format 3\x00" + b"\xff" * 200)
    with pytest.raises(InputError):
        read_file(tmp_path / name)


def test_a_view_in_a_database_is_never_read(tmp_path):
    base = sqlite3.connect(tmp_path / "x.qda")
    base.execute("create view source as select load_extension('x') as id")
    base.execute("create table code_text (cid)")
    base.execute("create table code_name (cid)")
    base.commit()
    base.close()
    with pytest.raises(InputError, match="neither QualCoder nor Taguette"):
        read_file(tmp_path / "x.qda")


@pytest.mark.parametrize(
    "content", ["[" * 100_000, '{"a": 1}', "[1, 2]", '[{"data": 3}]', "", b"\xff\xfe\x3d\xd8"]
)
def test_json_that_is_no_task_list_is_refused(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError):
        read_file(path)


def test_strange_values_in_tasks_are_left_or_told(tmp_path):
    value = {"start": -3, "end": 10**400, "labels": ["x"]}
    region = {"type": "labels", "value": value, "from_name": None, "meta": 7}
    task = {"data": {"text": WORDS}, "annotations": [{"result": [region, 4]}, 7, {"result": "x"}]}
    path = tmp_path / "x.json"
    path.write_text(json.dumps([task]))
    found = read_file(path)
    assert found.n_codings == 0
    assert found.refused == ("task-1: 1 coding beyond the end of its text",)


def test_a_workbook_bomb_is_refused(tmp_path):
    path = tmp_path / "x.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("xl/worksheets/sheet1.xml", "<a/>" * 5_000_000)
    with pytest.raises(InputError, match="unpack"):
        read_file(path)


def test_what_is_no_project_says_what_there_is(tmp_path):
    (tmp_path / "x.docx").write_text("hello")
    with pytest.raises(InputError, match=r"there is \.qdpx"):
        read_file(tmp_path / "x.docx")
    with pytest.raises(InputError, match="there is no such file"):
        read_file(tmp_path / "none.qdpx")
