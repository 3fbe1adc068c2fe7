"""Where Auth's endpoints are."""

from __future__ import annotations

from starlette.routing import Route

from riskkit.local.admin import Admin
from riskkit.local.auth import Auth
from riskkit.local.factors import Factors
from riskkit.local.links import Links
from riskkit.local.mail import Post
from riskkit.local.sign_in import SignIn


def auth_routes(auth: Auth, post: Post) -> list[Route]:
    """The routes; every other path under /auth/v1 is not spoken."""
    sign_in, factors, admin = SignIn(auth), Factors(auth), Admin(auth)
    links = Links(auth, sign_in, post)
    table = {
        ("GET", "health"): sign_in.health,
        ("GET", ".well-known/jwks.json"): sign_in.jwks,
        ("POST", "token"): sign_in.token,
        ("GET", "user"): sign_in.user,
        ("PUT", "user"): sign_in.change_user,
        ("POST", "logout"): sign_in.logout,
        ("POST", "factors"): factors.enrol,
        ("DELETE", "factors/{id:uuid}"): factors.unenrol,
        ("POST", "factors/{id:uuid}/challenge"): factors.challenge,
        ("POST", "factors/{id:uuid}/verify"): factors.verify,
        ("POST", "invite"): links.invite,
        ("POST", "recover"): links.recover,
        ("POST", "verify"): links.verify,
        ("POST", "admin/users"): admin.create_user,
        ("GET", "admin/users"): admin.list_users,
        ("GET", "admin/users/{id:uuid}"): admin.get_user,
        ("PUT", "admin/users/{id:uuid}"): admin.change_user,
        ("DELETE", "admin/users/{id:uuid}"): admin.delete_user,
        ("GET", "admin/users/{id:uuid}/factors"): admin.list_factors,
        ("DELETE", "admin/users/{id:uuid}/factors/{factor:uuid}"): admin.delete_factor,
    }
    return [Route(f"/auth/v1/{path}", endpoint, methods=[method]) for (method, path), endpoint in table.items()]
