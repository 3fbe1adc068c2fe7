"""A server on the demo's data with small notebooks of its own, and browsers without a screen to visit it."""

import contextlib
import json
import re
import time
import uuid

import httpx
import nbformat
import pyotp
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from riskkit.local.client import service_client

PASSWORD = "riskkit-demo"
HEADING = new_markdown_cell("# Probe\n\nWhat does a kernel see?")
PARAMETERS = new_code_cell(
    'portfolio: str = "demo"  # which {portfolio}\n'
    'as_of: str = "latest"  # valuation date {date | latest}\n'
    "level: float = 0.99  # a level {0.5 < x < 1}\n"
    'note: str = "hello"  # a text',
    metadata={"tags": ["parameters"]},
)
PROBE = """
import json, os, ipywidgets
from riskkit import session
from riskkit.settings import Settings
from riskkit.store.connect import open_store
SECRET_SOURCE_MARKER = 1
settings = Settings.load()
who = session.current(settings)
store = open_store(settings, who)
seen, look, boom = ipywidgets.HTML(), ipywidgets.Button(description="look"), ipywidgets.Button(description="boom")
def answer(_button=None):
    seen.value = json.dumps({
        "pid": os.getpid(), "environ": dict(os.environ), "member": store.member().email, "who": who.email,
        "portfolios": [ref.path for ref in store.portfolios()], "values": [portfolio, as_of, level, note],
        "token": who.access_token(), "history": len(In), "ticket": settings.ticket,
    })
def burst(_button):
    raise ValueError("LEAKED_TRACEBACK_MARKER")
look.on_click(answer)
boom.on_click(burst)
answer()
"""
VIEW = "ipywidgets.VBox([seen, look, boom])"


def write_notebook(folder, name, *cells, **published):
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    metadata |= {"riskkit": published} if published else {}
    nbformat.write(new_notebook(cells=[HEADING, PARAMETERS, *map(new_code_cell, cells)], metadata=metadata),
                   folder / f"{name}.ipynb")  # fmt: skip


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """A project whose notebooks tell what a kernel can see."""
    root = tmp_path_factory.mktemp("project")
    (root / "parameters").mkdir()
    notebooks = root / "notebooks"
    notebooks.mkdir()
    write_notebook(notebooks, "probe", PROBE, VIEW, title="Probe", roles=["viewer"], order=1)
    write_notebook(notebooks, "analysts", PROBE, VIEW, title="For analysts", roles=["analyst"], order=2)
    refusal = "from riskkit.errors import InputError\nraise InputError('as_of', '2001-02-03', 'a day with data')"
    write_notebook(notebooks, "refusing", refusal, title="Refusing", roles=["viewer"], order=3)
    write_notebook(notebooks, "failing", "secret_local = 1\n1 / 0  # LEAKED_SOURCE_MARKER", title="Failing", order=4)
    write_notebook(notebooks, "dying", "import os\nos._exit(7)", title="Dying", order=5)
    write_notebook(notebooks, "slow", "import time\ntime.sleep(8)", title="Slow", order=6)
    write_notebook(notebooks, "unpublished", PROBE, VIEW)
    (notebooks / "beside.csv").write_text("secret,figures\n")
    return root


@pytest.fixture(scope="module")
def server(demo_stack, project, serve):
    """One server for the tests that leave it as they found it."""
    return serve(demo_stack.home, project, "--kernels", "8")


class Browser:
    """What a browser would do, without drawing anything."""

    def __init__(self, url):
        self.url = url
        self.http = httpx.Client(base_url=url, timeout=90, follow_redirects=False)
        self.xsrf = ""

    def get(self, path, **options):
        return self.http.get(path, **options)

    def post(self, path, **fields):
        return self.http.post(path, data={"_xsrf": self.xsrf, **fields})

    def sign_in(self, email, password=PASSWORD, **fields):
        self.xsrf = re.search(r'name="_xsrf" value="([^"]+)"', self.get("/sign-in").text)[1]
        return self.post("/sign-in", email=email, password=password, **fields)

    def enrol(self, name="Phone", proof=PASSWORD):
        """Set up a second factor on the account's page; its authenticator app."""
        self.xsrf = self.http.cookies["_xsrf"]
        assert self.post("/account/factors", name=name, proof=proof).headers["location"] == "/account/factors/new"
        app = App(re.search(r'class="rk-secret">([^<]+)<', self.get("/account/factors/new").text)[1])
        assert self.post("/account/factors/new", code=app.code()).headers["location"] == "/account?added"
        return app

    def open(self, path):
        """Open a dashboard; the page's text and its kernel's id."""
        answer = self.get(path, follow_redirects=True)
        assert answer.status_code == 200, answer.text
        assert '"kernelId"' in answer.text, answer.text
        return answer.text, re.search(r'"kernelId": "([^"]+)"', answer.text)[1]

    def cookies(self):
        return "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())

    def websocket(self, kernel, origin=None):
        address = self.url.replace("http", "ws", 1) + f"/api/kernels/{kernel}/channels?session_id={uuid.uuid4()}"
        return connect(address, additional_headers={"Cookie": self.cookies()}, origin=origin, max_size=None)

    def close(self, kernel):
        return self.http.post(f"/voila/api/shutdown/{kernel}", headers={"X-XSRFToken": self.xsrf})


