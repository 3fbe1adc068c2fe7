"""Tokens and keys: what a gateway must refuse, each sent to REST and to Auth."""

import base64
import hashlib
import hmac
import json
import time
import uuid

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from riskkit.local.tokens import LONGEST_LIFE, TokenRefused, Tokens
from tests.local.conftest import CONNECTION

RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def part(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def by_hand(header, claims, secret=b"", digest=hashlib.sha256):
    body = f"{part(header)}.{part(claims)}"
    return f"{body}.{part(hmac.new(secret, body.encode(), digest).digest())}"


HS = {"alg": "HS256", "typ": "JWT"}

#: name -> what becomes of the good claims and the secret.
HOSTILE = {
    "alg none": lambda c, _: by_hand({"alg": "none"}, c).rsplit(".", 1)[0] + ".",
    "alg None signed": lambda c, s: by_hand({"alg": "None"}, c, s),
    "alg missing": lambda c, s: by_hand({"typ": "JWT"}, c, s),
    "alg null": lambda c, s: by_hand({"alg": None}, c, s),
    "alg a list": lambda c, s: by_hand({"alg": ["HS256"]}, c, s),
    "alg lower case": lambda c, s: by_hand({"alg": "hs256"}, c, s),
    "alg HS384": lambda c, s: jwt.encode(c, s, algorithm="HS384"),
    "alg HS512": lambda c, s: jwt.encode(c, s, algorithm="HS512"),
    "alg RS256": lambda c, _: jwt.encode(c, RSA_KEY, algorithm="RS256"),
    "signed HS512, said HS256": lambda c, s: by_hand(HS, c, s, hashlib.sha512),
    "another key": lambda c, _: by_hand(HS, c, b"another secret of a proper length 123456"),
    "empty key": lambda c, _: by_hand(HS, c, b""),
    "no signature": lambda c, s: by_hand(HS, c, s).rsplit(".", 1)[0] + ".",
    "two parts": lambda c, s: by_hand(HS, c, s).rsplit(".", 1)[0],
    "four parts": lambda c, s: by_hand(HS, c, s) + ".x",
    "cut short": lambda c, s: by_hand(HS, c, s)[:-2],
    "claims changed": lambda c, s: f"{part(HS)}.{part({**c, 'sub': str(uuid.uuid4())})}." + by_hand(HS, c, s)[-43:],
    "claims a list": lambda c, s: by_hand(HS, [c], s),
    "claims not JSON": lambda _, s: by_hand(HS, b"nonsense", s),
    "header not JSON": lambda c, s: by_hand(b"nonsense", c, s),
    "jku and kid are no keys": lambda c, _: by_hand({**HS, "kid": "../x", "jku": "http://x", "jwk": {}}, c, b"x" * 40),
    "crit": lambda c, s: by_hand({**HS, "crit": ["x"], "x": 1}, c, s),
    "unencoded payload": lambda c, s: by_hand({**HS, "b64": False, "crit": ["b64"]}, c, s),
    "expired": lambda c, s: by_hand(HS, {**c, "iat": c["iat"] - 4000, "exp": c["iat"] - 400}, s),
    "no exp": lambda c, s: by_hand(HS, {k: v for k, v in c.items() if k != "exp"}, s),
    "exp null": lambda c, s: by_hand(HS, {**c, "exp": None}, s),
    "exp text": lambda c, s: by_hand(HS, {**c, "exp": "tomorrow"}, s),
    "exp digits as text": lambda c, s: by_hand(HS, {**c, "exp": str(c["exp"])}, s),
    "exp a fraction": lambda c, s: by_hand(HS, {**c, "exp": c["exp"] + 0.5}, s),
    "exp true": lambda c, s: by_hand(HS, {**c, "exp": True}, s),
    "exp far": lambda c, s: by_hand(HS, {**c, "exp": c["iat"] + LONGEST_LIFE + 1}, s),
    "exp endless": lambda c, s: by_hand(HS, {**c, "exp": 10**30}, s),
    "exp infinite": lambda c, s: by_hand(HS, json.dumps(c).replace(str(c["exp"]), "1e999").encode(), s),
    "iat in the future": lambda c, s: by_hand(HS, {**c, "iat": c["iat"] + 600}, s),
    "iat long ago, exp far": lambda c, s: by_hand(HS, {**c, "iat": 0}, s),
    "no iat": lambda c, s: by_hand(HS, {k: v for k, v in c.items() if k != "iat"}, s),
    "not before": lambda c, s: by_hand(HS, {**c, "nbf": c["iat"] + 600}, s),
    "aud another": lambda c, s: by_hand(HS, {**c, "aud": "other"}, s),
    "aud a list": lambda c, s: by_hand(HS, {**c, "aud": ["authenticated", "other"]}, s),
    "no aud": lambda c, s: by_hand(HS, {k: v for k, v in c.items() if k != "aud"}, s),
    "iss another": lambda c, s: by_hand(HS, {**c, "iss": "http://evil.example/auth/v1"}, s),
    "no iss": lambda c, s: by_hand(HS, {k: v for k, v in c.items() if k != "iss"}, s),
    "no sub": lambda c, s: by_hand(HS, {k: v for k, v in c.items() if k != "sub"}, s),
    "sub no id": lambda c, s: by_hand(HS, {**c, "sub": "' or 1=1 --"}, s),
    "sub a number": lambda c, s: by_hand(HS, {**c, "sub": 1}, s),
    "sub in capitals": lambda c, s: by_hand(HS, {**c, "sub": "A" + c["sub"].upper()[1:]}, s),
    "no session": lambda c, s: by_hand(HS, {k: v for k, v in c.items() if k != "session_id"}, s),
    "role service": lambda c, s: by_hand(HS, {**c, "role": "service_role"}, s),
    "role postgres": lambda c, s: by_hand(HS, {**c, "role": "postgres"}, s),
    "role missing": lambda c, s: by_hand(HS, {k: v for k, v in c.items() if k != "role"}, s),
    "a key that is not ours": lambda c, s: by_hand(HS, {"role": "service_role", "iss": "supabase", "exp": c["exp"]}, s),
    "long": lambda c, s: by_hand(HS, {**c, "x": "y" * 9000}, s),
    "deep": lambda c, s: by_hand(HS, json.dumps(c).encode()[:-1] + b', "x": ' + b"[" * 3000 + b"]" * 3000 + b"}", s),
    "nonsense": lambda *_: "nonsense",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_token_is_refused(keys, alice, name):
    good = alice.client.auth.get_session().access_token
    claims = jwt.decode(good, options={"verify_signature": False})
    headers = {"apikey": keys.anon_key, "Authorization": f"Bearer {HOSTILE[name](claims, keys.jwt_secret.encode())}"}
    rest = CONNECTION.get(f"{keys.url}/rest/v1/desks", headers=headers)
    assert (rest.status_code, rest.json()["code"][:6]) == (401, "PGRST3")
    auth = CONNECTION.get(f"{keys.url}/auth/v1/user", headers=headers)
    assert (auth.status_code, auth.json()["error_code"]) == (403, "bad_jwt")


def test_the_good_token_is_accepted(keys, alice):
    claims = jwt.decode(alice.client.auth.get_session().access_token, options={"verify_signature": False})
    headers = {"apikey": keys.anon_key, "Authorization": f"Bearer {by_hand(HS, claims, keys.jwt_secret.encode())}"}
    assert CONNECTION.get(f"{keys.url}/rest/v1/desks", headers=headers).status_code == 200


@pytest.mark.parametrize("scheme", ["Basic", "Token", ""])
def test_only_bearer_tokens_are_read(keys, scheme):
    headers = {"apikey": keys.anon_key, "Authorization": f"{scheme} {keys.service_key}".strip()}
    assert CONNECTION.get(f"{keys.url}/rest/v1/desks", headers=headers).status_code == 401


def test_the_key_decides_only_without_a_token(keys, alice):
    def count(**headers):
        return len(CONNECTION.get(f"{keys.url}/rest/v1/open_rows", headers=headers).json())

    token = alice.client.auth.get_session().access_token
    me = CONNECTION.post(
        f"{keys.url}/rest/v1/rpc/about_me",
        json={},
        headers={"apikey": keys.service_key, "Authorization": f"Bearer {token}"},
    ).json()
    assert (me["role"], me["user"]) == ("authenticated", "authenticated")
    assert count(apikey=keys.service_key) == 0
    assert CONNECTION.get(f"{keys.url}/rest/v1/desks").json()["code"] == "no_key"
    assert CONNECTION.get(f"{keys.url}/rest/v1/desks", headers={"apikey": token}).json()["code"] == "bad_key"


def test_a_token_dies_with_its_time():
    tokens = Tokens("s" * 40, "anon", "service", "http://127.0.0.1/auth/v1", life=1)
    token, expires = tokens.issue({"sub": str(uuid.uuid4()), "session_id": str(uuid.uuid4())})
    assert tokens.verify(token)["exp"] == expires
    time.sleep(max(0.0, expires - time.time()) + 0.05)
    with pytest.raises(TokenRefused, match="expired"):
        tokens.verify(token)
