"""Anonymous requests get no page, kernel or websocket; nothing of stock Voila that riskkit does not use is there."""

import contextlib
import http.client
import re
import signal
import time
import uuid
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest
from websockets.exceptions import InvalidStatus

KERNEL = str(uuid.UUID(int=7))


@pytest.mark.parametrize(
    "path",
    ["/", "/dashboards/probe", "/dashboards/nothing", "/voila/render/probe.ipynb", "/dashboards/probe?level=7",
     f"/api/kernels/{KERNEL}", "/api/kernels", "/api/contents", "/api/sessions", "/api/terminals", "/api/status",
     "/api", "/lab", "/tree", "/nbconvert/html/probe.ipynb",
     "/notebooks/probe.ipynb", "/files/beside.csv", "/sign-out/x"],
)  # fmt: skip
def test_anonymous_is_sent_to_sign_in_whether_the_page_exists_or_not(browser, path):
    answer = browser.get(path)
    assert answer.status_code in (302, 403)
    assert "Probe" not in answer.text
    if answer.status_code == 302:
        assert answer.headers["location"].startswith("/sign-in?next=")


@pytest.mark.parametrize(
    "path",
    ["/voila/files/beside.csv", "/voila/files/../notebooks/beside.csv", "/voila/files/..%2fnotebooks/beside.csv",
     "/voila/files/probe.ipynb", "/voila/tree", "/voila/tree/", "/voila/api/contents/", f"/voila/query/{KERNEL}",
     f"/voila/execution/{KERNEL}", "/voila/static/voila.js", "/voila/templates/lab/static/index.css",
     "/voila/templates/x", "/voila/api/themes/x"],
)  # fmt: skip
def test_66_what_voila_opens_is_closed_to_everybody(browser, quant, path):
    for visitor in (browser, quant):
        with contextlib.closing(http.client.HTTPConnection(visitor.url.removeprefix("http://"), timeout=30)) as raw:
            raw.request("GET", path, headers={"Cookie": visitor.cookies()})  # as it is: a browser would tidy `..`
            answer = raw.getresponse()
            assert answer.status == 404
            assert b"figures" not in answer.read()


@pytest.mark.parametrize("path", ["/sign-in", "/healthz", "/session"])
def test_what_is_open_tells_nothing(browser, path):
    answer = browser.get(path)
    assert answer.status_code == 200
    assert not re.search(r"@|atlas|Probe|kernel", answer.text)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/", "/api/kernels", f"/api/kernels/{KERNEL}", f"/voila/api/shutdown/{KERNEL}"])
def test_anonymous_changes_nothing(browser, method, path):
    assert browser.http.request(method, path).status_code in (403, 405)


def test_anonymous_gets_no_websocket(server, browser, quant):
    _, kernel = quant.open("/dashboards/probe")
    for address in (kernel, KERNEL):
        with pytest.raises(InvalidStatus) as refused:
            browser.websocket(address)
        assert refused.value.response.status_code == 403
        assert refused.value.response.body == b"refused\n"
    assert "write_error" not in server.log.read_text()


def test_another_host_name_is_refused(browser):
    """A page elsewhere that lets its own name point here (DNS rebinding) is not answered."""
    for path in ("/", "/sign-in", "/healthz", "/assets/0123456789abcdef/riskkit/look.css"):
        answer = browser.get(path, headers={"Host": "evil.example"})
        assert (answer.status_code, answer.text) == (400, "unknown host\n")
    assert browser.http.post("/sign-in", headers={"Host": "evil.example"}).status_code == 400


def test_every_answer_carries_the_security_headers(browser, quant):
    for answer in (browser.get("/"), browser.get("/sign-in"), browser.get("/healthz"), quant.get("/"),
                   quant.get("/nothing"), quant.get("/dashboards/probe?level=7"), quant.get("/assets/0/x"),
                   quant.get("/voila/files/x")):  # fmt: skip
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "Server" not in answer.headers
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "script-src" not in policy or "; script-src 'self'; " in policy  # the first page keeps itself up to date


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_server_leaves_nothing(demo_stack, project, serve, new_browser, new_user, page, number):
    served, email = serve(demo_stack.home, project), new_user()
    visitor = new_browser(served.url)
    visitor.sign_in(email)
    _, kernel = visitor.open("/dashboards/probe")
    with visitor.websocket(kernel) as socket:
        seen = page(socket).load().seen()
        children = psutil.Process(served.process.pid).children(recursive=True)
        assert seen["pid"] in [child.pid for child in children]
        assert served.stop(number) == 0
    _, alive = psutil.wait_procs(children, timeout=5)
    assert alive == []
    assert not Path(seen["environ"]["RISKKIT_BROKER"]).parent.exists()
    with psycopg.connect(demo_stack.keys().db_url) as database:
        left = "select count(*) from auth.sessions s join auth.users u on u.id = s.user_id where u.email = %s"
        assert database.execute(left, (email,)).fetchone() == (0,), "no session is left at Auth"


def test_kernels_die_with_a_killed_server_and_the_next_one_tidies_up(demo_stack, project, serve, new_browser, page):
    served = serve(demo_stack.home, project)
    visitor = new_browser(served.url)
    visitor.sign_in("viewer@atlas.example")
    _, kernel = visitor.open("/dashboards/probe")
    with visitor.websocket(kernel) as socket:
        folder = Path(page(socket).load().seen()["environ"]["RISKKIT_BROKER"]).parent
    children = psutil.Process(served.process.pid).children(recursive=True)
    served.stop(signal.SIGKILL)
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []
    assert folder.exists()
    serve(demo_stack.home, project).stop()
    assert not folder.exists()


def test_sessions_end_with_the_server_and_the_page_says_so(demo_stack, project, serve, new_browser):
    served = serve(demo_stack.home, project)
    visitor = new_browser(served.url)
    visitor.sign_in("viewer@atlas.example")
    port = served.url.rsplit(":", 1)[1]
    served.stop()
    again = serve(demo_stack.home, project, "--port", port)
    assert again.url == served.url
    answer = visitor.get("/", follow_redirects=True)
    assert str(answer.url).startswith(again.url + "/sign-in")
    assert "Your session has ended. Sign in again" in answer.text


def test_another_base_url(demo_stack, project, serve, new_browser):
    served = serve(demo_stack.home, project, "--base-url", "/risk/")
    visitor = new_browser(served.url)
    assert served.url.endswith("/risk")
    assert visitor.sign_in("viewer@atlas.example").headers["location"] == "/risk/"
    text, kernel = visitor.open("/dashboards/probe")
    assert not re.findall(r'(?:href|src|action)="(?!/risk/|#|data:)[^"]*"', text)
    assert visitor.get(f"/session?kernel={kernel}").json()["kernel"] == "live"
    assert httpx.get(served.url.removesuffix("risk"), timeout=10).headers["location"].startswith("/risk/sign-in?")
    visitor.post("/sign-out")
    time.sleep(0.2)
    assert visitor.get("/").status_code == 302
