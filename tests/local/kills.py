"""Kill a server while it writes rows and files, start it again, and look for what it had acknowledged."""

import hashlib
import signal
import threading
import time
from dataclasses import dataclass, field

import httpx
from postgrest.exceptions import APIError
from storage3.exceptions import StorageApiError

from riskkit.local.client import service_client
from riskkit.local.postgres import Postgres
from riskkit.local.process import Mark

SCHEMA = """
create table public.rows (id int primary key); grant all on public.rows to service_role;
insert into storage.buckets (id, name) values ('files', 'files');
"""


@dataclass
class Outcome:
    """What was acknowledged before a kill, and what was there afterwards."""

    rows: set[int] = field(default_factory=set)
    files: set[str] = field(default_factory=set)
    present_rows: set[int] = field(default_factory=set)
    whole_files: set[str] = field(default_factory=set)
    broken_files: set[str] = field(default_factory=set)

    @property
    def lost(self):
        """Acknowledged, but not there or not whole."""
        return (self.rows - self.present_rows) | (self.files - self.whole_files) | self.broken_files


def target(stack, which):
    """The process to kill: the gateway, or Postgres' postmaster."""
    return (
        Mark.read(stack.folder / "gateway.json").process() if which == "gateway" else Postgres.of(stack.home).process()
    )


def body(number):
    """A file's bytes, told from its name: 200 kB that do not compress."""
    return b"".join(hashlib.sha256(b"%d %d" % (number, i)).digest() for i in range(6_400))


def write_until_killed(stack, which, after, first):
    """Write row after row and file after file; kill the process some seconds after the first; start again and look."""
    outcome, keys = Outcome(), stack.start()
    killer = threading.Thread(target=_kill, args=(target(stack, which), outcome, after))
    writers = [threading.Thread(target=write, args=(keys, outcome, first)) for write in (_rows, _files)]
    for thread in (killer, *writers):
        thread.start()
    for thread in (killer, *writers):
        thread.join()
    _look(stack.start(), outcome, first)
    return outcome


def _kill(process, outcome, after):
    deadline = time.monotonic() + 60
    while not (outcome.rows and outcome.files) and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(after)
    process.send_signal(signal.SIGKILL)


def _rows(keys, outcome, first):
    with service_client(keys) as client:
        for number in range(first, first + 10_000):
            try:
                client.table("rows").insert({"id": number}).execute()
            except (httpx.HTTPError, APIError):
                return
            outcome.rows.add(number)


def _files(keys, outcome, first):
    with service_client(keys) as client:
        for number in range(first, first + 10_000):
            try:
                client.storage.from_("files").upload(f"{number}", body(number))
            except (httpx.HTTPError, StorageApiError):
                return
            outcome.files.add(f"{number}")


def _look(keys, outcome, first):
    with service_client(keys) as client:
        begin = first
        while found := client.table("rows").select("id").gte("id", begin).order("id").limit(1000).execute().data:
            outcome.present_rows |= {row["id"] for row in found}
            begin = found[-1]["id"] + 1
        for number in range(first, first + len(outcome.files) + 2):
            try:
                content = client.storage.from_("files").download(f"{number}")
            except StorageApiError:
                continue
            (outcome.whole_files if content == body(number) else outcome.broken_files).add(f"{number}")
