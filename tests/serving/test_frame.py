"""What a dashboard's page does around its figures, in a real browser: history, drafts, and a word for every ending."""

import re
import signal
import socket
import threading

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from riskkit.kernels.forked import NAME as KERNEL

pytestmark = pytest.mark.browser
PASSWORD = "riskkit-demo"
PARAMETERS = """portfolio: str = "demo"  # which {portfolio}
level: float = 0.99  # a level {0.5 < x < 1}"""
PAGE = f"""
import ipywidgets
from riskkit.parameters.declaration import declarations
from riskkit.widgets.controls import Controls
from riskkit.widgets.draft import Draft
shown = ipywidgets.Label()
def changed(values):
    shown.value = f"level {{values['level']}}"
    controls.show(values, "atlas/demo")
controls = Controls(declarations({PARAMETERS!r}), {{"portfolio": portfolio, "level": level}}, changed, print)
controls.show(controls.values, "atlas/demo")
edit, save = ipywidgets.Text(description="Edit", continuous_update=False), ipywidgets.Button(description="Save")
def restored(text):
    edit.value = text
draft = Draft("book", restored)
edit.observe(lambda change: draft.keep(change["new"]), "value")
save.on_click(lambda _: draft.clear())
late, many = ipywidgets.HTML("early"), [ipywidgets.HTML(str(n)) for n in range(150)]
targets = get_ipython().kernel.comm_manager.targets
first = targets["jupyter.widget.control"]
def opened(comm, message):
    first(comm, message)
    answer = comm._msg_callback
    def asked(message):
        answer(message)
        late.value = "late"
    comm.on_msg(asked)
targets["jupyter.widget.control"] = opened
"""
VIEW = "ipywidgets.VBox([controls.box, controls.state, controls.asked, shown, edit, save, draft.box, late, *many])"
BANNER = "#rk-alert:not([hidden])"


@pytest.fixture(scope="module")
def frames(tmp_path_factory):
    """A project of one dashboard with controls and a draft."""
    root = tmp_path_factory.mktemp("frames")
    (root / "parameters").mkdir()
    (root / "notebooks").mkdir()
    parameters = new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
    cells = [new_markdown_cell("# Frame\n\nWhat?"), parameters, new_code_cell(PAGE), new_code_cell(VIEW)]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    metadata["riskkit"] = {"title": "Frame", "roles": ["viewer"], "order": 1}
    nbformat.write(new_notebook(cells=cells, metadata=metadata), root / "notebooks" / "frame.ipynb")
    return root


class Line:
    """The wire between server and Supabase, which may be cut."""

    def __init__(self, target):
        self.target, self.cut, self._ends = target, False, set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self.cut:
                near.close()
                continue
            far = socket.create_connection(self.target)
            self._ends |= {near, far}
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _pass(self, one, other):
        try:
            while data := one.recv(65536):
                other.sendall(data)
        except OSError:
            pass
        for end in (one, other):
            end.close()
            self._ends.discard(end)

    def break_off(self):
        self.cut = True
        for end in list(self._ends):
            end.close()

    def close(self):
        self._listener.close()


@pytest.fixture(scope="module")
def line(demo_stack):
    host, port = re.fullmatch(r"http://([^:]+):(\d+)/?", demo_stack.keys().url).groups()
    wire = Line((host, int(port)))
    yield wire
    wire.close()


@pytest.fixture(scope="module")
def served(demo_stack, frames, serve, line):
    return serve(demo_stack.home, frames, SUPABASE_URL=line.url, SUPABASE_ANON_KEY=demo_stack.keys().anon_key)


@pytest.fixture
def visit(chromium, served):
    """Open the dashboard in a browser of one's own: `visit("quant@atlas.example")`."""
    contexts = []

    def opened(email="quant@atlas.example", **options):
        contexts.append(chromium.new_context(**options))
        page = contexts[-1].new_page()
        page.set_default_timeout(120_000)
        page.goto(served.url + "/dashboards/frame?portfolio=atlas/demo")
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        return ready(page)

    yield opened
    for context in contexts:
        context.close()


def ready(page):
    page.wait_for_function("document.documentElement.dataset.rk === 'ready'")
    page.wait_for_function("document.querySelector('.rk-state[data-query]') !== null")
    return page


def level(page, value):
    field = page.get_by_label("Level")
    field.fill(value)
    field.press("Enter")
    page.get_by_text(f"level {value}", exact=True).wait_for()


def banner(page, text):
    page.locator(BANNER, has_text=text).wait_for(timeout=60_000)


def kernel(served, page):
    asked = page.evaluate("JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId")
    kernels = (one for one in psutil.Process(served.process.pid).children(recursive=True) if one.name() == KERNEL)
    return next(one for one in kernels if any(asked in there.laddr for there in one.net_connections("unix")))


def test_what_changes_while_the_page_is_made_is_shown(visit):
    page = visit()
    page.get_by_text("late", exact=True).wait_for()
    assert page.get_by_text("early", exact=True).count() == 0


