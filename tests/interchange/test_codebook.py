"""Codes of another program into codebook.toml: added, never overwritten, asked about."""

import json

import pytest
from typer.testing import CliRunner

from journeyqual import revision
from journeyqual.cli import app
from journeyqual.codebook import Stage
from journeyqual.errors import ConfigError
from journeyqual.interchange import book, export_study, import_file
from journeyqual.interchange.mapping import meanings
from journeyqual.interchange.model import Code
from tests.interchange.made import fresh

OURS = """name = "Mini"
version = "7"

# Agreed in May.
[[stage]]
name = "buying"  # was: ordering
definition = "From the order to the bill."
include = ["cart"]

[[stage]]
name = "using"
"""
TOP = Code("top", "Stages", codable=False)


def stage(name, definition="", n=1):
    return Code(f"s{n}", name, "top", definition=definition)


def merged(*codes, text=OURS, **given):
    codes = (TOP, *codes)
    meant = meanings(codes, revision.parse(text))
    return book.merge(text, codes, meant, origin="team.qdc", **given)


def test_a_new_stage_goes_behind_its_neighbour_with_its_fields():
    done = merged(stage("buying"), stage("paying", "The bill.\nInclude: card\nOwner: Finance", 2))
    after = revision.parse(done.text)
    assert after.stage_names == ("buying", "paying", "using")
    assert after.stage("paying") == Stage(
        "paying", definition="The bill.", include=("card",), owner="Finance"
    )
    assert (after.version, done.version, done.asks) == ("8", "8", [])
    assert done.changes == ["stage 'paying', behind 'buying'"]
    assert '# this stage from team.qdc in version 8\n[[stage]]\nname = "paying"' in done.text


def test_blank_fields_are_filled_lists_united_and_comments_stay():
    done = merged(
        stage("buying", "Include: till"), stage("using", "Every day.\nExpected valence: 0.5", 2)
    )
    after = revision.parse(done.text)
    assert after.stage("buying").include == ("cart", "till")
    assert (after.stage("using").definition, after.stage("using").expected_valence) == (
        "Every day.", 0.5
    )  # fmt: skip
    assert "# Agreed in May." in done.text
    assert '"buying"  # was: ordering' in done.text
    assert after.version == "8"


def test_what_stands_there_stays_unless_it_is_given_up():
    other = stage("buying", "Only the till.")
    kept = merged(other)
    assert (kept.text, kept.changes, kept.version) == (OURS, [], "")
    assert kept.asks == [
        "definition of 'buying': ours stays; the file has 'Only the till.' (--theirs 'buying' "
        "takes it)"
    ]
    given_up = merged(other, theirs=["buying"])
    assert revision.parse(given_up.text).stage("buying").definition == "Only the till."
    assert given_up.asks == []


def test_a_name_nearly_ours_is_asked_and_a_person_decides():
    spelt = stage("Buyin", n=2)
    done = merged(spelt)
    assert (done.text, done.changes) == (OURS, [])
    assert "'Buyin' may be the stage 'buying'" in done.asks[0]
    assert "Buyin" in revision.parse(merged(spelt, said=["Buyin"]).text).stage_names


def test_emotions_and_homeless_touchpoints_are_asked():
    codes = (
        TOP, Code("e", "Emotions", codable=False), Code("h", "hope", "e"),
        Code("t", "Touchpoints", codable=False), Code("w", "website", "t"),
        Code("m", "mail", "t", definition="Stage: using | e-mail"),
        Code("x", "fax", "t", definition="Stage: nowhere"),
    )  # fmt: skip
    done = book.merge(OURS, codes, meanings(codes, revision.parse(OURS)), origin="o")
    using = revision.parse(done.text).stage("using")
    assert [(p.name, p.channel) for p in using.touchpoints] == [("mail", "e-mail")]
    assert done.asks == [
        "touchpoint 'website': at which stage it is, the file does not say",
        "touchpoint 'fax' is at 'nowhere', which is no stage here",
        "emotions hope: add each as [[emotion]] by hand, with the labels that it gathers",
    ]


def test_themes_are_no_stages_and_a_stage_that_is_none_cannot_be_given_up():
    themes = (Code("a", "price"), Code("b", "trust me", "a"))
    done = book.merge(OURS, themes, meanings(themes, revision.parse(OURS)), origin="o")
    assert (done.text, done.changes, done.asks) == (OURS, [], [])
    with pytest.raises(ConfigError, match="names no stage"):
        merged(stage("using"), theirs=["byuing"])


