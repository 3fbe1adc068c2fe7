"""Sensitivities by full revaluation: ladders of one shock, grids of two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.errors import InputError, RiskkitError
from riskkit.market import FactorHistory
from riskkit.metric import Metric
from riskkit.portfolio import Portfolio
from riskkit.revaluation import Revaluer
from riskkit.scenarios import Shock, StressScenario, shock_by_factor, stressed_levels, whole_target
from riskkit.scenarios.stress import ShockKind

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class LadderSpec:
    """Shocks of one target, evenly spaced from -widest to +widest.

    Attributes
    ----------
    target : str
        As of a `Shock`: a factor, or `kind:equity`, or `currency:EUR`.
    widest : float
        Largest shock either way, above zero: decimal if relative (below 1), else the factor's unit.
    kind : {"relative", "absolute"}
    n_steps : int
        Odd, 3 to 101, so that no shock is among them.
    """

    target: str = "kind:equity"
    widest: float = 0.3
    kind: ShockKind = "relative"
    n_steps: int = 13

    def __post_init__(self) -> None:
        object.__setattr__(self, "target", whole_target(self.target))
        _check_steps(self.n_steps)
        _check_widest("widest", self.widest, self.kind)

    @property
    def shocks(self) -> tuple[Shock, ...]:
        """One a rung, from the lowest."""
        return tuple(Shock(self.target, float(size), self.kind) for size in _steps(self.widest, self.n_steps))


@dataclass(frozen=True)
class GridSpec:
    """Every pair of a spot shock and a volatility shock.

    Attributes
    ----------
    spot, volatility : str
        Targets.
    spot_widest : float
        Relative, below 1.
    volatility_widest : float
        Absolute: 0.15 is 15 volatility points.
    n_steps : int
        Of each, odd, 3 to 101.
    """

    spot: str = "kind:equity"
    volatility: str = "kind:volatility"
    spot_widest: float = 0.3
    volatility_widest: float = 0.15
    n_steps: int = 7

    def __post_init__(self) -> None:
        _check_steps(self.n_steps)
        _check_widest("spot_widest", self.spot_widest, "relative")
        _check_widest("volatility_widest", self.volatility_widest, "absolute")


@dataclass(frozen=True, eq=False)
class SensitivityResult:
    """P&L of a portfolio by size of shock; base currency, gain positive.

    Attributes
    ----------
    spec : LadderSpec or GridSpec
    portfolio : Portfolio
    as_of : date
    value : float
    shocks : array (n,)
        Sizes of the (spot) shock.
    second_shocks : array (m,)
        Sizes of the volatility shock; a single 0.0 for a ladder.
    pnl : array (n, m)
    by_position : array (n, m, P)
    notes : tuple of str
    """

    spec: LadderSpec | GridSpec
    portfolio: Portfolio
    as_of: date
    value: float
    shocks: FloatArray
    second_shocks: FloatArray
    pnl: FloatArray
    by_position: FloatArray
    notes: tuple[str, ...]

    def metrics(self) -> tuple[Metric, ...]:
        """The value, and the P&L by shock (labels `shock`, for a grid also `volatility_shock`)."""
        unit = self.portfolio.base_currency
        metrics = [Metric("value", self.value, unit)]
        for i, first in enumerate(self.shocks):
            for j, second in enumerate(self.second_shocks):
                labels = {"shock": f"{first:g}"}
                if isinstance(self.spec, GridSpec):
                    labels["volatility_shock"] = f"{second:g}"
                metrics.append(Metric("sensitivity_pnl", float(self.pnl[i, j]), unit, labels))
        return tuple(metrics)

    def tables(self) -> dict[str, pd.DataFrame]:
        """`sensitivity`: one row a spot shock; a column `pnl`, or one for each volatility shock. `by_position`."""
        grid = isinstance(self.spec, GridSpec)
        names = [f"volatility {size:+g}" for size in self.second_shocks] if grid else ["pnl"]
        table = pd.DataFrame({"shock": self.shocks} | dict(zip(names, self.pnl.T, strict=True)))
        still = int(np.flatnonzero(self.second_shocks == 0.0)[0])
        parts = pd.DataFrame(self.by_position[:, still].T, columns=[f"{size:+g}" for size in self.shocks])
        parts.insert(0, "position", pd.Series(self.portfolio.symbols, dtype="str"))
        return {"sensitivity": table, "by_position": parts}


def sensitivity_ladder(
    portfolio: Portfolio, history: FactorHistory, spec: LadderSpec | None = None
) -> SensitivityResult:
    """P&L of a portfolio under growing shocks of one target, full revaluation.

    Parameters
    ----------
    portfolio : Portfolio
    history : FactorHistory
        Its last date is valued.
    spec : LadderSpec, optional

    Returns
    -------
    SensitivityResult
        Its `pnl` is (steps, 1).

    Raises
    ------
    InputError
        The target is not among the book's factors, or a level cannot take the shock.
    MarketDataError
        A relative shock of a level near or below zero.

    References
    ----------
    Hull, Risk Management and Financial Institutions, chapter on scenario analysis.

    Examples
    --------
    >>> from riskkit.market import RiskFactor
    >>> from riskkit.portfolio import Equity, Position
    >>> days = np.array(["2020-01-01", "2020-01-02"], "datetime64[D]")
    >>> history = FactorHistory((RiskFactor("ABC", "equity", "USD"),), days, np.array([[90.0], [100.0]]))
    >>> book = Portfolio("book", "USD", (Position(Equity("ABC", "USD"), 10),))
    >>> sensitivity_ladder(book, history, LadderSpec(widest=0.1, n_steps=3)).pnl.ravel().round(9).tolist()
    [-100.0, 0.0, 100.0]
    """
    spec = LadderSpec() if spec is None else spec
    sizes = _steps(spec.widest, spec.n_steps)
    pairs = [(shock,) for shock in spec.shocks]
    return _valued(portfolio, history, spec, (sizes, np.zeros(1)), pairs)


def sensitivity_grid(portfolio: Portfolio, history: FactorHistory, spec: GridSpec | None = None) -> SensitivityResult:
    """P&L of a portfolio under every pair of a relative spot shock and an absolute volatility shock.

    Parameters
    ----------
    portfolio : Portfolio
    history : FactorHistory
        Its last date is valued.
    spec : GridSpec, optional

    Returns
    -------
    SensitivityResult
        Its `pnl` is (spot steps, volatility steps).

    Raises
    ------
    RiskkitError
        The book holds nothing of a target's kind.
    InputError
        A named target is not among the book's factors, or a level cannot take the shock.

    References
    ----------
    SPAN's risk array; Hull, Risk Management and Financial Institutions.

    Examples
    --------
    >>> from datetime import date
    >>> from riskkit.market import RiskFactor
    >>> from riskkit.portfolio import EuropeanOption, Position
    >>> factors = (RiskFactor("S", "equity", "USD"), RiskFactor("S.vol", "volatility", "USD", "absolute"))
    >>> days = np.array(["2020-01-01", "2020-01-02"], "datetime64[D]")
    >>> history = FactorHistory(factors, days, np.array([[100.0, 0.2], [100.0, 0.2]]))
    >>> call = EuropeanOption("C", "USD", "S", "S.vol", 100.0, date(2020, 12, 18), "call")
    >>> sensitivity_grid(Portfolio("book", "USD", (Position(call, 1),)), history).pnl.shape
    (7, 7)
    """
    spec = GridSpec() if spec is None else spec
    spots, points = _steps(spec.spot_widest, spec.n_steps), _steps(spec.volatility_widest, spec.n_steps)
    pairs = [
        (Shock(spec.spot, float(first), "relative"), Shock(spec.volatility, float(second), "absolute"))
        for first in spots
        for second in points
    ]
    return _valued(portfolio, history, spec, (spots, points), pairs)


def _valued(
    portfolio: Portfolio,
    history: FactorHistory,
    spec: LadderSpec | GridSpec,
    sizes: tuple[FloatArray, FloatArray],
    pairs: Sequence[tuple[Shock, ...]],
) -> SensitivityResult:
    history = history.select(portfolio.factors)
    snapshot = history.snapshot()
    for shock in pairs[0]:
        if not shock_by_factor((shock,), snapshot.factors):
            if isinstance(spec, GridSpec) and shock.target.startswith(
                "kind:"
            ):  # a book of shares alone is no mistake of its reader's
                alone = StressScenario("rung", "Rung", "", shocks=(shock,))
                raise RiskkitError(stressed_levels(alone, history, snapshot).note)
            known = ", ".join(snapshot.names) or "none"
            raise InputError("target", shock.target, f"one that moves a factor of this book ({known})")
    rows, notes = [], dict[str, None]()
    for shocks in pairs:
        stressed = stressed_levels(StressScenario("rung", "Rung", "", shocks=shocks), history, snapshot)
        rows.append(snapshot.levels if stressed.levels is None else stressed.levels)
        if stressed.note:
            notes[stressed.note] = None
    book = Revaluer(portfolio, snapshot)
    by_position = book.position_pnl(np.array(rows) - snapshot.levels)
    shape = (len(sizes[0]), len(sizes[1]))
    held = "Time and every other factor are held fixed."
    return SensitivityResult(
        spec=spec,
        portfolio=portfolio,
        as_of=snapshot.as_of,
        value=float(book.values.sum()),
        shocks=sizes[0],
        second_shocks=sizes[1],
        pnl=by_position.sum(axis=1).reshape(shape),
        by_position=by_position.reshape(*shape, -1),
        notes=(held, *notes, *history.notes),
    )


def _steps(widest: float, n: int) -> FloatArray:
    half = np.arange(1, n // 2 + 1) * (widest / (n // 2))
    return np.concatenate([-half[::-1], [0.0], half]).round(12)


def _check_steps(n: int) -> None:
    if isinstance(n, bool) or not isinstance(n, int) or not 3 <= n <= 101 or n % 2 == 0:
        raise InputError("n_steps", n, "an odd whole number from 3 to 101")


def _check_widest(field: str, value: float, kind: ShockKind) -> None:
    top = 1.0 if kind == "relative" else 1e6
    if isinstance(value, bool | str) or not 0 < value < top:
        raise InputError(field, value, f"a number above 0 and below {top:g}")
