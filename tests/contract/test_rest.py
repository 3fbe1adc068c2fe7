"""Rows and functions as riskkit asks for them through the official client."""

import pytest
from postgrest.exceptions import APIError


def refused(call, *codes):
    with pytest.raises(APIError) as caught:
        call.execute()
    assert caught.value.code in codes, caught.value
    return caught.value


@pytest.fixture
def books(ours):
    """Four portfolios of our team, as its analyst writes them; gone afterwards."""
    table = ours.analyst.client.table("portfolios")
    rows = [
        {"team_id": ours.id, "slug": f"b{i}", "title": title, "base_currency": currency}
        for i, (title, currency) in enumerate(
            [("One", "EUR"), ('T, "wo" (x)', "USD"), ("Thrée ∂", "EUR"), ("\\4", "GBP")]
        )
    ]
    yield table.insert(rows).execute().data
    ours.admin.client.table("portfolios").delete().in_("slug", [row["slug"] for row in rows]).execute()


def mine(ours):
    """A select of our books by the viewer, with the slug alone."""
    return ours.viewer.client.table("portfolios").select("slug").eq("team_id", ours.id).neq("slug", "book")


def slugs(query):
    return [row["slug"] for row in query.order("slug").execute().data]


def test_an_insert_returns_its_rows(ours, books):
    assert [row["slug"] for row in books] == ["b0", "b1", "b2", "b3"]
    assert {row["team_id"] for row in books} == {ours.id}
    assert books[0]["created_at"][10] == "T"
    assert books[0]["parent_id"] is None
    silent = {"team_id": ours.id, "slug": "b9", "title": "Nine", "base_currency": "EUR"}
    assert ours.analyst.client.table("portfolios").insert(silent, returning="minimal").execute().data == []
    assert ours.admin.client.table("portfolios").delete().eq("slug", "b9").execute().data[0]["title"] == "Nine"


@pytest.mark.parametrize(
    ("narrow", "expected"),
    [
        (lambda q: q.eq("title", 'T, "wo" (x)'), ["b1"]),
        (lambda q: q.neq("base_currency", "EUR"), ["b1", "b3"]),
        (lambda q: q.in_("title", ['T, "wo" (x)', "\\4", "Thrée ∂"]), ["b1", "b2", "b3"]),
        (lambda q: q.gt("slug", "b1"), ["b2", "b3"]),
        (lambda q: q.gte("slug", "b1").lt("slug", "b3"), ["b1", "b2"]),
        (lambda q: q.lte("slug", "b0"), ["b0"]),
        (lambda q: q.is_("parent_id", "null"), ["b0", "b1", "b2", "b3"]),
        (lambda q: q.not_.is_("parent_id", "null"), []),
        (lambda q: q.like("title", "T%"), ["b1", "b2"]),
        (lambda q: q.ilike("title", "t%"), ["b1", "b2"]),
        (lambda q: q.or_("slug.eq.b0,and(base_currency.eq.GBP,parent_id.is.null)"), ["b0", "b3"]),
        (lambda q: q.or_('title.eq."T, \\"wo\\" (x)",slug.in.(b2,b3)'), ["b1", "b2", "b3"]),
    ],
)  # fmt: skip
def test_filters(ours, books, narrow, expected):
    assert slugs(narrow(mine(ours))) == expected


def test_order_pages_and_count(ours, books):
    table = ours.viewer.client.table("portfolios")
    page = table.select("slug", count="exact").eq("team_id", ours.id).order("base_currency", desc=True).order("slug")
    answer = page.range(1, 2).execute()
    assert ([row["slug"] for row in answer.data], answer.count) == (["b3", "b0"], 5)
    assert [row["slug"] for row in mine(ours).order("slug", desc=True).limit(2).execute().data] == ["b3", "b2"]
    head = table.select("*", count="exact", head=True).eq("team_id", ours.id).execute()
    assert (head.count, head.data) == (5, [])


def test_rows_of_another_table_inside(ours, books, service):
    team = service.table("teams").select("slug").eq("id", ours.id).execute().data[0]
    inside = ours.viewer.client.table("portfolios").select("slug,teams(slug)").eq("slug", "b0").execute().data
    assert inside == [{"slug": "b0", "teams": team}]
    around = ours.viewer.client.table("teams").select("slug,portfolios(slug)").eq("id", ours.id).execute().data
    assert sorted(row["slug"] for row in around[0]["portfolios"]) == ["b0", "b1", "b2", "b3", "book"]
    refused(ours.viewer.client.table("portfolios").select("slug,risk_factors(name)"), "PGRST200")


