"""Dashboards: notebooks served live by Voila to whoever signs in, each with the viewer's own identity."""
