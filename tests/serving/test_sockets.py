"""What a page may say to its kernel, and what it hears."""

import json

import pytest

REFUSED = {
    "execute_request": {"code": "open('planted', 'w').write('x')", "silent": False, "store_history": False,
                        "user_expressions": {}, "allow_stdin": False},
    "complete_request": {"code": "SECRET_", "cursor_pos": 7},
    "inspect_request": {"code": "store", "cursor_pos": 2, "detail_level": 1},
    "history_request": {"hist_access_type": "tail", "n": 10, "output": False, "raw": True},
    "is_complete_request": {"code": "1"},
    "debug_request": {"seq": 1, "type": "request", "command": "debugInfo"},
    "shutdown_request": {"restart": False},
    "interrupt_request": {}, "create_subshell_request": {}, "list_subshell_request": {}, "usage_request": {},
    "input_reply": {"value": "x"},
}  # fmt: skip


@pytest.fixture
def open_page(quant, page):
    _, kernel = quant.open("/dashboards/probe")
    with quant.websocket(kernel, origin=quant.url) as socket:
        yield page(socket).load()


def test_nothing_but_widget_messages_reaches_the_kernel(open_page, project):
    pid = open_page.seen()["pid"]
    for channel in ("shell", "control", "stdin"):
        for kind, content in REFUSED.items():
            open_page.send(kind, content, channel)
    heard = [message["msg_type"] for message in open_page.received(3)]
    assert not [kind for kind in heard if kind.endswith("_reply")]
    assert not list(project.rglob("planted"))
    open_page.send("kernel_info_request", {})
    open_page.until(lambda m: m["msg_type"] == "kernel_info_reply")
    assert open_page.load().seen()["pid"] == pid


def test_widgets_answer(open_page):
    open_page.click("look")
    open_page.until(lambda m: m["msg_type"] == "comm_msg" and "quant@atlas.example" in json.dumps(m["content"]))


def test_a_callbacks_traceback_stays_in_the_log(open_page):
    open_page.click("boom")
    heard = json.dumps(open_page.received(3))
    assert "LEAKED_TRACEBACK_MARKER" not in heard
    assert "burst" not in heard


def test_source_is_not_sent(open_page):
    open_page.click("look")
    assert "execute_input" not in [message["msg_type"] for message in open_page.received(2)]
