"""Every error riskkit raises on purpose: one base, facts as attributes, the cause chained."""

from __future__ import annotations


class RiskkitError(Exception):
    """Something riskkit refuses or could not do; the message is fit for a person to read."""

    #: What the command line exits with when this error ends a command.
    exit_code = 1


class InputError(RiskkitError):
    """A value that a person or a file gave cannot be used.

    Attributes
    ----------
    field : str
        Name of the offending parameter, column or key.
    value : object
        What was given, as it was given.
    expected : str
        What would have been accepted, as the end of the sentence "expected …".
    line, column : int or None
        Where in the source, counted from 1.
    source : str or None
        File the value came from.
    """

    exit_code = 2

    def __init__(
        self,
        field: str,
        value: object,
        expected: str,
        *,
        line: int | None = None,
        column: int | None = None,
        source: str | None = None,
    ) -> None:
        self.field, self.value, self.expected = field, value, expected
        self.line, self.column, self.source = line, column, source
        super().__init__(str(self))

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.source, self.line, self.column) if part is not None)
        try:
            shown = repr(self.value)
        except RecursionError:  # the value may be what was too deep
            shown = f"a {type(self.value).__name__} nested too deeply"
        if len(shown) > 120:
            shown = shown[:117] + "…" + shown[-1]
        return f"{place + ': ' if place else ''}{self.field}: got {shown}; expected {self.expected}"


class InputErrors(InputError):
    """Several input errors of one file or form, reported together so that one pass can mend them all."""

    def __init__(self, errors: list[InputError]) -> None:
        self.errors = tuple(errors)
        first = errors[0]
        super().__init__(
            first.field, first.value, first.expected, line=first.line, column=first.column, source=first.source
        )

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)


class MarketDataError(InputError):
    """A price or rate that a calculation needs is missing, stale or unusable."""


class NotSignedIn(RiskkitError):
    """Nobody is signed in, or the session has ended: run `riskkit login`."""

    exit_code = 3

    def __init__(self, message: str = "Nobody is signed in, or the session has ended: run `riskkit login`.") -> None:
        super().__init__(message)


class Forbidden(RiskkitError):
    """The signed-in user may not do this; row-level security or a role says so."""

    exit_code = 3


class Conflict(RiskkitError):
    """Somebody else changed the same thing first; nothing was written."""


class Unavailable(RiskkitError):
    """A service riskkit needs does not answer, or is not set up."""


class RunFailed(RiskkitError):
    """A report run ended without a result.

    Attributes
    ----------
    run_id : str
    step : str
        The runner's step that failed: `execute`, `render`, …
    cell : int or None
        Index of the failing notebook cell, counted from 1.
    """

    def __init__(self, run_id: str, step: str, reason: str, *, cell: int | None = None) -> None:
        self.run_id, self.step, self.reason, self.cell = run_id, step, reason, cell
        where = f"cell {cell}: " if cell is not None else ""
        super().__init__(f"run {run_id} failed at {step}: {where}{reason}")
