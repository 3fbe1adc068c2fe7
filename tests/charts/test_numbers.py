"""Numbers are written one way everywhere."""

import pytest

from riskkit.charts import numbers


@pytest.mark.parametrize("value", [0.0, -0.0, -0.49, 0.49, -1e-12])
def test_nothing_is_never_minus_nothing(value):
    assert numbers.number(value) == "0"
    assert numbers.signed(value) == "0"
    assert numbers.short(value * 0.001) == "0"
    assert numbers.percent(value * 1e-6).startswith("0.00")


def test_the_minus_is_a_minus():
    shown = [numbers.number(-5), numbers.signed(-5.25, 1), numbers.percent(-0.05), numbers.short(-5e6)]
    assert all(text.startswith("\u2212") and "-" not in text for text in shown)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(999, "999"), (999.6, "1.00 k"), (1_000, "1.00 k"), (12_345, "12.3 k"), (123_456, "123 k"),
     (999_960, "1.00 m"), (1.5e9, "1.50 bn"), (-2.5e12, "−2.50 tn"), (0.25, "0.25"), (5, "5")],
)  # fmt: skip
def test_three_figures_and_a_letter(value, shown):
    assert numbers.short(value).replace("\u00a0", " ") == shown


@pytest.mark.parametrize(("level", "shown"), [(0.99, "99 %"), (0.975, "97.5 %"), (0.999, "99.9 %"), (1 - 0.99, "1 %")])
def test_a_confidence_level_has_the_decimals_it_has(level, shown):
    assert numbers.level(level).replace("\u00a0", " ") == shown


def test_shortened_names_stay_distinct():
    names = [f"a very long name number {i}" for i in range(12)]
    shown = numbers.distinct(names, 12)
    assert len(set(shown)) == 12
    assert max(map(len, shown)) <= 12
