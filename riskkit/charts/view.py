"""What a chart returns: a titled card that each face shows in its own way."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from bokeh.embed import json_item
from bokeh.model import Model
from markupsafe import Markup, escape

if TYPE_CHECKING:
    import pandas as pd

#: In a report's notebook a view is an output of this type, beside plain HTML for Lab.
MIME = "application/vnd.riskkit.view+json"

Width = Literal["full", "half", "tiles"]


@dataclass(frozen=True, eq=False)
class View:
    """One card of a page.

    Attributes
    ----------
    name : str
        snake_case, unique on a page: a view is updated in place by it.
    title : str
        Heading, plain text.
    question : str
        One plain sentence under the heading.
    html : Markup
        Tables and tiles; `Markup` because whatever came from a person was escaped on the way in.
    figure : bokeh model or None
        Drawn under the html. Models that carry a `name` are those that change when the result does.
    width : str
        `full`, `half` (two beside each other where there is room) or `tiles` (no card around the tiles).
    alt : str
        What the figure shows, for who cannot see it.
    data : callable
        The tables behind the card, by name and unrounded, for whoever downloads them; the card's own html where it
        is None.
    """

    name: str
    title: str = ""
    question: str = ""
    html: Markup = field(default_factory=Markup)
    figure: Model | None = None
    width: Width = "full"
    alt: str = ""
    data: Callable[[], Mapping[str, pd.DataFrame]] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.html, Markup):
            raise TypeError(f"View {self.name}: html must be Markup, so that text from people is escaped")

    @property
    def blank(self) -> bool:
        """Whether there is nothing to show: a page leaves out the whole card."""
        return not self.title and not self.html and self.figure is None

    def head(self) -> Markup:
        """Heading and question; nothing where there are none."""
        title = Markup('<h3 class="rk-title">{}</h3>').format(self.title) if self.title else Markup("")
        question = Markup('<p class="rk-sub">{}</p>').format(self.question) if self.question else Markup("")
        return title + question

    def body(self) -> Markup:
        """Everything but the figure."""
        alt = Markup('<p class="rk-hidden">{}</p>').format(self.alt) if self.figure is not None and self.alt else ""
        return self.head() + self.html + alt

    def bundle(self) -> dict[str, Any]:
        """The view as a mime bundle: all that a report's page is made of."""
        # As text: bokeh reads it in its own order, and a notebook file sorts the keys of everything it holds.
        item = None if self.figure is None else json.dumps(json_item(self.figure))
        data = {
            "name": self.name,
            "title": self.title,
            "question": self.question,
            "html": str(self.html),
            "width": self.width,
            "alt": self.alt,
            "figure": item,
        }
        return {MIME: data, "text/html": str(self.body()), "text/plain": str(escape(self.title or self.name))}
