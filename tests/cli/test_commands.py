"""The command line itself: every command is there, help is quick, an error is one line and an exit code."""

import subprocess
import sys

import pytest

from riskkit.cli import COMMANDS, main


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help(name, capsys):
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    output = capsys.readouterr().out
    assert output.startswith(f"Usage: riskkit {name}")
    assert len(output.splitlines()) >= 5


def test_help_imports_no_command():
    code = (
        "import sys; from riskkit.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print(sorted({'supabase', 'papermill', 'voila', 'pandas', 'bokeh'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_an_unknown_command_is_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["reprot"])
    assert ended.value.code == 2
    assert "reprot" in capsys.readouterr().err


def test_a_month_that_is_none_is_named_as_it_was_typed(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--replay", "2022-13"])
    assert ended.value.code == 2
    assert "got '2022-13'; expected a month" in capsys.readouterr().err


def test_an_error_is_one_line_and_its_exit_code(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("RISKKIT_HOME", str(tmp_path))
    monkeypatch.delenv("SUPABASE_URL", raising=False)
    with pytest.raises(SystemExit) as ended:
        main(["whoami"])
    assert ended.value.code != 0
    error = capsys.readouterr().err
    assert error.startswith("riskkit: ")
    assert "Traceback" not in error
