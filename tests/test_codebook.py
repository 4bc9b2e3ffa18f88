import pytest

from journeyqual import codebook
from journeyqual.codebook import from_dict, load
from journeyqual.errors import ConfigError

MINI = '[[stage]]\nname = "a"\n[[stage]]\nname = "b"\n'


def write(tmp_path, text):
    path = tmp_path / "codebook.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_order_of_the_file_is_the_order_of_the_journey(tmp_path):
    assert load(write(tmp_path, MINI)).stage_names == ("a", "b")


def test_default_emotions_gather_each_goemotions_label_once():
    labels = [label for e in codebook.DEFAULT_EMOTIONS for label in e.fine]
    assert sorted(labels) == sorted(codebook.GOEMOTIONS)
    assert len(set(codebook.GOEMOTIONS)) == 28
    assert [e.name for e in codebook.DEFAULT_EMOTIONS] == [
        "joy", "gratitude", "trust", "surprise", "confusion", "anxiety", "frustration",
        "disappointment", "neutral",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[stage]]\nname = "a"\n[[stage]]\nname = "A"\n', "two stages are called 'A'"),
        ('[[stage]]\nname = "a"\n[[stage]]\nname = "a"\n', "two stages are called 'a'"),
        ("", "no stage"),
        ("[[stage]]\n", "stage 1 has no name"),
        ('[[stage]]\nname = "a"\nside = "left"\n', "side 'left'"),
        ('[[stage]]\nname = "a"\nexpected_valence = 2\n', "expects valence 2"),
        ('[[stage]]\nname = "a"\ndefinitoin = "x"\n', "unknown field 'definitoin'"),
        ('[[stage]]\nname = "a"\ninclude = [1]\n', "not a list of texts"),
        ('[[stage]]\nname = "a"\ntouchpoints = [{channel = "x"}]\n', "touchpoint of stage 'a'"),
        ('stage = "a"\n', "not a list of tables"),
        ("[[stage\n", "not valid TOML"),
        (
            MINI + '[[emotion]]\nname="x"\nfine=["joy"]\n[[emotion]]\nname="y"\nfine=["joy"]\n',
            "gathered by both 'x' and 'y'",
        ),
        (
            MINI + '[[emotion]]\nname="delight"\nfine=["joy", "exitement"]\n',
            "emotion 'delight' gathers 'exitement', which is no GoEmotions label; "
            "the nearest is 'excitement'",
        ),
        (MINI + '[[emotion]]\nname="x"\nfine=["Anger"]\n', "the nearest is 'anger'"),
        (MINI + '[[emotion]]\nname="x"\nfine=["zzz"]\n', "the labels are admiration, amusement,"),
    ],
)
def test_a_codebook_that_contradicts_itself_is_refused_in_one_line(tmp_path, text, said):
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, text))
    line = str(caught.value)
    assert said in line
    assert line.startswith("codebook.toml: ")
    assert "\n" not in line


def test_a_missing_or_binary_codebook_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="no such codebook"):
        load(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="a folder"):
        load(tmp_path)
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load(tmp_path / "b.toml")


def test_fingerprint_changes_with_what_a_coder_reads_and_with_nothing_else():
    stage = {"name": "a", "definition": "x", "owner": "Sales", "expected_valence": 0.1}
    one = from_dict({"name": "B", "version": "1", "stage": [stage]})
    moved = from_dict(
        {
            "name": "C",
            "version": "2",
            "stage": [stage | {"owner": "Product", "expected_valence": 0.9}],
        }
    )
    redefined = from_dict({"name": "B", "version": "1", "stage": [stage | {"definition": "y"}]})
    assert one.fingerprint == moved.fingerprint
    assert one.fingerprint != redefined.fingerprint
