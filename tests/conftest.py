"""What the whole suite shares: an embedded Supabase in a home of its own, empty or with the demo's data."""

from pathlib import Path

import pytest

from riskkit.local.stack import Stack

ROOT = Path(__file__).resolve().parents[1]


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
