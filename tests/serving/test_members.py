"""Members and roles: changed by the admin's own identity, with a second factor, and undone."""

import html
import re
import uuid

import pytest

from riskkit.local.client import service_client

PASSWORD = "riskkit-demo"


@pytest.fixture(scope="module")
def service(demo_stack):
    with service_client(demo_stack.keys()) as client:
        yield client


@pytest.fixture
def team(service):
    """A team of its own: `team("admin")` adds a user of that role and gives (address, id); `team.id`."""

    class Team:
        def __init__(self):
            self.slug = f"team-{uuid.uuid4().hex[:8]}"
            self.name = f"<b>{self.slug}"
            made = service.table("teams").insert({"slug": self.slug, "name": self.name}).execute()
            self.id = made.data[0]["id"]

        def __call__(self, role):
            email = f"{role}@{self.slug}.example"
            user = service.auth.admin.create_user({"email": email, "password": PASSWORD, "email_confirm": True}).user
            row = {"team_id": self.id, "user_id": user.id, "role": role}
            service.table("memberships").insert(row).execute()
            return email, user.id

        def roles(self):
            rows = service.table("memberships").select("user_id,role").eq("team_id", self.id).execute().data
            return {row["user_id"]: row["role"] for row in rows}

        def audited(self):
            rows = service.table("audit_log").select("action,subject,actor_name").eq("team_id", self.id).order("seq")
            return [tuple(row.values()) for row in rows.execute().data if row["action"].startswith("member.")]

    made = Team()
    yield made
    service.table("teams").delete().eq("id", made.id).execute()


@pytest.fixture
def admin(team, server, new_browser):
    """An admin with a second factor: the browser, the address and the id."""
    email, user_id = team("admin")
    visitor = new_browser(server.url)
    visitor.sign_in(email)
    visitor.enrol()
    return visitor, email, user_id


def rows(visitor):
    """The text of each row of members."""
    table = visitor.get("/account/members").text.split("<tbody>")[1].split("</tbody>")[0]
    return [html.unescape(" ".join(re.sub(r"<option>.*?(?=<option|</select)", "", row, flags=re.S).split()))
            for row in table.split("</tr>")[:-1]]  # fmt: skip


def words(text):
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", text).split()))


def test_an_admin_sees_members_and_changes_a_role_and_undoes_it(admin, team):
    visitor, me, my_id = admin
    analyst, analyst_id = team("analyst")
    page = visitor.get("/account/members")
    assert html.escape(team.name) in page.text
    assert team.name not in page.text
    first, second = (words(row) for row in rows(visitor))
    assert re.match(rf"{me} you just now yes admin Change the role of {me} Remove {me}", first)
    assert re.match(rf"{analyst} never no analyst Change", second)
    change = {"do": "role", "team": team.id, "user": analyst_id, "role": "approver"}
    assert visitor.post("/account/members", **change).headers["location"] == "/account/members"
    assert team.roles()[analyst_id] == "approver"
    said = visitor.get("/account/members").text
    assert f"{analyst} is now approver, was analyst." in words(said)
    undo = dict(
        re.findall(r'<input type="hidden" name="(team|user|role|email)" value="([^"]*)"', said.split("rk-undo")[1])[:4]
    )
    assert visitor.post("/account/members", do="undo", **undo).status_code == 303
    assert team.roles()[analyst_id] == "analyst"
    assert team.audited()[-2:] == [("member.role_changed", analyst, me)] * 2
    assert my_id in team.roles()


def test_removal_is_confirmed_and_can_be_undone(admin, team):
    visitor, me, _ = admin
    viewer, viewer_id = team("viewer")
    asked = visitor.get(f"/account/members/remove?team={team.id}&user={viewer_id}")
    assert f"Remove {viewer} from" in words(asked.text)
    assert viewer_id in team.roles()
    assert visitor.post("/account/members/remove", team=team.id, user=viewer_id).status_code == 303
    assert viewer_id not in team.roles()
    assert "is no longer a member" in visitor.get("/account/members").text
    assert visitor.post("/account/members/remove", team=team.id, user=viewer_id).status_code == 409
    undo = {"do": "undo", "team": team.id, "user": viewer_id, "role": "viewer", "email": viewer}
    assert visitor.post("/account/members", **undo).status_code == 303
    assert team.roles()[viewer_id] == "viewer"
    assert [entry[0] for entry in team.audited()[-2:]] == ["member.removed", "member.added"]
    assert {entry[2] for entry in team.audited()[-2:]} == {me}


