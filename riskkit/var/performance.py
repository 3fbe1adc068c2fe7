"""Volatility, drawdown and ratios of a book's daily P&L, as a table."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskkit.measures import performance


def performance_table(pnl: NDArray[np.float64], currency: str, benchmark: ArrayLike | None = None) -> pd.DataFrame:
    """Figures of `measures.performance` on a daily P&L (n,), gain positive: figure, value, unit.

    A ratio that does not exist (a constant P&L, no day below zero) is None. `benchmark` (n,) is a P&L in the same
    currency on the same days; with one there are also beta and tracking error.

    Examples
    --------
    >>> performance_table(np.array([1.0, -1.0, 2.0]), "USD")["figure"].tolist()
    ['volatility', 'downside_deviation', 'maximum_drawdown', 'sharpe_ratio', 'sortino_ratio']
    """
    rows: list[tuple[str, float | None, str]] = [
        ("volatility", performance.volatility(pnl), f"{currency} a year"),
        ("downside_deviation", performance.downside_deviation(pnl), f"{currency} a year"),
        ("maximum_drawdown", performance.maximum_drawdown(pnl), currency),
        ("sharpe_ratio", performance.sharpe_ratio(pnl), "ratio a year"),
        ("sortino_ratio", performance.sortino_ratio(pnl), "ratio a year"),
    ]
    if benchmark is not None:
        rows.append(("beta", performance.beta(pnl, benchmark), "ratio"))
        rows.append(("tracking_error", performance.tracking_error(pnl, benchmark), f"{currency} a year"))
    table = pd.DataFrame(rows, columns=["figure", "value", "unit"])
    return table.assign(value=pd.Series([value for _, value, _ in rows], dtype="object"))
