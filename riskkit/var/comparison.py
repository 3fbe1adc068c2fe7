"""The methods side by side: the same book, level and horizon, each method's own view of the tail."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date

import pandas as pd

from riskkit.market import FactorHistory
from riskkit.metric import Metric
from riskkit.portfolio import Portfolio
from riskkit.var.analysis import portfolio_var
from riskkit.var.result import VarResult
from riskkit.var.spec import VarMethod, VarSpec

#: Compared always, in this order; a spec's own method comes in addition.
COMPARED: tuple[VarMethod, ...] = ("historical", "parametric", "monte_carlo_normal", "monte_carlo_t")


@dataclass(frozen=True, eq=False)
class MethodComparison:
    """One book by several methods; losses positive, base currency.

    Attributes
    ----------
    spec : VarSpec
        Whose method was chosen; the others differ from it in the method only.
    portfolio : Portfolio
    as_of : date
    results : tuple of VarResult
        One a method.
    notes : tuple of str
        What every method was told.
    """

    spec: VarSpec
    portfolio: Portfolio
    as_of: date
    results: tuple[VarResult, ...]
    notes: tuple[str, ...]

    def metrics(self) -> tuple[Metric, ...]:
        """VaR and expected shortfall by method, with their standard errors where they have one."""
        unit = self.portfolio.base_currency
        names = ("var", "expected_shortfall", "var_standard_error", "es_standard_error")
        return tuple(
            Metric(name, float(getattr(result, name)), unit, {"method": result.spec.method})
            for result in self.results
            for name in names
            if getattr(result, name) is not None
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables a run stores, by name."""
        return {
            "methods": pd.DataFrame(
                {
                    "method": pd.Series([one.spec.method for one in self.results], dtype="str"),
                    "var": [one.var for one in self.results],
                    "expected_shortfall": [one.expected_shortfall for one in self.results],
                    "var_standard_error": pd.array([one.var_standard_error for one in self.results], dtype="Float64"),
                    "es_standard_error": pd.array([one.es_standard_error for one in self.results], dtype="Float64"),
                    "estimator": pd.Series([one.estimator for one in self.results], dtype="str"),
                }
            )
        }


def compare_methods(portfolio: Portfolio, history: FactorHistory, spec: VarSpec | None = None) -> MethodComparison:
    """VaR and expected shortfall of a portfolio by every common method, losses positive.

    Parameters
    ----------
    portfolio : Portfolio
    history : FactorHistory
        As for `portfolio_var`.
    spec : VarSpec, optional
        Level, horizon and everything else but the method, which is varied.

    Returns
    -------
    MethodComparison
        Each method's figures are those `portfolio_var` gives with it.

    Raises
    ------
    InputError, MarketDataError
        As `portfolio_var`.

    References
    ----------
    Hull, Risk Management and Financial Institutions, "Comparison of approaches".

    Examples
    --------
    >>> import numpy as np
    >>> from riskkit.market import RiskFactor
    >>> from riskkit.portfolio import Equity, Position
    >>> days = np.datetime64("2020-01-01") + np.arange(101)
    >>> levels = np.cumprod(1 + 0.01 * np.random.default_rng(0).standard_normal(101))
    >>> history = FactorHistory((RiskFactor("ABC", "equity", "USD"),), days, levels[:, None])
    >>> book = Portfolio("book", "USD", (Position(Equity("ABC", "USD"), 10),))
    >>> [one.spec.method for one in compare_methods(book, history, VarSpec(lookback_days=100, n_paths=100)).results]
    ['historical', 'parametric', 'monte_carlo_normal', 'monte_carlo_t']
    """
    spec = VarSpec() if spec is None else spec
    methods = COMPARED if spec.method in COMPARED else (*COMPARED, spec.method)
    results = tuple(portfolio_var(portfolio, history, dataclasses.replace(spec, method=method)) for method in methods)
    first = results[0]
    shared = tuple(note for note in first.notes if all(note in other.notes for other in results))
    return MethodComparison(spec, portfolio, first.as_of, results, shared)
