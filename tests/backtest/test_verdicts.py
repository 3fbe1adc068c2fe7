"""Verdicts: published statistics through the list of tests, and a reason where a sample cannot say."""

import numpy as np
import pytest

from riskkit.backtest.verdicts import Days, verdicts


def days_of(hits: np.ndarray, level: float, **more: object) -> Days:
    n = len(hits)
    return Days(np.where(hits, 3.0, 0.0), np.full(n, 2.0), np.full(n, 2.5), more.get("u"), more.get("family"), level)


def by_name(days: Days):
    return {verdict.test: verdict for verdict in verdicts(days, 7)}


def test_published_sample() -> None:
    """1043 days at 95 % with 57 exceptions, four of them after another, the first on day 58 (the manual of MATLAB's
    varbacktest): POF, independence, joint, TUFF."""
    hits = np.zeros(1043, bool)
    hits[57 : 57 + 4 * 11 : 11] = hits[58 : 58 + 4 * 11 : 11] = True  # four pairs
    hits[200 : 200 + 49 * 17 : 17] = True
    assert int((hits[1:] & hits[:-1]).sum()) == 4
    found = by_name(days_of(hits, 0.95))
    expected = {
        "kupiec_pof": (0.46147, 0.49694),
        "christoffersen_independence": (0.25866, 0.61104),
        "christoffersen_coverage": (0.72013, 0.69763),
        "kupiec_tuff": (1.7354, 0.18773),
    }
    for name, (statistic, p_value) in expected.items():
        assert found[name].statistic == pytest.approx(statistic, rel=1e-4)
        assert found[name].p_value == pytest.approx(p_value, rel=1e-4)
        assert found[name].sentence.startswith("p = 0.")
    assert not found["kupiec_pof"].rejects


def test_small_samples_have_exact_p_values() -> None:
    """By enumeration or simulated patterns, where the chi-square is a poor guide: five tests of 250 days."""
    found = by_name(days_of(np.arange(250) == 0, 0.99))
    exact = {name for name, verdict in found.items() if verdict.exact_p_value is not None}
    assert exact == {
        "kupiec_pof",
        "kupiec_tuff",
        "christoffersen_independence",
        "christoffersen_coverage",
        "time_between_failures",
    }
    assert found["kupiec_tuff"].exact_p_value == pytest.approx(0.01)  # only the first day comes so soon
    assert found["kupiec_tuff"].rejects


def test_no_exception_is_no_nan() -> None:
    found = by_name(days_of(np.zeros(250, bool), 0.99))
    for verdict in found.values():
        for figure in (verdict.statistic, verdict.p_value, verdict.exact_p_value):
            assert figure is None or np.isfinite(figure)
        assert verdict.sentence
    for silent in ("mcneil_frey", "acerbi_szekely_z1", "acerbi_szekely_z3", "du_escanciano"):
        assert found[silent].p_value is None
        assert found[silent].sentence.startswith("Cannot be said. ")
    assert found["kupiec_pof"].statistic == pytest.approx(5.025, abs=1e-3)


def test_transforms_and_family() -> None:
    rng = np.random.default_rng(2)
    u = rng.random(250)
    normal = by_name(days_of(u < 0.025, 0.975, u=u, family="normal"))
    student = by_name(days_of(u < 0.025, 0.975, u=u, family=4.0))
    shapeless = by_name(days_of(u < 0.025, 0.975, u=u))
    assert normal["acerbi_szekely_z3"].p_value is not None
    assert student["acerbi_szekely_z3"].statistic != normal["acerbi_szekely_z3"].statistic
    assert "one shape" in shapeless["acerbi_szekely_z3"].sentence
    assert shapeless["du_escanciano"] == normal["du_escanciano"]
    assert all(np.isfinite(v.p_value) for v in normal.values() if v.p_value is not None)


def test_too_short_for_some() -> None:
    found = by_name(days_of(np.arange(11) == 3, 0.95, u=np.linspace(0.01, 0.99, 11), family="normal"))
    assert "needs at least 14" in found["dynamic_quantile"].sentence
    assert "needs at least 20" in found["acerbi_szekely_z3"].sentence
    assert found["kupiec_pof"].p_value is not None


def test_the_seed_decides_the_simulated_ones() -> None:
    days = days_of(np.arange(250) % 70 == 1, 0.99)
    days = Days(days.losses + np.linspace(0, 0.1, 250), days.var, days.expected_shortfall, None, None, 0.99)
    assert verdicts(days, 1) == verdicts(days, 1)
    assert verdicts(days, 1) != verdicts(days, 2)
