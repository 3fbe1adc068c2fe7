"""The copula keeps the margins, finds its own parameters again, and has tails that come together."""

import numpy as np
import pytest
from scipy import stats

from riskkit.errors import InputError
from riskkit.measures.t_copula import CopulaPaths, fit_t_copula


def t_sample(n: int, nu: float, rho: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((n, 2)) @ np.linalg.cholesky([[1, rho], [rho, 1]]).T
    return z * np.sqrt(nu / rng.chisquare(nu, n))[:, None]


def test_finds_its_parameters_whatever_the_margins() -> None:
    data = t_sample(8_000, 4.0, 0.6, 1)
    plain, bent = fit_t_copula(data), fit_t_copula(np.stack([np.exp(data[:, 0]), data[:, 1] ** 3], axis=1))
    assert plain.degrees_of_freedom == pytest.approx(4, rel=0.15)
    assert plain.correlation[0, 1] == pytest.approx(0.6, abs=0.03)
    assert bent.degrees_of_freedom == pytest.approx(plain.degrees_of_freedom, rel=1e-6)
    assert bent.correlation == pytest.approx(plain.correlation)


def test_simulated_margins_are_the_sample_s() -> None:
    data = np.random.default_rng(2).gamma(2.0, 1.0, (400, 2))
    paths = CopulaPaths(fit_t_copula(data, 5.0), 50_000, 3)
    drawn = np.concatenate([c.copy() for i in range(paths.n_chunks) for _, c in paths.chunk(i)])
    assert drawn.min(axis=0) == pytest.approx(data.min(axis=0))
    assert drawn.max(axis=0) == pytest.approx(data.max(axis=0))
    for column in range(2):
        assert stats.ks_2samp(drawn[:, column], data[:, column]).statistic < 0.01
    assert stats.spearmanr(drawn).statistic == pytest.approx(stats.spearmanr(data).statistic, abs=0.03)


def test_heavier_tails_come_together() -> None:
    data = t_sample(2_000, 5.0, 0.5, 4)

    def joint(nu: float) -> float:
        paths = CopulaPaths(fit_t_copula(data, nu), 100_000, 1)
        drawn = np.concatenate([c.copy() for i in range(paths.n_chunks) for _, c in paths.chunk(i)])
        return float((drawn < np.quantile(data, 0.01, axis=0)).all(axis=1).mean())

    assert joint(3.0) > 1.5 * joint(100.0)


def test_degenerate_samples() -> None:
    still = np.hstack([np.zeros((50, 1)), np.random.default_rng(1).normal(size=(50, 1))])
    assert fit_t_copula(still).correlation.tolist() == [[1, 0], [0, 1]]
    twin = np.repeat(np.random.default_rng(1).normal(size=(60, 1)), 3, axis=1)
    assert np.isfinite(fit_t_copula(twin).degrees_of_freedom)
    for bad, field in ((np.zeros((1, 2)), "returns"), ([[np.nan, 1.0]] * 3, "returns")):
        with pytest.raises(InputError, match=field):
            fit_t_copula(bad)
    with pytest.raises(InputError, match="degrees_of_freedom"):
        fit_t_copula(still, 2.0)
