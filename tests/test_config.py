import pytest

from journeyqual import config
from journeyqual.errors import ConfigError, JourneyqualError

BOOK = '[[stage]]\nname = "using"\n'


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "codebook.toml").write_text(BOOK)
    return tmp_path


def study(folder, text=""):
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return config.load(folder)


def test_defaults(folder):
    out = study(folder)
    assert (out.title, out.draws, out.thin_below, out.encoder) == (folder.name, 2000, 5, "minilm")
    assert out.codebook().stage_names == ("using",)
    assert out.participants().empty
    assert out.metrics().empty


def test_a_file_belongs_to_whom_the_study_says_else_to_its_stem(folder):
    out = study(folder, '[transcripts.participants]\n"anna.vtt" = "P01"\n')
    assert out.participant_of(folder / "anna.vtt") == "P01"
    assert out.participant_of(folder / "P02.vtt") == "P02"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("titel = 'x'", "unknown field 'titel'"),
        ("[curve]\ndraw = 5", "unknown field 'draw'"),
        ("[curve]\ndraws = 5", "'draws' is 5"),
        ("seed = 'x'", "'seed' is 'x'"),
        ("codebook = '../secret.toml'", "leads out of the study folder"),
        ("codebook = '/etc/passwd'", "leads out of the study folder"),
        ("[transcripts]\ninterviewers = 'Ruth'", "not a list of names"),
        ("[transcripts.participants]\n'a.vtt' = ''", "does not map file names"),
        ("curve = 5", "'curve' is not a table"),
        ("title = ", "not valid TOML"),
    ],
)
def test_a_study_file_that_contradicts_itself_is_refused(folder, text, said):
    with pytest.raises(ConfigError, match=said) as caught:
        study(folder, text)
    assert str(caught.value).startswith("study.toml: ")


def test_a_folder_without_study_toml_says_how_to_make_one(tmp_path):
    with pytest.raises(ConfigError, match="journeyqual init"):
        config.load(tmp_path)


def test_consent_is_yes_unless_no(folder):
    (folder / "participants.csv").write_text(
        "participant,consent_analyse,consent_quote,plan\nP01,,no,basic\nP02,YES,yes,pro\n"
    )
    out = study(folder).participants()
    assert out["consent_analyse"].tolist() == [True, True]
    assert out["consent_quote"].tolist() == [False, True]
    assert out["plan"].tolist() == ["basic", "pro"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("participants.csv", "participant,consent_quote\nP01,perhaps\n", "neither yes nor no"),
        ("participants.csv", "participant\nP01\nP01\n", "stands twice"),
        ("participants.csv", "name\nP01\n", "no column 'participant'"),
        ("metrics.csv", "stage,metric,value\nusing,nps,many\n", "not a finite number"),
        ("metrics.csv", "stage,metric,value\nselling,nps,3\n", "no stage of the codebook"),
    ],
)
def test_wrong_tables_are_refused_with_file_and_line(folder, name, text, said):
    (folder / name).write_text(text)
    out = study(folder)
    with pytest.raises(JourneyqualError, match=said) as caught:
        out.participants() if name == "participants.csv" else out.metrics()
    assert str(caught.value).startswith(name)
