"""The command line's contract: names, columns, exit status, one clear line for what is refused."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from journeyqual.cli import app

ROOT = Path(__file__).parents[1]
CODEBOOK = '[[stage]]\nname = "buying"\n[[stage]]\nname = "using"\n'
runner = CliRunner()


def call(*arguments, status=0):
    out = runner.invoke(app, [str(a) for a in arguments])
    assert out.exit_code == status, out.output
    return out


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "codebook.toml").write_text(CODEBOOK)
    (tmp_path / "coded.csv").write_text(
        "unit_id,participant,stage,valence,plan\n"
        "1,P01,using,0.5,basic\n2,P02,using,-0.5,pro\n3,P02,buying,1,pro\n"
    )
    return tmp_path


def test_every_command_is_documented():
    commands = {c.name or c.callback.__name__ for c in app.registered_commands}
    page = (ROOT / "docs" / "reference" / "command-line.md").read_text()
    assert commands == set(re.findall(r"^## `journeyqual (\w+)", page, flags=re.MULTILINE))


@pytest.mark.parametrize(
    "line",
    [
        "run",
        "runs",
        "sample",
        "tag",
        "report --format csv",
        "evidence --stage s",
        "themes",
        "watch",
    ],
)
def test_a_command_without_options_gets_as_far_as_its_study(folder, line):
    command, *rest = line.split()
    out = call(command, "no-such-folder", *rest, status=1)
    assert "no-such-folder" in out.stderr


def test_curve_writes_the_contracts_columns(folder):
    call("curve", "coded.csv", "--codebook", "codebook.toml", "--out", "curve.csv")
    out = pd.read_csv("curve.csv", keep_default_na=False)
    assert out.columns.tolist()[:11] == [
        "group", "stage", "stage_order", "valence", "valence_low", "valence_high",
        "n_participants", "n_units", "n_human", "method", "is_thin",
    ]  # fmt: skip
    assert out["stage"].tolist() == ["buying", "using"]
    assert out["method"].tolist() == ["machine", "machine"]
    # P01 0.5 with weight 1; P02 -0.5 with weight 1/2.
    assert float(out["valence"].iloc[1]) == pytest.approx((0.5 - 0.25) / 1.5)


def test_curve_by_group_and_same_seed_same_bytes(folder):
    line = ["curve", "coded.csv", "--codebook", "codebook.toml", "--by", "plan", "--seed", 7]
    call(*line, "--out", "a.csv")
    call(*line, "--out", "b.csv")
    assert Path("a.csv").read_bytes() == Path("b.csv").read_bytes()
    assert pd.read_csv("a.csv")["group"].unique().tolist() == ["basic", "pro"]


def test_json_summary_is_one_line_of_json(folder):
    out = call("curve", "coded.csv", "--codebook", "codebook.toml", "--out", "c.csv", "--json")
    assert json.loads(out.stdout) == {"stages": 2, "method": ["machine"]}


@pytest.mark.parametrize(
    ("make", "arguments", "said"),
    [
        ({"coded.csv": ""}, ["curve", "coded.csv"], "not a CSV table"),
        ({}, ["curve", "none.csv"], "no such file"),
        ({"coded.csv": "unit_id,stage\n1,a\n"}, ["curve", "coded.csv"], "no column 'participant'"),
        (
            {"coded.csv": "unit_id,participant,stage,valence\n1,P,selling,0\n"},
            ["curve", "coded.csv"],
            "coded.csv, line 2, column 'stage': 'selling' is no stage",
        ),
        (
            {"codebook.toml": CODEBOOK + '[[stage]]\nname = "using"\n'},
            ["curve", "coded.csv"],
            "two stages are called 'using'",
        ),
        ({"coded.csv": b"\x00\x81\xff\xfe"}, ["curve", "coded.csv"], "coded.csv"),
    ],
)
def test_bad_tables_end_in_one_line_and_leave_nothing(folder, make, arguments, said):
    for name, content in make.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    before = sorted(p.name for p in folder.iterdir())
    out = call(*arguments, "--codebook", "codebook.toml", "--out", "out.csv", status=1)
    assert said in out.stderr
    assert out.stderr.count("\n") == 1
    assert sorted(p.name for p in folder.iterdir()) == before


def test_debug_shows_the_trace(folder):
    out = runner.invoke(
        app,
        ["curve", "none.csv", "--codebook", "codebook.toml", "--out", "o.csv", "--debug"],
    )
    assert out.exit_code == 1
    assert "no such file" in str(out.exception)


@pytest.mark.parametrize("line", ["curve", "curve a.csv", "frobnicate", "run --bogus", "units"])
def test_wrong_usage_is_status_2(line):
    call(*line.split(), status=2)


def test_read_goes_on_past_what_it_refuses(folder):
    (folder / "good.txt").write_text("Ann: What happened?\n\nBob: It broke on day one.\n")
    (folder / "empty.vtt").write_bytes(b"")
    out = call("read", "good.txt", "empty.vtt", "--out", "turns.csv", status=1)
    assert "refused: empty.vtt" in out.stderr
    assert "It broke on day one." in pd.read_csv("turns.csv")["text"].tolist()


def test_read_then_units(folder):
    (folder / "P01.txt").write_text("Interviewer: What happened?\n\nP01: It broke. Twice.\n")
    call("read", "P01.txt", "--out", "turns.csv")
    call("units", "turns.csv", "--out", "units.csv")
    out = pd.read_csv("units.csv")
    assert out["text"].tolist() == ["It broke. Twice."]
    assert out.columns.tolist() == [
        "unit_id", "interview", "participant", "kind", "turn_index", "start_char", "end_char",
        "text", "start_s", "end_s", "order",
    ]  # fmt: skip


def test_nothing_is_written_when_every_file_is_refused(folder):
    (folder / "bad.vtt").write_bytes(bytes(range(256)) * 10)
    call("read", "bad.vtt", "--out", "turns.csv", status=1)
    assert not Path("turns.csv").exists()


def test_init_makes_a_study_that_runs(folder):
    call("init", "new")
    made = {p.name for p in (folder / "new").iterdir()}
    assert made == {
        "study.toml", "codebook.toml", "participants.csv", "metrics.csv", "names.csv",
        "transcripts", "notebooks", "reports", "README.md",
    }  # fmt: skip
    out = call("run", "new")
    assert "nothing new" in out.stdout


def test_init_leaves_an_existing_study_alone(folder):
    call("init", "new")
    (folder / "new" / "codebook.toml").write_text(CODEBOOK)
    out = call("init", "new", status=1)
    assert "a study already" in out.stderr
    assert (folder / "new" / "codebook.toml").read_text() == CODEBOOK


def test_a_folder_that_is_no_study_is_refused(folder):
    out = call("run", ".", status=1)
    assert "journeyqual init" in out.stderr


@pytest.mark.model
def test_doctor_finds_everything_intact():
    out = call("doctor", "--json")
    checks = json.loads(out.stdout)["checks"]
    assert all(c["ok"] for c in checks if c["needed"])
    assert any("minilm" in c["what"].lower() for c in checks)


@pytest.mark.model
def test_code_keeps_rows_order_and_extra_columns(folder):
    (folder / "units.csv").write_text(
        "unit_id,interview,order,text,participant,colour\n"
        "z,i1,1,The invoice was wrong again and nobody answered me.,P01,red\n"
        "a,i1,0,I looked at three others before I chose this one.,P01,blue\n"
    )
    call("code", "units.csv", "--codebook", "codebook.toml", "--out", "coded2.csv")
    out = pd.read_csv("coded2.csv", keep_default_na=False)
    assert out["unit_id"].tolist() == ["z", "a"]
    assert out["colour"].tolist() == ["red", "blue"]
    assert {
        "stage", "stage_confidence", "unsure", "touchpoint", "valence", "emotion",
        "emotions_fine", "coder",
    } <= set(out.columns)  # fmt: skip
    assert set(out["stage"]) <= {"buying", "using", ""}
    assert set(out["unsure"].astype(str).str.lower()) <= {"true", "false"}
    assert out["valence"].between(-1, 1).all()
    call("curve", "coded2.csv", "--codebook", "codebook.toml", "--out", "curve.csv")


@pytest.mark.model
def test_code_leaves_what_was_there_as_it_was_written(folder):
    (folder / "units.csv").write_text(
        "stage,unit_id,order,text,interview\nmine,u1,007,It broke down twice.,i1\n"
    )
    call("code", "units.csv", "--codebook", "codebook.toml", "--out", "out.csv")
    out = pd.read_csv("out.csv", dtype=str, keep_default_na=False)
    assert out.columns.tolist()[:5] == ["stage_in", "unit_id", "order", "text", "interview"]
    assert out.loc[0, ["stage_in", "order"]].tolist() == ["mine", "007"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("units.csv", "unit_id,interview,order,text\nu1,i1,0\n", "3 cells where the heading has 4"),
        ("units.csv", "unit_id,interview,order,text,text\nu,i,0,a,b\n", "two columns are called"),
        ("tags.csv", "unit_id,interview,order,text,stage\nu,i,0,a,selling\n", "'selling'"),
    ],
)
def test_code_refuses_ragged_tables_and_unknown_tags_by_line(folder, name, text, said):
    (folder / "units.csv").write_text("unit_id,interview,order,text\nu1,i1,0,It broke.\n")
    (folder / "tags.csv").write_text("unit_id,interview,order,text,stage\nu,i,0,a,using\n")
    (folder / name).write_text(text)
    line = ["code", "units.csv", "--codebook", "codebook.toml", "--out", "o.csv"]
    out = call(*line, "--tags", "tags.csv", status=1)
    assert said in out.stderr
    assert out.stderr.startswith(f"journeyqual: {name}, line ")
    assert not Path("o.csv").exists()


def test_a_folder_where_a_file_should_be_is_refused_in_one_line(folder):
    (folder / "dir").mkdir()
    line = ["curve", "coded.csv", "--codebook", "codebook.toml", "--out"]
    assert "dir" in call(*line, "dir", status=1).stderr
    assert call(*line, "coded.csv/x.csv", status=1).stderr.count("\n") == 1
    out = call("curve", "dir", "--codebook", "codebook.toml", "--out", "o.csv", status=1)
    assert out.stderr.count("\n") == 1
