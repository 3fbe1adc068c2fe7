import pytest

from riskkit import names
from riskkit.errors import InputError


def test_a_title_is_normalised_so_that_twins_are_one_name():
    assert names.title("title", "Cafe\u0301") == names.title("title", "Caf\u00e9") == "Caf\u00e9"


def test_markup_formulas_and_emoji_are_text_like_any_other():
    for text in ("<script>alert(1)</script>", "=HYPERLINK(1)", "'; drop table teams", "{{7*7}}", "Risk 🎯"):
        assert names.title("title", text) == text


@pytest.mark.parametrize(
    "text",
    ["", "   ", "a\nb", "a\tb", "a\x00b", "a\u202eb", "a\u200bb", "a\u2028b", "a\ud800b", "\ue000", "x" * 201, None, 3],
)
def test_what_nobody_can_see_or_read_is_no_title(text):
    with pytest.raises(InputError, match="a text of 1 to 200 characters"):
        names.title("title", text)


def test_a_megabyte_is_refused_without_normalising_it():
    with pytest.raises(InputError):
        names.title("title", "e\u0301" * 500_000)


@pytest.mark.parametrize("text", ["Demo", "", "a/b", "..", "-a", "é", "a" * 64, "a b", "ａ", None])
def test_a_slug_is_lower_case_ascii(text):
    with pytest.raises(InputError, match="lower-case letters"):
        names.slug("portfolio", text)


@pytest.mark.parametrize("text", ["BRK.B", "^GSPC", "EUR cash", "SP500.vol", "ES=F", "A" * 63])
def test_symbols_in_use_pass(text):
    assert names.symbol("symbol", text) == text


@pytest.mark.parametrize("text", ["=A1", "+1", "-1", "@SUM", "AAPL ", "ΑAPL", "", "A\n", "<b>", "A" * 64, 7])
def test_what_would_be_a_formula_or_a_look_alike_is_no_symbol(text):
    with pytest.raises(InputError, match="a symbol"):
        names.symbol("symbol", text)
