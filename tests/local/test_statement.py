"""The query string's grammar: whatever is sent becomes a statement or is refused, and no value becomes SQL."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskkit.local.answer import RestError
from riskkit.local.relations import Link
from riskkit.local.statement import Statement, split

TEXT = st.text(alphabet=st.sampled_from('ab1_.,:()!*"\\ ->$%;é\x00&='), max_size=40)
KEYS = st.sampled_from(["select", "order", "limit", "offset", "or", "not.and", "a.or", "on_conflict", "x"])
OPERATION = st.sampled_from(["", "eq.", "in.(", "not.is.", "(a.eq."])
#: Not a character that SQL's own text here holds.
SECRET = "ß"


def made(pairs):
    statement = Statement("t", pairs)
    statement.links = [Link("key", "t", "a", (("a_id", "id"),), to_one=True)]
    return statement, statement.select(10, count=True).as_string(None)


@given(st.lists(st.tuples(KEYS | TEXT, st.builds(str.__add__, OPERATION, TEXT)), max_size=4))
def test_nothing_but_a_refusal_is_raised(pairs):
    with contextlib.suppress(RestError):
        made(pairs)


@given(TEXT, st.sampled_from(["x=eq.{}", "x=in.({})", "or=(x.eq.{},y.in.({}))", "select={}", "order={}", "{}=eq.1"]))
def test_no_value_becomes_sql(text, place):
    key, _, value = place.partition("=")
    pairs = [(key.replace("{}", SECRET + text), value.replace("{}", SECRET + text))]
    with contextlib.suppress(RestError):
        assert SECRET not in made(pairs)[1]


@given(st.text(alphabet=st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=30))
def test_a_quoted_value_means_itself(text):
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    assert made([("or", f'(x.eq."{escaped}")')])[0].parameters["p0"] == text
    assert made([("x", f'in.("{escaped}",y)')])[0].parameters["p0"] == f'{{"{escaped}","y"}}'


def test_a_plain_filters_value_is_taken_as_it_stands():
    assert made([("x", 'eq."x",(y)')])[0].parameters["p0"] == '"x",(y)'


def test_groups_nest_and_negate():
    text = made([("or", "(a.eq.1,not.and(b.gt.2,c.not.in.(1,2)))")])[1]
    assert 'where true and ("t"."a" = %(p0)s or not ("t"."b" > %(p1)s and not ("t"."c" = any (%(p2)s))))' in text


def test_a_select_reads_aliases_and_tables():
    text = made([("select", "n:name,one:a!key(id)")])[1]
    assert '"t"."name" as "n"' in text
    assert 'from "public"."a" as "a_0" where "a_0"."id" = "t"."a_id"' in text


@pytest.mark.parametrize("text", ["(" * 1000, "a(" * 1000 + ")" * 1000, "a(a(a(a(a(a(b))))))"])
@pytest.mark.parametrize("key", ["select", "or", "order"])
def test_depth_is_bounded(key, text):
    with pytest.raises(RestError):
        made([(key, text)])


def test_length_is_bounded():
    with pytest.raises(RestError):
        split("a" * 20_000)
