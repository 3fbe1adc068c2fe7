"""The real project, its reports beside it, the demo's data, and people in front of a real browser."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Error as BrowserError

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "riskkit-demo"
#: Milliseconds until a page must be there; a machine that does much else is slow.
PATIENCE = 240_000

#: What a page shows, as exact figures and as text: tiles by metric, tables row by row (but the gates', which only a
#: report has), and its notes.
SHOWN = """() => ({
  tiles: Object.fromEntries([...document.querySelectorAll(".rk-tile")].map(
    (tile) => [tile.dataset.metric, [tile.dataset.value ?? null, tile.querySelector(".rk-value").textContent]])),
  tables: [...document.querySelectorAll(".rk-card:not([data-view=gates]) table.rk-table")].map(
    (table) => [...table.rows].map(
      (row) => [...row.cells].map((cell) => [cell.dataset.value ?? null, cell.textContent.trim()]))),
  notes: [...document.querySelectorAll("dt")].filter((dt) => dt.textContent === "Notes").flatMap((dt) => {
    const said = dt.nextElementSibling.cloneNode(true);
    said.querySelectorAll("br, li").forEach((line) => line.replaceWith(line.textContent, "\\n"));
    return said.textContent.split("\\n").map((line) => line.trim()).filter(Boolean);
  }),
})"""


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """A copy of the repository's notebooks and parameters, so that reports are written beside it and not into it."""
    folder = tmp_path_factory.mktemp("acceptance") / "project"
    for name in ("notebooks", "parameters"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def surroundings(demo_stack, tmp_path_factory):
    """Environment of commands that run as one person on this machine, without any secret of the stack's."""
    keys = demo_stack.keys()
    return {
        "SUPABASE_URL": keys.url,
        "SUPABASE_ANON_KEY": keys.anon_key,
        "RISKKIT_HOME": str(tmp_path_factory.mktemp("quant")),
    }


@pytest.fixture(scope="module")
def riskkit(project, surroundings):
    """Run the command line as the demo's quant: `riskkit("report", …)`; its output."""

    def run(*arguments, text=None):
        done = subprocess.run(
            [sys.executable, "-m", "riskkit", *arguments], cwd=project, input=text, capture_output=True, text=True,
            env={**os.environ, **surroundings, "RISKKIT_PROJECT": str(project)}, check=False, timeout=240,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("login", "--email", "quant@atlas.example", "--password-stdin", text=PASSWORD)
    return run


@pytest.fixture(scope="module")
def report(riskkit):
    """The one JSON object of a report that the command line has run."""

    def run(name, **parameters):
        options = [part for key, value in parameters.items() for part in ("-p", key, str(value))]
        return json.loads(riskkit("report", name, "--json", *options).splitlines()[-1])

    return run


@pytest.fixture(scope="module")
def served(serve, project, surroundings, tmp_path_factory):
    """The dashboards of the project."""
    own = {name: value for name, value in surroundings.items() if name != "RISKKIT_HOME"}
    return serve(tmp_path_factory.mktemp("server"), project, **own)


class Visit:
    """A person with a page open, and everything their browser said or asked for."""

    def __init__(self, context, url):
        self.url, self.context = url, context
        context.set_default_timeout(90_000)  # machines that test are busy
        self.page = context.new_page()
        self.complaints, self.requests, self.sockets, self.navigations = [], [], [], []
        self.page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("websocket", lambda socket: self.sockets.append(socket.url))
        self.page.on("domcontentloaded", lambda page: self.navigations.append(page.url))

    def sign_in(self, email, path="/"):
        self.page.goto(self.url + path)
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.get_by_role("button", name="Sign out").wait_for()
        return self

    def ready(self):
        """Until every figure is there: a page computes its further analyses after its own."""
        for there in (
            "document.documentElement.dataset.rk === 'ready'",
            "document.querySelector('.rk-state[data-query]') !== null",
            "!document.querySelector('.rk-busy, .rk-counted')",
        ):
            try:
                self.page.wait_for_function(there, timeout=PATIENCE)
            except BrowserError as error:
                text = self.page.inner_text("body")[:600]
                raise AssertionError(f"{self.page.url}: never {there}; {self.complaints}; {text}") from error
        return self

    def shown(self):
        return self.page.evaluate(SHOWN)

    def kernel(self):
        return self.page.evaluate("JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId")

    def outside(self):
        return [url for url in self.requests if not url.startswith((self.url, "data:", "blob:"))]


@pytest.fixture
def report_page(chromium):
    """What a report's file shows, opened without any network."""
    context = chromium.new_context(offline=True, viewport={"width": 1440, "height": 900})
    page = context.new_page()

    def shown(path):
        page.goto(Path(path).as_uri())
        return page.evaluate(SHOWN)

    yield shown
    context.close()


@pytest.fixture
def visit(chromium, served):
    """Open a browser window of one's own: `visit()`."""
    with_windows = []

    def opened(width=1440):
        context = chromium.new_context(viewport={"width": width, "height": 900})
        with_windows.append(context)
        return Visit(context, served.url)

    yield opened
    for context in with_windows:
        context.close()
