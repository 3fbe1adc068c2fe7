"""Kernels: whose they are, what they hold, how many there may be, and when they end."""

import json
import time
from pathlib import Path

import psutil
import pytest
from websockets.exceptions import InvalidStatus

from riskkit.serving.environment import secret_names


def ends(pid, seconds=20):
    """Whether the process ends in time."""
    deadline = time.monotonic() + seconds
    while psutil.pid_exists(pid) and time.monotonic() < deadline:
        time.sleep(0.2)
    return not psutil.pid_exists(pid)


CANARY = "canary-of-the-service-key"


def test_a_kernel_shows_the_viewers_own_rows(quant, stranger, page):
    shown = {}
    for viewer in (quant, stranger):
        text, kernel = viewer.open("/dashboards/probe")
        assert "SECRET_SOURCE_MARKER" not in text
        with viewer.websocket(kernel) as socket:
            shown[viewer] = page(socket).load().seen()
    assert shown[quant]["who"] == shown[quant]["member"] == "quant@atlas.example"
    assert {path.split("/")[0] for path in shown[quant]["portfolios"]} == {"atlas"}
    assert {path.split("/")[0] for path in shown[stranger]["portfolios"]} == {"borealis"}


def test_cells_are_in_the_history_as_in_lab(quant, page):
    """open_run reads the parameters cell there."""
    _, kernel = quant.open("/dashboards/probe")
    with quant.websocket(kernel) as socket:
        assert page(socket).load().seen()["history"] >= 3


def test_nobody_else_reaches_a_kernel(quant, stranger, browser, page):
    _, kernel = quant.open("/dashboards/probe")
    other_tab = stranger
    for visitor in (other_tab, browser):
        for origin in (None, quant.url):
            with pytest.raises(InvalidStatus) as refused:
                visitor.websocket(kernel, origin)
            assert refused.value.response.status_code == 403
        assert visitor.get(f"/api/kernels/{kernel}").status_code in (302, 403)
        headers = {"X-XSRFToken": visitor.xsrf}
        assert visitor.http.delete(f"/api/kernels/{kernel}", headers=headers).status_code == 403
        assert visitor.close(kernel).status_code in (403, 404)
        assert visitor.get(f"/session?kernel={kernel}").json().get("kernel", "gone") == "gone"
    with quant.websocket(kernel) as socket:
        assert page(socket).load().seen()["who"] == "quant@atlas.example"
    assert quant.get(f"/session?kernel={kernel}").json()["kernel"] == "live"


def test_the_same_user_in_another_browser_does_not_reach_it_either(quant, viewers):
    _, kernel = quant.open("/dashboards/probe")
    with pytest.raises(InvalidStatus):
        viewers("quant@atlas.example").websocket(kernel)


def test_another_site_does_not_reach_it(quant):
    _, kernel = quant.open("/dashboards/probe")
    with pytest.raises(InvalidStatus) as refused:
        quant.websocket(kernel, origin="http://evil.example")
    assert refused.value.response.status_code == 403
    assert quant.http.post(f"/voila/api/shutdown/{kernel}").status_code == 403


def test_a_page_closes_its_own_kernel(quant):
    _, kernel = quant.open("/dashboards/probe")
    assert quant.close(kernel).status_code == 204
    assert quant.get(f"/session?kernel={kernel}").json() == {"session": "live", "kernel": "gone", "why": "closed"}
    assert quant.close(kernel).status_code == 404


