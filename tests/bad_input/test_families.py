"""The families of bad input, by id: each one has a test that carries its number, nearly all of them in this folder.

Where a row allows more than one outcome, this is the one that was chosen:

- 51: stored and shown as text, never refused. 54, 53: refused, not cut, not stripped; NFC alone is silent.
- 52: a leading apostrophe in CSV; in XLSX a cell of type text, which runs nothing and keeps what was typed.
- 55: a NUL is refused, everything that is only written like one is text.
- 64: dead at once, whether there is no notebook, another nbformat, no kernelspec, or another kernel than `python3`.
- 65: the run fails and is not tried again; nothing behind the link is read.
- 69: text, until the notebook's declaration types it. 70: refused, both.
- 75: a time in a gap fires at its end, one in a fold at the first of the two.
- 76: a file or a schedule is refused beyond 60 slots a day (and a user who is no analyst with 403).
- 77: a holiday is on record as skipped, a half day keeps its early close.
- 78: the newest instants up to the cap, every other one recorded as coalesced.
"""

import re
from pathlib import Path

import pytest

#: A test's name (`test_41_to_44_and_50`) or a case's (`id="26 negative price"`) begins with the ids it is of.
NAMES = re.compile(r"def test_(\d\d(?:_(?:to|and)_\d\d|_\d\d)*)|id=f?\"((?:\d\d(?:, )?)+)[ \"]|^    (\d\d): \(", re.M)
#: Tests elsewhere that carry a family's number, because they need what is there.
ELSEWHERE = ("serving/test_app.py",)
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
    51: "markup in names",
    52: "formulas in an export",
    53: "invisible and look-alike characters",
    54: "emoji, and names too long",
    55: "SQL and NUL",
    56: "LaTeX",
    57: "a template's braces",
    58: "a log line in a text",
    59: "a report's name that is a path",
    60: "a notebook's name that is an address",
    61: "a parameter's name that is code",
    62: "a file name in an output",
    63: "an image in prose",
    64: "what is no notebook of ours",
    65: "a link in the work folder",
    66: "raw paths with two dots",
    67: "a YAML tag",
    68: "a YAML bomb",
    69: "what YAML would guess",
    70: "merged and doubled keys",
    71: "what is no cron line",
    72: "a cron line that never fires",
    73: "seven fields",
    74: "what is no time zone",
    75: "changes of the clock",
    76: "too often",
    77: "calendars, holidays and half days",
    78: "ten thousand missed instants",
}


def families():
    """Id to the files that test it."""
    found: dict[int, set[str]] = {}
    folder = Path(__file__).parent
    for path in (*sorted(folder.glob("test_*.py")), *(folder.parent / name for name in ELSEWHERE)):
        for in_name, in_case, in_key in NAMES.findall(path.read_text()):
            if path == Path(__file__):
                continue
            ids = [int(one) for one in re.findall(r"\d\d", in_name or in_case or in_key)]
            if "_to_" in in_name:
                first, last = (int(one) for one in re.search(r"(\d\d)_to_(\d\d)", in_name).groups())
                ids += range(first, last + 1)
            for one in ids:
                found.setdefault(one, set()).add(path.name)
    return found


@pytest.mark.parametrize("family", SENTENCES, ids=lambda one: f"{one} {SENTENCES[one]}")
def test_every_family_has_its_test(family):
    assert families().get(family), f"no test of {family}: {SENTENCES[family]}"


def test_the_engine_itself_has_most_of_them():
    """What is left to the importer alone: a zone's session and a date after today."""
    elsewhere = {one for one in SENTENCES if one <= 50 and "test_engine.py" not in families()[one]}
    assert elsewhere == {30, 31}