def test_a_name_that_no_stage_may_have_changes_nothing():
    from journeyqual.schema import OFF_JOURNEY

    with pytest.raises(ConfigError):
        merged(stage(OFF_JOURNEY))


def test_listed_names_do_not_come_in():
    done = merged(stage("asking Dev", "Dev helps.", 2), hide=lambda t: t.replace("Dev", "[chief]"))
    assert "Dev" not in done.text
    assert revision.parse(done.text).stage("asking [chief]").definition == "[chief] helps."


@pytest.mark.slow
def test_a_codebook_goes_from_study_to_study_and_a_second_time_changes_nothing(tmp_path):
    source, target = fresh(tmp_path / "a"), fresh(tmp_path / "b")
    file = source.config.codebook_file
    text = file.read_text()
    text, _ = revision.add_stage(
        text, "renting out", definition="To a friend.\nFor money.", exclude=["selling"],
        side="customer", owner="Shop", examples=["I lent it; she paid"], expected_valence=-0.25,
        touchpoints=[{"name": "the yard", "channel": "shop"}, {"name": "a key"}],
    )  # fmt: skip
    file.write_text(text)
    source.codebook = source.config.codebook()
    export_study(source, "qdc", tmp_path / "a.qdc")
    before = target.config.codebook_file.read_bytes()
    proposed = import_file(target, tmp_path / "a.qdc")
    assert target.config.codebook_file.read_bytes() == before
    assert len(proposed.codebook) == 1
    done = import_file(target, tmp_path / "a.qdc", into_codebook=True)
    assert done.codebook == proposed.codebook
    assert target.config.codebook().stages == source.codebook.stages
    assert target.codebook.version == done.version == revision.next_version(
        revision.parse(before.decode()).version
    )  # fmt: skip
    # The store keeps both: that is the codebook's history.
    kept = revision.books(target.store.people.codebooks())
    told = revision.history(kept)
    assert ("renting out", "new") in set(zip(told["value"], told["field"], strict=True))
    again = import_file(target, tmp_path / "a.qdc", into_codebook=True)
    assert (again.codebook, again.version, again.asks) == ([], "", [])
    export_study(target, "qdc", tmp_path / "b.qdc")
    assert (tmp_path / "a.qdc").read_bytes() == (tmp_path / "b.qdc").read_bytes()
    source.close()
    target.close()


@pytest.mark.slow
def test_the_command_says_what_the_codebook_lacks_then_has(tmp_path):
    study = fresh(tmp_path / "s")
    folder, names = study.folder, study.codebook.stage_names
    study.close()
    (tmp_path / "c.qdc").write_text(
        '<CodeBook xmlns="urn:QDA-XML:codebook:1.0"><Codes>'
        '<Code guid="CCCCCCCC-0000-4000-8000-000000000001" name="Stages" isCodable="false">'
        '<Code guid="CCCCCCCC-0000-4000-8000-000000000002" name="gardening" isCodable="true">'
        "<Description>Weeds.</Description></Code></Code></Codes></CodeBook>"
    )
    run = CliRunner()
    told = run.invoke(app, ["import", str(tmp_path / "c.qdc"), str(folder)])
    assert told.exit_code == 0, told.output
    assert f"codebook.toml lacks: stage 'gardening', behind '{names[-1]}'" in told.stdout
    assert "--into-codebook" in told.stdout
    call = ["import", str(tmp_path / "c.qdc"), str(folder), "--into-codebook", "--json"]
    said = json.loads(run.invoke(app, call).stdout)
    assert said["codebook"] == [f"stage 'gardening', behind '{names[-1]}'"]
    text = (folder / "codebook.toml").read_text()
    assert said["codebook_version"] == revision.parse(text).version
    assert 'definition = "Weeds."' in text


@pytest.mark.slow
def test_stages_of_label_studio_go_in_when_asked(tmp_path):
    study = fresh(tmp_path / "s")
    text = "Interviewer: And?\n\nP01: I watered it.\n"
    value = {"start": 24, "end": 33, "text": text[24:33], "labels": ["gardening"]}
    region = {"type": "labels", "from_name": "stage", "to_name": "text", "value": value}
    task = {"data": {"text": text, "interview": "P01"}, "annotations": [{"result": [region]}]}
    (tmp_path / "t.json").write_text(json.dumps([task]))
    report = import_file(study, tmp_path / "t.json", into_codebook=True)
    names = study.config.codebook().stage_names
    rows = study.store.codings()
    study.close()
    assert names[-1] == "gardening"
    assert rows["value"].tolist() == ["gardening"]
    assert rows["codebook_version"].iloc[0].startswith(f"{report.version}+")
