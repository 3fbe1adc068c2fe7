"""The change of VaR: by hand for one cause, sums for all three, alike whichever way round."""

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riskkit.errors import InputError, MarketDataError
from riskkit.explain import VarInputs, explain_var_change
from riskkit.portfolio import Cash, Equity, Portfolio, Position
from riskkit.var import VarSpec, portfolio_var

SPEC = VarSpec("parametric", 0.99, lookback_days=100)
quick = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def shares(quantity: float) -> Portfolio:
    return Portfolio("s", "USD", (Position(Equity("ABC", "USD"), quantity),))


def effects(change) -> dict[str, float]:
    return dict(zip(change.effects["effect"], change.effects["var"], strict=True))


@pytest.mark.parametrize("which", ["positions", "market", "model"])
def test_one_cause_alone_has_the_whole_change(book, history, which) -> None:
    before = VarInputs(book, history.upto(date(2019, 10, 1)), SPEC)
    changed = {
        "positions": replace(before, portfolio=replace(book, positions=book.positions[:3])),
        "market": replace(before, history=history),
        "model": replace(before, spec=replace(SPEC, confidence_level=0.975, covariance="ewma")),
    }
    change = explain_var_change(before, changed[which])
    assert change.change != 0
    assert effects(change)[which] == pytest.approx(change.change, rel=1e-12)
    assert all(value == 0.0 for name, value in effects(change).items() if name != which)


def test_two_causes_by_hand(history) -> None:
    """VaR is size times a factor of the model: 100 -> 300 shares, 99 % -> 97.5 %. Shapley halves the product."""
    early = VarInputs(shares(100), history, SPEC)
    late = VarInputs(shares(300), history, replace(SPEC, confidence_level=0.975))
    change = explain_var_change(early, late)
    unit = portfolio_var(shares(1), history, SPEC).standard_deviation
    a, b = 2.3263478740408408 * unit, 1.959963984540054 * unit
    assert effects(change)["positions"] == pytest.approx(200 * (a + b) / 2)
    assert effects(change)["model"] == pytest.approx((100 + 300) / 2 * (b - a))
    assert effects(change)["market"] == 0.0
    assert change.notes[1] == "Model: confidence_level changed."


@quick
@given(
    st.floats(-500, 500), st.floats(0.9, 0.995), st.integers(130, 300), st.sampled_from(["historical", "parametric"])
)
def test_effects_sum_and_turn_round(book, history, quantity, level, day, method) -> None:
    """Whatever changed, the three sum to the change; and backwards each is the same with its sign turned."""
    before = VarInputs(book, history.upto(history.dates[day].item()), replace(SPEC, method=method))
    moved = replace(book, positions=(Position(Equity("ABC", "USD"), quantity), *book.positions[1:]))
    after = VarInputs(moved, history, VarSpec("historical", level, lookback_days=80))
    change, back = explain_var_change(before, after), explain_var_change(after, before)
    for column, total in (("var", change.change), ("expected_shortfall", None)):
        total = change.after.expected_shortfall - change.before.expected_shortfall if total is None else total
        assert math.isclose(change.effects[column].sum(), total, rel_tol=1e-9, abs_tol=1e-6)
        assert change.effects[column].to_numpy() == pytest.approx(-back.effects[column].to_numpy(), abs=1e-6)
    assert change.by_position["change"].sum() == pytest.approx(change.change, abs=1e-6)


def test_by_position_and_what_a_run_stores(book, history) -> None:
    fewer = replace(book, positions=(*book.positions[:2], Position(Cash("EUR"), 10.0)))
    change = explain_var_change(VarInputs(book, history, SPEC), VarInputs(fewer, history, SPEC))
    table = change.by_position.set_index("position")
    assert table.loc["Z", "component_var_after"] == 0.0
    assert table.loc["EUR cash", "component_var_before"] == 0.0
    stored = {(m.name, *m.labels.values()): m.value for m in change.metrics()}
    assert stored["var_change",] == stored["var",] - stored["var_before",]
    assert all(np.isfinite(value) for value in stored.values())
    assert list(change.tables()) == ["effects", "by_position"]
    assert change.notes[-1] == "The same in both runs: market, model."


def test_refuses(book, history) -> None:
    one = VarInputs(book, history, SPEC)
    with pytest.raises(InputError, match="base_currency"):
        explain_var_change(one, replace(one, portfolio=replace(book, base_currency="USD")))
    bare = history.select([name for name in history.names if name != "SAP"])
    with pytest.raises(MarketDataError, match="SAP"):
        explain_var_change(one, VarInputs(Portfolio("p", "EUR", book.positions[:1]), bare, SPEC))
