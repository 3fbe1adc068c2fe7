"""How much of a limit is used: a bar with its bounds marked on it, a strip of days, and the words for both."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from riskkit.charts.numbers import number, percent

#: Bars leave so much room beyond the hard limit.
_AIR = 1.15
#: A strip is at least so many days wide: one day is no wall.
_LEAST_DAYS = 24
#: By state: the look of a bar and a badge, and a sign, so that colour never stands alone.
LOOKS = {"ok": "rk-ok", "warn": "rk-warn", "breach": "rk-bad", "not judged": "rk-calm"}
_SIGNS = {"ok": "✓", "warn": "▲", "breach": "✕", "not judged": "–"}


def use_bar(figure: float, soft: float | None, hard: float | None, unit: str, look: str) -> Markup:
    """The bar: the figure's length, and a mark at each limit."""
    bounds = [bound for bound in (soft, hard) if bound is not None]
    scale = max(figure, *(_AIR * bound for bound in bounds), 0.0) or 1.0
    marks = Markup("").join(
        Markup('<i class="rk-mark {}" style="left:{}%" title="{}"></i>').format(
            f"rk-{word}", f"{100 * max(bound, 0.0) / scale:.2f}", f"{word} limit {amount(bound, unit)}"
        )
        for word, bound in (("soft", soft), ("hard", hard))
        if bound is not None
    )
    width = f"{100 * max(figure, 0.0) / scale:.2f}"
    used = Markup('<i class="{}" style="left:0;width:{}%"></i>').format(look, width)
    return Markup('<span class="rk-bar rk-use" aria-hidden="true">{}{}</span>').format(used, marks)


def use_strip(days: Sequence[tuple[str, float | None, str]], spoken: str) -> Markup:
    """One thin bar a day, the line at the whole limit: label, use [fraction] and state of each.

    Parameters
    ----------
    days : sequence of (str, float or None, str)
    spoken : str
        The same for who cannot see it.
    """
    slots = max(len(days), _LEAST_DAYS)
    top = max([_AIR, *(used for _, used, _ in days if used is not None)])
    bars = Markup("").join(
        Markup('<rect class="{}" x="{}" y="{}" width="0.8" height="{}"><title>{}</title></rect>').format(
            LOOKS[state], slots - len(days) + at + 0.1, f"{top - used:.4f}", f"{max(used, 0.01):.4f}", label
        )
        for at, (label, used, state) in enumerate(days)
        if used is not None
    )
    line = Markup('<line class="rk-hard" x1="0" x2="{}" y1="{}" y2="{}" vector-effect="non-scaling-stroke"/>').format(
        slots, f"{top - 1:.4f}", f"{top - 1:.4f}"
    )
    return Markup(
        '<svg class="rk-strip" role="img" aria-label="{}" viewBox="0 0 {} {}" preserveAspectRatio="none">{}{}</svg>'
    ).format(spoken, slots, f"{top:.4f}", bars, line)


def state_badge(state: str) -> Markup:
    """A sign and the word."""
    return Markup('<span class="rk-badge {}"><span aria-hidden="true">{}</span> {}</span>').format(
        LOOKS[state], _SIGNS[state], state
    )


def unit_beside(unit: str) -> str:
    """What stands beside such amounts: nothing beside a per cent.

    >>> unit_beside("USD"), unit_beside("fraction")
    ('USD', '')
    """
    return "" if unit == "fraction" else unit


def amount(value: float | None, unit: str) -> str:
    """A figure or a bound without its unit, which stands beside it; a fraction as per cent.

    >>> amount(1_500_000.0, "USD"), amount(0.25, "fraction"), amount(None, "USD")
    ('1,500,000', '25.0\\xa0%', '–')
    """
    if value is None:
        return "–"
    if unit == "fraction":
        return percent(value, 1)
    return number(value, 0 if abs(value) >= 1000 or value == int(value) else 2)
