"""Beyond VaR, on a book's own P&L: spectral measure, expectile, the tail as a Pareto law, and the figures' ratios."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.errors import InputError
from riskkit.measures.extreme import ParetoTail, peaks_over_threshold
from riskkit.measures.spectral import expectile, exponential_spectral

FloatArray = NDArray[np.float64]


def tail_table(
    losses: FloatArray, confidence_level: float, currency: str, risk_aversion: float, tail_fraction: float
) -> pd.DataFrame:
    """Measures of the tail of equally likely losses (n,), loss positive: figure, value, unit, note.

    `pareto_var` and `pareto_es` are peaks over a threshold: beyond the worst `tail_fraction` the losses are taken for
    generalised Pareto, fitted by maximum likelihood, or by weighted moments where that has no maximum. A figure that
    the sample cannot give is None, and its note says why.

    Examples
    --------
    >>> losses = np.random.default_rng(5).standard_t(4, 5000)
    >>> table = tail_table(losses, 0.99, "USD", 25.0, 0.1).set_index("figure")["value"]
    >>> [round(float(table[name]), 2) for name in ("pareto_var", "pareto_es", "expectile")]
    [3.92, 5.42, 2.93]
    """
    level = f"{confidence_level:g}"
    rows: list[tuple[str, float | None, str, str]] = [
        (
            "spectral",
            exponential_spectral(losses, risk_aversion),
            currency,
            f"exponential spectrum, risk aversion {risk_aversion:g}",
        ),
        ("expectile", expectile(losses, confidence_level), currency, f"of level {level}"),
    ]
    try:
        tail = _fitted(losses, tail_fraction)
    except InputError as error:
        why = f"needs {error.expected}; there are {error.value}"
        rows += [(name, None, unit, why) for name, unit in (("pareto_var", currency), ("pareto_es", currency))]
    else:
        rows += _pareto(tail, confidence_level, currency)
    table = pd.DataFrame(rows, columns=["figure", "value", "unit", "note"])
    return table.assign(value=pd.array([value for _, value, _, _ in rows], dtype="Float64"))


def _fitted(losses: FloatArray, tail_fraction: float) -> ParetoTail:
    """By maximum likelihood, or by moments where the likelihood of a short tail has no maximum."""
    try:
        return peaks_over_threshold(losses, tail_fraction)
    except InputError:
        return peaks_over_threshold(losses, tail_fraction, "weighted_moments")


def _pareto(tail: ParetoTail, level: float, currency: str) -> list[tuple[str, float | None, str, str]]:
    how = f"{tail.n_excesses:,} losses beyond {tail.threshold:,.6g}, {tail.method.replace('_', ' ')}"
    error = "" if tail.shape_standard_error is None else f"standard error {tail.shape_standard_error:.2g}"
    return [
        ("pareto_var", *_figure(tail.value_at_risk, level, how, currency)),
        ("pareto_es", *_figure(tail.expected_shortfall, level, how, currency)),
        ("pareto_shape", tail.shape, "number", error),
    ]


def _figure(measure: Callable[[float], float], level: float, how: str, currency: str) -> tuple[float | None, str, str]:
    try:
        return measure(level), currency, how
    except InputError as error:
        return None, currency, f"needs {error.expected}; there is {error.value}"


def ratio_table(var: float, shortfall: float, deviation: float, gross: float, largest: float) -> pd.DataFrame:
    """Ratios of a book's figures: ratio, value; None where the denominator is not above zero.

    Examples
    --------
    >>> ratio_table(2.0, 3.0, 1.0, 100.0, 1.5)["value"].tolist()
    [0.02, 0.03, 1.5, 2.0, 0.75]
    """
    rows = [
        ("var_to_gross_value", var, gross),
        ("expected_shortfall_to_gross_value", shortfall, gross),
        ("expected_shortfall_to_var", shortfall, var),
        ("var_to_standard_deviation", var, deviation),
        ("largest_component_to_var", largest, var),
    ]
    values = [over / under if under > 0 else None for _, over, under in rows]
    return pd.DataFrame(
        {
            "ratio": pd.Series([name for name, _, _ in rows], dtype="str"),
            "value": pd.array(values, dtype="Float64"),
        }
    )
