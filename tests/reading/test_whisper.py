import json

import pytest

from journeyqual.errors import InputError
from journeyqual.reading import Limits, read_turns

CUES = [(0.0, 1.5, " How was it?"), (1.5, 2.0, ' "Late," he'), (2.0, 3.25, " said.")]


def of(readings):
    return readings.turns[["text", "start_s", "end_s"]].values.tolist()


def test_json_and_tsv_and_whisper_cpp_give_the_same_turns(write):
    segments = [{"start": s, "end": e, "text": t, "tokens": [1]} for s, e, t in CUES]
    made = json.dumps({"text": "…", "segments": segments, "language": "en"})
    plain = read_turns(write("a.json", made))
    table = "start\tend\ttext\n" + "".join(
        f"{int(s * 1000)}\t{int(e * 1000)}\t{t.strip()}\n" for s, e, t in CUES
    )
    tabs = read_turns(write("a.tsv", table))
    kin = [
        {"timestamps": {"from": f"00:00:0{s:.3f}".replace(".", ","),
                        "to": f"00:00:0{e:.3f}".replace(".", ",")}, "text": t}
        for s, e, t in CUES
    ]  # fmt: skip
    cpp = read_turns(write("a.json", json.dumps({"transcription": kin})))
    assert of(plain) == of(tabs) == of(cpp) == [['How was it? "Late," he said.', 0.0, 3.25]]
    assert plain.n_cues == tabs.n_cues == cpp.n_cues == 3


def test_speakers_of_whisperx(said):
    segments = [{"start": i, "end": i + 1, "text": t, "speaker": f"SPEAKER_0{i % 2}"}
                for i, t in enumerate(["How?", "Late.", "And?"])]  # fmt: skip
    assert said("a.json", json.dumps({"segments": segments}))[1] == ("SPEAKER_01", "Late.")


def test_a_plain_list_of_turns(said):
    made = json.dumps([{"speaker": "Ruth", "text": "How?"}, {"speaker": "Maya", "text": "So."}])
    assert said("a.json", made) == [("Ruth", "How?"), ("Maya", "So.")]


def test_any_other_table_with_tabs(said):
    assert said("a.tsv", "speaker\ttext\nRuth\tHow?\nMaya\tSo.\n")[1] == ("Maya", "So.")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "a.json, line 1: not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ("9" * 5_000, "a number is too long"),
        ("NaN", "NaN is no number that JSON knows"),
        ('{"text": "words"}', "it has no list of segments"),
        ("{}", "it has no list of segments"),
        ('"words"', "it has no list of segments"),
        ('{"segments": [1]}', "segment 1 has no text"),
        ('{"segments": [{"text": "a", "start": "x"}]}', "'x' is no time .start of segment 1"),
        ('{"segments": [{"text": "a", "start": 1e400}]}', "no time"),
        ('{"segments": [{"text": "a", "start": true}]}', "no time"),
        ('{"segments": [{"text": "a", "start": -1}]}', "no time"),
        ('{"segments": [{"text": "a", "start": 2, "end": 1}]}', "ends at 0:01, before"),
        ('{"segments": []}', "no turns found"),
    ],
)  # fmt: skip
def test_refusals(write, content, message):
    with pytest.raises(InputError, match=message):
        read_turns(write("a.json", content))


@pytest.mark.parametrize("time", ["1.5", "-1", "", "x", "१२"])
def test_a_tsv_whose_times_are_no_milliseconds(write, time):
    with pytest.raises(InputError, match=r"a.tsv, line 2: .* is no time"):
        read_turns(write("a.tsv", f"start\tend\ttext\n{time}\t2000\tHow?\n"))


def test_too_many_segments(write):
    with pytest.raises(InputError, match="over 3 segments"):
        read_turns(write("a.json", json.dumps([{"text": "a"}] * 4)), limits=Limits(lines=3))
