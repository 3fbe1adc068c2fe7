"""BacktestSpec: every field of a VarSpec, flat, and its own."""

import dataclasses

import pytest

from riskkit.backtest import BacktestSpec, BriefSpec
from riskkit.errors import InputError
from riskkit.var import HistoricalSpec, VarSpec


def test_flat_and_replaceable() -> None:
    spec = BacktestSpec("parametric", 0.975, 10, 250, 500, seed=3, scaling="none")
    assert (spec.backtest_days, spec.seed, spec.n_forecasts, spec.history_returns) == (500, 3, 50, 250 + 9 + 500)
    assert spec.var_spec() == VarSpec("parametric", 0.975, 10, 250, seed=3, scaling="none")
    assert type(spec.var_spec()) is VarSpec
    assert dataclasses.replace(spec, backtest_days=40).method == "parametric"
    assert set(VarSpec.names()) < set(BacktestSpec.names())


@pytest.mark.parametrize(
    "wrong", [{"backtest_days": 5}, {"backtest_days": True}, {"backtest_days": 1e3}, {"horizon_days": 200}]
)
def test_refuses(wrong) -> None:
    with pytest.raises(InputError, match="backtest_days"):
        BacktestSpec(**wrong)


def test_refuses_what_a_var_spec_refuses() -> None:
    with pytest.raises(InputError, match="confidence_level"):
        BacktestSpec(confidence_level=99)


def test_a_brief_backtest_refuses_what_takes_minutes():
    for historical in (HistoricalSpec("filtered"), HistoricalSpec("volatility", volatility="garch")):
        with pytest.raises(InputError, match=r"weighting.*var_backtest"):
            BriefSpec(historical=historical)
        assert BriefSpec("parametric", historical=historical).method == "parametric"
    assert BriefSpec(historical=HistoricalSpec("volatility")).historical.weighting == "volatility"
