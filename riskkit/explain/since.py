"""What changed since an earlier day: value at risk by positions, market and model, and the P&L by its greeks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import pandas as pd

from riskkit.errors import InputError
from riskkit.explain.pnl import PnlExplain, explain_pnl
from riskkit.explain.var_change import VarChange, VarInputs, explain_var_change
from riskkit.market import FactorHistory
from riskkit.metric import Metric
from riskkit.portfolio import DatedBook, Portfolio, held_since
from riskkit.var import VarSpec
from riskkit.var.options import choose

PreviousMethod = Literal["same", "historical", "parametric", "monte_carlo_normal", "monte_carlo_t"]


@dataclass(frozen=True)
class ChangeSpec(VarSpec):
    """A `VarSpec`, and what it is compared with; flat, so that each field is a parameter of a notebook.

    Attributes
    ----------
    days_back : int
        Trading days to the earlier day, 1 to 250.
    previous_method : str
        Method of the earlier figure, if that was another one: the change of model is then a part of its own.

    Examples
    --------
    >>> ChangeSpec(lookback_days=250, days_back=5).history_returns
    255
    """

    days_back: int = 1
    previous_method: PreviousMethod = "same"

    def __post_init__(self) -> None:
        super().__post_init__()
        choose(self, previous_method=PreviousMethod)
        days = self.days_back
        if isinstance(days, bool) or not hasattr(days, "__index__") or not 1 <= days <= 250:
            raise InputError("days_back", days, "a whole number from 1 to 250")
        object.__setattr__(self, "days_back", int(days))

    @property
    def history_returns(self) -> int:
        """Daily returns the two figures read."""
        return self.lookback_days + self.step_days - 1 + self.days_back

    @property
    def now(self) -> VarSpec:
        """The model of the later figure."""
        return VarSpec(**{name: getattr(self, name) for name in VarSpec.names()})

    @property
    def before(self) -> VarSpec:
        """The model of the earlier figure."""
        method = self.method if self.previous_method == "same" else self.previous_method
        return VarSpec(**{**{name: getattr(self, name) for name in VarSpec.names()}, "method": method})


@dataclass(frozen=True, eq=False)
class ChangeSince:
    """What changed between two days; VaR: losses positive, an effect above zero adds risk; P&L: gain positive.

    Attributes
    ----------
    spec : ChangeSpec
    portfolio : Portfolio
        Of the later day.
    start, end : date
    var : VarChange
    pnl : PnlExplain
        Of the book of the earlier day, held unchanged.
    trades : DataFrame
        position, quantity_before, quantity, change: what was traded in between, in units of the instrument.
    notes : tuple of str
    """

    spec: ChangeSpec
    portfolio: Portfolio
    start: date
    end: date
    var: VarChange
    pnl: PnlExplain
    trades: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def estimator(self) -> str:
        """What the later figure is, in a sentence."""
        return self.var.after.estimator

    def metrics(self) -> tuple[Metric, ...]:
        """The figures a run stores: VaR before, after and by effect; P&L by effect and position."""
        return (*self.var.metrics(), *self.pnl.metrics())

    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables a run stores, by name."""
        var = {f"var_{name}": table for name, table in self.var.tables().items()}
        return {**var, **{f"pnl_{name}": table for name, table in self.pnl.tables().items()}, "trades": self.trades}


def change_since(
    portfolio: Portfolio, history: FactorHistory, books: Sequence[DatedBook], spec: ChangeSpec | None = None
) -> ChangeSince:
    """Explain what changed since an earlier day: value at risk and P&L of a portfolio.

    Parameters
    ----------
    portfolio : Portfolio
        Of the history's last date.
    history : FactorHistory
        Every factor of both days' books.
    books : sequence of DatedBook
        The book as it was; the one held on the earlier day is compared.
    spec : ChangeSpec, optional
        The day before, by the same method, by default.

    Returns
    -------
    ChangeSince
        The VaR effects sum to the change of VaR, the P&L effects to the P&L.

    Raises
    ------
    InputError
        No book was held on the earlier day; an option or bond ended in between.
    MarketDataError
        The history is too short, or lacks a factor.

    References
    ----------
    See `explain_var_change` and `explain_pnl`.

    Examples
    --------
    >>> import numpy as np
    >>> from riskkit.market import RiskFactor
    >>> from riskkit.portfolio import Equity, Position
    >>> days = np.datetime64("2020-01-01") + np.arange(7)
    >>> levels = 100 * np.cumprod([1, 0.99, 1.02, 0.97, 1.01, 0.98, 1.05])
    >>> history = FactorHistory((RiskFactor("ABC", "equity", "USD"),), days, levels[:, None])
    >>> old, new = (Portfolio("book", "USD", (Position(Equity("ABC", "USD"), n),)) for n in (100, 300))
    >>> dated = [DatedBook(date(2020, 1, 1), old), DatedBook(date(2020, 1, 7), new)]
    >>> since = change_since(new, history, dated, ChangeSpec("historical", 0.8, lookback_days=5))
    >>> bool(np.isclose(since.pnl.pnl, 100 * (levels[-1] - levels[-2]))), float(since.trades["change"].iloc[0])
    (True, 200.0)
    """
    spec = ChangeSpec() if spec is None else spec
    if len(history.dates) <= spec.days_back:
        raise InputError("days_back", spec.days_back, f"fewer: the data begin on {history.first}")
    start: date = history.dates[-1 - spec.days_back].item()
    known = held_since(books, start)
    if not known or known[0].held_from > start or not known[0].portfolio.positions:
        begins = f"; the book begins on {known[0].held_from}" if known else ""
        raise InputError("days_back", spec.days_back, f"a day on which something was held, not {start}{begins}")
    before = known[0].portfolio
    var = explain_var_change(
        VarInputs(before, history.upto(start), spec.before), VarInputs(portfolio, history, spec.now)
    )
    pnl = explain_pnl(before, history.snapshot(start), history.snapshot())
    trades = _trades(before, portfolio)
    said = f"{len(trades)} positions changed." if len(trades) else "No position changed."
    notes = (f"From {start} to {history.last}: {said}", *var.notes, *pnl.notes, *var.after.notes)
    return ChangeSince(spec, portfolio, start, history.last, var, pnl, trades, tuple(dict.fromkeys(notes)))


def _trades(before: Portfolio, after: Portfolio) -> pd.DataFrame:
    old, new = ({p.symbol: p.quantity for p in book.positions} for book in (before, after))
    symbols = [symbol for symbol in dict.fromkeys((*old, *new)) if old.get(symbol, 0.0) != new.get(symbol, 0.0)]
    table = pd.DataFrame({"position": pd.Series(symbols, dtype="str")})
    table["quantity_before"] = [float(old.get(symbol, 0.0)) for symbol in symbols]
    table["quantity"] = [float(new.get(symbol, 0.0)) for symbol in symbols]
    table["change"] = table["quantity"] - table["quantity_before"]
    return table