def test_the_last_admin_stays(admin, team):
    visitor, _, my_id = admin
    for answer in (
        visitor.post("/account/members", do="role", team=team.id, user=my_id, role="viewer"),
        visitor.post("/account/members/remove", team=team.id, user=my_id),
    ):
        assert answer.status_code == 422
        assert "Name another admin first: a team keeps at least one." in answer.text
    assert team.roles()[my_id] == "admin"


def test_an_invitation_is_written_down_once_and_withdrawn(admin, team, service):
    visitor, me, _ = admin
    new = f"new@{team.slug}.example"
    invite = {"do": "invite", "team": team.id, "email": new.upper(), "role": "analyst"}
    assert visitor.post("/account/members", **invite).headers["location"] == "/account/members?invited"
    again = visitor.post("/account/members", **invite)
    assert (again.status_code, "is invited already" in again.text) == (422, True)
    member = visitor.post("/account/members", **{**invite, "email": me})
    assert (member.status_code, "somebody who is not a member yet" in member.text) == (422, True)
    for bad in ("", "nobody", "a@b@c", "x" * 300 + "@a.example", "<script>@a.example\0"):
        assert visitor.post("/account/members", **{**invite, "email": bad}).status_code == 422, bad
    row = next(row for row in rows(visitor) if new in row)
    assert "invitation waits" in row
    which = re.search(r'name="which" value="([^"]+)"', row)[1]
    assert visitor.post("/account/members", do="withdraw", which=which).status_code == 303
    assert visitor.post("/account/members", do="withdraw", which=which).status_code == 409
    assert team.audited()[-2:] == [("member.invited", new, me), ("member.invitation_withdrawn", new, me)]
    assert service.table("invitations").select("id").eq("team_id", team.id).execute().data == []


@pytest.mark.parametrize("role", ["viewer", "analyst", "approver"])
def test_others_see_only_their_own_account(role, team, server, new_browser):
    team("admin")
    email, _ = team(role)
    visitor = new_browser(server.url)
    visitor.sign_in(email)
    assert "Members and roles" not in visitor.get("/account").text
    assert visitor.get("/account/members").status_code == 403
    visitor.xsrf = visitor.http.cookies["_xsrf"]
    refused = visitor.post("/account/members", do="invite", team=team.id, email="a@b.example", role="admin")
    assert refused.status_code == 403
    assert f"admin@{team.slug}" not in refused.text


def test_without_a_second_factor_an_admin_only_looks(team, server, new_browser):
    _, me = team("admin")
    _, other = team("viewer")
    visitor = new_browser(server.url)
    visitor.sign_in(f"admin@{team.slug}.example")
    page = visitor.get("/account/members").text
    assert "takes a second factor" in page
    assert 'name="do"' not in page
    visitor.xsrf = visitor.http.cookies["_xsrf"]
    assert visitor.post("/account/members", do="role", team=team.id, user=other, role="admin").status_code == 403
    assert visitor.post("/account/members/remove", team=team.id, user=other).status_code == 403
    assert team.roles() == {me: "admin", other: "viewer"}


def test_another_team_is_out_of_reach(admin, service):
    visitor, _, my_id = admin
    other = service.table("teams").select("id").eq("slug", "borealis").execute().data[0]["id"]
    member = service.table("memberships").select("user_id").eq("team_id", other).limit(1).execute().data[0]["user_id"]
    forged = {"team": other, "user": member}
    assert visitor.post("/account/members", do="role", role="viewer", **forged).status_code == 422
    assert visitor.post("/account/members/remove", **forged).status_code == 409
    undo = visitor.post("/account/members", do="undo", role="admin", team=other, user=my_id)
    assert (undo.status_code, "does not let you" in undo.text) == (403, True)
    assert (
        visitor.post("/account/members", do="invite", team=other, email="a@b.example", role="admin").status_code == 403
    )
    assert service.table("memberships").select("role").eq("team_id", other).eq("user_id", my_id).execute().data == []
