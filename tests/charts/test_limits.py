"""The page on limits: every state in a word, every text escaped, and a sentence where there is nothing."""

from datetime import UTC, date, datetime

from riskkit.charts import limit_breaches, limit_headline, limit_history, limit_uses, limit_versions
from riskkit.gates import Limit
from riskkit.limits import Acknowledgement, FoundUse, JudgedRun, LimitFacts, LimitSpec, LimitVersion, limit_review

NOW = datetime(2022, 12, 29, 8, tzinfo=UTC)
DAY = date(2022, 12, 28)
VIEWS = (limit_headline, limit_uses, limit_history, limit_breaches, limit_versions)


def reviewed(hostile="A"):
    each = Limit("component_var", "USD", 40.0, 50.0, "position", "*")
    limits = (
        LimitVersion("v", Limit("var", "USD", 90.0, 100.0), hostile, DAY, None, hostile, NOW, "", None),
        LimitVersion("e", each, "", DAY, None, "", NOW, "", None),
    )
    found = (
        FoundUse("VaR", 105.0, "USD", 90.0, 100.0),
        FoundUse(f"Component VaR of position {hostile}", 45.0, "USD", 40.0, 50.0),
        FoundUse("Component VaR of position B", 5.0, "USD", 40.0, 50.0),
    )
    said = (Acknowledgement("v", "run-0", hostile, hostile, NOW),)
    return limit_review(
        LimitFacts(NOW, DAY, limits, (JudgedRun("run-0", "portfolio_var", DAY, NOW, found),), (), said), LimitSpec()
    )


def test_each_state_is_a_word_with_a_sign_and_the_worst_is_first():
    html = str(limit_uses(reviewed()).html)
    assert [html.index(word) for word in ("✕</span> breach", "▲</span> warn", "✓</span> ok")] == sorted(
        html.index(word) for word in ("✕</span> breach", "▲</span> warn", "✓</span> ok")
    )
    assert 'data-value="1.05"' in html


def test_reports_are_called_as_people_call_them():
    for view in (limit_uses, limit_history, limit_breaches):
        html = str(view(reviewed()).html)
        assert "Portfolio VaR" in html
        assert "portfolio_var" not in html


def test_a_day_is_a_bar_with_its_figure_and_what_it_came_to():
    html = str(limit_history(reviewed()).html)
    assert html.count("<rect") == 3
    assert "28\xa0Dec\xa02022: 105, 105\xa0%, breach" in html
    assert 'aria-label="VaR: 1\xa0day, highest use 105' in html


def test_what_was_said_of_a_breach_stands_beside_it():
    html = str(limit_breaches(reviewed("Known.")).html)
    assert "Known." in html
    assert "nobody yet" not in html


def test_every_text_of_a_person_is_escaped(hostile):
    for view in VIEWS:
        body = str(view(reviewed(hostile)).body())
        assert hostile not in body
        assert "<script" not in body


def test_without_limits_and_runs_every_card_says_so_in_a_sentence():
    nothing = limit_review(LimitFacts(NOW, DAY), LimitSpec())
    for view in VIEWS[1:]:
        assert "rk-nothing" in str(view(nothing).html)
    assert "–" in str(limit_headline(nothing).html)
