"""What the project's `supabase/config.toml` says, in the Supabase CLI's own words, as far as the gateway heeds it."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from riskkit.errors import Unavailable
from riskkit.local.duration import seconds
from riskkit.local.mail import mail_settings

MEGABYTE = 1 << 20
#: By field: where the file says it, and the least and the most it may be.
_HEEDED = {
    "max_rows": ("api.max_rows", 1, 10**6),
    "token_seconds": ("auth.jwt_expiry", 1, 86_400),
    "reuse_seconds": ("auth.refresh_token_reuse_interval", 0, 60),
    "password_length": ("auth.minimum_password_length", 6, 72),
    "timebox_seconds": ("auth.sessions.timebox", 0, 10**9),
    "inactivity_seconds": ("auth.sessions.inactivity_timeout", 0, 10**9),
    "most_factors": ("auth.mfa.max_enrolled_factors", 1, 10),
    "file_bytes": ("storage.file_size_limit", 1, 256 * MEGABYTE),
}
_UNITS = {"KiB": 1 << 10, "MiB": MEGABYTE}


@dataclass(frozen=True)
class Config:
    """How the gateway answers; by default as hosted does.

    Attributes
    ----------
    max_rows : int
        Rows a select or rpc returns at most.
    token_seconds : int
        Life of an access token.
    reuse_seconds : int
        How long after its use a refresh token may be used once more, because an answer may get lost; later use
        revokes the session.
    password_length : int
        Shortest password.
    timebox_seconds, inactivity_seconds : int
        How long a session may last, and go unrefreshed; 0: for ever.
    most_factors : int
        Second factors a user may have, unfinished enrolments among them.
    rest_bytes, auth_bytes, file_bytes : int
        Largest request body, and largest file.
    mail : dict
        What `riskkit.local.mail.Mail` is made of.
    """

    max_rows: int = 1000
    token_seconds: int = 3600
    reuse_seconds: int = 10
    password_length: int = 6
    timebox_seconds: int = 0
    inactivity_seconds: int = 0
    most_factors: int = 10
    rest_bytes: int = 32 * MEGABYTE
    auth_bytes: int = MEGABYTE // 16
    file_bytes: int = 50 * MEGABYTE
    mail: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def load(cls, project: Path) -> Config:
        """Read the project's file."""
        path = project / "supabase" / "config.toml"
        try:
            known = tomllib.loads(path.read_text())
        except FileNotFoundError:
            return cls()
        except tomllib.TOMLDecodeError as error:
            raise Unavailable(f"{path}: {error}") from error
        found = {}
        for name, (place, least, most) in _HEEDED.items():
            value = _at(known, place, getattr(cls, name))
            if type(value) is not int or not least <= value <= most:
                raise Unavailable(f"{path}: {place} is {value!r}; expected a whole number from {least} to {most}")
            found[name] = value
        return cls(**found, mail=mail_settings(known.get("auth", {}), path.parent))


def _at(known: Any, place: str, default: int) -> Any:
    """A setting as a number: durations in seconds, sizes in bytes; what is neither is handed back as it is."""
    for part in place.split("."):
        known = known.get(part, {}) if isinstance(known, dict) else {}
    if known == {}:
        return default
    size = re.fullmatch(r"(\d{1,9})(KiB|MiB)", known) if isinstance(known, str) else None
    number = int(size[1]) * _UNITS[size[2]] if size else seconds(known)
    return known if number is None else number
