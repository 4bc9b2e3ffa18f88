import pytest

from journeyqual.errors import InputError
from journeyqual.reading import read_turns
from tests.reading.made import odt, zipped


def p(text):
    return f"<text:p>{text}</text:p>"


def test_paragraphs_lists_blanks_and_breaks(said):
    inner = (
        "<text:tracked-changes><text:changed-region><text:deletion>" + p("Ruth: gone")
        + "</text:deletion></text:changed-region></text:tracked-changes>"
        + "<text:h>Interview</text:h>"
        + p('<text:span>Ruth:<text:s text:c="2"/></text:span>How\n   was it?')
        + "<text:list><text:list-item>" + p("Maya: It<text:tab/>came<text:line-break/>late."
        + "<text:note><text:note-body>" + p("a footnote") + "</text:note-body></text:note>")
        + "</text:list-item></text:list>" + p("Ruth: And?") + p("Maya: So.")
    )  # fmt: skip
    assert said("a.odt", odt(inner)) == [
        ("Ruth", "How was it?"), ("Maya", "It came\nlate."), ("Ruth", "And?"), ("Maya", "So."),
    ]  # fmt: skip


def test_a_table(write):
    def row(*cells):
        made = "".join(f"<table:table-cell>{p(c)}</table:table-cell>" for c in cells)
        return f"<table:table-row>{made}</table:table-row>"

    inner = f"<table:table>{row('0:03', 'Ruth', 'How?')}{row('0:09', 'Maya', 'So.')}</table:table>"
    turns = read_turns(write("a.odt", odt(inner))).turns
    assert turns[["speaker", "text", "start_s"]].values.tolist() == [
        ["Ruth", "How?", 3.0], ["Maya", "So.", 9.0],
    ]  # fmt: skip


def test_tracked_changes_are_said(write):
    inner = "<text:tracked-changes/>" + p("Ruth: How?") + p("Maya: So.")
    assert "tracked changes read as accepted" in read_turns(write("a.odt", odt(inner))).notes


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"Ruth: How?", "not an OpenDocument text"),
        (zipped({"a.txt": "x"}), "without a text's body"),
        (odt(p("Just words.")), "no turns found"),
        (odt("<text:p>"), "part 'content.xml' is damaged"),
        (odt(p("x") * 3, **{"META-INF/manifest.xml": "<manifest:encryption-data/>"}),
         "a document with a password"),
        (odt("<text:span>" * 300 + "</text:span>" * 300), "part 'content.xml' is damaged"),
    ],
)  # fmt: skip
def test_refusals(write, content, message):
    with pytest.raises(InputError, match=message):
        read_turns(write("a.odt", content))


def test_blanks_beyond_belief(said):
    inner = p('Ruth: a<text:s text:c="999999999999"/>b') + p("Maya: So.")
    assert said("a.odt", odt(inner))[0] == ("Ruth", "a b")
