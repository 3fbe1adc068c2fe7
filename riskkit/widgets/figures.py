"""Bring a figure that is already on a page up to date, without drawing a new one."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.model import Model


def update(shown: Model, fresh: Model) -> None:
    """Make every named model of the shown figure read like its namesake in the fresh one.

    Only what a view set by itself is carried over, and only plain values: which glyph uses which source stays as it
    was drawn. Both figures come from the same view, so the names are the same.

    Raises
    ------
    ValueError
        The two figures do not have the same named models: the view draws different things for different results.
    """
    before, after = named(shown), named(fresh)
    if before.keys() != after.keys() or any(type(before[name]) is not type(after[name]) for name in before):
        raise ValueError(f"the view's named models changed: {sorted(before)} became {sorted(after)}")
    for name, target in before.items():
        target.update(**changes(target, after[name]))


def named(root: Model) -> dict[str, Model]:
    """The models below `root` that carry a name, by it."""
    found: dict[str, Model] = {}
    for model in root.references():
        if model.name is None:
            continue
        if model.name in found:
            raise ValueError(f"two models of one figure are named {model.name!r}")
        found[model.name] = model
    return found


def changes(target: Model, fresh: Model) -> dict[str, Any]:
    """What `target` must take over: what either view set by itself, holds no other model, and differs."""
    found = {}
    for key in _set_by_hand(target) | _set_by_hand(fresh):
        value = getattr(fresh, key)
        if key != "name" and _plain(value) and not _same(getattr(target, key), value):
            found[key] = dict(value) if isinstance(value, dict) else value
    return found


def _set_by_hand(model: Model) -> set[str]:
    """Properties that were given a value; a size that the browser reports is read-only and not among them."""
    given = model.properties_with_values(include_defaults=False)
    return {key for key in given if not model.lookup(key).readonly}


def _plain(value: Any) -> bool:
    if isinstance(value, Model):
        return False
    if isinstance(value, dict):
        return all(_plain(item) for item in value.values())
    if isinstance(value, list | tuple):
        return not any(isinstance(item, Model) for item in value)
    return True


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(np.asarray(one), np.asarray(other))
    return bool(one == other)
