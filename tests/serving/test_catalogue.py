import os
import shutil

import pytest

from riskkit.errors import InputError
from riskkit.serving.catalogue import Catalogue


def test_only_published_notebooks_in_their_order(project):
    found = Catalogue(project).dashboards()
    assert [d.name for d in found] == ["probe", "analysts", "refusing", "failing", "dying", "slow"]
    assert (found[0].title, found[0].question, found[0].role) == ("Probe", "What does a kernel see?", "viewer")
    assert [p.name for p in found[0].parameters] == ["portfolio", "as_of", "level", "note"]


@pytest.mark.parametrize("name", ["unpublished", "nothing", "../notebooks/probe", "probe.ipynb", "", "Probe"])
def test_anything_else_is_unknown(project, name):
    assert Catalogue(project).find(name) is None


@pytest.mark.parametrize(
    ("roles", "opens"),
    [((), False), (("viewer",), False), (("analyst",), True), (("viewer", "admin"), True), (("owner",), False)],
)
def test_a_higher_role_opens_what_a_lower_one_does(project, roles, opens):
    assert Catalogue(project).find("analysts").open_to(roles) is opens


def test_a_changed_notebook_is_read_again(project, tmp_path):
    shutil.copytree(project / "notebooks", tmp_path / "notebooks")
    catalogue = Catalogue(tmp_path)
    path = tmp_path / "notebooks" / "probe.ipynb"
    assert catalogue.find("probe") is catalogue.find("probe")
    path.write_text(path.read_text().replace('"Probe"', '"Other"'))
    os.utime(path, (1, 1))
    assert catalogue.find("probe").title == "Other"
    path.unlink()
    assert catalogue.find("probe") is None


def test_a_role_nobody_has_is_refused(project, tmp_path):
    shutil.copytree(project / "notebooks", tmp_path / "notebooks")
    path = tmp_path / "notebooks" / "analysts.ipynb"
    path.write_text(path.read_text().replace('"analyst"', '"boss"'))
    with pytest.raises(InputError, match=r"metadata\.riskkit\.roles"):
        Catalogue(tmp_path).find("analysts")
