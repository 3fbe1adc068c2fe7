"""Panels: what a live page lets people do besides looking. A report has none.

A notebook names one, `run.act("what_if")`; each is a module here and a line in `PANELS`.
"""

from __future__ import annotations

from riskkit.errors import InputError
from riskkit.panels.desk import Desk, Panel, PanelFunction
from riskkit.panels.limits import LimitsPanel
from riskkit.panels.positions import PositionsPanel
from riskkit.panels.runs import RunsPanel
from riskkit.panels.scenario_builder import ScenarioBuilder
from riskkit.panels.status import StatusPanel
from riskkit.panels.what_if import WhatIf

#: By the name that a notebook calls it.
PANELS: dict[str, PanelFunction] = {
    "limits": LimitsPanel,
    "positions": PositionsPanel,
    "runs": RunsPanel,
    "scenario_builder": ScenarioBuilder,
    "status": StatusPanel,
    "what_if": WhatIf,
}


def open_panel(name: str, desk: Desk) -> Panel:
    """Make the panel of that name.

    Raises
    ------
    InputError
        There is none; those that exist are listed.
    """
    if name not in PANELS:
        raise InputError("panel", name, "one of " + ", ".join(sorted(PANELS)))
    return PANELS[name](desk)
