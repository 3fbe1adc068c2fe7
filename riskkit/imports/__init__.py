"""A person's own files to domain objects: positions, checked against the market data there are."""
