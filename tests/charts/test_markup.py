"""The pieces of HTML: structure for a screen reader, text that stays text."""

from markupsafe import Markup

from riskkit.charts.markup import Cell, Column, Tile, bar, empty, facts, name, notes, table, tiles


def test_a_table_has_headings_a_caption_and_can_be_scrolled_by_keyboard(hostile):
    html = table([Column("What"), Column("USD", numeric=True)], [[hostile, Cell("5", 5.0)]], caption=hostile)
    assert '<th scope="col" class="rk-n">USD</th>' in html
    assert '<th scope="row">&lt;img' in html
    assert 'tabindex="0" role="region"' in html
    assert "<img" not in html


def test_every_piece_escapes_its_text(hostile):
    pieces = [
        tiles([Tile("k", hostile, hostile, hostile, hostile)]),
        facts([hostile]),
        notes([hostile]),
        empty(hostile),
    ]
    assert all(isinstance(piece, Markup) and "<img" not in piece for piece in pieces)
    assert "onerror=alert(1)>" not in Markup("").join(pieces)


def test_a_bar_begins_at_zero_and_stays_inside():
    assert 'style="left:25.00%;width:25.00%"' in bar(-0.25, zero=0.5)
    assert 'style="left:50.00%;width:50.00%"' in bar(0.5, zero=0.5)


def test_a_long_name_is_whole_on_hovering():
    cell = name("x" * 50, 10)
    assert cell.text == "x" * 9 + "…"
    assert cell.note == "x" * 50
    assert name("short", 10).note == ""


def test_nothing_to_note_is_nothing():
    assert notes([]) == ""


def test_a_command_in_a_sentence_is_code():
    assert empty("Say `a <b>` now.") == '<p class="rk-nothing">Say <code>a &lt;b&gt;</code> now.</p>'
