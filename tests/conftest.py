"""What the whole suite shares: an embedded Supabase in a home of its own, empty or with the demo's data."""

import os
from pathlib import Path

import pytest

from riskkit.local.stack import Stack

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


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    """A running, migrated, unseeded stack: `stack.keys()` has its address and keys."""
    running = Stack(tmp_path_factory.mktemp("stack") / "home", ROOT)
    running.start(port=0)
    yield running
    running.remove()


@pytest.fixture(scope="session")
def demo_stack(tmp_path_factory):
    """A running stack seeded like `make demo`: two teams, users, books, market data."""
    # Imported here because the seed reads thirty years of prices, which few tests need.
    from riskkit.local import demo

    running = Stack(tmp_path_factory.mktemp("demo") / "home", ROOT)
    demo.seed(running.start(port=0), ROOT, lambda *_: None)
    yield running
    running.remove()
