"""Whether prices are fit for a report: what is missing, old, unchanged or far out, and what a report does with it."""
