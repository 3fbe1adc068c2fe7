"""Where a sign-in is kept: in the system's keyring where there is one, else in a file that only its owner can read.

`<home>/session.json` is there in both cases; with a keyring it says who is signed in and holds no token.
"""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from riskkit.errors import NotSignedIn, Unavailable
from riskkit.session.tokens import Tokens
from riskkit.settings import Settings

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

_SERVICE = "riskkit"


def read(settings: Settings) -> Tokens | None:
    """The sign-in that is kept here, or None.

    Raises
    ------
    NotSignedIn
        What is kept cannot be read.
    Unavailable
        It is in a keyring that does not open here.
    """
    try:
        found = json.loads(_path(settings).read_text())
        return Tokens(**(_from_keyring(settings, found) if "keyring" in found else found))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise NotSignedIn(f"{_path(settings)} cannot be read: run `riskkit login`.") from error


def write(settings: Settings, tokens: Tokens) -> None:
    """Keep a sign-in: all of it or nothing, and never readable by others."""
    known = asdict(tokens)
    backend = _keyring()
    if backend is not None and _kept_in(backend, settings, json.dumps(known)):
        known = {"keyring": backend.name, "url": tokens.url, "email": tokens.email, "user_id": tokens.user_id}
    _write_file(_path(settings), known)


def forget(settings: Settings) -> None:
    """Remove what is kept, wherever it is."""
    with suppress(OSError, ValueError, TypeError):
        if "keyring" in json.loads(_path(settings).read_text()):
            _forget_in_keyring(settings)
    _path(settings).unlink(missing_ok=True)


def place(settings: Settings) -> str:
    """Where the sign-in is kept, for a person to read."""
    try:
        found = json.loads(_path(settings).read_text())
    except (OSError, ValueError):
        return "nowhere"
    if "keyring" in found:
        return f"the system's keyring ({found['keyring']})"
    return f"{_path(settings)}, which only you can read (no keyring here)"


@contextmanager
def locked(settings: Settings) -> Iterator[None]:
    """One process at a time: a refresh token works once."""
    settings.home.mkdir(parents=True, exist_ok=True)
    with (settings.home / "session.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _path(settings: Settings) -> Path:
    return settings.home / "session.json"


def _entry(settings: Settings) -> str:
    """The keyring's name for this home's sign-in: several homes have several."""
    return str(settings.home.resolve())


def _keyring() -> KeyringBackend | None:
    """The system's keyring; none where `keyring` has only its null and failing backends, or plain files."""
    # Imported here because it looks through all installed packages, 0.17 s, and most processes keep to the file.
    import keyring

    try:
        backend = keyring.get_keyring()
        return backend if backend.priority >= 1 else None
    except RuntimeError:  # a backend that the environment names and that cannot work here
        return None


def _kept_in(backend: KeyringBackend, settings: Settings, text: str) -> bool:
    """Whether the keyring took it; one that is locked or too small leaves it to the file."""
    from keyring.errors import KeyringError

    try:
        backend.set_password(_SERVICE, _entry(settings), text)
    except KeyringError:
        return False
    return True


def _from_keyring(settings: Settings, marker: Mapping[str, Any]) -> dict[str, Any]:
    from keyring.errors import KeyringError

    backend = _keyring()
    try:
        text = backend.get_password(_SERVICE, _entry(settings)) if backend is not None else None
    except KeyringError as error:
        raise Unavailable(f"The keyring with the sign-in of {marker.get('email')} does not open: {error}.") from error
    if backend is None:
        raise Unavailable(
            f"The sign-in of {marker.get('email')} is in a keyring ({marker['keyring']}) that is not there now: "
            "run `riskkit login` to sign in without it."
        )
    if text is None:
        raise NotSignedIn
    found: dict[str, Any] = json.loads(text)
    return found


def _forget_in_keyring(settings: Settings) -> None:
    from keyring.errors import KeyringError

    backend = _keyring()
    if backend is not None:
        with suppress(KeyringError):
            backend.delete_password(_SERVICE, _entry(settings))


def _write_file(path: Path, known: Mapping[str, Any]) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".session")  # 0600
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(known, file)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
