"""The shape of the project is tested: layers, file sizes, mirrored tests, nothing of this machine in a commit."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from riskkit.parameters.conventions import notebook_breaches

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CEILING = 400
LOCAL_CEILING = 4421
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_layers_hold_and_every_module_has_a_place():
    done = subprocess.run(
        [LINT_IMPORTS], cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_unplaced_module_fails_the_layers(tmp_path):
    """The contract is exhaustive: a copy of the package with a stray `utils.py` is refused."""
    shutil.copytree(ROOT / "riskkit", tmp_path / "riskkit", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "riskkit" / "utils.py").write_text('"""A junk drawer."""\n')
    done = subprocess.run(
        [LINT_IMPORTS], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.returncode != 0
    assert "riskkit.utils" in done.stdout + done.stderr


@pytest.mark.parametrize("path", tracked("*.py"), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_passes_the_ceiling(path):
    assert len(path.read_text().splitlines()) <= CEILING


def test_the_embedded_supabase_grows_no_further():
    """Its lines in all, SQL, docstrings and blanks included; what it does not need to speak it does not speak."""
    files = tracked("riskkit/local/*.py", "riskkit/local/*.sql")
    assert sum(len(path.read_text().splitlines()) for path in files) <= LOCAL_CEILING


def test_no_junk_drawer():
    junk = {"utils", "helpers", "common", "base", "manager", "misc"}
    assert [path for path in tracked("riskkit/*.py") if path.stem in junk] == []


@pytest.mark.parametrize("path", tracked("notebooks/*.ipynb"), ids=lambda path: path.name)
def test_notebooks_keep_the_conventions(path):
    assert notebook_breaches(path) == ()


def test_environment_yml_installs_the_package_and_nothing_that_could_drift():
    """Everything but conda's own business comes from pyproject.toml, so there is no second list of pins."""
    environment = YAML(typ="safe", pure=True).load(ROOT / "environment.yml")
    conda = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    pip = next(entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    assert [re.split(r"[<>=]", entry)[0] for entry in conda] == ["python", "make", "pip"]
    assert f"python{PYPROJECT['project']['requires-python']}" in conda
    assert len(pip) == 1
    match = re.fullmatch(r"--editable \.\[([a-z,]+)\]", pip[0])
    assert match
    assert set(match[1].split(",")) == set(PYPROJECT["project"]["optional-dependencies"])


def test_the_lock_holds_every_dependency_with_hashes_and_no_index():
    lock = (ROOT / "requirements.lock").read_text()
    pinned = set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))
    wanted = [
        *PYPROJECT["project"]["dependencies"],
        *(entry for extra in PYPROJECT["project"]["optional-dependencies"].values() for entry in extra),
        *PYPROJECT["dependency-groups"]["dev"],
    ]
    names = {re.match(r"[A-Za-z0-9._-]+", entry)[0].lower().replace("_", "-").replace(".", "-") for entry in wanted}
    assert names - pinned == set()
    assert lock.count("--hash=sha256:") >= len(pinned)
    assert not re.search(r"(?m)^(-i|--index-url|--extra-index-url|--find-links)|https?://", lock)


def test_importing_riskkit_is_light():
    heavy = {"supabase", "bokeh", "voila", "papermill", "pandas"}
    code = f"import sys, riskkit; print(sorted({heavy!r} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
