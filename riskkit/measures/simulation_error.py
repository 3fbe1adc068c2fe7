"""How far a simulated VaR and expected shortfall may be off by chance: standard errors and an interval."""

from __future__ import annotations

import itertools
import math
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from riskkit.measures import empirical
from riskkit.measures.arguments import confidence, number, sample
from riskkit.measures.simulation import SOBOL_SEQUENCES, Sampling

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class SimulationError:
    """Standard errors [currency], and an interval for VaR; None where the sample is too short for one."""

    var: float | None
    expected_shortfall: float | None
    interval: tuple[float | None, float | None] | None


def simulation_error(
    losses: FloatArray, confidence_level: float, sampling: Sampling = "pseudo", coverage: float = 0.95
) -> SimulationError:
    """Error of the empirical VaR and expected shortfall of simulated losses.

    Independent paths: VaR by the slope of the quantile function around it times the standard error of its rank,
    (L(k - r) - L(k + r)) / (2 r) * sqrt(n c (1 - c)) with r twice that error (at most k / 2); expected shortfall by the
    spread of max(L - VaR, 0) / (1 - c). Antithetic: the same, with the pair as the observation. Sobol: the spread of
    the figures of the 16 sequences.

    Parameters
    ----------
    losses : array (n,) [currency]
        In the order of `simulation.Paths`.
    confidence_level : float in (0.5, 1)
    sampling : {"pseudo", "antithetic", "sobol"}
    coverage : float in (0, 1)
        Of the interval VaR -/+ z standard errors.

    Returns
    -------
    SimulationError

    Raises
    ------
    InputError

    References
    ----------
    Glasserman (2004), Monte Carlo Methods in Financial Engineering, sections 4.2, 5.4 and 9.3; Siddiqui (1960).

    Examples
    --------
    >>> losses = np.random.default_rng(1).standard_normal(100_000)
    >>> error = simulation_error(losses, 0.99)
    >>> round(error.var, 4), round(error.expected_shortfall, 4)
    (0.0113, 0.0153)
    """
    loss, level = sample("losses", losses), confidence(confidence_level)
    z = float(ndtri(0.5 + number("coverage", coverage, above=0, below=1) / 2))
    n, mass = len(loss), empirical.tail_mass(len(loss), level)
    if mass <= 1 or (sampling == "sobol" and mass <= SOBOL_SEQUENCES):
        return SimulationError(None, None, None)
    k = math.ceil(mass)
    r = max(1, min(round(2 * math.sqrt(n * level * (1 - level))), k // 2))
    ranks = [min(max(rank, 1), n) for rank in (k - r, k, k + r)]
    above, var, below = np.partition(loss, [n - rank for rank in ranks])[[n - rank for rank in ranks]]
    if sampling == "sobol":
        return _of_sequences(loss, level, float(var), z)
    excess, in_tail = np.maximum(loss - var, 0.0), loss > var
    share = 1 - level
    if sampling == "antithetic":
        half = n // 2
        first = n - half
        excess = (excess[:half] + excess[first:]) / 2
        in_tail = (in_tail[:half] + in_tail[first:].astype(np.float64)) / 2
    count = len(excess)
    rank_error = float(np.std(in_tail, ddof=1)) / math.sqrt(count) if count > 1 else 0.0
    slope = (float(above) - float(below)) * n / (ranks[2] - ranks[0])
    var_error = slope * rank_error
    es_error = float(excess.std(ddof=1)) / math.sqrt(count) / share if count > 1 else 0.0
    return SimulationError(var_error, es_error, (float(var) - z * var_error, float(var) + z * var_error))


def _of_sequences(loss: FloatArray, level: float, var: float, z: float) -> SimulationError:
    bounds = np.linspace(0, len(loss), SOBOL_SEQUENCES + 1).astype(np.int64)
    parts = [loss[start:stop] for start, stop in itertools.pairwise(bounds)]
    figures = np.array([astuple(empirical.tail_figures(part, level)) for part in parts])
    errors = figures.std(axis=0, ddof=1) / math.sqrt(SOBOL_SEQUENCES)
    return SimulationError(float(errors[0]), float(errors[1]), (var - z * float(errors[0]), var + z * float(errors[0])))
