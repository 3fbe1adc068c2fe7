"""REST as the official client sees it: reads, writes, functions, roles, errors."""

import json
import statistics
import time

import pytest
from postgrest.exceptions import APIError

from tests.local.conftest import CONNECTION


@pytest.fixture
def notes(alice):
    """Five notes of Alice's; the table is empty again afterwards."""
    rows = [
        {"desk_id": 1 + i % 3, "body": f'n{i}, "q" (x)', "amount": i, "level": i / 3, "tags": ["a"], "extra": {"i": i}}
        for i in range(5)
    ]
    yield alice.client.table("notes").insert(rows).execute().data
    alice.client.table("notes").delete().gte("id", 0).execute()


def refused(call, code, **facts):
    with pytest.raises(APIError) as caught:
        call.execute()
    assert caught.value.code == code, caught.value
    for name, value in facts.items():
        assert value in (getattr(caught.value, name) or "")


def raw(keys, method, path, token=None, **more):
    headers = {
        "apikey": keys.anon_key,
        "Authorization": f"Bearer {token or keys.service_key}",
        **more.pop("headers", {}),
    }
    return CONNECTION.request(method, keys.url + path, headers=headers, **more)


def ids(response):
    return [row["id"] for row in response.data]


def test_values_come_back_as_postgrest_sends_them(alice, notes):
    number = {"amount": 12345678901234567890.5, "level": 0.1 + 0.2, "body": "ünï 🙂", "desk_id": 1}
    made = alice.client.table("notes").insert(number).execute().data[0]
    assert made["level"] == 0.1 + 0.2
    assert isinstance(made["amount"], float)
    assert made["body"] == "ünï 🙂"
    assert made["written_at"][10] == "T"
    assert made["written_at"].endswith("+00:00")
    assert made["owner"] == alice.id
    assert notes[0]["extra"] == {"i": 0}
    assert notes[0]["tags"] == ["a"]


def test_every_float_survives_the_journey(alice):
    levels = [1e-300, 1.7976931348623157e308, 5e-324, 0.1, 1 / 3, -0.0, 2**53 + 2.0]
    rows = [{"desk_id": 1, "body": f"f{i}", "level": level} for i, level in enumerate(levels)]
    alice.client.table("notes").insert(rows).execute()
    back = alice.client.table("notes").select("level").like("body", "f*").order("body").execute().data
    assert [row["level"] for row in back] == levels
    alice.client.table("notes").delete().like("body", "f%").execute()


@pytest.mark.parametrize(
    ("narrow", "expected"),
    [
        (lambda q: q.eq("amount", 2), [2]),
        (lambda q: q.neq("amount", 2), [0, 1, 3, 4]),
        (lambda q: q.gt("amount", 2), [3, 4]),
        (lambda q: q.gte("amount", 2).lt("amount", 4), [2, 3]),
        (lambda q: q.lte("amount", 0), [0]),
        (lambda q: q.in_("body", ['n0, "q" (x)', 'n3, "q" (x)', "\\"]), [0, 3]),
        (lambda q: q.is_("tags", "null"), []),
        (lambda q: q.not_.is_("tags", "null").not_.in_("amount", [0, 1]), [2, 3, 4]),
        (lambda q: q.like("body", "n1%"), [1]),
        (lambda q: q.ilike("body", "N_*"), [0, 1, 2, 3, 4]),
        (lambda q: q.or_("amount.eq.1,and(amount.gt.2,amount.not.eq.4)"), [1, 3]),
        (lambda q: q.or_('body.eq."n2, \\"q\\" (x)",amount.in.(4,0)'), [0, 2, 4]),
        (lambda q: q.not_.or_("amount.lt.3,amount.gt.3"), [3]),
        (lambda q: q.eq("desk_id", 1), [0, 3]),
    ],
)  # fmt: skip
def test_filters(alice, notes, narrow, expected):
    rows = narrow(alice.client.table("notes").select("amount")).order("amount").execute().data
    assert [row["amount"] for row in rows] == expected


def test_columns_and_aliases(service):
    row = service.table("desks").select("name:title", "mood").eq("id", 2).execute().data
    assert row == [{"name": "Equity", "mood": "tense"}]


