"""Access tokens of every user, with one factor and with two, as Auth itself issues them."""

import time

import httpx
import jwt
from supabase import ClientOptions, create_client

from tests.database.world import PASSWORD

LEVELS = ("aal1", "aal2")


def issue(world, keys, users):
    """(user, aal) to an access token. The session is raised to a second factor and renewed for the second token."""
    found = {}
    with httpx.Client(timeout=60) as http:
        options = ClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=http)
        for user in users:
            auth = create_client(keys.url, keys.anon_key, options).auth
            credentials = {"email": f"{user}@{world.mail}", "password": PASSWORD}
            found[user, "aal1"] = auth.sign_in_with_password(credentials).session.access_token
            claims = claims_of(found[user, "aal1"])
            world.connection.execute("update auth.sessions set aal = 'aal2' where id = %s", [claims["session_id"]])
            found[user, "aal2"] = auth.refresh_session().session.access_token
            assert claims_of(found[user, "aal2"])["aal"] == "aal2"
    return found


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


def expired(token, keys):
    """The same token, ten minutes after its end."""
    now = int(time.time())
    return jwt.encode({**claims_of(token), "iat": now - 1200, "exp": now - 600}, keys.jwt_secret, algorithm="HS256")
