import pytest

from riskkit.errors import InputError, InputErrors
from riskkit.parameters.declaration import declarations
from riskkit.parameters.merge import merge
from riskkit.parameters.validate import validate

DECLARED = declarations("""method: str = "a"  # how {a | b | c}
level: float = 0.99  # probability {0.5 < x < 1}
days: int = 1  # trading days {1..250}
""")


def test_papermills_order_files_then_text_then_single_values(tmp_path):
    (tmp_path / "one.yml").write_text("method: b\nlevel: 0.9\ndays: 2\n")
    (tmp_path / "two.yml").write_text("level: 0.8\n")
    given = merge(p=[("days", "4")], files=[tmp_path / "one.yml", tmp_path / "two.yml"], yaml=["days: 3", "method: c"])
    assert validate(DECLARED, given) == {"method": "c", "level": 0.8, "days": 4}


def test_errors_name_the_source_that_won(tmp_path):
    file = tmp_path / "one.yml"
    file.write_text("method: x\ndays: 0\n")
    with pytest.raises(InputErrors) as caught:
        validate(DECLARED, merge(p=[("level", "2")], files=[file], yaml=["days: '3'"]))
    assert [str(error).split(": ")[0] for error in caught.value.errors] == [f"{file}:1:9", "-y:1:7", "-p"]


def test_a_quoted_number_in_yaml_is_a_text_and_a_date_is_what_the_notebook_says():
    with pytest.raises(InputError, match=r"got '0\.95'; expected a number"):
        validate(DECLARED, merge(yaml=["level: '0.95'"]))
    declared = declarations('as_of: str = "latest"  # date {date | latest}')
    assert validate(declared, merge(yaml=["as_of: 2020-03-16"])) == {"as_of": "2020-03-16"}


@pytest.mark.parametrize("text", ["[1]", "x", "3", "days: [1]", "days: {a: 1}", "days: ~", "days:", "import os: 1"])
def test_yaml_that_is_no_set_of_single_values(text):
    with pytest.raises(InputError):
        validate(DECLARED, merge(yaml=[text]))


def test_nothing_gives_nothing():
    assert merge(yaml=["", "{}"]) == {}


def test_one_name_twice_by_p_is_no_silent_choice():
    with pytest.raises(InputError, match="each parameter once"):
        merge(p=[("days", "1"), ("days", "2")])
