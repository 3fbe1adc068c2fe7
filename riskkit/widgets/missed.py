"""What a page may have missed while it was made."""

from __future__ import annotations

from ipywidgets import Style
from ipywidgets.widgets.widget import _instances  # all there are; its public names for them are deprecated
from jupyter_bokeh import BokehModel


def tell_again() -> None:
    """Send what every widget is now to the page.

    A page asks once for all widgets, and then makes them: what changes between the two is said to widgets that are not
    there yet, and lost. What is as the page has it changes nothing on it. A figure's document and a style never change.
    """
    for widget in list(_instances.values()):
        if not isinstance(widget, (BokehModel, Style)):
            widget.send_state()
