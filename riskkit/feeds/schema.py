"""A pandera schema over a table's cells; its failures become errors with line and column."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd
import pandera.pandas as pa

from riskkit.errors import InputErrors
from riskkit.feeds.table import MOST_FAULTS, Table


def check_cells(table: Table, rules: Mapping[str, tuple[Callable[[str], bool], str]]) -> None:
    """Refuse the table if a cell breaks its column's rule; the first faults, in the order of the file, together.

    Parameters
    ----------
    table : Table
    rules : mapping of str to (callable, str)
        By column: what a cell must satisfy, and the end of the sentence "expected …".

    Raises
    ------
    InputErrors
    """
    columns = {name: pa.Column(object, _distinct(rule), nullable=False) for name, (rule, _) in rules.items()}
    try:
        pa.DataFrameSchema(columns).validate(table.cells, lazy=True)
    except pa.errors.SchemaErrors as broken:
        cases = broken.failure_cases[["index", "column"]].dropna().drop_duplicates()
        cases = cases.assign(place=cases["column"].map(table.header.index)).sort_values(["index", "place"])
        places = zip(broken.failure_cases["index"], broken.failure_cases["column"], strict=True)
        ordered = sorted({(int(line), table.header.index(column)) for line, column in places})
        names = [(line, table.header[column]) for line, column in ordered[:MOST_FAULTS]]
        faults = [table.error(line, name, rules[name][1]) for line, name in names]
        raise InputErrors(faults) from broken


def _distinct(rule: Callable[[str], bool]) -> pa.Check:
    """The rule as a check that looks at each distinct text once."""

    def holds(cells: pd.Series) -> pd.Series:
        texts = cells.tolist()
        good = {text: rule(text) for text in set(texts)}
        return pd.Series([good[text] for text in texts], index=cells.index)

    return pa.Check(holds)
