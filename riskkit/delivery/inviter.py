"""Mails the invitations that admins wrote down on their dashboards, with the operator's own means."""

from __future__ import annotations

import logging
import random
import threading

from riskkit.errors import Conflict, InputError, RiskkitError
from riskkit.session.operator import operator
from riskkit.settings import Settings
from riskkit.store.invitations import Invitations

_log = logging.getLogger("riskkit.delivery")

#: Seconds between two looks.
_IDLE = 5.0


class Inviter:
    """Invites until it is stopped, beside any number of others.

    Parameters
    ----------
    settings : Settings
    invitations : Invitations
    service_key : str
        Auth asks for it.
    page : str
        Where the mails' links lead: the dashboards' page sign-in/link.
    """

    def __init__(self, settings: Settings, invitations: Invitations, service_key: str, page: str) -> None:
        self._settings, self._invitations, self._key, self._page = settings, invitations, service_key, page
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Begin no more."""
        self._stopping.set()

    def run(self) -> None:
        """Look again and again until `stop`; what does not answer is waited for."""
        while not self._stopping.is_set():
            try:
                found = self.invite()
            except RiskkitError as error:
                _log.warning("no invitation", extra={"error": str(error)})
                found = False
            if not found:
                self._stopping.wait(_IDLE * random.uniform(0.8, 1.2))  # noqa: S311 (no secret)

    def invite(self) -> bool:
        """Mail the one that waits longest and give its role; False if there is none.

        Raises
        ------
        Unavailable
            Auth or the database does not answer; the invitation is tried again in two minutes.
        """
        one = self._invitations.claim()
        if one is None:
            return False
        try:
            with operator(self._settings, self._key) as operating:
                operating.invite(one.email, one.team, one.role, self._page)
        except (InputError, Conflict) as error:
            self._invitations.refused(one, error.expected if isinstance(error, InputError) else str(error))
            _log.warning("an invitation was refused", extra={"invitation": one.id, "error": str(error)})
        else:
            self._invitations.done(one)
            _log.info("invited", extra={"invitation": one.id, "role": one.role})
        return True
