"""Do the numbers agree where the conventions do? Said for each, and checked."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from answers import Answer, FloatArray
from theirs import values
from vectors import (
    TAIL,
    Pair,
    empyrical_vector,
    numpy_vector,
    quantlib_vector,
    riskfolio_vector,
    riskkit_vector,
    skfolio_vector,
)
from workloads import LEVEL, Workload

from riskkit.measures import normal

#: Every library's functions on a vector of P&L, riskkit first.
VECTORS = {
    "riskkit": riskkit_vector,
    "numpy": numpy_vector,
    "skfolio": skfolio_vector,
    "riskfolio-lib": riskfolio_vector,
    "empyrical-reloaded": empyrical_vector,
    "QuantLib": quantlib_vector,
}
#: Which loss the VaR is, counted from the largest, where n (1 - c) = k is whole.
_PLACE = {"riskkit": "k", "riskfolio-lib": "k", "skfolio": "k+1", "QuantLib": "k+1"}


def conventions(book: Workload) -> str:
    """Markdown: what each library's VaR and expected shortfall are, found by looking for them among the losses."""
    lines = ["| | VaR of 500 | ES of 500 | VaR of 550 | ES of 550 |", "|---|---|--:|---|--:|"]
    rows: dict[str, list[str]] = {name: [] for name in VECTORS}
    for days in (500, 550):
        work = book.tail(days, "")
        pnl = (work.prices[1:] / work.prices[:-1] - 1.0) @ values(work)
        ours = riskkit_vector(pnl)
        for name, function in VECTORS.items():
            answer = function(pnl)
            if days == 500:
                _check_whole_tail(name, pnl, answer, ours)
            difference = answer[1] / ours[1] - 1.0
            rows[name] += [place(pnl, answer[0]), "the same" if abs(difference) < 1e-9 else f"{difference:+.2%}"]
    lines += [f"| {' | '.join([name, *cells])} |" for name, cells in rows.items()]
    return "\n".join(lines)


def place(pnl: FloatArray, var: float) -> str:
    """Which loss a VaR is, counted from the largest."""
    losses = -np.sort(pnl)
    equal = np.flatnonzero(np.isclose(losses, var, rtol=1e-12, atol=0.0))
    if len(equal):
        return f"loss {equal[0] + 1}"
    above = int((losses > var).sum())
    return f"between loss {above} and {above + 1}"


def _check_whole_tail(name: str, pnl: FloatArray, answer: Pair, ours: Pair) -> None:
    k = round(len(pnl) * TAIL)
    if not math.isclose(answer[1], ours[1], rel_tol=1e-9):
        raise SystemExit(f"{name}: expected shortfall {answer[1]} of {len(pnl)} days, riskkit {ours[1]}")
    expected = {"k": f"loss {k}", "k+1": f"loss {k + 1}"}.get(_PLACE.get(name, ""), f"between loss {k} and {k + 1}")
    if place(pnl, answer[0]) != expected:
        raise SystemExit(f"{name}: VaR is {place(pnl, answer[0])} of {len(pnl)} days, not {expected}")


def historical(answers: Mapping[str, Answer]) -> str:
    """Component shortfalls are compared with riskkit's, position by position; components with their own total."""
    ours, sentences = answers["riskkit"], []
    for name, answer in answers.items():
        if answer.component_shortfall is None or answer.component_var is None:
            sentences.append(f"{name}: no components.")
            continue
        apart = float(np.abs(answer.component_shortfall - ours.component_shortfall).max()) / ours.shortfall
        if apart > 1e-5:
            raise SystemExit(f"{name}: component shortfall differs from riskkit's by {apart:.1e} of the total")
        gap = answer.component_var.sum() / answer.var - 1.0
        beside = "" if answer is ours else f"component ES within {apart:.0e} of riskkit's; "
        sentences.append(f"{name}: {beside}components of VaR sum to it within {gap:+.0e}.")
    return "\n".join(f"- {sentence}" for sentence in sentences)


def monte_carlo(work: Workload, answers: Mapping[str, Answer]) -> str:
    """Everybody's simulated figures against the closed form, in percent and in the error of so many paths."""
    returns = work.prices[1:] / work.prices[:-1] - 1.0
    worth = values(work)
    deviation = math.sqrt(worth @ np.cov(returns, rowvar=False) @ worth)
    exact = (normal.value_at_risk(deviation, LEVEL), normal.expected_shortfall(deviation, LEVEL))
    quantile = exact[0] / deviation
    density = math.exp(-0.5 * quantile**2) / math.sqrt(2.0 * math.pi)
    error = math.sqrt(TAIL * (1.0 - TAIL) / work.n_paths) / density / quantile
    sentences = []
    for name, answer in answers.items():
        off = (answer.var / exact[0] - 1.0, answer.shortfall / exact[1] - 1.0)
        if max(map(abs, off)) > 4.0 * error:
            raise SystemExit(f"{name}: {off[0]:+.2%}, {off[1]:+.2%} from the closed form; the error is {error:.2%}")
        sentences.append(f"{name}: VaR {off[0]:+.2%}, ES {off[1]:+.2%}.")
    head = f"From the closed form, with a standard error of {error:.2%}:"
    return "\n".join([head, "", *(f"- {sentence}" for sentence in sentences)])