def test_order_nulls_limit_and_range(service):
    desks = service.table("desks").select("id")
    assert ids(service.table("desks").select("id").order("mood", nullsfirst=True).order("id").execute()) == [3, 1, 2]
    assert ids(service.table("desks").select("id").order("mood", desc=True, nullsfirst=False).execute()) == [2, 1, 3]
    assert ids(desks.order("id", desc=True).range(1, 2).execute()) == [2, 1]
    assert ids(service.table("desks").select("id").order("id").limit(1).offset(2).execute()) == [3]


def test_count_in_the_content_range_and_by_head(keys, service):
    page = service.table("desks").select("id", count="exact").limit(2).execute()
    assert (len(page.data), page.count) == (2, 3)
    assert service.table("desks").select("*", count="exact", head=True).execute().count == 3
    answer = raw(keys, "GET", "/rest/v1/desks?order=id&limit=1&offset=1", headers={"Prefer": "count=exact"})
    assert (answer.headers["content-range"], answer.json()[0]["id"]) == ("1-1/3", 2)
    answer = raw(keys, "GET", "/rest/v1/desks?offset=9", headers={"Prefer": "count=exact"})
    assert (answer.headers["content-range"], answer.json()) == ("*/3", [])


def test_no_more_rows_than_the_project_allows(service):
    assert len(service.rpc("series", {"n": 500}).execute().data) == 200


def test_embedded_rows_of_the_other_table(alice, service, notes):
    note = alice.client.table("notes").select("amount,desks(title),desk:desks(id)").eq("amount", 1).execute().data
    assert note == [{"amount": 1, "desks": {"title": "Equity"}, "desk": {"id": 2}}]
    desks = alice.client.table("desks").select("id,notes(amount)").order("id").execute().data
    assert desks[1] == {"id": 2, "notes": [{"amount": 1}, {"amount": 4}]}
    named = service.table("notes").select("desks!notes_desk_id_fkey(title)").eq("amount", 1).execute().data
    assert named == [{"desks": {"title": "Equity"}}]
    deep = alice.client.table("desks").select("id,notes(desks(title))").eq("id", 1).execute().data
    assert deep[0]["notes"][0] == {"desks": {"title": "Rates"}}


def test_embeds_that_cannot_be(service):
    refused(service.table("desks").select("id,open_rows(id)"), "PGRST200")
    refused(service.table("desks").select("id,desks(id)"), "PGRST201")
    refused(service.table("desks").select("id,notes(id)").eq("notes.amount", 1), "RISKKIT501")
    refused(service.table("desks").select("id,notes(desks(notes(desks(notes(desks(id))))))"), "PGRST100")


def test_bulk_insert_upsert_update_delete(service):
    table = service.table("open_rows")
    assert table.insert([{"id": 1, "value": "a"}, {"id": 2, "value": None}]).execute().data[1] == {
        "id": 2, "value": None, "other": "usual",
    }  # fmt: skip
    assert table.insert({"id": 3, "value": "c"}, returning="minimal").execute().data == []
    refused(table.upsert({"id": 1, "value": "A"}), "RISKKIT501")
    merged = table.upsert([{"id": 1, "value": "A"}, {"id": 4, "value": "D"}], on_conflict="id").execute().data
    assert [row["value"] for row in merged] == ["A", "D"]
    assert table.upsert({"id": 1, "value": "x"}, on_conflict="id", ignore_duplicates=True).execute().data == []
    changed = table.update({"value": "z"}).in_("id", [1, 2]).select("id").execute()
    assert sorted(ids(changed)) == [1, 2]
    refused(table.update({"value": "z"}, count="exact").eq("id", 1), "RISKKIT501")
    assert table.update({"value": "z"}).eq("id", 99).execute().data == []
    assert sorted(ids(table.delete().gt("id", 1).execute())) == [2, 3, 4]
    assert table.select("*").execute().data == [{"id": 1, "value": "z", "other": "usual"}]
    table.delete().eq("id", 1).execute()


def test_the_same_columns_are_asked_of_every_row(keys, service):
    answer = raw(keys, "POST", "/rest/v1/open_rows", json=[{"id": 1}, {"id": 2, "value": "x"}])
    assert (answer.status_code, answer.json()["code"]) == (400, "PGRST102")
    refused(service.table("open_rows").insert({"id": 1, "nope": 1}), "42703")
    for body in (b"", b"{", b"3", b"[1]", b"[]", b"[{}, {}]", b"\xff", b'{"id": NaN}'):
        assert raw(keys, "POST", "/rest/v1/open_rows", content=body).status_code == 400
    assert service.table("open_rows").select("id").execute().data == []


