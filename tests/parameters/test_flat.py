"""Flat names reach the groups of a spec; what it does not have is refused or passed over."""

import pytest

from riskkit import VarSpec, notebook
from riskkit.backtest import BacktestSpec
from riskkit.errors import InputError
from riskkit.parameters import flat
from riskkit.var import EstimatorSpec, HistoricalSpec, ParametricSpec, SimulationSpec


def test_every_choice_of_every_group_has_a_name_of_its_own():
    groups = (HistoricalSpec(), ParametricSpec(), SimulationSpec(), EstimatorSpec())
    names = [name for group in groups for name in vars(group)]
    assert len(set(names)) == len(names)
    assert set(names) <= flat.read(VarSpec()).keys()
    assert not set(names) & set(VarSpec.names())


def test_choices_of_a_group_change_together_and_are_checked():
    spec = flat.changed(BacktestSpec(), {"weighting": "volatility", "volatility": "garch", "backtest_days": 60})
    assert spec == BacktestSpec(historical=HistoricalSpec("volatility", volatility="garch"), backtest_days=60)
    with pytest.raises(InputError, match="distribution"):
        flat.changed(VarSpec(), {"distribution": "student_t", "quadratic": "exact"})


def test_a_notebook_that_mistypes_a_choice_is_told():
    assert notebook.finer(VarSpec(), tail="at_or_worse").estimators.tail == "at_or_worse"
    with pytest.raises(InputError, match=r"wieghting.*weighting"):
        notebook.finer(VarSpec(), wieghting="age")
