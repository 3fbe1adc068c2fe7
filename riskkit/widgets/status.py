"""What a live page says about itself: what went wrong, what was changed for you, and that it is working."""

from __future__ import annotations

from ipywidgets import HTML, Layout
from markupsafe import Markup

from riskkit.widgets.sentence import sentence as sentence


class Status:
    """A banner and a progress bar.

    Attributes
    ----------
    banner, progress : HTML
        Widgets; both stay where they are, empty while there is nothing to say.
    """

    def __init__(self) -> None:
        self.banner = HTML(layout=Layout(margin="0", width="100%"))
        self.progress = HTML(value=_progress(busy=False), layout=Layout(margin="0", width="100%"))

    def busy(self, working: bool) -> None:
        """Show or hide that a new answer is being computed."""
        self.progress.value = _progress(busy=working)

    def done(self, steps: int, of: int) -> None:
        """How far it is, where the calculation counts its steps."""
        self.progress.value = _share(steps / of if of else 1.0)

    def clear(self) -> None:
        """Nothing to say."""
        self.banner.value = ""

    def note(self, sentence: str) -> None:
        """Something was done that the reader should know of."""
        self.banner.value = _banner("rk-warn", "status", sentence)

    def error(self, error: Exception) -> None:
        """Say what went wrong in a sentence; the traceback goes to the log."""
        self.banner.value = _banner("rk-bad", "alert", sentence(error))


def _banner(look: str, role: str, text: str) -> str:
    return str(Markup('<div class="rk-say {}" role="{}">{}</div>').format(look, role, text))


def _progress(*, busy: bool) -> str:
    if not busy:
        return '<div class="rk-progress"></div>'
    return '<div class="rk-progress rk-busy" role="progressbar" aria-label="Computing"></div>'


def _share(done: float) -> str:
    percent = f"{100 * min(max(done, 0.0), 1.0):.0f}"
    return str(
        Markup(
            '<div class="rk-progress rk-counted" role="progressbar" aria-label="Computing" aria-valuenow="{}">'
            '<i style="width:{}%"></i></div>'
        ).format(percent, percent)
    )
