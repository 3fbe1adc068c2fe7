"""Names in code as people read them."""

from __future__ import annotations

from collections.abc import Sequence

from riskkit.parameters.constraint import NO_CONTROL, PANEL_KINDS
from riskkit.parameters.declaration import Parameter

#: Parameters that a page shows at once; of a longer list the finer ones, which come last, are folded away.
_AT_ONCE, _FOREMOST = 9, 8
_WORDS = {
    "historical": "Historical simulation",
    "parametric": "Parametric",
    "monte_carlo_normal": "Monte Carlo, normal",
    "monte_carlo_t": "Monte Carlo, Student-t",
    "minimum_cvar": "Minimum CVaR",
    "mean_variance": "Minimum variance",
    "risk_budgeting": "Equal risk shares",
    "plain": "Plain",
    "age": "Weighted by age",
    "volatility": "Scaled by volatility",
    "student_t": "Student-t",
    "cornish_fisher": "Cornish-Fisher",
    "sqrt_time": "Square root of time",
    "ewma": "EWMA",
    "ledoit_wolf": "Ledoit-Wolf",
    "oas": "OAS",
    "acerbi_tasche": "Acerbi-Tasche",
    "today": "Today's, held fixed",
    "as_held": "As it was held",
    "held": "Stay where they are",
    "follow": "Follow the shocks",
}
_LABELS = {
    "n_paths": "Paths",
    "book": "Tested book",
    "weighting": "Past returns",
    "distribution": "Parametric law",
    "quadratic": "Delta-gamma",
    "sampling": "Random numbers",
    "quantile": "VaR estimator",
    "tail": "ES estimator",
    "widest": "Widest shock",
    "previous_method": "Method before",
    "target": "Shock to",
    "size": "Shock size",
    "fraction": "Loss to explain",
    "group_by": "Limit groups by",
    "slot_days": "Days of slots",
    "run_days": "Days with runs",
    "factors": "Factors of",
    "unchanged_days": "Unchanged (days)",
    "outlier_z": "Outlier beyond (σ)",
    "shocks": "Shocks of one's own",
    "rest": "The other factors",
    "calendar_days": "Days shown",
}


def label(name: str) -> str:
    """A parameter's name; a symbol is left as it is.

    >>> label("confidence_level"), label("horizon_days"), label("AAPL")
    ('Confidence level', 'Horizon (days)', 'AAPL')
    """
    if name in _LABELS:
        return _LABELS[name]
    words = name.replace("_", " ").capitalize() if name.islower() else name
    return words.removesuffix(" days") + " (days)" if words.endswith(" days") else words


def word_of(choice: str) -> str:
    """One of a parameter's choices.

    >>> word_of("monte_carlo_t"), word_of("sqrt_time")
    ('Monte Carlo, Student-t', 'Square root of time')
    """
    return _WORDS.get(choice) or choice.replace("_", " ").capitalize()


def foremost(declared: Sequence[Parameter]) -> tuple[tuple[Parameter, ...], tuple[Parameter, ...]]:
    """The parameters shown at once, and the finer ones that are folded away; what a panel reads is in neither.

    >>> from riskkit.parameters.declaration import declarations
    >>> shown, folded = foremost(declarations("\\n".join(f"p{i}: int = {i}  # a number" for i in range(12))))
    >>> len(shown), [parameter.name for parameter in folded]
    (8, ['p8', 'p9', 'p10', 'p11'])
    """
    declared = [parameter for parameter in declared if parameter.constraint.kind not in NO_CONTROL]
    declared = [parameter for parameter in declared if parameter.constraint.kind not in PANEL_KINDS]
    cut = len(declared) if len(declared) <= _AT_ONCE else _FOREMOST
    return tuple(declared[:cut]), tuple(declared[cut:])
