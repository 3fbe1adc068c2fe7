"""Why VaR differs between two runs: their frozen books, markets and models, exchanged one after the other."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from riskkit.errors import InputError
from riskkit.explain import VarChange, VarInputs, explain_var_change
from riskkit.market import FactorSeries
from riskkit.parameters.flat import changed
from riskkit.runs.frozen import thaw
from riskkit.runs.kept import take_inputs
from riskkit.runs.objects import Objects
from riskkit.store.contract import Inputs, RunRecord
from riskkit.store.market import SeriesMarket
from riskkit.var import VarSpec

#: Parameters without which a run measured no VaR.
_NEEDED = ("method", "confidence_level")


def attribute(objects: Objects, before: RunRecord, after: RunRecord) -> VarChange:
    """Split the change of VaR between two runs into positions, market and model, from what both runs kept.

    Parameters
    ----------
    objects : Objects
        Where the frozen inputs of both are.
    before, after : RunRecord

    Returns
    -------
    VarChange
        Losses positive; the effects sum to the change.

    Raises
    ------
    InputError
        A run measured no VaR, a frozen input is missing or was changed, or the two books cannot be exchanged.
    MarketDataError
        Neither run kept a factor for as long as it takes.
    """
    first, second = _frozen(objects, before), _frozen(objects, after)
    specs = [_spec(one) for one in (before, after)]
    returns = max(spec.lookback_days + spec.step_days - 1 for spec in specs)
    made = []
    for spec, own, other in zip(specs, (first, second), (second, first), strict=True):
        history = _market(own, other).over(returns, other.portfolio.factors)
        made.append(VarInputs(own.portfolio, history, spec))
    return explain_var_change(*made)


def _spec(record: RunRecord) -> VarSpec:
    missing = [name for name in _NEEDED if name not in record.parameters]
    if missing:
        raise InputError("run", record.id, f"a run with the parameters {' and '.join(_NEEDED)}: it measured no VaR")
    spec: VarSpec = changed(VarSpec(), record.parameters)
    return spec


def _frozen(objects: Objects, record: RunRecord) -> Inputs:
    with tempfile.TemporaryDirectory(prefix="riskkit-diff-") as folder:
        damaged = tuple(take_inputs(objects, record, Path(folder)))
        if damaged:
            raise InputError(f"run {record.id}", str(damaged[0]), "frozen inputs, kept on this machine, as they were")
        return thaw(Path(folder))


def _market(own: Inputs, other: Inputs) -> Inputs:
    """A run's inputs, with the other book's factors: its own levels of them, or the other's up to its day."""
    names = tuple(sorted({*own.portfolio.factors, *other.portfolio.factors}))
    series = own.market.series(names)
    lacking = tuple(name for name in names if name not in {one.factor.name for one in series})
    borrowed = (_until(one, own) for one in other.market.series(lacking))
    return replace(own, market=SeriesMarket((*series, *borrowed), own.as_of))


def _until(series: FactorSeries, inputs: Inputs) -> FactorSeries:
    known = series.dates <= np.datetime64(inputs.as_of, "D")
    return FactorSeries(series.factor, series.dates[known], series.levels[known])
