"""Files as raw requests ask for them: sizes, forms, types, links, races."""

import time
from concurrent.futures import ThreadPoolExecutor

import jwt
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riskkit.local.client import service_client
from riskkit.local.stack import Stack
from tests.local.conftest import CONNECTION, make_project

SCHEMA = "insert into storage.buckets (id, name) values ('files', 'files');"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shelf")
    stack = Stack(folder / "home", make_project(folder / "project", SCHEMA, '[storage]\nfile_size_limit = "1MiB"\n'))
    yield stack.start(port=0)
    stack.remove()


@pytest.fixture(scope="module")
def files(shelf):
    with service_client(shelf) as client:
        yield client.storage.from_("files")


def ask(keys, method, path, **more):
    headers = {"apikey": keys.service_key, **more.pop("headers", {})}
    return CONNECTION.request(method, f"{keys.url}/storage/v1/{path}", headers=headers, **more)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300) | st.text(st.sampled_from("\r\n-:\x00abx"), max_size=300).map(str.encode))
def test_every_byte_survives(files, body):
    files.upload("a", body, {"upsert": "true"})
    assert files.download("a") == body


def test_a_file_may_have_its_size_and_no_byte_more(shelf, files):
    body = b"x" * (1 << 20)
    files.upload("large", body)
    assert files.download("large") == body
    answer = ask(shelf, "POST", "object/files/larger", files={"file": ("x", body + b"x")})
    assert (answer.status_code, answer.json()["statusCode"]) == (413, "413")
    assert ask(shelf, "GET", "object/files/larger").status_code == 404


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b"plain"),
        ({"content-type": "multipart/form-data"}, b"x"),
        ({"content-type": "multipart/form-data; boundary=b"}, b"x"),
        ({"content-type": "multipart/form-data; boundary=b"}, b"--b\r\n\r\nx\r\n--b--"),
        (
            {"content-type": "multipart/form-data; boundary=b"},
            b'--b\r\ncontent-disposition: form-data; name="x"\r\n\r\n',
        ),
        ({"content-type": "text/plain"}, b"--b"),
    ],
)
def test_what_is_no_form_with_a_file_is_refused(shelf, headers, body):
    answer = ask(shelf, "POST", "object/files/form", headers=headers, content=body)
    assert answer.status_code in (400, 501)
    assert set(answer.json()) == {"statusCode", "error", "code", "message"}


@pytest.mark.parametrize("kind", ["text/html", "x", "text/html\r\nset-cookie: a=b", "té/xt", "a/" + "b" * 500])
def test_a_file_is_shown_without_scripts_and_its_type_is_a_plain_one(shelf, kind):
    form = f'--b\r\ncontent-disposition: form-data; name="file"\r\ncontent-type: {kind}\r\n\r\nx\r\n--b--'.encode()
    headers = {"content-type": "multipart/form-data; boundary=b", "x-upsert": "true"}
    assert ask(shelf, "POST", "object/files/typed", headers=headers, content=form).status_code == 200
    answer = ask(shelf, "GET", "object/files/typed")
    assert answer.headers["content-type"].split(";")[0] in ("text/html", "text/plain", "application/octet-stream")
    assert answer.headers["content-security-policy"] == "sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers


def test_a_link_is_signed_for_this_and_lives_as_long_as_asked(shelf, files):
    files.upload("linked", b"x")
    for seconds in ("0", "-1", "604801", "1e3", "", "x"):
        answer = ask(shelf, "POST", "object/sign/files/linked", json={"expiresIn": seconds})
        assert answer.status_code == 400, seconds
    forged = [
        jwt.encode({"url": "files/linked", "exp": time.time() + 60}, shelf.jwt_secret, "HS256"),
        jwt.encode({"url": "files/linked", "exp": time.time() + 60}, None, "none"),
        shelf.service_key,
        "",
    ]
    for token in forged:
        assert CONNECTION.get(f"{shelf.url}/storage/v1/object/sign/files/linked?token={token}").status_code == 400
    link = files.create_signed_url("linked", 60)["signedURL"]
    assert CONNECTION.get(link).content == b"x"
    token = link.split("token=")[1]
    answer = CONNECTION.get(
        f"{shelf.url}/rest/v1/x", headers={"apikey": shelf.anon_key, "Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 401


def test_of_uploads_that_race_one_wins_whole(shelf, files):
    bodies = [bytes([number]) * 100_000 for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        done = list(
            pool.map(lambda body: ask(shelf, "POST", "object/files/raced", files={"file": ("x", body)}), bodies)
        )
    assert sorted(answer.status_code for answer in done) == [200] + [409] * 7
    winner = next(body for body, answer in zip(bodies, done, strict=True) if answer.status_code == 200)
    assert files.download("raced") == winner


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("object/list/files", {"prefix": "", "limit": -1, "offset": 0}),
        ("object/list/files", {"prefix": "", "limit": 10**6, "offset": 0}),
        ("object/list/files", {"prefix": "../", "limit": 10, "offset": 0}),
        ("object/list/files", []),
        ("object/list/files", {"prefix": "", "limit": 10, "offset": 0, "search": "x"}),
        ("object/list/files", {"prefix": "", "limit": 10, "offset": 0, "sortBy": {"column": "id"}}),
        ("object/move", {"bucketId": "files", "sourceKey": "a", "destinationKey": "b"}),
        ("object/list-v2/files", {}),
        ("bucket", {"name": "mine"}),
    ],
)
def test_what_is_wrong_or_not_spoken_says_so(shelf, path, body):
    answer = ask(shelf, "POST", path, json=body)
    assert answer.status_code in (400, 501), answer.text
    assert answer.json()["message"]


def test_no_caller_may_empty_a_table_past_its_policies(shelf):
    """TRUNCATE asks no policy."""
    with psycopg.connect(shelf.db_url) as connection:
        granted = connection.execute(
            "select grantee, table_schema, table_name from information_schema.role_table_grants"
            " where privilege_type = 'TRUNCATE' and grantee in ('anon', 'authenticated', 'service_role')"
        ).fetchall()
    assert granted == []
