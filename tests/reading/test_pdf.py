import pytest

from journeyqual.errors import InputError
from journeyqual.reading import Limits, read_turns
from tests.reading.made import lines, pdf

LONG = "It came late and I had been waiting at the door since eight in the"


def test_numbered_paragraphs_and_wrapped_lines(said):
    page = [
        (60, 790, "Interview"),
        (60, 760, "Ruth: How was it?"), (30, 760, "2"),
        (60, 730, f"Maya: {LONG}"), (30, 730, "3"),
        (60, 716, "morning."),
        (60, 686, "Ruth: And?"), (30, 686, "4"),
        (30, 790, "1"),
        (540, 20, "1/2"),
    ]  # fmt: skip
    second = [(60, 800, "Maya: Well-"), (60, 786, "made."), (30, 800, "5"), (540, 20, "2/2")]
    assert said("a.pdf", pdf(page, second)) == [
        ("Ruth", "How was it?"),
        ("Maya", f"{LONG} morning."),
        ("Ruth", "And?"),
        ("Maya", "Well-made."),
    ]


def test_without_numbers_a_line_that_was_full_goes_on_and_a_short_one_ends(write):
    page = lines("Ruth: How was it?", f"Maya: {LONG}", "morning. Then it rained.", "Nothing more.",
                 "", "Ruth: And?", f"Maya: {LONG}", "Ruth: Thank you.")  # fmt: skip
    reading = read_turns(write("a.pdf", pdf(page)))
    assert reading.turns[["speaker", "text"]].values.tolist() == [
        ["Ruth", "How was it?"],
        ["Maya", f"{LONG} morning. Then it rained.\nNothing more."],
        ["Ruth", "And?"],
        # A name that is known begins a turn, however full the line above.
        ["Maya", LONG],
        ["Ruth", "Thank you."],
    ]


def test_a_turn_goes_on_over_the_page_and_its_heads_stay_out(write):
    pages = [
        [(60, 820, "Study of bikes 2026"), *lines(*words), (280, 20, f"Page {n} of 3")]
        for n, words in enumerate(
            [("Ruth: How?", f"Maya: {LONG}"), ("morning.", "Ruth: And?"), ("Maya: So.",)], 1
        )
    ]
    reading = read_turns(write("a.pdf", pdf(*pages)))
    assert reading.turns["text"].tolist() == ["How?", f"{LONG} morning.", "And?", "So."]
    assert reading.notes[0] == "6 running heads and page numbers left out"


def test_numbers_of_lines_are_not_numbers_of_paragraphs(said):
    words = ["Ruth: How was it?", f"Maya: {LONG}", "morning and nobody came to say a word about it",
             "Ruth: And?", f"Maya: {LONG}", "morning again."]  # fmt: skip
    page = lines(*words) + [(30, 800 - 14 * at, str(at + 1)) for at in range(len(words))]
    assert [speaker for speaker, _ in said("a.pdf", pdf(page))] == ["Ruth", "Maya", "Ruth", "Maya"]


def test_a_time_and_a_name_in_columns(write):
    rows = [("00:03", "Ruth", "How was it?"), ("00:09", "Maya", "Late."), ("00:12", "Ruth", "And?")]
    page = [
        cell
        for at, (time, name, words) in enumerate(rows)
        for cell in ((60, 780 - 30 * at, f"[{time}] {name}: {words}"),)
    ]
    turns = read_turns(write("a.pdf", pdf(page))).turns
    assert turns["start_s"].tolist() == [3, 9, 12]


def test_what_lies_off_the_page_is_not_read(said):
    page = [*lines("Ruth: How?", "Maya: So."), (60, -300, "Ruth: Not here.")]
    assert len(said("a.pdf", pdf(page))) == 2


WHOLE = pdf(lines("Ruth: How?", "Maya: So."))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"Ruth: How?", "a.pdf: not a PDF"),
        (b"%PDF-1.4 and nothing more", "not a whole PDF"),
        (pdf([]), "no words in this PDF, only pictures of pages"),
        (pdf(lines("Just words.")), "no turns found"),
        (WHOLE.replace(b"/Root 1 0 R", b"/Root 1 0 R /Encrypt << /Filter /Standard /V 1 /R 2 "
         b"/O (" + b"x" * 32 + b") /U (" + b"y" * 32 + b") /P -4 >> /ID [(a) (a)]"),
         "a PDF with a password"),
    ],
)  # fmt: skip
def test_refusals(write, content, message):
    with pytest.raises(InputError, match=message):
        read_turns(write("a.pdf", content))


def test_too_many_pages(write):
    with pytest.raises(InputError, match="over 2 pages; if it is one, raise pages"):
        read_turns(write("a.pdf", pdf([], [], [])), limits=Limits(pages=2))


def test_time_is_contained(write, monkeypatch):
    from journeyqual.reading import contained

    monkeypatch.setattr(contained, "_START_S", -0.99)
    with pytest.raises(InputError, match="takes over 1 seconds to read"):
        read_turns(write("a.pdf", WHOLE), limits=Limits(seconds=1))
