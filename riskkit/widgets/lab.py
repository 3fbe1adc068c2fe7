"""What JupyterLab lacks that a dashboard's page brings along: the look, and BokehJS for the figures."""

from __future__ import annotations

from pathlib import Path

from bokeh.io import output_notebook
from bokeh.io.state import curstate
from bokeh.resources import INLINE
from IPython.core.getipython import get_ipython
from IPython.display import HTML, display

import riskkit.charts as charts

_LOOK = Path(charts.__file__).with_name("look.css")


def prepare() -> None:
    """Put the style sheet and, once a kernel, BokehJS on the page; from files, never from another host."""
    if get_ipython() is None:
        return
    style = _LOOK.read_text(encoding="utf-8")
    display(HTML(f"<style>{style}</style>"))  # type: ignore[no-untyped-call]
    if not curstate().notebook:
        output_notebook(INLINE, hide_banner=True)
