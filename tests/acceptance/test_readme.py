"""README's walk with one's own ten lines, taken from its text and done by the command line."""

import re
import shlex
from pathlib import Path

import pytest

from riskkit.demo.books import BOOKS, PASSWORD, USERS

README = (Path(__file__).resolve().parents[2] / "README.md").read_text()


def test_the_demo_is_described_as_it_is():
    """README's table of sign-ins against the books and users that the demo seeds."""
    (demo,) = [book for book in BOOKS if book.path == "atlas/demo"]
    shares = [position for position in demo.positions if position.instrument.asset_class == "equity"]
    assert f"`atlas/demo`: {len(shares)} stocks long and short" in README
    described = dict(re.findall(r"^\| `(\S+@\S+)` \| (\w+) \|", README, re.MULTILINE))
    assert described == {email: role for email, (_, role) in USERS.items()}
    assert f"`{PASSWORD}`" in README


@pytest.fixture
def own_book():
    """The section's CSV files by name, and its commands."""
    section = README.split("## Your own book")[1].split("\n## ")[0]
    files = dict(re.findall(r"`(\w+\.csv)`:\n\n```csv\n(.*?)```", section, re.DOTALL))
    commands = re.findall(r"^\$ riskkit (.*)$", section, re.MULTILINE)
    return files, [shlex.split(command, comments=True) for command in commands]


def test_the_walk_with_a_book_of_ones_own(riskkit, project, own_book):
    files, commands = own_book
    assert len(files["positions.csv"].splitlines()) == 10
    for name, text in files.items():
        (project / name).write_text(text)
    ran = [command for command in commands if command[0] != "login"]  # the fixture signed the same user in
    assert [command[:2] for command in ran] == [["portfolio", "import"], ["report", "portfolio_var"]]
    outputs = [riskkit(*command) for command in ran]
    assert "mybook" in riskkit("portfolio", "list")
    assert re.search(r"var +[\d,]+\.\d\d USD", outputs[1])
    (page,) = project.glob("reports/portfolio_var/2020-03-16/atlas/mybook/*/report.html")
    assert "WMT" in page.read_text()
