"""Why value at risk changed since an earlier day, and where the P&L in between came from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup

from riskkit.charts.headline import method_name
from riskkit.charts.markup import Cell, Column, Row, Tile, bar, empty, facts, name, table, tiles
from riskkit.charts.numbers import SPACE, day, days, decimals_of, level, number, signed
from riskkit.charts.view import View
from riskkit.explain import ChangeSince

#: Rows of a table by position; the rest is summed.
MOST_ROWS = 12
_EFFECTS = {
    "positions": ("Positions", "what was traded"),
    "market": ("Market", "levels, and the returns looked back on"),
    "model": ("Model", "method and its choices"),
    "carry": ("Time", "carry: the days that passed at unchanged levels"),
    "delta": ("Prices", "delta: first order"),
    "gamma": ("Curvature of prices", "gamma: second order"),
    "vega": ("Volatilities", "vega: first order"),
    "volga": ("Curvature of volatilities", "volga: second order"),
    "rates": ("Yields", "first order"),
    "convexity": ("Convexity", "second order in yields"),
    "fx": ("Exchange rates", "first order"),
    "cross": ("Together", "products of two changes, such as a price and its currency"),
    "residual": ("Residual", "what the greeks leave unexplained"),
}


def change_headline(result: ChangeSince) -> View:
    """VaR now and before, its change, and the P&L of the book held before."""
    var, currency = result.var, result.portfolio.base_currency
    decimals = _decimals(result)
    chance, horizon = level(result.spec.confidence_level), days(result.spec.horizon_days)
    share = f"{_signed_percent(var.change / var.before.var)} since then" if var.before.var > 0 else ""
    explained = f"residual {signed(result.pnl.residual, decimals)}"
    items = [
        Tile(
            "var", f"VaR {chance}, {horizon}", number(var.after.var, decimals), currency, day(result.end), var.after.var
        ),
        Tile("var_before", "VaR before", number(var.before.var, decimals), currency, day(result.start), var.before.var),
        Tile("var_change", "Change of VaR", signed(var.change, decimals), currency, share, var.change),
        Tile(
            "pnl", "P&L of the book held before", signed(result.pnl.pnl, decimals), currency, explained, result.pnl.pnl
        ),
    ]
    model = method_name(result.spec.now)
    if result.spec.before != result.spec.now:
        model = f"{method_name(result.spec.before)} before, {model} now"
    traded = len(result.trades)
    moved = f"{traded} position{'' if traded == 1 else 's'} traded" if traded else "nothing traded"
    since = f"{days(result.spec.days_back)} from {day(result.start)} to {day(result.end)}"
    return View("change_headline", html=tiles(items) + facts([model, since, moved]), width="tiles")


def _signed_percent(fraction: float) -> str:
    return signed(100 * fraction, 1) + SPACE + "%"


def change_effects(result: ChangeSince) -> View:
    """The change of VaR and expected shortfall by positions, market and model."""
    frame, currency, decimals = result.var.effects, result.portfolio.base_currency, _decimals(result)
    columns = [
        Column("Effect"),
        Column(f"Change of VaR, {currency}", numeric=True),
        Column("Less or more risk"),
        Column("Change of ES", numeric=True),
    ]
    scale = _Scale(frame["var"])
    rows: list[Row] = [
        [
            _effect(row["effect"]),
            _risk(row["var"], decimals),
            Cell(scale.bar(row["var"], adds="rk-loss", takes="rk-gain"), look="rk-wide"),
            _risk(row["expected_shortfall"], decimals),
        ]
        for row in _records(frame)
    ]
    shortfall = result.var.after.expected_shortfall - result.var.before.expected_shortfall
    total: Row = ["Change", _risk(result.var.change, decimals), "", _risk(shortfall, decimals)]
    return View(
        name="change_effects",
        title="What changed the VaR?",
        question="The three effects sum to the change; red adds risk. "
        "Each is averaged over all orders of exchanging them.",
        html=table(columns, rows, total=total, caption="Change of VaR by effect"),
    )


def change_by_position(result: ChangeSince) -> View:
    """Component VaR of each position before and after; the largest changes first."""
    frame, currency, decimals = result.var.by_position, result.portfolio.base_currency, _decimals(result)
    columns = [
        Column("Position"),
        Column(f"Before, {currency}", numeric=True),
        Column("Now", numeric=True),
        Column("Change", numeric=True),
    ]
    figures = ["component_var_before", "component_var_after", "change"]
    rows = [
        [name(str(row["position"])), *(_plain(row[f], decimals) for f in figures[:2]), _risk(row["change"], decimals)]
        for row in _records(_largest(frame, figures, "change"))
    ]
    sums = [float(frame[figure].sum()) for figure in figures]
    total: Row = ["Portfolio", *(_plain(value, decimals) for value in sums[:2]), _risk(sums[2], decimals)]
    return View(
        name="change_by_position",
        title="Where did the risk change?",
        question="Component VaR by position on both days; the largest changes first. The changes sum to that of VaR.",
        html=table(columns, rows, total=total, caption="Change of component VaR by position"),
        width="half",
    )


def change_trades(result: ChangeSince) -> View:
    """What was traded in between; nothing if nothing was."""
    if result.trades.empty:
        return View("change_trades")
    columns = [Column("Position"), *(Column(label, numeric=True) for label in ("Quantity before", "Now", "Change"))]
    rows = [
        [
            name(str(row["position"])),
            *(Cell(number(row[f], _units(row[f])), row[f]) for f in ("quantity_before", "quantity")),
            Cell(signed(row["change"], _units(row["change"])), row["change"]),
        ]
        for row in _records(result.trades)
    ]
    return View(
        name="change_trades",
        title="What was traded?",
        question=f"Quantities on {day(result.start)} and on {day(result.end)}, in units of the instrument.",
        html=table(columns, rows, caption="Trades"),
    )


def pnl_effects(result: ChangeSince) -> View:
    """The P&L by greek, with the residual."""
    frame, currency, decimals = result.pnl.effects, result.portfolio.base_currency, _decimals(result)
    kept = frame[(frame["pnl"].abs() > 0.5 * 10.0**-decimals) | (frame["effect"] == "residual")]
    scale = _Scale(kept["pnl"])
    columns = [Column("Effect"), Column(f"P&L, {currency}", numeric=True), Column("Loss or gain")]
    rows: list[Row] = [
        [
            _effect(row["effect"]),
            _gain(row["pnl"], decimals),
            Cell(scale.bar(row["pnl"], adds="rk-gain", takes="rk-loss"), look="rk-wide"),
        ]
        for row in _records(kept)
    ]
    return View(
        name="pnl_effects",
        title="Where did the P&L come from?",
        question=f"P&L from {day(result.start)} to {day(result.end)} of the book held on the first day, "
        "by that day's greeks.",
        html=table(columns, rows, total=["P&L", _gain(result.pnl.pnl, decimals), ""], caption="P&L by effect"),
    )


def pnl_by_position(result: ChangeSince) -> View:
    """P&L of each position, with what its greeks explain of it."""
    frame, currency, decimals = result.pnl.by_position, result.portfolio.base_currency, _decimals(result)
    if frame.empty:
        return View("pnl_by_position", "Which positions gained or lost?", html=empty("Nothing was held."))
    frame = frame.assign(explained=frame["total"] - frame["residual"])
    figures = ["total", "explained", "residual"]
    columns = [Column("Position"), Column(f"P&L, {currency}", numeric=True)]
    columns += [Column("Explained", numeric=True), Column("Residual", numeric=True)]
    rows = [
        [name(str(row["position"])), *(_gain(row[figure], decimals) for figure in figures)]
        for row in _records(_largest(frame, figures, "total"))
    ]
    total: Row = ["Portfolio", *(_gain(float(frame[figure].sum()), decimals) for figure in figures)]
    return View(
        name="pnl_by_position",
        title="Which positions gained or lost?",
        question="P&L by position, the largest first, and how much of it the greeks explain.",
        html=table(columns, rows, total=total, caption="P&L by position"),
        width="half",
    )


class _Scale:
    """Bars around a common zero."""

    def __init__(self, values: pd.Series[float]) -> None:
        self._low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
        self._width = (high - self._low) or 1.0

    def bar(self, value: float, *, adds: str, takes: str) -> Any:
        """A bar to the right that adds, or to the left that takes."""
        return bar(value / self._width, zero=-self._low / self._width, look=adds if value > 0 else takes)


def _effect(effect: object) -> Cell:
    title, what = _EFFECTS.get(str(effect), (str(effect).capitalize(), ""))
    return Cell(Markup('{} <span class="rk-muted">{}</span>').format(title, what))


def _records(frame: pd.DataFrame) -> Sequence[dict[Any, Any]]:
    return frame.to_dict("records")


def _largest(frame: pd.DataFrame, figures: list[str], by: str) -> pd.DataFrame:
    """The rows with the largest figure by size; what does not fit is summed in one."""
    ordered = frame.loc[frame[by].abs().sort_values(ascending=False, kind="stable").index, ["position", *figures]]
    if len(ordered) <= MOST_ROWS:
        return ordered
    kept, rest = ordered.head(MOST_ROWS - 1), ordered.iloc[MOST_ROWS - 1 :]
    others = pd.DataFrame([{"position": f"{len(rest)} others"} | rest[figures].sum().to_dict()])
    return pd.concat([kept, others], ignore_index=True)


def _risk(value: float, decimals: int) -> Cell:
    return Cell(signed(value, decimals), value, look=_look(-value, decimals))


def _gain(value: float, decimals: int) -> Cell:
    return Cell(signed(value, decimals), value, look=_look(value, decimals))


def _look(good: float, decimals: int) -> str:
    """The colour of a figure that is good above zero; none where it reads as zero."""
    if round(good, decimals) == 0:
        return ""
    return "rk-loss" if good < 0 else "rk-gain"


def _plain(value: float, decimals: int) -> Cell:
    return Cell(number(value, decimals), value, look="rk-hedge" if value < 0 else "")


def _units(quantity: float) -> int:
    return 0 if quantity == round(quantity) else 2


def _decimals(result: ChangeSince) -> int:
    return decimals_of(max(result.var.after.gross_value, abs(result.var.after.var)), result.portfolio.base_currency)
