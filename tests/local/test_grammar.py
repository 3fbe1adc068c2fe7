"""The query string's grammar: whatever is sent, it parses or is refused, and what parses says what was meant."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskkit.local.answer import RestError
from riskkit.local.grammar import Column, Embed, Filter, Group, parse_filter, parse_group, parse_select
from riskkit.local.query import read_query

TEXT = st.text(alphabet=st.sampled_from('ab1_.,:()!*"\\ ->$%;é\x00&='), max_size=40)
KEYS = st.sampled_from(
    ["select", "order", "limit", "offset", "or", "not.and", "a.or", "a.b", "columns", "on_conflict", "x"]
)


@given(st.lists(st.tuples(KEYS | TEXT, TEXT), max_size=4))
def test_nothing_but_a_refusal_is_raised(pairs):
    with contextlib.suppress(RestError):
        read_query(pairs)


@given(st.text(alphabet=st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=30))
def test_a_quoted_value_means_itself(text):
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    assert parse_filter("a", f'in.("{escaped}",x)').value == (text, "x")
    assert parse_group("or", f'(a.eq."{escaped}")', negated=False).members == (Filter("a", "eq", text),)


def test_a_filters_value_is_taken_as_it_stands():
    assert parse_filter("a", 'eq."x",(y)').value == '"x",(y)'
    assert parse_filter("a", "not.is.null") == Filter("a", "is", "null", negated=True)


def test_groups_nest():
    group = parse_group("or", "(a.eq.1,not.and(b.gt.2,c.not.in.(1,2)))", negated=False)
    assert group.members[1] == Group(
        "and", (Filter("b", "gt", "2"), Filter("c", "in", ("1", "2"), negated=True)), negated=True
    )


def test_a_select_reads_aliases_casts_hints_and_embeds():
    assert parse_select('n:"odd name"::text,t:teams!fk!inner(id,x(*))') == (
        Column("odd name", "n", "text"),
        Embed("teams", "t", "fk", True, (Column("id"), Embed("x", None, None, False, (Column("*"),)))),
    )


@pytest.mark.parametrize("text", ["(" * 1000, "a(" * 1000 + ")" * 1000, "and(" * 50])
def test_depth_is_bounded(text):
    for parse in (parse_select, lambda text: parse_group("and", text, negated=False)):
        with pytest.raises(RestError):
            parse(text)
