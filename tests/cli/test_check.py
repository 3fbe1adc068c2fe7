"""`riskkit check` names the file, the cell or line and the fault, and its exit code serves CI."""

import shutil
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from riskkit.cli.check import command

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def project(tmp_path):
    for name in ("notebooks", "parameters"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


def check(project):
    result = CliRunner().invoke(command, ["--project", str(project)], env={"RISKKIT_HOME": str(project / "home")})
    return result.exit_code, result.output


def test_this_project_has_no_fault(project):
    code, output = check(project)
    assert code == 0, output
    assert output.endswith("no fault\n")


def test_every_scenario_counts(project):
    notebooks, reports = (project / "notebooks").glob("*.ipynb"), (project / "parameters").glob("*.yml")
    scenarios = list((project / "parameters" / "scenarios").glob("*.yml"))
    assert len(scenarios) > 1
    count = len(list(notebooks)) + len(list(reports)) + len(scenarios) + 1
    assert check(project) == (0, f"{count} checked, no fault\n")
    text = scenarios[0].read_text()
    scenarios[0].write_text(text + "colour: red\n")
    code, output = check(project)
    assert code == 1
    assert f"parameters/scenarios/{scenarios[0].name}: " in output
    assert "colour" in output
    assert output.endswith(f"{count - 1} good, 1 with faults\n")


def test_a_file_that_nothing_reads_because_of_its_ending_is_a_fault(project):
    (project / "parameters" / "portfolio_var.yml").rename(project / "parameters" / "portfolio_var.yaml")
    shutil.copy(
        project / "parameters" / "scenarios" / "covid_2020.yml", project / "parameters" / "scenarios" / "a.yaml"
    )
    code, output = check(project)
    assert code == 1
    assert "parameters/portfolio_var.yaml: report" in output
    assert "parameters/scenarios/a.yaml: scenario" in output
    assert output.count("ending in .yml") == 2


def edit(project, change):
    path = project / "notebooks" / "portfolio_var.ipynb"
    notebook = nbformat.read(path, 4)
    change(notebook)
    nbformat.write(notebook, path)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def append_code(source):
    return lambda notebook: notebook.cells.insert(-1, nbformat.v4.new_code_cell(source))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (append_code("def f():\n    return 1"), "`def` belongs in riskkit"),
        (append_code("for x in range(3):\n    x"), "`for` belongs in riskkit"),
        (append_code("import os"), "imports os; a notebook imports only riskkit"),
        (append_code("print(1)"), "uses `print`"),
        (append_code("x = 1\ny = pd.Timestamp.now()"), "line 2: `pd.Timestamp.now` reads the clock"),
        (append_code("%matplotlib inline"), "not plain Python"),
        (append_code("\n".join(f"a{i} = {i}" for i in range(13))), "13 lines; at most 12"),
        (lambda nb: nb.cells.pop(0), "H1 title"),
        (lambda nb: code_cells(nb)[0].metadata.update(tags=[]), "the tag 'parameters'"),
        (lambda nb: code_cells(nb)[0].update(source="portfolio = 'demo'"), "cell 2"),
        (lambda nb: code_cells(nb)[-1].update(source="1 + 1"), "run.save()"),
        (lambda nb: code_cells(nb)[1].update(execution_count=3), "stored output"),
    ],
)
def test_a_notebook_that_breaks_a_convention_is_named(project, change, fault):
    edit(project, change)
    code, output = check(project)
    assert code == 1
    assert any("notebooks/portfolio_var.ipynb" in line and fault in line for line in output.splitlines()), output


def test_a_file_that_is_no_notebook(project):
    (project / "notebooks" / "broken.ipynb").write_text("{not json")
    code, output = check(project)
    assert code == 1
    assert "notebooks/broken.ipynb: not a readable notebook" in output


def test_a_wrong_parameter_file_and_a_wrong_scenario(project):
    (project / "parameters" / "bad.yml").write_text("notebook: portfolio_var\ncolour: red\n")
    (project / "parameters" / "scenarios" / "bad.yml").write_text("title: x\n")
    code, output = check(project)
    assert code == 1
    assert "colour" in output
    assert "parameters/scenarios" in output


def test_half_a_setting_is_a_fault(project):
    env = {"RISKKIT_HOME": str(project / "home"), "SUPABASE_URL": "https://x.example", "SUPABASE_ANON_KEY": ""}
    result = CliRunner().invoke(command, ["--project", str(project)], env=env)
    assert result.exit_code == 1
    assert "go together" in result.output


def publish(project, name, change):
    """Change what a notebook's metadata says of its publication."""
    path = project / "notebooks" / f"{name}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    change(notebook.metadata["riskkit"])
    nbformat.write(notebook, path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda m: m.pop("title"), "metadata.riskkit.title: got None; expected a line of 1 to 200 characters"),
        (lambda m: m.update(question=" "), "metadata.riskkit.question: got ' '; expected a line"),
        (lambda m: m.update(roles=["viewer", "boss"]), "metadata.riskkit.roles: got 'boss'; expected one of viewer"),
        (lambda m: m.update(roles="viewer"), "metadata.riskkit.roles: got 'viewer'; expected a list of some of viewer"),
        (lambda m: m.update(order="first"), "metadata.riskkit.order: got 'first'; expected a number"),
        (lambda m: m.update(order=True), "metadata.riskkit.order: got True; expected a number"),
        (lambda m: m.update(order=10), "metadata.riskkit.order: got 10; expected a place of its own: notebooks/"),
        (lambda m: m.update(colour="red"), "metadata.riskkit.colour: got 'red'; expected one of the fields title"),
    ],
)  # fmt: skip
def test_what_publishes_a_notebook_is_checked_field_by_field(project, change, said):
    publish(project, "stress_test", change)
    code, output = check(project)
    assert code == 1
    assert f"notebooks/stress_test.ipynb: {said}" in output
    assert output.splitlines()[-1].endswith("1 with faults")


def test_a_notebook_that_is_not_published_is_no_fault(project):
    publish(project, "stress_test", lambda metadata: metadata.clear())
    assert check(project)[0] == 0
