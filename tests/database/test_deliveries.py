"""Deliveries: written with the end of the job, once; sent by one; to whoever may read; and alarms, once."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.database.desk import Desk
from tests.database.test_queue_schedules import fire

MAIL = "insert into auth.users (email, email_confirmed_at) values (%s, now()) returning id"


class Post(Desk):
    """A desk with a schedule, its owner, and people to be told."""

    def __enter__(self):
        self.people = {}
        for role in ("viewer", "analyst"):
            self.people[role] = self.person(role)
        self.schedule = self.make_schedule(recipients=[self.mail("viewer"), "Stranger@post.example", "desk"])
        self.slot = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
        return self

    def clear(self):
        super().clear()
        self.owner.execute("delete from auth.users where email like %s", [f"%@{self.queue}.example"])

    def mail(self, who):
        return f"{who}@{self.queue}.example"

    def person(self, role, who=None):
        user = self.one(MAIL, self.mail(who or role))
        self.owner.execute(
            "insert into memberships (team_id, user_id, role) values (%s, %s, %s)", [self.team, user, role]
        )
        return user

    def make_schedule(self, **columns):
        given = {"team_id": self.team, "name": f"n{uuid.uuid4().hex[:8]}", "cron": "15 18 * * *", "queue": self.queue,
                 "timezone": "America/New_York", "args": '{"report": "var"}', "edited_by": self.people["analyst"],
                 "max_attempts": 1, **columns}  # fmt: skip
        names, places = ", ".join(given), ", ".join(["%s"] * len(given))
        return self.one(f"insert into schedules ({names}) values ({places}) returning id", *given.values())

    def tell(self, *recipients):
        """Other recipients; the schedule's revision stays the one that `fire` knows."""
        self.owner.execute("update schedules set recipients = %s where id = %s", [list(recipients), self.schedule])
        self.owner.execute("update schedules set revision = 1 where id = %s", [self.schedule])

    def more_books(self, count):
        insert = "insert into portfolios (team_id, slug, title, base_currency) values (%s, %s, 'B', 'USD') returning id"
        return [self.book, *(self.one(insert, self.team, f"b{n}") for n in range(count))]

    def fire(self, books=None, at=None):
        return fire(self, self.schedule, at or self.slot, as_of="2020-01-02", books=books or [self.book])

    def end(self, verdict="PASS", hold=None, connection=None):
        """Make the report of a job, the next one by default."""
        hold = hold or self.claim()
        gates = [{"gate": "limits", "verdict": verdict, "sentence": "VaR is over its limit."}]
        metrics = [{"name": "var", "value": 12345.6, "unit": "USD"}]
        run = self.run(portfolio_id=str(self.job(hold.id)["portfolio_id"]), gates=gates)
        assert self.complete(hold, run, metrics, connection=connection)
        return hold.id

    def die(self):
        hold = self.claim()
        assert self.fail(hold, retryable=False, type="ValueError", message="no <price>", cell=4) == "dead"
        return hold.id

    def rows(self, *columns):
        chosen = ", ".join(columns)
        found = self.owner.execute(f"select {chosen} from deliveries where team_id = %s order by {chosen}", [self.team])
        return [tuple(row) for row in found]

    def take(self, webhooks=(), worker=None, lease="10 min", mail=True, connection=None):
        """The next delivery of this team that a worker would send."""
        worker = worker or uuid.uuid4()
        found = (connection or self.service).execute(
            "select * from claim_delivery(%s, %s, %s, %s)", [worker, mail, list(webhooks), lease]
        )
        return found.fetchone()

    def finish(self, row, status, error="", after=0):
        return self.ask(
            "select finish_delivery(%s, %s, %s::int, %s, %s, %s)",
            row.id,
            row.worker_id,
            row.attempts,
            status,
            error,
            after,
        )

    def facts(self, row):
        return self.ask("select delivery_facts(%s)", row.id)


