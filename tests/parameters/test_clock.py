"""A notebook that reads the clock is found out, whatever it calls it; one that does not is left alone."""

import ast

import pytest

from riskkit.parameters.clock import clock_readings


@pytest.mark.parametrize(
    "source",
    [
        "date.today()", "datetime.now()", "datetime.datetime.now(tz)", "datetime.utcnow()", "time.time()",
        "time.perf_counter()", "time.strftime('%Y')", "pd.Timestamp.now()", "pandas.Timestamp.today('UTC')",
        "np.datetime64('now')", "np.datetime64('today', 'D')", "numpy.datetime64(' Today ')", "pd.to_datetime('now')",
        "pd.Timestamp('today')", "pd.Period.now('D')", "pd.DatetimeIndex('now')", "clock = datetime.now",
        "from datetime import date as d\nd.today()", "import datetime as dt\ndt.date.today()",
        "import time as t\nt.time()", "from time import time\ntime()", "from time import time as now\nx = now()",
        "import pandas as p\np.Timestamp.utcnow()", "run(as_of=str(date.today()))",
        "[date.today() for _ in (1,)]", "f'{datetime.now():%Y}'", "datetime.now().date()",
    ],
)  # fmt: skip
def test_what_reads_the_clock(source):
    found = list(clock_readings(ast.parse(source)))
    assert len(found) == 1, found
    assert found[0][0] == len(source.splitlines())


@pytest.mark.parametrize(
    "source",
    [
        "date(2020, 3, 16)", "date.fromisoformat(as_of)", "datetime.combine(day, noon)", "pd.Timestamp('2020-03-16')",
        "np.datetime64('2020-03-16')", "run.show(charts.headline)", "time_scaling = 'sqrt_time'", "today = as_of",
        "note = 'now'", "result.time", "time.sleep(1)", "frame.now()", "'date.today()'", "# date.today()\n1",
    ],
)  # fmt: skip
def test_what_does_not(source):
    assert list(clock_readings(ast.parse(source))) == []


def test_each_place_is_told_in_order():
    source = "a = 1\nb = time.time()\nc = date.today(), datetime.now()"
    assert list(clock_readings(ast.parse(source))) == [
        (2, "time.time"), (3, "date.today"), (3, "datetime.now"),
    ]  # fmt: skip
