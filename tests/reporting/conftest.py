"""The tiny project and its stores, for every test of the runner."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from riskkit.settings import Settings
from riskkit.store.memory import MemoryStore


def load(name: str) -> ModuleType:
    """A module beside this file, which is no package."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="session")
def tiny() -> ModuleType:
    """The module `tiny_project`."""
    return load("tiny_project")


@pytest.fixture(scope="session")
def kills(tiny: ModuleType) -> ModuleType:
    """The module `kills`."""
    return load("kills")


@pytest.fixture
def settings(tiny: ModuleType, tmp_path: Path) -> Settings:
    """Of a project of its own."""
    made: Settings = tiny.make_project(tmp_path / "project")
    return made


@pytest.fixture
def store(tiny: ModuleType) -> MemoryStore:
    """As the quant of team atlas."""
    return MemoryStore(tiny.make_database(), tiny.QUANT)
