"""riskkit's way: containers from the plain arrays, then one call. Building the containers is in the time."""

from __future__ import annotations

from answers import Answer
from workloads import LEVEL, SEED, Workload

from riskkit.market import FactorHistory, RiskFactor
from riskkit.portfolio import Cash, Equity, Portfolio, Position, fx_factor
from riskkit.var import VarSpec, portfolio_var
from riskkit.var.options import SimulationSpec

AS_IT_COMES = SimulationSpec()
EVERY_FACTOR = SimulationSpec(draws="factors")
MIRRORED = SimulationSpec("antithetic", draws="factors")


def riskkit(work: Workload, simulation: SimulationSpec = AS_IT_COMES, threads: int = 1) -> Answer:
    """Value at risk, expected shortfall and both components."""
    factors, positions = [], []
    for symbol, quantity in zip(work.symbols, work.quantities.tolist(), strict=True):
        if symbol in work.currencies:
            factors.append(RiskFactor(fx_factor(symbol), "fx", "USD"))
            positions.append(Position(Cash(symbol), quantity))
        else:
            factors.append(RiskFactor(symbol, "equity", "USD"))
            positions.append(Position(Equity(symbol, "USD"), quantity))
    history = FactorHistory(tuple(factors), work.dates, work.prices)
    method = "monte_carlo_normal" if work.n_paths else "historical"
    n_paths = work.n_paths or 100_000
    spec = VarSpec(method, LEVEL, lookback_days=work.days, n_paths=n_paths, seed=SEED, simulation=simulation)
    result = portfolio_var(Portfolio("book", "USD", tuple(positions)), history, spec, threads=threads)
    return Answer(result.var, result.expected_shortfall, result.component_var, result.component_es)
