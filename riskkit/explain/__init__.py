"""Explanations: why value at risk changed, where the P&L came from, what each book of a hierarchy adds."""

from riskkit.explain.hierarchy import HierarchyResult, measure_children, measure_hierarchy
from riskkit.explain.pnl import PnlExplain, explain_pnl
from riskkit.explain.since import ChangeSince, ChangeSpec, change_since
from riskkit.explain.var_change import VarChange, VarInputs, explain_var_change
from riskkit.portfolio import BookTree

__all__ = [
    "BookTree",
    "ChangeSince",
    "ChangeSpec",
    "HierarchyResult",
    "PnlExplain",
    "VarChange",
    "VarInputs",
    "change_since",
    "explain_pnl",
    "explain_var_change",
    "measure_children",
    "measure_hierarchy",
]
