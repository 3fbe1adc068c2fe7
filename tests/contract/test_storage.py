"""Files as the official client writes, reads, lists, links and removes them, and who may."""

import hashlib
import time
import uuid

import httpx
import pytest
from storage3.exceptions import StorageApiError

BODY = bytes(range(256)) * 40 + b"\r\n--not-a-boundary\r\n\r\n"


@pytest.fixture
def path(ours, service):
    """A name in our team's folder; whatever is there is removed afterwards."""
    name = f"{ours.id}/{uuid.uuid4().hex}/report.html"
    yield name
    service.storage.from_("reports").remove([name])


def bucket(person):
    return person.client.storage.from_("reports")


def put(person, path, body=BODY, **options):
    return bucket(person).upload(path, body, {"content-type": "text/html", **options})


def refused(call, *arguments, status=None):
    with pytest.raises(StorageApiError) as caught:
        call(*arguments)
    if status is not None:
        assert str(caught.value.status) in status
    return caught.value


def test_what_is_written_is_read_and_listed(ours, path):
    assert put(ours.analyst, path).full_path == f"reports/{path}"
    assert bucket(ours.viewer).download(path) == BODY
    (item,) = bucket(ours.viewer).list(path.rsplit("/", 1)[0])
    assert (item["name"], item["metadata"]["size"], item["metadata"]["mimetype"]) == (
        "report.html",
        len(BODY),
        "text/html",
    )
    folders = bucket(ours.viewer).list(ours.id)
    assert [(one["name"], one["id"]) for one in folders if one["name"] == path.split("/")[1]] == [
        (path.split("/")[1], None)
    ]


def test_a_large_file_makes_the_journey(ours, path):
    body = b"".join(hashlib.sha256(bytes([i % 256, i // 256])).digest() for i in range(65_536)) * 4
    put(ours.analyst, path, body)
    assert bucket(ours.viewer).download(path) == body


def test_an_empty_file_is_a_file(ours, path):
    put(ours.analyst, path, b"")
    assert bucket(ours.viewer).download(path) == b""


def test_a_second_upload_is_refused_unless_it_is_an_upsert(ours, path):
    put(ours.analyst, path)
    refused(put, ours.analyst, path, b"other", status=("409", "400"))
    assert bucket(ours.viewer).download(path) == BODY
    put(ours.analyst, path, b"other", upsert="true")
    assert bucket(ours.viewer).download(path) == b"other"
    bucket(ours.analyst).update(path, b"third")
    assert bucket(ours.viewer).download(path) == b"third"


def test_only_who_wrote_a_file_may_replace_it(ours, service, path):
    """What the service wrote for an official report stays as it is."""
    service.storage.from_("reports").upload(path, BODY)
    refused(lambda: put(ours.analyst, path, b"forged", upsert="true"))
    refused(lambda: put(ours.admin, path, b"forged", upsert="true"))
    assert bucket(ours.viewer).download(path) == BODY


def test_roles_decide_who_writes_and_removes(ours, path):
    refused(put, ours.viewer, path, status=("403", "400"))
    put(ours.analyst, path)
    assert bucket(ours.analyst).remove([path]) == []
    assert bucket(ours.viewer).download(path) == BODY
    assert [one["name"] for one in bucket(ours.admin).remove([path])] == [path]
    refused(bucket(ours.viewer).download, path, status=("404", "400"))


def test_another_team_sees_nothing(ours, theirs, client, path):
    put(ours.analyst, path)
    for stranger in (theirs.admin.client, client()):
        files = stranger.storage.from_("reports")
        refused(files.download, path, status=("404", "400"))
        refused(files.create_signed_url, path, 60, status=("404", "400"))
        refused(files.upload, path, BODY)
        refused(files.upload, f"{ours.id}/x/y", BODY)
        refused(files.update, path, BODY)
        assert files.list(ours.id) == []
        assert files.remove([path]) == []
    assert bucket(ours.viewer).download(path) == BODY


def test_a_link_opens_one_file_until_it_expires(ours, path):
    put(ours.analyst, path)
    url = bucket(ours.viewer).create_signed_url(path, 2)["signedURL"]
    made = time.monotonic()
    assert httpx.get(url, timeout=30).content == BODY
    for changed in (url[:-3] + "xyz", url.replace("report.html", "other.html"), url.split("?")[0]):
        assert httpx.get(changed, timeout=30).status_code in (400, 401, 403, 404)
    time.sleep(max(0.0, made + 3.2 - time.monotonic()))
    assert httpx.get(url, timeout=30).status_code in (400, 401, 403)


@pytest.mark.parametrize("name", ["x", "x/y", "{theirs}/x", "{ours}", "{ours}x/y", "{ours}/.hidden"])
def test_names_outside_the_teams_folder_are_refused(ours, theirs, name):
    refused(put, ours.analyst, name.format(ours=ours.id, theirs=theirs.id))


@pytest.mark.parametrize(
    "tail",
    ["..%2f..%2fetc%2fpasswd", "%2e%2e/x", "a%00b", "a%0ab", "a%5cb", "%e2%80%aex", "a" * 3000, "%2f%2fx", "a%2f"],
)
def test_hostile_names_are_refused(ours, project, connection, tail):
    url = f"{project.url}/storage/v1/object/reports/{ours.id}/{tail}"
    headers = {"apikey": project.anon_key, "Authorization": f"Bearer {ours.analyst.token}"}
    for method in ("POST", "GET"):
        files = {"file": ("x", b"y")} if method == "POST" else None
        answer = connection.request(method, url, headers=headers, files=files)
        assert answer.status_code in (400, 403, 404, 414), (method, answer.text)


def test_a_bucket_that_is_not_there(ours):
    refused(ours.analyst.client.storage.from_("nowhere").upload, f"{ours.id}/x/y", b"")
    refused(ours.analyst.client.storage.from_("nowhere").download, f"{ours.id}/x/y", status=("404", "400"))
