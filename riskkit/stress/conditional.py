"""Factor-conditional stress: some factors are shocked, the rest move as they would be expected to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, fdtrc

from riskkit.errors import InputError
from riskkit.market import FactorHistory, MarketSnapshot
from riskkit.measures.arguments import number, whole
from riskkit.measures.conditional import conditional_moves
from riskkit.measures.covariance import CONVENTIONS, covariance
from riskkit.measures.degrees_of_freedom import fit_degrees_of_freedom
from riskkit.portfolio import Portfolio
from riskkit.revaluation import Revaluer
from riskkit.scenarios import Shock, StressScenario, level_changes, shock_by_factor, stressed_levels, whole_target
from riskkit.scenarios.stress import ShockKind
from riskkit.stress.factor_result import FactorScenario, FactorStressResult

FloatArray = NDArray[np.float64]
Law = Literal["normal", "student_t"]


@dataclass(frozen=True)
class ConditionalSpec:
    """Which factors are shocked, and how the rest follows; flat, so that each field is a parameter of a notebook.

    Attributes
    ----------
    target, size, kind : str, float, {"relative", "absolute"}
        The shock (see `Shock`). Its factor need not be in the book: an index can drive a book of shares.
    more : tuple of Shock
        Further shocks at the same time.
    law : {"normal", "student_t"}
        The expected moves are the same; under the t a large shock leaves more open.
    degrees_of_freedom : float or None
        Of the t, above 2; None has them fitted to the linearised book.
    lookback_days : int
        Returns behind the sample covariance, 20 to 20,000.
    horizon_days : int
        Trading days the shock takes: the covariance is that of so many days. It changes no expected move, but how
        plausible the shock is and how much stays open.
    """

    target: str = "kind:equity"
    size: float = -0.2
    kind: ShockKind = "relative"
    more: tuple[Shock, ...] = ()
    law: Law = "normal"
    degrees_of_freedom: float | None = None
    lookback_days: int = 500
    horizon_days: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "target", whole_target(self.target))
        self.scenario()  # refuses a shock that makes no sense
        if self.law not in get_args(Law):
            raise InputError("law", self.law, f"one of {', '.join(get_args(Law))}")
        if self.degrees_of_freedom is not None:
            number("degrees_of_freedom", self.degrees_of_freedom, above=2)
        whole("lookback_days", self.lookback_days, at_least=20, at_most=20_000)
        whole("horizon_days", self.horizon_days, at_least=1, at_most=250)

    @property
    def named_factors(self) -> tuple[str, ...]:
        """Factors that shocks name: a history needs them, whether the book does or not."""
        targets = (self.target, *(shock.target for shock in self.more))
        return tuple(target for target in targets if ":" not in target)

    def scenario(self) -> StressScenario:
        """The shocks alone."""
        shocks = (Shock(self.target, self.size, self.kind), *self.more)
        return StressScenario("conditional", "Conditional stress", "", shocks=shocks)


def conditional_stress(
    portfolio: Portfolio, history: FactorHistory, spec: ConditionalSpec | None = None
) -> FactorStressResult:
    """P&L when some factors are shocked and the others take their conditional expectation.

    Parameters
    ----------
    portfolio : Portfolio
    history : FactorHistory
        Every factor of the portfolio and every one named by a shock.
    spec : ConditionalSpec, optional

    Returns
    -------
    FactorStressResult
        Its probability is that of shocked factors at least so far out, all directions together.

    Raises
    ------
    InputError
        A shock that reaches no factor, that a level cannot take, or that the covariance rules out.
    MarketDataError
        The history is too short; a relative shock near or below zero.

    References
    ----------
    Kupiec (1998), "Stress testing in a value at risk framework", Journal of Derivatives 6(1).

    Examples
    --------
    >>> from riskkit.market import RiskFactor
    >>> from riskkit.portfolio import Equity, Position
    >>> index = np.cumprod(1 + np.tile([0.01, -0.01], 15))
    >>> stock = np.cumprod(1 + np.tile([0.02, -0.02], 15))
    >>> factors = (RiskFactor("INDEX", "equity", "USD"), RiskFactor("ABC", "equity", "USD"))
    >>> days = np.datetime64("2020-01-01") + np.arange(30)
    >>> history = FactorHistory(factors, days, np.column_stack([index, stock]))
    >>> book = Portfolio("book", "USD", (Position(Equity("ABC", "USD"), 100 / stock[-1]),))
    >>> round(conditional_stress(book, history, ConditionalSpec("INDEX", -0.1, lookback_days=29)).pnl, 6)
    -20.0
    """
    spec = ConditionalSpec() if spec is None else spec
    named = {shock.target for shock in spec.scenario().shocks} & set(history.names)
    history = history.select(sorted(named | set(portfolio.factors)))
    snapshot = history.snapshot()
    shocked = list(shock_by_factor(spec.scenario().shocks, snapshot.factors))
    stressed = stressed_levels(spec.scenario(), history, snapshot)
    if stressed.levels is None or not shocked:
        known = ", ".join(snapshot.names) or "none"
        raise InputError("target", spec.target, f"one that moves a factor of this book or history ({known})")
    returns = history.returns(spec.lookback_days)
    matrix = covariance(returns) * spec.horizon_days
    exposure = Revaluer(portfolio, snapshot).exposure
    freedom, law = _law(spec, returns @ exposure)
    moves = _moves(snapshot, stressed.levels)
    found = conditional_moves(shocked, moves[shocked], matrix, degrees_of_freedom=freedom)
    changes, floors = level_changes(snapshot, found.moves[None, :])
    changes[0, shocked] = stressed.levels[shocked] - snapshot.levels[shocked]
    given = np.zeros(len(moves), np.bool_)
    given[shocked] = True
    k, square = len(shocked), found.distance**2
    probability = chdtrc(k, square) if freedom is None else fdtrc(k, freedom, square * freedom / (freedom - 2) / k)
    scenario = FactorScenario(
        snapshot, found.moves, changes[0], np.sqrt(np.diag(matrix)), given, found.distance, float(probability)
    )
    notes = (
        f"{k} factor{'' if k == 1 else 's'} shocked, {len(moves) - k} at their conditional expectation: "
        f"{law}, mean zero.",
        f"Factor covariance: {CONVENTIONS['sample']}; {len(returns)} daily returns up to {history.last}, "
        f"times {spec.horizon_days}.",
        f"Probability: that the shocked factors together move at least {found.distance:.3g} deviations.",
        *floors,
        *([stressed.note] if stressed.note else []),
    )
    left = float(exposure @ found.covariance @ exposure)
    result = scenario.valued(portfolio, history, float(np.sqrt(max(left, 0.0))), notes)
    return result if freedom is None else replace(result, law="Student-t")


def _law(spec: ConditionalSpec, linear_pnl: FloatArray) -> tuple[float | None, str]:
    if spec.law == "normal":
        return None, "joint normal"
    if spec.degrees_of_freedom is not None:
        return spec.degrees_of_freedom, f"joint t with {spec.degrees_of_freedom:g} degrees of freedom (given)"
    freedom = fit_degrees_of_freedom(linear_pnl)
    return freedom, f"joint t with {freedom:.2f} degrees of freedom, fitted to the linearised book's daily P&L"


def _moves(snapshot: MarketSnapshot, levels: FloatArray) -> FloatArray:
    """Moves by return type that take the snapshot to the levels, (F,)."""
    moves = levels - snapshot.levels
    for column, factor in enumerate(snapshot.factors):
        if factor.return_type == "absolute":
            continue
        ratio = levels[column] / snapshot.levels[column]
        if factor.return_type == "log" and ratio <= 0:
            expected = f"a shock that leaves {factor.name} above zero: its returns are logarithms"
            raise InputError("size", float(ratio - 1), expected)
        moves[column] = np.log(ratio) if factor.return_type == "log" else ratio - 1
    return moves
