"""120 payloads in one data set, in every text that people write: no page, report or export runs or loads one."""

import csv
import itertools
import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from riskkit.demo.books import HELD_FROM, SHARES
from riskkit.local.client import service_client
from riskkit.serving.catalogue import Catalogue
from tests.acceptance.looking import PATIENCE
from tests.acceptance.payloads import GROWN, OUTSIDE, PAYLOADS, SCRIPT

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "riskkit-demo"
DASHBOARDS = [one.name for one in Catalogue(ROOT).dashboards()]

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1200)]


def test_there_are_120():
    assert len(set(PAYLOADS)) == 120
    assert all(1 <= len(text) <= 190 for text in PAYLOADS)


class Team:
    """A team that writes nothing but payloads, taken in turn so that all 120 are somewhere."""

    def __init__(self, service, project, surroundings, home):
        self.service, self.turn = service, itertools.cycle(PAYLOADS)
        self.slug = f"markup-{uuid.uuid4().hex[:6]}"
        self.id = self.add("teams", slug=self.slug, name=self.take())
        self.email = f"analyst@{self.slug}.example"
        made = {"email": self.email, "password": PASSWORD, "email_confirm": True}
        self.user = service.auth.admin.create_user(made).user.id
        self.add("memberships", team_id=self.id, user_id=self.user, role="admin")
        own = {"RISKKIT_HOME": str(home), "RISKKIT_PROJECT": str(project)}
        self.cli = {"cwd": project, "env": {**os.environ, **surroundings, **own}}

    def take(self):
        return next(self.turn)

    def add(self, table, **row):
        return self.service.table(table).insert(row).execute().data[0].get("id")

    def books(self):
        self.book = self.add("portfolios", team_id=self.id, slug="book", title=self.take(), base_currency="USD")
        for n in range(14):
            self.add("portfolios", team_id=self.id, slug=f"other-{n}", title=self.take(), base_currency="USD")
        for symbol in SHARES:
            own = {"symbol": symbol, "asset_class": "equity", "currency": "USD", "terms": {"type": "equity"}}
            sector = self.take()
            share = self.add("instruments", team_id=self.id, sector=sector, **own)
            held = {"instrument_id": share, "quantity": 100, "valid_from": HELD_FROM.isoformat()}
            self.add("positions", team_id=self.id, portfolio_id=self.book, **held)
            limit = {"metric": "component_var", "scope": "sector", "scope_value": sector, "unit": "USD", "hard": 1}
            self.add("limits", team_id=self.id, portfolio_id=self.book, note=self.take(), **limit)

    def scenarios(self):
        window = {"window": ["2020-02-19", "2020-03-23"]}
        for n in range(12):
            self.add("scenarios", team_id=self.id, name=f"markup_{n}", title=self.take(), definition=window)

    def run(self, report, *options):
        """A run of the command line, as the team's own."""
        command = [sys.executable, "-m", "riskkit", *("report", report, "--json", "--portfolio", f"{self.slug}/book")]
        done = subprocess.run(
            [*command, *options], **self.cli, capture_output=True, text=True, check=False, timeout=400
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def login(self):
        command = [sys.executable, "-m", "riskkit", "login", "--email", self.email, "--password-stdin"]
        subprocess.run(command, **self.cli, input=PASSWORD, text=True, check=True, timeout=120, capture_output=True)

    def words(self, run):
        for _ in range(50):
            self.add("run_comments", team_id=self.id, run_id=run, body=self.take(), author_name=self.take())


@pytest.fixture(scope="module")
def team(demo_stack, project, surroundings, tmp_path_factory):
    with service_client(demo_stack.keys()) as service:
        made = Team(service, project, surroundings, tmp_path_factory.mktemp("markup"))
        made.books()
        made.scenarios()
        made.login()
        made.report = made.run("portfolio_var")
        made.words(made.report["id"])
        yield made


def fallen(page, requests):
    """What a payload has done on the page."""
    page.wait_for_timeout(300)
    asked = [url for url in requests if OUTSIDE in url.split("?")[0]]
    return [*map(str, page.evaluate("window.hits")), *page.evaluate(GROWN), *asked]


@pytest.mark.soak
def test_no_page_runs_or_loads_one(team, visit):
    there = visit()
    there.context.add_init_script(SCRIPT)
    there.page.set_default_timeout(PATIENCE)
    there.sign_in(team.email)
    found = {"/": fallen(there.page, there.requests)}
    shown = there.page.content()
    for path in (
        "/account",
        "/account/members",
        f"/?q={PAYLOADS[0]}",
        f"/dashboards/portfolio_var?portfolio={PAYLOADS[1]}",
    ):
        there.page.goto(there.url + path)
        shown += there.page.content()
        found[path] = fallen(there.page, there.requests)
    for name in DASHBOARDS:
        there.page.goto(f"{there.url}/dashboards/{name}?portfolio={team.slug}/book", wait_until="commit")
        there.page.wait_for_function("document.documentElement.dataset.rk === 'ready'")
        there.page.wait_for_timeout(2000)
        for picker in there.page.locator('input[type="file"]').all():
            cells = "".join(
                f'"{text.replace(chr(34), chr(34) * 2)}",{n},equity,USD\n' for n, text in enumerate(PAYLOADS)
            )
            file = {"name": "<img src=x onerror=hit(999)>.csv", "mimeType": "text/csv"}
            picker.set_input_files([{**file, "buffer": f"symbol,quantity,asset_class,currency\n{cells}".encode()}])
            there.page.wait_for_timeout(1500)
        shown += there.page.content()
        found[name] = fallen(there.page, there.requests)
    assert {where: what for where, what in found.items() if what} == {}
    assert "payload.invalid" in shown  # they are there: as text


@pytest.fixture
def alone(chromium):
    """A browser window that counts: the page, and what it asked for."""
    context = chromium.new_context()
    context.add_init_script(SCRIPT)
    page, requests = context.new_page(), []
    page.on("request", lambda request: requests.append(request.url))
    yield page, requests
    context.close()


def test_no_report_runs_or_loads_one(team, alone):
    page, requests = alone
    page.goto(Path(team.report["html"]).as_uri())
    page.wait_for_timeout(1000)
    assert "hit(" in page.content()
    assert fallen(page, requests) == []


def test_no_export_is_taken_for_a_page(team):
    """Tables as files: each cell is text, none the beginning of a formula."""
    tables = sorted(Path(team.report["html"]).parent.glob("tables/*.csv"))
    cells = [cell for table in tables for row in csv.reader(table.read_text().splitlines()) for cell in row]
    assert any("=HYPERLINK" in cell for cell in cells)
    assert [cell for cell in cells if cell.startswith("=")] == []
