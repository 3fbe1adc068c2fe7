"""What the whole suite shares: an embedded Supabase in a home of its own, empty or seeded, and a mixed book."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from riskkit.local.postgres import Postgres
from riskkit.local.stack import Stack
from riskkit.market import FactorHistory, RiskFactor
from riskkit.portfolio import Cash, Equity, EuropeanOption, Portfolio, Position, ZeroCouponBond

# No test keeps a sign-in in the keyring of whoever runs it; tests/session brings one of its own.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
ROOT = Path(__file__).resolve().parents[1]
#: CI sets it: whatever a machine may lack is then required, and a skip is a failure.
REQUIRE_ALL = os.environ.get("RISKKIT_REQUIRE_ALL") == "1"


def _no_skip(report):
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, but RISKKIT_REQUIRE_ALL=1 requires it: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    return _no_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    return _no_skip((yield))


@dataclass(frozen=True)
class Template:
    """A stopped stack; every file of tests works on a copy of its own, so that none sees what another has left."""

    stack: Stack

    @contextlib.contextmanager
    def copied(self, home):
        """A running copy at `home`, removed at the end."""
        subprocess.run(["cp", "-a", self.stack.home, home], check=True)
        if not Postgres.of(home).exists:  # root's clusters lie elsewhere
            subprocess.run(["cp", "-a", Postgres.of(self.stack.home).data, Postgres.of(home).data], check=True)
        (home / "local" / "public.json").unlink()  # its address is the template's
        running = Stack(home, ROOT)
        running.start(port=0)
        try:
            yield running
        finally:
            running.remove()


@contextlib.contextmanager
def _template(home, fill):
    made = Stack(home, ROOT)
    try:
        fill(made.start(port=0))
        made.stop()
        yield Template(made)
    finally:
        made.remove()


@pytest.fixture(scope="session")
def empty_template(tmp_path_factory):
    """A migrated, unseeded stack to copy."""
    with _template(tmp_path_factory.mktemp("template") / "home", lambda _keys: None) as template:
        yield template


@pytest.fixture(scope="session")
def demo_template(tmp_path_factory):
    """A seeded stack to copy."""
    # Imported here because the seed reads thirty years of prices, which few tests need.
    from riskkit.demo import seed

    with _template(
        tmp_path_factory.mktemp("template") / "home", lambda keys: seed.seed(keys, ROOT, lambda *_: None)
    ) as template:
        yield template


@pytest.fixture(scope="module")
def stack(empty_template, tmp_path_factory):
    """A running, migrated, unseeded stack: `stack.keys()` has its address and keys."""
    with empty_template.copied(tmp_path_factory.mktemp("stack") / "home") as running:
        yield running


@pytest.fixture(scope="module")
def demo_stack(demo_template, tmp_path_factory):
    """A running stack seeded like `make demo`: two teams, users, books, market data."""
    with demo_template.copied(tmp_path_factory.mktemp("demo") / "home") as running:
        yield running


@dataclass(frozen=True)
class Served:
    """A running `riskkit serve`."""

    url: str
    process: subprocess.Popen
    log: Path

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(timeout=30)


@pytest.fixture(scope="module")
def serve(tmp_path_factory):
    """Start `riskkit serve` as a process of its own: `serve(home, project, "--option", …, NAME="value")`."""
    with contextlib.ExitStack() as ending:

        def start(home, project=ROOT, *options, **environ):
            log = tmp_path_factory.mktemp("serve") / "log"
            with log.open("w") as stderr:
                process = subprocess.Popen(
                    [sys.executable, "-m", "riskkit", "serve", "--port", "0", "--log", *options],
                    cwd=project, stdout=subprocess.PIPE, stderr=stderr, text=True,
                    env={**os.environ, "RISKKIT_HOME": str(home), "RISKKIT_PROJECT": str(project), **environ},
                )  # fmt: skip
            ending.callback(_stop, process)
            line = process.stdout.readline()
            assert line.startswith("Dashboards: "), line + log.read_text()
            return Served(line.split()[1].rstrip("/"), process, log)

        yield start


def _stop(process):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    process.stdout.close()


CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture
def half_open():
    """The address of a server that takes connections and never answers, as a proxy does whose other end has died."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture(scope="module")
def chromium():
    """A headless browser; without one its tests are skipped, or fail where everything is required.

    Closed with its module: while playwright is open, its event loop counts as the running one of the whole process.
    """
    # Imported here because playwright starts a process of its own, which few tests need.
    from playwright.sync_api import sync_playwright

    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}: `apt-get install chromium`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


# A mixed book on a made-up history: stocks in two currencies, cash, an option, a bond.
FACTORS = (
    RiskFactor("ABC", "equity", "USD"),
    RiskFactor("ABC.vol", "volatility", "USD"),
    RiskFactor("EURUSD", "fx", "USD"),
    RiskFactor("JPYUSD", "fx", "USD", "log"),
    RiskFactor("SAP", "equity", "EUR"),
    RiskFactor("UST10", "yield", "USD"),
)
START = np.array([50.0, 0.3, 1.2, 0.01, 100.0, 0.02])
SIZES = np.array([0.02, 0.01, 0.005, 0.006, 0.015, 0.0006])
RELATIVE = np.array([True, False, True, True, True, False])
ABC, SAP = Equity("ABC", "USD", sector="Energy"), Equity("SAP", "EUR", sector="Software")
PUT = EuropeanOption("ABC put", "USD", "ABC", "ABC.vol", 48.0, date(2020, 9, 18), "put", multiplier=100.0)
BOND = ZeroCouponBond("Z", "USD", "UST10", date(2025, 3, 16))
BOOK = Portfolio(
    "mixed",
    "EUR",
    tuple(Position(what, q) for what, q in ((ABC, -200.0), (SAP, 100.0), (Cash("JPY"), 5e5), (PUT, 1.0), (BOND, 50.0))),
)
STOCKS = Portfolio("stocks", "USD", (Position(ABC, 300.0), Position(SAP, 80.0)))


@dataclass(frozen=True)
class Mixed:
    """The book, and histories for it."""

    book: Portfolio = BOOK
    stocks: Portfolio = STOCKS

    def history(self, seed: int, days: int, first: str = "2019-01-01") -> FactorHistory:
        """Heavy-tailed moves, all correlated by 0.3; calendar days from the first."""
        rng = np.random.default_rng(seed)
        moves = rng.standard_t(5, (days, 6)) * np.sqrt(3 / 5) @ np.linalg.cholesky(0.7 * np.eye(6) + 0.3) * SIZES
        total = np.cumsum(moves, axis=0)
        levels = np.where(RELATIVE, START * np.exp(total), START + 0.05 * total)
        return FactorHistory(FACTORS, np.datetime64(first) + np.arange(days), levels, ("made up",))


@pytest.fixture(scope="session")
def mixed() -> Mixed:
    return Mixed()
