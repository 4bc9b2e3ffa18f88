import io
import zipfile

import docx
import pytest

from journeyqual.errors import InputError
from journeyqual.reading import Limits, read_turns
from tests.reading.made import zipped

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def document(*paragraphs, tables=()):
    made = docx.Document()
    for text in paragraphs:
        made.add_paragraph(text)
    for rows in tables:
        table = made.add_table(len(rows), len(rows[0]))
        for row, cells in zip(table.rows, rows, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def with_body(xml, data=None):
    """The document with its main part's body replaced."""
    parts = zipfile.ZipFile(io.BytesIO(data or document("x")))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in parts.namelist():
            content = parts.read(name)
            made.writestr(name, xml if name == "word/document.xml" else content)
    return out.getvalue()


def body(inner, doctype=""):
    root = f'<w:document xmlns:w="{W}"><w:body>{inner}</w:body></w:document>'
    return f'<?xml version="1.0"?>{doctype}{root}'


def test_paragraphs(said):
    data = document("Title", "SPEAKERS", "Ruth, Maya", "", "Ruth  00:01", "How?\nReally?", "",
                    "Maya\t00:03", "It came\xa0late.", "Very.")  # fmt: skip
    assert said("a.docx", data) == [("Ruth", "How?\nReally?"), ("Maya", "It came late.\nVery.")]


def test_a_paragraph_with_a_line_break_after_the_header(said):
    data = document("Ruth Kessler   0:03\nHow?", "Maya Ode   0:05\nSo.")
    assert said("a.docx", data) == [("Ruth Kessler", "How?"), ("Maya Ode", "So.")]


@pytest.mark.parametrize(
    "rows",
    [
        [["Ruth", "How?"], ["Maya", "So.\nIt was."], ["Ruth", "And?"], ["Maya", "No."]],
        [["00:01", "Ruth:", "How?"], ["00:02", "Maya:", "So.\nIt was."], ["00:03", "Ruth:", "And?"],
         ["00:04", "Maya:", "No."]],
        [["Ruth: How?"], ["Maya: So.\nIt was."], ["Ruth: And?"], ["Maya: No."]],
    ],
)  # fmt: skip
def test_tables(write, rows):
    turns = read_turns(write("a.docx", document("Title", tables=[rows]))).turns
    assert turns[["speaker", "text"]].values.tolist() == [
        ["Ruth", "How?"], ["Maya", "So.\nIt was."], ["Ruth", "And?"], ["Maya", "No."],
    ]  # fmt: skip
    assert turns["start_s"].notna().all() == (len(rows[0]) == 3)


def test_tracked_changes_links_and_content_controls(write):
    inner = """
      <w:sdt><w:sdtContent><w:p><w:r><w:t>Ruth: How?</w:t></w:r></w:p></w:sdtContent></w:sdt>
      <w:p><w:r><w:t xml:space="preserve">Maya: It </w:t></w:r>
        <w:del><w:r><w:delText>never</w:delText></w:r></w:del>
        <w:moveFrom><w:r><w:t>gone</w:t></w:r></w:moveFrom>
        <w:ins><w:r><w:t xml:space="preserve">really </w:t></w:r></w:ins>
        <w:hyperlink><w:r><w:t>came</w:t></w:r></w:hyperlink><w:r><w:t>.</w:t></w:r></w:p>"""
    reading = read_turns(write("a.docx", with_body(body(inner))))
    assert reading.turns["text"].tolist() == ["How?", "It really came."]
    assert "tracked changes read as accepted" in reading.notes


WHOLE = document("Ruth: How?", "Maya: So.")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (WHOLE[: len(WHOLE) // 2], "not a whole Word document"),
        (WHOLE[:-40], "not a whole Word document"),
        (b"Ruth: How?", "not a Word document"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 99, "an old Office file, or one with a password"),
        (b"", "the file is empty"),
        (document("Just words."), "no turns found"),
        (with_body("<not xml"), "part 'word/document.xml' is damaged"),
        (with_body(f'<w:document xmlns:w="{W}"/>'), "without a document's body"),
        (with_body(body("<w:p/>", '<!DOCTYPE x [<!ENTITY e "!">]>')), "document type def"),
        (with_body(body("<w:p/>", "<!DOCTYPE x>").encode("utf-16")),
         "document type definition"),
    ],
)  # fmt: skip
def test_refusals(write, content, message):
    with pytest.raises(InputError, match=message):
        read_turns(write("a.docx", content))


def test_a_zip_that_is_no_document(write):
    with pytest.raises(InputError, match="without a document's body"):
        read_turns(write("a.docx", zipped({"a.txt": "hello"})))


def test_a_zip_bomb_is_not_unpacked(write):
    bomb = zipped({f"{n}.xml": b"0" * 10_000_000 for n in range(3)})
    assert len(bomb) < 100_000
    with pytest.raises(InputError, match="unpacks to over 15 MB or 5,000 parts"):
        read_turns(write("a.docx", bomb))
    with pytest.raises(InputError, match="unpacks to over 15 MB or 2 parts"):
        read_turns(write("a.docx", zipped(dict.fromkeys("abc", "x"))), limits=Limits(parts=2))


def test_a_part_with_a_false_checksum(write):
    at = WHOLE.index(b"word/document.xml") + 40
    broken = WHOLE[:at] + bytes([WHOLE[at] ^ 0xFF]) + WHOLE[at + 1 :]
    with pytest.raises(InputError, match="not a whole Word document"):
        read_turns(write("a.docx", broken))
