"""The queue's model and the database for long, and that planted faults of the functions are found by it."""

import psycopg
import pytest
from hypothesis import Phase

from tests.database.desk import Desk
from tests.database.test_queue_model import check


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_the_model_and_the_database_agree_for_long(stack):
    check(stack.keys().db_url, examples=400, steps=60)


#: Function, what stands in it, what a fault would make of it.
MUTANTS = {
    "completes without the lease's proof": ("complete_job", "v_job.attempt <> p_attempt or", ""),
    "completes for another worker": ("complete_job", " or v_job.worker_id <> p_worker", ""),
    "beats after its lease": ("heartbeat_job", "j.lease_expires_at > clock_timestamp()", "true"),
    "gives back what is another's": ("release_job", "and j.attempt = p_attempt", ""),
    "forgets a cancel that was asked for": ("end_attempt", "p_job.cancel_requested_at is not null", "false"),
    "tries once too often": ("end_attempt", "p_job.attempt < p_job.max_attempts", "true"),
    "comes in the wrong order": ("claim_job", "order by j.priority desc, j.run_at, j.id limit 1 for", "limit 1 for"),
    "gives out a place that is taken": ("claim_job", "and s.job_id is null", ""),
    "leaves a place taken": ("note_job", "set job_id = null", "set job_id = s.job_id"),
    "notes no event": ("note_job", "new.state <> old.state or", ""),
}


@pytest.mark.soak
@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_fault_is_found(stack, name):
    function, before, after = MUTANTS[name]
    with Desk(stack.keys().db_url) as desk:
        whole = desk.one("select pg_get_functiondef(oid) from pg_proc where proname = %s", function)
        assert before in whole
        desk.owner.execute(whole.replace(before, after))
        try:
            with pytest.raises((AssertionError, psycopg.Error)):
                check(desk.url, 400, 40, [Phase.generate])
        finally:
            desk.owner.execute(whole)
