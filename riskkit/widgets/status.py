"""What a live page says about itself: what went wrong, what was changed for you, and that it is working."""

from __future__ import annotations

import logging
import uuid

from ipywidgets import HTML, Layout
from markupsafe import Markup

from riskkit.errors import InputError, InputErrors, MarketDataError, RiskkitError
from riskkit.widgets.words import label

_log = logging.getLogger("riskkit.notebook")


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

    def clear(self) -> None:
        """Nothing to say."""
        self.banner.value = ""

    def note(self, sentence: str) -> None:
        """Something was done that the reader should know of."""
        self.banner.value = _banner("rk-warn", "status", sentence)

    def error(self, error: Exception) -> None:
        """Say what went wrong in a sentence; the traceback goes to the log."""
        self.banner.value = _banner("rk-bad", "alert", sentence(error))


def sentence(error: Exception) -> str:
    """What a reader can do something about; anything unforeseen gets a number to ask for instead.

    >>> sentence(InputError("confidence_level", 95, "a number, 0.5 < x < 1"))
    'Confidence level: 95 cannot be used; expected a number, 0.5 < x < 1.'
    """
    if isinstance(error, InputErrors):
        return " ".join(sentence(single) for single in error.errors)
    if isinstance(error, InputError):
        _log.info("refused: %s", error)
        shown = error.value if isinstance(error.value, str | int | float) else repr(error.value)
        text = str(shown) if len(str(shown)) <= 80 else str(shown)[:79] + "…"
        refused = text if isinstance(error, MarketDataError) else f"{text} cannot be used"
        return f"{label(error.field)}: {refused}; expected {error.expected.rstrip('.')}."
    if isinstance(error, RiskkitError):
        _log.warning("not possible: %s", error, exc_info=error)
        return str(error)
    incident = uuid.uuid4().hex[:8]
    _log.error("incident %s", incident, exc_info=error)
    return (
        f"Something went wrong here. It is in the log as incident {incident}; the figures shown are the last good ones."
    )


def _banner(look: str, role: str, text: str) -> str:
    return str(Markup('<div class="rk-say {}" role="{}">{}</div>').format(look, role, text))


def _progress(*, busy: bool) -> str:
    if not busy:
        return '<div class="rk-progress"></div>'
    return '<div class="rk-progress rk-busy" role="progressbar" aria-label="Computing"></div>'
