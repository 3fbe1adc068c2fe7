"""`riskkit report`: one report, from its name to its folder, as the signed-in user."""

from __future__ import annotations

from collections.abc import Mapping

from riskkit.reporting.execute import Guard, Limits
from riskkit.reporting.ledger import OwnLedger
from riskkit.reporting.making import FinishedRun, Task, make
from riskkit.reporting.order import definition, place_order
from riskkit.reporting.places import Places
from riskkit.reporting.steps import OnStep, Steps, silent
from riskkit.reporting.sweep import sweep
from riskkit.settings import Settings
from riskkit.store.contract import Store


def run_report(
    settings: Settings,
    store: Store,
    report: str,
    parameters: Mapping[str, object],
    on_step: OnStep = silent,
    limits: Limits | None = None,
    *,
    paper: bool = False,
) -> FinishedRun:
    """Make a report as the signed-in user, unofficial, and record it.

    Parameters
    ----------
    settings : Settings
        Where the project is.
    store : Store
        Read and written as the user.
    report : str
        A file's stem in `parameters/`, or a notebook's name.
    parameters : mapping
        Values by name, typed; `portfolio` and `as_of` among them.
    on_step : callable, optional
        Told (step, fraction done).
    limits : Limits, optional
    paper : bool
        With PDF and images, where this machine has a Chromium.

    Raises
    ------
    InputError
        A parameter, the portfolio or the date will not do: nothing was started.
    Forbidden
        The user may only look: nothing was started.
    RunFailed
        Nothing that looks like a report was left; `reports/.failed/<run_id>/` has the log.
    """
    steps = Steps(on_step)
    with steps.step("prepare"):
        order = place_order(store, definition(settings.project, report), parameters)
        ledger = OwnLedger.of(store, order.ref.team)
    with steps.step("sweep"):
        sweep(Places.of(settings), store, ledger.user_id)
    return make(settings, Task(order, store, ledger, paper=paper), steps, Guard(limits or Limits()))
