"""A fork that is something else does not come back."""

import subprocess
import sys

import pytest

from riskkit.kernels.forked import NAME

FORK = """
import os, sys
from riskkit.kernels.forked import NAME, never_back, show_name
def be():
    show_name(NAME)
    sys.stdout.write(open("/proc/self/comm").read())
    sys.stdout.flush()
    {end}
if os.fork() == 0:
    never_back(be)
print(os.waitstatus_to_exitcode(os.wait()[1]))
"""


@pytest.mark.parametrize(
    "end", ["raise ValueError('so it is')", "raise SystemExit(0)", "raise KeyboardInterrupt", "pass"]
)
def test_whatever_ends_it_is_told_and_ends_the_process(end):
    done = subprocess.run([sys.executable, "-c", FORK.format(end=end)], capture_output=True, text=True, check=True)
    assert done.stdout == f"{NAME}\n1\n", "ps shows what it is, and the code says that it ended before its time"
    assert end == "pass" or end.split()[1].split("(")[0] in done.stderr
