"""The chat-model coder against an endpoint that misbehaves: nothing unchecked is ever kept."""

import json
import socket
import time

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyqual.codebook import Codebook, Stage, Touchpoint
from journeyqual.coding.chat import ChatCoder, Endpoint, portions, read
from journeyqual.errors import InputError, ModelError
from tests.coding import chat_server as manners
from tests.coding.chat_server import answered, content, honest, send, serving, status

BOOK = Codebook(
    "b",
    rules="Judge what was lived.",
    stages=(
        Stage("buying", definition="Up to the order.", touchpoints=(Touchpoint("shop"),)),
        Stage("using", definition="From the first ride on.", touchpoints=(Touchpoint("app"),)),
    ),
)
SAID = [f"Sentence {n} was said. And then more." for n in range(10)]
UNITS = pd.DataFrame(
    {"unit_id": [f"u{n}" for n in range(10)], "interview": "P01", "order": range(10), "text": SAID}
)


@pytest.fixture
def server():
    with serving() as state:
        yield state


@pytest.fixture
def ends():
    """Make endpoints and close them."""
    made = []

    def make(server, **options):
        options = {"pause": 0.01, "timeout": 5.0, "key": "", **options}
        made.append(Endpoint(getattr(server, "url", server), "tiny:1b", **options))
        return made[-1]

    yield make
    for end in made:
        end.close()


def judged(end, units=UNITS, before=()):
    return ChatCoder(end).judge(list(before), units.iloc[:8], BOOK)


def test_units_come_back_coded_with_their_evidence(server, ends):
    end = ends(server)
    made = judged(end, before=["Good morning."])
    rows = made.codings.set_index(["unit_id", "dimension"])
    assert len(rows) == 4 * 8
    assert not made.refused
    assert rows.loc[("u3", "stage"), "value"] == "buying"
    assert rows.loc[("u3", "touchpoint"), "value"] == ""
    assert rows.loc[("u3", "valence"), "value"] == "0.5"
    assert rows.loc[("u3", "stage"), "memo"] == "“Sentence 3 was said” It says so."
    assert set(made.codings["coder"]) == {"model:chat/tiny:1b@1"}
    assert end.usage.requests == 1
    assert end.usage.tokens == 100


def test_the_codebook_and_nothing_else_goes_along(server, ends):
    judged(ends(server, seed=7), before=["Good morning."])
    (asked,) = server.asked
    assert server.path == "/v1/chat/completions"
    assert asked["model"] == "tiny:1b"
    assert asked["temperature"] == 0
    assert asked["seed"] == 7
    system, user = asked["messages"]
    for word in ("Judge what was lived.", "From the first ride on.", "app", "frustration"):
        assert word in system["content"]
    told = json.loads(user["content"])
    assert told["said_before"] == ["Good morning."]
    assert [u["text"] for u in told["units"]] == SAID[:8]
    assert "u3" not in json.dumps(asked), "ids stay here"
    schema = asked["response_format"]["json_schema"]["schema"]
    stages = schema["properties"]["units"]["items"]["properties"]["stage"]["enum"]
    assert stages == ["buying", "using", "(none fits)"]


def test_the_key_comes_from_the_environment_and_is_never_shown(server, ends, monkeypatch):
    monkeypatch.setenv("JOURNEYQUAL_LLM_KEY", "sesame")
    end = ends(server, key=None)
    judged(end)
    assert server.headers[0]["Authorization"] == "Bearer sesame"
    assert "sesame" not in repr(end)
    server.manners[:] = [status(401, {"error": {"code": "bad_key", "message": "sesame is wrong"}})]
    with pytest.raises(ModelError) as caught:
        judged(end)
    assert "status 401, bad_key; set its key" in str(caught.value)
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize(
    "trouble",
    [
        status(429), status(500), status(503, retry_after="0"), status(529), manners.half,
        status(200, b"{"), status(200, {"choices": []}), status(200, b"[" * 100_000),
    ],
    ids=["429", "500", "503", "529", "hangs up", "half JSON", "no choice", "deep"],
)  # fmt: skip
def test_trouble_that_passes_is_waited_out(server, ends, trouble):
    server.manners[:] = [trouble, trouble]
    end = ends(server)
    assert len(judged(end).codings) == 4 * 8
    assert end.usage.requests == 3
    assert end.usage.again == 2


def test_an_endpoint_is_given_the_time_it_asks_for(server, ends):
    server.manners[:] = [status(429, retry_after="1")]
    began = time.monotonic()
    judged(ends(server))
    assert time.monotonic() - began >= 1.0


