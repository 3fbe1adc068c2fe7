"""Every field of a spec is checked, and the error names it."""

import math

import pytest

from riskkit.errors import InputError
from riskkit.var import VarSpec
from riskkit.var.options import EstimatorSpec, HistoricalSpec, ParametricSpec, SimulationSpec

BAD = {
    "method": ["normal", "", None, "Historical"],
    "confidence_level": [0, 1, 0.5, -0.1, 1.5, 95, math.nan, math.inf, "0.95", True],
    "horizon_days": [0, -1, 2.5, 10**9, "10", True],
    "lookback_days": [0, 1, -5, 250.5, 10**6, False],
    "scaling": ["linear", None],
    "revaluation": ["delta", ""],
    "covariance": ["robust"],
    "decay": [0, 1, -0.1, math.nan, "0.94"],
    "n_paths": [0, 10**12, 1e5, -1],
    "degrees_of_freedom": [2, 0, -1, math.inf, math.nan, True, "4"],
    "seed": [-1, 2**64, "x", 1.0, True],
    "historical": ["age", None],
    "parametric": ["normal"],
    "simulation": ["sobol", True],
    "estimators": [{}, "linear"],
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in BAD.items() for value in values])
def test_refuses(field: str, value: object) -> None:
    with pytest.raises(InputError) as caught:
        VarSpec(**{field: value})
    assert caught.value.field == field
    assert caught.value.exit_code == 2


def test_names_are_the_fields_in_order() -> None:
    assert VarSpec.names()[:4] == ("method", "confidence_level", "horizon_days", "lookback_days")
    assert set(VarSpec.names()) == set(BAD)


BAD_OPTIONS = [
    (HistoricalSpec, "weighting", ["newest", None, ""]),
    (HistoricalSpec, "age_decay", [0, 1, math.nan, "0.99", True]),
    (HistoricalSpec, "volatility", ["egarch"]),
    (HistoricalSpec, "volatility_decay", [0, 1.0, -1, None]),
    (HistoricalSpec, "scope", ["book"]),
    (HistoricalSpec, "last_volatility", ["today"]),
    (ParametricSpec, "distribution", ["t"]),
    (ParametricSpec, "quadratic", ["yes", True]),
    (SimulationSpec, "sampling", ["halton"]),
    (SimulationSpec, "draws", ["one"]),
    (EstimatorSpec, "quantile", ["type 7", 7]),
    (EstimatorSpec, "tail", ["mean"]),
    (EstimatorSpec, "smoothing", [-1, 1.5, True, "3"]),
    (EstimatorSpec, "coverage", [0, 1, math.inf, "0.9"]),
]


@pytest.mark.parametrize(("group", "field", "values"), BAD_OPTIONS)
def test_options_refuse(group, field: str, values: list[object]) -> None:
    for value in values:
        with pytest.raises(InputError) as caught:
            group(**{field: value})
        assert caught.value.field == field


def test_options_that_do_not_go_together() -> None:
    with pytest.raises(InputError, match="distribution"):
        ParametricSpec("student_t", "exact")
    with pytest.raises(InputError, match=r"estimators.*scenarios carry weights"):
        VarSpec(historical=HistoricalSpec("age"), estimators=EstimatorSpec("linear"))


def test_unknown_field() -> None:
    with pytest.raises(TypeError, match="alpha"):
        VarSpec(alpha=0.01)


def test_horizon() -> None:
    assert VarSpec(horizon_days=4).time_factor == 2.0
    assert VarSpec(horizon_days=4).step_days == 1
    unscaled = VarSpec(horizon_days=4, scaling="none")
    assert (unscaled.time_factor, unscaled.step_days) == (1.0, 4)
