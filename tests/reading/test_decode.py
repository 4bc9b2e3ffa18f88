import pytest

from journeyqual.errors import InputError
from journeyqual.reading.decode import read_text
from journeyqual.reading.limits import Limits, within

TALK = "Ruth: How much was it?\r\nZoë: 129 £, “naïve” of me.\rRuth: Hm.\n"
PLAIN = TALK.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize(
    ("encoding", "note"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("utf-16", None),
        ("utf-32", None),
        ("utf-16-le", "UTF-16-LE"),
        ("utf-16-be", "UTF-16-BE"),
        ("cp1252", "Windows-1252"),
    ],
)
def test_encodings(write, encoding, note):
    text, notes = read_text(write("a.txt", TALK, encoding))
    assert text == PLAIN
    assert [note in n for n in notes] == ([True] if note else [])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "a.txt: the file is empty"),
        (b"\xef\xbb\xbf \n\n", "the file is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "binary, not text"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "binary, not text"),
        (b"a\x00b" * 50, "binary, not text"),
        (bytes(range(128, 160)) * 9, "binary, not text"),
        (b"ok \x01\x02\x03", "binary, not text"),
        (b"%PDF-1.7 words", "this is a PDF file; give it the suffix"),
        (b"PK\x03\x04rest", "zip archive"),
        (b"{\\rtf1 words}", "an RTF file"),
        ("Zoë: naïve café\nZoë: é".encode()[:-1], "line 2: UTF-8 text with damaged bytes"),
        ("\ufeffRuth: hm\n".encode("utf-16-le") + b"x", "UTF-16-LE text with damaged bytes"),
    ],
)
def test_what_is_no_text_is_refused(write, content, message):
    with pytest.raises(InputError, match=message):
        read_text(write("a.txt", content))


def test_a_stray_control_character_is_no_reason_to_refuse(write):
    text, _ = read_text(write("a.txt", "words " * 50 + "\x1b"))
    assert text.startswith("words")


def test_characters_lost_before_are_said(write):
    assert "2 characters were lost" in read_text(write("a.txt", "na�ve caf�"))[1][0]


def test_a_file_over_a_limit_is_refused(write):
    with within(Limits(file_mb=1)), pytest.raises(InputError, match="over 1 MB"):
        read_text(write("a.txt", b"x" * 1_000_001))
    with within(Limits(lines=3)), pytest.raises(InputError, match="over 3 lines"):
        read_text(write("a.txt", "x\n" * 4))


def test_no_file_and_a_folder(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        read_text(tmp_path / "gone.txt")
    with pytest.raises(InputError, match="a folder"):
        read_text(tmp_path)
