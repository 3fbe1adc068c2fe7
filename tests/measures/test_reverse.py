import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskkit.errors import InputError
from riskkit.measures.conditional import conditional_moves
from riskkit.measures.reverse import linear_reverse_stress, reverse_stress


def book(seed, n, rank=None):
    generator = np.random.default_rng(seed)
    mixing = generator.standard_normal((n, rank or n)) * 0.02
    return generator.standard_normal(n) * 1e5, mixing @ mixing.T


@given(st.integers(0, 10_000), st.integers(1, 8), st.floats(1.0, 1e6))
def test_the_closed_form_loses_the_amount_and_is_the_nearest(seed, n, loss):
    exposures, covariance = book(seed, n)
    found = linear_reverse_stress(exposures, covariance, loss)
    assert -found.moves @ exposures == pytest.approx(loss)
    assert found.distance == pytest.approx(loss / np.sqrt(exposures @ covariance @ exposures))
    # It is the conditional expectation of the factors given that the book loses so much: the same by another road.
    joint = np.block(
        [[covariance, (covariance @ exposures)[:, None]], [covariance @ exposures, exposures @ covariance @ exposures]]
    )
    given_loss = conditional_moves([n], [-loss], joint)
    assert found.moves == pytest.approx(given_loss.moves[:n], rel=1e-6, abs=1e-9 * loss)


@given(st.integers(0, 10_000), st.integers(1, 6))
@settings(max_examples=8, deadline=None)
def test_the_solver_finds_the_closed_form(seed, n):
    exposures, covariance = book(seed, n)
    loss = 3 * float(np.sqrt(exposures @ covariance @ exposures))
    closed = linear_reverse_stress(exposures, covariance, loss)
    solved = reverse_stress(lambda x: x @ exposures, covariance, loss)
    assert solved.distance == pytest.approx(closed.distance, rel=1e-5)
    assert solved.moves == pytest.approx(closed.moves, rel=1e-2, abs=1e-3 * np.abs(closed.moves).max())
    assert solved.loss == pytest.approx(loss, rel=1e-6)


def test_a_short_straddle_loses_either_way_and_the_nearer_side_wins():
    """P&L = 10 x - 50 x²: it loses 30 at x = -0.681 and at x = 0.881."""
    found = reverse_stress(lambda x: 10 * x[:, 0] - 50 * x[:, 0] ** 2, [[0.04]], 30.0)
    assert found.moves[0] == pytest.approx((10 - np.sqrt(6100)) / 100, rel=1e-5)
    assert found.loss >= 30 * (1 - 1e-6)


def test_a_quadratic_book_against_a_fine_search():
    delta, covariance = np.array([3.0, -1.0]), np.array([[1.0, 0.3], [0.3, 0.5]])

    def pnl(x):
        return x @ delta - 0.5 * (x**2).sum(axis=1) + 0.2 * x[:, 0] * x[:, 1]

    found = reverse_stress(pnl, covariance, 10.0)
    angles = np.linspace(0, 2 * np.pi, 1441)
    rays = np.stack([np.cos(angles), np.sin(angles)], axis=1) @ np.linalg.cholesky(covariance).T
    radii = np.linspace(0, 6, 3001)
    nearest = min(radii[np.argmax(line <= -10)] for ray in rays if (line := pnl(radii[:, None] * ray)).min() <= -10)
    assert found.distance == pytest.approx(nearest, abs=5e-3)


def test_a_singular_covariance_keeps_to_the_moves_it_allows():
    exposures, covariance = book(5, 6, rank=2)
    closed = linear_reverse_stress(exposures, covariance, 100.0)
    solved = reverse_stress(lambda x: x @ exposures, covariance, 100.0)
    assert solved.distance == pytest.approx(closed.distance, rel=1e-5)
    assert solved.moves == pytest.approx(closed.moves, rel=1e-2, abs=1e-3 * np.abs(closed.moves).max())


def test_a_loss_the_book_cannot_make_says_what_it_can():
    with pytest.raises(InputError, match="the worst found") as caught:
        reverse_stress(lambda x: np.maximum(x[:, 0], -0.5), [[0.04]], 1.0)
    assert caught.value.field == "loss"
    assert "0.5" in caught.value.expected


def test_a_kinked_and_a_flat_book_are_answered_or_refused_never_guessed():
    put = reverse_stress(lambda x: -np.maximum(-x[:, 0] - 0.1, 0.0) * 100, [[0.04]], 10.0)  # flat until -10 %
    assert put.moves[0] == pytest.approx(-0.2, rel=1e-4)
    with pytest.raises(InputError, match="does not vary"):
        linear_reverse_stress([0.0, 0.0], np.eye(2), 1.0)
    with pytest.raises(InputError, match="does not vary"):
        linear_reverse_stress([1.0, -1.0], np.ones((2, 2)), 1.0)


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: linear_reverse_stress([1.0], np.eye(2), 1.0), "exposures"),
        (lambda: linear_reverse_stress([1.0], [[1.0]], 0.0), "loss"),
        (lambda: linear_reverse_stress([1.0], [[1.0]], -5.0), "loss"),
        (lambda: reverse_stress(lambda x: x[:, 0], [[0.0]], 1.0), "covariance"),
        (lambda: reverse_stress(lambda x: x[:, 0] * np.nan, [[1.0]], 1.0), "pnl"),
        (lambda: reverse_stress(lambda x: x, [[1.0]], 1.0), "pnl"),
        (lambda: reverse_stress(lambda x: x[:, 0], [[1.0]], np.nan), "loss"),
    ],
)
def test_refusals(call, field):
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.field == field
