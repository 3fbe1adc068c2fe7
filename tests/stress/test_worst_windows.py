"""Worst of history: the search finds what a slow loop finds, and windows share no day."""

from itertools import pairwise

import numpy as np
import pytest

from riskkit.errors import InputError, MarketDataError
from riskkit.stress import WorstSpec, stress_test, worst_of_history


def test_is_the_worst_of_every_window(book, history) -> None:
    """Second method: every window as a replayed scenario."""
    result = worst_of_history(book, history, WorstSpec(20, 4))
    worst = result.rows[0]
    everything = worst_of_history(book, history, WorstSpec(1, 1))
    assert everything.rows[0].scenario.window[1] - everything.rows[0].scenario.window[0] == np.timedelta64(1, "D")
    slow = []
    for start in range(0, len(history.dates) - 20, 7):
        window = (history.dates[start].item(), history.dates[start + 20].item())
        slow.append(stress_test(book, history, [type(worst.scenario)("w", "W", "", window=window)]).rows[0].pnl)
    assert worst.pnl <= min(slow) + 1e-9
    assert [row.pnl for row in result.rows] == sorted(row.pnl for row in result.rows)
    windows = sorted(row.scenario.window for row in result.rows)
    assert all(before[1] <= after[0] for before, after in pairwise(windows))
    assert [row.scenario.name for row in result.rows] == ["worst_1", "worst_2", "worst_3", "worst_4"]
    assert result.worst is worst


def test_short_histories(book, history) -> None:
    assert len(worst_of_history(book, history.tail(12), WorstSpec(10, 5)).rows) == 1
    with pytest.raises(MarketDataError, match="history"):
        worst_of_history(book, history.tail(10), WorstSpec(10))


@pytest.mark.parametrize("wrong", [{"horizon_days": 0}, {"n_windows": 101}, {"revaluation": "third"}])
def test_refuses(wrong) -> None:
    with pytest.raises(InputError):
        WorstSpec(**wrong)
