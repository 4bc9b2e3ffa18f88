"""A chat model asked about a study's units: what is sent, kept, compared, and never counted.

Store, runs, consensus and HTTP are real; the endpoint runs in this process.
"""

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from journeyqual import erasure, open_study
from journeyqual.cli import app
from journeyqual.coding.chat import ChatCoder, Endpoint
from journeyqual.errors import InputError, ModelError, StoreError
from journeyqual.reports import agreeing
from journeyqual.runs import chat
from tests.coding.chat_server import content, honest, send, serving, status
from tests.small_study import CODEBOOK, run
from tests.test_team import code, done, units_of

NAME = "model:chat/tiny@1"


@pytest.fixture
def server():
    with serving() as state:
        yield state


@pytest.fixture
def study(small_study):
    run(small_study)
    return small_study


@pytest.fixture
def coder(server):
    end = Endpoint(server.url, "tiny", key="", pause=0.01, tries=2)
    yield ChatCoder(end)
    end.close()


def said(study):
    codings = study.store.codings()
    return codings[codings["coder"] == NAME]


def sent(server):
    told = [json.loads(asked["messages"][-1]["content"]) for asked in server.asked]
    return [unit["text"] for one in told for unit in one["units"]]


def test_counting_sends_nothing_and_asking_sends_what_was_counted(study, coder, server):
    todo = chat.to_ask(study, coder)
    assert (todo.units, todo.interviews, todo.requests, todo.known) == (6, 3, 3, 0)
    assert not server.asked
    made = chat.ask(study, coder)
    assert made.units == 6
    assert not made.refused
    assert len(server.asked) == 3
    assert sorted(sent(server)) == sorted(study.units()["text"])
    per_request = sum(len(m["content"]) for asked in server.asked for m in asked["messages"])
    assert todo.characters == pytest.approx(per_request, rel=0.1)


def test_what_was_coded_is_not_asked_for_again_under_the_same_codebook(study, coder, server):
    chat.ask(study, coder, first=3)
    assert len(said(study)) == 4 * 3
    todo = chat.to_ask(study, coder)
    assert (todo.units, todo.known) == (3, 3)
    chat.ask(study, coder)
    assert chat.to_ask(study, coder).units == 0
    assert len(sent(server)) == len(set(sent(server))) == 6
    folder = study.folder
    study.close()
    (folder / "codebook.toml").write_text(
        CODEBOOK.replace('"using"\n', '"using"\nbrief = "Rides"\n')
    )
    again = open_study(folder)
    assert chat.to_ask(again, coder).units == 6
    again.close()


def test_another_model_is_another_coder(study, coder, server):
    chat.ask(study, coder)
    other = ChatCoder(Endpoint(server.url, "large", key=""))
    assert chat.to_ask(study, other).units == 6
    other.endpoint.close()


def test_requests_under_way_together_store_the_same(study, coder):
    chat.ask(study, coder, at_once=3)
    rows = said(study)[["unit_id", "dimension", "value", "memo"]]
    assert len(rows) == 4 * 6
    assert rows["unit_id"].drop_duplicates().tolist() == study.units()["unit_id"].tolist()


def test_it_counts_in_no_curve(study, coder):
    before = study.resolved()
    chat.ask(study, coder)
    pd.testing.assert_frame_equal(study.resolved(), before)
    assert NAME not in set(study.codings()["coder"])


def test_it_stands_beside_the_machines_in_agreement_with_people(study, coder):
    study.team.assign(["P01-1", "P02-1"], ["ana"])
    for interview in ("P01-1", "P02-1"):
        session = study.team.session(interview, "ana")
        for number, unit in enumerate(units_of(study, interview)):
            code(session, unit, stage=("buying", "using")[number])
        done(session)
    chat.ask(study, coder)
    made = study.team.pairs(draws=20)
    stage = made[(made["dimension"] == "stage") & (made["kind"] == "human-machine")]
    machines = set(stage["second"])
    assert NAME in machines
    assert len(machines) == 2, "the shipped coder, and the chat model"
    mine = stage[stage["second"] == NAME].iloc[0]
    assert mine["first"] == "human:ana"
    assert mine["n_units"] == 4
    assert mine["percent_agreement"] == pytest.approx(50)
    found = study.team.differs_from_chat()
    assert found["by_people"].tolist() == ["using", "using"]
    assert found["said"].tolist() == ["buying", "buying"]
    assert found["why"].iloc[0] == "“P01 rode it every day” It says so."
    shown = agreeing.chat(found, study.team.words(found["unit_id"]))
    assert "P01 rode it every day" in shown.html
    assert NAME in shown.markdown


def test_its_evidence_is_not_shown_of_who_may_not_be_quoted(study, coder):
    folder = study.folder
    study.close()
    (folder / "participants.csv").write_text("participant,consent_quote\nP01,no\n")
    again = open_study(folder)
    again.team.assign(["P01-1"], ["ana"])
    session = again.team.session("P01-1", "ana")
    for unit in units_of(again, "P01-1"):
        code(session, unit, stage="using")
    done(session)
    chat.ask(again, coder)
    found = again.team.differs_from_chat()
    shown = agreeing.chat(found, again.team.words(found["unit_id"]))
    again.close()
    assert len(found) == 2
    assert set(found["why"]) == {""}
    assert "P01 " not in shown.html