def test_a_row_of_defaults_alone(alice):
    row = alice.client.table("open_rows").insert({"id": 8}).execute().data
    assert row == [{"id": 8, "value": None, "other": "usual"}]
    alice.client.table("open_rows").delete().eq("id", 8).execute()
    refused(alice.client.table("open_rows").insert({}), "23502")
    refused(alice.client.table("open_rows").update({}).eq("id", 1), "PGRST102")


def test_a_write_without_a_filter_is_refused_as_on_hosted(service):
    refused(service.table("desks").update({"mood": "calm"}), "21000")
    refused(service.table("desks").delete(), "21000")


def test_functions(service):
    def call(name, arguments=None):
        return service.rpc(name, arguments or {}).execute().data

    assert call("add", {"a": 1}) == 2
    assert call("add", {"a": 1, "b": 5}) == 6
    assert call("total", {"xs": [0.1, 0.2, 0.3]}) == pytest.approx(0.6)
    assert call("echo", {"x": {"deep": [1, None, "é"]}}) == {"deep": [1, None, "é"]}
    assert call("echo", {"x": None}) is None
    assert call("nothing") == []
    assert call("words") == ["a", "b"]
    assert call("one_desk", {"which": 1})["title"] == "Rates"
    assert call("series", {"n": 2}) == [{"day": "2020-01-02", "level": 1 / 3}, {"day": "2020-01-03", "level": 2 / 3}]
    assert ids(service.rpc("desks_from", {"low": 2}).execute()) == [2, 3]
    refused(service.rpc("add", {"x": 1}), "PGRST202", message="public.add(x)")
    refused(service.rpc("nope", {}), "PGRST202")
    refused(service.rpc("add", {"a": "one"}), "22P02")


def test_a_read_never_writes(keys, service):
    """`volatile_rows` is a view whose function writes: a GET runs in a transaction that may only read."""
    answer = raw(keys, "GET", "/rest/v1/writing_view")
    assert (answer.status_code, answer.json()["code"]) == (405, "25006")
    assert service.table("open_rows").select("id").execute().data == []


@pytest.mark.parametrize(
    ("state", "status"),
    [("P0001", 400), ("PT402", 402), ("23505", 409), ("42501", 403), ("22P02", 400), ("40001", 500), ("53000", 503)],
)
def test_a_functions_error_keeps_code_and_words(keys, state, status):
    answer = raw(keys, "POST", "/rest/v1/rpc/refuse", json={"state": state})
    assert answer.status_code == status
    assert answer.json() == {"code": state, "message": "refused", "details": "why", "hint": "how"}


def test_errors_of_postgres(keys, service, alice, notes):
    refused(service.table("nope").select("*"), "42P01")
    refused(service.table("desks").select("nope"), "42703", message="desks.nope")
    refused(service.table("desks").insert({"id": 1, "title": "again"}), "23505")
    refused(alice.client.table("notes").insert({"desk_id": 99}), "23503")
    refused(alice.client.table("notes").insert({"desk_id": 1, "body": "x" * 100}), "23514")
    refused(service.table("desks").select("id").eq("id", "one"), "22P02")
    refused(service.schema("private").table("hidden").select("*"), "PGRST106")
    assert raw(keys, "POST", "/rest/v1/desks", json={"id": 1, "title": "again"}).status_code == 409
    assert raw(keys, "PUT", "/rest/v1/desks", json={}).status_code == 501


@pytest.mark.parametrize(
    "path",
    [
        "desks?id=cs.1", "desks?title=fts.x", "desks?select=id.sum()", "desks?select=...notes(id)",
        "desks?select=id::text", "desks?extra->>a=eq.1", "desks?select=extra->a", "rpc/words", "desks?notes.id=eq.1",
        "desks?select=notes!inner", 'desks?"odd name"=eq.1', "",
    ],
)  # fmt: skip
def test_what_is_not_spoken_says_so(keys, path):
    answer = raw(keys, "GET", f"/rest/v1/{path}")
    assert answer.status_code == 501
    assert set(answer.json()) == {"code", "message", "details", "hint"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept": "text/csv"},
        {"Accept": "application/vnd.pgrst.object+json"},
        {"Range": "0-1"},
        {"Prefer": "count=planned"},
        {"Prefer": "tx=rollback"},
        {"Prefer": "missing=default"},
    ],
)
def test_what_headers_ask_and_is_not_spoken_says_so(keys, headers):
    assert raw(keys, "GET", "/rest/v1/desks", headers=headers).status_code == 501