def test_update_and_delete_say_what_they_did(ours, books):
    analyst = ours.analyst.client.table("portfolios")
    changed = analyst.update({"title": "New", "parent_id": books[0]["id"]}).in_("slug", ["b1", "b2"]).execute().data
    assert sorted((row["slug"], row["title"], row["parent_id"]) for row in changed) == [
        ("b1", "New", books[0]["id"]), ("b2", "New", books[0]["id"]),
    ]  # fmt: skip
    assert analyst.update({"title": "New"}).eq("slug", "nothing").execute().data == []
    assert analyst.delete().eq("slug", "b3").execute().data == [], "an analyst deletes no portfolio"
    refused(analyst.update({"title": "all of them"}), "21000")


def test_an_upsert_changes_what_is_there(ours, service, person):
    somebody = person()
    row = {"team_id": ours.id, "user_id": somebody.id, "role": "viewer"}
    table = service.table("memberships")
    table.upsert(row, on_conflict="team_id,user_id").execute()
    (changed,) = table.upsert({**row, "role": "approver"}, on_conflict="team_id,user_id").execute().data
    assert changed["role"] == "approver"
    again = table.upsert(row, on_conflict="team_id,user_id", ignore_duplicates=True).execute().data
    assert again == []
    found = table.select("role").eq("user_id", somebody.id).execute().data
    assert found == [{"role": "approver"}]
    table.delete().eq("user_id", somebody.id).execute()


def test_numbers_make_the_journey_exactly(ours):
    """Levels are double precision and come back to the last bit; quantities are numeric."""
    levels = [1e-300, 0.1, 1 / 3, 2**49 + 0.25, 123456.789]
    days = [f"2020-01-{day:02}" for day in range(1, 6)]
    series = {"name": "CONTRACT", "kind": "equity", "currency": "EUR", "return_type": "log", "source": "a test"}
    analyst = ours.analyst.client
    analyst.rpc(
        "import_prices", {"p_team": ours.slug, "p_series": [{**series, "dates": days, "levels": levels}]}
    ).execute()
    asked = {"p_team": ours.id, "p_factors": ["CONTRACT"], "p_until": "2020-12-31", "p_n": None}
    (row,) = ours.viewer.client.rpc("factor_history", asked).execute().data
    assert (row["levels"], row["dates"]) == (levels, days)


def test_functions_are_found_by_their_arguments_and_refuse_in_words(ours, client):
    viewer = ours.viewer.client
    refused(viewer.rpc("factor_history", {"p_nothing": 1}), "PGRST202")
    refused(viewer.rpc("no_such_function", {}), "PGRST202")
    error = refused(viewer.rpc("import_prices", {"p_team": ours.slug, "p_series": []}), "PT422", "42501", "PT403")
    assert error.message
    refused(client().rpc("import_prices", {"p_team": ours.slug, "p_series": []}), "42501", "PGRST202")


def test_errors_keep_postgres_codes(ours, books, client):
    analyst = ours.analyst.client.table("portfolios")
    row = {"team_id": ours.id, "slug": "b0", "title": "Again", "base_currency": "EUR"}
    refused(analyst.insert(row), "23505")
    refused(analyst.insert({**row, "slug": "b8", "base_currency": "euro"}), "23514")
    refused(analyst.select("*").eq("id", "no uuid"), "22P02")
    refused(analyst.select("nothing"), "42703")
    refused(ours.viewer.client.table("portfolios").insert({**row, "slug": "b8"}), "42501")
    refused(client().table("portfolios").select("*"), "42501")
    refused(ours.viewer.client.schema("private").table("x").select("*"), "PGRST106")
    refused(ours.viewer.client.table("nothing_here").select("*"), "42P01", "PGRST205")


def test_another_team_is_not_there(ours, theirs, books):
    stranger = theirs.admin.client.table("portfolios")
    assert stranger.select("*").eq("team_id", ours.id).execute().data == []
    assert stranger.update({"title": "taken"}).eq("slug", "b0").execute().data == []
    assert stranger.delete().eq("slug", "b0").execute().data == []
    refused(stranger.insert({"team_id": ours.id, "slug": "b7", "title": "x", "base_currency": "EUR"}), "42501")
    assert slugs(mine(ours)) == ["b0", "b1", "b2", "b3"]
