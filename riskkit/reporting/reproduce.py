"""A run again, from the inputs kept with it: the same figures, or the input that differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from riskkit.errors import InputError
from riskkit.gates import GateReport
from riskkit.metric import Metric
from riskkit.reporting.execute import CellFailed, Limits, execute
from riskkit.reporting.gating import Gates
from riskkit.reporting.places import Places, work_folder
from riskkit.reporting.stopping import Stop
from riskkit.reporting.taking import take
from riskkit.runs.compare import Difference, MetricDifference, differences, metric_differences
from riskkit.runs.frozen import thaw, thaw_parameters
from riskkit.runs.identity import code_version, new_run_id, package_versions
from riskkit.runs.judged import thaw_facts
from riskkit.runs.kept import NOTEBOOK, take_inputs
from riskkit.runs.record import read_metrics
from riskkit.settings import Settings
from riskkit.store.contract import RunRecord


@dataclass(frozen=True)
class Reproduction:
    """What came of making a run again.

    Attributes
    ----------
    compared : int
        Metrics that both have.
    metrics : tuple of MetricDifference
        Those that are not equal to the last bit, or that only one of the two has.
    inputs : tuple of Difference
        What it was made from then and now: frozen files, parameters, code, packages.
    failure : str
        Why it could not be made again; empty where it was.
    verdicts : tuple of str or None
        Of the gates, then and now; None: it was not judged.
    findings : tuple of Difference
        What the gates found that is not the same.
    """

    compared: int
    metrics: tuple[MetricDifference, ...]
    inputs: tuple[Difference, ...]
    failure: str = ""
    verdicts: tuple[str | None, str | None] = (None, None)
    findings: tuple[Difference, ...] = ()

    @property
    def equal(self) -> bool:
        """Whether every figure is the same, and what the gates find of them."""
        return not self.failure and not self.metrics and not self.findings


def reproduce(settings: Settings, record: RunRecord, limits: Limits | None = None) -> Reproduction:
    """Execute a run's notebook again, on its frozen inputs; nothing is recorded or published.

    Parameters
    ----------
    settings : Settings
        Where the project and what its runs keep are.
    record : RunRecord
        As the database has it.
    limits : Limits, optional

    Returns
    -------
    Reproduction
        An input whose bytes are no longer those of the record is named, and nothing is executed.
    """
    places = Places.of(settings)
    now = tuple(_surroundings(settings, record))
    with work_folder(places, new_run_id()) as work:
        damaged = tuple(take_inputs(places.objects, record, work / "run"))
        if damaged:
            failure = "An input that was frozen is missing or was changed; nothing was executed."
            return Reproduction(0, (), (*damaged, *now), failure)
        try:
            (work / "run" / "inputs" / NOTEBOOK).rename(work / NOTEBOOK)
            frozen = thaw_parameters(work / "run")
            now = (*differences("parameter", frozen, record.parameters), *now)
            gates = None if record.gates is None else Gates.of(thaw(work / "run"), *thaw_facts(work / "run"))
            execute(work, settings, frozen, limits or Limits(), _unwatched, Stop())
            again = read_metrics(take(work, {}) / "outputs" / "metrics.json")
        except (CellFailed, InputError) as error:
            return Reproduction(0, (), now, f"It does not run to its end: {error}")
    shared = {_key(one) for one in again} & {_key(one) for one in record.metrics}
    judged = None if gates is None else gates.judge(again)
    return Reproduction(
        len(shared),
        metric_differences(record.metrics, again),
        now,
        verdicts=(_verdict(record.gates), _verdict(judged)),
        findings=differences("gate", _said(record.gates), _said(judged)),
    )


def _verdict(gates: GateReport | None) -> str | None:
    return None if gates is None else gates.verdict


def _said(gates: GateReport | None) -> dict[str, object]:
    found = () if gates is None else gates.findings
    return {f"{one.gate} {number}": f"{one.verdict} {one.sentence}" for number, one in enumerate(found, 1)}


def _surroundings(settings: Settings, record: RunRecord) -> Iterator[Difference]:
    """What the run was made by, against what is here."""
    yield from differences("code", record.code, code_version(settings.project))
    yield from differences("package", record.packages, package_versions())


def _key(metric: Metric) -> tuple[object, ...]:
    return (metric.name, *sorted(metric.labels.items()))


def _unwatched(_done: int, _total: int, _number: int) -> None:
    """Nobody looks at the cells."""
