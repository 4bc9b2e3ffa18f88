"""At the door: nothing asks the network, files called by a person get another id, and names and
raw bytes are nowhere in a study but where the researcher put them.
"""

import hashlib
import subprocess
import sys
import textwrap

import pytest

from journeyqual import open_study, runs
from journeyqual.erasure.words import views
from journeyqual.privacy import Detector, pseudonyms, without_name
from journeyqual.privacy.detect import DETECTORS
from tests.small_study import CODEBOOK
from tests.test_privacy import talk


@pytest.mark.model
def test_the_detector_works_where_no_socket_can_be_opened():
    """A real run of it, in a process in which the network is an error."""
    code = """
    import socket
    def refused(*_, **__):
        raise AssertionError("the network was asked")
    socket.socket.connect = socket.socket.connect_ex = socket.create_connection = refused
    socket.getaddrinfo = socket.gethostbyname = refused
    from journeyqual.privacy import Detector
    text = "My husband Martin Keller rang from Leeds, on jo@acme.org."
    print(sorted({text[f.start:f.end] for f in Detector("presidio").heard([text]).places(text)}))
    try:
        socket.create_connection(("127.0.0.1", 9))
    except AssertionError:
        print("blocked")
    """
    out = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
    assert out.returncode == 0, out.stderr
    assert "Martin Keller" in out.stdout
    assert "jo@acme.org" in out.stdout
    assert out.stdout.endswith("blocked\n")


# -- what is hidden, and what stands there then ----------------------------------------------------


def hidden(*texts, names=None, keep=(), speakers=("P01", "participant")):
    from journeyqual.privacy import pseudonymise

    turns = talk(*((*speakers, text) for text in texts))
    done = pseudonymise(turns, names or {}, detector=Detector("presidio", tuple(keep)))
    return done["text"].tolist()


@pytest.mark.model
def test_a_name_found_once_is_hidden_throughout_the_interview_in_possessives_too():
    first, second = hidden(
        "My husband Martin Keller chose it.", "Then Martin's car and Keller’s bike broke down."
    )
    assert first == "My husband [name] chose it."
    assert second == "Then [name]'s car and [name]’s bike broke down."


@pytest.mark.model
def test_the_same_words_are_hidden_the_same_way_in_two_interviews():
    text = "My sister Amelia Brandt lives in Leeds and mails a.brandt@mail.example."
    assert hidden(text) == hidden(text)
    assert hidden(text, "And then?")[0] == hidden(text)[0]


@pytest.mark.model
def test_what_the_study_keeps_is_not_hidden():
    assert "Martin" not in hidden("My husband Martin came.")[0]
    assert hidden("My husband Martin came.", keep=["martin"]) == ["My husband Martin came."]


@pytest.mark.model
def test_where_a_listed_name_and_a_found_one_overlap_the_list_says_what_stands_there():
    names = {"Martin": "[husband]"}
    assert hidden("My husband Martin Keller came.", names=names) == ["My husband [husband] came."]
    mail = "Write to martin@acme.org, please."
    assert hidden(mail, names=names) == ["Write to [e-mail], please."]


@pytest.mark.model
@pytest.mark.parametrize("before", ["", "🙂🙂 ", "e\u0301e\u0301 ", "👩‍👩‍👧 café – "])
def test_places_are_counted_in_code_points_whatever_stands_before_them(before):
    text = f"{before}my husband Martin Keller rang from jo@acme.org 🙂."
    found = Detector("presidio").heard([text]).places(text)
    assert [text[f.start : f.end] for f in found] == ["Martin Keller", "jo@acme.org"]
    hide = pseudonyms({"Martin Keller": "[husband]"})
    assert hide.apply(text) == text.replace("Martin Keller", "[husband]")


# -- files that are called by a person -------------------------------------------------------------


@pytest.mark.parametrize(
    ("stem", "left"),
    [
        ("Maria Lopez", "X"),
        ("maria_lopez-2026-03-04", "X-2026-03-04"),
        ("MariaLopez", "X"),
        ("MARIA LOPEZ (final)", "X (final)"),
        ("interview-anna", "interview-X"),
        ("José de la Cruz", "X"),
        ("Kessler", "X"),
        ("P01", "P01"),
        ("P01_2026-03-04", "P01_2026-03-04"),
        ("interview 3 sales", "interview 3 sales"),
        ("may-checkout", "may-checkout"),
        ("b2b-pilot_Q3", "b2b-pilot_Q3"),
        ("2026-03-04", "2026-03-04"),
        ("", ""),
    ],
)
def test_a_name_in_a_files_stem(stem, left):
    assert without_name(stem, "X") == left


def test_a_kept_word_is_no_name_in_a_stem():
    assert without_name("anna-2026", "X", keep=["Anna"]) == "anna-2026"


OWN = {"names.csv", "study.toml"}
"""What the researcher writes, who asks by name among it."""
WORDS = "P01: I bought the bicycle in spring, and it broke down during the very first week.\n"


