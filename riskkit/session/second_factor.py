"""Second factors of whoever is signed in with `riskkit login`: list, set up, remove."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from supabase_auth.errors import AuthError

from riskkit.errors import Conflict, InputError, NotSignedIn
from riskkit.session import keeping
from riskkit.session.auth import auth_client, unless_refused
from riskkit.session.saved import renewed
from riskkit.session.tokens import Tokens
from riskkit.settings import Settings

#: What a code looks like to who is asked for one.
EXPECTED = "the six digits that your authenticator app shows now, not used before"


@dataclass(frozen=True)
class Factor:
    """A second factor: what its owner called it, and whether its first code was shown."""

    id: str
    name: str
    verified: bool
    created_at: str


@dataclass(frozen=True)
class Enrolment:
    """A second factor that waits for its first code; `uri` is what the QR code says."""

    factor_id: str
    name: str
    secret: str = field(repr=False)
    uri: str = field(repr=False)


def verified_factors(user: Any) -> tuple[Factor, ...]:
    """The second factors of the client's user object that count."""
    return tuple(factor for factor in _all(user) if factor.verified)


def show_code(settings: Settings, auth: Any, factors: Sequence[Factor], code: str) -> Any:
    """Show a code for the factors, one after the other; the client's answer with the new tokens.

    Raises
    ------
    InputError
        It is none, wrong, or was used before.
    """
    digits = "".join(code.split())
    if len(digits) != 6 or not digits.isascii() or not digits.isdigit():
        raise InputError("code", code, EXPECTED)
    refusal: AuthError | None = None
    for factor in factors:
        try:
            auth.mfa.challenge_and_verify({"factor_id": factor.id, "code": digits})
            return auth.get_session()
        except AuthError as error:
            unless_refused(settings, error)
            refusal = error
    raise InputError("code", code, EXPECTED) from refusal


def factors(settings: Settings) -> tuple[Factor, ...]:
    """The second factors of who is signed in, unverified ones included."""
    with _signed_in(settings) as (auth, _):
        return _all(auth.get_user().user)


def begin(settings: Settings, name: str) -> Enrolment:
    """A new second factor, to be confirmed by its first code; ones that were begun before and left are removed.

    Raises
    ------
    InputError
        The name is taken.
    Conflict
        Auth allows no further one, or wants a code of the one there is first (`riskkit login`).
    """
    with _signed_in(settings) as (auth, _):
        for factor in _all(auth.get_user().user):
            if not factor.verified:
                auth.mfa.unenroll({"factor_id": factor.id})
        try:
            made = auth.mfa.enroll({"factor_type": "totp", "friendly_name": name, "issuer": "riskkit"})
        except AuthError as error:
            unless_refused(settings, error)
            if error.code == "mfa_factor_name_conflict":
                raise InputError("name", name, "a name that no other device of yours has") from error
            raise Conflict(f"No second factor can be set up: {error.message}.") from error
        return Enrolment(made.id, name, made.totp.secret, made.totp.uri)


def confirm(settings: Settings, enrolment: Enrolment, code: str) -> None:
    """Show the first code of a new second factor; the sign-in here is then one with a second factor."""
    with _signed_in(settings) as (auth, saved):
        _keep(
            settings, saved, show_code(settings, auth, [Factor(enrolment.factor_id, enrolment.name, False, "")], code)
        )


def remove(settings: Settings, factor_id: str, code: str) -> None:
    """Remove a second factor, after showing a code of any."""
    with _signed_in(settings) as (auth, saved):
        proved = _keep(settings, saved, show_code(settings, auth, verified_factors(auth.get_user().user), code))
        try:
            auth.mfa.unenroll({"factor_id": factor_id})
        except AuthError as error:
            unless_refused(settings, error)
            raise Conflict(f"The second factor was not removed: {error.message}.") from error
        renewed(settings, proved)  # what is left of its rights


@contextmanager
def _signed_in(settings: Settings) -> Iterator[tuple[Any, Tokens]]:
    """The client as who is signed in here; nobody else renews or replaces the tokens meanwhile."""
    with keeping.locked(settings):
        saved = keeping.read(settings)
        if saved is None or saved.url != settings.supabase()[0]:
            raise NotSignedIn
        saved = saved if saved.fresh() else renewed(settings, saved)
        with auth_client(settings) as auth:
            try:
                auth.set_session(saved.access_token, saved.refresh_token)
            except AuthError as error:
                unless_refused(settings, error)
                raise NotSignedIn from error
            yield auth, saved


def _keep(settings: Settings, saved: Tokens, session: Any) -> Tokens:
    tokens = Tokens(
        saved.url, saved.email, saved.user_id, session.access_token, session.refresh_token, session.expires_at
    )
    keeping.write(settings, tokens)
    return tokens


def _all(user: Any) -> tuple[Factor, ...]:
    return tuple(
        Factor(factor.id, factor.friendly_name or "Authenticator", factor.status == "verified", str(factor.created_at))
        for factor in user.factors or ()
        if factor.factor_type == "totp"
    )
