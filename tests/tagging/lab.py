"""A real JupyterLab on small studies, and a browser's page on one of its notebooks."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from itertools import cycle
from pathlib import Path
from typing import ClassVar

import psutil
import pytest

from journeyqual import lab, open_study
from tests.tagging.made import SAID, interview, suggestions
from tests.tagging.page import QUICK, Page

TOKEN = "a-token-of-the-tests"
BOOK = Path(__file__).parents[2] / "data" / "sample" / "codebook.toml"


def until(what, seconds=QUICK, every=0.05):
    """Wait for a question to be answered with something true, and return that."""
    last = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < last, "it never came true"
        time.sleep(every)
    return found


class Folder:
    """A study folder that a run has been over: interviews in its store, the machine's codings too.

    The codings bear the names and keys of the shipped coders, so that no model is loaded.
    """

    def __init__(self, folder, said=SAID, people=("P01", "P02", "P03")):
        self.path = Path(folder)
        (self.path / "transcripts").mkdir(parents=True)
        (self.path / "study.toml").write_text("[curve]\ndraws = 200\n")
        (self.path / "codebook.toml").write_text(BOOK.read_text(encoding="utf-8"))
        self.opened = open_study(self.path)
        store = self.opened.store
        self.interviews = [f"{person}_2026-03-04" for person in people]
        for person, name in zip(people, self.interviews, strict=True):
            one = interview(said if person == people[0] else SAID, name, person)
            store.add_interviews([one], source=person, sha256=person)
        made = suggestions(store.units()).assign(codebook_version=self.opened.codebook_version)
        for coder in self.opened.machine_coders(self.opened.tags()):
            rows = made[made["dimension"].isin(coder.dimensions)].drop(columns="origin")
            done = (self.interviews, coder.key)
            store.add_codings(rows.assign(coder=coder.name), done=done)
        self.units = store.units(self.interviews[:1])["unit_id"].tolist()

    def notebook(self, coder="ana", copy=""):
        """Put the tagging notebook there as the command does; return it, or a copy of it."""
        made = lab.tagging_notebook(self.path, interview=self.interviews[0], coder=coder)
        if not copy:
            return made
        path = made.with_name(copy)
        path.write_text(made.read_text(encoding="utf-8"), encoding="utf-8")
        return path

    def rows(self, coder="ana"):
        """Return what the store holds of a person, read from outside the kernel."""
        rows = self.opened.store.codings(coders=[])
        return rows[rows["coder"] == f"human:{coder}"]

    def said(self, coder="ana"):
        """Return a person's last words: (unit's number, dimension) to value."""
        numbers = {unit: n for n, unit in enumerate(self.units)}
        kept = {}
        for row in self.rows(coder).itertuples():
            at = (numbers.get(row.unit_id, row.unit_id), row.dimension)
            kept.pop(at, None)
            if row.origin != "clear":
                kept[at] = row.value if row.status != "rejected" else f"not {row.value}"
        return kept

    def spans(self):
        """Return the words of the free spans."""
        return sorted(self.opened.store.units(kind="span")["text"])

    def close(self):
        self.opened.close()


def serious(page, context):
    """Return what axe-core finds inside an element that keeps somebody out."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page, context=context).response["violations"]
    return [
        (v["id"], v["impact"], v["nodes"][0]["html"][:160], v["nodes"][0].get("failureSummary"))
        for v in found
        if v["impact"] in ("serious", "critical")
    ]