@pytest.mark.parametrize("trouble", [manners.silence(1.0), manners.dripping])
def test_an_answer_that_does_not_come_is_not_waited_for(server, ends, trouble):
    server.manners[:] = [trouble]
    end = ends(server, timeout=0.3)
    began = time.monotonic()
    assert len(judged(end).codings) == 4 * 8
    assert time.monotonic() - began < 3.0
    assert end.usage.again == 1


def test_trouble_that_stays_is_one_clear_line(server, ends):
    server.manners[:] = [status(500, {"error": {"type": "overloaded", "message": SAID[0]}})] * 3
    with pytest.raises(ModelError) as caught:
        judged(ends(server, tries=3))
    assert str(caught.value) == (
        "127.0.0.1 gives no answer after 3 tries: status 500, overloaded; "
        "what was coded is stored; run it again later"
    )


def test_nobody_at_home_is_one_clear_line(ends):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with pytest.raises(ModelError, match="no answer after 2 tries: ConnectError"):
        judged(ends(url, tries=2))


def test_a_redirect_is_not_followed(server, ends):
    with serving() as other:
        server.manners[:] = [status(307, location=f"{other.url}/chat/completions")]
        with pytest.raises(ModelError, match="status 307"):
            judged(ends(server))
        assert not other.asked


def test_an_endless_answer_is_cut(server, ends):
    server.manners[:] = [status(200, b" " * 2_100_000)]
    with pytest.raises(ModelError, match="over 2,000,000 bytes"):
        judged(ends(server))


def test_an_endpoint_that_knows_no_schema_is_asked_more_simply(server, ends):
    def picky(handler, asked):
        known = asked.get("response_format", {}).get("type") in (None,)
        send(handler, 200 if known else 400, answered(asked) if known else {})

    server.manners[:] = [picky] * 4
    end = ends(server)
    judged(end)
    judged(end)
    ways = [asked.get("response_format", {}).get("type") for asked in server.asked]
    assert ways == ["json_schema", "json_object", None, None]


def one(**said):
    """Answer all units alike, one with this instead."""

    def say(text):
        return honest(text) | (said if text == SAID[3] else {})

    return say


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"stage": "leaving"}, "no such stage"),
        ({"stage": None}, "no such stage"),
        ({"stage": ["buying"]}, "no such stage"),
        ({"touchpoint": "app"}, "no such touchpoint at that stage"),
        ({"stage": "(none fits)", "touchpoint": "shop"}, "no such touchpoint at that stage"),
        ({"touchpoint": {"a": 1}}, "no such touchpoint at that stage"),
        ({"valence": 0.3}, "valence is none of the five steps"),
        ({"valence": True}, "valence is none of the five steps"),
        ({"valence": "good"}, "valence is none of the five steps"),
        ({"emotion": "schadenfreude"}, "no such emotion"),
        ({"emotion": ["joy"]}, "no such emotion"),
        ({"evidence": "Sentence 4 was said"}, "evidence is not in the unit"),
        ({"evidence": "said was 3 Sentence"}, "evidence is not in the unit"),
        ({"evidence": ""}, "evidence is not in the unit"),
        ({"evidence": " . "}, "evidence is not in the unit"),
        ({"evidence": 3}, "evidence is not in the unit"),
        ({"evidence": ".*"}, "evidence is not in the unit"),
        ({"unit": 99}, "unit not answered"),
        ({"unit": 3}, "unit not answered"),
        ({"unit": "4"}, "unit not answered"),
    ],
)
def test_what_does_not_hold_is_asked_again_and_never_kept(ends, said, why):
    with serving(one(**said)) as server:
        made = judged(ends(server))
    assert set(made.codings["unit_id"]) == {f"u{n}" for n in range(8) if n != 3}
    assert made.refused[why] == 1
    assert len(server.asked) == 3
    told = json.loads(server.asked[1]["messages"][-1]["content"])
    assert {"unit": len(told["units"]), "because": why} in told["earlier_answer_was_refused"]
    assert SAID[3] in [u["text"] for u in told["units"]]


