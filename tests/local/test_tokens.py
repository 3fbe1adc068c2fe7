"""Tokens and keys: what a gateway must refuse, each sent to REST, Auth, Storage and Realtime."""

import base64
import hashlib
import hmac
import json
import time
import uuid

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from websockets.sync.client import connect

from riskkit.local.keys import rotate, signing_keys
from riskkit.local.tokens import LONGEST_LIFE, TokenRefused, Tokens
from tests.local.conftest import CONNECTION

EC_KEY = ec.generate_private_key(ec.SECP256R1())
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
    "iat in the future": lambda c, s: by_hand(HS, {**c, "iat": int(time.time()) + 600}, s),
    "iat long ago, exp far": lambda c, s: by_hand(HS, {**c, "iat": 0}, s),
    "no iat": lambda c, s: by_hand(HS, {k: v for k, v in c.items() if k != "iat"}, s),
    "not before": lambda c, s: by_hand(HS, {**c, "nbf": int(time.time()) + 600}, s),
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

#: name -> what becomes of the good claims, the good key's id and its public half as PEM.
HOSTILE_KEYS = {
    "another's key, our id": lambda c, kid, _: jwt.encode(c, EC_KEY, "ES256", {"kid": kid}),
    "no id": lambda c, *_: jwt.encode(c, EC_KEY, "ES256"),
    "an id that is a path": lambda c, *_: jwt.encode(c, EC_KEY, "ES256", {"kid": "../../dev/null"}),
    "an id that is SQL": lambda c, *_: jwt.encode(c, EC_KEY, "ES256", {"kid": "' or '1'='1"}),
    "an id that is a number": lambda c, *_: by_hand({"alg": "ES256", "kid": 7}, c),
    "the public half as a secret": lambda c, kid, pem: by_hand({"alg": "HS256", "kid": kid}, c, pem),
    "its own key in the header": lambda c, kid, _: jwt.encode(c, EC_KEY, "ES256", {"kid": kid, "jwk": OWN_JWK}),
    "a key to be fetched": lambda c, kid, _: jwt.encode(
        c, EC_KEY, "ES256", {"kid": kid, "jku": "http://127.0.0.1:9/k"}
    ),
    "a certificate to be fetched": lambda c, kid, _: jwt.encode(c, EC_KEY, "ES256", {"kid": kid, "x5u": "http://x"}),
    "our id, alg none": lambda c, kid, _: by_hand({"alg": "none", "kid": kid}, c).rsplit(".", 1)[0] + ".",
    "a signature of zeros": lambda c, kid, _: f"{part({'alg': 'ES256', 'kid': kid})}.{part(c)}.{part(bytes(64))}",
}
OWN_JWK = jwt.algorithms.ECAlgorithm.to_jwk(EC_KEY.public_key(), as_dict=True)


@pytest.fixture(scope="module")
def entrances(keys):
    """Send a token to each entrance; what each answers."""
    with connect(f"{keys.url.replace('http', 'ws')}/realtime/v1/websocket?apikey={keys.anon_key}&vsn=1.0.0") as channel:

        def answers(token):
            headers = {"apikey": keys.anon_key, "Authorization": f"Bearer {token}"}
            rest = CONNECTION.get(f"{keys.url}/rest/v1/desks", headers=headers)
            auth = CONNECTION.get(f"{keys.url}/auth/v1/user", headers=headers)
            storage = CONNECTION.post(
                f"{keys.url}/storage/v1/object/list/reports", json={"prefix": ""}, headers=headers
            )
            config = {"private": True, "broadcast": {}, "presence": {}, "postgres_changes": []}
            ref, payload = uuid.uuid4().hex, {"config": config, "access_token": token}
            join = {"topic": "realtime:team:x", "event": "phx_join", "payload": payload, "ref": ref, "join_ref": ref}
            channel.send(json.dumps(join))
            while (reply := json.loads(channel.recv(timeout=10)))["ref"] != ref:
                pass
            return rest, auth, storage, reply["payload"]

        yield answers


@pytest.mark.parametrize("name", [*HOSTILE, *HOSTILE_KEYS])
def test_a_hostile_token_is_refused(keys, alice, entrances, name):
    good = alice.client.auth.get_session().access_token
    claims, kid = jwt.decode(good, options={"verify_signature": False}), jwt.get_unverified_header(good)["kid"]
    if name in HOSTILE:
        token = HOSTILE[name](claims, keys.jwt_secret.encode())
    else:
        known = CONNECTION.get(f"{keys.url}/auth/v1/.well-known/jwks.json").json()["keys"]
        (shown,) = (one for one in known if one["kid"] == kid)
        pem = jwt.PyJWK(shown).key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        token = HOSTILE_KEYS[name](claims, kid, pem)
    rest, auth, storage, joined = entrances(token)
    assert (rest.status_code, rest.json()["code"][:6]) == (401, "PGRST3")
    assert (auth.status_code, auth.json()["error_code"]) == (403, "bad_jwt")
    assert storage.status_code in (400, 401, 403)
    assert joined["status"] == "error"


def test_public_keys_are_shown_and_nothing_private(keys, alice):
    known = CONNECTION.get(f"{keys.url}/auth/v1/.well-known/jwks.json").json()["keys"]
    assert {name for one in known for name in one} == {"kty", "crv", "x", "y", "kid", "alg", "use", "key_ops"}
    token = alice.client.auth.get_session().access_token
    kid = jwt.get_unverified_header(token)["kid"]
    assert jwt.get_unverified_header(token) == {"alg": "ES256", "typ": "JWT", "kid": kid}
    (shown,) = (one for one in known if one["kid"] == kid)
    assert jwt.decode(token, jwt.PyJWK(shown).key, ["ES256"], audience="authenticated")["sub"] == alice.id


def test_after_a_rotation_the_last_key_still_counts_and_older_ones_do_not(tmp_path):
    def made():
        return Tokens("s" * 40, "anon", "service", "http://127.0.0.1/auth/v1", 60, signing_keys(path))

    path = tmp_path / "signing_keys.json"
    claims = {"sub": str(uuid.uuid4()), "session_id": str(uuid.uuid4())}
    first = made().issue(claims)[0]
    rotate(path)
    second = made().issue(claims)[0]
    assert made().verify(first)["sub"] == made().verify(second)["sub"] == claims["sub"]
    rotate(path)
    assert made().verify(second)
    with pytest.raises(TokenRefused):
        made().verify(first)
    assert path.stat().st_mode & 0o777 == 0o600


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


@pytest.mark.parametrize("token", ["", ".", "..", "x" * (5 << 20), "\ud800.x.y"])
def test_what_is_no_token_is_refused(token):
    with pytest.raises(TokenRefused):
        Tokens("s" * 40, "anon", "service", "http://127.0.0.1/auth/v1", life=1).verify(token)


def test_a_token_dies_with_its_time():
    tokens = Tokens("s" * 40, "anon", "service", "http://127.0.0.1/auth/v1", life=1)
    token, expires = tokens.issue({"sub": str(uuid.uuid4()), "session_id": str(uuid.uuid4())})
    assert tokens.verify(token)["exp"] == expires
    time.sleep(max(0.0, expires - time.time()) + 0.05)
    with pytest.raises(TokenRefused, match="expired"):
        tokens.verify(token)
