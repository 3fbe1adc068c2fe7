import os
import shutil

import pytest

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


@pytest.mark.parametrize(
    "broken",
    [
        lambda _: '{"cells": [',
        lambda _: "",
        lambda _: "[]",
        lambda _: '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": 7}',
        lambda text: text.replace('"analyst"', '"boss"'),
        lambda text: text.replace('["analyst"]', "7").replace('"roles": [\n    "analyst"\n   ]', '"roles": 7'),
        lambda text: text.replace('"order": 2', '"order": "second"'),
        lambda text: text.replace('"order": 2', '"order": null'),
        lambda text: text.replace('"order": 2', '"order": NaN'),
        lambda text: text.replace('"parameters"\n', '"others"\n'),
    ],
)
def test_a_broken_notebook_is_left_out_and_said_once(project, tmp_path, caplog, broken):
    shutil.copytree(project / "notebooks", tmp_path / "notebooks")
    path = tmp_path / "notebooks" / "analysts.ipynb"
    text = broken(path.read_text())
    assert text != path.read_text()
    path.write_text(text)
    catalogue = Catalogue(tmp_path)
    for _ in range(3):
        assert catalogue.find("analysts") is None
        assert [d.name for d in catalogue.dashboards()] == ["probe", "refusing", "failing", "dying", "slow"]
    assert [r.notebook for r in caplog.records if r.name == "riskkit.serving.catalogue"] == ["analysts.ipynb"]
    shutil.copy(project / "notebooks" / "analysts.ipynb", path)
    assert catalogue.find("analysts").title == "For analysts"
