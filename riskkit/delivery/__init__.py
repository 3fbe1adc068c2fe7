"""Delivery: what the end of a scheduled report is told to whom, by mail and by webhook, once."""
