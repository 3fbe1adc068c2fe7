"""A dashboard's address is checked before a kernel starts, and sets what the notebook declares and nothing else."""

import contextlib
import html
import re
import time
import uuid

import httpx
import nbformat
import psutil
import pytest

from riskkit.kernels.forked import NAME as KERNEL
from riskkit.local.client import service_client
from riskkit.serving.dashboard import injected


def kernels(server):
    found = []
    for child in psutil.Process(server.process.pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):  # gone or a zombie: not running
            found += [child] if child.name() == KERNEL else []
    return found


@pytest.mark.parametrize("route", ["/dashboards/probe?{}", "/voila/render/probe.ipynb?{}"])
@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("level=95", "Level: 95 cannot be used; expected a number, 0.5 < x < 1."),
        ("level=high", "Level: high cannot be used; expected a number, 0.5 < x < 1."),
        ("level=nan", "Level: nan cannot be used"),
        ("levle=0.9", "did you mean level?"),
        ("template=lab", "expected one of portfolio, as_of, level, note"),
        ("level=0.9&level=0.95", "expected each parameter once"),
        ("__import__('os').system('touch planted')=1", "a name is an identifier, never code"),
        ("a%20%3D%201%3B%20import%20os%3B%20os.system(%22touch%20planted%22)%3B%20b=1", "never code"),
        ("as_of=16.3.2020", "expected a date such as 2020-03-16 or latest"),
        ("as_of=1950-01-03", "As of: 1950-01-03 cannot be used"),
        ("portfolio=../../etc", "expected a portfolio: its name, or team/name"),
        ("level", "expected name=value pairs"),
        ("level=%ff", "UTF-8"),
        ("level=0.9&" + "x" * 9000, "at most 8000 characters"),
    ],
)
def test_an_address_that_cannot_be_shown_says_why(server, quant, project, route, query, sentence):
    before = kernels(server)
    answer = quant.get(route.format(query))
    assert answer.status_code == 422
    assert sentence in html.unescape(answer.text)
    assert kernels(server) == before
    assert not list(project.rglob("planted"))


def test_every_mistake_is_said_at_once(quant):
    text = html.unescape(quant.get("/dashboards/probe?level=95&nope=1&as_of=x").text)
    assert all(part in text for part in ("Level: 95", "Nope: 1", "As of: x"))


def test_values_arrive_typed_and_as_they_are(quant, page):
    note = """it's "quoted" \\ {x} $(touch planted) <b> & naïve 数"""
    _, kernel = quant.open("/dashboards/probe?" + str(httpx.QueryParams(level="0.975", note=note)))
    with quant.websocket(kernel) as socket:
        assert page(socket).load().seen()["values"] == ["demo", "latest", 0.975, note]


def test_the_two_addresses_of_a_dashboard_are_the_same(quant, page):
    for route in ("/dashboards/probe?level=0.9", "/voila/render/probe.ipynb?level=0.9"):
        _, kernel = quant.open(route)
        with quant.websocket(kernel) as socket:
            assert page(socket).load().seen()["values"][2] == 0.9
        quant.close(kernel)


def test_another_teams_portfolio_is_as_unknown_as_none(server, stranger):
    before = kernels(server)
    names = ("atlas/demo", "atlas/nothing", "nothing")
    answers = [stranger.get(f"/dashboards/probe?portfolio={name}") for name in names]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert len({re.sub('name="_xsrf" value="[^"]*"', "", answer.text) for answer in answers}) == 1
    assert kernels(server) == before


def test_who_cannot_see_the_default_portfolio_is_led_to_their_own(stranger):
    answer = stranger.get("/dashboards/probe")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/dashboards/probe?portfolio=borealis/income"


def test_a_link_without_a_portfolio_shows_nobody_another_one(quant, stranger):
    """It means the notebook's default; who cannot see that one must not take their own for it."""
    assert stranger.get("/dashboards/probe?level=0.9").status_code == 404
    quant.close(quant.open("/dashboards/probe?level=0.9")[1])


