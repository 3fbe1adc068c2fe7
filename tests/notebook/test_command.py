"""The command under a live page is one a shell reads as it was meant."""

import shlex
from datetime import date

from riskkit.notebook.command import block, command
from riskkit.parameters.declaration import declarations

DECLARED = declarations(
    'portfolio: str = "demo"  # which {portfolio}\nnote: str = "a"  # any text\nfull: bool = True  # all'
)


def test_only_what_differs_from_the_default_is_said():
    text = command("portfolio_var", "atlas/demo", date(2020, 3, 16), DECLARED, {"note": "a", "full": False})
    assert text == "riskkit report portfolio_var --portfolio atlas/demo --as-of 2020-03-16 -p full false"


def test_nothing_in_a_value_reaches_the_shell():
    note = "$(touch /tmp/x); `id` 'and' \"so on\""
    text = command("portfolio_var", "atlas/demo", date(2020, 3, 16), DECLARED, {"note": note})
    assert shlex.split(text)[-1] == note


def test_it_is_text_on_the_page():
    assert "<script>" not in block("<script>alert(1)</script>")
