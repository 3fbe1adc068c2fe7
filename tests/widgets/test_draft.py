"""Unsaved changes are told to the page, and taken back from it as any text may be."""

import json

from riskkit.widgets.draft import LARGEST, Draft


class Panel:
    def __init__(self):
        self.restored = []
        self.draft = Draft("positions", self.restored.append)

    def hand_back(self, text, key="positions"):
        self.draft.box.children[1].value = f"{key} {text}"


def test_what_is_unsaved_is_an_attribute_of_a_hidden_element():
    panel = Panel()
    assert '<div class="rk-draft" hidden data-key="positions" data-value="" data-large="0"></div>' in (
        panel.draft.box.children[0].value
    )
    panel.draft.keep(json.dumps({"note": '"><img src=x onerror=alert(1)>'}))
    written = panel.draft.box.children[0].value
    assert "<img" not in written
    assert "onerror=alert(1)&gt;" in written
    panel.draft.clear()
    assert 'data-value=""' in panel.draft.box.children[0].value


def test_what_is_handed_back_is_heard_each_time_and_leaves_the_channel_empty():
    panel = Panel()
    for text in ("[1]", "[1]", "[2]"):
        panel.hand_back(text)
    assert panel.restored == ["[1]", "[1]", "[2]"]
    assert panel.draft.box.children[1].value == ""


def test_another_book_has_another_draft():
    panel = Panel()
    panel.draft.keep("[1]")
    panel.draft.move("positions:other")
    assert panel.draft.value == ""
    assert 'data-key="positions:other" data-value=""' in panel.draft.box.children[0].value
    panel.hand_back("[1]")
    panel.hand_back("[2]", "positions:other")
    assert panel.restored == ["[2]"]


def test_what_is_too_large_is_not_kept_and_said():
    panel = Panel()
    panel.draft.keep("x" * (LARGEST + 1))
    assert 'data-value="" data-large="1"' in panel.draft.box.children[0].value
    panel.hand_back("x" * (LARGEST + 1))
    assert panel.restored == []
