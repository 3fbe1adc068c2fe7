import numpy as np
import pytest

from riskkit.errors import InputError
from riskkit.measures import arguments


@pytest.mark.parametrize(
    "values",
    [[], [[1.0, 2.0]], [1.0, np.nan], [np.inf], ["1.2K"], [True, False], [None], [[1], [1, 2]], 3.0],
    ids=str,
)
def test_a_sample_is_a_finite_vector(values):
    with pytest.raises(InputError) as caught:
        arguments.sample("losses", values)
    assert caught.value.field == "losses"


@pytest.mark.parametrize("values", [[1.0, 2.0], np.empty((0, 2)), np.empty((3, 0)), [[np.nan]]], ids=str)
def test_a_table_has_rows_and_columns(values):
    with pytest.raises(InputError):
        arguments.table("returns", values)


@pytest.mark.parametrize("level", [0, 0.5, 1, -0.1, 1.5, 95, np.nan, "0.95", None, True], ids=repr)
def test_a_confidence_level_is_a_fraction_above_a_half(level):
    with pytest.raises(InputError, match="confidence_level"):
        arguments.confidence(level)


@pytest.mark.parametrize("value", [0, -1, 2.5, 1e9, True, "3"], ids=repr)
def test_a_whole_number_is_whole_and_within_bounds(value):
    with pytest.raises(InputError, match="horizon_days"):
        arguments.whole("horizon_days", value, at_least=1, at_most=250)


@pytest.mark.parametrize(
    "matrix",
    [[[1.0, 2.0]], [[1.0, 0.5], [0.4, 1.0]], [[1.0, 1.0000001], [1.0000001, 1.0]], [[np.nan]], [[-1.0]]],
    ids=str,
)
def test_a_covariance_is_symmetric_and_positive_semidefinite(matrix):
    with pytest.raises(InputError, match="covariance"):
        arguments.covariance_matrix(matrix)


def test_a_singular_covariance_is_one():
    assert arguments.covariance_matrix([[1.0, 1.0], [1.0, 1.0]]).shape == (2, 2)
    assert arguments.covariance_matrix([[0.0]]).shape == (1, 1)


def test_paired_vectors_are_equally_long():
    with pytest.raises(InputError, match="one for each of losses"):
        arguments.paired("weights", [1.0], np.ones(2), "losses")
