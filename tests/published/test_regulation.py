"""Basel Framework, MAR33: the weights of the liquidity-horizon cascade."""

import pytest

from riskkit.measures.liquidity import HORIZONS, cascade_weights


def test_mar33_weights():
    assert HORIZONS == (10, 20, 40, 60, 120)
    assert cascade_weights() == pytest.approx([1, 1, 1.41421, 1.41421, 2.44949], abs=5e-6)