@pytest.fixture
def folder(tmp_path, seen):
    (tmp_path / "transcripts").mkdir()
    (tmp_path / "study.toml").write_text('[privacy]\ndetector = "presidio"\n')
    (tmp_path / "codebook.toml").write_text(CODEBOOK)
    return tmp_path


def read(folder):
    """Run the study without reports; return ids, participants and texts."""
    study = open_study(folder)
    try:
        done = runs.run(study, report=False)
        rows = study.store.interviews()
        texts = study.store.texts(rows["interview"].tolist())
        return done, dict(zip(rows["interview"], rows["participant"], strict=True)), texts
    finally:
        study.close()


@pytest.mark.model
@pytest.mark.parametrize("label", ["P01", "Maria Lopez", "Participant"])
def test_a_file_called_by_a_person_gets_an_id_that_stays(folder, label):
    path = folder / "transcripts" / "Maria Lopez.txt"
    path.write_text(WORDS.replace("P01", label))
    done, people, _ = read(folder)
    (name,) = people
    assert done.refused == []
    assert name.startswith("participant-")
    assert people[name] == name
    assert read(folder)[1] == people
    path.write_text(WORDS.replace("P01", label).replace("spring", "early spring"))
    done, again, texts = read(folder)
    assert done.corrected == [name]
    assert again == people
    assert not any("lopez" in text.casefold() for text in texts.values())


@pytest.mark.model
def test_what_was_stored_under_a_name_before_keeps_its_id(folder):
    (folder / "study.toml").write_text('[privacy]\ndetector = "list"\n')
    path = folder / "transcripts" / "Maria Lopez.txt"
    path.write_text(WORDS)
    assert list(read(folder)[1]) == ["Maria Lopez"]
    (folder / "study.toml").write_text('[privacy]\ndetector = "presidio"\n')
    path.write_text(WORDS.replace("spring", "autumn"))
    done, people, _ = read(folder)
    assert (done.corrected, list(people)) == (["Maria Lopez"], ["Maria Lopez"])


@pytest.mark.model
def test_the_list_says_what_a_file_is_called(folder):
    (folder / "names.csv").write_text("name,pseudonym\nMaria Lopez,P07\n")
    (folder / "transcripts" / "maria-lopez_2026-03-04.txt").write_text(WORDS.replace("P01", "X"))
    assert read(folder)[1] == {"P07_2026-03-04": "P07_2026-03-04"}


@pytest.mark.model
def test_an_owner_in_study_toml_is_whose_interview_it_is(folder):
    owners = '[transcripts.participants]\n"Maria Lopez.txt" = "P07"\n'
    (folder / "study.toml").write_text(f'[privacy]\ndetector = "presidio"\n{owners}')
    (folder / "transcripts" / "Maria Lopez.txt").write_text(WORDS.replace("P01", "Maria"))
    ((name, person),) = read(folder)[1].items()
    assert person == "P07"
    assert name.startswith("P07-")


# -- nothing but the researcher's own files holds a name, or a raw file's bytes --------------------


@pytest.mark.model
@pytest.mark.notebook
@pytest.mark.parametrize("detector", DETECTORS)
def test_raw_names_and_raw_files_are_nowhere_but_in_transcripts_and_the_list(folder, detector):
    raw = (
        "Ruth Kessler: And how was it, all in all?\n"
        "Maria Lopez: Dev Anand sold me the bicycle, and my husband Martin Keller laughed.\n"
        "Ruth Kessler: What did Dev Anand say then, Maria?\n"
        "Maria Lopez: That it breaks down. Martin Keller wrote to martin.keller@mail.example.\n"
    )
    listed = detector == "list"
    (folder / "study.toml").write_text(
        f'[transcripts]\ninterviewers = ["Ruth Kessler"]\n[privacy]\ndetector = "{detector}"\n'
    )
    (folder / "names.csv").write_text(
        "name,pseudonym\nDev Anand,[mechanic]\n" + ("Martin Keller,[husband]\n" if listed else "")
    )
    for name in ("Maria Lopez.txt", "P02.txt"):
        words = (
            raw if name != "P02.txt" else raw.replace("Maria Lopez", "P02").replace("Maria", "P02")
        )
        (folder / "transcripts" / name).write_text(words)
    study = open_study(folder)
    try:
        done = runs.run(study)
    finally:
        study.close()
    assert done.refused == []
    assert done.reports
    contents = {hashlib.sha256(p.read_bytes()).digest() for p in folder.glob("transcripts/*")}
    whole = [p.read_bytes() for p in folder.glob("transcripts/*")]
    said, copied, looked_into = [], [], 0
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or name in OWN or name.startswith("transcripts/"):
            continue
        looked_into += 1
        content = path.read_bytes()
        if hashlib.sha256(content).digest() in contents or any(one in content for one in whole):
            copied.append(name)
        text = "\n".join([name, *views(path)]).casefold()
        said += [
            (name, word)
            for word in ("lopez", "anand", "keller", "kessler", "@mail.example")
            if word in text
        ]
    assert looked_into > 8
    assert copied == []
    assert said == []
