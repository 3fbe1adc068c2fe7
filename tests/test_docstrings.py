"""Every public function of the calculation core says its shapes, units, errors and source, and shows itself at work.

Public is what a package of the core exports, and every function of `riskkit.measures` without an underscore. That the
examples run is pytest's own business (`--doctest-modules`).
"""

import importlib
import inspect
import pkgutil
import re

import pytest

from riskkit import measures

PACKAGES = (
    "backtest", "explain", "market", "optimise", "portfolio", "pricing", "revaluation", "scenarios", "stress", "var",
)  # fmt: skip
SECTIONS = ("Parameters", "Returns", "Raises", "References", "Examples")


def functions():
    found = {}
    for name in PACKAGES:
        package = importlib.import_module(f"riskkit.{name}")
        members = ((public, getattr(package, public)) for public in package.__all__)
        found |= {f"{name}.{public}": one for public, one in members if inspect.isfunction(one)}
    for module in pkgutil.iter_modules(measures.__path__):
        loaded = importlib.import_module(f"riskkit.measures.{module.name}")
        found |= {
            f"measures.{module.name}.{public}": one
            for public, one in inspect.getmembers(loaded, inspect.isfunction)
            if one.__module__ == loaded.__name__ and not public.startswith("_")
        }
    return found


FUNCTIONS = functions()


def test_there_are_functions_to_look_at():
    assert len(FUNCTIONS) > 100
    assert {"var.portfolio_var", "measures.empirical.value_at_risk"} <= FUNCTIONS.keys()


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS.keys())
def test_a_public_function_has_every_section_in_order_and_names_every_argument(function):
    text = inspect.getdoc(function) or ""
    wanted = [one for one in SECTIONS if one != "Parameters" or inspect.signature(function).parameters]
    headings = re.findall(r"(?m)^(\w+)\n-{3,}$", text)
    assert [one for one in headings if one in SECTIONS] == wanted
    assert ">>> " in text.split("Examples\n")[1]
    arguments = text.split("Parameters\n")[1].split("Returns\n")[0]
    missing = [name for name in inspect.signature(function).parameters if not re.search(rf"\b{name}\b", arguments)]
    assert missing == []
