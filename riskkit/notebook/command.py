"""The foot of a live page: the command that makes a report of it, and where its figures come from."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from markupsafe import Markup

from riskkit.charts.numbers import true_minus
from riskkit.notebook.analysis import SELECTORS
from riskkit.parameters.constraint import PANEL_KINDS
from riskkit.parameters.declaration import Parameter, Value, as_text
from riskkit.store.contract import Inputs


def command(
    report: str, portfolio: str, as_of: date, declared: Sequence[Parameter], values: Mapping[str, Value]
) -> str:
    """The words a shell needs; parameters at their defaults, and those of a panel, are left out.

    >>> command("portfolio_var", "atlas/demo", date(2020, 3, 16), (), {})
    'riskkit report portfolio_var --portfolio atlas/demo --as-of 2020-03-16'
    """
    words = ["riskkit", "report", report, "--portfolio", portfolio, "--as-of", as_of.isoformat()]
    for parameter in declared:
        value = values.get(parameter.name, parameter.default)
        beside = parameter.name in SELECTORS or parameter.constraint.kind in PANEL_KINDS
        if not beside and value != parameter.default:
            words += ["-p", parameter.name, as_text(value)]
    return shlex.join(words)


def block(text: str) -> Markup:
    """The command on a page: one click selects it."""
    return Markup(
        '<div class="rk-command"><h3 class="rk-title">This view as a report</h3>'
        '<p class="rk-sub">Run it where riskkit is installed; a click selects it.</p>'
        '<code title="A click selects the whole command">{}</code></div>'
    ).format(text)


def provenance(inputs: Inputs, result: Any) -> Markup:
    """Where the figures come from and what was assumed, as a report's footer says it."""
    notes = dict.fromkeys((*getattr(result, "notes", ()), *inputs.notes))
    said = {"Estimator": [getattr(result, "estimator", "")], "Data": inputs.sources, "Notes": notes}
    terms = Markup("").join(
        Markup("<dt>{}</dt><dd>{}</dd>").format(term, Markup("<br>").join(map(true_minus, lines)))
        for term, lines in said.items()
        if any(lines)
    )
    return Markup('<div class="rk-provenance"><dl>{}</dl></div>').format(terms)
