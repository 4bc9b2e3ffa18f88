"""The front end in a bare page: a model that hands each message to a real session in Python."""

import json
import time
from pathlib import Path

from journeyqual.tagging.widget import STATIC, answer

QUICK = 120.0
"""Seconds that a step may take: the machine may be busy, and nothing here is a measure of speed."""
ADDRESS = "http://tagging.test/"
SHELL = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>tagging</title>
<link rel="stylesheet" href="tagging.css"><style>body { margin: 0; padding: 12px; }</style></head>
<body><div id="here"></div><script type="module">
import widget from "./tagging.js";
const heard = new Set();
const model = {
  get: (name) => window.traits[name],
  send: (msg) => { window.sent.push(msg); window.toKernel(JSON.stringify(msg)).then((text) => {
    const reply = JSON.parse(text); if (reply) for (const one of heard) one(reply); }); },
  on: (event, one) => heard.add(one), off: (event, one) => heard.delete(one),
};
window.sent = [];
window.traits = await (await fetch("traits.json")).json();
const one = await widget();
const el = document.getElementById("here");
window.shut = [one.initialize({ model }), one.render({ model, el })];
</script></body></html>"""


class Page:
    """The widget in a page of its own, and everything that the page said."""

    def __init__(self, browser, session, *, width=1180, height=860, scheme="light", theme=""):
        self.session, self.alive = session, True
        self.theme = theme
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(QUICK * 1000)
        self.said = []
        self.page.on("console", lambda m: self.said.append(m.text))
        self.page.on("pageerror", lambda e: self.said.append(str(e)))
        self.asked = []
        self.page.on("request", lambda r: self.asked.append(r.url))
        self.page.expose_function("toKernel", self._kernel)
        self.page.route(f"{ADDRESS}**", self._serve)
        self.open()

    def open(self):
        """Open the page, or open it again: as the notebook's cell run once more."""
        self.page.goto(ADDRESS)
        self.page.wait_for_selector(".jqt[data-opened]")

    def _serve(self, route):
        name = route.request.url.removeprefix(ADDRESS)
        if name == "traits.json":
            s = self.session
            traits = {
                "interview": s.interview(),
                "codebook": s.codebook(),
                "settings": s.settings(),
            }
            return route.fulfill(body=json.dumps(traits), content_type="application/json")
        if name in ("tagging.js", "tagging.css"):
            return route.fulfill(path=Path(STATIC) / name)
        body = SHELL.replace("<body>", f"<body {self.theme}>")
        return route.fulfill(body=body if not name else "", content_type="text/html")

    def _kernel(self, text):
        return json.dumps(answer(self.session, json.loads(text)) if self.alive else None)

    # -- what a person does and sees ----------------------------------------------------------

    def press(self, *keys):
        """Press keys one after the other and wait until what they did is saved."""
        for key in keys:
            self.page.keyboard.press(key)
        if self.alive:
            self.saved()

    def saved(self):
        self.page.wait_for_function(
            "document.querySelector('.jqt-save')?.textContent.trim() === 'saved'", polling=30
        )

    def unit(self, n):
        """The nth unit, counted from 0."""
        return self.page.locator(".jqt-unit:not(.jqt-free)").nth(n)

    @property
    def here(self):
        """The number of the unit in focus, counted from 0; None where it is a free span."""
        return self.page.evaluate(
            "(() => { const all = [...document.querySelectorAll('.jqt-unit:not(.jqt-free)')];"
            "const n = all.findIndex((u) => u.getAttribute('aria-selected') === 'true');"
            "return n < 0 ? null : n; })()"
        )

    def label(self, n):
        return self.unit(n).get_attribute("aria-label")

    def until(self, expression, seconds=QUICK):
        last = time.monotonic() + seconds
        while not self.page.evaluate(expression):
            assert time.monotonic() < last, f"never true: {expression}"
            self.page.wait_for_timeout(30)

    @property
    def spoken(self):
        """What a screen reader was told last."""
        return self.page.locator(".jqt > [role=status]").inner_text()

    @property
    def standing(self):
        return self.page.locator(".jqt-save > span").inner_text()

    def drag(self, words, *, inside=".jqt-text"):
        """Select words with the mouse."""
        box = self.page.evaluate(
            """([words, inside]) => {
              for (const part of document.querySelectorAll(inside)) {
                for (const node of part.childNodes) {
                  const text = node.nodeType === 3 ? node : node.firstChild;
                  const at = text.nodeValue.indexOf(words);
                  if (at < 0) continue;
                  part.scrollIntoView({ block: "center" });
                  const range = document.createRange();
                  range.setStart(text, at); range.setEnd(text, at + words.length);
                  const all = [...range.getClientRects()], a = all[0], b = all[all.length - 1];
                  return [a.left + 1, a.top + a.height / 2, b.right - 0.5, b.top + b.height / 2];
                }
              } }""",
            [words, inside],
        )
        mouse = self.page.mouse
        mouse.move(box[0], box[1])
        mouse.down()
        mouse.move((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, steps=4)
        mouse.move(box[2], box[3], steps=4)
        mouse.up()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()
