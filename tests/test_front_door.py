"""`import riskkit` is light, and its names are few, real and the same for type checkers."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import riskkit


@pytest.mark.parametrize("name", riskkit.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(riskkit, name) is not None
    assert name in dir(riskkit)


def test_the_stub_has_the_same_names() -> None:
    stub = ast.parse(Path(riskkit.__file__).with_suffix(".pyi").read_text())
    names = [alias.asname for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert sorted(names) == sorted(riskkit.__all__)


def test_unknown_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'value_at_risk'"):
        riskkit.value_at_risk  # noqa: B018


def test_the_engine_imports_without_io() -> None:
    code = "import sys; from riskkit import VarSpec, portfolio_var, stress_test; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "riskkit.var.analysis" in loaded
    heavy = {"supabase", "bokeh", "voila", "papermill", "httpx", "tornado", "riskkit.settings", "scipy.stats"}
    assert not heavy & set(loaded)
