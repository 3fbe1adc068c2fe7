"""Data files inside installed packages, found without importing the packages (skfolio's import takes seconds)."""

from __future__ import annotations

import importlib.util
from importlib.metadata import version
from pathlib import Path

from riskkit.errors import Unavailable


def data_file(package: str, *parts: str) -> Path:
    """The path of a data file in an installed package; Unavailable says how to install it."""
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder, *parts)
        if path.is_file():
            return path
    raise Unavailable(f"The demo's data ({package}: {'/'.join(parts)}) are not installed: pip install 'riskkit[demo]'.")


def release(distribution: str) -> str:
    """An installed distribution's name and version.

    >>> release("numpy").split()[0]
    'numpy'
    """
    return f"{distribution} {version(distribution)}"
