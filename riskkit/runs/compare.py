"""What differs between two runs: facts by name, figures by name and labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from riskkit.metric import Metric
from riskkit.store.contract import RunRecord

_ABSENT = object()


@dataclass(frozen=True)
class Difference:
    """One fact that is not the same.

    Attributes
    ----------
    kind : str
        `parameter`, `input`, `code`, `package` or `seed`.
    name : str
    before, after : object
        None where one has none.
    """

    kind: str
    name: str
    before: object
    after: object

    def __str__(self) -> str:
        return f"{self.kind} {self.name}: {_shown(self.before)} -> {_shown(self.after)}"


@dataclass(frozen=True)
class MetricDifference:
    """One figure that is not the same; None where one of the two has none."""

    name: str
    labels: Mapping[str, str]
    before: Metric | None
    after: Metric | None

    @property
    def change(self) -> float | None:
        """After minus before, where both are there in one unit."""
        if self.before is None or self.after is None or self.before.unit != self.after.unit:
            return None
        return self.after.value - self.before.value


def differences(kind: str, before: Mapping[str, object], after: Mapping[str, object]) -> tuple[Difference, ...]:
    """What is not the same in two mappings, by name.

    >>> [str(one) for one in differences("package", {"numpy": "1", "scipy": "2"}, {"numpy": "3", "scipy": "2"})]
    ['package numpy: 1 -> 3']
    """
    return tuple(
        Difference(kind, name, before.get(name), after.get(name))
        for name in dict.fromkeys((*before, *after))
        if before.get(name, _ABSENT) != after.get(name, _ABSENT)
    )


def metric_differences(before: Sequence[Metric], after: Sequence[Metric]) -> tuple[MetricDifference, ...]:
    """The figures that are not equal to the last bit and in unit, in their order."""
    old, new = ({(one.name, *sorted(one.labels.items())): one for one in metrics} for metrics in (before, after))
    found = []
    for key in dict.fromkeys((*old, *new)):
        one, other = old.get(key), new.get(key)
        if one is None or other is None or (one.value, one.unit) != (other.value, other.unit):
            either = old[key] if other is None else other
            found.append(MetricDifference(either.name, either.labels, one, other))
    return tuple(found)


def run_differences(before: RunRecord, after: RunRecord) -> tuple[Difference, ...]:
    """Report, parameters, frozen inputs, code, packages and seed of two runs that are not the same."""
    return (
        *differences("run", _identity(before), _identity(after)),
        *differences("parameter", before.parameters, after.parameters),
        *differences("input", before.inputs, after.inputs),
        *differences("code", before.code, after.code),
        *differences("package", before.packages, after.packages),
    )


def _identity(record: RunRecord) -> dict[str, object]:
    return {"report": record.report, "notebook": record.notebook, "as_of": record.as_of, "seed": record.seed}


def _shown(value: object) -> str:
    text = "none" if value is None else str(value)
    return text[:12] + "…" if len(text) == 64 and set(text) <= set("0123456789abcdef") else text
