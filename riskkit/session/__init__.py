"""Who is signed in, and an access token that is fresh: from the broker in a dashboard, else from a saved sign-in."""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx
from supabase import ClientOptions, create_client
from supabase_auth.errors import AuthApiError, AuthError, AuthRetryableError

from riskkit.errors import InputError, NotSignedIn, Unavailable
from riskkit.settings import Settings

#: A saved token is renewed when it has less than this left; the broker's is asked for again somewhat later.
_FRESH_SECONDS = 60.0
_BROKER_FRESH_SECONDS = 30.0
_TIMEOUT = 15.0


@dataclass(frozen=True)
class Session:
    """A signed-in user.

    Attributes
    ----------
    email, user_id : str
    """

    email: str
    user_id: str
    _token: Callable[[], str] = field(repr=False, compare=False)

    def access_token(self) -> str:
        """A token that is valid for some time yet; renewed when it is not. Safe to call from several threads.

        Raises
        ------
        NotSignedIn
            The session has ended.
        Unavailable
            Whoever renews it does not answer.
        """
        return self._token()


def sign_in(settings: Settings, email: str, password: str) -> Session:
    """Sign in with e-mail and password, and remember it in `<home>/session.json`, readable by this user only.

    Raises
    ------
    InputError
        The e-mail or the password is wrong (which of them is not said).
    Unavailable
        Supabase does not answer.
    """
    with _auth(settings) as auth:
        try:
            answer = auth.sign_in_with_password({"email": email, "password": password})
        except AuthRetryableError as error:
            raise _unavailable(settings) from error
        except AuthError as error:
            if isinstance(error, AuthApiError) and error.status in (429, 500):
                raise Unavailable(f"Sign-in is not possible now: {error.message}.") from error
            raise InputError("e-mail or password", email, "the e-mail and password of a user") from error
    saved = _tokens(answer, settings)
    with _locked(settings):
        _write(settings, saved)
    return _Saved(settings, saved).session()


def sign_out(settings: Settings) -> None:
    """End the saved session, on the server too if it answers; nothing happens if there is none."""
    with _locked(settings):
        try:
            saved = _read(settings)
        except NotSignedIn:  # a damaged file
            saved = None
        _path(settings).unlink(missing_ok=True)
    if saved is None or saved.url != settings.supabase_url:
        return
    with _auth(settings) as auth:
        try:
            auth.admin.sign_out(saved.access_token, "local")
        except AuthError:
            return  # the token has ended or nobody answers: the session here is gone either way


def current(settings: Settings) -> Session:
    """Who is signed in here: the viewer of a dashboard, else whoever signed in with `riskkit login`.

    Raises
    ------
    NotSignedIn
        Nobody is.
    """
    if settings.broker is not None:
        return _Broker(settings.broker, settings.ticket or "").session()
    saved = _read(settings)
    if saved is None:
        raise NotSignedIn
    if saved.url != settings.supabase()[0]:
        raise NotSignedIn(
            f"The saved sign-in is for {saved.url}, not for {settings.supabase()[0]}: run `riskkit login`."
        )
    return _Saved(settings, saved).session()


@dataclass(frozen=True)
class _Tokens:
    """A saved sign-in; `url` is where it counts, `expires_at` in seconds since 1970."""

    url: str
    email: str
    user_id: str
    access_token: str
    refresh_token: str
    expires_at: float