@pytest.fixture
def post(stack):
    with Post(stack.keys().db_url) as made:
        # What other tests left is not due now.
        made.owner.execute("update deliveries set next_at = now() + interval '1 day' where status = 'pending'")
        yield made


def test_a_report_and_its_deliveries_are_one_transaction(post):
    post.fire()
    hold = post.claim()
    with post.connect() as session:
        session.autocommit = False
        assert post.complete(hold, post.run(), connection=session)
        assert post.rows("recipient") == []  # not there for others until the job is
        session.rollback()
    assert post.state(hold.id) == "running"
    assert post.rows("recipient") == []
    run = post.run()
    assert post.complete(hold, run)
    assert post.complete(hold, run)  # the answer was lost
    told = [("mail", "stranger@post.example"), ("mail", post.mail("viewer")), ("webhook", "desk")]
    assert post.rows("channel", "recipient") == sorted(told)
    assert set(post.rows("kind", "run_id", "job_id", "status")) == {
        ("report", uuid.UUID(run["id"]), hold.id, "pending")
    }


def test_a_failure_goes_to_the_owner_too_and_a_cancelled_job_is_no_news(post):
    post.fire()
    post.die()
    assert post.rows("kind", "recipient") == sorted(
        ("failure", who) for who in ("stranger@post.example", "desk", post.mail("viewer"), post.mail("analyst"))
    )
    job = post.fire(at=post.slot - timedelta(hours=1))[0]
    post.owner.execute("update calculation_jobs set state = 'cancelled', finished_at = now() where id = %s", [job])
    assert len(post.rows("id")) == 4


def test_a_slot_of_several_books_is_one_digest_whoever_ends_last(post):
    books = post.more_books(5)
    post.fire(books)
    post.die()
    for _ in range(3):
        post.end()
    assert post.rows("id") == []
    # The last two end at the same moment: neither may think that the other is still at it.
    holds = [post.claim(), post.claim()]
    with post.connect() as one, post.connect() as two:
        one.autocommit = False
        post.end(hold=holds[0], connection=one)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(lambda: post.end(hold=holds[1], connection=two))
            wait = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and pid = %s"
            while not post.one(wait, two.info.backend_pid):
                assert not waiting.done()
            one.commit()
            waiting.result(20)
    recipients = ["stranger@post.example", "desk", post.mail("viewer"), post.mail("analyst")]
    assert post.rows("kind", "recipient") == sorted(("digest", who) for who in recipients)
    found = post.take()
    facts = post.facts(found)
    assert len(facts["jobs"]) == 6
    dead = [job for job in facts["jobs"] if job["state"] == "dead"]
    assert (dead[0]["error"]["cell"], dead[0]["error"]["type"]) == (4, "ValueError")


def test_only_who_may_read_gets_it_asked_when_it_is_sent(post):
    post.fire()
    post.end()
    first = post.take()
    assert first.recipient == post.mail("viewer")
    assert post.take() is None
    reasons = dict(post.rows("recipient", "last_error"))
    assert "No member" in reasons["stranger@post.example"]
    assert post.rows("status", "recipient")[0] == ("pending", "desk")
    slug = post.one("select slug from teams where id = %s", post.team)
    assert post.take([f"other/{'desk'}"]) is None
    assert post.take([f"{slug}/desk"], mail=False).recipient == "desk"
    # Whoever lost their membership, or is banned, in the meantime gets nothing.
    for change in (
        "delete from memberships where user_id = %s",
        "update auth.users set banned_until = 'infinity' where id = %s",
        "update auth.users set email_confirmed_at = null where id = %s",
    ):
        with post.owner.transaction(force_rollback=True):
            post.owner.execute(change, [post.people["viewer"]])
            why = post.one("select private.delivery_refusal(d) from deliveries d where id = %s", first.id)
            assert "No member" in why, change


