import nbformat
import pytest

from riskkit.errors import InputError
from riskkit.parameters.report_file import load_report, load_reports

GOOD = """notebook: portfolio_var
title: Value at risk
portfolios: [atlas/demo, equities]
parameters:
  confidence_level: 0.975
  horizon_days: 10
"""
CELL = """portfolio: str = "demo"  # which {portfolio}
confidence_level: float = 0.99  # probability {0.5 < x < 1}
horizon_days: int = 1  # trading days {1..250}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "notebooks").mkdir()
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL, metadata={"tags": ["parameters"]})])
    (tmp_path / "notebooks" / "portfolio_var.ipynb").write_text(nbformat.writes(book))
    (tmp_path / "parameters").mkdir()
    return tmp_path / "parameters"


def test_a_report_is_read_and_its_parameters_typed(folder):
    (folder / "weekly_var.yml").write_text(GOOD)
    report = load_report(folder / "weekly_var.yml")
    assert (report.key, report.notebook, report.title) == ("weekly_var", "portfolio_var", "Value at risk")
    assert report.portfolios == ("atlas/demo", "equities")
    assert report.parameters == {"confidence_level": 0.975, "horizon_days": 10}


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("notebook: portfolio_var", "notebook: ../x", "1:11"),
        ("notebook: portfolio_var", "notebook: stress", "1:11"),
        ("title: Value at risk", "title: ''", "2:8"),
        ("title: Value at risk", 'title: "a\\u202eb"', "2:8"),
        ("title: Value at risk", "titel: Value at risk", "2:8"),
        ("[atlas/demo, equities]", "[]", "3:13"),
        ("[atlas/demo, equities]", "demo", "3:13"),
        ("[atlas/demo, equities]", "[demo, demo]", "3:20"),
        ("[atlas/demo, equities]", "[Demo]", "3:14"),
        ("0.975", "97.5", "5:21"),
        ("0.975", "'0.975'", "5:21"),
        ("0.975", "yes", "5:21"),
        ("horizon_days: 10", "import os: 10", "6:14"),
        ("horizon_days: 10", "horizon: 10", "6:12"),
        ("horizon_days: 10", "portfolio: demo", "6:14"),
        ("notebook: portfolio_var\n", "", "1:1"),
    ],
)
def test_each_fault_names_file_line_and_column(folder, old, new, place):
    path = folder / "weekly_var.yml"
    assert old in GOOD
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(InputError) as caught:
        load_report(path)
    assert str(caught.value).startswith(f"{path}:{place}: ")


def test_names_of_files(folder):
    for name in ("Weekly.yml", "weekly.yaml", "a b.yml", "x.yml.yml"):
        (folder / name).write_text(GOOD)
        with pytest.raises(InputError, match="a snake_case name ending in"):
            load_report(folder / name)


def test_all_reports_are_loaded_or_all_faults_told(folder):
    (folder / "b.yml").write_text(GOOD)
    (folder / "a.yml").write_text(GOOD)
    assert [report.key for report in load_reports(folder.parent)] == ["a", "b"]
    (folder / "a.yml").write_text("[]")
    (folder / "b.yml").write_text(GOOD.replace("0.975", "2").replace("10", "0"))
    with pytest.raises(InputError) as caught:
        load_reports(folder.parent)
    assert len(str(caught.value).splitlines()) == 3
