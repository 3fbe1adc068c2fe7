"""The parameters cell is found in the kernel's own history, in every face."""

import linecache

import pytest
from IPython.core.interactiveshell import InteractiveShell

from riskkit.errors import RiskkitError
from riskkit.notebook.parameters_cell import declared_here, last_declared

CELL = 'method: str = "a"  # how {a | b}\nhorizon_days: int = 1  # trading days {1..250}\n'


def names(cells):
    return [parameter.name for parameter in last_declared(cells)]


def test_the_injected_cell_is_passed_over():
    injected = '# Parameters\nmethod = "b"\nhorizon_days = 5\n'
    assert names(["", CELL, injected, "from riskkit import charts\nrun = 1"]) == ["method", "horizon_days"]


def test_the_last_run_counts():
    assert names([CELL, 'method: str = "a"  # how {a | b}']) == ["method"]


def test_without_one_the_error_says_what_to_do():
    with pytest.raises(RiskkitError, match="from its top"):
        last_declared(["", "x = 1", "y: int = 2"])


@pytest.mark.parametrize("store_history", [True, False])
def test_it_is_read_from_the_running_shell_with_or_without_history(store_history, monkeypatch):
    """Nbval runs cells without history."""
    monkeypatch.setattr(linecache, "cache", {})
    shell = InteractiveShell.instance()
    try:
        shell.run_cell(CELL, store_history=store_history)
        shell.run_cell("method = 'b'", store_history=store_history)
        assert [parameter.name for parameter in declared_here()] == ["method", "horizon_days"]
    finally:
        InteractiveShell.clear_instance()
