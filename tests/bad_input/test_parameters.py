"""Bad parameters, notebooks and YAML, families 41 to 50, 59 to 61, 64 and 67 to 70: by file, command line, address."""

import json
from urllib.parse import quote

import nbformat
import pytest

from riskkit.errors import InputError
from riskkit.parameters.declaration import declarations
from riskkit.parameters.given import Given
from riskkit.parameters.merge import merge
from riskkit.parameters.notebook import notebook_declarations, notebook_path
from riskkit.parameters.query import parse_query
from riskkit.parameters.scenario_file import load_scenario
from riskkit.parameters.validate import validate
from riskkit.parameters.yaml_file import parse_yaml
from riskkit.var import VarSpec

DECLARED = declarations("""portfolio: str = "demo"  # which book {portfolio}
as_of: str = "latest"  # valuation date {date | latest}
confidence_level: float = 0.99  # probability {0.5 < x < 1}
horizon_days: int = 1  # trading days {1..250}
n_paths: int = 100000  # Monte Carlo paths {1000..10000000}
seed: int = 7  # of the generator {0..4294967295}
""")

VALUES = [
    *[
        pytest.param("confidence_level", v, id=f"41 {v}")
        for v in ("0", "1", "-0.1", "1.5", "95", "NaN", ".nan", "'0.95'")
    ],
    *[pytest.param("horizon_days", v, id=f"42 {v}") for v in ("0", "-1", "2.5", "1000000000")],
    *[pytest.param("n_paths", v, id=f"43 {v}") for v in ("0", "1000000000000")],
    *[pytest.param("seed", v, id=f"44 {v}") for v in ("-1", "18446744073709551616", "x")],
    pytest.param("n_simulations", "5", id="48 unknown field"),
    *[pytest.param(name, "true", id=f"50 {name}") for name in ("confidence_level", "horizon_days", "seed")],
    *[
        pytest.param(name, "1", id=f"61 {name}")
        for name in ("__class__", "import os", "lambda", "seed=1;import os", "ｓeed", "x.y", "seed\n")
    ],
    pytest.param("portfolio", "../../etc/x", id="59 path"),
    pytest.param("portfolio", "..%2f", id="59 escaped path"),
]


@pytest.mark.parametrize(("name", "value"), VALUES)
def test_the_same_refusal_by_yaml_by_command_line_and_by_address(name, value):
    quoted = json.dumps(name)
    with pytest.raises(InputError) as by_yaml:
        validate(DECLARED, merge(yaml=[f"{quoted}: {value}"]))
    with pytest.raises(InputError) as by_line:
        validate(DECLARED, merge(p=[(name, value)]))
    with pytest.raises(InputError) as by_address:
        parse_query(DECLARED, f"{quote(name)}={quote(value)}")
    errors = [caught.value for caught in (by_yaml, by_line, by_address)]
    assert {(error.exit_code, error.field, error.expected) for error in errors} == {
        (2, errors[0].field, errors[0].expected)
    }


@pytest.mark.parametrize("value", [0, 1, -0.1, 1.5, 95, float("nan"), "0.95", True])
def test_41_the_analysis_refuses_too(value):
    with pytest.raises(InputError):
        VarSpec(confidence_level=value)


@pytest.mark.parametrize(("size", "allowed"), [("-1", True), ("-1.5", False)])
def test_45_a_loss_of_everything_is_a_shock_and_more_is_not(tmp_path, size, allowed):
    path = tmp_path / "bad.yml"
    path.write_text(f"title: x\nsource: y\nshocks: [{{target: 'kind:equity', size: {size}, kind: relative}}]\n")
    if allowed:
        assert load_scenario(path).shocks[0].size == -1.0
    else:
        with pytest.raises(InputError, match="or more"):
            load_scenario(path)


def test_47_a_window_that_ends_before_it_starts(tmp_path):
    path = tmp_path / "bad.yml"
    path.write_text("title: x\nsource: y\nwindow: {start: 2020-03-23, end: 2020-02-19}\n")
    with pytest.raises(InputError, match="a date after the start"):
        load_scenario(path)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[" * 10_000 + "]" * 10_000, id="49 depth 10,000"),
        pytest.param("seed: 1\nseed: 2\n", id="49, 70 duplicate key"),
        pytest.param("\n".join(f"k{i}: 1" for i in range(1_000_000)), id="49 a million keys"),
        pytest.param("!!python/object/apply:os.system ['id']", id="67 python tag"),
        pytest.param("a: &a [1]\nb: [*a, *a]\n", id="68 alias"),
        pytest.param("a: {b: 1}\nc:\n  <<: {b: 1}\n", id="70 merge key"),
    ],
)
def test_yaml_that_is_refused(text):
    with pytest.raises(InputError):
        parse_yaml(text, "bad.yml")


@pytest.mark.parametrize(
    ("text", "value"), [("no", "no"), ("1:30", "1:30"), ("012", "012"), ("2020-03-16", "2020-03-16")]
)
def test_69_the_declaration_types_a_value_and_yaml_never_does(text, value):
    free = declarations('note: str = "x"  # free text')
    assert validate(free, merge(yaml=[f"note: {text}"])) == {"note": value}
    with pytest.raises(InputError):
        validate(declarations("days: int = 1  # days"), Given(merge(yaml=[f"days: {text}"])))


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/x",
        "..%2f",
        "C:\\x",
        "\\\\host\\s",
        "con",
        "portfolio_var.",
        "x" * 300,
        "http://a/b",
        "s3://a",
        "-",
        "/a",
    ],
)
def test_59_60_a_notebooks_name_is_never_a_path(tmp_path, name):
    (tmp_path / "notebooks").mkdir()
    with pytest.raises(InputError):
        notebook_path(tmp_path, name)


@pytest.mark.parametrize(
    "text",
    ["no json", "{}", json.dumps({"nbformat": 99, "nbformat_minor": 0, "cells": [], "metadata": {}}),
     nbformat.writes(nbformat.v4.new_notebook())],
    ids=["64 no JSON", "64 no notebook", "64 nbformat 99", "64 no parameters cell"],
)  # fmt: skip
def test_64_what_is_no_notebook(tmp_path, text):
    path = tmp_path / "a.ipynb"
    path.write_text(text)
    with pytest.raises(InputError):
        notebook_declarations(path)


@pytest.mark.parametrize(
    "metadata",
    [
        pytest.param({}, id="64 no kernelspec"),
        pytest.param({"kernelspec": {"name": "ir", "language": "R"}}, id="64 another language"),
        pytest.param({"kernelspec": {"name": "python3; id", "language": "python"}}, id="64 an unknown kernel"),
        pytest.param({"kernelspec": {"name": ["python3"]}}, id="64 a kernel that is no name"),
        pytest.param({"kernelspec": "python3"}, id="64 a kernelspec that is none"),
    ],
)
def test_a_notebook_of_another_kernel_is_refused_before_any_kernel_starts(tmp_path, metadata):
    """The row allows no choice of kernels: reports, dashboards and Lab run the one this riskkit is installed in."""
    path = tmp_path / "a.ipynb"
    cell = nbformat.v4.new_code_cell("days: int = 1  # days", metadata={"tags": ["parameters"]})
    path.write_text(json.dumps({**nbformat.v4.new_notebook(cells=[cell]), "metadata": metadata}))
    with pytest.raises(InputError) as caught:
        notebook_declarations(path)
    assert caught.value.source == str(path)
    assert (caught.value.field, caught.value.exit_code) in (("kernelspec", 2), ("notebook", 2))
