"""Invented files in the formats that no text editor writes."""

import io
import zipfile

import openpyxl

ODT = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
)
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"


def zipped(parts, method=zipfile.ZIP_DEFLATED):
    """A zip archive of the given parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name, content in parts.items():
            # A fixed date: the same words give the same bytes.
            made.writestr(zipfile.ZipInfo(name), content, compress_type=method)
    return out.getvalue()


def pdf(*pages, height=842):
    """A PDF; each page is a list of (x, y, text), from the lower left corner, in Courier 10."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    font = b"<< /Font << /F 3 0 R >> >>"
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>")
    kids = []
    for lines in pages:
        drawn = [
            b"BT /F 10 Tf %d %d Td (%s) Tj ET"
            % (x, y, text.encode("cp1252").replace(b"(", b"\\(").replace(b")", b"\\)"))
            for x, y, text in lines
        ]
        stream = b"\n".join(drawn)
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        kids.append(len(objects) + 1)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 %d] /Resources %s /Contents %d 0 R >>"
            % (height, font, len(objects))
        )
    named = b" ".join(b"%d 0 R" % k for k in kids)
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (named, len(kids))
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % at for at in places)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start)
    return bytes(out)


def lines(*texts, left=60, top=800, pitch=14):
    """Lines below each other, for a page of `pdf`."""
    return [(left, top - pitch * at, text) for at, text in enumerate(texts) if text]


def xlsx(*sheets):
    """An Excel file; each sheet is a list of rows."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets, start=1):
        sheet = book.create_sheet(f"Sheet{number}")
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def odt(inner, doctype="", **parts):
    """An OpenDocument text with the given XML in its body."""
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?>{doctype}<office:document-content {ODT}>'
        f"<office:body><office:text>{inner}</office:text></office:body></office:document-content>"
    )
    kept = {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content, **parts}
    return zipped(kept)


def docx(inner, doctype=""):
    """A Word document with the given XML in its body."""
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{OFFICE}" Target="word/document.xml"/></Relationships>'
    )
    document = (
        f'<?xml version="1.0" encoding="UTF-8"?>{doctype}<w:document xmlns:w="{W}">'
        f"<w:body>{inner}</w:body></w:document>"
    )
    return zipped({"_rels/.rels": relations, "word/document.xml": document})


def paragraphs(*texts):
    """Paragraphs of a Word document; a line break within one stays a line break."""
    runs = [
        "<w:br/>".join(f'<w:t xml:space="preserve">{t}</w:t>' for t in text.split("\n"))
        for text in texts
    ]
    return "".join(f"<w:p><w:r>{run}</w:r></w:p>" for run in runs)