class _Saved:
    """The sign-in on disk. One renewal at a time among all processes: a refresh token works once."""

    def __init__(self, settings: Settings, saved: _Tokens) -> None:
        self._settings, self._known, self._thread = settings, saved, threading.Lock()

    def session(self) -> Session:
        return Session(self._known.email, self._known.user_id, self.token)

    def token(self) -> str:
        with self._thread:
            if not _fresh(self._known):
                with _locked(self._settings):
                    self._known = self._renewed()
            return self._known.access_token

    def _renewed(self) -> _Tokens:
        saved = _read(self._settings)
        if saved is None:
            raise NotSignedIn
        if saved.user_id != self._known.user_id:
            raise NotSignedIn(f"Somebody else ({saved.email}) has signed in here meanwhile: open this again.")
        if _fresh(saved):  # another process renewed it while we waited
            return saved
        with _auth(self._settings) as auth:
            try:
                answer = auth.refresh_session(saved.refresh_token)
            except AuthRetryableError as error:
                raise _unavailable(self._settings) from error
            except AuthApiError as error:
                if error.status in (429, 500):
                    raise Unavailable(f"Supabase cannot renew the session now: {error.message}.") from error
                _path(self._settings).unlink(missing_ok=True)
                raise NotSignedIn from error
        renewed = _tokens(answer, self._settings)
        _write(self._settings, renewed)
        return renewed


class _Broker:
    """A dashboard's kernel: short-lived tokens from the server's socket, for the ticket this kernel was given."""

    def __init__(self, path: Path, ticket: str) -> None:
        self._path, self._ticket, self._lock = path, ticket, threading.Lock()
        self._token, self._expires_at = "", 0.0

    def session(self) -> Session:
        answer = self._ask()
        return Session(str(answer["user"].get("email", "")), str(answer["user"]["id"]), self.token)

    def token(self) -> str:
        with self._lock:
            if time.time() > self._expires_at - _BROKER_FRESH_SECONDS:
                self._ask()
            return self._token

    def _ask(self) -> dict[str, Any]:
        connection = _UnixConnection(self._path)
        try:
            connection.request("GET", "/token", headers={"X-Riskkit-Ticket": self._ticket, "Host": "broker"})
            answer = connection.getresponse()
            status, body = answer.status, answer.read()
            if status == 401:
                raise NotSignedIn("Your session has ended: sign in again.")
            if status != 200:
                raise Unavailable("The dashboard server cannot renew your session now; try again in a moment.")
            found: dict[str, Any] = json.loads(body)
            self._token, self._expires_at = str(found["access_token"]), float(found["expires_at"])
            if not isinstance(found.get("user"), dict) or "id" not in found["user"]:
                raise Unavailable("The dashboard server's answer names no user.")
            return found
        except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
            raise Unavailable("The dashboard server does not answer; reload the page.") from error
        finally:
            connection.close()


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("broker", timeout=_TIMEOUT)
        self._socket_path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(_TIMEOUT)
        self.sock.connect(str(self._socket_path))


def _fresh(tokens: _Tokens) -> bool:
    return tokens.expires_at - time.time() >= _FRESH_SECONDS


def _path(settings: Settings) -> Path:
    return settings.home / "session.json"


def _read(settings: Settings) -> _Tokens | None:
    try:
        return _Tokens(**json.loads(_path(settings).read_text()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise NotSignedIn(f"{_path(settings)} cannot be read: run `riskkit login`.") from error


def _write(settings: Settings, tokens: _Tokens) -> None:
    """All of it or nothing, and never readable by others."""
    path = _path(settings)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".session")  # 0600
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(asdict(tokens), file)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def _locked(settings: Settings) -> Iterator[None]:
    settings.home.mkdir(parents=True, exist_ok=True)
    with (settings.home / "session.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _auth(settings: Settings) -> Iterator[Any]:
    """The client's Auth part, without its timers and storage, on a connection that is closed again."""
    url, key = settings.supabase()
    with httpx.Client(timeout=_TIMEOUT) as connection:
        options = ClientOptions(
            headers={"Authorization": f"Bearer {key}"},
            auto_refresh_token=False,
            persist_session=False,
            httpx_client=connection,
        )
        yield create_client(url, key, options).auth


def _tokens(answer: Any, settings: Settings) -> _Tokens:
    session = answer.session
    if session is None or session.expires_at is None:
        raise Unavailable("Supabase answered the sign-in without a session.")
    user = session.user
    url, _ = settings.supabase()
    return _Tokens(url, user.email or "", user.id, session.access_token, session.refresh_token, session.expires_at)


def _unavailable(settings: Settings) -> Unavailable:
    return Unavailable(f"Supabase at {settings.supabase()[0]} does not answer.")
