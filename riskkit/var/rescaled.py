"""Volatility-scaled and filtered historical scenarios: EWMA and GARCH."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskkit.errors import InputError
from riskkit.market import MarketSnapshot
from riskkit.measures import garch
from riskkit.measures.arguments import constant
from riskkit.measures.simulation import BLOCK_NUMBERS, Space, generator
from riskkit.measures.volatility import VolatilityPath, ewma_volatility, scale_by_volatility
from riskkit.scenarios import level_changes
from riskkit.var.spec import VarSpec

FloatArray = NDArray[np.float64]

#: Returns that start the EWMA recursion and are no scenarios themselves.
START_DAYS = 20


def scaled_returns(returns: FloatArray, spec: VarSpec) -> FloatArray:
    """Each factor's returns (T, F) at its last volatility; a factor that never moved stays still."""
    form = spec.historical
    if form.volatility == "ewma":
        path = _ewma(returns, spec)
        return scale_by_volatility(returns, path, form.last_volatility)
    out = np.zeros_like(returns)
    for column in range(returns.shape[1]):
        if not constant(returns[:, column]):
            fit = _fit(returns[:, column])
            out[:, column : column + 1] = scale_by_volatility(
                returns[:, column : column + 1], fit.path, form.last_volatility
            )
    return out


def portfolio_scale(pnl: FloatArray, spec: VarSpec) -> FloatArray:
    """Last volatility over each day's, (S,); 1 where nothing ever moved."""
    form = spec.historical
    if constant(pnl):
        return np.ones(len(pnl))
    path = _ewma(pnl[:, None], spec) if form.volatility == "ewma" else _fit(pnl).path
    ones = np.ones((len(pnl), 1))
    ones[path.first :][path.forecasts[:-1] == 0] = 0.0
    return scale_by_volatility(ones, path, form.last_volatility)[:, 0]


def _ewma(returns: FloatArray, spec: VarSpec) -> VolatilityPath:
    if len(returns) <= START_DAYS + 1:
        raise InputError("lookback_days", len(returns), f"more than {START_DAYS + 1}: that many start the volatility")
    return ewma_volatility(returns, spec.historical.volatility_decay, START_DAYS)


def _fit(returns: FloatArray) -> garch.Garch:
    if len(returns) < garch.FEWEST_DAYS:
        raise InputError("lookback_days", len(returns), f"at least {garch.FEWEST_DAYS} returns for GARCH")
    return garch.fit_garch(returns)


def fitted(returns: FloatArray) -> tuple[garch.Garch, ...]:
    """GARCH of each column of daily returns (T, F)."""
    return tuple(_still(column) if constant(column) else _fit(column) for column in returns.T)


def filtered_moves(fits: tuple[garch.Garch, ...]) -> FloatArray:
    """Every day's standardised residuals at the next day's volatility, (T, F)."""
    mean, last = np.array([fit.mean for fit in fits]), np.array([fit.volatility[-1] for fit in fits])
    return np.asarray(mean + np.stack([fit.residuals for fit in fits], axis=1) * last, np.float64)


def _still(returns: FloatArray) -> garch.Garch:
    """A factor that never moved: no volatility, the mean it has."""
    n = len(returns)
    return garch.Garch(float(returns.mean()), 0.0, 0.0, 0.0, np.zeros(n + 1), np.zeros(n), 0.0)


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """Paths of GARCH volatility over some days, in chunks of their own streams."""

    base: MarketSnapshot
    fits: tuple[garch.Garch, ...]
    days: int
    n_paths: int
    seed: int

    @property
    def _rows(self) -> int:
        return max(64, 4 * BLOCK_NUMBERS // max(len(self.fits), 1))

    @property
    def n_chunks(self) -> int:
        """How many chunks there are."""
        return -(-self.n_paths // self._rows)

    def chunk(self, index: int, space: Space | None = None) -> Iterator[tuple[int, FloatArray]]:  # noqa: ARG002 (the protocol's)
        """Level changes of one chunk; returns of each factor's kind are summed over the days, in its own unit."""
        start = index * self._rows
        rows = min(self._rows, self.n_paths - start)
        moves = garch.filtered_simulation(self.fits, self.days, rows, generator(self.seed, index))
        yield start, level_changes(self.base, moves)[0]
