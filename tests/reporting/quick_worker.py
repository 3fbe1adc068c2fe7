"""A worker whose leases are short, so that what a kill leaves is taken up soon: `quick_worker.py --queue NAME`."""

from __future__ import annotations

import signal
import sys

from riskkit import logs
from riskkit.reporting.job import Service
from riskkit.reporting.worker import Plan, Worker
from riskkit.settings import Settings, take_service_key

if __name__ == "__main__":
    settings = Settings.load()
    logs.configure()
    service = Service.at(settings.supabase()[0], take_service_key(settings))
    worker = Worker(settings, service, Plan(queue=sys.argv[2], lease=4.0, heartbeat=1.0, grace=60.0))
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    worker.run()
