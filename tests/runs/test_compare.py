"""What differs between two runs, by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime

from riskkit.metric import Metric
from riskkit.runs.compare import differences, metric_differences, run_differences
from riskkit.store.contract import RunRecord

RUN = RunRecord(
    "1", "r", "r", "p", "t", date(2020, 3, 16), datetime(2026, 1, 1, tzinfo=UTC), False,
    {"level": 0.99}, {"history.npz": "a" * 64}, {"commit": "c1"}, {"numpy": "2"}, None,
)  # fmt: skip


def test_nothing_differs_between_a_run_and_itself() -> None:
    assert run_differences(RUN, replace(RUN, id="2")) == ()


def test_each_kind_is_named() -> None:
    other = replace(RUN, parameters={"level": 0.95, "new": 1}, inputs={"history.npz": "b" * 64}, code={}, seed=7)
    other = replace(other, packages={"numpy": "3"})
    assert [str(one) for one in run_differences(RUN, other)] == [
        "run seed: none -> 7",
        "parameter level: 0.99 -> 0.95",
        "parameter new: none -> 1",
        f"input history.npz: {'a' * 12}… -> {'b' * 12}…",
        "code commit: c1 -> none",
        "package numpy: 2 -> 3",
    ]


def test_none_is_not_the_same_as_not_there() -> None:
    assert len(differences("code", {"commit": None}, {})) == 1


def test_metrics_by_name_and_labels_to_the_last_bit() -> None:
    a, b = Metric("var", 1.0, "USD"), Metric("component_var", 1.0, "USD", {"position": "A"})
    assert metric_differences((a, b), (b, a)) == ()
    moved = replace(b, value=1.0 + 2**-52)
    (one,) = metric_differences((a, b), (a, moved))
    assert (one.name, one.labels, one.change) == ("component_var", {"position": "A"}, 2**-52)
    gone, unit = metric_differences((a, b), (replace(a, unit="EUR"),))
    assert (gone.before, gone.change, unit.after, unit.change) == (a, None, None, None)
