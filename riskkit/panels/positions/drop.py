"""A CSV file dropped on the page, or chosen: read and checked, and nothing done until somebody says so."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ipywidgets import HTML, FileUpload, Layout, VBox

from riskkit.errors import InputError
from riskkit.imports.columns import LIMITS
from riskkit.imports.positions import Market, PositionsFile, read_positions

#: Most bytes of a file; the page's script says so before it is sent.
MOST_BYTES = LIMITS.megabytes * 1_000_000


class Drop:
    """Where a file is dropped.

    Parameters
    ----------
    given : callable
        Told the name of the file and its bytes.
    refused : callable
        Told why it was not taken.

    Attributes
    ----------
    box : VBox
    """

    def __init__(self, given: Callable[[str, bytes], None], refused: Callable[[Exception], None]) -> None:
        self._given, self._refused = given, refused
        self.upload = FileUpload(
            accept=".csv,text/csv", multiple=False, description="Drop a CSV file here, or choose one"
        )
        self.upload.layout = Layout(width="100%")
        self.upload.add_class("rk-drop")
        self.upload.observe(lambda change: self._arrived(change["new"]), "value")
        said = f"Columns symbol and quantity; it replaces the whole book. At most {LIMITS.megabytes} MB."
        too_large = '<p class="rk-fault rk-drop-said" role="alert" hidden></p>'
        below = HTML(f'<p class="rk-sub">{said}</p>{too_large}', layout=Layout(margin="0"))
        self.box = VBox([self.upload, below], layout=Layout(margin="0", width="100%"))
        self.box.add_class("rk-drop-box")

    def clear(self) -> None:
        """Forget the file."""
        self.upload.value = ()

    def _arrived(self, files: Any) -> None:
        if not files:
            return
        try:
            name, content = str(files[0]["name"]), bytes(files[0]["content"])
        except (KeyError, TypeError, IndexError, ValueError):
            self._refused(InputError("File", "something else", "a CSV file"))
            return
        if len(content) > MOST_BYTES:
            self._refused(InputError("File", f"{len(content):,} bytes", f"at most {LIMITS.megabytes} MB"))
        else:
            self._given(name[:120], content)


def parse(content: bytes, market: Market, base_currency: str) -> PositionsFile:
    """The positions in a file's bytes.

    Raises
    ------
    InputErrors
        Everything wrong with them, with line and column.
    """
    with tempfile.TemporaryDirectory(prefix="riskkit-") as folder:
        path = Path(folder) / "positions.csv"
        path.write_bytes(content)
        return read_positions(path, market, base_currency)
