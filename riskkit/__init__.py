"""riskkit."""
