import pytest

from riskkit.errors import InputError
from riskkit.optimise import OptimiseSpec


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"objective": "maximum_sharpe"}, "objective"),
        ({"group_by": "country"}, "group_by"),
        ({"confidence_level": 95}, "confidence_level"),
        ({"confidence_level": True}, "confidence_level"),
        ({"confidence_level": "0.95"}, "confidence_level"),
        ({"lookback_days": 19}, "lookback_days"),
        ({"lookback_days": 250.0}, "lookback_days"),
        ({"min_weight": 0.5, "max_weight": 0.2}, "min_weight"),
        ({"max_weight": float("nan")}, "max_weight"),
        ({"max_turnover": -0.1}, "max_turnover"),
        ({"max_group_weight": 0.5}, "max_group_weight"),
        ({"objective": "risk_budgeting", "min_weight": -0.1}, "min_weight"),
        ({"objective": "risk_budgeting", "max_turnover": 0.1}, "max_turnover"),
        ({"objective": "hierarchical_risk_parity", "group_by": "sector"}, "group_by"),
        ({"objective": "minimum_cvar", "target_return": 0.1}, "target_return"),
    ],
)
def test_refusals(arguments, field):
    with pytest.raises(InputError) as caught:
        OptimiseSpec(**arguments)
    assert caught.value.field == field


def test_names():
    assert OptimiseSpec.names()[:3] == ("objective", "confidence_level", "lookback_days")
    with pytest.raises(TypeError):
        OptimiseSpec(leverage=2)
