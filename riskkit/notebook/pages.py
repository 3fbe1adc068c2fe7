"""Which notebook asks what: the page of each analysis that a notebook is bound to."""

from __future__ import annotations

from typing import NamedTuple


class Page(NamedTuple):
    """A notebook, as its analysis knows it.

    Attributes
    ----------
    report : str
        The notebook's name, which is also its report's.
    title : str
    question : str
        The one question under the title; `{}` is the portfolio.
    slow : bool
        Whether an answer may take more than a blink: a live page then shows its controls before the first one.
    """

    report: str
    title: str
    question: str
    slow: bool = False


_PAGES = {
    "portfolio_var": Page("portfolio_var", "Portfolio VaR", "How much can {} lose, and why?"),
    "portfolio_positions": Page("portfolio_positions", "Positions", "What does {} hold, and what is it worth?"),
    "change_since": Page("var_change", "VaR change", "Why did the VaR of {} change, and where did the P&L come from?"),
    "stress_test": Page("stress_test", "Stress test", "What would {} lose if it happened again?"),
    "rolling_backtest": Page("var_backtest", "VaR backtest", "Did past VaR of {} hold?", slow=True),
    "report_runs": Page("report_runs", "Runs", "Which runs of {} stand, and who approved them?"),
    "limit_review": Page("limits", "Limits", "How far are the limits of {} used, and what was breached?"),
    "market_data_quality": Page(
        "market_data_quality", "Market data quality", "Are the prices behind {} fit for a report?"
    ),
    "report_status": Page("report_status", "Report status", "What ran, what failed, and what is late?"),
    "optimise_portfolio": Page(
        "portfolio_optimisation", "Portfolio optimisation", "Which weights would lower the risk of {}?", slow=True
    ),
}


def page(analysis: str) -> Page:
    """The page of an analysis, by its function's name; one that is not listed is called as its notebook.

    >>> page("rolling_backtest").report, page("net_value").title
    ('var_backtest', 'Net value')
    """
    words = analysis.replace("_", " ").split()
    return _PAGES.get(analysis) or Page(analysis, " ".join([words[0].capitalize(), *words[1:]]), "")
