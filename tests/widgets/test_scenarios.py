"""The scenario list: nothing ticked and everything ticked both mean all."""

from riskkit.widgets.scenarios import ScenarioChoice

TITLES = {"crash": "Crash", "boom": "Boom", "doom": "Doom"}


def choice(selected="all"):
    made = ScenarioChoice("Scenarios", "which", selected)
    made.offer(TITLES)
    return made


def ticked(made):
    return [name for name, box in made._boxes.items() if box.value]


def test_all_is_all():
    assert ticked(choice()) == ["crash", "boom", "doom"]
    assert choice()._fold.titles == ("Scenarios: all 3",)


def test_a_selection_is_kept_as_far_as_it_is_offered():
    made = choice("boom,gone")
    assert ticked(made) == ["boom"]
    assert made.selected == "boom"
    assert made._fold.titles == ("Scenarios: 1 of 3",)


def test_nothing_ticked_means_all():
    made = choice("boom")
    made._boxes["boom"].value = False
    assert made.selected == "all"


def test_offering_the_same_again_keeps_the_boxes():
    made = choice()
    boxes = made._list.children
    made.offer(dict(TITLES))
    assert made._list.children is boxes


def test_no_box_has_a_tooltip():
    """ipywidgets cannot draw a box that has one."""
    assert choice().tooltip is None
    assert "which" in choice()._help.value
