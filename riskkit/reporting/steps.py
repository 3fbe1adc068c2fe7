"""The steps of a run: each is timed, and told to who watches."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

#: In their order. Nothing before `commit` can be seen by anybody; nothing after it can be lost.
STEPS = ("prepare", "sweep", "freeze", "execute", "verify", "judge", "render", "store", "commit", "publish")

#: How much of a run each step is worth, in percent; the notebook takes nearly all of the time.
WORTH = {"prepare": 4, "sweep": 2, "freeze": 6, "execute": 77, "verify": 1, "judge": 1, "render": 4, "store": 2,
         "commit": 2, "publish": 1}  # fmt: skip

#: Told (step, fraction done): 0.0 as a step begins, 1.0 as it ends, between them where a step can say.
OnStep = Callable[[str, float], None]


def percent(step: str, fraction: float) -> int:
    """How far the whole run is.

    >>> percent("execute", 0.5), percent("publish", 1.0)
    (50, 100)
    """
    before = sum(WORTH[name] for name in STEPS[: STEPS.index(step)])
    return int(before + fraction * WORTH[step])


def silent(step: str, fraction: float) -> None:
    """Watch nothing."""


class Steps:
    """Times each step and tells the watcher.

    Attributes
    ----------
    seconds : dict of str to float
        Wall time by step done, parts of a step as `execute.kernel`.
    processor_seconds : dict of str to float
        Processor time of this process and, for `execute.*`, of its children.
    current : str
        The step that runs, or ran last.
    cell : int or None
        Number of the notebook's cell that runs, or ran last.
    """

    def __init__(self, on_step: OnStep) -> None:
        self._tell = on_step
        self.seconds: dict[str, float] = {}
        self.processor_seconds: dict[str, float] = {}
        self.current = STEPS[0]
        self.cell: int | None = None

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """One step, which may fail."""
        self.current = name
        self._tell(name, 0.0)
        wall, processor = time.perf_counter(), time.process_time()
        yield
        self.seconds[name] = time.perf_counter() - wall
        self.processor_seconds[name] = time.process_time() - processor
        self._tell(name, 1.0)

    def within(self, done: int, total: int, cell: int) -> None:
        """Tell how far the current step is; its end is told when it has ended."""
        self.cell = cell
        if done < total:
            self._tell(self.current, done / total)
