"""riskkit: a Jupyter-centric research workbench for portfolio risk.

The names below are the front door; each is loaded when it is first used, so that importing riskkit costs nothing.
`__init__.pyi` tells type checkers the same names.
"""

from __future__ import annotations

import importlib
from typing import Any

__all__ = [
    "FactorHistory",
    "InputError",
    "MarketDataError",
    "Portfolio",
    "Position",
    "RiskFactor",
    "RiskkitError",
    "StressSpec",
    "VarSpec",
    "align",
    "charts",
    "notebook",
    "portfolio_var",
    "stress_test",
]

_HOMES = {
    "riskkit.errors": ("InputError", "MarketDataError", "RiskkitError"),
    "riskkit.market": ("FactorHistory", "RiskFactor", "align"),
    "riskkit.portfolio": ("Portfolio", "Position"),
    "riskkit.stress": ("StressSpec", "stress_test"),
    "riskkit.var": ("VarSpec", "portfolio_var"),
}
_MODULE_OF = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load a name of the front door (PEP 562)."""
    if name in ("charts", "notebook"):
        return importlib.import_module(f"riskkit.{name}")
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'riskkit' has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULE_OF[name]), name)


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