@pytest.fixture
def member_of_two_teams(demo_stack, viewers):
    """Both teams have a portfolio called demo."""
    email = f"{uuid.uuid4()}@both.example"
    with service_client(demo_stack.keys()) as client:
        made = client.auth.admin.create_user({"email": email, "password": "riskkit-demo", "email_confirm": True})
        teams = {row["slug"]: row["id"] for row in client.table("teams").select("id,slug").execute().data}
        client.table("memberships").insert(
            [{"team_id": team, "user_id": made.user.id, "role": "viewer"} for team in teams.values()]
        ).execute()
        second = {"team_id": teams["borealis"], "slug": "demo", "title": "Second", "base_currency": "EUR"}
        created = client.table("portfolios").insert(second).execute().data[0]
        yield viewers(email)
        client.table("portfolios").delete().eq("id", created["id"]).execute()
        client.table("memberships").delete().eq("user_id", made.user.id).execute()


def test_a_name_that_two_teams_use_needs_the_team(member_of_two_teams):
    for query in ("portfolio=demo", "level=0.9"):
        answer = member_of_two_teams.get(f"/dashboards/probe?{query}")
        assert answer.status_code == 422
        assert "the team too: atlas/demo or borealis/demo" in html.unescape(answer.text)
    assert member_of_two_teams.get("/dashboards/probe?portfolio=nothing").status_code == 404
    answer = member_of_two_teams.get("/dashboards/probe")
    assert answer.headers["location"] == "/dashboards/probe?portfolio=atlas/demo"


@pytest.mark.parametrize("name", ["unpublished", "nothing", "Probe", "../probe", "beside.csv"])
def test_what_is_not_published_is_not_found(quant, name):
    assert quant.get(f"/dashboards/{name}").status_code == 404
    assert quant.get(f"/voila/render/{name}").status_code == 404
    assert quant.get(f"/voila/render/{name}.ipynb").status_code == 404


def test_a_role_opens_what_it_may(viewers):
    viewer, analyst = viewers("viewer@atlas.example"), viewers("quant@atlas.example")
    refused = viewer.get("/dashboards/analysts")
    assert refused.status_code == 403
    assert "Your role does not open this page" in refused.text
    assert "For analysts" not in viewer.get("/").text
    assert "For analysts" in analyst.get("/").text
    assert analyst.get("/dashboards/analysts").status_code == 200


def test_a_refusal_in_a_cell_is_a_sentence(quant):
    text, _ = quant.open("/dashboards/refusing")
    assert "as_of: got &#39;2001-02-03&#39;; expected a day with data" in text
    assert "Traceback" not in text


def test_a_failure_in_a_cell_is_a_reference(server, quant):
    text, _ = quant.open("/dashboards/failing")
    assert "Something went wrong while this dashboard was prepared." in text
    assert not any(word in text for word in ("ZeroDivision", "LEAKED_SOURCE_MARKER", "Traceback", "secret_local"))
    reference = text.split("Reference ")[1][:8]
    assert reference in server.log.read_text()
    assert "ZeroDivisionError" in server.log.read_text()


def test_a_kernel_that_dies_in_a_cell_is_said(quant):
    text, _ = quant.open("/dashboards/dying")
    assert "The calculation stopped unexpectedly" in text


def test_the_head_arrives_before_the_kernel_has_started(quant):
    began = time.monotonic()
    with quant.http.stream("GET", "/dashboards/slow") as answer:
        chunks = answer.iter_bytes()
        text = b""
        while b"rk-bones" not in text:
            text += next(chunks)
        first = time.monotonic() - began
        assert b"kernelId" not in text
        assert b"quant@atlas.example" in text
    assert first < 8


def test_a_page_left_before_it_is_complete_leaves_no_kernel(server, quant):
    before = len(kernels(server))
    with quant.http.stream("GET", "/dashboards/slow") as answer:
        text = b""
        for chunk in answer.iter_bytes():
            text += chunk
            if b"kernelId" in text:
                break
    deadline = time.monotonic() + 20
    while len(kernels(server)) > before and time.monotonic() < deadline:
        time.sleep(0.2)
    assert len(kernels(server)) <= before


def test_injection_leaves_the_published_notebook_alone(project):
    notebook = nbformat.read(project / "notebooks" / "probe.ipynb", as_version=4)
    before = nbformat.writes(notebook)
    made = injected(notebook, {"level": 0.1 + 0.2, "note": "a\nb"})
    assert nbformat.writes(notebook) == before
    (cell,) = [cell for cell in made.cells if "injected-parameters" in cell.metadata.get("tags", [])]
    found = {}
    exec(cell.source, found)
    assert (found["level"], found["note"]) == (0.1 + 0.2, "a\nb")
    assert made.cells.index(cell) == 2
    assert injected(notebook, {}).cells == notebook.cells
