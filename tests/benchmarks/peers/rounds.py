"""Several ways to one end, measured in turn: round after round, so that a busy moment falls on all of them."""

from __future__ import annotations

import gc
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from threadpoolctl import ThreadpoolController


@dataclass(frozen=True)
class Way:
    """One way: what it is called, the call, what it answers, and the threads it may use."""

    name: str
    call: Callable[[], object]
    gives: str
    threads: int = 1


@dataclass(frozen=True, eq=False)
class Times:
    """Seconds of one way, a figure a round; `kernel` is the part of `cpu` spent on handing out memory and the like."""

    way: Way
    cpu: list[float]
    wall: list[float]
    kernel: list[float]


def in_turn(ways: Sequence[Way], n_rounds: int, n_unmeasured: int = 1) -> list[Times]:
    """Call every way in turn: first unmeasured (imports, caches), then `n_rounds` times measured."""
    times = [Times(way, [], [], []) for way in ways]
    libraries = ThreadpoolController()
    gc.freeze()  # what is imported by now need not be looked through again
    for round_number in range(n_unmeasured + n_rounds):
        for one in times:
            with libraries.limit(limits=one.way.threads):
                gc.collect()
                kernel, wall, cpu = _kernel_seconds(), time.perf_counter(), time.process_time()
                one.way.call()
                cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
                kernel = _kernel_seconds() - kernel
            if round_number >= n_unmeasured:
                one.cpu.append(cpu)
                one.wall.append(wall)
                one.kernel.append(kernel)
    return times


def _kernel_seconds() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_stime


def table(title: str, times: Sequence[Times]) -> str:
    """Markdown; the first way is the one the ratios refer to, by least CPU time and by least wall time."""
    first = times[0]
    lines = [
        f"### {title}",
        "",
        f"{len(first.cpu)} rounds; milliseconds. Ratios are to the first row: above 1 is slower.",
        "",
        "| | CPU, least | median | kernel's part | wall, least | median | ratio, CPU | wall | gives |",
        "|---|--:|--:|--:|--:|--:|--:|--:|---|",
    ]
    for one in times:
        figures = [min(one.cpu), median(one.cpu), median(one.kernel), min(one.wall), median(one.wall)]
        ratios = [min(one.cpu) / min(first.cpu), min(one.wall) / min(first.wall)]
        cells = [one.way.name, *(f"{1000 * x:.3g}" if x < 1 else f"{1000 * x:,.0f}" for x in figures)]
        lines.append(f"| {' | '.join([*cells, *map('{:.2f}'.format, ratios), one.way.gives])} |")
    return "\n".join([*lines, "", _standing(times)])


def _standing(times: Sequence[Times]) -> str:
    """Who is ahead of riskkit's first row, who level with it, by CPU time."""
    least = min(times[0].cpu)
    ratios = {one.way.name: min(one.cpu) / least for one in times if "riskkit" not in one.way.name}
    ahead = [name for name, ratio in ratios.items() if ratio < 0.9]
    level = [name for name, ratio in ratios.items() if 0.9 <= ratio <= 1.1]
    named = [("Ahead of the first row, by CPU time", ahead), ("level within 10 %", level)]
    return "; ".join(f"{what}: {', '.join(names) or 'nobody'}" for what, names in named) + "."
