"""A backup holds rows, files and keys; only a whole one is restored, and a failed restore loses nothing."""

import io
import os
import shutil
import stat
import subprocess
import sys
import tarfile
import time

import psycopg
import pytest

from riskkit.errors import InputError, Unavailable
from riskkit.local.backup import Manifest
from riskkit.local.client import service_client
from riskkit.local.stack import Stack
from tests.conftest import ROOT
from tests.local.conftest import CONNECTION, sign_in

BODY = os.urandom(300_000)
PASSWORD = "correct horse battery"
EMAIL = "keeper@atlas.example"


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A stack with a user, a team, a portfolio and a file."""
    stack = Stack(tmp_path_factory.mktemp("original") / "home", ROOT)
    with service_client(stack.start(port=0)) as service:
        user = service.auth.admin.create_user({"email": EMAIL, "password": PASSWORD, "email_confirm": True}).user
        team = service.table("teams").insert({"slug": "kept", "name": "Kept"}).execute().data[0]["id"]
        service.table("memberships").insert({"team_id": team, "user_id": user.id, "role": "analyst"}).execute()
        service.table("portfolios").insert(
            {"team_id": team, "slug": "book", "title": "Bücher", "base_currency": "EUR"}
        ).execute()
        service.storage.from_("reports").upload(f"{team}/run/report.html", BODY, {"content-type": "text/html"})
    yield stack
    stack.remove()


@pytest.fixture(scope="module")
def archive(original, tmp_path_factory):
    path = tmp_path_factory.mktemp("backup") / "riskkit.backup"
    manifest = original.backup(path)
    assert manifest.rows["public.portfolios"] == 1
    return path


@pytest.fixture(scope="module")
def restored(archive, tmp_path_factory):
    """A fresh stack after a restore, and what that said."""
    stack = Stack(tmp_path_factory.mktemp("other") / "home", ROOT)
    yield stack, stack.restore(archive)
    stack.remove()


@pytest.fixture(scope="module")
def other(restored):
    return restored[0]


def seen(stack):
    """What a member sees: their portfolios, and the one file."""
    client = sign_in(stack.keys(), EMAIL, PASSWORD)
    rows = client.table("portfolios").select("team_id,title").execute().data
    return rows, client.storage.from_("reports").download(f"{rows[0]['team_id']}/run/report.html")


def test_the_archive_is_for_its_owner_only_and_never_replaces_another(original, archive):
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    with tarfile.open(archive) as members:
        assert members.getnames() == ["manifest.json", "database.dump", "secrets.json", "signing_keys.json"]
    with pytest.raises(InputError, match="not there yet"):
        original.backup(archive)
    assert not (original.status().data.parent / "database.dump").exists()


def test_a_fresh_stack_becomes_the_one_backed_up(original, restored):
    before, (other, manifest) = seen(original), restored
    assert before[1] == BODY
    assert isinstance(manifest, Manifest)
    assert list(manifest.files) == [f"reports/{before[0][0]['team_id']}/run/report.html"]
    assert seen(other) == before
    assert other.keys().anon_key == original.keys().anon_key
    assert other.keys().url != original.keys().url
    other.stop()
    assert seen_again(other) == before


def seen_again(stack):
    stack.start()
    return seen(stack)


def test_the_restored_database_is_as_closed_as_the_first(original, other):
    """Owners, grants (said, or the default), policies and forced row-level security come back too."""
    questions = [
        "select relname, relrowsecurity, relforcerowsecurity, relowner::regrole::text,"
        " (select array_agg(a::text order by a::text) from unnest("
        "coalesce(relacl, acldefault(case relkind when 'S' then 's'::\"char\" else 'r' end, relowner))) a)"
        " from pg_class"
        " where relnamespace::regnamespace::text in ('public', 'auth', 'storage', 'private', 'realtime') order by 1",
        "select polname, polrelid::regclass::text, pg_get_expr(polqual, polrelid) from pg_policy order by 1, 2",
        "select oid::regprocedure::text, proowner::regrole::text, prosecdef,"
        " (select array_agg(a::text order by a::text) from unnest(coalesce(proacl, acldefault('f', proowner))) a)"
        " from pg_proc"
        " where pronamespace::regnamespace::text in ('public', 'private', 'auth') order by 1",
        "select datname, datdba::regrole::text,"
        " (select array_agg(a::text order by a::text) from unnest(coalesce(datacl, acldefault('d', datdba))) a)"
        " from pg_database order by 1",
        "select defaclrole::regrole::text, defaclobjtype,"
        " (select array_agg(a::text order by a::text) from unnest(defaclacl) a) from pg_default_acl order by 1, 2, 3",
    ]
    with psycopg.connect(original.keys().db_url) as one, psycopg.connect(other.keys().db_url) as two:
        for question in questions:
            assert one.execute(question).fetchall() == two.execute(question).fetchall()


def test_only_a_whole_backup_is_read(archive, other, tmp_path):
    whole = archive.read_bytes()
    before = seen(other)
    damaged = {
        "cut": whole[: len(whole) // 2],
        "cut at the end": whole[:-2000],
        "changed": whole[:60_000] + bytes([whole[60_000] ^ 1]) + whole[60_001:],
        "empty": b"",
        "other": b"hello\n" * 500,
    }
    for name, content in damaged.items():
        path = tmp_path / name
        path.write_bytes(content)
        if name == "cut at the end" and content.rstrip(b"\0") == whole.rstrip(b"\0"):
            continue
        with pytest.raises(InputError, match="backup"):
            other.restore(path)
    with pytest.raises(InputError, match="a file that is there"):
        other.restore(tmp_path / "nowhere")
    assert other.status().running
    assert seen(other) == before


def test_a_backup_that_does_not_hold_what_it_says_changes_nothing(archive, other, tmp_path):
    before = seen(other)
    path, text = tmp_path / "lying", None
    with tarfile.open(archive) as old, tarfile.open(path, "w") as new:
        for member in old:
            content = old.extractfile(member).read()
            if member.name == "manifest.json":
                text = content.replace(b'"public.portfolios": 1', b'"public.portfolios": 2')
                assert text != content
                content = text
            new.addfile(member, io.BytesIO(content))
    with pytest.raises(Unavailable, match="not what the backup says"):
        other.restore(path)
    assert seen(other) == before


def test_a_restore_below_a_deleted_home_begins_anew(archive, other):
    other.stop()
    shutil.rmtree(other.folder)
    other.restore(archive)
    assert seen(other)[1] == BODY
    assert CONNECTION.get(f"{other.keys().url}/auth/v1/health").status_code == 200


def test_a_restore_that_is_killed_is_undone_by_whatever_comes_next(original, archive, tmp_path_factory):
    """At two moments: the old cluster has just been set aside, the new one is being filled."""
    stack = Stack(tmp_path_factory.mktemp("killed") / "home", ROOT)
    keys = stack.start(port=0)
    with service_client(keys) as service:
        service.table("teams").insert({"slug": "own", "name": "Own"}).execute()
    data = stack.status().data
    moments = {
        "aside": data.parent.with_name(f"{data.parent.name}.aside"),
        "filling": data.parent / "database.dump",
    }
    command = [sys.executable, "-m", "riskkit", "local", "restore", str(archive), "--yes"]
    environ = {**os.environ, "RISKKIT_HOME": str(stack.home), "RISKKIT_PROJECT": str(ROOT)}
    try:
        for name, there in moments.items():
            process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while process.poll() is None and not (there.exists() and (stack.folder / "kept.json").exists()):
                time.sleep(0.001)
            process.kill()
            assert process.wait() != 0, f"{name}: it ended before it could be killed"
            assert (stack.folder / "kept.json").exists(), name
            again = stack.start()
            assert (again.anon_key, again.service_key) == (keys.anon_key, keys.service_key), name
            with service_client(again) as service:
                assert [row["slug"] for row in service.table("teams").select("slug").execute().data] == ["own"], name
            left = [path.name for path in stack.folder.iterdir() if path.name.startswith(("kept", "restore"))]
            assert left == [], name
        stack.restore(archive)
        assert seen(stack) == seen(original)
    finally:
        stack.remove()
