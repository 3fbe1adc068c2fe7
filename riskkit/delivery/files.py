"""The files that go with a report's mail: figures to look at in it, documents to keep; what is there, within a size."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Protocol

from riskkit.delivery.told import Told
from riskkit.names import plain
from riskkit.store.contract import Artifact

#: Documents that are attached, the most wanted first; the page itself where there is no PDF.
_DOCUMENTS = ("report.pdf", "tables.xlsx")
_PAGE = "report.html"
_RUN = "run.json"
#: Figures that a mail shows at most.
_FIGURES = 6


class Shelf(Protocol):
    """Where a team's artifacts are kept."""

    def get(self, team_id: str, artifact: Artifact) -> bytes:
        """The bytes of an artifact, whose hash they have; Unavailable if they cannot be had now."""
        ...


@dataclass(frozen=True)
class Enclosed:
    """What goes with a mail.

    Attributes
    ----------
    figures, documents : mapping of str to bytes
        By name.
    left_out : tuple of str
        Names of what would have made the mail too large.
    captions : mapping of str to (title, description)
        Of the figures, where the run says them.
    """

    figures: Mapping[str, bytes]
    documents: Mapping[str, bytes]
    left_out: tuple[str, ...] = ()
    captions: Mapping[str, tuple[str, str]] = field(default_factory=dict)


NOTHING = Enclosed({}, {})


def enclosed(shelf: Shelf, team_id: str, told: Told, most: int) -> Enclosed:
    """Fetch the figures and documents of a report, together at most so many bytes."""
    run = told.jobs[0].run if told.kind == "report" and told.jobs else None
    if run is None:
        return NOTHING
    there = {one.name: one for one in run.artifacts}
    captions = _captions(shelf, team_id, there)
    order = [*captions, *sorted(there)]
    figures = [name for name in dict.fromkeys(order) if name in there and PurePosixPath(name).match("figures/*.png")][
        :_FIGURES
    ]
    names = [name for name in _DOCUMENTS if name in there]
    if "report.pdf" not in there and _PAGE in there:
        names.insert(0, _PAGE)
    chosen, left_out = [], []
    for name in (*figures, *names):
        if there[name].size <= most:
            most -= there[name].size
            chosen.append(name)
        else:
            left_out.append(name)
    found = {name: shelf.get(team_id, there[name]) for name in chosen}
    return Enclosed(
        {name: found[name] for name in figures if name in found},
        {name: found[name] for name in names if name in found},
        tuple(left_out),
        captions,
    )


def _captions(shelf: Shelf, team_id: str, there: Mapping[str, Artifact]) -> dict[str, tuple[str, str]]:
    """Title and description of each figure in the report's order, as its `run.json` has them."""
    if _RUN not in there:
        return {}
    told: Any = json.loads(shelf.get(team_id, there[_RUN])).get("figures") or []
    return {f"figures/{one['name']}.png": (plain(one["title"]), plain(one.get("alt") or one["title"])) for one in told}
