"""What a portfolio holds on a day, and what each position is worth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

import pandas as pd

from riskkit.errors import InputError
from riskkit.market import FactorHistory, MarketSnapshot
from riskkit.metric import Metric
from riskkit.portfolio import Portfolio
from riskkit.revaluation.book import bind
from riskkit.revaluation.revaluer import Revaluer

Group = Literal["sector", "asset_class", "currency"]


@dataclass(frozen=True)
class PositionsSpec:
    """How positions are listed.

    Attributes
    ----------
    grouped_by : {"sector", "asset_class", "currency"}
        What they are added up by.
    """

    grouped_by: Group = "sector"

    def __post_init__(self) -> None:
        if self.grouped_by not in get_args(Group):
            raise InputError("grouped_by", self.grouped_by, f"one of {', '.join(get_args(Group))}")

    @property
    def history_returns(self) -> int:
        """One: the day itself and the one before it."""
        return 1


@dataclass(frozen=True, eq=False)
class PositionsResult:
    """The positions of a portfolio on a day; base currency unless a column says otherwise.

    Attributes
    ----------
    spec : PositionsSpec
    portfolio : Portfolio
    as_of : date
    previous : date or None
        The day with data before it; None where there is none.
    positions : DataFrame
        position, asset_class, currency, sector, quantity [units], price [the position's own currency, of one unit],
        value, share [of the gross value, signed], change [since `previous`, the same quantities; gain positive; NaN
        where there is no day before].
    notes : tuple of str
    """

    spec: PositionsSpec
    portfolio: Portfolio
    as_of: date
    previous: date | None
    positions: pd.DataFrame
    notes: tuple[str, ...] = ()

    @property
    def value(self) -> float:
        """Net: the sum of the values."""
        return float(self.positions["value"].sum())

    @property
    def gross_value(self) -> float:
        """The sum of the absolute values."""
        return float(self.positions["value"].abs().sum())

    @property
    def change(self) -> float | None:
        """P&L since the day before of what is held now; None where there is no day before."""
        return None if self.previous is None else float(self.positions["change"].sum())

    @property
    def groups(self) -> pd.DataFrame:
        """By the spec's group, largest value first: group, count, value, share, change."""
        grouped = self.positions.groupby(self.spec.grouped_by, sort=True)
        found = grouped[["value", "share", "change"]].sum(min_count=1)
        found.insert(0, "count", grouped.size())
        return found.sort_values("value", ascending=False, kind="stable").reset_index(names="group")

    def metrics(self) -> tuple[Metric, ...]:
        """The figures a run stores: values in all and by position, the change, and how many positions there are."""
        unit = self.portfolio.base_currency
        metrics = [
            Metric("value", self.value, unit),
            Metric("gross_value", self.gross_value, unit),
            Metric("positions", float(len(self.positions)), "count"),
        ]
        if self.change is not None:
            metrics.append(Metric("value_change", self.change, unit))
        pairs = zip(self.positions["position"], self.positions["value"], strict=True)
        metrics.extend(Metric("value", float(value), unit, {"position": str(symbol)}) for symbol, value in pairs)
        return tuple(metrics)

    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables a run stores: positions, and the groups they make."""
        return {"positions": self.positions, f"by_{self.spec.grouped_by}": self.groups}


def portfolio_positions(
    portfolio: Portfolio, history: FactorHistory, spec: PositionsSpec | None = None
) -> PositionsResult:
    """Value every position of a portfolio on the last day of a history.

    Parameters
    ----------
    portfolio : Portfolio
        May be empty.
    history : FactorHistory
        Its last day is the valuation date; the one before it is what values are compared with.
    spec : PositionsSpec, optional

    Returns
    -------
    PositionsResult
        In the order of the portfolio.

    Raises
    ------
    InputError
        An expired option, a bond that has been repaid.
    MarketDataError
        A factor is missing, or of the wrong kind or currency.

    Examples
    --------
    >>> import numpy as np
    >>> from riskkit.market import RiskFactor
    >>> from riskkit.portfolio import Equity, Position
    >>> days = np.array(["2020-01-02", "2020-01-03"], "datetime64[D]")
    >>> history = FactorHistory((RiskFactor("ABC", "equity", "USD"),), days, np.array([[10.0], [11.0]]))
    >>> book = Portfolio("book", "USD", (Position(Equity("ABC", "USD"), 3.0),))
    >>> found = portfolio_positions(book, history)
    >>> found.value, found.change
    (33.0, 3.0)
    """
    spec = spec or PositionsSpec()
    now = history.snapshot()
    values = Revaluer(portfolio, now).values
    gross = float(abs(values).sum())
    previous = history.dates[-2].item() if len(history.dates) > 1 else None
    before = None if previous is None else Revaluer(portfolio, history.snapshot(previous)).values
    held = [position.instrument for position in portfolio.positions]
    frame = pd.DataFrame(
        {
            "position": pd.Series([one.symbol for one in held], dtype="str"),
            "asset_class": pd.Series([one.asset_class for one in held], dtype="str"),
            "currency": pd.Series([one.currency for one in held], dtype="str"),
            "sector": pd.Series([one.sector for one in held], dtype="str"),
            "quantity": pd.Series([position.quantity for position in portfolio.positions], dtype="float64"),
            "price": pd.Series(_prices(portfolio, now), dtype="float64"),
            "value": pd.Series(values, dtype="float64"),
            "share": pd.Series(values / gross if gross else 0.0 * values, dtype="float64"),
            "change": pd.Series([float("nan")] * len(held) if before is None else values - before, dtype="float64"),
        }
    )
    return PositionsResult(spec, portfolio, now.as_of, previous, frame, history.notes)


def _prices(portfolio: Portfolio, snapshot: MarketSnapshot) -> list[float]:
    return [holding.unit_value for holding in bind(portfolio, snapshot)]
