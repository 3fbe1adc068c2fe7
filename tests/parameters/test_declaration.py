import pytest

from riskkit.errors import InputError
from riskkit.parameters.declaration import as_text, declarations, describe

CELL = """# what this report is asked
portfolio: str = "demo"  # team/portfolio, or the portfolio alone where that is unique {portfolio}
as_of: str = "latest"  # valuation date {date | latest}
method: str = "historical"  # how the P&L distribution is made {historical | parametric}
confidence_level: float = 0.99  # probability that the loss is not exceeded {0.5 < x < 1}
horizon_days: int = 1  # trading days {1..250}
note: str = "a # b"  # free text

zero_mean: bool = False  # whether the mean is taken as zero
"""


def test_the_designs_cell_is_read_in_order():
    declared = declarations(CELL)
    assert [p.name for p in declared] == [
        "portfolio",
        "as_of",
        "method",
        "confidence_level",
        "horizon_days",
        "note",
        "zero_mean",
    ]
    assert [p.type for p in declared] == ["str", "str", "str", "float", "int", "str", "bool"]
    assert declared[3].default == 0.99
    assert declared[3].help == "probability that the loss is not exceeded"
    assert declared[3].constraint.text == "0.5 < x < 1"
    assert declared[5].default == "a # b"
    assert declared[6].constraint.kind == "any"


def test_describe_gives_texts_for_help():
    row = describe(declarations(CELL))[4]
    assert row == ("horizon_days", "int", "1", "trading days", "1..250")


@pytest.mark.parametrize("value", [0.1, 1e-05, 1e22, -3, 12, True, False, "x y"])
def test_as_text_reads_back(value):
    text = as_text(value)
    assert text == value if isinstance(value, str) else float(text.replace("true", "1").replace("false", "0")) == value


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "nothing"),
        ("# only words", "nothing"),
        ("x = 1  # no annotation", "annotation"),
        ("x: int  # no default", "default"),
        ("x: int = 1", "comment"),
        ("x: int = 1  #", "empty comment"),
        ("x: int = 1  # {1..5}", "no help"),
        ("x: list = []  # not builtin", "type"),
        ("x: 'int' = 1  # string annotation", "annotation"),
        ("x: int = 1 + 1  # not a literal", "literal"),
        ("x: int = len('a')  # a call", "call"),
        ("x: int = 1.0  # wrong type", "type"),
        ("x: int = True  # a bool is not an int", "bool"),
        ("x: float = 1  # an int is not a float", "int"),
        ("x: float = 1e400  # infinite {0 < x < 1}", "range"),
        ("x: int = 9  # out of its own range {1..5}", "range"),
        ("x: str = 'c'  # not among {a | b}", "choice"),
        ("x: str = 'c'  # a range on text {1..5}", "kind"),
        ("x: bool = True  # bounded {0 | 1}", "kind"),
        ("x: int = 1  # two {1..5} {1..6}", "braces"),
        ("_x: int = 1  # hidden", "name"),
        ("X: int = 1  # capital", "name"),
        ("match_é: int = 1  # accent", "name"),
        ("x.y: int = 1  # attribute", "name"),
        ("x: int = 1  # one\nx: int = 2  # twice", "twice"),
        ("x: int = 1  # one\nprint(x)", "statement"),
        ("import os", "statement"),
        ("x: str = '''a\nb'''  # two lines", "lines"),
        ("x: int = (1  # unclosed", "syntax"),
        ("x: int = 1\x00  # NUL", "syntax"),
    ],
)
def test_anything_else_in_the_cell_is_refused(line, why):
    with pytest.raises(InputError):
        declarations(line)


def test_the_error_names_the_line():
    with pytest.raises(InputError) as caught:
        declarations("x: int = 1  # fine\ny = 2  # not\n")
    assert caught.value.line == 2
    assert caught.value.value == "y = 2  # not"
