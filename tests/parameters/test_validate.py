import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskkit.errors import InputError, InputErrors
from riskkit.parameters.declaration import declarations
from riskkit.parameters.given import Given, Place, Plain
from riskkit.parameters.validate import complete, validate

DECLARED = declarations("""portfolio: str = "demo"  # which book {portfolio}
as_of: str = "latest"  # valuation date {date | latest}
method: str = "historical"  # how {historical | parametric}
confidence_level: float = 0.99  # probability {0.5 < x < 1}
horizon_days: int = 1  # trading days {1..250}
seed: int = 7  # of the generator {x >= 0}
note: str = ""  # shown under the title
zero_mean: bool = False  # take the mean as zero
""")


def refused(values, *, text=False):
    with pytest.raises(InputErrors) as caught:
        validate(DECLARED, values, text=text)
    return caught.value.errors


def test_values_of_the_declared_type_pass_and_only_those_given_come_back():
    given = {"zero_mean": True, "confidence_level": 0.95, "portfolio": "atlas/demo"}
    assert list(validate(DECLARED, given).items()) == [
        ("portfolio", "atlas/demo"),
        ("confidence_level", 0.95),
        ("zero_mean", True),
    ]


def test_text_is_typed_by_the_declaration():
    given = {"confidence_level": "0.975", "horizon_days": "10", "zero_mean": "true", "as_of": "2020-03-16"}
    found = validate(DECLARED, given, text=True)
    assert found == {"as_of": "2020-03-16", "confidence_level": 0.975, "horizon_days": 10, "zero_mean": True}
    assert type(found["horizon_days"]) is int


def test_a_whole_number_is_a_number():
    declared = declarations("shift: float = 0.0  # added")
    assert type(validate(declared, {"shift": 3})["shift"]) is float
    assert validate(declared, {"shift": "-1e-3"}, text=True) == {"shift": -0.001}


@pytest.mark.parametrize(
    "name",
    [
        "import os",
        "x = 1\nimport os; os.system('id')",
        "__class__",
        "_hidden",
        "class",
        "None",
        "a-b",
        "",
        " portfolio",
        "portfolio\n",
        "𝐩ortfolio",  # NFKC makes it a declared name, and Python would too
        "portfolio[0]",
        "x" * 100_000,
        None,
        3,
    ],
)
def test_a_name_that_is_no_identifier_is_refused_as_such(name):
    (error,) = refused({name: "demo"})
    assert error.field == "parameter name"
    assert "never code" in error.expected
    assert len(str(error)) < 600


def test_a_mistyped_name_is_told_the_near_one():
    (error,) = refused({"confidence": 0.9})
    assert (error.field, error.value) == ("confidence", 0.9)
    assert error.expected.startswith("one of portfolio, as_of, method,")
    assert error.expected.endswith("did you mean confidence_level?")


@pytest.mark.parametrize(
    "value", [0, 1, -0.1, 1.5, 95, float("nan"), float("inf"), "0.95", True, None, [0.95], 10**400]
)
def test_confidence_levels_that_are_none(value):
    (error,) = refused({"confidence_level": value})
    assert error.expected == "a number, 0.5 < x < 1"


@pytest.mark.parametrize(
    "text", ["0", "1", "1e400", "nan", "0x1p-1", "0,95", "９５", "0.9_5", " 0.95", "", "0.95\n", "95%"]
)
def test_confidence_levels_in_text_that_are_none(text):
    (error,) = refused({"confidence_level": text}, text=True)
    assert error.field == "confidence_level"


@pytest.mark.parametrize("value", [0, -1, 2.5, 1.0, 10**9, True, "1", None])
def test_horizons_that_are_none(value):
    refused({"horizon_days": value})


@pytest.mark.parametrize("text", ["0", "-1", "2.5", "1e2", "012", "+1", "1_0", "０", "1" * 5000])
def test_horizons_in_text_that_are_none(text):
    refused({"horizon_days": text}, text=True)


@pytest.mark.parametrize("value", [-1, 2**64, "x"])
def test_seeds_that_are_none(value):
    refused({"seed": value})


@pytest.mark.parametrize("text", ["yes", "no", "1", "0", "TRUE", ""])
def test_only_true_and_false_are_bools(text):
    refused({"zero_mean": text}, text=True)


@pytest.mark.parametrize("text", ["a\nb", "a\x00", "\u202etxt", "x" * 201])
def test_free_text_is_one_readable_line(text):
    refused({"note": text})


def test_free_text_may_be_empty_and_is_normalised():
    assert validate(DECLARED, {"note": ""}) == {"note": ""}
    assert validate(DECLARED, {"note": "e\u0301"}) == {"note": "é"}


def test_everything_wrong_is_reported_together_with_its_place():
    given = Given(
        {"horizon_days": Plain("0"), "method": "guess", "import os": 1},
        {"horizon_days": Place("a.yml", 3, 9), "method": Place("-p")},
    )
    errors = refused(given)
    assert [str(error) for error in errors] == [
        "a.yml:3:9: horizon_days: got '0'; expected a whole number, 1..250",
        "-p: method: got 'guess'; expected one of historical, parametric",
        "parameter name: got 'import os'; expected one of portfolio, as_of, method, confidence_level, horizon_days, "
        "seed, note, zero_mean; a name is an identifier, never code",
    ]


def test_complete_fills_the_defaults():
    assert complete(DECLARED, {"horizon_days": 5})["horizon_days"] == 5
    assert complete(DECLARED, {})["confidence_level"] == 0.99
    assert list(complete(DECLARED, {})) == [p.name for p in DECLARED]


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(st.text(max_size=12), st.one_of(st.none(), st.text(), st.floats(), st.integers(), st.booleans()))
)
def test_whatever_comes_either_fits_or_is_an_input_error(values):
    try:
        found = validate(DECLARED, values)
    except InputError:
        return
    assert set(found) <= {p.name for p in DECLARED}
