"""`riskkit limits` from the command line: whoever may, and whoever may not."""

import pytest


@pytest.fixture
def book(tmp_path):
    path = tmp_path / "positions.csv"
    path.write_text("symbol,quantity\nAAPL,1200\nKO,-300\n")
    return path


def lines(riskkit, *options):
    code, out, err = riskkit("limits", "list", *options)
    assert (code, err) == (0, "")
    return [line.split() for line in out.splitlines() if line.strip()[8:14:5] == "--"]


def test_set_list_change_and_end(riskkit, admin, book):
    slug = admin[0]
    riskkit("portfolio", "import", "mine", book)
    assert riskkit("limits", "list", "mine")[1] == "There is no limit.\n"
    code, out, err = riskkit("limits", "set", "mine", "var", "--soft", "9e5", "--hard", "1e6", "--from", "2022-01-03")
    assert (code, err) == (0, "")
    assert out.endswith(f": {slug}/mine, var: soft 900,000 USD, hard 1,000,000 USD\n")
    part = ("component_var", "--sector", "*", "--hard", "1", "--unit", "USD", "--note", "Concentration")
    assert riskkit("limits", "set", "mine", *part)[0] == 0
    assert riskkit("limits", "set", "mine", "var", "--relative", "--unit", "fraction", "--hard", "0.5")[0] == 0
    assert riskkit("limits", "set", "mine", "var", "--hard", "2e6", "--from", "2022-06-01")[0] == 0

    shown = lines(riskkit, "mine")
    assert shown[0][-1] == "Concentration"
    assert ["var", "2,000,000", "USD", "2022-06-01"] in [one[1:] for one in shown]
    assert len(shown) == 3
    (ended,) = (one for one in lines(riskkit, "mine", "--all") if one[-1] == "2022-06-01" and "2022-01-03" in one)
    assert ended[1:] == ["var", "900,000", "1,000,000", "USD", "2022-01-03", "2022-06-01"]

    code, _, err = riskkit("limits", "set", "mine", "var", "--hard", "3e6", "--from", "2022-05-31")
    assert (code, "2022-06-01 or later" in err) == (2, True)
    for one in shown:
        assert riskkit("limits", "end", one[0])[0] == 0
    assert riskkit("limits", "list", "mine")[1] == "There is no limit.\n"
    code, _, err = riskkit("limits", "end", shown[0][0])
    assert (code, "a limit in force" in err) == (2, True)


def test_a_misspelt_figure_or_part_is_refused_and_the_figures_there_are_are_named(riskkit, admin, owner, book):
    slug = admin[0]
    assert riskkit("portfolio", "import", "mine", book)[0] == 0
    assert riskkit("limits", "set", "mine", "varr", "--hard", "1")[0] == 0, "before the first run nothing is known"
    owner.execute(_RUN, [slug])
    for name, value, labels in (
        ("var", 5, "{}"),
        ("expected_shortfall", 7, "{}"),
        ("component_var", 5, '{"position": "KO"}'),
    ):
        owner.execute(_METRIC, [name, value, labels, slug])
    for wrong, said in (
        (("varr",), "metric: got 'varr'; expected a figure of the portfolio that a run of the team has measured:"
         " expected_shortfall, var"),
        (("component_var",), "of the portfolio that a run"),
        (("var", "--position", "KO"), "measured: component_var"),
        (("componentvar", "--sector", "*"), "measured: component_var"),
        (("component_var", "--position", "KOO"), "position: got 'KOO'; expected the symbol of an instrument"),
        (("component_var", "--sector", "Enrgy"), "sector: got 'Enrgy'; expected the sector of an instrument"),
    ):  # fmt: skip
        code, out, err = riskkit("limits", "set", "mine", *wrong, "--hard", "1")
        assert (code, out, said in err) == (2, "", True), err
    for right in (("var",), ("component_var", "--position", "KO"), ("component_var", "--currency", "*")):
        assert riskkit("limits", "set", "mine", *right, "--hard", "1")[0] == 0


_RUN = """insert into report_runs (id, team_id, portfolio_id, report, notebook, as_of, run_at, official, parameters,
  inputs, code, packages)
  select gen_random_uuid(), p.team_id, p.id, 'r', 'r', '2020-01-02', now(), true, '{}', '{}', '{}', '{}'
  from portfolios p join teams t on t.id = p.team_id where t.slug = %s"""
_METRIC = """insert into run_metrics (team_id, run_id, ordinal, name, value, unit, labels)
  select r.team_id, r.id, (select count(*) from run_metrics m where m.run_id = r.id), %s, %s, 'USD', %s
  from report_runs r join teams t on t.id = r.team_id where t.slug = %s"""


def test_an_analyst_reads_and_is_told_what_setting_takes(riskkit, own_team, book):
    riskkit("portfolio", "import", "mine", book)
    assert riskkit("limits", "list")[0] == 0
    code, out, err = riskkit("limits", "set", "mine", "var", "--hard", "1e6")
    assert (code, out) == (3, "")
    assert "takes the role approver" in err


@pytest.mark.parametrize(
    "wrong",
    [
        ("var",),
        ("var", "--hard", "nan"),
        ("var", "--hard", "1e300"),
        ("var", "--soft", "2", "--hard", "1"),
        ("var", "--hard", "1", "--unit", "apples"),
        ("Not a name", "--hard", "1"),
        ("component_var", "--hard", "1", "--sector", "Tech", "--currency", "USD"),
        ("component_var", "--hard", "1", "--sector", ""),
    ],
)
def test_what_is_no_limit(riskkit, admin, book, wrong):
    riskkit("portfolio", "import", "mine", book)
    code, _, err = riskkit("limits", "set", "mine", *wrong)
    assert (code, err.startswith("riskkit: ")) == (2, True), err
    assert riskkit("limits", "list", "mine")[1] == "There is no limit.\n"
