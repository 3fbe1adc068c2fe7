"""Every public function of the calculation core says its shapes, units, errors and source, and shows itself at work.

Public is what a package of the core exports, and every function of `riskkit.measures` without an underscore. That the
examples run is pytest's own business (`--doctest-modules`).
"""

import ast
import functools
import importlib
import inspect
import pkgutil
import re
import textwrap

import pytest

from riskkit import measures

PACKAGES = (
    "backtest", "explain", "market", "optimise", "portfolio", "pricing", "revaluation", "scenarios", "stress", "var",
)  # fmt: skip
SECTIONS = ("Parameters", "Returns", "Raises", "References", "Examples")
#: What checks arguments, selects or sizes has no formula to cite; everything else of `measures` has.
WITHOUT_FORMULA = {
    "measures.covariance.checked_covariance", "measures.es_backtest.forecasts", "measures.outcome.exceptions_of",
    "measures.simulation.block_rows",
}  # fmt: skip


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


def sections(function):
    """By heading, the text below it."""
    parts = re.split(r"(?m)^(\w+)\n-{3,}$", inspect.getdoc(function) or "")
    return {
        heading: text.strip() for heading, text in zip(parts[1::2], parts[2::2], strict=True) if heading in SECTIONS
    }


@functools.cache
def raises(function):
    """Whether the function, or one of ours that it calls by name, has a `raise`."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    if any(isinstance(node, ast.Raise) for node in ast.walk(tree)):
        return True
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    ours = (function.__globals__.get(name) for name in called - {function.__name__})
    return any(raises(one) for one in ours if inspect.isfunction(one) and one.__module__.startswith("riskkit."))


def test_there_are_functions_to_look_at():
    assert len(FUNCTIONS) > 100
    assert {"var.portfolio_var", "measures.empirical.value_at_risk"} | WITHOUT_FORMULA <= FUNCTIONS.keys()


@pytest.mark.parametrize(("name", "function"), FUNCTIONS.items(), ids=FUNCTIONS.keys())
def test_a_public_function_has_its_sections_in_order_and_names_every_argument(name, function):
    said, arguments = sections(function), inspect.signature(function).parameters
    cites = name.startswith("measures.") and not name.startswith("measures.arguments.") and name not in WITHOUT_FORMULA
    wanted = {
        "Parameters": bool(arguments), "Returns": True, "Raises": raises(function), "References": cites,
        "Examples": True,
    }  # fmt: skip
    assert list(said) == [one for one in SECTIONS if one in said]
    assert [one for one in SECTIONS if wanted[one] and one not in said] == []
    assert ">>> " in said["Examples"]
    assert [one for one in arguments if not re.search(rf"\b{one}\b", said["Parameters"])] == []


@pytest.mark.parametrize(("name", "function"), FUNCTIONS.items(), ids=FUNCTIONS.keys())
def test_a_section_that_has_nothing_to_say_is_not_there(name, function):
    said = sections(function)
    assert all(said.values())
    assert not re.match(r"(?i)(nothing|none|no )", said.get("Raises", ""))
    assert not re.match(r"(?i)(nothing|none|no )", said.get("References", ""))
