"""What a file of prices does not say itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import get_args

from riskkit import names
from riskkit.errors import InputError
from riskkit.feeds.oddities import Jumps
from riskkit.feeds.sessions import exchange_zone
from riskkit.market import FactorKind, ReturnType, RiskFactor


@dataclass(frozen=True)
class PriceFormat:
    """What a file of prices does not say itself.

    Attributes
    ----------
    kind : str
        `equity`, `fx`, `volatility` or `yield`: of all factors in the file.
    currency : str
        Of the prices, where the file has no currency column.
    return_type : str, optional
        `relative`, `log` or `absolute`; by default what is usual for the kind. Prices at or below zero need `absolute`.
    timezone : str, optional
        The exchange's zone, such as `Asia/Tokyo`; needed where timestamps with an offset fall on another day there.
    jumps : {"refuse", "note"}
        What to do with a price that changes like an unadjusted split (2:1, 10:1, …) overnight.
    source : str
        Where the prices come from; shown under every report.
    """

    kind: FactorKind = "equity"
    currency: str = "USD"
    return_type: ReturnType | None = None
    timezone: str | None = None
    jumps: Jumps = "refuse"
    source: str = ""

    def __post_init__(self) -> None:
        choices: tuple[tuple[str, object, tuple[object, ...]], ...] = (
            ("kind", self.kind, get_args(FactorKind)),
            ("return_type", self.return_type, (None, *get_args(ReturnType))),
            ("jumps", self.jumps, get_args(Jumps)),
        )
        for field, value, allowed in choices:
            if value not in allowed:
                raise InputError(field, value, "one of " + ", ".join(str(one) for one in allowed if one))
        if not is_currency(self.currency):
            raise InputError("currency", self.currency, "a currency code of three capital letters, such as USD")
        if self.timezone is not None:
            exchange_zone(self.timezone)
        if self.source:
            names.title("source", self.source)

    def factor(self, name: str, currency: str) -> RiskFactor:
        """The risk factor of that name."""
        if self.kind == "fx" and not re.fullmatch(r"(?!USD)[A-Z]{3}USD", name):
            raise InputError("factor", name, "a currency against USD, such as EURUSD (USD per 1 EUR)")
        if self.return_type is None:
            return RiskFactor(name, self.kind, currency, source=self.source)
        return RiskFactor(name, self.kind, currency, self.return_type, self.source)


def is_currency(text: str) -> bool:
    """Whether the text is written like an ISO 4217 code."""
    return re.fullmatch(r"[A-Z]{3}", text) is not None


#: Equities in USD.
PLAIN = PriceFormat()
