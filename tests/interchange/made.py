"""Projects made for tests: REFI-QDA archives, and studies to import into."""

import io
import zipfile

from journeyqual.scaffold import make_study
from journeyqual.study import open_study

SPACE = "urn:QDA-XML:project:1.0"
ANA, BEN = "AAAAAAAA-0000-4000-8000-000000000001", "AAAAAAAA-0000-4000-8000-000000000002"
PRICE, ONBOARDING, TREE = (f"CCCCCCCC-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))
TALK = "DDDDDDDD-0000-4000-8000-000000000001"
WORDS = "Interviewer: And then?\n\nP01: It was dear. Then I found the button.\n"


def number(n, kind="E"):
    return f"{kind * 8}-0000-4000-8000-{n:012d}"


def coding(n, code, user=ANA, *, note="", at="2026-03-04T10:00:00Z"):
    by = f' creatingUser="{user}"' if user else ""
    ref = f'<NoteRef targetGUID="{note}"/>' if note else ""
    when = f' creationDateTime="{at}"' if at else ""
    return f'<Coding guid="{number(n)}"{by}{when}><CodeRef targetGUID="{code}"/>{ref}</Coding>'


def selection(n, start, end, inner="", *, name="", by=""):
    return (
        f'<PlainTextSelection guid="{number(n, "F")}" startPosition="{start}" endPosition="{end}"'
        f' name="{name}"{by}>{inner}</PlainTextSelection>'
    )


def text_source(inner="", *, guid=TALK, name="P01.txt", path=""):
    where = path or f"internal://{guid}.txt"
    return f'<TextSource guid="{guid}" name="{name}" plainTextPath="{where}">{inner}</TextSource>'


CODES = f"""<CodeBook><Codes>
<Code guid="{TREE}" name="Money" isCodable="true" color="#FF0000">
<Description>what it costs</Description>
<Code guid="{PRICE}" name="price" isCodable="true"/></Code>
<Code guid="{ONBOARDING}" name="Onboarding" isCodable="true"/></Codes></CodeBook>"""
USERS = f'<Users><User guid="{ANA}" name="Ana"/><User guid="{BEN}" name="Ben"/></Users>'


def project(sources, *, users=USERS, codes=CODES, cases="", rest="", attributes=""):
    return (
        f'<?xml version="1.0" encoding="utf-8"?><Project xmlns="{SPACE}" name="Made"'
        f' origin="SomeTool 1" {attributes}>{users}{codes}{cases}<Sources>{sources}</Sources>{rest}'
        "</Project>"
    )


def archive(path, xml, texts, *, project_name="project.qde", folder="Sources"):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr(project_name, xml)
        for name, text in texts.items():
            out.writestr(f"{folder}/{name}", text if isinstance(text, bytes) else text.encode())
    return path


def simple(path, inner, *, text=WORDS, **given):
    """Write a project of one source with these selections."""
    parts = {key: given.pop(key) for key in ("project_name", "folder") if key in given}
    return archive(path, project(text_source(inner), **given), {f"{TALK}.txt": text}, **parts)


def fresh(folder, detector="list"):
    """Make a study without interviews that hides listed names, speakers' and no others."""
    file = make_study(folder) / "study.toml"
    text = file.read_text()
    assert 'detector = "presidio"' in text
    file.write_text(text.replace('detector = "presidio"', f'detector = "{detector}"'))
    return open_study(folder)


def parts(data):
    """Return the names and bytes of an archive's parts."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def placed(study):
    """Return what was coded: ``words, dimension, value, coder``, sorted."""
    store = study.store
    units = {
        row.unit_id: row.text
        for kind in ("segment", "span")
        for row in store.units(kind=kind).itertuples()
    }
    rows = store.codings()
    return sorted(
        (units[row.unit_id], row.dimension, row.value, row.coder) for row in rows.itertuples()
    )
