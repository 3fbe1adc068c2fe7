"""riskkit beside what a user would pick instead, in one process: prints Markdown, writes nothing.

`make bench-peers` runs it in an environment of its own.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable
from importlib.metadata import version

import numpy as np
import theirs
from agreement import VECTORS, conventions, historical, monte_carlo
from answers import Answer
from ours import EVERY_FACTOR, MIRRORED, riskkit
from rounds import Way, in_turn, table
from workloads import SEED, Workload, demo_book, twenty_shares, wide_book

ALL = "VaR, ES, components of both"
BY_HAND = "VaR, ES, components, all written by hand"
LACKS = "VaR, ES; the library has no components"
LEFT_OUT = "VaR, ES; components left out: 400 more passes over the paths"

#: So few rounds are of a workload that takes seconds: a round more to warm up would only cost time.
FEWEST = 3

Call = Callable[[Workload], Answer]

RISKKIT = [
    ("riskkit, every factor", lambda work: riskkit(work, EVERY_FACTOR), ALL, 1),
    ("riskkit, every factor, 2 threads", lambda work: riskkit(work, EVERY_FACTOR, 2), ALL, 2),
    ("riskkit, antithetic, 2 threads", lambda work: riskkit(work, MIRRORED, 2), ALL, 2),
    ("riskkit as it comes", riskkit, ALL, 1),
]
WITHOUT = [
    ("empyrical-reloaded", theirs.by_empyrical, LACKS, 1),
    ("QuantLib", theirs.by_quantlib, LACKS, 1),
]
HISTORICAL = [
    ("riskkit", riskkit, ALL, 1),
    ("numpy", theirs.by_numpy, BY_HAND, 1),
    ("skfolio", theirs.by_skfolio, ALL, 1),
    ("riskfolio-lib", theirs.by_riskfolio, ALL, 1),
    *WITHOUT,
]
SIMULATED = [
    *RISKKIT,
    ("np.random.multivariate_normal", theirs.by_numpy, BY_HAND, 1),
    ("np.random.multivariate_normal, 2 threads", theirs.by_numpy, BY_HAND, 2),
    ("default_rng, Cholesky", theirs.by_numpy_generator, BY_HAND, 1),
]
FEW = [*SIMULATED, ("skfolio", theirs.by_skfolio, ALL, 1), ("riskfolio-lib", theirs.by_riskfolio, ALL, 1), *WITHOUT]
MANY = [
    *SIMULATED,
    ("skfolio", theirs.by_skfolio_totals, LEFT_OUT, 1),
    ("riskfolio-lib", theirs.by_riskfolio_totals, LEFT_OUT, 1),
    *WITHOUT,
]


def say(text: str) -> None:
    """A paragraph."""
    sys.stdout.write(text + "\n\n")
    sys.stdout.flush()


def measured(work: Workload, calls: list[tuple[str, Call, str, int]], n_rounds: int) -> dict[str, Answer]:
    """Print the table of one workload; what each answered."""
    answers: dict[str, Answer] = {}

    def way(name: str, call: Call, gives: str, threads: int) -> Way:
        return Way(name, lambda: answers.__setitem__(name, call(work)), gives, threads)

    ways = [way(*one) for one in calls]
    say(table(work.title, in_turn(ways, n_rounds, n_unmeasured=int(n_rounds > FEWEST))))
    return answers


def bare(n: int, n_rounds: int) -> None:
    """Print the table of the bare quantile."""
    pnl = np.random.default_rng(SEED).standard_t(5, n)
    ways = [Way(name, lambda function=function: function(pnl), "VaR, ES") for name, function in VECTORS.items()]
    say(table(f"A vector of {n:,}", in_turn(ways, n_rounds)))


def main() -> None:
    """All tables."""
    packages = ("numpy", "skfolio", "riskfolio-lib", "empyrical-reloaded", "quantlib")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    machine = f"{os.cpu_count()} × {platform.machine()}, Python {platform.python_version()}"
    say(f"{machine}; {versions}; load {os.getloadavg()[0]:.1f}. One thread unless said.")
    book = demo_book()
    say(f"## Conventions\n\n{conventions(book)}")
    say("## Historical simulation: quantities and prices to VaR 99 %, ES and components")
    for days, n_rounds in ((500, 25), (5000, 15)):
        answers = measured(book.tail(days, f"{days:,} days, {len(book.symbols)} positions"), HISTORICAL, n_rounds)
        say(historical(answers))
    say("## Monte Carlo, normal: quantities and prices to VaR 99 %, ES and components")
    for work, calls, n_rounds in ((twenty_shares(100_000), FEW, 7), (wide_book(1_000_000), MANY, FEWEST)):
        say(monte_carlo(work, measured(work, calls, n_rounds)))
    say("## The bare quantile: VaR and ES of a vector")
    for n, n_rounds in ((500, 51), (100_000, 15), (1_000_000, 7)):
        bare(n, n_rounds)


if __name__ == "__main__":
    main()
