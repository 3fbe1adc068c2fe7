"""What the gates found, as the commands print it."""

from __future__ import annotations

from collections.abc import Iterator

from riskkit.gates import GateReport


def gate_lines(gates: GateReport | None) -> Iterator[str]:
    """The verdict, and a line for each finding; the worst first.

    >>> from riskkit.gates import Finding
    >>> list(gate_lines(GateReport((Finding("coverage", "WARN", "96% of the value is priced."),))))
    ['gates       WARN', '  WARN  coverage    96% of the value is priced.']
    """
    yield f"{'gates':<12}{'not judged' if gates is None else gates.verdict}"
    for one in () if gates is None else gates.worst_first:
        yield f"  {one.verdict:<5} {one.gate:<11} {one.sentence}"
