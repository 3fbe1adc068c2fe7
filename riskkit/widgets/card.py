"""A view on a live page: the same widgets, and the same nodes in the browser, for as long as the page is open."""

from __future__ import annotations

from ipywidgets import HTML, Layout, VBox
from jupyter_bokeh import BokehModel
from markupsafe import Markup

from riskkit.charts.view import View
from riskkit.widgets import figures
from riskkit.widgets.downloads import Downloads

#: Class that dims what is about to be replaced.
REFRESHING = "rk-refreshing"


class Card:
    """One card, updated in place.

    Parameters
    ----------
    view : View, optional
    tools : Downloads, optional
        What hands its tables and its figure on as files.

    Attributes
    ----------
    box : VBox
        What the page shows.
    """

    def __init__(self, view: View | None = None, tools: Downloads | None = None) -> None:
        self._html = HTML(layout=Layout(margin="0", width="100%"))
        self._figure: BokehModel | None = None
        self._tools = tools
        self.box = VBox(
            [self._html, *([tools.box] if tools else [])], layout=Layout(margin="0", width="100%", overflow="visible")
        )
        self.box.add_class("rk-view")
        self._width, self._waits = "", False
        if view is None:
            self.empty("There is no figure to show yet.")
        else:
            self.update(view)

    def empty(self, sentence: str) -> None:
        """Say why the card is empty."""
        self._waits = True
        self._html.value = str(Markup('<p class="rk-nothing">{}</p>').format(sentence))
        self._show_figure(shown=False)
        if self._tools is not None:
            self._tools.offer(None)

    def waited(self, sentence: str) -> None:
        """Say why it is empty, if it still is; a figure that is there stays."""
        if self._waits:
            self.empty(sentence)

    def update(self, view: View) -> None:
        """Show another result of the same view."""
        self._waits = False
        self.box.layout.display = "none" if view.blank else None
        self._html.value = str(view.body())
        if self._tools is not None:
            self._tools.offer(view)
        self._dress(view)
        if view.figure is None:
            self._show_figure(shown=False)
        elif self._figure is None:
            self._figure = BokehModel(view.figure, layout=Layout(width="100%", margin="0"))
            self._figure.add_class("rk-figure")
            self.box.children = (self._html, self._figure, *([self._tools.box] if self._tools else []))
        else:
            figures.update(self._figure._model, view.figure)  # jupyter_bokeh has no public name for it
            self._show_figure(shown=True)

    def refreshing(self, busy: bool) -> None:
        """Mark the card as about to change; what it shows stays readable."""
        (self.box.add_class if busy else self.box.remove_class)(REFRESHING)

    def _dress(self, view: View) -> None:
        """Card or bare tiles, full or half the page."""
        if view.width == self._width:
            return
        self._width = view.width
        look = {"tiles": ("rk-bare",), "half": ("rk-card", "rk-half"), "full": ("rk-card",)}[view.width]
        for name in (*look, f"rk-view-{view.name}"):
            self.box.add_class(name)

    def _show_figure(self, *, shown: bool) -> None:
        if self._figure is not None:
            self._figure.layout.display = None if shown else "none"
