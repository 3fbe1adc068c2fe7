"""A scenario that somebody builds: a text of shocks, the other factors held where they are or following along."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import pandas as pd

from riskkit.errors import InputError
from riskkit.market import FactorHistory, RiskFactor
from riskkit.portfolio import Portfolio
from riskkit.scenarios import Shock, StressScenario, parse_shocks, shock_by_factor
from riskkit.stress.conditional import ConditionalSpec, conditional_stress
from riskkit.stress.factor_result import FactorStressResult

#: What becomes of the factors that no shock reaches.
Rest = Literal["held", "follow"]
#: The name under which a page's own scenario stands among the library's.
BUILT = "built_here"
TITLE = "Built on this page"
_SOURCE = "The shocks of this page's address; not in the library"
#: Returns behind what follows, or all there are; and the days over which it is judged how plausible the shocks are.
LOOKBACK_DAYS, HORIZON_DAYS = 500, 10


def built_scenario(portfolio: Portfolio, history: FactorHistory, text: str, rest: Rest = "held") -> StressScenario:
    """The scenario of a text of shocks.

    Parameters
    ----------
    portfolio : Portfolio
    history : FactorHistory
        Every factor of the portfolio; to have others follow, also every one that the text names.
    text : str
        See `parse_shocks`; not empty.
    rest : {"held", "follow"}
        The other factors stay, or take their conditional expectation, each by a shock of its own.

    Returns
    -------
    StressScenario

    Raises
    ------
    InputError
        The text has none, or one that makes no sense; one that the covariance rules out.

    Examples
    --------
    >>> import numpy as np
    >>> history = FactorHistory((), np.array(["2020-01-01"], "datetime64[D]"), np.empty((1, 0)))
    >>> built_scenario(Portfolio("none", "USD", ()), history, "equity:-0.2").shocks
    (Shock(target='kind:equity', size=-0.2, kind='relative'),)
    """
    kinds = {factor.name: factor.kind for factor in history.factors}
    shocks = tuple(written.shock(kinds) for written in parse_shocks(text))
    if not shocks:
        raise InputError("shocks", text, "one shock at least")
    told = "all other factors stay where they are"
    if rest == "follow":
        shocks = (*shocks, *following(portfolio, history, shocks))
        told = "the others take the moves that past comovement implies"
    return StressScenario(BUILT, TITLE, _SOURCE, f"{text}; {told}.", shocks=shocks)


def plausible(portfolio: Portfolio, history: FactorHistory, shocks: Sequence[Shock]) -> FactorStressResult | None:
    """What would follow from shocks and how plausible they are; None if they reach no factor there is.

    Raises
    ------
    InputError
        A shock that a level cannot take, or that the covariance rules out.
    MarketDataError
        The history is too short.
    """
    if not shock_by_factor(tuple(shocks), history.factors):
        return None
    first, *more = shocks
    lookback = max(20, min(LOOKBACK_DAYS, len(history.dates) - 1))
    spec = ConditionalSpec(
        first.target, first.size, first.kind, tuple(more), lookback_days=lookback, horizon_days=HORIZON_DAYS
    )
    return conditional_stress(portfolio, history, spec)


def following(portfolio: Portfolio, history: FactorHistory, shocks: Sequence[Shock]) -> tuple[Shock, ...]:
    """The moves of the other factors that shocks imply, each as a shock of its own."""
    found = plausible(portfolio, history, shocks)
    return () if found is None else moves_of(found.factors[~found.factors["given"]], history.factors)


def moves_of(rows: pd.DataFrame, factors: Sequence[RiskFactor]) -> tuple[Shock, ...]:
    """What a conditional or reverse stress found, as a shock of each factor: rows of its table of factors."""
    absolute = {factor.name: factor.return_type == "absolute" for factor in factors}
    found = []
    for name, level, then in zip(rows["factor"], rows["level"], rows["stressed_level"], strict=True):
        amount = absolute[str(name)] or level <= 0
        size = float(then - level) if amount else float(then / level - 1)
        if size:
            found.append(Shock(str(name), size, "absolute" if amount else "relative"))
    return tuple(found)
