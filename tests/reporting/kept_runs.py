"""Official runs with folders, objects and files in the bucket, made without a notebook; and retention as a process.

python kept_runs.py PROJECT URL KEY_FILE: retention, with no grace for orphans, until it is done or killed
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from riskkit.metric import Metric
from riskkit.reporting.places import Places
from riskkit.reporting.retention import retain
from riskkit.reporting.sweep import publish
from riskkit.runs.identity import new_run_id
from riskkit.runs.record import run_json
from riskkit.store.contract import Artifact, RunRecord
from riskkit.store.place import Place
from riskkit.store.retention import RetentionStore
from riskkit.store.service import Bucket, ServiceStore


@dataclass
class Keeper:
    """Makes runs of one book.

    Attributes
    ----------
    places : Places
    store : ServiceStore
    bucket : Bucket
    team_id, portfolio_id, portfolio : str
    """

    places: Places
    store: ServiceStore
    bucket: Bucket
    team_id: str
    portfolio_id: str
    portfolio: str
    dice: random.Random = field(default_factory=lambda: random.Random(5))

    def run(
        self, day: str, shared: str = "alike", official: bool = True, recorded: bool = True, size: int = 40_000
    ) -> str:
        """A run whose page is its own and whose input may be another's too; its id."""
        run_id = new_run_id()
        work = self.places.work / run_id / "final"
        work.mkdir(parents=True)
        contents = {"report.html": run_id.encode() + self.dice.randbytes(size), "notebook.ipynb": run_id.encode()}
        files = {**contents, "inputs/portfolio.json": shared.encode() * 1000}
        record = RunRecord(
            run_id, "tiny", "tiny", self.portfolio_id, self.team_id, date.fromisoformat(day), datetime.now(UTC),
            official, {}, {}, {}, {}, None, (Metric("var", 1.0, "USD"),), (), place=Place(),
        )  # fmt: skip
        kept = []
        for name, content in files.items():
            (work / Path(name).name).write_bytes(content)
            kept.append(self._keep(work / Path(name).name, name, official))
        (work / "portfolio.json").unlink()
        record = RunRecord(**{**vars(record), "artifacts": tuple(kept)})
        (work / "run.json").write_text(run_json(record, self.portfolio, "x", {}))
        record = RunRecord(
            **{**vars(record), "artifacts": (*kept, self._keep(work / "run.json", "run.json", official))}
        )
        if recorded:
            self.store.record_run(record)
        publish(work, self.places.run("tiny", day, self.portfolio, run_id))
        work.parent.rmdir()
        return run_id

    def _keep(self, path: Path, name: str, official: bool) -> Artifact:
        artifact = self.places.objects.put(path, name)
        if official:
            self.bucket.put(self.team_id, artifact, path)
        return artifact


def main(project: str, url: str, key_file: str) -> None:
    """Retention as a worker's housekeeping does it."""
    key = Path(key_file).read_text()
    with RetentionStore(url, key) as store:
        retain(Places(Path(project) / "reports"), store, Bucket(url, key), 0.0)


if __name__ == "__main__":
    main(*sys.argv[1:])