def test_no_secret_is_near_a_kernel(demo_stack, project, serve, new_browser, page):
    """Not in its environment, not in its process's first environment, not in the server's."""
    keys = demo_stack.keys()
    planted = {
        "SUPABASE_SERVICE_ROLE_KEY": keys.service_key, "DATABASE_URL": keys.db_url, "PGPASSWORD": CANARY,
        "SUPABASE_JWT_SECRET": keys.jwt_secret, "SOME_OTHER_VARIABLE": CANARY,
    }  # fmt: skip
    served = serve(demo_stack.home, project, **planted)
    visitor = new_browser(served.url)
    visitor.sign_in("quant@atlas.example")
    _, kernel = visitor.open("/dashboards/probe")
    with visitor.websocket(kernel) as socket:
        seen = page(socket).load().seen()
    first = dict(e.split("=", 1) for e in Path(f"/proc/{seen['pid']}/environ").read_text().split("\0") if "=" in e)
    for environ in (seen["environ"], first):
        held = "\n".join(f"{name}={value}" for name, value in environ.items())
        for secret in (keys.service_key, keys.db_url, keys.jwt_secret, CANARY, "postgresql://"):
            assert secret not in held
        assert secret_names(environ) == ()
        assert len(seen["ticket"]) >= 43
        assert seen["ticket"] not in held
    assert seen["environ"]["SUPABASE_ANON_KEY"] == keys.anon_key
    assert not Path(seen["environ"]["RISKKIT_TICKET_FILE"]).exists()
    assert not [name for name in first if name.startswith(("RISKKIT_", "SUPABASE_"))], "a fork's is its nursery's"
    server = psutil.Process(served.process.pid)
    assert secret_names(server.environ()) == ()
    assert keys.service_key not in Path(f"/proc/{served.process.pid}/environ").read_text()
    opened = [file.path for file in server.open_files()]
    assert not [path for path in opened if "secrets.json" in path]
    folder = Path(seen["environ"]["RISKKIT_BROKER"]).parent
    assert json.loads((folder / f"kernel-{kernel}.json").read_text())["transport"] == "ipc"
    assert folder.stat().st_mode & 0o777 == 0o700


def test_the_cap_of_one_user_has_a_page_of_its_own(demo_stack, project, serve, new_browser):
    served = serve(demo_stack.home, project, "--kernels-per-user", "1", "--kernels", "2")
    quant, stranger, viewer = (new_browser(served.url) for _ in range(3))
    quant.sign_in("quant@atlas.example")
    stranger.sign_in("quant@borealis.example")
    viewer.sign_in("viewer@atlas.example")
    _, kernel = quant.open("/dashboards/probe")
    with quant.websocket(kernel):
        full = quant.get("/dashboards/probe")
        assert full.status_code == 503
        assert "Too many dashboards open" in full.text
        _, other = stranger.open("/dashboards/probe")
        with stranger.websocket(other):
            full = viewer.get("/dashboards/probe")
            assert full.status_code == 503
            assert "The server is full" in full.text
    quant.close(kernel)
    assert viewer.get("/dashboards/probe").status_code == 200


def test_a_kernel_without_a_page_ends(demo_stack, project, serve, new_browser, page):
    served = serve(demo_stack.home, project, "--orphan-seconds", "1")
    quant = new_browser(served.url)
    quant.sign_in("quant@atlas.example")
    _, kernel = quant.open("/dashboards/probe")
    with quant.websocket(kernel) as socket:
        pid = page(socket).load().seen()["pid"]
    assert ends(pid)
    deadline = time.monotonic() + 20  # its process ends before it is said to be gone
    while (told := quant.get(f"/session?kernel={kernel}").json())["kernel"] == "live" and time.monotonic() < deadline:
        time.sleep(0.1)
    assert told == {"session": "live", "kernel": "gone", "why": "closed"}


def test_a_session_without_a_person_ends_with_its_kernel(demo_stack, project, serve, new_browser, page):
    served = serve(
        demo_stack.home, project, "--idle-minutes", "0.3"
    )  # longer than a busy machine's kernel says nothing
    quant = new_browser(served.url)
    quant.sign_in("quant@atlas.example")
    _, kernel = quant.open("/dashboards/probe")
    with quant.websocket(kernel) as socket:
        pid = page(socket).load().seen()["pid"]
        # polling /session does not keep it alive
        assert page(socket).closed(60, meanwhile=lambda: quant.get("/session")) == 4401
    assert quant.get("/session").json() == {"session": "ended", "why": "idle"}
    assert ends(pid)
    assert "Your session has ended" in quant.get("/", follow_redirects=True).text


def test_a_kernel_that_dies_is_gone_for_its_page(quant, page):
    _, kernel = quant.open("/dashboards/probe")
    with quant.websocket(kernel) as socket:
        psutil.Process(page(socket).load().seen()["pid"]).kill()
        assert page(socket).closed() == 4410
    assert quant.get(f"/session?kernel={kernel}").json() | {"seconds": 0} == {
        "session": "live", "kernel": "gone", "why": "died", "seconds": 0,
    }  # fmt: skip
