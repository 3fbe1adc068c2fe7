"""How lists of names are written."""

import pytest

from riskkit.wording import some


@pytest.mark.parametrize(
    ("count", "said"), [(0, ""), (1, "A"), (2, "A, B"), (3, "A, B and 1 other"), (5, "A, B and 3 others")]
)
def test_a_long_list_of_names_is_cut_and_the_others_are_counted(count, said):
    assert some("ABCDE"[:count], 2) == said
