"""What a gate says: a verdict and a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from riskkit.gates.rules import Threshold

Verdict = Literal["PASS", "WARN", "BLOCK"]
_ORDER: tuple[Verdict, ...] = ("PASS", "WARN", "BLOCK")


@dataclass(frozen=True)
class Finding:
    """What one gate found.

    Attributes
    ----------
    gate : str
        `limits`, `change`, `backtest`, `stale_days`, `coverage` or `components`.
    verdict : {'PASS', 'WARN', 'BLOCK'}
    sentence : str
        Fit for a reader.
    figure, limit : float or None
        What was compared, in one unit.
    utilisation : float or None
        Figure of limit [fraction], 0 for a figure below zero; None where the limit is not above zero.
    of, unit : str
        Of a limit: what it bounds, as people read it, and the unit of figure and bounds.
    soft, hard : float or None
        Of a limit: both its bounds.
    """

    gate: str
    verdict: Verdict
    sentence: str
    figure: float | None = None
    limit: float | None = None
    utilisation: float | None = None
    of: str = ""
    unit: str = ""
    soft: float | None = None
    hard: float | None = None


@dataclass(frozen=True)
class GateReport:
    """What all gates found; the worst of them is the verdict."""

    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """PASS without findings."""
        return max((one.verdict for one in self.findings), key=_ORDER.index, default="PASS")

    @property
    def worst_first(self) -> tuple[Finding, ...]:
        """The findings by verdict, then by how much of a limit is used, then in their order."""
        return tuple(sorted(self.findings, key=lambda one: (-gravity(one), -(one.utilisation or 0.0))))


def gravity(finding: Finding) -> int:
    """0 for PASS, 1 for WARN, 2 for BLOCK."""
    return _ORDER.index(finding.verdict)


def above(figure: float, threshold: Threshold) -> tuple[Verdict, float | None]:
    """The verdict on a figure that is worse the higher it is, and the bound it is compared with.

    >>> above(0.3, Threshold(warn=0.25, block=0.5)), above(0.25, Threshold(warn=0.25))
    (('WARN', 0.25), ('PASS', 0.25))
    """
    if threshold.block is not None and figure > threshold.block:
        return "BLOCK", threshold.block
    if threshold.warn is not None and figure > threshold.warn:
        return "WARN", threshold.warn
    return "PASS", threshold.block if threshold.warn is None else threshold.warn
