"""The tables and headline figures of a card's html, read back with their unrounded figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

import pandas as pd

#: A cell: what it shows, and the unrounded figure behind it.
_Cell = tuple[str, float | None]
#: What stands where there is no figure.
_NOTHING = ("", "–")


def shown_tables(html: str, name: str) -> dict[str, pd.DataFrame]:
    """Every table of a card, by its caption; its headline tiles are one called like the card.

    A column whose every filled cell carries an unrounded figure is of numbers; any other is of text, with the figures
    in full where it has some, and names whole where the card cut them.

    Examples
    --------
    >>> html = '<table><thead><tr><th>Day</th><th>Loss</th></tr></thead><tbody><tr><th>Mon</th>'
    >>> html += '<td data-value="1.25">1</td></tr></tbody></table>'
    >>> shown_tables(html, "losses")["losses"].to_dict("list")
    {'Day': ['Mon'], 'Loss': [1.25]}
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    found: dict[str, pd.DataFrame] = {}
    if reader.tiles:
        found[name] = _frame(["figure", "value", "unit"], reader.tiles)
    for caption, head, rows in reader.tables:
        key = caption if caption and (len(reader.tables) > 1 or reader.tiles) else name
        found[key if key not in found else f"{key} {len(found) + 1}"] = _frame(head, rows)
    return found


def _frame(head: list[str], rows: list[list[_Cell]]) -> pd.DataFrame:
    width = max([len(head), *map(len, rows)], default=0)
    titles = [head[place] if place < len(head) and head[place] else f"column {place + 1}" for place in range(width)]
    columns = {}
    for place, title in enumerate(titles):
        cells = [row[place] if place < len(row) else ("", None) for row in rows]
        filled = [exact for text, exact in cells if text not in _NOTHING]
        numbers = bool(filled) and None not in filled
        words = [text or None if exact is None else repr(exact) for text, exact in cells]
        values = [exact for _, exact in cells] if numbers else words
        columns[title if title not in columns else f"{title} {place + 1}"] = (
            pd.Series(values, dtype="float64") if numbers else pd.Series(values, dtype=object)
        )
    return pd.DataFrame(columns)


@dataclass
class _Open:
    """A cell that is being read."""

    text: list[str] = field(default_factory=list)
    whole: str = ""
    exact: float | None = None
    span: int = 1

    def cell(self) -> _Cell:
        text = " ".join("".join(self.text).split())
        return (self.whole if text.endswith("…") and self.whole else text), self.exact


class _Reader(HTMLParser):
    """Of the markup that riskkit's own views make."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[tuple[str, list[str], list[list[_Cell]]]] = []
        self.tiles: list[list[_Cell]] = []
        self._caption = ""
        self._head: list[str] = []
        self._rows: list[list[_Cell]] = []
        self._row: list[_Cell] = []
        self._cell: _Open | None = None
        self._part, self._tile = "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        if tag == "table":
            self._caption, self._head, self._rows = "", [], []
        elif tag in ("thead", "tbody", "tfoot", "caption"):
            self._part = tag
        elif tag == "tr":
            self._row = []
        elif tag in ("th", "td"):
            span = given.get("colspan", "1")
            self._cell = _Open([], given.get("title", ""), _exact(given), int(span) if span.isdigit() else 1)
        elif tag == "div":
            self._tile_part(given)

    def _tile_part(self, given: dict[str, str]) -> None:
        looks = given.get("class", "").split()
        if "rk-tile" in looks:
            self.tiles.append([("", None), ("", _exact(given)), ("", None)])
        self._tile = next((look for look in looks if look in ("rk-label", "rk-value")), "") if self.tiles else ""

    def handle_endtag(self, tag: str) -> None:
        if tag in ("th", "td") and self._cell is not None:
            self._row += [self._cell.cell(), *[("", None)] * (self._cell.span - 1)]
            self._cell = None
        elif tag == "tr" and self._part == "thead":
            self._head = [text for text, _ in self._row]
        elif tag == "tr":
            self._rows.append(self._row)
        elif tag == "table":
            self.tables.append((self._caption.strip(), self._head, self._rows))
        elif tag in ("caption", "div"):
            self._part, self._tile = "", ""

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.text.append(data)
        elif self._part == "caption":
            self._caption += data
        elif self._tile == "rk-label":
            self.tiles[-1][0] = (self.tiles[-1][0][0] + data, None)
        elif self._tile == "rk-value":
            (text, exact), (unit, _) = self.tiles[-1][1:]
            if text:
                self.tiles[-1][2] = (f"{unit} {data.strip()}".strip(), None)
            else:
                self.tiles[-1][1] = (data.strip(), exact)


def _exact(given: dict[str, str]) -> float | None:
    return float(given["data-value"]) if given.get("data-value") else None
