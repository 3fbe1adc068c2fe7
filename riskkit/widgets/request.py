"""A button that asks for the official run of what a page shows, and the line that says how it fares."""

from __future__ import annotations

from collections.abc import Callable

from ipywidgets import HTML, Button, HBox, Layout
from markupsafe import Markup

from riskkit.store.jobs import Job

_SHORT = 8


class RequestLine:
    """Button and line; nothing at all for who may not ask.

    Parameters
    ----------
    asked : callable
        Called when the button is pressed.
    address : str
        Where a run's page is, up to its id; empty where there is none to link to.

    Attributes
    ----------
    box : HBox
    button : Button
    line : HTML
        Traits may be set from a thread.
    """

    def __init__(self, asked: Callable[[], None], address: str = "") -> None:
        self._address = address
        self.button = Button(description="Run this report", tooltip="Queue the official run of the figures shown")
        self.button.add_class("rk-request")
        self.button.on_click(lambda _button: asked())
        self.line = HTML(layout=Layout(margin="0", width="auto"))
        self.box = HBox(
            [self.button, self.line], layout=Layout(display="none", align_items="center", flex_flow="row wrap")
        )

    def allow(self, may: bool) -> None:
        """Show or hide it."""
        self.box.layout.display = None if may else "none"

    def busy(self, busy: bool) -> None:
        """While a request is under way there is no second one."""
        self.button.disabled = busy

    def say(self, text: str, look: str = "") -> None:
        """A sentence."""
        self.line.value = str(Markup('<span class="rk-request-line {}" role="status">{}</span>').format(look, text))

    def tell(self, job: Job) -> None:
        """How the job fares."""
        if job.state == "succeeded" and job.run_id is not None:
            self.line.value = str(_linked(job.run_id, self._address))
        elif job.state == "running":
            where = f", cell {job.cell}" if job.cell is not None else ""
            self.say(f"Running: {job.percent or 0} %{where}")
        else:
            self.say(*_said(job))


def _said(job: Job) -> tuple[str, str]:
    error = job.errors[-1] if job.errors else {}
    if job.state == "dead":
        cell = f" in cell {error['cell']}" if error.get("cell") is not None else ""
        why = ": ".join(str(error[key]) for key in ("type", "message") if error.get(key))
        return f"Failed{cell}: {why[:300]} (job {job.id[:_SHORT]})", "rk-bad"
    if job.state == "cancelled":
        return f"Cancelled (job {job.id[:_SHORT]})", ""
    again = f", attempt {job.attempt + 1} after {error['type']}" if job.attempt and error.get("type") else ""
    return f"Queued{again}: it waits for a worker (job {job.id[:_SHORT]})", ""


def _linked(run_id: str, address: str) -> Markup:
    done = Markup('<span class="rk-request-line rk-ok" role="status">Done: {}</span>')
    if not address:
        return done.format(Markup("<code>riskkit runs open {}</code>").format(run_id[:13]))
    link = Markup('<a href="{}{}/report.html" target="_blank" rel="noopener">open the official report</a>')
    return done.format(link.format(address, run_id))
