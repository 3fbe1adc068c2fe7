"""An error as a sentence that a reader can do something with."""

from __future__ import annotations

import logging
import uuid

from riskkit.errors import InputError, InputErrors, MarketDataError, RiskkitError
from riskkit.widgets.words import label

_log = logging.getLogger("riskkit.notebook")


def sentence(error: Exception) -> str:
    """What a reader can do something about; anything unforeseen gets a number to ask for instead.

    >>> sentence(InputError("confidence_level", 95, "a number, 0.5 < x < 1"))
    'Confidence level: 95 cannot be used; expected a number, 0.5 < x < 1.'
    """
    if isinstance(error, InputErrors):
        return " ".join(sentence(single) for single in error.errors)
    if isinstance(error, InputError):
        _log.info("refused: %s", error)
        shown = _typed(error.value)
        text = shown if len(shown) <= 80 else shown[:79] + "…"
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


def _typed(value: object) -> str:
    """A value as somebody typed it: 2, not 2.0."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value) if isinstance(value, str | int | float) else repr(value)
