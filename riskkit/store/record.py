"""A finished run as it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from riskkit.errors import RiskkitError
from riskkit.gates import GateReport
from riskkit.metric import Metric
from riskkit.store.place import Place


class RunUnreadable(RiskkitError):
    """A run is on record, and what is kept of it makes no RunRecord.

    Attributes
    ----------
    run_id : str
    """

    def __init__(self, run_id: str, reason: str) -> None:
        self.run_id = run_id
        super().__init__(f"run {run_id} is on record and cannot be read: {reason}")


@dataclass(frozen=True)
class Artifact:
    """A file of a run: name inside the run's directory, sha256 in hex, size in bytes, key in the object storage."""

    name: str
    media_type: str
    sha256: str
    size: int
    key: str


@dataclass(frozen=True)
class RunRecord:
    """One finished execution of a report, as it is kept.

    Attributes
    ----------
    id : str
        A uuid, chosen by the runner.
    report, notebook : str
    portfolio_id, team_id : str
    as_of : date
        Valuation date.
    run_at : datetime
        When it was computed; time zone aware, UTC.
    official : bool
        False for a run a person started for themselves.
    parameters : mapping
        Every parameter with its value.
    inputs : mapping of str to str
        sha256 of each frozen input file.
    code : mapping
        `version`, `commit`, `dirty`.
    packages : mapping of str to str
        Version of each package that computes.
    seed : int or None
    metrics : tuple of Metric
    artifacts : tuple of Artifact
    status : {"succeeded", "failed"}
    overrides : mapping of str to {"file", "run"}
        Parameters that the caller set against the report's file, with both values.
    gates : GateReport or None
        What the gates found, and the verdict; None: it was not judged.
    place : Place
        Its slot and attempt, the run it superseded and why, whether it is current or on hold.
    """

    id: str
    report: str
    notebook: str
    portfolio_id: str
    team_id: str
    as_of: date
    run_at: datetime
    official: bool
    parameters: Mapping[str, Any]
    inputs: Mapping[str, str]
    code: Mapping[str, Any]
    packages: Mapping[str, str]
    seed: int | None
    metrics: tuple[Metric, ...] = field(default=())
    artifacts: tuple[Artifact, ...] = field(default=())
    status: str = "succeeded"
    overrides: Mapping[str, Any] = field(default_factory=dict)
    gates: GateReport | None = None
    place: Place = field(default_factory=Place)
