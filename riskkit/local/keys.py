"""What one embedded Supabase is known by: its address, its keys, and the secrets behind them."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from riskkit.errors import Unavailable
from riskkit.local.process import write_private

_TEN_YEARS = 10 * 365 * 86_400


@dataclass(frozen=True)
class Keys:
    """The address and the keys of a running stack.

    Attributes
    ----------
    url : str
        `http://127.0.0.1:<port>`.
    anon_key : str
        The publishable key: what a signed-out client may do.
    service_key : str
        Bypasses row-level security: for the operator and the worker only.
    db_url : str
        Postgres as the role `postgres`, which owns the schema and, as on hosted, is no superuser.
    jwt_secret : str
        Signs both keys and every access token.
    """

    url: str
    anon_key: str
    service_key: str = field(repr=False)
    db_url: str = field(repr=False)
    jwt_secret: str = field(repr=False)


@dataclass(frozen=True)
class Secrets:
    """Made once for a home and kept in a 0600 file, so that keys outlive a restart and a reset."""

    jwt_secret: str = field(repr=False)
    anon_key: str = field(repr=False)
    service_key: str = field(repr=False)
    superuser_password: str = field(repr=False)
    postgres_password: str = field(repr=False)
    authenticator_password: str = field(repr=False)
    auth_admin_password: str = field(repr=False)

    @classmethod
    def new(cls) -> Secrets:
        """Fresh random secrets; the two keys are signed like the Supabase CLI's."""
        secret = secrets.token_urlsafe(48)
        return cls(
            secret, _key(secret, "anon"), _key(secret, "service_role"), *(secrets.token_urlsafe(24) for _ in range(4))
        )

    @classmethod
    def load(cls, path: Path) -> Secrets | None:
        """The secrets in the file, or None when there is no file."""
        try:
            known = json.loads(path.read_text())
            return cls(**{one.name: known[one.name.upper()] for one in fields(cls)})
        except FileNotFoundError:
            return None
        except (ValueError, KeyError) as error:
            raise Unavailable(f"{path} is damaged: restore it, or remove it and run `riskkit local reset`.") from error

    def save(self, path: Path, url: str, db_url: str) -> None:
        """Keep them, with the names the Supabase CLI gives to what a person needs."""
        named = {name.upper(): value for name, value in asdict(self).items()}
        named |= {"SUPABASE_URL": url, "SUPABASE_SERVICE_ROLE_KEY": self.service_key, "DB_URL": db_url}
        write_private(path, json.dumps(named, indent=1))

    def db_url(self, port: int) -> str:
        """Postgres as the role that owns the schema."""
        return conninfo("postgres", self.postgres_password, port)


def conninfo(user: str, password: str, port: int) -> str:
    """The address of one role's connection."""
    return f"postgresql://{user}:{password}@127.0.0.1:{port}/postgres?sslmode=disable&gssencmode=disable"


def signing_keys(path: Path) -> list[dict[str, str]]:
    """The private keys (JWK, ES256) that tokens are signed with, newest first; made when there are none."""
    try:
        return [dict(one) for one in json.loads(path.read_text())] or rotate(path)
    except FileNotFoundError:
        return rotate(path)
    except (ValueError, TypeError) as error:
        raise Unavailable(f"{path} is damaged: remove it; who is signed in then renews the session.") from error


def rotate(path: Path) -> list[dict[str, str]]:
    """Sign with a new key from the next start on; the one before it still counts, older ones no longer."""
    known = json.loads(path.read_text()) if path.exists() else []
    made = ec.generate_private_key(ec.SECP256R1())
    jwk: dict[str, str] = jwt.algorithms.ECAlgorithm.to_jwk(made, as_dict=True)
    kept = [jwk | {"kid": secrets.token_hex(8), "alg": "ES256"}, *known[:1]]
    write_private(path, json.dumps(kept, indent=1))
    return kept


def _key(secret: str, role: str) -> str:
    now = int(time.time())
    claims = {"iss": "supabase-demo", "role": role, "iat": now, "exp": now + _TEN_YEARS}
    return jwt.encode(claims, secret, algorithm="HS256")