class Page:
    """The websocket of an open dashboard, spoken to as the widgets' JavaScript does."""

    def __init__(self, socket):
        self.socket = socket
        self.states = {}

    def send(self, kind, content, channel="shell"):
        header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "username": "", "session": uuid.uuid4().hex,
                  "version": "5.3", "date": "2026-01-01T00:00:00Z"}  # fmt: skip
        self.socket.send(json.dumps({"header": header, "parent_header": {}, "metadata": {"version": "1.0.0"},
                                     "content": content, "channel": channel, "buffers": []}))  # fmt: skip

    def received(self, seconds):
        end, found = time.monotonic() + seconds, []
        while (left := end - time.monotonic()) > 0:
            try:
                found.append(json.loads(self.socket.recv(timeout=left)))
            except TimeoutError:
                break
        return found

    def until(self, wanted, seconds=30):
        """The first message that `wanted` accepts."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            message = json.loads(self.socket.recv(timeout=left))
            if wanted(message):
                return message
        raise AssertionError("no such message")

    def closed(self, seconds=15, meanwhile=lambda: None):
        """Wait until the server closes the websocket; its close code."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            meanwhile()
            try:
                self.socket.recv(timeout=0.5)
            except TimeoutError:
                continue
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else 1006
        raise AssertionError(f"still open after {seconds} s")

    def load(self):
        """Ask for all widgets' states."""
        comm = uuid.uuid4().hex
        self.send("comm_open", {"comm_id": comm, "target_name": "jupyter.widget.control", "data": {}})
        self.send("comm_msg", {"comm_id": comm, "data": {"method": "request_states"}})
        answer = self.until(lambda m: m["msg_type"] == "comm_msg" and m["content"]["comm_id"] == comm)
        self.states = answer["content"]["data"]["states"]
        return self

    def widget(self, **state):
        return next(k for k, v in self.states.items() if state.items() <= v["state"].items())

    def seen(self):
        """What the probe shows."""
        values = [v["state"].get("value", "") for v in self.states.values() if v["model_name"] == "HTMLModel"]
        return json.loads(next(v for v in values if v))

    def click(self, description):
        self.send("comm_msg", {"comm_id": self.widget(description=description),
                               "data": {"method": "custom", "content": {"event": "click"}}})  # fmt: skip


@pytest.fixture
def new_browser():
    """Make browsers: `new_browser(url)`; they sign out and close at the end."""
    made = []

    def browser(url):
        made.append(Browser(url))
        return made[-1]

    yield browser
    for one in made:
        with contextlib.suppress(httpx.HTTPError):  # its server may be gone
            one.post("/sign-out")
        one.http.close()


class App:
    """An authenticator app. Each code is taken once, so the next is one step of 30 seconds further, within Auth's
    tolerance of one step; after three it waits."""

    def __init__(self, secret):
        self.totp, self.used = pyotp.TOTP(secret.replace(" ", "")), 0

    def code(self):
        # The one before this one, as long as that holds for twenty seconds more.
        step = max(int(time.time() + 20) // 30 - 1, self.used + 1)
        while step > int(time.time()) // 30 + 1:
            time.sleep(1)
        self.used = step
        return self.totp.at(30 * step)


@pytest.fixture
def app():
    """An authenticator app: `app(secret)`."""
    return App


@pytest.fixture
def new_user(demo_stack):
    """Make users of the demo's team: `new_user("viewer")` is an e-mail address; the password is everybody's."""
    with service_client(demo_stack.keys()) as service:
        team = service.table("teams").select("id").eq("slug", "atlas").execute().data[0]["id"]

        def user(role="viewer"):
            email = f"{role}-{uuid.uuid4().hex[:10]}@atlas.example"
            made = service.auth.admin.create_user({"email": email, "password": PASSWORD, "email_confirm": True})
            row = {"team_id": team, "user_id": made.user.id, "role": role}
            service.table("memberships").insert(row).execute()
            return email

        yield user


@pytest.fixture
def enrolled(server, new_browser, new_user):
    """A user with a second factor: e-mail address, authenticator app, and the browser that set it up."""
    email, visitor = new_user(), new_browser(server.url)
    visitor.sign_in(email)
    return email, visitor.enrol(), visitor


@pytest.fixture
def browser(server, new_browser):
    """A browser nobody has signed in with."""
    return new_browser(server.url)


@pytest.fixture
def viewers(server, new_browser):
    """Signed-in browsers by e-mail."""

    def viewer(email, url=server.url):
        made = new_browser(url)
        assert made.sign_in(email).status_code == 303
        return made

    return viewer


@pytest.fixture
def quant(viewers):
    return viewers("quant@atlas.example")


@pytest.fixture
def stranger(viewers):
    """The other team's analyst."""
    return viewers("quant@borealis.example")


@pytest.fixture
def page():
    """Speak through a websocket: `page(socket)`."""
    return Page
