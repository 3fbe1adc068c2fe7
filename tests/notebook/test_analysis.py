"""An analysis gets its inputs by name, and its parameters through its spec."""

import pytest

from riskkit import StressSpec, VarSpec, portfolio_var, stress_test
from riskkit.backtest import BacktestSpec, rolling_backtest
from riskkit.errors import InputError, RiskkitError
from riskkit.notebook.analysis import Analysis
from riskkit.parameters.declaration import declarations
from riskkit.store.inputs import load_inputs
from riskkit.var import HistoricalSpec, SimulationSpec


def test_inputs_arrive_by_name(store):
    inputs = load_inputs(store, "demo", "latest", None)
    history, spec, books = Analysis(lambda history, spec, books: (history, spec, books), VarSpec())(inputs)
    assert (len(history.dates), spec) == (min(501, len(inputs.history.dates)), VarSpec())
    assert [book.portfolio for book in books] == [inputs.portfolio]
    assert Analysis(stress_test, StressSpec("crash"))(inputs).rows[0].scenario.name == "crash"


def test_an_input_nobody_has_is_refused():
    with pytest.raises(RiskkitError, match="weather"):
        Analysis(lambda portfolio, weather: None, VarSpec())


def test_parameters_change_the_spec_which_checks_itself():
    moved = Analysis(portfolio_var, VarSpec()).at({"portfolio": "x", "as_of": "latest", "horizon_days": 10})
    assert moved.spec == VarSpec(horizon_days=10)
    with pytest.raises(InputError, match="horizon_days"):
        moved.at({"horizon_days": 0})


def test_what_a_spec_nests_is_a_parameter_by_its_own_name():
    values = Analysis(portfolio_var, VarSpec()).values("p", "latest")
    assert (values["horizon_days"], values["weighting"], values["tail"]) == (1, "plain", "acerbi_tasche")
    assert not {"historical", "estimators", "degrees_of_freedom"} & values.keys(), "a group and a None are none"
    moved = Analysis(portfolio_var, VarSpec()).at({"weighting": "age", "sampling": "sobol", "horizon_days": 5})
    assert moved.spec == VarSpec(horizon_days=5, historical=HistoricalSpec("age"), simulation=SimulationSpec("sobol"))
    with pytest.raises(InputError, match="weighting"):
        moved.at({"weighting": "heavy"})
    with pytest.raises(InputError, match="estimators"):
        moved.at({"tail": "strictly_worse"})
    moved.check(declarations('weighting: str = "plain"  # of the past {plain | age}'))


def test_overlapping_returns_need_a_longer_history():
    assert Analysis(portfolio_var, VarSpec(lookback_days=300)).lookback_days == 300
    assert Analysis(portfolio_var, VarSpec(lookback_days=300, horizon_days=10, scaling="none")).lookback_days == 309
    assert Analysis(stress_test, StressSpec()).lookback_days is None


def test_a_declared_parameter_must_reach_the_spec():
    analysis = Analysis(portfolio_var, VarSpec())
    analysis.check(declarations('as_of: str = "latest"  # day {date | latest}\nseed: int = 1  # of the paths'))
    with pytest.raises(RiskkitError, match="colour"):
        analysis.check(declarations('colour: str = "red"  # of the page'))


def test_the_page_of_an_analysis_has_its_notebooks_name():
    assert Analysis(portfolio_var, VarSpec()).page.title == "Portfolio VaR"
    assert Analysis(rolling_backtest, BacktestSpec()).page.report == "var_backtest"
    assert Analysis(lambda spec: spec, VarSpec()).page.question == ""


def test_a_backtest_reads_the_days_it_tests_too():
    assert Analysis(rolling_backtest, BacktestSpec(lookback_days=300, backtest_days=100)).lookback_days == 400


def test_only_what_counts_its_steps_is_given_something_to_tell(store):
    inputs, told = load_inputs(store, "demo", "latest", None), []
    Analysis(rolling_backtest, BacktestSpec(lookback_days=250, backtest_days=50))(inputs, lambda *n: told.append(n))
    assert told[-1] == (50, 50)
    Analysis(portfolio_var, VarSpec(lookback_days=250))(inputs, lambda *n: told.append(n))
    assert told[-1] == (50, 50)
