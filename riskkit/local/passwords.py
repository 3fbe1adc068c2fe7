"""Password hashes: scrypt from the standard library, with its parameters in the hash."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

#: OWASP's 16 MB choice: N = 2^14, r = 8, p = 5; about a quarter of a second here.
_COST, _BLOCK, _PARALLEL = 1 << 14, 8, 5
_MEMORY = 64 << 20
#: Longer ones only cost work.
LONGEST = 72


def hash_password(password: str) -> str:
    """A salted hash that `matches` understands."""
    salt = secrets.token_bytes(16)
    digest = _digest(password, salt, _COST, _BLOCK, _PARALLEL)
    return "$".join(["scrypt", str(_COST), str(_BLOCK), str(_PARALLEL), _text(salt), _text(digest)])


def matches(password: str, known: str | None) -> bool:
    """Whether the password is the one hashed; without a hash as much work is done, and the answer is no."""
    parts = (known or _NOBODY).split("$")
    cost, block, parallel = (int(part) for part in parts[1:4])
    digest = _digest(password, base64.b64decode(parts[4]), cost, block, parallel)
    return hmac.compare_digest(digest, base64.b64decode(parts[5])) and known is not None


def _digest(password: str, salt: bytes, cost: int, block: int, parallel: int) -> bytes:
    secret = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(secret, salt=salt, n=cost, r=block, p=parallel, maxmem=_MEMORY, dklen=32)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


_NOBODY = "$".join(["scrypt", str(_COST), str(_BLOCK), str(_PARALLEL), _text(bytes(16)), _text(bytes(32))])