def test_what_holds_the_second_time_is_kept(server, ends):
    server.manners[:] = [lambda h, asked: send(h, 200, answered(asked, one(stage="leaving")))]
    made = judged(ends(server))
    assert len(made.codings) == 4 * 8
    assert not made.refused
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "words",
    [
        "",
        "I cannot help with that.",
        '{"units": [{"unit": 1, "sta',
        "[]",
        '{"units": 3}',
        "{" * 999,
    ],
)
def test_words_that_are_no_answer_are_asked_again_in_smaller_portions(server, ends, words):
    server.manners[:] = [content(words)] * 3
    made = judged(ends(server))
    assert len(made.codings) == 4 * 8
    sizes = [len(json.loads(a["messages"][-1]["content"])["units"]) for a in server.asked]
    assert sizes == [8, 4, 4, *[1] * 8]


def test_a_model_that_refuses_a_unit_leaves_it_without_a_coding(ends):
    with serving() as server:
        server.manners[:] = [content(None)] * 99
        made = judged(ends(server))
    assert made.codings.empty
    assert made.refused == {"no JSON object": 8}


@pytest.mark.parametrize("fence", ["```json\n{}\n```", "Here you are:\n{}\nAnything else?"])
def test_an_answer_may_stand_between_other_words(fence):
    said = json.dumps({"units": [{"unit": 1, **honest(SAID[0])}]})
    (answer,) = read(fence.replace("{}", said), SAID[:1], BOOK)
    assert answer.stage == "buying"


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
FIELDS = {
    "unit": st.integers(0, 3), "stage": st.sampled_from(["buying", "using", "(none fits)"]),
    "touchpoint": st.sampled_from(["shop", "app", "(none)"]),
    "valence": st.sampled_from([-1, -0.5, 0, 0.5, 1, 0.25]), "emotion": st.just("joy"),
    "evidence": st.sampled_from([SAID[0][:9], SAID[1], "said", "(", "\\d", "\u2019"]),
    "rationale": st.text(max_size=20),
}  # fmt: skip
ROWS = st.fixed_dictionaries({name: st.one_of(good, JSON) for name, good in FIELDS.items()})


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(), JSON.map(json.dumps), st.lists(ROWS).map(lambda r: json.dumps({"units": r}))
    )
)
def test_whatever_comes_back_is_an_answer_that_holds_or_a_reason(words):
    made = read(words, SAID[:2], BOOK)
    assert len(made) == 2
    for answer, text in zip(made, SAID, strict=False):
        if isinstance(answer, str):
            assert answer
            continue
        assert answer.evidence in text
        assert answer.stage in ("", "buying", "using")
        assert answer.valence in (-1, -0.5, 0, 0.5, 1)
        assert answer.rationale.isprintable()


def test_evidence_and_rationale_are_cleaned():
    text = "I said \u201cit\u2019s slow\u201d – twice,\n\nreally."
    said = honest(text) | {
        "evidence": 'said "It\'s slow" - twice, really',
        "rationale": "a\u202eb\x00\n<script>" + "x" * 999,
    }
    (answer,) = read(json.dumps({"units": [{"unit": 1, **said}]}), [text], BOOK)
    assert answer.evidence == "said \u201cit\u2019s slow\u201d – twice, really"
    assert answer.rationale.startswith("a b <script>x")
    assert len(answer.rationale) == 300


def test_portions_are_of_one_interview_and_not_too_long():
    long = UNITS.assign(text=[f"{n} " + "word " * 700 for n in range(10)])
    both = pd.concat([long, long.assign(interview="P02")])
    made = list(portions(both, frozenset()))
    assert [len(units) for _, units in made] == [2] * 10
    assert all(units["interview"].nunique() == 1 for _, units in made)
    assert made[5][0] == []
    assert [text.split()[0] for text in made[2][0]] == ["1", "2", "3"]
    huge = UNITS.assign(text="x" * 9_000)
    assert [len(units) for _, units in portions(huge)] == [1] * 10


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("localhost:11434", "no address"),
        ("file:///etc/passwd", "no address"),
        ("http://", "no address"),
        ("https://me:secret@example.org/v1", "holds no key"),  # pragma: allowlist secret
        ("https://example.org/v1?key=secret", "holds no key"),
        ("http://example.org/v1", "unencrypted"),
        ("http://127.0.0.1.example.org/v1", "unencrypted"),
        ("http://192.168.0.7/v1", "unencrypted"),
    ],
)
def test_an_address_that_is_none_or_unsafe_is_refused(url, why):
    with pytest.raises(InputError, match=why) as caught:
        Endpoint(url, "m")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "a b", "m;n", "a\nb", "x" * 101, "<b>"])
def test_a_name_that_is_no_models_is_refused(name):
    with pytest.raises(InputError, match="no model's name"):
        Endpoint("http://localhost/v1", name)
