"""A schedule for twelve books of which two are poisoned: ten reports, and two failures that are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskkit.local.stack import Stack
from tests.reporting.fan_out import fan_out
from tests.reporting.shop import Shop


@pytest.mark.timeout(400)
def test_two_poisoned_books_cost_the_other_ten_nothing(stack: Stack, tmp_path: Path) -> None:
    found = fan_out(Shop(stack.keys(), tmp_path / "project"), 12, 2)
    assert found["reports"] == 10
