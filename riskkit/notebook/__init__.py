"""What a notebook asks of its surroundings: one function, three faces.

A cell calls `run = notebook.open_run(portfolio_var, portfolio, as_of, VarSpec(method))`, the next ones
`run.show(charts.headline)` and so on, the last one `run.save()`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from riskkit.charts.view import View
from riskkit.errors import InputError
from riskkit.notebook.analysis import Analysis
from riskkit.notebook.companion import Companion
from riskkit.notebook.report import ReportRun
from riskkit.notebook.surroundings import Surroundings
from riskkit.parameters import flat
from riskkit.parameters.declaration import Value


class Run(Protocol):
    """An analysis that a notebook has opened."""

    @property
    def result(self) -> Any:
        """What the analysis returned."""

    def controls(self) -> None:
        """Controls for the declared parameters; in a report, what they were."""

    def also(self, analysis: Callable[..., Any], spec: type[Any], **given: Any) -> Companion:
        """Bind a second analysis to the same inputs.

        Its spec is made of the notebook's parameters by name, and of what is given here. `run.show(view, of)` draws
        what it found; where it cannot be computed the view says why.
        """

    def show(self, view: Callable[[Any], View], of: Companion | None = None) -> None:
        """Draw a view; live, it follows the controls."""

    def act(self, panel: str, **given: Value) -> None:
        """Show a panel of `riskkit.panels`, with which people do something; a report has none.

        `given` are parameters of the notebook that only the panel reads, such as the trades of a what-if.
        """

    def save(self) -> None:
        """Keep the figures; live, say how to make a report of them."""


def finer(spec: Any, **choices: Any) -> Any:
    """A spec with choices that it nests in groups, by their own names.

    Parameters
    ----------
    spec : dataclass instance
        Such as a `VarSpec`.
    **choices
        Values by flat name: `weighting`, `tail`.

    Returns
    -------
    The same kind of spec.

    Raises
    ------
    InputError
        The spec has no such choice, or refuses the value.

    Examples
    --------
    >>> from riskkit import VarSpec
    >>> finer(VarSpec(), weighting="age").historical.weighting
    'age'
    """
    known = flat.places(type(spec))
    for name, value in choices.items():
        if name not in known:
            raise InputError(name, value, f"a field of {type(spec).__name__}: {', '.join(known)}")
    return flat.changed(spec, choices)


def open_run(
    analysis: Callable[..., Any], portfolio: str, as_of: str, spec: Any, surroundings: Surroundings | None = None
) -> Run:
    """Bind an analysis to its inputs and compute it, wherever the notebook runs.

    Parameters
    ----------
    analysis : callable
        Takes any of `portfolio`, `history`, `scenarios`, `tree`, `books`, `status`, `limits`, `prices` and `spec` by
        these names, such as `portfolio_var`. One whose spec has `slot_days` is about the reports of the portfolio's
        team, one with `run_days` about the book's limits, one with `unchanged_days` about its prices.
    portfolio : str
        `team/portfolio`, or the portfolio alone where that is unique.
    as_of : str
        Valuation date, YYYY-MM-DD, or `latest`.
    spec : dataclass instance
        How it is computed; its fields are called as the notebook's parameters.
    surroundings : Surroundings, optional
        Instead of this process's own.

    Returns
    -------
    Run
        In a report from the run's frozen inputs, without network or credential; on a dashboard and in JupyterLab from
        Supabase as whoever is signed in.

    Raises
    ------
    InputError
        A portfolio, a date or a parameter that cannot be used.
    NotSignedIn, Unavailable
        In JupyterLab: nobody is signed in, or the database does not answer.
    """
    around = surroundings or Surroundings.here()
    bound = Analysis(analysis, spec)
    values = bound.values(portfolio, as_of)
    if around.settings.run_dir is not None:
        return ReportRun(bound, values, around.settings.run_dir, around.declared())
    # ipywidgets and jupyter_bokeh, half a second that a report does not pay
    from riskkit.notebook.live import LiveRun

    return LiveRun(bound, values, around)