def test_back_and_forward_give_the_same_views_without_a_reload(visit):
    page = visit()
    page.evaluate("window.stays = true")
    level(page, "0.95")
    page.wait_for_url("**&level=0.95")
    page.wait_for_timeout(1100)  # changes within a second are one entry
    level(page, "0.9")
    page.wait_for_url("**&level=0.9")
    for step, shown, end in (("back", "0.95", "&level=0.95"), ("back", "0.99", "=atlas/demo"),
                             ("forward", "0.95", "&level=0.95"), ("forward", "0.9", "&level=0.9")):  # fmt: skip
        page.evaluate(f"history.{step}()")
        page.get_by_text(f"level {shown}", exact=True).wait_for()
        assert page.url.endswith(end)
        field = page.get_by_label("Level").element_handle()
        page.wait_for_function("([field, wanted]) => field.value === wanted", arg=[field, shown])  # told after the text
    assert page.evaluate("window.stays")
    page.reload()
    assert ready(page).get_by_label("Level").input_value() == "0.9"


def test_unsaved_changes_outlive_the_page_until_saved_or_discarded(visit):
    page = visit()
    bar = page.locator("#rk-draft-bar:not([hidden])")
    kept = "Object.keys(localStorage).filter((name) => name.startsWith('rk-draft')).length"

    def edited(text):
        page.get_by_label("Edit").fill(text)
        page.get_by_label("Edit").press("Enter")
        page.wait_for_function("(text) => document.querySelector('.rk-draft').dataset.value === text", arg=text)

    edited("<b>17</b>")
    page.reload()
    ready(page)
    assert re.fullmatch(r"Unsaved changes from \d\d:\d\d\. Restore Discard", bar.inner_text())
    bar.get_by_role("button", name="Restore").click()
    page.wait_for_function("document.querySelector('.rk-draft').dataset.value === '<b>17</b>'")
    assert page.get_by_label("Edit").input_value() == "<b>17</b>"
    assert page.evaluate(kept) == 1
    page.get_by_role("button", name="Save").click()
    page.wait_for_function(f"{kept} === 0")
    edited("18")
    page.reload()
    ready(page)
    bar.get_by_role("button", name="Discard").click()
    assert page.evaluate(kept) == 0
    assert bar.count() == 0


def test_a_kernel_that_is_busy_and_one_that_died_are_said(visit, served):
    page = visit()
    level(page, "0.95")
    page.wait_for_timeout(1500)  # all that it says of that has come
    process = kernel(served, page)
    process.suspend()
    page.get_by_label("Level").fill("0.9")
    page.get_by_label("Level").press("Enter")
    banner(page, "Still working on what you asked")
    process.resume()
    page.get_by_text("level 0.9", exact=True).wait_for()
    page.locator(BANNER).wait_for(state="detached")
    process.kill()
    banner(page, "stopped unexpectedly, perhaps for want of memory; the figures shown are the last ones. Open it again")
    page.get_by_role("link", name="Open it again").click()
    page.wait_for_function("document.documentElement.dataset.rk === 'ready'")
    assert page.get_by_label("Level").input_value() == "0.9"


def test_a_network_and_a_database_that_were_away_leave_a_page_that_works(visit, line):
    page = visit()
    page.evaluate("window.stays = true")
    page.context.set_offline(True)
    banner(page, "The network is away")
    page.context.set_offline(False)
    page.locator(BANNER).wait_for(state="detached")
    level(page, "0.9")
    line.break_off()
    banner(page, "The database does not answer")
    line.cut = False
    page.locator(BANNER).wait_for(state="detached", timeout=60_000)
    level(page, "0.95")
    assert page.evaluate("window.stays")


def test_signing_out_in_another_window_is_said(visit):
    page = visit()
    other = page.context.new_page()
    other.goto(page.url.split("/dashboards")[0])
    other.get_by_role("button", name="Sign out").click()
    banner(page, "You have signed out in another window")
    assert "next=%2Fdashboards%2Fframe%3Fportfolio" in page.get_by_role("link", name="Sign in again").get_attribute(
        "href"
    )


def test_a_dashboard_follows_the_readers_system_and_prints_light(visit):
    page = visit(color_scheme="dark", viewport={"width": 360, "height": 800})
    colour = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(colour) == "rgb(16, 21, 31)"
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.emulate_media(media="print")
    assert page.evaluate(colour) == "rgb(255, 255, 255)"
    page.emulate_media(media="screen", color_scheme="light")
    assert page.evaluate(colour) == "rgb(246, 248, 251)"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the figures"


def test_a_server_that_was_restarted_says_so(visit, served, serve, demo_stack, frames, line):
    """The last test here: it ends the others' server."""
    page = visit()
    port = served.url.rsplit(":", 1)[1]
    served.stop(signal.SIGKILL)
    banner(page, "The server cannot be reached")
    serve(demo_stack.home, frames, "--port", port, SUPABASE_URL=line.url, SUPABASE_ANON_KEY=demo_stack.keys().anon_key)
    banner(page, "The server was restarted, and everybody has to sign in again")
