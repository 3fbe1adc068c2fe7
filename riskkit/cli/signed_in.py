"""The store of whoever is signed in, for commands that need it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import click

from riskkit import session
from riskkit.errors import InputError
from riskkit.settings import Settings
from riskkit.store.connect import open_store
from riskkit.store.contract import Store


@contextmanager
def signed_in_store(settings: Settings | None = None) -> Iterator[Store]:
    """The Supabase store as the signed-in user; closed afterwards. NotSignedIn if nobody is."""
    found = settings or Settings.load()
    with open_store(found, session.current(found)) as store:
        yield store


def day_option(_context: click.Context, parameter: click.Parameter, value: str | None) -> date | None:
    """A date given as YYYY-MM-DD, for `callback=`."""
    if value is None:
        return None
    try:
        found = date.fromisoformat(value)
        if found.isoformat() == value:
            return found
    except ValueError:
        pass
    raise InputError(str(parameter.name), value, "a date such as 2020-03-16")
