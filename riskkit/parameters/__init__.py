"""Parameters: what a notebook declares, the one validator, and the YAML files that people write."""