class Server:
    """JupyterLab, started as the command starts it, over a folder of studies."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.root = self.folder / "studies"
        self.root.mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        command = [
            sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={self.root}",
            f"--ServerApp.port={self.port}", "--ServerApp.ip=127.0.0.1", "--no-browser",
            *lab.OPTIONS, "--LabApp.expose_app_in_browser=True", "--allow-root",
        ]  # fmt: skip
        self.log = (self.folder / "log.txt").open("w")
        self.process = subprocess.Popen(
            command, cwd=self.root, env=settings(self.folder), stdout=self.log, stderr=self.log
        )
        until(self._answers)

    def _answers(self):
        assert self.process.poll() is None, (self.folder / "log.txt").read_text()
        try:
            return self.ask("status")
        except OSError:
            return None

    def ask(self, what, method="GET"):
        """Ask the server's REST interface."""
        headers = {"Authorization": f"token {TOKEN}"}
        request = urllib.request.Request(
            f"{self.address}/api/{what}", headers=headers, method=method
        )
        with urllib.request.urlopen(request, timeout=QUICK) as answer:
            return json.loads(answer.read() or b"null")

    def kernel(self, notebook):
        """Return the kernel of a notebook as the server knows it; None if it has none."""
        path = Path(notebook).relative_to(self.root).as_posix()
        return next((s["kernel"] for s in self.ask("sessions") if s["path"] == path), None)

    def process_of(self, notebook):
        """Return the process of a notebook's kernel."""
        name = f"kernel-{self.kernel(notebook)['id']}.json"
        for child in psutil.Process(self.process.pid).children(recursive=True):
            if any(name in part for part in child.cmdline()):
                return child
        raise AssertionError("the kernel has no process")

    def stop(self):
        """End it; told to while a kernel is starting, it ends its kernels and then hangs."""
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=10)
        self.process.kill()
        self.process.wait()
        self.log.close()


def settings(folder):
    """Return an environment in which JupyterLab knows nothing of this machine's user."""
    names = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    own = {name: str(Path(folder) / part) for name, part in names.items()}
    return {**os.environ, **own, "JUPYTER_TOKEN": TOKEN}


SESSION = "window.jupyterapp?.shell.currentWidget?.context?.sessionContext"
STATE = r"""() => {
  const panel = window.jupyterapp?.shell.currentWidget, session = panel?.context?.sessionContext;
  const kernel = session?.session?.kernel, widgets = document.querySelectorAll(".jqt");
  const texts = (what) => [...document.querySelectorAll(what)]
    .map((one) => one.innerText.replace(/\s+/g, " ").slice(0, 300));
  const said = (out) => out.ename ? `${out.ename}: ${out.evalue}`
    : out.text ?? Object.keys(out.data ?? {}).join(" ");
  const code = (panel?.content?.widgets ?? []).filter((cell) => cell.model.type === "code");
  return {
    "kernel of the page": kernel ? `${kernel.connectionStatus}, ${kernel.status}` : "none",
    session: session?.kernelDisplayStatus,
    dialogs: texts(".jp-Dialog"),
    notices: texts(".Toastify__toast"),
    widgets: widgets.length,
    opened: [...widgets].filter((one) => one.dataset.opened).length,
    cells: code.map(({ model }) => {
      const count = model.executionCount ?? (model.executionState === "running" ? "*" : "-");
      const outputs = model.toJSON().outputs.map((out) => String(said(out)).slice(0, 300));
      return `${count} ${outputs.join("; ")}`.trim();
    }),
  };
}"""
"""What a page knows of its notebook, in a few words."""


LATE = """
const timeout = AbortSignal.timeout.bind(AbortSignal);
AbortSignal.timeout = (ms) => timeout(ms === 2000 ? 0 : ms);
"""
"""As on a computer that is slow: the two seconds in which anywidget wants a widget loaded are over
at once, and it gives up on each."""

SLOW = ("[anywidget] Failed to initialize model", "to activate.")
"""What is said of a computer that is slow, by anywidget and by JupyterLab of its own parts."""


