import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskkit.errors import InputError
from riskkit.parameters.declaration import declarations
from riskkit.parameters.query import parse_query, to_query
from riskkit.parameters.validate import complete

DECLARED = declarations("""portfolio: str = "demo"  # which book {portfolio}
confidence_level: float = 0.99  # probability {0.5 < x < 1}
horizon_days: int = 1  # trading days {1..250}
note: str = ""  # free
flat: bool = False  # a switch
""")


def test_an_address_is_read_with_the_declared_types():
    found = parse_query(DECLARED, "portfolio=atlas%2Fdemo&confidence_level=0.95&flat=true")
    assert found == {"portfolio": "atlas/demo", "confidence_level": 0.95, "flat": True}
    assert parse_query(DECLARED, "") == {}


@pytest.mark.parametrize(
    "query",
    [
        "horizon_days=1&horizon_days=2",
        "horizon_days",
        "horizon_days=0",
        "horizon=5",
        "import%20os=1",
        "__class__=1",
        "note=%FF",
        "note=%00",
        "note=a%0Ab",
        "note=" + "x" * 9000,
        "&&",
        "confidence_level=NaN",
    ],
)
def test_what_does_not_fit_is_refused(query):
    with pytest.raises(InputError):
        parse_query(DECLARED, query)


def test_defaults_are_left_out():
    assert to_query(DECLARED, complete(DECLARED, {})) == ""
    assert to_query(DECLARED, {"horizon_days": 10, "confidence_level": 0.99}) == "horizon_days=10"


@settings(max_examples=200, deadline=None)
@given(
    level=st.floats(0.5, 1, exclude_min=True, exclude_max=True),
    days=st.integers(1, 250),
    note=st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=40),
    flat=st.booleans(),
)
def test_an_address_reads_back_exactly(level, days, note, flat):
    values = {"confidence_level": level, "horizon_days": days, "flat": flat}
    if note:
        values |= parse_query(DECLARED, to_query(DECLARED, {"note": note}))  # normalised once
    assert complete(DECLARED, parse_query(DECLARED, to_query(DECLARED, values))) == complete(DECLARED, values)
