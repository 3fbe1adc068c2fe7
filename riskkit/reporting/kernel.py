"""The kernel of a report: ipykernel, but it dies at once with the process that started it."""

from __future__ import annotations

from riskkit.kernels.parent import die_with_parent

if __name__ == "__main__":
    die_with_parent()  # before the imports below, which take most of a second
    from ipykernel import kernelapp

    kernelapp.launch_new_instance()