class Lab(Page):
    """A notebook of a study, open in JupyterLab in a browser of its own.

    What a person does and sees there is what `Page` has; the kernel is a real one.
    """

    pages: ClassVar = []
    """Those that are open: the report of a failed test tells of them."""

    def __init__(
        self, browser, server, notebook, *, width=1500, height=1000, theme="light", late=False
    ):
        self.server, self.notebook, self.alive = server, Path(notebook), True
        self.context = browser.new_context(viewport={"width": width, "height": height})
        self.page = self.context.new_page()
        self.page.set_default_timeout(QUICK * 1000)
        self.said, self.asked, self.sockets = [], [], []
        self.page.on("console", lambda m: self.said.append((m.type, m.text, m.location["url"])))
        self.page.on("pageerror", lambda e: self.said.append(("error", str(e), "")))
        self.page.on("request", lambda r: self.asked.append(r.url))
        self.page.on("websocket", lambda s: self.asked.append(s.url))
        self.theme = theme
        if late:
            self.page.add_init_script(LATE)
        self.pages.append(self)
        self.open()

    def open(self):
        """Open the notebook in JupyterLab and wait for its kernel."""
        path = self.notebook.relative_to(self.server.root).as_posix()
        # A workspace for each browser: JupyterLab would open what another left open.
        space = f"{self.notebook.stem}-{id(self)}"
        self.page.goto(f"{self.server.address}/lab/workspaces/{space}/tree/{path}?token={TOKEN}")
        self.page.wait_for_selector(".jp-Notebook .jp-Cell")
        self.command("apputils:change-theme", {"theme": f"JupyterLab {self.theme.title()}"})
        self.until(f"document.body.dataset.jpThemeLight === '{str(self.theme == 'light').lower()}'")
        self.ready()

    def command(self, name, arguments=None):
        """Run one of JupyterLab's commands, as its menu does."""
        self.page.evaluate(
            "([name, given]) => window.jupyterapp.commands.execute(name, given)",
            [name, arguments or {}],
        )

    def ready(self):
        """Wait until the page has its kernel, and has heard from it that it is idle.

        The page is asked, not the server, which knows of both a moment sooner: cells that are run
        in between JupyterLab passes over in silence.
        """
        kernel = f"{SESSION}?.session?.kernel"
        self.until(f"{kernel}?.connectionStatus === 'connected' && {kernel}.status === 'idle'")

    def run_all(self):
        """Run all cells, and wait for the end of the last one and for the widget."""
        self.page.evaluate(
            """() => {
              document.querySelectorAll(".jqt").forEach((one) => { one.dataset.before = 1; });
              window.ran = false;
              window.jupyterapp.commands.execute("notebook:run-all-cells")
                .finally(() => { window.ran = true; });
            }"""
        )
        self.until("window.ran")
        assert all(cell["execution_count"] for cell in self.cells()), "a cell was passed over"
        self.scroll_to(".jqt:not([data-before])")
        self.page.wait_for_selector(".jqt[data-opened]:not([data-before])")

    def diagnosis(self):
        """Return how things stand; for the report of a test that failed."""
        known = {"notebook": self.notebook.name, "console": self.complaints[-5:]}
        try:
            known["kernel of the server"] = self.server.kernel(self.notebook)
            # Not evaluated, for that waits forever for a page that hangs.
            known |= self.page.wait_for_function(STATE, timeout=10_000).json_value()
        except Exception as error:
            known["no answer"] = str(error)
        return "\n".join(f"{name}: {value}" for name, value in known.items())

    def cells(self):
        """Return what each code cell ended in: its outputs, as the notebook's file has them."""
        return self.page.evaluate(
            """() => [...window.jupyterapp.shell.currentWidget.content.widgets]
              .filter((cell) => cell.model.type === "code").map((cell) => cell.model.toJSON())"""
        )

    def scroll_to(self, selector):
        """Bring what a cell shows into view; JupyterLab may attach cells as they come near."""
        cells = "window.jupyterapp.shell.currentWidget.content"
        order = cycle(range(self.page.evaluate(f"{cells}.widgets.length")))
        found = self.page.locator(selector)

        def seen():
            return found.count() or self.page.evaluate(f"{cells}.scrollToItem({next(order)})")

        until(seen, every=0.2)
        found.first.scroll_into_view_if_needed()

    def after_death(self):
        """Wait until JupyterLab has put a new kernel in the place of a dead one."""
        button = self.page.locator(".jp-Dialog button.jp-mod-accept")
        button.wait_for()
        button.click()
        self.ready()

    def leave(self):
        """Close the browser and end the notebook's kernel, so that it takes no room."""
        self.pages.remove(self)
        self.context.close()
        kernel = self.server.kernel(self.notebook)
        if kernel:
            self.server.ask(f"kernels/{kernel['id']}", method="DELETE")

    @property
    def errors(self):
        """Errors that the cells ended in."""
        outputs = [out for cell in self.cells() for out in cell["outputs"]]
        return [out for out in outputs if out["output_type"] in ("error", "stream")]

    @property
    def complaints(self):
        """What the page's console was told in anger."""
        said = [(kind, text) for kind, text, _ in self.said if kind in ("error", "warning")]
        return [(kind, text) for kind, text in said if not any(part in text for part in SLOW)]

    @property
    def elsewhere(self):
        """What was asked of any machine but this."""
        here = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")
        return [url for url in self.asked if not url.startswith(here)]
