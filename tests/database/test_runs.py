"""What a record of a run may say: nothing that a reader could not read, no path that is not its hash."""

import json
import uuid

import psycopg
import pytest

DIGEST = "ab" * 32
ARTIFACT = {"name": "report.html", "media_type": "text/html", "sha256": DIGEST, "size": 1, "key": f"ab/{DIGEST}"}


def record(session, world, run=(), artifacts=(ARTIFACT,), metrics=()):
    made = {"id": str(uuid.uuid4()), "team_id": str(world.teams["a"]), "portfolio_id": str(world.books["a"])}
    made |= {"report": "r", "notebook": "r", "as_of": "2020-01-02", "run_at": "2026-01-01T00:00:00Z"}
    made |= {"parameters": {}, "inputs": {}, "code": {}, "packages": {}, **dict(run)}
    texts = [json.dumps(one) for one in (made, list(metrics), list(artifacts))]
    return session.execute("select record_run(%s, %s, %s)", texts).fetchone()[0]


def test_peoples_own_runs_go_after_ninety_days_but_the_last_ten_held_and_commented_ones(world):
    with world.connection.transaction(force_rollback=True):

        def own(days, person="a_analyst", hold=None):
            return world.connection.execute(
                "insert into report_runs (id, team_id, portfolio_id, report, notebook, as_of, run_at, official,"
                " parameters, inputs, code, packages, recorded_by, hold) values (gen_random_uuid(), %s, %s, 'own',"
                " 'own', '2020-01-02', now() - %s * interval '1 day', false, '{}', '{}', '{}', '{}', %s, %s)"
                " returning id",
                [world.teams["a"], world.books["a"], days, world.users[person], hold],
            ).fetchone()[0]

        old, held, said = own(92), own(93, hold="Audit."), own(94)
        ten = [own(91) for _ in range(10)]
        alone = own(400, person="a_admin")
        world.connection.execute(
            "insert into run_comments (team_id, run_id, body) values (%s, %s, 'Look.')", [world.teams["a"], said]
        )
        before = {old, held, said, alone, *ten}
        world.connection.execute("select prune_runs()")
        left = {row[0] for row in world.connection.execute("select id from report_runs where report = 'own'")}
    assert before - left == {old}


def test_of_a_month_end_without_a_slot_every_current_run_stays_whatever_its_parameters(world):
    with world.connection.transaction(force_rollback=True):
        world.connection.execute(
            "insert into schedules (team_id, name, cron, timezone, args, keep_last) values (%s, 'monthly', '0 18 * * *'"
            ", 'UTC', '{\"report\": \"monthly\"}', 1)",
            [world.teams["a"]],
        )

        def official(as_of, confidence, current=True):
            return world.connection.execute(
                "insert into report_runs (id, team_id, portfolio_id, report, notebook, as_of, run_at, official, current"
                ", parameters, inputs, code, packages) values (gen_random_uuid(), %s, %s, 'monthly', 'monthly', %s"
                ", now(), true, %s, %s, '{}', '{}', '{}') returning id",
                [world.teams["a"], world.books["a"], as_of, current, json.dumps({"confidence_level": confidence})],
            ).fetchone()[0]

        earlier, stepped_back = official("2020-01-30", 0.95), official("2020-01-31", 0.95, current=False)
        month_end = {official("2020-01-31", confidence) for confidence in (0.95, 0.975, 0.99)}
        last = official("2020-02-03", 0.95)
        gone = {row[0] for row in world.connection.execute("select id from private.runs_to_prune()")}
    assert gone & {earlier, stepped_back, last, *month_end} == {earlier, stepped_back}


@pytest.mark.parametrize(
    "change",
    [
        {"as_of": "infinity"},
        {"as_of": "-infinity"},
        {"as_of": "10000-01-01"},
        {"as_of": "0044-03-15 BC"},
        {"run_at": "infinity"},
        {"run_at": "-infinity"},
        {"run_at": "10000-01-01T00:00:00Z"},
        {"run_at": "9999-12-31T23:59:59-12"},
        {"parameters": {"note": uuid.uuid4().hex * 5000 + "".join(map(str, range(30_000)))}},
    ],
)
def test_a_run_has_a_day_and_a_time_that_can_be_read(world, change):
    with world.acting("a_analyst") as session:
        assert record(session, world)
        with pytest.raises(psycopg.errors.CheckViolation):
            record(session, world, change)


