"""An error names the field, the value and what was expected, and where it stands."""

from riskkit.errors import InputError, InputErrors, RunFailed


def test_the_sentence():
    error = InputError("confidence_level", 95, "a number between 0.5 and 1", line=3, column=7, source="a.yml")
    assert str(error) == "a.yml:3:7: confidence_level: got 95; expected a number between 0.5 and 1"
    assert error.exit_code == 2


def test_a_monster_value_is_cut():
    assert len(str(InputError("name", "x" * 1_000_000, "at most 200 characters"))) < 200


def test_several_errors_are_one_exception_with_a_line_each():
    both = InputErrors([InputError("a", 1, "2"), InputError("b", 3, "4")])
    assert str(both).splitlines() == ["a: got 1; expected 2", "b: got 3; expected 4"]
    assert both.field == "a"


def test_a_failed_run_names_step_and_cell():
    assert str(RunFailed("r1", "execute", "ValueError: x", cell=4)) == "run r1 failed at execute: cell 4: ValueError: x"
