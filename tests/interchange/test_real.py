"""The public projects: every coding on its words, checked here by other means than the import's."""

import re
import sqlite3
from collections import Counter
from html import unescape

import pytest

from journeyqual.interchange import export_study, import_file, read_file
from tests.interchange.made import archive, fresh, placed

pytestmark = pytest.mark.shared

HEADER = re.compile(r"^[A-Za-z0-9 ]{1,30}\s+(?:\d+:)?\d+:\d{2}\s*$", re.MULTILINE)


def spoken(text, people):
    """Return the letters of a passage without names of speakers and their times."""
    # A passage may begin in the middle of a time.
    text = HEADER.sub("", re.sub(r"\A[\d:]{1,4}\s*\n", "", text))
    for name in people:
        text = re.sub(rf"^{re.escape(name)}: ", "", text, flags=re.MULTILINE)
    return re.sub(r"\W|Interviewer", "", text.replace("Sara Mannheimer", "").replace("Sara", ""))


def stored(study):
    """Return ``letters, code`` of every coding, counted."""
    people = {"Interviewer", *study.store.turns()["speaker"].unique()} - {""}
    return Counter((spoken(words, people), value) for words, _, value, _ in placed(study))


def test_qualcoder_753_of_753_on_the_right_words(tmp_path, shared):
    path = shared / "interchange" / "qualcoder" / "data.qda"
    study = fresh(tmp_path / "s")
    report = import_file(study, path)
    found = stored(study)
    study.close()
    base = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    rows = base.execute("select seltext, name from code_text join code_name using (cid)").fetchall()
    base.close()
    expected = Counter((spoken(words, []), name) for words, name in rows)
    assert report.refused == []
    assert (report.found, report.added, len(report.interviews)) == (753, 753, 30)
    assert sum((found & expected).values()) == 753


@pytest.mark.model
def test_taguette_with_names_found_by_the_network_each_coding_still_holds_its_words(
    tmp_path, shared
):
    study = fresh(tmp_path / "s", detector="presidio")
    report = import_file(study, shared / "interchange" / "taguette" / "project.sqlite3")
    found = [words for words, *_ in placed(study)]
    study.close()
    plain = fresh(tmp_path / "plain")
    import_file(plain, shared / "interchange" / "taguette" / "project.sqlite3")
    expected = [words for words, *_ in placed(plain)]
    plain.close()
    assert (report.added, report.refused) == (24, [])
    # What was found stands as [person], [place] …; all other words are the same ones.
    for words in found:
        parts = re.split(r"\[[a-z -]+\]", words)
        pattern = re.compile(".{1,90}?".join(map(re.escape, parts)), re.DOTALL)
        assert any(pattern.fullmatch(one) for one in expected), words


def test_taguette_18_of_18_on_the_right_words(tmp_path, shared):
    path = shared / "interchange" / "taguette" / "project.sqlite3"
    study = fresh(tmp_path / "s")
    report = import_file(study, path)
    found = {letters for letters, _ in stored(study)}
    study.close()
    base = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    snippets = [unescape(re.sub("<[^>]+>", "", r[0])) for r in base.execute(
        "select snippet from highlights")]  # fmt: skip
    base.close()
    assert (report.found, report.added, report.refused) == (24, 24, [])
    assert sum(spoken(one, []) in found for one in snippets) == len(snippets) == 18


def test_atlas_ti_all_that_a_study_can_hold_or_told(tmp_path, shared):
    path = shared / "interchange" / "refi" / "atlasti_standard" / "TestProject.qdpx"
    study = fresh(tmp_path / "s")
    report = import_file(study, path)
    # The archive holds no text at all: each source is told with its codings.
    assert len(report.refused) == 8
    assert len(study.store.imported.all("note")) == 2
    assert len(study.store.imported.all("set")) == 16
    export_study(study, "qdpx", tmp_path / "out.qdpx")
    study.close()
    out = read_file(tmp_path / "out.qdpx")
    names = {one.name for one in out.codes}
    assert {"happiness", "Coke::diet Coke", '"rushed"', "bacon and eggs"} <= names
    assert len(out.groups) == 16


def test_atlas_ti_with_its_texts_every_coding_of_them_comes_in(tmp_path, shared):
    folder = shared / "interchange" / "refi" / "atlasti_standard"
    xml = (folder / "Project.qde").read_text(encoding="utf-8")
    texts = {}
    for source in re.findall(r"<TextSource .*?(?:</TextSource>|/>)", xml, flags=re.DOTALL):
        name = re.search(r'plainTextPath="internal://([^"]+)"', source)[1]
        text = list("word " * 200)
        # The texts are not public: what the project shows of them is put where it stood.
        for start, shown in re.findall(
            r'<PlainTextSelection startPosition="(\d+)".*?name="([^"…]{30,})…?"', source
        ):
            text[int(start) : int(start) + len(unescape(shown))] = unescape(shown)
        texts[name] = "".join(text)
    study = fresh(tmp_path / "s")
    report = import_file(study, archive(tmp_path / "p.qdpx", xml, texts))
    coded = placed(study)
    study.close()
    assert report.found == report.added == 7
    assert (
        "Oh, that was great. See you tomorrow? Eleven thirty. Mm.", "theme", "Coke::diet Coke",
        "human:friedrich-markgraf",
    ) in coded  # fmt: skip


def test_what_goes_out_obeys_the_standards_own_schemas(tmp_path, shared):
    from lxml import etree

    folder = shared / "interchange" / "refi"
    study = fresh(tmp_path / "s")
    import_file(study, shared / "interchange" / "taguette" / "project.sqlite3")
    for kind, schema in (("qdpx", "Project.xsd"), ("qdc", "Codebook.xsd")):
        out = tmp_path / f"out.{kind}"
        export_study(study, kind, out)
        data = out.read_bytes()
        if kind == "qdpx":
            from tests.interchange.made import parts

            data = parts(data)["project.qde"]
        etree.XMLSchema(etree.parse(str(folder / schema))).assertValid(etree.fromstring(data))
    study.close()
