"""Weights on ranked losses give the named estimators, to the last convention."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskkit.errors import InputError
from riskkit.measures import quantiles
from riskkit.measures.ranked import ranked_tail, weighted_ranked_tail

quick = settings(max_examples=60, deadline=None)
samples = st.lists(st.integers(-50, 50).map(float), min_size=2, max_size=60).map(np.array)
levels = st.sampled_from([0.6, 0.75, 0.9, 0.95, 0.99])


@quick
@given(samples, levels, st.sampled_from(get_args(quantiles.Estimator)), st.sampled_from(get_args(quantiles.TailMean)))
def test_agree_with_the_direct_estimators(losses, level, quantile, tail) -> None:
    try:
        shortfall = quantiles.expected_shortfall(losses, level, tail)
    except InputError:
        with pytest.raises(InputError, match="losses"):
            ranked_tail(losses, level, quantile, tail)
        return
    found = ranked_tail(losses, level, quantile, tail)
    here = losses[found.indices]
    assert (np.diff(here) <= 0).all()
    assert found.var_weights @ here == pytest.approx(quantiles.value_at_risk(losses, level, quantile), abs=1e-9)
    assert found.es_weights @ here == pytest.approx(shortfall, abs=1e-9)
    assert found.var_weights.sum() == pytest.approx(1)
    assert found.es_weights.sum() == pytest.approx(1)


@quick
@given(samples, levels, st.integers(0, 2**32 - 1))
def test_weighted_agrees_with_the_direct_estimator(losses, level, seed) -> None:
    weights = np.random.default_rng(seed).dirichlet(np.ones(len(losses)))
    direct = quantiles.weighted_tail(losses, weights, level)
    found = weighted_ranked_tail(losses, weights, level)
    assert found.var_weights @ losses[found.indices] == direct.value_at_risk
    assert found.es_weights @ losses[found.indices] == pytest.approx(direct.expected_shortfall, abs=1e-9)


@quick
@given(samples, levels, st.integers(0, 5))
def test_smoothing_keeps_the_figure(losses, level, m) -> None:
    found = ranked_tail(losses, level, smoothing=m)
    here = losses[found.indices]
    assert found.share_weights @ here == pytest.approx(found.var_weights @ here, abs=1e-9)


def test_smoothing_by_hand() -> None:
    """The third largest of 10 at 0.7 is 7: the mean of 8, 7, 6, scaled by 7/7."""
    found = ranked_tail(np.arange(10.0), 0.7, smoothing=1)
    assert found.indices.tolist() == [9, 8, 7, 6]
    assert found.share_weights.tolist() == pytest.approx([0, 1 / 3, 1 / 3, 1 / 3])
