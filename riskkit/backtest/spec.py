"""What is backtested: a value at risk, and over how many days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from riskkit.errors import InputError
from riskkit.var import VarSpec
from riskkit.var.options import choose

TestedBook = Literal["today", "as_held"]

_FEWEST, _MOST = 10, 20_000


@dataclass(frozen=True)
class BacktestSpec(VarSpec):
    """Every choice of a `VarSpec`, and the days it is tested on; flat, so that each is a parameter of a notebook.

    Attributes
    ----------
    backtest_days : int
        Trading days up to the last date of the history, 10 to 20,000 and at least two horizons. A forecast is made
        every `horizon_days`, so that no day's P&L counts twice.
    book : {"today", "as_held"}
        Today's quantities, held fixed over the whole test; or each day the book that was held then.

    Examples
    --------
    >>> spec = BacktestSpec("parametric", 0.975, backtest_days=500)
    >>> spec.var_spec() == VarSpec("parametric", 0.975), spec.n_forecasts
    (True, 500)
    """

    backtest_days: int = 250
    book: TestedBook = "today"

    def __post_init__(self) -> None:
        super().__post_init__()
        choose(self, book=TestedBook)
        days = self.backtest_days
        low = max(_FEWEST, 2 * self.horizon_days)
        if isinstance(days, bool) or not hasattr(days, "__index__") or not low <= days <= _MOST:
            expected = f"a whole number from {low} to {_MOST} (at least two horizons of {self.horizon_days} days)"
            raise InputError("backtest_days", days, expected)
        object.__setattr__(self, "backtest_days", int(days))

    def var_spec(self) -> VarSpec:
        """The value at risk of each day."""
        return VarSpec(**{name: getattr(self, name) for name in VarSpec.names()})

    @property
    def reads_past(self) -> bool:
        """Whether the books of the past are needed."""
        return self.book == "as_held"

    @property
    def n_forecasts(self) -> int:
        """How many forecasts meet their outcome."""
        return self.backtest_days // self.horizon_days

    @property
    def history_returns(self) -> int:
        """Daily returns the whole backtest reads: those behind the first forecast, and the days tested."""
        return self.lookback_days + self.step_days - 1 + self.n_forecasts * self.horizon_days

    @property
    def family(self) -> str | float | None:
        """The law of the forecasts up to scale: `normal`, the degrees of freedom of a t, or None for neither.

        Examples
        --------
        >>> BacktestSpec("parametric").family, BacktestSpec("monte_carlo_t", degrees_of_freedom=4).family
        ('normal', 4.0)
        """
        law = self.parametric.distribution if self.parametric.quadratic == "none" else "quadratic"
        if self.method == "monte_carlo_normal" or (self.method == "parametric" and law == "normal"):
            return "normal"
        if self.method == "monte_carlo_t" or (self.method == "parametric" and law == "student_t"):
            return self.degrees_of_freedom
        return None


@dataclass(frozen=True)
class BriefSpec(BacktestSpec):
    """A backtest beside other figures of a page: it refuses what takes minutes, and says where that is done.

    Examples
    --------
    >>> from riskkit.var import HistoricalSpec
    >>> BriefSpec(historical=HistoricalSpec("filtered"))
    Traceback (most recent call last):
    riskkit.errors.InputError: weighting: got 'filtered'; expected another weighting here: a GARCH model for every \
factor and day takes minutes, which var_backtest has
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        garch = self.historical.weighting == "volatility" and self.historical.volatility == "garch"
        if self.method == "historical" and (self.historical.weighting == "filtered" or garch):
            expected = (
                "another weighting here: a GARCH model for every factor and day takes minutes, which var_backtest has"
            )
            raise InputError("weighting", self.historical.weighting, expected)
