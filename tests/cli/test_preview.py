"""`riskkit preview`: a notebook with the eyes of a role, which gives no right that the person has not."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from riskkit.local.client import service_client

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def project(tmp_path, riskkit, sign_in):
    """The repository's notebooks; the demo's quant, an analyst, is signed in."""
    for name in ("notebooks", "parameters"):
        shutil.copytree(ROOT / name, tmp_path / name)
    sign_in("quant@atlas.example")
    return tmp_path


@pytest.fixture
def previewing(project, demo_stack):
    """Start a preview of a dashboard as a process of its own: what it says first; at the end it is told to stop."""
    running = []

    def start(*arguments):
        key = {"SUPABASE_SERVICE_ROLE_KEY": demo_stack.keys().service_key}
        command = [sys.executable, "-m", "riskkit", "preview", *arguments]
        # Who runs the tests in the background of a shell has them ignore Ctrl-C.
        process = subprocess.Popen(
            command, env={**os.environ, **key}, stdout=subprocess.PIPE, text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip
        running.append(process)
        lines = []
        while not lines or "Ctrl-C" not in lines[-1]:
            lines.append(process.stdout.readline())
            assert lines[-1], lines
        return "".join(lines), process

    yield start
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()


def stand_ins(demo_stack):
    with service_client(demo_stack.keys()) as service:
        emails = [user.email for user in service.auth.admin.list_users(per_page=1000)]
    return [email for email in emails if email.endswith("@preview.invalid")]


def test_a_dashboard_with_the_eyes_of_a_viewer(previewing, demo_stack):
    said, process = previewing("portfolio_var", "--role", "viewer", "--portfolio", "atlas/demo")
    email = re.search(r"Sign in as (viewer-\w+@preview\.invalid)", said)[1]
    password = re.search(r"password (\S+)", said)[1]
    address = re.search(r"http://\S+", said)[0]
    assert "viewer of atlas" in said
    assert address.endswith("/dashboards/portfolio_var?portfolio=atlas%2Fdemo")
    with httpx.Client(base_url=address.partition("/dashboards")[0], timeout=60) as http:
        xsrf = re.search(r'name="_xsrf" value="([^"]+)"', http.get("/sign-in").text)[1]
        http.post("/sign-in", data={"_xsrf": xsrf, "email": email, "password": password})
        home = http.get("/").text
        assert "Portfolio VaR" in home
        assert "borealis" not in home.lower()
    with service_client(demo_stack.keys()) as service:
        user = next(one for one in service.auth.admin.list_users(per_page=1000) if one.email == email)
        roles = service.table("memberships").select("role,teams(slug)").eq("user_id", user.id).execute().data
        assert roles == [{"role": "viewer", "teams": {"slug": "atlas"}}]
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 0
    assert stand_ins(demo_stack) == []


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("portfolio_var", "--role", "admin"), "a preview gives no rights"),
        (("portfolio_var", "--role", "owner"), "'owner' is not one of"),
        (("nothing",), "stress_test, "),
        (("portfolio_var", "-p", "confidence_level", "7"), "confidence_level"),
    ],
)
def test_what_cannot_be_shown_is_said_before_anything_is_made(riskkit, demo_stack, arguments, says):
    found, _, err = riskkit("preview", *arguments)
    assert (found != 0, says in err) == (True, True), (found, err)
    assert stand_ins(demo_stack) == []


def test_an_unpublished_notebook_is_no_dashboard_and_a_higher_one_is_noted(riskkit, project, monkeypatch):
    path = project / "notebooks" / "stress_test.ipynb"
    notebook = json.loads(path.read_text())
    del notebook["metadata"]["riskkit"]
    path.write_text(json.dumps(notebook))
    assert "what publishes it" in riskkit("preview", "stress_test")[2]
    notebook["metadata"]["riskkit"] = {"title": "T", "question": "Q?", "roles": ["approver"], "order": 1}
    path.write_text(json.dumps(notebook))
    monkeypatch.setenv("SUPABASE_SERVICE_ROLE_KEY", "")
    _, _, err = riskkit("preview", "stress_test", "--role", "viewer")
    assert "a viewer may not open this dashboard; its roles begin at approver" in err
    assert "needs the service key" in err


def test_a_report_is_made_as_oneself(riskkit, project):
    code, out, err = riskkit("preview", "stress_test", "--as", "report", "--portfolio", "atlas/equities")
    assert code == 0, err
    assert "unofficial" in out
    assert (project / out.splitlines()[-1].strip()).is_file() or Path(out.splitlines()[-1].strip()).is_file()
