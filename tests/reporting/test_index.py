"""The lists of reports: every run is on its pages, none that is gone, and ten thousand cost nothing to add one."""

import json
import re
import shutil
import uuid

import pytest

from riskkit.reporting.index import note, refresh
from riskkit.reporting.places import Places

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def places(tmp_path):
    return Places(tmp_path / "reports")


def put(places, report="portfolio_var", day="2022-12-28", book="atlas/demo", **changes):
    """A run's folder, as far as a list looks at it."""
    folder = places.run(report, day, book, str(uuid.uuid4()))
    folder.mkdir(parents=True)
    run = {"run_at": f"{day}T23:15:00+00:00", "official": True, "gates": {"verdict": "WARN"}, "supersedes": None}
    run["metrics"] = [
        {"name": "var", "value": 1413958.18, "unit": "USD", "labels": {}},
        {"name": "expected_shortfall", "value": 1483185.8, "unit": "USD", "labels": {}},
    ]
    (folder / "run.json").write_text(json.dumps({**run, **changes}))
    for name in ("report.html", "report.pdf"):
        (folder / name).touch()
    return folder


def text(places, name):
    return (places.reports / name).read_text()


def linked(places, name):
    """What a page links to, each of which is there."""
    addresses = re.findall(r'href="([^"]*)"', text(places, name))
    found = [((places.reports / name).parent / address).resolve() for address in addresses]
    assert all(path.is_file() for path in found), addresses
    return {str(path.relative_to(places.reports.resolve())) for path in found}


def test_a_run_is_on_the_front_page_on_its_report_s_and_on_its_day_s(places):
    folder = put(places)
    note(places, [folder])
    own = str(folder.relative_to(places.reports))
    for page in ("index.html", "portfolio_var/index.html", "portfolio_var/2022-12.html", "by-date/2022-12-28.html"):
        assert {f"{own}/report.html", f"{own}/report.pdf"} <= linked(places, page)
        assert not any("xlsx" in one for one in linked(places, page))
        for part in ("1,413,958", "1,483,186", "USD", "WARN", "28\u00a0Dec\u00a02022", "atlas/demo"):
            assert part in text(places, page)
    assert "by-date/2022-12-28.html" in linked(places, "by-date/index.html")


def test_the_newest_official_run_leads_and_months_follow_one_another(places):
    old, new = put(places, day="2022-11-30"), put(places, day="2022-12-28")
    own = put(places, day="2022-12-28", official=False, run_at="2022-12-29T09:00:00+00:00")
    note(places, [old, new, own])
    front = linked(places, "index.html")
    assert f"{new.relative_to(places.reports)}/report.html" in front
    assert f"{own.relative_to(places.reports)}/report.html" not in front
    assert {"portfolio_var/2022-11.html", "portfolio_var/2022-12.html"} <= linked(places, "portfolio_var/index.html")
    assert "unofficial" in text(places, "portfolio_var/2022-12.html")


def test_a_superseded_run_says_so(places):
    first = put(places)
    second = put(places, supersedes=first.name, run_at="2022-12-29T09:00:00+00:00")
    note(places, [first, second])
    page = text(places, "portfolio_var/2022-12.html")
    assert page.index(second.name) < page.index("superseded") < page.index(first.name)
    assert second.name in text(places, "index.html")


def test_a_stress_test_shows_its_worst_scenario_with_a_true_minus(places):
    pnl = [{"name": "stress_pnl", "value": v, "unit": "USD", "labels": {"scenario": str(v)}} for v in (5.0, -2e6, -1.0)]
    note(places, [put(places, "stress_test", metrics=pnl, gates=None)])
    assert "−2,000,000" in text(places, "index.html")
    assert "Worst scenario" in text(places, "index.html")


def test_what_is_gone_is_on_no_page(places):
    folders = [put(places), put(places, "stress_test", "2022-11-30")]
    note(places, folders)
    shutil.rmtree(folders[1])
    note(places, folders[1:])
    assert not (places.reports / "by-date/2022-11-30.html").exists()
    assert not list(places.reports.glob("stress_test/*.html"))
    assert "stress_test" not in text(places, "index.html")
    shutil.rmtree(folders[0])
    note(places, folders[:1])
    assert "No report yet" in text(places, "index.html")


def test_hostile_text_of_a_run_is_text_and_what_is_no_run_is_left_out(places):
    metric = {"name": "var", "value": 1.0, "unit": HOSTILE, "labels": {}}
    good = put(places, metrics=[metric], gates={"verdict": HOSTILE})
    for broken in ("{", json.dumps({"metrics": 3}), "[]"):
        (put(places) / "run.json").write_text(broken)
    note(places, [good])
    page = text(places, "portfolio_var/2022-12.html")
    assert "<img" not in page
    assert page.count("&lt;img") == 2
    assert page.count("<tr>") == 2
    assert "script-src &#39;none&#39;" in page
    assert "<script" not in page


def test_the_memory_is_made_again_where_it_is_lost_or_of_another_version(places):
    folders = [put(places, day=day) for day in ("2022-12-27", "2022-12-28")]
    for lose in (lambda memory: shutil.rmtree(memory), lambda memory: (memory / "catalogue.json").write_text("{")):
        note(places, folders)
        lose(places.reports / ".index")
        note(places, folders[:1])
        assert {folder.name for folder in folders} <= set(
            re.findall(r"[0-9a-f-]{36}", text(places, "portfolio_var/2022-12.html"))
        )


def test_one_more_run_costs_no_look_at_the_others(places):
    folders = [put(places, day=day) for day in ("2022-12-27", "2022-12-28", "2022-11-30")]
    refresh(places)
    for folder in folders:
        (folder / "run.json").write_text("{")  # whoever read it again would leave it out
    new = put(places)
    note(places, [new])
    assert all(folder.name in text(places, f"portfolio_var/{folder.parts[-4][:7]}.html") for folder in [*folders, new])
