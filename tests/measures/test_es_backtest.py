import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskkit.errors import InputError
from riskkit.measures.es_backtest import acerbi_szekely, forecasts, mcneil_frey

VAR, ES = 1.959963984540054, 2.337802792  # normal, 97.5 %


def days(losses, factor=1.0):
    n = len(losses)
    return forecasts(losses, np.full(n, VAR * factor), np.full(n, ES * factor))


def test_z1_and_z2_by_hand():
    found = forecasts([3.0, 0.0, 5.0, 1.0], [2.0] * 4, [4.0] * 4)
    result = acerbi_szekely(found, 0.75, np.random.default_rng(0), n_simulations=200)
    assert result.z1.statistic == pytest.approx(1 - (0.75 + 1.25) / 2)
    assert result.z2.statistic == pytest.approx(1 - 2.0 / 1)


def test_p_values_are_uniform_under_the_null_and_small_when_shortfall_is_too_small():
    generator = np.random.default_rng(12)
    right = [
        acerbi_szekely(days(generator.standard_normal(250)), 0.975, generator, n_simulations=200).z2.p_value
        for _ in range(120)
    ]
    assert 0.4 < np.mean(right) < 0.6
    assert np.mean(np.array(right) < 0.05) < 0.12
    wrong = acerbi_szekely(days(generator.standard_normal(250) * 2), 0.975, generator)
    assert wrong.z2.p_value < 0.001
    assert wrong.z1.p_value < 0.01


@pytest.mark.parametrize(("freedom", "critical"), [(None, -0.70), (3.0, -0.82)])
def test_the_five_percent_point_of_z2(freedom, critical):
    """(mem) Acerbi and Szekely's critical values of Z2, 250 days at 97.5 %: -0.70, and -0.82 for a t of 3."""
    generator = np.random.default_rng(6)
    n = 250
    if freedom is None:
        draws, var, es = generator.standard_normal((20_000, n)), VAR, ES
    else:
        draws, var, es = generator.standard_t(3, (20_000, n)), 3.182446305, 5.039666
    z2 = 1 - (draws / es * (draws > var)).sum(axis=1) / (n * 0.025)
    point = np.quantile(z2, 0.05)
    assert point == pytest.approx(critical, abs=0.025)
    losses = np.zeros(n)
    losses[0] = es * (1 - point) * n * 0.025  # one loss that makes exactly this Z2
    found = forecasts(losses, np.full(n, var), np.full(n, es))
    outcome = acerbi_szekely(found, 0.975, np.random.default_rng(1), freedom)
    assert outcome.z2.statistic == pytest.approx(point)
    assert outcome.z2.p_value == pytest.approx(0.05, abs=0.01)


def test_mcneil_frey_against_the_t_law():
    """Many normal excesses: the bootstrap's p-value is Student's."""
    from scipy import stats

    generator = np.random.default_rng(2)
    excess = generator.normal(0.02, 0.2, 400)
    found = forecasts(1 + excess + 2, np.full(400, 1.0), np.full(400, 3.0))
    outcome = mcneil_frey(found, generator)
    t = stats.ttest_1samp((excess) / 3, 0.0, alternative="greater")
    assert outcome.statistic == pytest.approx(t.statistic)
    assert outcome.p_value == pytest.approx(t.pvalue, abs=0.02)


def test_mcneil_frey_finds_a_shortfall_that_is_too_small():
    losses = np.random.default_rng(3).standard_t(3, 5000)
    assert mcneil_frey(days(losses), np.random.default_rng(4)).p_value < 0.01


@pytest.mark.parametrize("losses", [np.zeros(250), [3.0] + [0.0] * 249, [3.0, 3.0] + [0.0] * 248])
def test_too_few_exceedances_are_said_not_nan(losses):
    outcome = mcneil_frey(days(losses), np.random.default_rng(0))
    assert (outcome.statistic, outcome.p_value) == (None, None)
    assert outcome.note
    both = acerbi_szekely(days(np.zeros(250)), 0.975, np.random.default_rng(0), n_simulations=200)
    assert both.z1.statistic is None
    assert both.z2.statistic == 1.0
    assert both.z2.p_value > 0.9


@given(st.lists(st.floats(-5, 5), min_size=3, max_size=30), st.floats(0.01, 1e6))
@settings(max_examples=30)
def test_the_unit_of_money_does_not_matter(losses, unit):
    one = forecasts(losses, np.full(len(losses), 1.0), np.full(len(losses), 1.5))
    two = forecasts(np.array(losses) * unit, np.full(len(losses), unit), np.full(len(losses), 1.5 * unit))
    results = [acerbi_szekely(d, 0.9, np.random.default_rng(7), n_simulations=100) for d in (one, two)]
    assert results[0].z2.statistic == pytest.approx(results[1].z2.statistic)


def test_a_seed_gives_the_same_p_value():
    losses = np.random.default_rng(3).standard_normal(250) * 1.4
    twice = [mcneil_frey(days(losses), np.random.default_rng(9)).p_value for _ in range(2)]
    assert twice[0] == twice[1]


@pytest.mark.parametrize(
    ("var", "es", "field"),
    [([1.0], [2.0, 2.0], "value_at_risk"), ([1.0, 1.0], [0.5, 2.0], "expected_shortfall"),
     ([-1.0, 1.0], [0.0, 2.0], "expected_shortfall"), ([1.0, np.nan], [2.0, 2.0], "value_at_risk")],
)  # fmt: skip
def test_forecasts_fit_each_other(var, es, field):
    with pytest.raises(InputError) as caught:
        forecasts([0.0, 1.0], var, es)
    assert caught.value.field == field
