"""What a reader sees of HTML: its text, and the elements that a browser would act on."""

from html.parser import HTMLParser

VOID = {"path", "circle", "img", "br"}


class Tags(HTMLParser):
    """Collects the elements, their attributes and the text; refuses what is not well formed."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""
        self.open = []
        self.feed(html)
        self.words = " ".join(self.text.split())

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data):
        self.text += data


def harmless(html):
    """Refuse scripts, pictures, handlers and addresses that lead out of the page."""
    seen = Tags(html)
    assert not seen.open
    assert not {"script", "img", "iframe", "b-"} & set(seen.tags)
    assert not [a for a in seen.attributes if a[1].startswith("on")]
    links = [value for _, name, value in seen.attributes if name in {"href", "src"}]
    assert all(link.startswith("#") for link in links)
    return seen
