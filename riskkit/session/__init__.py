"""Who is signed in, and an access token that is fresh: from the broker in a dashboard, else from a kept sign-in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from supabase_auth.errors import AuthError

from riskkit.errors import InputError, NotSignedIn, Unavailable
from riskkit.session import keeping
from riskkit.session.auth import auth_client, unless_refused
from riskkit.session.broker import Broker
from riskkit.session.keeping import place
from riskkit.session.saved import Saved
from riskkit.session.second_factor import EXPECTED, show_code, verified_factors
from riskkit.session.tokens import level, tokens_of
from riskkit.settings import Settings

__all__ = ["AskCode", "Session", "current", "place", "sign_in", "sign_out"]

#: Asks for a code: the devices' names, and what was wrong with the code before ("" at first). None gives up.
AskCode = Callable[[tuple[str, ...], str], str | None]


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

    def level(self) -> str:
        """`aal1` after a password, `aal2` after a second factor too."""
        return level(self.access_token())


def sign_in(settings: Settings, email: str, password: str, ask_code: AskCode | None = None) -> Session:
    """Sign in with e-mail and password, and a code where the account has a second factor; keep the sign-in.

    It is kept in the system's keyring, or where there is none in `<home>/session.json`, readable by this user only:
    see `place`.

    Raises
    ------
    InputError
        The e-mail or the password is wrong (which of them is not said), or the code is.
    Unavailable
        Supabase does not answer.
    """
    with auth_client(settings) as auth:
        try:
            answer = auth.sign_in_with_password({"email": email, "password": password})
        except AuthError as error:
            unless_refused(settings, error)
            raise InputError("e-mail or password", email, "the e-mail and password of a user") from error
        saved = tokens_of(answer, settings.supabase()[0])
        factors = verified_factors(answer.user)
        if factors and level(saved.access_token) != "aal2":
            try:
                shown = _proved(settings, auth, factors, ask_code)
            except BaseException:
                _end(auth, saved.access_token)
                raise
            saved = tokens_of(shown, settings.supabase()[0])
    with keeping.locked(settings):
        keeping.write(settings, saved)
    return _session(settings, saved)


def sign_out(settings: Settings) -> None:
    """End the kept session, on the server too if it answers; nothing happens if there is none."""
    with keeping.locked(settings):
        try:
            saved = keeping.read(settings)
        except (NotSignedIn, Unavailable):  # a damaged file, a keyring that is gone
            saved = None
        keeping.forget(settings)
    if saved is None or saved.url != settings.supabase_url:
        return
    with auth_client(settings) as auth:
        _end(auth, saved.access_token)


def current(settings: Settings) -> Session:
    """Who is signed in here: the viewer of a dashboard, else whoever signed in with `riskkit login`.

    Raises
    ------
    NotSignedIn
        Nobody is.
    """
    if settings.broker is not None:
        broker = Broker(settings.broker, settings.ticket or "")
        return Session(*broker.who(), broker.token)
    saved = keeping.read(settings)
    if saved is None:
        raise NotSignedIn
    if saved.url != settings.supabase()[0]:
        raise NotSignedIn(
            f"The saved sign-in is for {saved.url}, not for {settings.supabase()[0]}: run `riskkit login`."
        )
    return _session(settings, saved)


def _session(settings: Settings, saved: Any) -> Session:
    return Session(saved.email, saved.user_id, Saved(settings, saved).token)


def _proved(settings: Settings, auth: Any, factors: Any, ask_code: AskCode | None) -> Any:
    """The client's answer to the first code that is right."""
    names, problem = tuple(factor.name for factor in factors), ""
    while True:
        code = ask_code(names, problem) if ask_code is not None else None
        if code is None:
            raise InputError("code", "none that is right" if problem else "nothing", EXPECTED)
        try:
            return _Answer(show_code(settings, auth, factors, code))
        except InputError as error:
            problem = str(error)


@dataclass(frozen=True)
class _Answer:
    """A session where the client's other answers have one."""

    session: Any


def _end(auth: Any, access_token: str) -> None:
    try:
        auth.admin.sign_out(access_token, "local")
    except AuthError:
        return  # the token has ended or nobody answers: the session here is gone either way
