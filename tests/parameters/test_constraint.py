import pytest

from riskkit.errors import InputError
from riskkit.parameters.constraint import parse


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("0.5 < x < 1", (0.51, 0.999), (0.5, 1.0)),
        ("0 <= x <= 1", (0, 1), (-0.001, 1.001)),
        ("1..250", (1, 250), (0, 251)),
        ("-5..5", (-5, 5), (-6, 6)),
        ("x > 0", (1e-9,), (0,)),
        ("x >= 0", (0,), (-1e-9,)),
        ("x < 1e3", (999.0,), (1000.0,)),
        ("x <= 2.5", (2.5,), (2.6,)),
    ],
)
def test_ranges(text, inside, outside):
    constraint = parse(text)
    assert constraint.kind == "range"
    assert all(constraint.accepts(x) for x in inside)
    assert not any(constraint.accepts(x) for x in outside)


def test_choices_keep_their_order():
    constraint = parse("historical | parametric | monte_carlo_t")
    assert constraint.choices == ("historical", "parametric", "monte_carlo_t")
    assert constraint.accepts("parametric")
    assert not constraint.accepts("Parametric")


def test_date_or_word():
    constraint = parse("date | latest")
    assert constraint.accepts("2020-02-29")
    assert constraint.accepts("latest")
    for text in ("2021-02-29", "2020-2-9", "20200229", "today", "2020-02-29T00:00", "２０２０-02-29"):
        assert not constraint.accepts(text)


def test_portfolio_is_a_slug_with_or_without_its_team():
    constraint = parse("portfolio")
    assert constraint.accepts("demo")
    assert constraint.accepts("atlas/demo")
    for text in ("", "/demo", "atlas/", "a/b/c", "../etc", "Demo", "demo'--"):
        assert not constraint.accepts(text)


def test_scenarios_are_names_each_once():
    constraint = parse("scenarios")
    assert constraint.accepts("all")
    assert constraint.accepts("covid_2020, lehman_2008")
    for text in ("", "covid_2020,", "a,a", "covid 2020", "../x"):
        assert not constraint.accepts(text)


@pytest.mark.parametrize("text", ["", "a |", "| a", "a | a", "lonely", "a b | c", "1..1", "5..1", "1 < x < 0", "x <"])
def test_what_is_no_constraint_is_refused(text):
    with pytest.raises(InputError):
        parse(text)


def test_expected_says_what_to_give():
    assert parse("1..250").expected("int") == "a whole number, 1..250"
    assert parse("a | b").expected("str") == "one of a, b"
    assert parse("date | latest").expected("str") == "a date such as 2020-03-16 or latest"


def test_a_shocked_target_is_refused_before_a_kernel_starts():
    constraint = parse("target")
    assert all(map(constraint.accepts, ("equity", "kind:fx", "currency:EUR", "SP500.vol")))
    assert not any(map(constraint.accepts, ("", "kind:oil", "currency:euro", "a;b")))
    assert "equity" in constraint.expected("str")


def test_shocks_are_read_as_such():
    constraint = parse("shocks")
    assert constraint.kind == "shocks"
    assert "equity:-0.2" in constraint.expected("str")
    for text in ("", "equity:-0.2", "equity:-0.2, SP500.vol:+0.1,currency:EUR:0.05,WTI:-5:absolute"):
        assert constraint.accepts(text)
    for text in ("equity", "equity:-1.5", "equity:1,equity:2", "<b>:1", "x" * 7000):
        assert not constraint.accepts(text)


def test_what_a_panel_shows_is_a_name_or_an_id_or_nothing():
    run, report = parse("run"), parse("report")
    assert all(one.accepts("") for one in (run, report))
    assert run.accepts("6843ae04-f436-4df6-9fc7-78163aa034bf")
    assert report.accepts("portfolio_var")
    for text in ("6843AE04-f436-4df6-9fc7-78163aa034bf", "../x", "6843ae04", "a b", "<b>"):
        assert not run.accepts(text)
    assert not report.accepts("Portfolio VaR")
