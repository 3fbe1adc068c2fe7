"""What a value at risk is of: method, level, horizon and the choices behind them."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import KW_ONLY, dataclass, field
from typing import Literal

from riskkit.errors import InputError
from riskkit.var.options import EstimatorSpec, HistoricalSpec, ParametricSpec, SimulationSpec, choose

VarMethod = Literal["historical", "parametric", "monte_carlo_normal", "monte_carlo_t", "monte_carlo_t_copula"]
Covariance = Literal["sample", "population", "ewma", "ledoit_wolf", "oas"]
Scaling = Literal["sqrt_time", "none"]
Revaluation = Literal["full", "delta_gamma"]

_INTEGERS = {
    "horizon_days": (1, 250),
    "lookback_days": (2, 20_000),
    "n_paths": (100, 10_000_000),
    "seed": (0, 2**63 - 1),
}


@dataclass(frozen=True)
class VarSpec:
    """How a value at risk is computed; every field is checked on the way in.

    Attributes
    ----------
    method : {"historical", "parametric", "monte_carlo_normal", "monte_carlo_t", "monte_carlo_t_copula"}
        Where the P&L distribution comes from. The copula's margins are the factors' past returns.
    confidence_level : float
        Probability that the loss is not exceeded, between 0.5 and 1.
    horizon_days : int
        Trading days, 1 to 250.
    lookback_days : int
        Number of factor returns used.
    scaling : {"sqrt_time", "none"}
        `sqrt_time`: one-day P&L times the root of the horizon. `none`: the factors move over the whole horizon:
        overlapping `horizon_days` returns (historical), covariance times `horizon_days` (the other methods).
    revaluation : {"full", "delta_gamma"}
        How positions are valued under a scenario. The parametric method is linear whatever it says.
    covariance : {"sample", "population", "ewma", "ledoit_wolf", "oas"}
        Estimator of the factor covariance; not used by the historical method and the copula.
    decay : float
        Of the ewma covariance, between 0 and 1.
    n_paths : int
        Monte Carlo paths, 100 to 10,000,000.
    degrees_of_freedom : float or None
        Of the Student-t, above 2; None has them fitted, and the result says what came out.
    seed : int
        Of the random numbers: the same seed gives the same result.
    historical, parametric, simulation, estimators : HistoricalSpec, ParametricSpec, SimulationSpec, EstimatorSpec
        The finer choices of each method; the defaults are the plain ones.

    Examples
    --------
    >>> VarSpec("historical", 0.975, horizon_days=10).scaling
    'sqrt_time'
    >>> VarSpec(confidence_level=95)
    Traceback (most recent call last):
        ...
    riskkit.errors.InputError: confidence_level: got 95; expected a fraction above 0.5 and below 1, such as 0.99
    """

    method: VarMethod = "historical"
    confidence_level: float = 0.99
    horizon_days: int = 1
    lookback_days: int = 500
    _: KW_ONLY
    scaling: Scaling = "sqrt_time"
    revaluation: Revaluation = "full"
    covariance: Covariance = "sample"
    decay: float = 0.94
    n_paths: int = 100_000
    degrees_of_freedom: float | None = None
    seed: int = 20200316
    historical: HistoricalSpec = field(default_factory=HistoricalSpec)
    parametric: ParametricSpec = field(default_factory=ParametricSpec)
    simulation: SimulationSpec = field(default_factory=SimulationSpec)
    estimators: EstimatorSpec = field(default_factory=EstimatorSpec)

    def __post_init__(self) -> None:
        choose(self, method=VarMethod, scaling=Scaling, revaluation=Revaluation, covariance=Covariance)
        for name, kind in _GROUPS.items():
            if not isinstance(getattr(self, name), kind):
                raise InputError(name, getattr(self, name), f"a {kind.__name__}")
        for name, (low, high) in _INTEGERS.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not hasattr(value, "__index__") or not low <= value <= high:
                raise InputError(name, value, f"a whole number from {low} to {high}")
            object.__setattr__(self, name, int(value))
        self._number("confidence_level", 0.5, 1.0, "a fraction above 0.5 and below 1, such as 0.99")
        self._number("decay", 0.0, 1.0, "a number between 0 and 1")
        if self.degrees_of_freedom is not None:
            self._number("degrees_of_freedom", 2.0, 1e6, "a number above 2, or nothing to have them fitted")
        weighted = self.method == "historical" and self.historical.weighting == "age"
        if weighted and (self.estimators.quantile, self.estimators.tail) != ("order_statistic", "acerbi_tasche"):
            found = f"{self.estimators.quantile}, {self.estimators.tail}"
            raise InputError("estimators", found, "order_statistic and acerbi_tasche where scenarios carry weights")

    def _number(self, name: str, low: float, high: float, expected: str) -> None:
        value = getattr(self, name)
        if isinstance(value, bool | str) or not math.isfinite(value) or not low < value < high:
            raise InputError(name, value, expected)
        object.__setattr__(self, name, float(value))

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Names of the fields, in order."""
        return tuple(item.name for item in dataclasses.fields(cls))

    @property
    def time_factor(self) -> float:
        """What one-day P&L is multiplied by: the root of the horizon under `sqrt_time`, else 1."""
        return math.sqrt(self.horizon_days) if self.scaling == "sqrt_time" else 1.0

    @property
    def step_days(self) -> int:
        """Days one factor move spans: 1 under `sqrt_time`, else the horizon."""
        return 1 if self.scaling == "sqrt_time" else self.horizon_days


_GROUPS = {
    "historical": HistoricalSpec,
    "parametric": ParametricSpec,
    "simulation": SimulationSpec,
    "estimators": EstimatorSpec,
}
