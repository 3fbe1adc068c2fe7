"""What an optimisation is asked: objective, limits on weights, groups and turnover."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import KW_ONLY, dataclass
from typing import Literal, get_args

from riskkit.errors import InputError

Objective = Literal["minimum_cvar", "mean_variance", "risk_budgeting", "hierarchical_risk_parity"]
Grouping = Literal["none", "asset_class", "currency", "sector"]

#: What each objective does, as results quote it.
CONVENTIONS: dict[Objective, str] = {
    "minimum_cvar": "the weights with the smallest expected shortfall (CVaR) over the historical scenarios",
    "mean_variance": "the weights with the smallest variance (sample covariance) that reach the target return, if any",
    "risk_budgeting": "the weights that give every position the same share of the variance",
    "hierarchical_risk_parity": "variance split down a tree of clusters of correlated positions (Lopez de Prado)",
}
#: Values of the two optional limits that ask for nothing, for parameters that must be numbers.
NO_TURNOVER_LIMIT, NO_TARGET_RETURN = 10.0, -1.0
#: Objectives that take each limit: the others refuse it rather than leave it aside.
TAKES_GROUPS: tuple[Objective, ...] = ("minimum_cvar", "mean_variance", "risk_budgeting")
TAKES_TURNOVER: tuple[Objective, ...] = ("minimum_cvar", "mean_variance")


@dataclass(frozen=True)
class OptimiseSpec:
    """How weights are chosen; every field is checked on the way in.

    Attributes
    ----------
    objective : {"minimum_cvar", "mean_variance", "risk_budgeting", "hierarchical_risk_parity"}
        See `CONVENTIONS`.
    confidence_level : float
        Of the expected shortfall, between 0.5 and 1.
    lookback_days : int
        Historical scenarios used, 20 to 20,000.
    min_weight, max_weight : float
        Of each position in the capital optimised; below zero allows shorts (not for risk budgeting or clusters).
    group_by : {"none", "asset_class", "currency", "sector"}
    max_group_weight : float
        Of each group; needs `group_by`.
    max_turnover : float or None
        Half the sum of the absolute changes of weight: 0.2 sells a fifth of the capital to buy another; 10 is no limit.
    target_return : float or None
        Mean return a year that a mean-variance portfolio must reach, from the historical scenarios; -1 asks for none.

    Examples
    --------
    >>> OptimiseSpec("risk_budgeting", max_turnover=0.1)
    Traceback (most recent call last):
    riskkit.errors.InputError: max_turnover: got 0.1; expected nothing with risk_budgeting: only minimum_cvar, \
mean_variance take it
    """

    objective: Objective = "minimum_cvar"
    confidence_level: float = 0.95
    lookback_days: int = 500
    _: KW_ONLY
    min_weight: float = 0.0
    max_weight: float = 1.0
    group_by: Grouping = "none"
    max_group_weight: float = 1.0
    max_turnover: float | None = None
    target_return: float | None = None

    def __post_init__(self) -> None:
        if self.max_turnover == NO_TURNOVER_LIMIT:
            object.__setattr__(self, "max_turnover", None)
        if self.target_return == NO_TARGET_RETURN:
            object.__setattr__(self, "target_return", None)
        self._choice("objective", get_args(Objective))
        self._choice("group_by", get_args(Grouping))
        self._number("confidence_level", 0.5, 1.0)
        days = self.lookback_days
        if isinstance(days, bool) or not isinstance(days, int) or not 20 <= days <= 20_000:
            raise InputError("lookback_days", days, "a whole number from 20 to 20,000")
        self._number("min_weight", -1.0, 1.0, closed=True)
        self._number("max_weight", 0.0, 2.0, closed=True)
        self._number("max_group_weight", 0.0, 2.0, closed=True)
        if self.max_turnover is not None:
            self._number("max_turnover", 0.0, 10.0, closed=True)
        if self.target_return is not None:
            self._number("target_return", -1.0, 10.0)
        self._compatible()

    def _compatible(self) -> None:
        if self.min_weight > self.max_weight:
            raise InputError("min_weight", self.min_weight, f"at most max_weight, {self.max_weight:g}")
        if self.min_weight < 0 and self.objective not in TAKES_TURNOVER:
            raise InputError("min_weight", self.min_weight, f"zero or more with {self.objective}: it knows no shorts")
        if self.max_group_weight != 1.0 and self.group_by == "none":
            raise InputError("max_group_weight", self.max_group_weight, "a group_by to go with it")
        if self.group_by != "none":
            self._taken("group_by", self.group_by, TAKES_GROUPS)
        if self.max_turnover is not None:
            self._taken("max_turnover", self.max_turnover, TAKES_TURNOVER)
        if self.target_return is not None:
            self._taken("target_return", self.target_return, ("mean_variance",))

    def _taken(self, name: str, value: object, by: tuple[Objective, ...]) -> None:
        if self.objective not in by:
            raise InputError(name, value, f"nothing with {self.objective}: only {', '.join(by)} take it")

    def _choice(self, name: str, choices: tuple[str, ...]) -> None:
        if getattr(self, name) not in choices:
            raise InputError(name, getattr(self, name), f"one of {', '.join(choices)}")

    def _number(self, name: str, low: float, high: float, closed: bool = False) -> None:
        value = getattr(self, name)
        fits = not isinstance(value, bool | str) and math.isfinite(value) and low <= value <= high
        if not fits or (not closed and value in (low, high)):
            raise InputError(
                name, value, f"a number {'from' if closed else 'between'} {low:g} {'to' if closed else 'and'} {high:g}"
            )
        object.__setattr__(self, name, float(value))

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Names of the fields, in order."""
        return tuple(field.name for field in dataclasses.fields(cls))
