"""A page in a real Chromium, and everything it said or asked for."""

import os
import shutil
import time
from collections.abc import Iterator
from typing import Any

import pytest

DRAWN = "document.documentElement.dataset.drawn !== undefined"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        # On a laptop that is the user's affair; CI must not pass without having looked.
        assert not os.environ.get("CI"), "CI needs chromium"
        pytest.skip("no chromium on the path")
    with playwright.sync_playwright() as session:
        browser = session.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


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