def test_a_blocked_report_is_for_its_owner_alone_until_it_is_superseded(post):
    job = post.fire()[0]
    post.end("BLOCK")
    slug = post.one("select slug from teams where id = %s", post.team)
    mine = post.take([f"{slug}/desk"])
    assert mine.recipient == post.mail("analyst")
    assert post.take([f"{slug}/desk"]) is None
    refused = {who: why for who, status, why in post.rows("recipient", "status", "last_error") if status == "refused"}
    assert set(refused) == {"stranger@post.example", "desk", post.mail("viewer")}
    assert "A gate holds it back" in refused[post.mail("viewer")]
    assert post.facts(mine)["jobs"][0]["run"]["verdict"] == "BLOCK"
    assert post.finish(mine, "sent") == "sent"
    # The data are mended and the slot's report is made again.
    post.owner.execute(
        "insert into calculation_jobs"
        " (team_id, kind, args, queue, portfolio_id, created_by, as_of, schedule_id, fire_at)"
        " values (%s, 'report', '{\"report\": \"var\"}', %s, %s, %s, %s, %s, %s)",
        [post.team, post.queue, post.book, post.people["analyst"], "2020-01-02", post.schedule, post.slot],
    )
    assert post.end("PASS") != job
    new = post.take()
    assert (new.recipient, new.status) == (post.mail("viewer"), "sending")


def test_a_digest_tells_nobody_but_the_owner_what_a_gate_holds_back(post):
    post.fire(post.more_books(1))
    post.end("BLOCK")
    post.end("PASS")
    seen = {}
    while (row := post.take()) is not None:
        seen[row.recipient] = [job["run"] for job in post.facts(row)["jobs"]]
    viewer, owner = seen[post.mail("viewer")], seen[post.mail("analyst")]
    assert {"verdict": "BLOCK"} in viewer
    assert all(run["metrics"] for run in owner)


def test_what_a_cell_said_is_for_those_who_can_mend_it(post):
    post.fire()
    post.die()
    errors = {}
    while (row := post.take()) is not None:
        errors[row.recipient] = post.facts(row)["jobs"][0]["error"]
    assert errors[post.mail("analyst")]["message"] == "no <price>"
    assert "message" not in errors[post.mail("viewer")]
    assert errors[post.mail("viewer")]["cell"] == 4


def test_begun_is_never_begun_again_by_itself(post):
    post.fire()
    post.end()
    lost = post.take(lease="0.1 s")
    assert post.take() is None
    post.owner.execute("update deliveries set lease_expires_at = now() - interval '1 s' where id = %s", [lost.id])
    assert post.ask("select reap_deliveries()") >= 1
    assert ("unknown",) in post.rows("status")
    assert post.take() is None
    with pytest.raises(psycopg.Error) as fenced:
        post.finish(lost, "gone")
    assert fenced.value.sqlstate == "PT422"
    assert post.ask("select finish_delivery(%s, %s, 1, 'sent')", lost.id, uuid.uuid4()) is None
    post.ask("select resend_delivery(%s)", lost.id)
    again = post.take()
    assert (again.id, again.dedupe_key) == (lost.id, lost.dedupe_key)
    assert post.finish(lost, "sent") is None  # the first attempt is no longer anybody's
    assert post.finish(again, "unknown", "broke off") == "unknown"
    assert post.finish(again, "sent") == "sent"  # it comes back and knows after all
    with pytest.raises(psycopg.Error) as refused:
        post.ask("select resend_delivery(%s)", lost.id)
    assert refused.value.sqlstate == "PT422"


def test_not_taken_is_tried_again_later_and_at_last_given_up(post):
    post.fire()
    post.end()
    row = post.take()
    assert post.finish(row, "pending", "bell \x07 and\nline", 300) == "pending"
    assert post.one("select next_at > now() + interval '299 s' from deliveries where id = %s", row.id)
    assert post.one("select last_error from deliveries where id = %s", row.id) == "bell ? and\nline"
    assert post.take() is None
    post.owner.execute("update deliveries set next_at = now(), attempts = 39 where id = %s", [row.id])
    assert post.finish(post.take(), "pending", "still down") == "failed"


