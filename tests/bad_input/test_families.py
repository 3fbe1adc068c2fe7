"""The families of bad input, by id: each one has a test in this folder that carries its number."""

import re
from pathlib import Path

import pytest

#: A test's name (`test_41_to_44_and_50`) or a case's (`id="26 negative price"`) begins with the ids it is of.
NAMES = re.compile(r"def test_(\d\d(?:_(?:to|and)_\d\d|_\d\d)*)|id=f?\"((?:\d\d(?:, )?)+)[ \"]")
SENTENCES = {
    21: "NaN inside",
    22: "a column of NaN",
    23: "a gap of 40 days",
    24: "an unadjusted split",
    25: "a zero price",
    26: "a negative price",
    27: "a duplicate date",
    28: "dates out of order",
    29: "naive and aware times",
    30: "a Sunday bar",
    31: "a future date",
    32: "a constant series",
    33: "identical columns",
    34: "fewer days than assets",
    35: "one asset",
    36: "one observation or none",
    37: "a correlation above 1",
    38: "50,000 assets",
    39: "text for numbers",
    40: "a stale answer",
    41: "a confidence level out of range",
    42: "a horizon out of range",
    43: "a number of paths out of range",
    44: "a seed out of range",
    45: "a shock of -100 % and -150 %",
    46: "an infeasible target return",
    47: "a start after the end",
    48: "an unknown field",
    49: "nested, doubled or too many keys",
    50: "a boolean for a number",
}


def families():
    """Id to the files that test it."""
    found: dict[int, set[str]] = {}
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        for in_name, in_case in NAMES.findall(path.read_text()):
            ids = [int(one) for one in re.findall(r"\d\d", in_name or in_case)]
            if "_to_" in in_name:
                first, last = (int(one) for one in re.search(r"(\d\d)_to_(\d\d)", in_name).groups())
                ids += range(first, last + 1)
            for one in ids:
                found.setdefault(one, set()).add(path.name)
    return found


@pytest.mark.parametrize("family", SENTENCES, ids=lambda one: f"{one} {SENTENCES[one]}")
def test_every_family_of_prices_and_parameters_has_its_test(family):
    assert families().get(family), f"no test of {family}: {SENTENCES[family]}"


def test_the_engine_itself_has_most_of_them():
    """What is left to the importer alone: a zone's session and a date after today."""
    elsewhere = {one for one in SENTENCES if "test_engine.py" not in families()[one]}
    assert elsewhere == {30, 31}
