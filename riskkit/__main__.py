"""`python -m riskkit`."""

from riskkit.cli import main

main()
