"""A postman in a process of its own, who sends what is due: `one_postman.py URL SMTP_PORT`; the key comes by stdin."""

from __future__ import annotations

import sys
from pathlib import Path

from riskkit.delivery.postman import Postman, Round
from riskkit.settings import Channels, MailServer
from riskkit.store.deliveries import Outbox
from riskkit.store.service import Bucket

if __name__ == "__main__":
    url, port, key = sys.argv[1], int(sys.argv[2]), sys.stdin.readline().strip()
    server = MailServer("127.0.0.1", port, "none", "risk@atlas.example")
    postman = Postman(Round(Path.cwd(), Outbox(url, key), Bucket(url, key), Channels(server), lease=1.0))
    postman.drain()
