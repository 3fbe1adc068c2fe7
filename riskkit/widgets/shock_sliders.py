"""Sliders of shocks: one for each group of risk factors of a book, and one for each single factor that is added."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from ipywidgets import HTML, Button, Combobox, FloatSlider, HBox, Layout, VBox
from markupsafe import Markup

from riskkit.errors import InputError
from riskkit.market import RiskFactor
from riskkit.scenarios import Shock
from riskkit.scenarios.shock_text import LARGEST_SHOCK, MOST_SHOCKS, usual_kind

#: Of a slider, by the kind of factor: unit, how many of it make one, range either way and step, in that unit.
_SCALES = {
    "equity": ("%", 100.0, 60.0, 1.0),
    "fx": ("%", 100.0, 30.0, 0.5),
    "volatility": ("points", 100.0, 60.0, 1.0),
    "yield": ("bp", 10_000.0, 300.0, 5.0),
}
_GROUPS = {"equity": "Equities", "volatility": "Volatilities", "yield": "Yields"}


class Slot(NamedTuple):
    """What one slider moves: the target of a shock, its name for people, the kind of factor and of change."""

    target: str
    label: str
    factor_kind: str
    absolute: bool

    @property
    def scale(self) -> tuple[str, float, float, float]:
        """Unit, how many of it make one, range and step; a price moved by an amount is in its own unit."""
        unit, factor, widest, step = _SCALES.get(self.factor_kind, _SCALES["equity"])
        by_share = self.factor_kind in ("equity", "fx")
        if self.absolute == by_share:  # not as is usual for such a factor
            return ("", 1.0, LARGEST_SHOCK, 0.1) if self.absolute else ("%", 100.0, 60.0, 1.0)
        return unit, factor, widest, step


def group_slots(factors: Sequence[RiskFactor]) -> tuple[Slot, ...]:
    """The groups among these factors: equities, each currency, volatilities, yields.

    >>> found = group_slots([RiskFactor("EURUSD", "fx", "USD"), RiskFactor("A", "equity", "USD")])
    >>> [(slot.target, slot.label) for slot in found]
    [('kind:equity', 'Equities'), ('currency:EUR', 'EUR')]
    """
    kinds = {factor.kind for factor in factors}
    quoted = [factor for factor in factors if factor.kind == "fx"]
    codes = sorted({factor.name[:3] for factor in quoted if factor.name == factor.name[:3] + factor.currency})
    currencies = [Slot(f"currency:{code}", code, "fx", absolute=False) for code in codes]
    found = {kind: Slot(f"kind:{kind}", label, kind, kind != "equity") for kind, label in _GROUPS.items()}
    own = {kind: [slot] for kind, slot in found.items() if kind in kinds}
    return (*own.get("equity", ()), *currencies, *own.get("volatility", ()), *own.get("yield", ()))


class _Line:
    """A slider, and the exact size it stands for."""

    def __init__(self, slot: Slot, changed: Callable[[], None], removed: Callable[[str], None] | None) -> None:
        self.slot, self.size, self._changed, self._quiet = slot, 0.0, changed, False
        unit, self._factor, widest, step = slot.scale
        self.slider = FloatSlider(
            value=0.0, min=-widest, max=widest, step=step, continuous_update=True, readout_format="+.1f",
            description=f"{slot.label}, {unit}" if unit else slot.label, style={"description_width": "initial"},
        )  # fmt: skip
        self.slider.add_class("rk-shock")
        self.slider.observe(self._moved, "value")
        self.box = HBox([self.slider], layout=Layout(overflow="visible"))
        self.box.add_class("rk-shock-line")
        if removed is not None:
            away = Button(description="×", tooltip=f"Take {slot.label} out")
            away.add_class("rk-shock-away")
            away.on_click(lambda _button: removed(slot.target))
            self.box.children = (self.slider, away)

    @property
    def shock(self) -> Shock:
        """What it says."""
        return Shock(self.slot.target, self.size, "absolute" if self.slot.absolute else "relative")

    def show(self, size: float) -> None:
        """Stand there; the range grows where it must."""
        self.size, self._quiet = size, True
        try:
            shown = round(size * self._factor, 6)
            self.slider.min, self.slider.max = min(self.slider.min, shown), max(self.slider.max, shown)
            self.slider.value = shown
        finally:
            self._quiet = False

    def _moved(self, change: dict[str, float]) -> None:
        if not self._quiet:
            self.size = round(change["new"] / self._factor, 10)
            self._changed()


class ShockSliders:
    """Sliders that together say a scenario.

    Parameters
    ----------
    changed : callable
        Called when somebody has moved one, added or taken out a factor.

    Attributes
    ----------
    box : VBox
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._kinds: dict[str, str] = {}
        self._groups: dict[str, _Line] = {}
        self._single: dict[str, _Line] = {}
        self._group_box, self._single_box = HBox(), HBox()
        for box in (self._group_box, self._single_box):
            box.add_class("rk-shock-grid")
        self._name = Combobox(
            description="Add a single factor", placeholder="its name", ensure_option=True, continuous_update=False,
            style={"description_width": "initial"},
        )  # fmt: skip
        self._name.add_class("rk-control")
        self._name.observe(self._added, "value")
        self._said = HTML(layout=Layout(margin="0"))
        adding = HBox([self._name, self._said], layout=Layout(flex_flow="row wrap", overflow="visible"))
        adding.add_class("rk-act-row")
        self.box = VBox([self._group_box, self._single_box, adding], layout=Layout(overflow="visible"))

    @property
    def kinds(self) -> dict[str, str]:
        """Kind of every factor that is known, by name."""
        return dict(self._kinds)

    def offer(self, held: Sequence[RiskFactor], known: Iterable[RiskFactor]) -> None:
        """Sliders for the groups of what the book holds; single ones may be any that are known."""
        self._kinds = {factor.name: factor.kind for factor in (*known, *held)}
        slots = group_slots(held)
        if [slot.target for slot in slots] != list(self._groups):
            self._groups = {slot.target: _Line(slot, self._changed, None) for slot in slots}
            self._group_box.children = tuple(line.box for line in self._groups.values())
        own = [factor.name for factor in held]
        options = (*sorted(own), *sorted(set(self._kinds) - set(own)))
        if self._name.options != options:
            self._name.options = options

    def shocks(self) -> tuple[Shock, ...]:
        """What they say, those at zero left out.

        Raises
        ------
        InputError
            One that makes no sense.
        """
        lines = (*self._groups.values(), *self._single.values())
        return tuple(line.shock for line in lines if line.size)

    def show(self, shocks: Sequence[Shock]) -> None:
        """Stand where these shocks say; what no group stands for becomes a single line."""
        for line in self._groups.values():
            line.show(0.0)
        single: dict[str, _Line] = {}
        for shock in shocks:
            absolute = shock.kind == "absolute"
            line = self._groups.get(shock.target) or self._line(shock.target, absolute)
            if line.slot.absolute != absolute:
                line = self._line(shock.target, absolute)
            if self._groups.get(shock.target) is not line:
                single[shock.target] = line
            line.show(shock.size)
        self._single = single
        self._show_single()

    def _line(self, target: str, absolute: bool) -> _Line:
        prefix, _, rest = target.partition(":")
        kind = rest if prefix == "kind" else "fx" if prefix == "currency" else self._kinds.get(target, "equity")
        label = _GROUPS.get(rest, rest) if prefix in ("kind", "currency") else target
        return _Line(Slot(target, label, kind, absolute), self._changed, self._removed)

    def _added(self, change: dict[str, str]) -> None:
        """A name was chosen; like all that comes from a browser it may be anything."""
        name = change["new"].strip()
        self._said.value = ""
        if not name:
            return
        self._name.value = ""
        if name not in self._kinds or len(self._single) >= MOST_SHOCKS:
            self._said.value = str(Markup('<span class="rk-field-error" role="alert">{}</span>').format(
                f"There is no factor {name[:63]}."))  # fmt: skip
        elif name not in self._single:
            self._single[name] = self._line(name, usual_kind(name, self._kinds) == "absolute")
            self._show_single()

    def _removed(self, target: str) -> None:
        gone = self._single.pop(target, None)
        self._show_single()
        if gone is not None and gone.size:
            self._changed()

    def _show_single(self) -> None:
        self._single_box.children = tuple(line.box for line in self._single.values())
        self._single_box.layout.display = None if self._single else "none"


def rounded(shocks: Iterable[Shock]) -> tuple[Shock, ...]:
    """Shocks found by a calculation as an address carries them: nine significant figures; those of nothing left out."""
    found = []
    for shock in shocks:
        size = float(f"{shock.size:.9g}")
        if abs(size) > LARGEST_SHOCK:
            raise InputError("shocks", f"{shock.target}: {size:g}", f"moves of at most {LARGEST_SHOCK:g}")
        if abs(size) > 1e-9:
            found.append(Shock(shock.target, size, shock.kind))
    return tuple(found)
