"""A search among 10,000 runs with 120,000 figures, as a viewer under row-level security."""

import json
import sys
import time

import pytest

from tests.database.conftest import world  # noqa: F401 (a fixture)
from tests.database.test_search_runs import many, search, where  # noqa: F401 (a fixture)


@pytest.mark.benchmark
def test_search_by_figure_day_and_none(many):  # noqa: F811
    asked = {
        "one figure": {"p_where": where("var", ">", 9_990)},
        "a figure that half of them keep": {"p_where": where("var", ">", 5_000)},
        "a day": {"p_from": "2010-01-01", "p_until": "2010-01-01"},
        "the latest": {},
    }
    for name, given in asked.items():
        taken = []
        for _ in range(7):
            started = time.perf_counter()
            assert search(many, p_report="many", **given)
            taken.append(1e3 * (time.perf_counter() - started))
        sys.stderr.write(json.dumps({"search": name, "ms": round(sorted(taken)[3], 1)}) + "\n")
        assert sorted(taken)[3] < 1000
