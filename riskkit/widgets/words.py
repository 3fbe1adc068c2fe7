"""Names in code as people read them."""

from __future__ import annotations

_WORDS = {
    "historical": "Historical simulation",
    "parametric": "Parametric, normal",
    "monte_carlo_normal": "Monte Carlo, normal",
    "monte_carlo_t": "Monte Carlo, Student-t",
    "minimum_cvar": "Minimum CVaR",
    "mean_variance": "Minimum variance",
    "risk_budgeting": "Equal risk shares",
}
_LABELS = {
    "n_paths": "Paths per forecast",
    "target": "Shock to",
    "size": "Shock size",
    "fraction": "Loss to explain",
    "group_by": "Limit groups by",
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
    ('Monte Carlo, Student-t', 'Sqrt time')
    """
    return _WORDS.get(choice) or choice.replace("_", " ").capitalize()
