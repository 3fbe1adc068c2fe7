"""The project's notebooks in a project of their own, with the demo's quant signed in against the embedded Supabase."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from riskkit.demo.books import PASSWORD

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def project(demo_stack, tmp_path_factory):
    """Where everything runs: what it writes stays out of the repository."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("notebooks", "parameters"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def environment(demo_stack, project):
    """The environment of somebody's shell."""
    keys = demo_stack.keys()
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    own = {"RISKKIT_PROJECT": str(project), "RISKKIT_HOME": str(project / "home")}
    return {**kept, **own, "SUPABASE_URL": keys.url, "SUPABASE_ANON_KEY": keys.anon_key}


@pytest.fixture(scope="module")
def run(environment, project):
    """Run a Python module as that person; its standard output."""

    def run(*arguments, stdin=""):
        done = subprocess.run(
            [sys.executable, "-m", *map(str, arguments)],
            cwd=project, env=environment, input=stdin, capture_output=True, text=True, check=False, timeout=600,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        return done.stdout

    return run


@pytest.fixture(scope="module")
def quant(run):
    """The demo's quant, signed in."""
    run("riskkit", "login", "--email", "quant@atlas.example", "--password-stdin", stdin=PASSWORD)
    return "quant@atlas.example"
