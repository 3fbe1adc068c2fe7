"""Conditional, reverse and worst-of-history views: what the results say, no more."""

import json
import re

import pytest

from riskkit import charts
from riskkit.charts.factor_stress import odds
from riskkit.charts.view import MIME
from riskkit.stress import (
    ConditionalSpec,
    ReverseSpec,
    WorstSpec,
    conditional_stress,
    reverse_stress,
    worst_of_history,
)


@pytest.fixture
def conditional(make_book, make_history):
    return conditional_stress(make_book(), make_history(), ConditionalSpec("AAA", -0.1, lookback_days=250))


@pytest.fixture
def reverse(make_book, make_history):
    return reverse_stress(make_book(), make_history(), ReverseSpec(0.05, lookback_days=250))


def values(html):
    return [float(value) for value in re.findall(r'data-value="([^"]+)"', html)]


@pytest.mark.parametrize("which", ["conditional", "reverse"])
def test_moves_and_positions_hold_the_figures(which, request):
    result = request.getfixturevalue(which)
    view = {"conditional": charts.conditional_stress, "reverse": charts.reverse_stress}[which](result)
    moves, positions = view.html.split("<table")[1:]
    found = values(moves)
    assert sorted(found[2::4]) == sorted(result.factors["move"])
    body, foot = positions.split("<tfoot>")
    assert values(body) == sorted(result.by_position.tolist())
    assert values(foot) == [result.pnl]
    assert json.loads(json.dumps(view.bundle()))[MIME]["name"].endswith("_stress")


def test_what_was_shocked_stands_apart_from_what_follows(conditional, reverse):
    html = charts.conditional_stress(conditional).html
    assert html.count(">shocked<") == 1
    assert html.count(">follows<") == 3
    assert "left open by the rest" in html
    assert "shocked" not in charts.reverse_stress(reverse).html


def test_the_worst_windows_are_the_results(make_book, make_history):
    result = worst_of_history(make_book(), make_history(), WorstSpec(5, 3))
    view = charts.worst_windows(result)
    assert view.name == "worst_windows"
    assert values(view.html) == sorted(row.pnl for row in result.rows)


@pytest.mark.parametrize(
    ("probability", "said"),
    [(0.5, "one in 2.0"), (0.05, "one in 20"), (1 / 1234, "one in 1,200"), (2.8e-8, "one in 36,000,000"),
     (0.0, "less than one in a billion")],
)  # fmt: skip
def testodds_are_said_as_people_say_them(probability, said):
    assert odds(probability) == said


@pytest.mark.parametrize("fixture", ["conditional", "reverse"])
def test_no_hyphen_stands_for_a_minus(fixture, request):
    view = {"conditional": charts.conditional_stress, "reverse": charts.reverse_stress}[fixture]
    assert not re.search(r"(?<![\w.])-\d", re.sub(r"<[^>]*>", " ", view(request.getfixturevalue(fixture)).body()))


def test_names_are_escaped(make_book, make_history):
    names = ("A&B", "C&D", "E&F")
    result = conditional_stress(make_book(names=names), make_history(names), ConditionalSpec("A&B", lookback_days=250))
    html = charts.conditional_stress(result).bundle()["text/html"]
    assert "A&B" not in html
    assert "A&amp;B" in html


def test_theodds_say_for_how_many_factors_and_under_which_law(make_book, make_history):
    one = charts.conditional_stress(
        conditional_stress(
            make_book(), make_history(), ConditionalSpec("AAA", -0.1, lookback_days=250, law="student_t")
        )
    ).html
    assert "were moves Student-t" in one
    assert "factors together" not in one
    three = charts.conditional_stress(
        conditional_stress(make_book(), make_history(), ConditionalSpec("kind:equity", -0.1, lookback_days=250))
    ).html
    assert "for 3 factors together" in three
    assert "were moves normal" in three


def test_a_worst_window_names_its_days_once(make_book, make_history):
    result = worst_of_history(make_book(), make_history(), WorstSpec(5, 3))
    html = charts.worst_windows(result).html
    assert html.count("The history of this book") == 1
    assert "2019-" not in html.split("<tbody>")[1].split("</tbody>")[0]


def test_where_every_factor_is_shocked_nothing_is_said_to_follow(make_book, make_history):
    book = make_book()
    shares = type(book)(book.name, "USD", book.positions[:3], book.title)
    view = charts.conditional_stress(
        conditional_stress(shares, make_history(), ConditionalSpec("kind:equity", -0.1, lookback_days=250))
    )
    assert view.question == "3 factors are shocked; no other is in this book."
    assert "left open" not in view.html