@pytest.mark.parametrize(
    "change",
    [
        {"key": "/etc/passwd"},
        {"key": "../../x"},
        {"key": "\N{PILE OF POO}" * 100},
        {"key": f"00/{DIGEST}"},
        {"sha256": DIGEST.upper(), "key": f"AB/{DIGEST.upper()}"},
        {"sha256": "ab", "key": "ab/ab"},
        {"size": -1},
        {"size": 2**40 + 1},
        {"name": "../x"},
        {"name": "/x"},
        {"name": "tables/.x"},
        {"name": "tables//x"},
        {"name": "a\nb"},
        {"name": "a\n"},
        {"name": "\N{PILE OF POO}"},
        {"name": "x" * 101},
        {"name": "/".join(["x" * 60] * 4)},
        {"name": "a/b/c/d/e"},
        {"name": ""},
    ],
)
def test_artifacts_are_named_and_placed_safely(world, change):
    with world.acting("a_analyst") as session, pytest.raises(psycopg.errors.CheckViolation):
        record(session, world, artifacts=[{**ARTIFACT, **change}])


@pytest.mark.parametrize("name", ["report.html", "inputs/history.npz", "tables/stress_by asset-class.csv"])
def test_the_names_of_a_run_are_among_them(world, name):
    with world.acting("a_analyst") as session:
        assert record(session, world, artifacts=[{**ARTIFACT, "name": name}])


def test_lists_have_an_end(world):
    with world.acting("a_analyst") as session, pytest.raises(psycopg.Error, match="at most") as caught:
        record(session, world, artifacts=[{**ARTIFACT, "name": str(n)} for n in range(1001)])
    assert caught.value.sqlstate == "PT422"


def test_a_refused_level_tells_nothing_of_others(world):
    """Whether a factor of that id, with a level on that day, is there or not: the answer is the same."""
    foreign = world.one("select id from risk_factors where team_id = %s", world.teams["b"])
    statement = "insert into factor_levels (factor_id, team_id, date, level) values (%s, %s, %s, 1)"
    answers = {
        world.attempt("a_analyst", statement, (factor, world.teams["a"], day))
        for factor in (foreign, uuid.uuid4())
        for day in ("2020-01-02", "2022-01-01")
    }
    assert answers == {"42501"}
    assert world.attempt("a_analyst", "update factor_levels set level = 1") == "42501"


def test_helpers_that_look_past_the_policies_ask_for_the_role_themselves(world):
    book, own, other = world.books["a"], world.teams["a"], world.teams["b"]
    for call, values in (
        ("private.write_levels(%s, '[]')", ()),
        ("private.write_instruments(%s, %s, '2020-01-01', '[]')", (book,)),
    ):
        assert world.attempt("a_analyst", f"select {call}", (own, *values)) == 1
        for user, team in (("a_viewer", own), ("a_analyst", other), ("a_admin", None), ("nobody", own)):
            assert world.attempt(user, f"select {call}", (team, *values)) == "42501", (user, team)


def test_what_an_instrument_is_does_not_change_by_an_update(world):
    for column, value in (("terms", '{"type": "cash"}'), ("asset_class", "cash"), ("currency", "EUR")):
        statement = f"update instruments set {column} = %s where team_id = %s"
        assert world.attempt("a_admin", statement, (value, world.teams["a"])) == "42501"
    assert (
        world.attempt("a_analyst", "update instruments set sector = 'x' where team_id = %s", (world.teams["a"],)) == 1
    )


def finding(verdict, **more):
    return {"gate": "limits", "verdict": verdict, "sentence": "A sentence.", **more}


@pytest.mark.parametrize(
    ("gates", "verdict"),
    [
        (None, None),
        ([], "PASS"),
        ([finding("PASS")], "PASS"),
        ([finding("PASS"), finding("WARN")], "WARN"),
        ([finding("WARN"), finding("BLOCK"), finding("PASS")], "BLOCK"),
    ],
)
def test_the_verdict_is_the_worst_of_the_findings(world, gates, verdict):
    with world.acting("a_analyst") as session:
        run = record(session, world, {"gates": gates, "verdict": "PASS"})
        kept = session.execute("select verdict, gates from report_runs where id = %s", [run]).fetchone()
        assert kept == (verdict, gates)
        found = session.execute("select id, verdict from search_runs(p_portfolio => %s)", [world.books["a"]]).fetchall()
        assert (run, verdict) in found


@pytest.mark.parametrize(
    "gates",
    [
        {},
        "PASS",
        [1],
        [None],
        [finding("FAIL")],
        [finding("PASS"), {"gate": "limits"}],
        [finding("PASS", sentence="a\u202eb")],
        [finding("PASS", sentence=uuid.uuid4().hex) for _ in range(10_001)],
    ],
)
def test_findings_that_say_no_verdict_or_cannot_be_read(world, gates):
    with world.acting("a_analyst") as session, pytest.raises((psycopg.DataError, psycopg.IntegrityError)):
        record(session, world, {"gates": gates})


def test_the_hash_of_a_run_covers_what_its_gates_found(world):
    run = {"id": str(uuid.uuid4())}
    hashes = []
    for gates in (None, [finding("PASS")], [finding("WARN")]):
        with world.acting("a_analyst") as session:
            record(session, world, {**run, "gates": gates})
            hashes.append(session.execute("select run_hash(%s)", [run["id"]]).fetchone()[0])
    assert len(set(hashes)) == 3
