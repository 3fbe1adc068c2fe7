"""What the project's `supabase/config.toml` says, in the Supabase CLI's own words, as far as the gateway heeds it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from riskkit.errors import Unavailable
from riskkit.local.duration import seconds
from riskkit.local.mail import mail_settings

MEGABYTE = 1 << 20
_SESSION_TIMES = {"timebox_seconds": "timebox", "inactivity_seconds": "inactivity_timeout"}


@dataclass(frozen=True)
class Config:
    """How the gateway answers.

    Attributes
    ----------
    max_rows : int
        Rows a select or rpc returns at most (`api.max_rows`); hosted's default.
    token_seconds : int
        Life of an access token (`auth.jwt_expiry`).
    reuse_seconds : int
        How long after its use a refresh token may be used once more, because an answer may get lost
        (`auth.refresh_token_reuse_interval`); later use revokes the session.
    password_length : int
        Shortest password (`auth.minimum_password_length`).
    timebox_seconds, inactivity_seconds : int
        How long a session may last, and go unrefreshed (`auth.sessions.timebox`, `.inactivity_timeout`); 0: for ever.
    most_factors : int
        Second factors a user may have, unfinished enrolments among them (`auth.mfa.max_enrolled_factors`).
    rest_bytes, auth_bytes, file_bytes : int
        Largest request body, and largest file.
    mail : dict
        What `riskkit.local.mail.Mail` is made of (`auth.site_url`, `auth.email`).
    """

    max_rows: int = 1000
    token_seconds: int = 3600
    reuse_seconds: int = 10
    password_length: int = 6
    rest_bytes: int = 32 * MEGABYTE
    auth_bytes: int = MEGABYTE // 16
    file_bytes: int = 50 * MEGABYTE
    timebox_seconds: int = 0
    inactivity_seconds: int = 0
    most_factors: int = 10
    mail: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def load(cls, project: Path) -> Config:
        """Read the project's file; without one the defaults are hosted's."""
        path = project / "supabase" / "config.toml"
        try:
            known = tomllib.loads(path.read_text())
        except FileNotFoundError:
            return cls()
        except tomllib.TOMLDecodeError as error:
            raise Unavailable(f"{path}: {error}") from error
        api, auth = known.get("api", {}), known.get("auth", {})
        sessions, mfa = auth.get("sessions", {}), auth.get("mfa", {})
        times: dict[str, Any] = {name: seconds(sessions.get(key, "0s")) for name, key in _SESSION_TIMES.items()}
        config = cls(
            max_rows=api.get("max_rows", cls.max_rows),
            token_seconds=auth.get("jwt_expiry", cls.token_seconds),
            password_length=auth.get("minimum_password_length", cls.password_length),
            reuse_seconds=auth.get("refresh_token_reuse_interval", cls.reuse_seconds),
            **times,
            most_factors=mfa.get("max_enrolled_factors", cls.most_factors),
            mail=mail_settings(auth, path.parent),
        )
        for name, low, high in (
            ("max_rows", 1, 10**6),
            ("token_seconds", 1, 86_400),
            ("reuse_seconds", 0, 60),
            ("password_length", 6, 72),
            ("timebox_seconds", 0, 10**9),
            ("inactivity_seconds", 0, 10**9),
            ("most_factors", 1, 10),
        ):
            value = getattr(config, name)
            if not isinstance(value, int) or not low <= value <= high:
                raise Unavailable(f"{path}: {name} is {value!r}; expected a whole number from {low} to {high}")
        return config
