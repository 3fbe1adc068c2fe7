import nbformat
import pytest

from riskkit.errors import InputError
from riskkit.gates import GateRules, Threshold, ZoneRule
from riskkit.parameters.execution import Execution, Retention
from riskkit.parameters.report_file import load_report, load_reports

GOOD = """notebook: portfolio_var
title: Value at risk
portfolios: [atlas/demo, equities]
parameters:
  confidence_level: 0.975
  horizon_days: 10
"""
FULL = """notebook: portfolio_var
title: Value at risk
portfolios: [atlas/demo, 'tag:end-of-day']
retries: 2
timeout_minutes: 20
cell_timeout_minutes: 10
concurrency: 3
retention: {keep_last: 30, month_ends: false}
recipients: [risk@atlas.example, desk-channel]
gates:
  limits: warn
  change: {warn: 0.2, block: 0.5}
  backtest: {block: red}
  coverage: {warn: 1, block: 0.9}
  stale_days: off
"""
CELL = """portfolio: str = "demo"  # which {portfolio}
confidence_level: float = 0.99  # probability {0.5 < x < 1}
horizon_days: int = 1  # trading days {1..250}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "notebooks").mkdir()
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL, metadata={"tags": ["parameters"]})])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python"}
    (tmp_path / "notebooks" / "portfolio_var.ipynb").write_text(nbformat.writes(book))
    (tmp_path / "parameters").mkdir()
    return tmp_path / "parameters"


def test_a_report_is_read_and_its_parameters_typed(folder):
    (folder / "weekly_var.yml").write_text(GOOD)
    report = load_report(folder / "weekly_var.yml")
    assert (report.key, report.notebook, report.title) == ("weekly_var", "portfolio_var", "Value at risk")
    assert report.portfolios == ("atlas/demo", "equities")
    assert report.parameters == {"confidence_level": 0.975, "horizon_days": 10}


def test_how_a_report_is_run_kept_sent_and_judged(folder):
    (folder / "full.yml").write_text(FULL)
    report = load_report(folder / "full.yml")
    assert report.portfolios == ("atlas/demo", "tag:end-of-day")
    assert report.execution == Execution(retries=2, timeout_minutes=20, cell_timeout_minutes=10, concurrency=3)
    assert report.retention == Retention(keep_last=30, month_ends=False)
    assert report.recipients == ("risk@atlas.example", "desk-channel")
    assert report.gates == GateRules(
        limits="warn", change=Threshold(0.2, 0.5), backtest=ZoneRule(None, "red"), coverage=Threshold(1.0, 0.9),
        stale_days=Threshold(), components=GateRules().components,
    )  # fmt: skip


def test_what_a_file_does_not_say(folder):
    (folder / "short.yml").write_text(GOOD)
    report = load_report(folder / "short.yml")
    assert (report.execution, report.gates) == (Execution(), GateRules())
    assert (report.retention, report.recipients, report.timetable) == (None, (), None)


@pytest.mark.parametrize("text", ["all", "tag:end-of-day", "'all'", "[tag:a, tag:b, atlas/x]"])
def test_all_portfolios_those_with_a_tag_or_a_list(folder, text):
    (folder / "some.yml").write_text(GOOD.replace("[atlas/demo, equities]", text))
    found = load_report(folder / "some.yml").portfolios
    assert found == tuple(text.strip("'[]").split(", "))


@pytest.mark.parametrize(
    ("old", "new", "field", "place"),
    [
        ("[atlas/demo, 'tag:end-of-day']", "[all, atlas/demo]", "portfolios", "3:14"),
        ("[atlas/demo, 'tag:end-of-day']", "everything", "portfolios", "3:13"),
        ("'tag:end-of-day'", "'tag:End of day'", "portfolios", "3:26"),
        ("'tag:end-of-day'", "'tag:'", "portfolios", "3:26"),
        ("retries: 2", "retries: 25", "retries", "4:10"),
        ("retries: 2", "retries: -1", "retries", "4:10"),
        ("retries: 2", "retries: two", "retries", "4:10"),
        ("retries: 2", "retries: [2]", "retries", "4:10"),
        ("timeout_minutes: 20", "timeout_minutes: 0", "timeout_minutes", "5:18"),
        ("timeout_minutes: 20", "timeout_minutes: 1.5", "timeout_minutes", "5:18"),
        ("timeout_minutes: 20", "timeout: 20", "timeout", "5:10"),
        ("cell_timeout_minutes: 10", "cell_timeout_minutes: 21", "cell_timeout_minutes", "6:23"),
        ("concurrency: 3", "concurrency: 65", "concurrency", "7:14"),
        ("keep_last: 30", "keep_last: 0", "keep_last", "8:24"),
        ("keep_last: 30, ", "", "keep_last", "8:12"),
        ("month_ends: false", "month_ends: no", "month_ends", "8:40"),
        ("risk@atlas.example", "https://hooks.example/secret", "recipients", "9:14"),
        ("risk@atlas.example", "'a@b'", "recipients", "9:14"),
        ("risk@atlas.example", "'a@b.c\\r\\nBcc: d@e.f'", "recipients", "9:14"),
        ("desk-channel", "risk@atlas.example", "recipients", "9:34"),
        ("[risk@atlas.example, desk-channel]", "[]", "recipients", "9:13"),
        ("limits: warn", "limits: maybe", "limits", "11:11"),
        ("limits: warn", "limit: warn", "limit", "11:10"),
        ("warn: 0.2", "warn: .nan", "warn", "12:18"),
        ("warn: 0.2", "warn: 0.9", "block", "12:30"),
        ("block: red", "block: green", "block", "13:21"),
        ("block: 0.9", "block: 1.1", "block", "14:30"),
        ("{warn: 1, block: 0.9}", "{warn: 0.8, block: 0.9}", "block", "14:32"),
        ("stale_days: off", "stale_days: never", "stale_days", "15:15"),
    ],
)
def test_each_further_fault_names_field_line_and_column(folder, old, new, field, place):
    path = folder / "full.yml"
    assert old in FULL
    path.write_text(FULL.replace(old, new))
    with pytest.raises(InputError) as caught:
        load_report(path)
    assert str(caught.value).startswith(f"{path}:{place}: {field}: ")


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