def test_without_a_chat_model_nothing_is_shown(study):
    assert agreeing.chat(study.team.differs_from_chat(), {}).html == ""


def test_who_withdrew_is_not_sent(study, coder, server):
    folder = study.folder
    study.close()
    (folder / "participants.csv").write_text("participant,consent_analyse\nP02,no\n")
    again = open_study(folder)
    assert chat.to_ask(again, coder).units == 4
    chat.ask(again, coder)
    again.close()
    assert not [text for text in sent(server) if text.startswith("P02")]


def test_only_drawn_units_are_asked_for(study, coder, server):
    with pytest.raises(InputError, match=r"no units were drawn.*journeyqual sample"):
        chat.to_ask(study, coder, drawn=True)
    units = study.units()
    places = [1.0 if n in (1, 4) else None for n in range(6)]
    study.store.people.add_draw(
        units[["unit_id"]].assign(probability=0.3, place=places), kind="sample", seed=1
    )
    chat.ask(study, coder, drawn=True)
    assert set(said(study)["unit_id"]) == set(units["unit_id"].iloc[[1, 4]])
    first = json.loads(server.asked[0]["messages"][-1]["content"])
    assert first["said_before"] == [units["text"].iloc[0]], "context goes along"


def test_an_endpoint_that_goes_away_loses_nothing_that_came(study, coder, server):
    def honest_once(handler, asked):
        from tests.coding.chat_server import answered

        send(handler, 200, answered(asked))

    server.manners[:] = [honest_once, status(500), status(500)]
    with pytest.raises(ModelError, match="no answer after 2 tries"):
        chat.ask(study, coder)
    assert said(study)["unit_id"].nunique() == 2
    assert chat.ask(study, coder).units == 4


def test_units_without_an_answer_that_holds_stay_uncoded_and_are_told(study, coder, server):
    with serving(lambda text: honest(text) | {"evidence": "I never said this"}) as liar:
        end = Endpoint(liar.url, "tiny", key="")
        made = chat.ask(study, ChatCoder(end))
        end.close()
    assert made.units == 0
    assert made.refused == {"evidence is not in the unit": 6}
    assert said(study).empty


def test_an_erased_participant_leaves_no_rationale(study, coder):
    (study.folder / "transcripts" / "x.txt").write_text("")
    chat.ask(study, coder)
    erasure.forget(study, "P01")
    assert not said(study)["memo"].str.contains("P01").any()
    assert said(study)["unit_id"].nunique() == 4


def test_no_words_are_sent_while_an_erasure_is_half_done(study, coder, server):
    class CutError(Exception):
        pass

    def step(number):
        raise CutError

    with pytest.raises(CutError):
        erasure.forget(study, "P01", step=step)
    with pytest.raises(StoreError, match="was cut short"):
        chat.to_ask(study, coder)
    assert not server.asked


# -- the command --------------------------------------------------------------------------------


def llm(study, server, *more, answer=None):
    arguments = ["llm", str(study.folder), "--url", server.url, "--model", "tiny", *more]
    return CliRunner().invoke(app, arguments, input=answer)


def test_the_command_says_first_what_it_would_send(study, server):
    out = llm(study, server, answer="n\n")
    assert out.exit_code == 0
    assert "6 units of 3 interviews, in 3 requests" in out.stderr
    assert "pseudonymised words stay on this machine" in out.stderr
    assert "nothing was sent" in out.stdout
    assert not server.asked
    out = llm(study, server, "--yes")
    assert out.exit_code == 0
    assert f"{NAME}: 6 units coded in 3 requests, 300 tokens" in out.stdout
    out = llm(study, server)
    assert out.exit_code == 0
    assert f"nothing to ask: 6 units are coded by {NAME}" in out.stdout


def test_the_commands_summary_for_machines(study, server):
    server.manners[:] = [content("no")] * 5
    out = llm(study, server, "--yes", "--json", "--first", "2")
    assert out.exit_code == 0
    assert json.loads(out.stdout) == {
        "coder": NAME, "host": "127.0.0.1", "known": 0, "coded": 0,
        "refused_units": {"no JSON object": 2}, "requests": 4, "begun_again": 0, "tokens": 0,
    }  # fmt: skip


def test_the_command_answers_trouble_in_one_line(study, server):
    server.manners[:] = [status(404)]
    out = llm(study, server, "--yes")
    assert out.exit_code == 1
    assert out.stderr.splitlines()[-1] == (
        "journeyqual: 127.0.0.1 knows no such address or model (tiny); "
        "the address ends before /chat/completions, often in /v1"
    )
    out = CliRunner().invoke(app, ["llm", str(study.folder)])
    assert out.exit_code == 2
    out = CliRunner().invoke(
        app, ["llm", str(study.folder), "--url", "http://example.org/v1", "--model", "m"]
    )
    assert out.exit_code == 1
    assert "unencrypted" in out.stderr
