"""Parametric VaR and ES beyond the normal: McNeil, Frey and Embrechts (QRM), and Hull's Cornish-Fisher example."""

import pytest
from scipy import special

from riskkit.measures.cornish_fisher import cornish_fisher
from riskkit.measures.student import student_expected_shortfall, student_value_at_risk

LEVELS = (0.90, 0.95, 0.975, 0.99, 0.995)
#: V = 10,000, annual volatility 20 %, 250 days; a t of four degrees of freedom scaled to the same volatility.
QRM_VAR_T4 = (137.1, 190.7, 248.3, 335.1, 411.8)
QRM_VAR_NORMAL = (162.1, 208.1, 247.9, 294.3, 325.8)
QRM_ES_NORMAL = (222.0, 260.9, 295.7, 337.1, 365.8)
DEVIATION = 10_000 * 0.2 / 250**0.5


@pytest.mark.parametrize(("level", "published"), list(zip(LEVELS, QRM_VAR_T4, strict=True)))
def test_qrm_table_2_1_student(level, published):
    assert student_value_at_risk(0.0, DEVIATION, 4, level) == pytest.approx(published, abs=0.06)


@pytest.mark.parametrize(
    ("level", "published", "shortfall"), list(zip(LEVELS, QRM_VAR_NORMAL, QRM_ES_NORMAL, strict=True))
)
def test_qrm_normal_column_as_the_limit_of_both_models(level, published, shortfall):
    assert student_value_at_risk(0.0, DEVIATION, 9e7, level) == pytest.approx(published, abs=0.06)
    assert student_expected_shortfall(0.0, DEVIATION, 9e7, level) == pytest.approx(shortfall, abs=0.06)
    expansion = cornish_fisher(0.0, DEVIATION, 0.0, 0.0, level)
    assert expansion.value_at_risk == pytest.approx(published, abs=0.06)
    assert expansion.expected_shortfall == pytest.approx(shortfall, abs=0.06)


def test_hull_cornish_fisher_example():
    """Mean -0.2, deviation 2.2, skewness -0.4 and the book's z of -2.33: w = -2.62526, first percentile -5.97557."""
    result = cornish_fisher(-0.2, 2.2, -0.4, 0.0, float(special.ndtr(2.33)), order=3)
    assert result.value_at_risk == pytest.approx(5.97557, abs=5e-6)
    assert (-result.value_at_risk + 0.2) / 2.2 == pytest.approx(-2.62526, abs=5e-6)
