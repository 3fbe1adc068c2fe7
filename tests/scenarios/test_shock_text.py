"""A line of shocks is read and written without loss, and nothing that is not one is taken for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskkit.errors import InputError
from riskkit.scenarios import Shock, parse_shocks, write_shocks
from riskkit.scenarios.shock_text import named_targets

KINDS = {"AAPL": "equity", "SP500.vol": "volatility", "EURUSD": "fx", "UST10": "yield", "A:B=C": "equity"}
TARGETS = [*KINDS, "kind:equity", "kind:fx", "kind:volatility", "kind:yield", "currency:EUR", "^unknown one"]


@given(st.dictionaries(st.sampled_from(TARGETS), st.tuples(st.floats(-0.99, 10), st.booleans())))
def test_what_is_written_is_read_back(found):
    shocks = tuple(
        Shock(target, size, "absolute" if absolute and not target.startswith("currency:") else "relative")
        for target, (size, absolute) in found.items()
    )
    assert tuple(one.shock(KINDS) for one in parse_shocks(write_shocks(shocks, KINDS))) == shocks
    assert tuple(one.shock({}) for one in parse_shocks(write_shocks(shocks, {}))) == shocks


def test_a_size_is_what_is_usual_for_its_target():
    read = parse_shocks("equity:-0.2,volatility:.15,currency:EUR:5e-2,SP500.vol:+0.1,UST10:0.02,AAPL:-0.5,EURUSD:0.1")
    assert [one.shock(KINDS).kind for one in read] == [
        "relative", "absolute", "relative", "absolute", "absolute", "relative", "relative",
    ]  # fmt: skip
    assert [one.size for one in read][2] == 0.05


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("equity", "a target, a colon and a decimal size"),
        ("equity:", "a decimal size"),
        (":0.1", "a target"),
        ("equity:-20%", "a decimal size"),
        ("equity:nan", "a decimal size"),
        ("equity:1e9", "between -10 and 10"),
        ("equity:11", "between -10 and 10"),
        ("equity:-1.5", "at least -1"),
        ("currency:EUR:-1", "above -1"),
        ("currency:EUR:0.1:absolute", "relative shock"),
        ("currency:euro:0.1", "three capital letters"),
        ("kind:bond:0.1", "kind:equity"),
        ("equity:-0.1,kind:equity:-0.2", "each target once"),
        ("equity:-0.1,", "a target"),
        ("<script>:0.1", "a target"),
        ("=1+1:0.1", "a target"),
        ("A\u202eB:0.1", "a target"),
        ("٣:0.1", "a target"),
        ("A:٣", "a decimal size"),
        (",".join(f"F{i}:0.1" for i in range(300)), "at most 250 shocks"),
    ],
)
def test_what_is_no_shock_is_refused_with_a_reason(text, said):
    with pytest.raises(InputError, match="shocks: got") as refused:
        parse_shocks(text)
    assert said in refused.value.expected
    assert named_targets(text) == ()


def test_nothing_is_no_shock():
    assert parse_shocks("") == parse_shocks("  ") == ()
    assert write_shocks([], {}) == ""
