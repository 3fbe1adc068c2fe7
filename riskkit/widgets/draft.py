"""Unsaved changes that outlive the page: the browser keeps them until they are saved or discarded.

A panel says with `keep` what is unsaved, as text of its own making; the page's script (`static/draft.js`) keeps it by
user, page and key. When such a page is opened again and something is kept, the page offers it; who takes the offer has
it handed to `restored`, from where it must be read like any other input: the text comes from a browser.

    self.draft = Draft("positions", self._restored)      # in the panel's constructor; its box into the panel's box
    self.draft.move(f"positions:{shown.inputs.ref.id}")  # another book has another draft
    self.draft.keep(json.dumps(edits))                   # after each edit
    self.draft.clear()                                   # saved, or undone to nothing
"""

from __future__ import annotations

from collections.abc import Callable

from ipywidgets import HTML, HBox, Layout, Text
from markupsafe import Markup

#: Longest text that is kept; a browser has five million characters for a whole site.
LARGEST = 400_000


class Draft:
    """The unsaved changes of one panel.

    Parameters
    ----------
    key : str
        What they are changes of, among the drafts of the same page; without spaces.
    restored : callable
        Called in the kernel's event loop with the text, when the reader takes up what was kept.

    Attributes
    ----------
    box : HBox
        Two hidden elements; it must be on the page.
    value : str
        What is unsaved now; empty for nothing.
    """

    def __init__(self, key: str, restored: Callable[[str], None]) -> None:
        self._key, self._restored, self.value = key, restored, ""
        hidden = Layout(display="none")
        self._kept, self._back = HTML(layout=hidden), Text(layout=hidden)
        self._back.add_class("rk-draft-back")
        self._back.observe(self._handed_back, "value")
        self.box = HBox([self._kept, self._back], layout=hidden)
        self.box.add_class("rk-draft-box")
        self._write()

    def keep(self, text: str) -> None:
        """These changes are not saved yet. Text that is too long to keep is not kept, and the page says so."""
        self.value = text
        self._write()

    def clear(self) -> None:
        """Nothing is unsaved any more: what the browser kept of this key is thrown away."""
        self.keep("")

    def move(self, key: str) -> None:
        """From now on the changes are of something else; what is kept of the other waits for its return."""
        if key != self._key:
            self._key, self.value = key, ""
            self._write()

    def _handed_back(self, change: dict[str, str]) -> None:
        if change["new"]:
            key, _, text = change["new"].partition(" ")
            self._back.value = ""
            if key == self._key and len(text) <= LARGEST:  # else the panel has turned to something else meanwhile
                self._restored(text)

    def _write(self) -> None:
        large = len(self.value) > LARGEST
        template = Markup('<div class="rk-draft" hidden data-key="{}" data-value="{}" data-large="{}"></div>')
        self._kept.value = str(template.format(self._key, "" if large else self.value, int(large)))
