import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from riskkit.errors import InputError
from riskkit.measures import empirical
from riskkit.measures.stressed import worst_window

PNL = arrays(np.float64, st.integers(5, 60), elements=st.floats(-1e3, 1e3))


@given(
    PNL, st.integers(1, 60), st.sampled_from([0.6, 0.9, 0.99]), st.sampled_from(["value_at_risk", "expected_shortfall"])
)
def test_against_every_window_one_by_one(pnl, days, level, measure):
    days = min(days, len(pnl))
    found = worst_window(pnl, days, level, measure)
    plain = [getattr(empirical, measure)(-pnl[i : i + days], level) for i in range(len(pnl) - days + 1)]
    assert found.path == pytest.approx(plain, rel=1e-9, abs=1e-9)
    losses = -pnl[found.start : found.stop]
    assert found.stop - found.start == days
    assert found.value_at_risk == empirical.value_at_risk(losses, level)
    assert found.expected_shortfall == pytest.approx(empirical.expected_shortfall(losses, level), rel=1e-9, abs=1e-9)
    assert getattr(found, measure) == pytest.approx(max(plain), rel=1e-9, abs=1e-9)


def test_of_equal_windows_the_latest():
    assert worst_window(np.tile([0.0, -1.0], 10), 2, 0.9).start == 18


def test_many_years_take_no_time():
    pnl = np.random.default_rng(0).standard_normal(6000)
    pnl[2000:2100] *= 5
    found = worst_window(pnl, 250, 0.975)
    assert found.start <= 2010
    assert found.stop >= 2090


@pytest.mark.parametrize(
    ("arguments", "field"),
    [(([1.0, 2.0], 3, 0.9), "window_days"), (([1.0, 2.0], 0, 0.9), "window_days"), (([], 1, 0.9), "pnl"),
     (([1.0, np.nan], 1, 0.9), "pnl"), (([1.0, 2.0], 1, 0.9, "var"), "measure"), (([1.0], 1, 95), "confidence_level")],
)  # fmt: skip
def test_refusals(arguments, field):
    with pytest.raises(InputError) as caught:
        worst_window(*arguments)
    assert caught.value.field == field