@pytest.mark.parametrize(
    "query",
    ["id=5", "id=eq", "select=(", "id=eq(any).{1}", "order=notes(id)", "select=a(b", "or=(id.eq.1", "or=()", "limit=-1",
     "limit=x", "order=", "order=id.up", "id=in.1", "id=in.(1", "mood=is.maybe",
     'title=in.("a)', "select=" + "a(" * 20],
)  # fmt: skip
def test_what_cannot_be_parsed_says_so(keys, query):
    answer = raw(keys, "GET", f"/rest/v1/desks?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "PGRST100")


@pytest.mark.parametrize(
    "path",
    [
        "desks?select=id&title=eq.'; drop table desks --", 'desks?select=id&"id%22; select 1"=eq.1',
        "desks?select=a%22b", 'desks?select="x"" from desks"', "desks?order=id;drop table desks",
        "desks?select=%25s:id", 'desks?"%25(p0)s"=eq.1',
        "desks?select=id::int); drop table desks; --", "rpc/add?a=1);drop table desks", 'desks?select="%25s":id',
    ],
)  # fmt: skip
def test_nothing_a_query_holds_becomes_sql(keys, service, path):
    assert raw(keys, "GET", f"/rest/v1/{path}").status_code in (200, 400, 404, 501)
    assert len(service.table("desks").select("id").execute().data) == 3


def test_row_level_security_decides(alice, bob, anonymous, service, notes):
    mine = [row["id"] for row in notes]
    assert bob.client.table("notes").select("id").execute().data == []
    assert bob.client.table("notes").update({"body": "taken"}).in_("id", mine).execute().data == []
    assert bob.client.table("notes").delete().in_("id", mine).execute().data == []
    refused(bob.client.table("notes").insert({"desk_id": 1, "owner": alice.id}), "42501")
    assert anonymous.table("notes").select("id").execute().data == []
    assert len(service.table("notes").select("id").execute().data) == 5


def test_what_a_role_may_not_touch(keys, anonymous, alice):
    refused(anonymous.table("open_rows").select("*"), "42501")
    token = alice.client.auth.get_session().access_token
    assert raw(keys, "GET", "/rest/v1/open_rows", keys.anon_key).status_code == 401
    assert raw(keys, "POST", "/rest/v1/notes", token, json={"desk_id": 1, "owner": keys.url}).status_code == 400
    assert raw(keys, "GET", "/rest/v1/hidden").status_code == 404


def test_a_request_knows_who_asks(keys, alice, anonymous):
    known = alice.client.rpc("about_me").execute().data
    assert (known["uid"], known["role"], known["email"]) == (alice.id, "authenticated", alice.email)
    assert known["user"] == "authenticated"
    assert {"aal", "amr", "session_id", "iss", "app_metadata", "is_anonymous"} <= set(known["jwt"])
    nobody = anonymous.rpc("about_me").execute().data
    assert (nobody["uid"], nobody["role"], nobody["user"]) == (None, "anon", "anon")
    headers = json.loads(anonymous.rpc("setting", {"which": "request.headers"}).execute().data)
    assert headers["x-client-info"].startswith("supabase-py")
    assert not {"authorization", "apikey"} & set(headers)


def test_nothing_of_one_request_reaches_the_next(alice, anonymous):
    for _ in range(20):
        assert alice.client.rpc("about_me").execute().data["uid"] == alice.id
        assert anonymous.rpc("about_me").execute().data["uid"] is None


def test_a_statement_runs_no_longer_than_its_role_may(anonymous):
    begun = time.monotonic()
    refused(anonymous.rpc("sleep", {"seconds": 20}), "57014")
    assert time.monotonic() - begun < 6


def test_arrays_of_history_come_in_one_quick_request(service):
    def once():
        begun = time.perf_counter()
        rows = service.rpc("history", {"days": 500, "n": 25}).execute().data
        assert (len(rows), len(rows[24]["levels"])) == (25, 500)
        return time.perf_counter() - begun

    assert statistics.median(once() for _ in range(10)) < 0.3
