"""Keys and access tokens: who a request comes from. Everything about a token is pinned, and a doubt is a refusal."""

from __future__ import annotations

import hmac
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import jwt

Role = Literal["anon", "authenticated", "service_role"]
AUDIENCE = "authenticated"
#: No access token is accepted whose life is longer, whoever signed it.
LONGEST_LIFE = 86_400
_LONGEST_TEXT = 8192
_REQUIRED = ["sub", "aud", "iss", "exp", "iat", "role", "session_id"]


class TokenRefused(Exception):
    """A key or token that is not accepted; `code` is PostgREST's, `message` says why."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(message)


@dataclass(frozen=True)
class Caller:
    """Whom a request speaks for: a database role, and the claims that policies may ask about."""

    role: Role
    claims: Mapping[str, Any]

    @property
    def user_id(self) -> str | None:
        """The signed-in user's id, or None for a key."""
        sub = self.claims.get("sub")
        return str(sub) if sub else None


@dataclass(frozen=True)
class Tokens:
    """Issues tokens with the first signing key, and checks them with all.

    Attributes
    ----------
    secret : str
        Signs both API keys; a token without a key id is checked with it (HS256), as a hosted project's legacy secret.
    issuer : str
        `<url>/auth/v1`.
    life : int
        Of an access token [s].
    signing_keys : sequence of dict
        Private keys as JWK (ES256), newest first; without one, tokens are signed with the secret.
    """

    secret: str = field(repr=False)
    anon_key: str = field(repr=False)
    service_key: str = field(repr=False)
    issuer: str
    life: int
    signing_keys: Sequence[Mapping[str, str]] = field(default=(), repr=False)

    @cached_property
    def _keys(self) -> dict[str, jwt.PyJWK]:
        return {one["kid"]: jwt.PyJWK(dict(one), algorithm="ES256") for one in self.signing_keys}

    def jwks(self) -> dict[str, Any]:
        """The public halves of the signing keys."""
        shown = ("kty", "crv", "x", "y", "kid")
        own = {"alg": "ES256", "use": "sig", "key_ops": ["verify"]}
        return {"keys": [{name: one[name] for name in shown} | own for one in self.signing_keys]}

    def key_role(self, key: str | None) -> Role | None:
        """The role of an API key, compared in constant time; None for anything else."""
        given = (key or "").encode()
        if hmac.compare_digest(given, self.anon_key.encode()):
            return "anon"
        return "service_role" if hmac.compare_digest(given, self.service_key.encode()) else None

    def caller(self, apikey: str | None, authorization: str | None) -> Caller:
        """Whom the two headers speak for: the key must be known; a bearer token, if given, decides the role.

        Raises
        ------
        TokenRefused
            Code `no_key` or `bad_key` for the key; `PGRST301` or `PGRST303` for the token.
        """
        if not apikey:
            raise TokenRefused("no_key", "No API key found in request")
        key_role = self.key_role(apikey)
        if key_role is None:
            raise TokenRefused("bad_key", "Invalid API key")
        if authorization is None:
            return _key_caller(key_role)
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise TokenRefused("PGRST301", "Expected an Authorization header with a bearer token")
        token_role = self.key_role(token.strip())
        if token_role is not None:
            return _key_caller(token_role)
        return Caller("authenticated", self.verify(token.strip()))

    def issue(self, claims: Mapping[str, Any]) -> tuple[str, int]:
        """A signed access token with these claims, and when it expires [s since 1970]."""
        now = int(time.time())
        expires = now + self.life
        full = {"iss": self.issuer, "aud": AUDIENCE, "role": "authenticated", "iat": now, "exp": expires, **claims}
        if not self._keys:
            return jwt.encode(full, self.secret, algorithm="HS256"), expires
        kid, key = next(iter(self._keys.items()))
        return jwt.encode(full, key.key, algorithm="ES256", headers={"kid": kid}), expires

    def verify(self, token: str) -> dict[str, Any]:
        """The claims of an access token that one of our sessions was given and that has not expired."""
        if len(token) > _LONGEST_TEXT:
            raise TokenRefused("PGRST301", "The token is too long")
        try:
            key, algorithm = self._key_of(jwt.get_unverified_header(token))
            claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=AUDIENCE,
                issuer=self.issuer,
                options={"require": _REQUIRED, "strict_aud": True},
            )
        except jwt.ExpiredSignatureError as error:
            raise TokenRefused("PGRST303", "JWT expired") from error
        except (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError) as error:
            raise TokenRefused("PGRST301", "No suitable key was found to decode the JWT") from error
        except jwt.MissingRequiredClaimError as error:
            raise TokenRefused("PGRST303", f"JWT lacks the claim {error.claim}") from error
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise TokenRefused("PGRST301", f"JWT refused: {type(error).__name__}") from error
        self._check_claims(claims)
        return dict(claims)

    def _key_of(self, header: Mapping[str, Any]) -> tuple[Any, str]:
        """The key a header names and its one algorithm; a header that says more than that is not ours."""
        if not header.keys() <= {"alg", "typ", "kid"}:
            raise jwt.InvalidTokenError("more in the header than alg, typ and kid")
        if "kid" not in header:
            return self.secret, "HS256"
        if header["kid"] not in self._keys:
            raise jwt.InvalidAlgorithmError("no such key")
        return self._keys[header["kid"]].key, "ES256"

    def _check_claims(self, claims: Mapping[str, Any]) -> None:
        if claims["role"] != "authenticated":
            raise TokenRefused("PGRST303", "JWT role is not one a user may have")
        begun, ends = claims["iat"], claims["exp"]
        if type(begun) is not int or type(ends) is not int or not 0 < ends - begun <= LONGEST_LIFE:
            raise TokenRefused("PGRST303", "JWT lives longer than a token may")
        for name in ("sub", "session_id"):
            value = claims[name]
            try:
                proper = isinstance(value, str) and str(uuid.UUID(value)) == value
            except ValueError:
                proper = False
            if not proper:
                raise TokenRefused("PGRST303", f"JWT claim {name} is not an id")


def _key_caller(role: Role) -> Caller:
    return Caller(role, {"iss": "supabase-demo", "role": role})
