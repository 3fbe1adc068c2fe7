"""`riskkit audit` from the command line, on a chain that is whole and on one that is not."""

import json
import stat


def test_list_export_and_verify(riskkit, admin, owner, tmp_path):
    slug, email = admin
    owner.execute("select private.append_audit(null, null, 'test.noted', 'x', '{}')")
    code, out, err = riskkit("audit", "list")
    assert (code, err) == (0, "")
    assert out.startswith(f"{slug}: ")
    assert f"  member.added  {email}  by service_role (service_role)  role: admin; " in out
    assert f"  sign_in.second_factor  {email}  by {email} (admin)  aal: aal2; " in out
    code, out, _ = riskkit("audit", "list", "--team", slug, "--action", "member", "--limit", "5")
    assert (code, out.splitlines()[0], "sign_in" in out) == (0, f"{slug}: 1 entry", False)

    code, out, _ = riskkit("audit", "verify")
    assert code == 0
    assert f"{slug}: " in out
    assert "of no team, by the database's own word: " in out

    copy = tmp_path / "audit.jsonl"
    code, out, _ = riskkit("audit", "export", copy)
    lines = [json.loads(line) for line in copy.read_text().splitlines()]
    assert (code, out) == (0, f"{len(lines):,} entries in {copy}. Keep it on another machine.\n")
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert json.loads(lines[0]["entry"])["action"] == "member.added"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert riskkit("audit", "export", copy)[0] == 2, "an export is never written over"
    assert riskkit("audit", "export", tmp_path / "nowhere" / "copy")[0] == 2
    assert len(riskkit("audit", "export", "--after", "1")[1].splitlines()) == len(lines) - 1
    assert riskkit("audit", "verify", "--against", copy)[0] == 0

    owner.execute("alter table audit_log disable trigger no_change")
    try:
        owner.execute(
            "update audit_log set subject = 'x' where seq = 2 and team_id = (select id from teams where slug = %s)",
            [slug],
        )
        code, out, err = riskkit("audit", "verify", "--team", slug)
        assert (code, out) == (1, "")
        assert err == f"riskkit: The audit log does not hold: entry 2 of {slug}: it was changed.\n"
        owner.execute(
            "delete from audit_log where seq > 1 and team_id = (select id from teams where slug = %s)", [slug]
        )
        assert riskkit("audit", "verify", "--team", slug)[0] == 0, "a chain that was cut off looks whole"
        code, _, err = riskkit("audit", "verify", "--against", copy)
        assert code == 1
        assert f"entry 2 of {slug}: the copy has it, the database no longer does" in err
    finally:
        owner.execute("alter table audit_log enable always trigger no_change")


def test_what_a_program_calls_itself_does_not_reach_the_terminal(riskkit, admin, owner):
    slug, _ = admin
    detail = json.dumps({"user_agent": "\x1b[2Jx\u202ey"})
    owner.execute(
        "select private.append_audit(id, null, 'sign_in', 'x', %s) from teams where slug = %s", [detail, slug]
    )
    out = riskkit("audit", "list", "--limit", "1")[1]
    assert "?[2Jx?y" in out
    assert "\x1b" not in out


def test_what_is_refused(riskkit, admin, tmp_path):
    assert riskkit("audit", "list", "--team", "atlas")[0] == 2
    assert riskkit("audit", "list", "--action", "x' or 1=1")[0] == 2
    for text in ("", "[]\n", '{"team": "elsewhere", "seq": 1, "entry": "{}", "previous": "", "hash": ""}\n', "\xff"):
        copy = tmp_path / "copy"
        copy.write_text(text, encoding="latin-1")
        assert riskkit("audit", "verify", "--against", copy)[0] == (0 if text == "" else 2), text
    assert riskkit("audit", "verify", "--against", tmp_path / "absent")[0] == 2


def test_an_admin_without_a_second_factor_and_an_analyst_read_nothing(riskkit, own_team, sign_in):
    for command in ("list", "verify", "export"):
        code, out, err = riskkit("audit", command)
        assert (code, out) == (3, "")
        assert "takes a second factor" in err
    riskkit("logout")
    assert riskkit("audit", "verify")[0] == 3
