"""What riskkit's own processes do without."""

import subprocess
import sys

import pytest

CODE = """
import atexit, sys
from riskkit.cli import main
atexit.register(lambda: print("lark" in sys.modules))
main()
"""


@pytest.mark.parametrize("command", ["check", "serve"])
def test_the_command_line_imports_no_grammar(command):
    done = subprocess.run([sys.executable, "-c", CODE, command, "--help"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Usage: ")
    assert done.stdout.endswith("\nFalse\n")
