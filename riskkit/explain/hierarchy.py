"""A portfolio with children, measured as one book: what each child adds, alone and together."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from riskkit.market import FactorHistory
from riskkit.metric import Metric
from riskkit.portfolio import BookTree, Cash, Instrument, Portfolio, Position
from riskkit.portfolio.tree import OWN
from riskkit.var import VarResult, VarSpec, portfolio_var

_FIGURES = (
    "value",
    *("stand_alone_var", "component_var", "diversification_var"),
    *("stand_alone_es", "component_es", "diversification_es"),
)


@dataclass(frozen=True, eq=False)
class HierarchyResult:
    """Risk of a hierarchy as one book, by book; losses positive, currency of the parent.

    Attributes
    ----------
    whole : VarResult
        Of all positions together; those of a child are named `child/position`.
    books : DataFrame
        book (its path), parent (empty for the children of the whole), value, stand_alone_var, component_var,
        diversification_var, and the same three of expected shortfall. The components of the children of one parent
        sum to the parent's; a diversification is the stand-alone figure minus the component.
    notes : tuple of str
    """

    whole: VarResult
    books: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def diversification(self) -> float:
        """Stand-alone VaR of the children added up, minus the VaR of the whole."""
        top = self.books[self.books["parent"] == ""]
        return float(top["stand_alone_var"].sum()) - self.whole.var

    def metrics(self) -> tuple[Metric, ...]:
        """The figures a run stores: those of the whole, and of every book (label `book`)."""
        unit = self.whole.portfolio.base_currency
        metrics = [
            Metric("var", self.whole.var, unit),
            Metric("expected_shortfall", self.whole.expected_shortfall, unit),
            Metric("value", self.whole.value, unit),
            Metric("diversification_var", self.diversification, unit),
        ]
        for name in _FIGURES:
            pairs = zip(self.books["book"], self.books[name], strict=True)
            metrics.extend(Metric(name, float(value), unit, {"book": str(book)}) for book, value in pairs)
        return tuple(metrics)

    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables a run stores: books, and the components of every position."""
        return {"books": self.books, "components": self.whole.components}


def measure_hierarchy(tree: BookTree, history: FactorHistory, spec: VarSpec | None = None) -> HierarchyResult:
    """Measure a portfolio and all below it as one book, and show what each child adds.

    Parameters
    ----------
    tree : BookTree
        Every book is measured in the base currency of the topmost.
    history : FactorHistory
    spec : VarSpec, optional

    Returns
    -------
    HierarchyResult

    Raises
    ------
    InputError, MarketDataError
        As `portfolio_var`.

    References
    ----------
    Tasche (1999), Risk contributions and performance measurement, for the components.

    Examples
    --------
    >>> import numpy as np
    >>> from riskkit.market import RiskFactor
    >>> from riskkit.portfolio import Equity
    >>> days = np.datetime64("2020-01-01") + np.arange(6)
    >>> levels = 100 * np.cumprod([1, 0.99, 1.02, 0.97, 1.01, 0.98])
    >>> history = FactorHistory((RiskFactor("ABC", "equity", "USD"),), days, levels[:, None])
    >>> long = Portfolio("long", "USD", (Position(Equity("ABC", "USD"), 3),))
    >>> hedge = Portfolio("hedge", "USD", (Position(Equity("ABC", "USD"), -1),))
    >>> tree = BookTree(Portfolio("all", "USD", ()), (BookTree(long), BookTree(hedge)))
    >>> result = measure_hierarchy(tree, history, VarSpec("historical", 0.8, lookback_days=5))
    >>> (result.books["component_var"] / result.whole.var).round(9).tolist()
    [1.5, -0.5]
    """
    base = tree.portfolio.base_currency
    whole = portfolio_var(_merged(tree, base, tree.portfolio.name), history, spec)
    parts = whole.components.set_index("position")
    rows = []
    for path, parent, node in _nodes(tree, ""):
        alone = portfolio_var(_merged(node, base, path), history, spec)
        names = [_path(path, inner) for inner, _ in _positions(node, "")] if path else []
        mine = parts.loc[names]
        var, shortfall = float(mine["component_var"].sum()), float(mine["component_es"].sum())
        figures = (float(mine["value"].sum()), alone.var, var, alone.var - var)
        rows.append((path, parent, *figures, *_shortfalls(alone, shortfall)))
    books = pd.DataFrame(rows, columns=["book", "parent", *_FIGURES])
    how = "Components are of the whole as one book; diversification is a book's stand-alone figure minus its component."
    return HierarchyResult(whole, books.astype({"book": "str", "parent": "str"}), (how, *whole.notes))


def measure_children(
    tree: BookTree | None, history: FactorHistory, spec: VarSpec | None = None
) -> HierarchyResult | None:
    """As `measure_hierarchy`, for a page of any portfolio: None where it has no children.

    Parameters
    ----------
    tree : BookTree or None
    history : FactorHistory
    spec : VarSpec, optional

    Returns
    -------
    HierarchyResult or None
        Losses positive, currency of the parent.

    Raises
    ------
    InputError, MarketDataError
        As `portfolio_var`.

    References
    ----------
    As `measure_hierarchy`.

    Examples
    --------
    >>> import numpy as np
    >>> from riskkit.market import RiskFactor
    >>> history = FactorHistory((RiskFactor("ABC", "equity", "USD"),), np.array(["2020-01-01"]), np.array([[1.0]]))
    >>> measure_children(None, history) is None
    True
    """
    return None if tree is None or not tree.children else measure_hierarchy(tree, history, spec)


def _shortfalls(alone: VarResult, component: float) -> tuple[float, float, float]:
    return alone.expected_shortfall, component, alone.expected_shortfall - component


def _nodes(tree: BookTree, path: str) -> Iterator[tuple[str, str, BookTree]]:
    """Every book below a tree, with its path and its parent's; a parent's own positions are a book of their own."""
    if tree.portfolio.positions and tree.children:
        yield _path(path, OWN), path, BookTree(tree.portfolio)
    for child in tree.children:
        below = _path(path, child.portfolio.name)
        yield below, path, child
        yield from _nodes(child, below)


def _positions(tree: BookTree, path: str) -> Iterator[tuple[str, Position]]:
    """Every position of a tree with the path that names it."""
    own = _path(path, OWN) if tree.children else path
    for position in tree.portfolio.positions:
        yield _path(own, position.symbol), position
    for child in tree.children:
        yield from _positions(child, _path(path, child.portfolio.name))


def _path(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name


def _merged(tree: BookTree, base: str, name: str) -> Portfolio:
    positions = tuple(
        Position(_renamed(position.instrument, path), position.quantity) for path, position in _positions(tree, "")
    )
    return Portfolio(name, base, positions, tree.portfolio.title)


@dataclass(frozen=True)
class _BookCash(Cash):
    """Cash of one book among several that hold the same currency."""

    path: str = ""

    @property
    def symbol(self) -> str:
        return self.path


def _renamed(instrument: Instrument, path: str) -> Instrument:
    """The same instrument under the name of its place in the tree."""
    if isinstance(instrument, Cash):
        return _BookCash(instrument.currency, path)
    return dataclasses.replace(instrument, symbol=path)
