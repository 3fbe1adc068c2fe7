"""Probability transforms: uniform for a right model, inside (0, 1) whatever comes."""

import numpy as np
import pytest

from riskkit.backtest.forecasts import Forecasts, transforms


def test_transforms_by_hand() -> None:
    scenarios = np.array([[-2.0, -1.0, -1.0, 4.0]] * 4)
    assert transforms(scenarios, np.array([-3.0, -1.0, 0.0, 9.0])) == pytest.approx([0.1, 0.5, 0.7, 0.9])


def test_weighted_transforms_by_hand() -> None:
    """Weights 0.1, 0.2, 0.3, 0.4: below 0 lies 0.6, put inside (0, 1) by four scenarios."""
    weights = np.array([0.1, 0.2, 0.3, 0.4])
    assert transforms(np.array([[-2.0, -1.0, -1.0, 4.0]]), np.array([0.0]), weights) == pytest.approx([2.9 / 5])


def test_uniform_for_a_right_model() -> None:
    rng = np.random.default_rng(4)
    u = transforms(rng.standard_normal((4000, 99)), rng.standard_normal(4000))
    assert np.histogram(u, bins=10, range=(0, 1))[0] == pytest.approx([400] * 10, abs=5 * 19)


def test_join_and_known() -> None:
    ones = np.ones(2)
    known, unknown = Forecasts(ones, ones, ones, 0.5 * ones), Forecasts(ones, ones, ones, -ones)
    assert Forecasts.join([known, known]).known_transforms.tolist() == [0.5] * 4
    assert Forecasts.join([known, unknown]).known_transforms is None
