"""A price that is missing on a slot's day: carried on and judged by the worker, or the run refused with its name."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from riskkit.local.stack import Stack
from riskkit.market import FactorSeries, RiskFactor
from riskkit.market.factors import DateArray
from riskkit.portfolio import Cash, Equity, Position
from tests.reporting.shop import Shop

DAY = "2020-04-09"
#: Book to how many trading days before the valuation date its second share was last priced.
LATE = {"fresh": 0, "late1": 1, "late2": 2, "late4": 4, "late7": 7}


def priced(name: str, days: DateArray) -> FactorSeries:
    """A share with a price on each of these days."""
    return FactorSeries(RiskFactor(name, "equity", "USD"), days, 50.0 + days.astype(float) % 7)


@pytest.mark.timeout(300)
def test_old_prices_reach_the_gates_of_an_official_run_and_older_ones_are_refused_by_name(
    stack: Stack, tmp_path: Path
) -> None:
    shop = Shop(stack.keys(), tmp_path / "project").open(*LATE)
    days = np.arange("2018-01-01", "2020-04-10", dtype="datetime64[D]")
    with shop.store("analyst") as store:
        for book, late in LATE.items():
            names = ("ACME", "BETA", f"X-{book.upper()}")
            store.import_prices(shop.team, [priced("BETA", days), priced(names[-1], days[: len(days) - late])])
            held = [*(Position(Equity(name, "USD"), 5.0) for name in names), Position(Cash("USD"), 1.0)]
            store.import_portfolio(shop.team, book, book, "USD", held, date(2020, 1, 1))
    jobs = {book: shop.enqueue(book=book, as_of=DAY, max_attempts=1) for book in LATE}
    assert shop.worker("--once", "-j", "2").wait(200) == 0
    runs = {row["portfolio_id"]: row for row in shop.rows("report_runs")}
    verdicts = {book: runs[shop.books[book]]["verdict"] for book in LATE if shop.books[book] in runs}
    assert verdicts == {"fresh": "PASS", "late1": "PASS", "late2": "WARN", "late4": "BLOCK"}
    assert {row["as_of"] for row in runs.values()} == {DAY}

    said = {one["gate"]: one for one in runs[shop.books["late2"]]["gates"]}
    assert said["stale_days"]["sentence"] == "The oldest price is 2 trading days old: X-LATE2."
    assert said["coverage"]["sentence"] == "75.00% of the positions have current prices; without: X-LATE2."
    refused = shop.row(jobs["late7"])
    assert refused["state"] == "dead"
    assert re.search("X-LATE7: got 'no level after 2020-04-02 up to 2020-04-09'", str(refused["errors"]))