def test_two_workers_never_begin_the_same(post):
    for n in range(12):
        post.person("viewer", f"v{n}")
    post.tell(post.mail("viewer"), *(post.mail(f"v{n}") for n in range(12)))
    post.fire()
    post.end()

    def worker(_):
        with post.connect() as session:
            found = []
            while (row := post.take(connection=session)) is not None:
                found.append(row.id)
            return found

    with ThreadPoolExecutor(4) as pool:
        begun = [one for found in pool.map(worker, range(4)) for one in found]
    assert len(begun) == len(set(begun)) == 13


@pytest.mark.parametrize("minutes", [30, 90])
def test_a_late_report_is_said_to_be_once_however_many_schedulers_look(post, minutes):
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=60)
    post.owner.execute("update schedules set alarm_after_minutes = %s where id = %s", [minutes, post.schedule])
    revision = post.one("select revision from schedules where id = %s", post.schedule)
    fire(post, post.schedule, at, revision, as_of="2020-01-02", books=[post.book])
    post.owner.execute("update schedule_fires set decided_at = fire_at where schedule_id = %s", [post.schedule])

    def scheduler(_):
        with post.connect() as session:
            return [post.ask("select raise_alarms()", connection=session) for _ in range(3)]

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(scheduler, range(3)))
    alarms = [row for row in post.rows("kind", "recipient") if row[0] == "alarm"]
    assert len(alarms) == (4 if minutes < 60 else 0)
    post.end()
    assert len([row for row in post.rows("kind") if row == ("alarm",)]) == len(alarms)


@pytest.mark.parametrize(("note", "alarms"), [("", 4), ("backfilled", 0)])
def test_late_counts_from_the_slot_however_late_it_was_fired_and_of_a_backfill_from_then_on(post, note, alarms):
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    post.fire(at=at)
    post.owner.execute("update schedule_fires set note = %s where schedule_id = %s", [note, post.schedule])
    post.ask("select raise_alarms()")
    assert len([kind for (kind,) in post.rows("kind") if kind == "alarm"]) == alarms


def test_what_is_there_or_failed_or_old_raises_no_alarm(post):
    for days, ends in ((0, post.end), (0, post.die), (30, None)):
        at = datetime.now(UTC).replace(microsecond=0) - timedelta(days=days, hours=3 + bool(ends == post.die))
        fire(post, post.schedule, at, as_of="2020-01-02", books=[post.book])
        if ends:
            ends()
    post.owner.execute("update schedule_fires set decided_at = fire_at where schedule_id = %s", [post.schedule])
    post.ask("select raise_alarms()")
    assert "alarm" not in {kind for (kind,) in post.rows("kind")}


def test_history_that_is_made_up_for_is_told_to_nobody(post):
    post.fire(at=datetime(2022, 12, 28, 23, 15, tzinfo=UTC))
    post.end()
    assert post.rows("id") == []


def test_what_waited_for_a_week_is_news_no_more(post):
    post.fire()
    post.end()
    post.owner.execute("update deliveries set next_at = now() - interval '8 days' where team_id = %s", [post.team])
    assert post.take() is None
    assert {why for (why,) in post.rows("last_error")} >= {"It waited for more than a week, and is news no more."}


@pytest.mark.parametrize(
    "recipients",
    [
        ["a@b.example\nBcc: x@y.example"], ["a b@c.example"], ["<a@b.example>"], ["https://hooks.example/x"], ["a@b"],
        [""], ["a@b.example", "A@b.example"], [f"a{n}@b.example" for n in range(101)], ["a@b.example,c@d.example"],
        [None],
    ],
)  # fmt: skip
def test_a_recipient_is_one_address_or_one_name(post, recipients):
    with pytest.raises(psycopg.Error) as refused:
        post.owner.execute("update schedules set recipients = %s where id = %s", [recipients, post.schedule])
    assert refused.value.sqlstate == "23514"
