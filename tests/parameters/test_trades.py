"""Trades in an address: names and quantities, nothing else, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskkit import InputError
from riskkit.parameters.declaration import declarations
from riskkit.parameters.query import parse_query, to_query
from riskkit.parameters.trades import MOST_TRADES, Trade, parse_trades, trades_text

DECLARED = declarations('trades: str = ""  # what if {trades}')
SYMBOLS = st.from_regex(r"[A-Za-z0-9^][A-Za-z0-9._/^=:&-]{0,20}", fullmatch=True)
QUANTITIES = st.floats(-1e14, 1e14, allow_nan=False).filter(bool)


@given(st.lists(st.builds(Trade, SYMBOLS, QUANTITIES), max_size=MOST_TRADES, unique_by=lambda trade: trade.symbol))
def test_what_is_written_is_read_back_to_the_bit_also_from_an_address(trades):
    text = trades_text(trades)
    assert parse_trades(text) == tuple(trades)
    assert parse_query(DECLARED, to_query(DECLARED, {"trades": text})).get("trades", "") == text


@pytest.mark.parametrize(
    "text",
    [
        "AAPL",
        "100AAPL",
        "100*",
        "*AAPL",
        "0*AAPL",
        "nan*AAPL",
        "inf*AAPL",
        "1e15*AAPL",
        "1e99*AAPL",
        "+1*AAPL",
        "1_0*AAPL",
        "1*AAPL,2*AAPL",
        "1*AAPL,",
        "1*=cmd|' /C calc'!A0",
        "1*<script>",
        "1*A\u202e",
        ",".join(f"1*S{i}" for i in range(MOST_TRADES + 1)),
    ],
)
def test_anything_else_is_refused_in_a_sentence(text):
    with pytest.raises(InputError, match="trades"):
        parse_trades(text)
    with pytest.raises(InputError, match=r"trades.*expected trades such as 100\*AAPL"):
        parse_query(DECLARED, to_query(DECLARED, {"trades": text}))
