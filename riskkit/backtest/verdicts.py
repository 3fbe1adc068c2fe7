"""The tests of a backtest, each with a statistic, a p-value and a sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from riskkit.errors import InputError
from riskkit.measures import coverage, durations, independence, pit_backtest
from riskkit.measures.dynamic_quantile import dynamic_quantile
from riskkit.measures.es_backtest import acerbi_szekely, forecasts, mcneil_frey
from riskkit.measures.exact_backtest import MOST_DAYS, exact_coverage, exact_first_failure
from riskkit.measures.outcome import Outcome

FloatArray = NDArray[np.float64]

#: A p-value below this rejects, in the sentences.
TEST_LEVEL = 0.05

#: Name, title, what is said where the test does not reject and where it does.
_TESTS = (
    ("kupiec_pof", "Kupiec: number of exceptions", "the number fits the level", "the number does not fit the level"),
    ("kupiec_tuff", "Kupiec: time until the first", "the wait for it fits", "the wait for it does not fit"),
    ("christoffersen_independence", "Christoffersen: independence", "they do not cluster", "they follow each other"),
    ("christoffersen_coverage", "Christoffersen: both", "number and order fit", "number or order do not fit"),
    ("time_between_failures", "Haas: number and waiting times", "number and waits fit", "number or waits do not fit"),
    ("dynamic_quantile", "Engle-Manganelli: dynamic quantile", "they come as a surprise", "they could be foreseen"),
    ("mcneil_frey", "McNeil-Frey: size beyond ES", "losses beyond VaR average it", "losses beyond VaR exceed it"),
    ("acerbi_szekely_z1", "Acerbi-Szekely Z1: size", "the ES is large enough", "the ES is too small"),
    ("acerbi_szekely_z2", "Acerbi-Szekely Z2: number and size", "the ES is large enough", "the ES is too small"),
    ("acerbi_szekely_z3", "Acerbi-Szekely Z3: whole tail", "the tail is heavy enough", "the tail is too thin"),
    ("du_escanciano", "Du-Escanciano: mean of the tail", "the tail's mean fits", "the tail's mean does not fit"),
    ("du_escanciano_conditional", "Du-Escanciano: order of the tail", "they do not cluster", "they cluster"),
)  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """One test of a backtest.

    Attributes
    ----------
    test : str
        snake_case name.
    title : str
    statistic, p_value : float or None
        None where the sample cannot say; the sentence says why. Never NaN.
    exact_p_value : float or None
        By enumeration of every pattern of exceptions; of the waiting times between them by 4,000 simulated patterns,
        which is as exact a test. None where there is neither.
    degrees_of_freedom : int or None
        Of the chi-square; None for another law.
    sentence : str
        The answer, for a person.
    """

    test: str
    title: str
    statistic: float | None
    p_value: float | None
    exact_p_value: float | None
    degrees_of_freedom: int | None
    sentence: str

    @property
    def rejects(self) -> bool:
        """Whether the (exact, else asymptotic) p-value is below 5 %."""
        p = self.p_value if self.exact_p_value is None else self.exact_p_value
        return p is not None and p < TEST_LEVEL


@dataclass(frozen=True, eq=False)
class Days:
    """What the tests read; n days, oldest first, money in one currency, losses positive.

    Attributes
    ----------
    losses, var, expected_shortfall : array (n,)
    transforms : array (n,) or None
        Probability integral transforms; None where the method has no law to read them from.
    family : "normal", float or None
        The law of the forecasts up to scale: normal, the degrees of freedom of a t, or neither.
    confidence_level : float
    """

    losses: FloatArray
    var: FloatArray
    expected_shortfall: FloatArray
    transforms: FloatArray | None
    family: str | float | None
    confidence_level: float

    @property
    def exceptions(self) -> NDArray[np.bool_]:
        """Days whose loss exceeded their VaR."""
        return np.asarray(self.losses > self.var, np.bool_)


def verdicts(days: Days, seed: int) -> tuple[Verdict, ...]:
    """Every test of a backtest, in a fixed order; simulated p-values come from the seed.

    Examples
    --------
    >>> losses = np.where(np.arange(250) % 90 == 50, 3.0, 0.0)
    >>> found = verdicts(Days(losses, np.full(250, 2.0), np.full(250, 2.5), None, None, 0.99), seed=1)
    >>> found[0].sentence
    'p = 1: the number fits the level (3 exceptions, 2.5 expected).'
    """
    outcomes = _coverage_outcomes(days) | _tail_outcomes(days, seed)
    exact: dict[str, float] = {}
    if 2 <= len(days.losses) <= MOST_DAYS:
        found = exact_coverage(days.exceptions, days.confidence_level)
        names = ("kupiec_pof", "christoffersen_independence", "christoffersen_coverage")
        exact = dict(zip(names, (found.unconditional, found.independence, found.conditional), strict=True))
        exact["kupiec_tuff"] = exact_first_failure(days.exceptions, days.confidence_level)
        exact["time_between_failures"] = durations.simulated_time_between_failures(
            days.exceptions, days.confidence_level, np.random.default_rng([seed, len(_TESTS)])
        )
    return tuple(_verdict(name, title, kept, lost, outcomes[name], exact.get(name), days)
                 for name, title, kept, lost in _TESTS)  # fmt: skip


def _verdict(name: str, title: str, kept: str, lost: str, outcome: Outcome, exact: float | None, days: Days) -> Verdict:
    p = outcome.p_value if exact is None else exact
    if p is None:
        sentence = f"Cannot be said. {outcome.note}"
    else:
        expected = len(days.losses) * (1 - days.confidence_level)
        count = int(days.exceptions.sum())
        counted = f" ({count} exception{'' if count == 1 else 's'}, {expected:.3g} expected)"
        which = f"p = {p:.2g}" if p >= 0.001 else "p below 0.001"
        sentence = f"{which}: {lost if p < TEST_LEVEL else kept}{counted if name == 'kupiec_pof' else ''}."
        if outcome.note:
            sentence += f" {outcome.note}"
    return Verdict(name, title, outcome.statistic, outcome.p_value, exact, outcome.degrees_of_freedom, sentence)


def _coverage_outcomes(days: Days) -> dict[str, Outcome]:
    hits, level = days.exceptions, days.confidence_level
    x, n = int(hits.sum()), len(hits)
    counts = independence.transitions(hits)
    return {
        "kupiec_pof": coverage.kupiec_pof(x, n, level),
        "kupiec_tuff": durations.time_until_first_failure(hits, level),
        "christoffersen_independence": independence.christoffersen_independence(counts),
        "christoffersen_coverage": independence.conditional_coverage(x, n, level, counts),
        "time_between_failures": durations.time_between_failures(hits, level),
        "dynamic_quantile": _where_possible(lambda: dynamic_quantile(hits, days.var, level)),
    }


def _tail_outcomes(days: Days, seed: int) -> dict[str, Outcome]:
    level = days.confidence_level
    streams = [np.random.default_rng([seed, test]) for test in range(5)]
    if (days.expected_shortfall <= 0).any():
        silent = Outcome(None, None, None, "A day has an expected shortfall of zero or below.")
        found = dict.fromkeys(("mcneil_frey", "acerbi_szekely_z1", "acerbi_szekely_z2"), silent)
    else:
        checked = forecasts(days.losses, days.var, days.expected_shortfall)
        freedom = days.family if isinstance(days.family, float) else None
        szekely = acerbi_szekely(checked, level, streams[1], freedom)
        found = {
            "mcneil_frey": mcneil_frey(checked, streams[0]),
            "acerbi_szekely_z1": szekely.z1,
            "acerbi_szekely_z2": szekely.z2,
        }
    return found | _transform_outcomes(days, streams[2:])


def _transform_outcomes(days: Days, streams: list[np.random.Generator]) -> dict[str, Outcome]:
    u, level, quantile = days.transforms, days.confidence_level, _quantile(days.family)
    if u is None:
        silent = Outcome(None, None, None, "The method gives no probability to each day's P&L.")
        return dict.fromkeys(("acerbi_szekely_z3", "du_escanciano", "du_escanciano_conditional"), silent)
    if quantile is None:
        third = Outcome(None, None, None, "It needs forecasts of one shape, a normal or a t of given degrees.")
    else:
        third = _where_possible(lambda: pit_backtest.acerbi_szekely_z3(u, level, quantile, streams[0]))
    return {
        "acerbi_szekely_z3": third,
        "du_escanciano": pit_backtest.du_escanciano_unconditional(u, level, streams[1]),
        "du_escanciano_conditional": _where_possible(
            lambda: pit_backtest.du_escanciano_conditional(u, level, generator=streams[2])
        ),
    }


def _quantile(family: str | float | None) -> Callable[[FloatArray], FloatArray] | None:
    """Standardised losses by transform, of the forecasts' law."""
    if family is None:
        return None
    if isinstance(family, str):
        return lambda u: np.asarray(-special.ndtri(u), np.float64)
    scale = np.sqrt((family - 2) / family)
    return lambda u: np.asarray(-special.stdtrit(family, u) * scale, np.float64)


def _where_possible(test: Callable[[], Outcome]) -> Outcome:
    """The outcome, or none and the reason where the sample is too small for the test."""
    try:
        return test()
    except InputError as error:
        return Outcome(None, None, None, f"It has {error.value}, and needs {error.expected}.")
