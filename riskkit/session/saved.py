"""The sign-in that is kept, and its renewal."""

from __future__ import annotations

import threading

from supabase_auth.errors import AuthApiError, AuthError

from riskkit.errors import NotSignedIn, Unavailable
from riskkit.session import keeping
from riskkit.session.auth import auth_client, unless_refused
from riskkit.session.tokens import Tokens, tokens_of
from riskkit.settings import Settings


class Saved:
    """The sign-in that is kept. One renewal at a time among all processes: a refresh token works once."""

    def __init__(self, settings: Settings, saved: Tokens) -> None:
        self._settings, self.known, self._thread = settings, saved, threading.Lock()

    def token(self) -> str:
        """An access token that lasts a while yet."""
        with self._thread:
            if not self.known.fresh():
                with keeping.locked(self._settings):
                    self.known = self._renewed()
            return self.known.access_token

    def _renewed(self) -> Tokens:
        saved = keeping.read(self._settings)
        if saved is None:
            raise NotSignedIn
        if saved.user_id != self.known.user_id:
            raise NotSignedIn(f"Somebody else ({saved.email}) has signed in here meanwhile: open this again.")
        return saved if saved.fresh() else renewed(self._settings, saved)  # another process may have renewed it


def renewed(settings: Settings, saved: Tokens) -> Tokens:
    """New tokens for old, kept; to be called under the lock.

    Raises
    ------
    NotSignedIn
        The session has ended; it is forgotten here too.
    Unavailable
        Auth does not answer.
    """
    with auth_client(settings) as auth:
        try:
            answer = auth.refresh_session(saved.refresh_token)
        except AuthError as error:
            unless_refused(settings, error)
            if not isinstance(error, AuthApiError):
                raise Unavailable(f"Supabase cannot renew the session now: {error.message}.") from error
            keeping.forget(settings)
            raise NotSignedIn from error
    fresh = tokens_of(answer, settings.supabase()[0])
    keeping.write(settings, fresh)
    return fresh
