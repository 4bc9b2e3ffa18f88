"""A page in a real Chromium, and everything it said or asked for."""

import time

import pytest

DRAWN = "document.documentElement.dataset.drawn !== undefined"


KEEPS_OUT = {"serious", "critical"}
"""What axe calls a barrier."""


def barriers(it):
    """Return what axe finds on a page that keeps people out; axe needs ``bypass_csp``."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    return [
        (found["id"], [node["html"][:200] for node in found["nodes"][:3]])
        for found in axe.run(it.page).response["violations"]
        if found["impact"] in KEEPS_OUT
    ]


class Open:
    """A page, and everything it said or asked for."""

    def __init__(self, browser, path, *, width=1280, scheme="light", wait=True, bypass_csp=False):
        self.context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            bypass_csp=bypass_csp,
        )
        self.page = self.context.new_page()
        self.said, self.asked, self.dialogs = [], [], []
        self.page.on("console", lambda m: self.said.append(m.text))
        self.page.on("pageerror", lambda e: self.said.append(str(e)))
        self.page.on("request", lambda r: self.asked.append(r.url))
        self.page.on("dialog", lambda d: (self.dialogs.append(d.message), d.dismiss()))
        self.page.goto(path.as_uri())
        if wait:
            self.until(DRAWN)

    def until(self, expression, seconds=20.0):
        """Wait for an expression to be true.

        Playwright's own wait compiles its condition in the page, which the page's policy forbids.
        """
        last = time.monotonic() + seconds
        while not self.page.evaluate(expression):
            assert time.monotonic() < last, f"never true: {expression}"
            self.page.wait_for_timeout(50)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()
