import pytest

from riskkit.local.client import service_client


@pytest.fixture
def service(demo_stack):
    with service_client(demo_stack.keys()) as client:
        yield client


@pytest.fixture
def job(service, own_team):
    """Queue a job of the signed-in user's own team: its id."""
    team = service.table("teams").select("id").eq("slug", own_team).execute().data[0]["id"]
    book = {"team_id": team, "slug": "mine", "title": "Mine", "base_currency": "USD"}
    portfolio = service.table("portfolios").insert(book).execute().data[0]["id"]

    def queue(**columns):
        args = {"report": "portfolio_var", "parameters": {"confidence_level": 0.99}}
        given = {"team_id": team, "kind": "report", "portfolio_id": portfolio, "queue": own_team, "args": args}
        return service.rpc("enqueue_job", {"p_job": {**given, **columns}}).execute().data

    return queue


def claimed(service, queue):
    worker = "00000000-0000-0000-0000-000000000001"
    row = service.rpc("claim_job", {"p_worker": worker, "p_queue": queue}).execute().data[0]
    return {"p_job": row["id"], "p_attempt": row["attempt"], "p_worker": worker}


def test_list_and_show(riskkit, service, own_team, job):
    assert riskkit("jobs", "list")[1] == "There is no job yet.\n"
    assert riskkit("jobs", "list", "--state", "dead")[1] == "No job is dead.\n"
    waiting, running = job(as_of="2020-03-16"), job(priority=5)
    proof = claimed(service, own_team)
    service.rpc("heartbeat_job", {**proof, "p_percent": 40, "p_cell": 3}).execute()
    code, out, _ = riskkit("jobs", "list")
    assert code == 0
    rows = {line.split()[0]: line for line in out.splitlines() if line.strip()}
    assert "2020-03-16" in rows[waiting[:8]]
    assert rows[waiting[:8]].split()[-1] == "queued"
    assert rows[running[:8]].rstrip().endswith("running 40 %, cell 3")
    assert f"{own_team}/mine" in rows[running[:8]]
    service.rpc("fail_job", {**proof, "p_error": {"type": "CellFailed", "message": "no [red]price[/red]", "cell": 3},
                             "p_retryable": False}).execute()  # fmt: skip
    code, out, _ = riskkit("jobs", "show", running[:8])
    assert code == 0
    assert out.startswith(f"{running}: portfolio_var, dead: no use in trying again\n")
    assert "attempt 1, cell 3: CellFailed: no [red]price[/red]" in out
    assert '{"confidence_level": 0.99}' in out
    assert "40 %, cell 3" in out
    only = riskkit("jobs", "list", "--state", "queued")[1]
    assert waiting[:8] in only
    assert running[:8] not in only


def test_cancel(riskkit, service, own_team, job):
    waiting, running = job(), job(priority=5)
    claimed(service, own_team)
    assert riskkit("jobs", "cancel", waiting[:8])[1] == f"{waiting[:8]} is cancelled.\n"
    assert riskkit("jobs", "cancel", waiting[:8])[1] == f"{waiting[:8]} was cancelled already.\n"
    assert riskkit("jobs", "cancel", running)[1] == f"{running[:8]} runs: its worker is asked to end it.\n"
    assert "cancel requested" in riskkit("jobs", "list")[1]


def test_redrive_is_an_admins(riskkit, service, own_team, job):
    dead = job(max_attempts=1)
    service.rpc("fail_job", {**claimed(service, own_team), "p_error": {"type": "X"}}).execute()
    code, _, err = riskkit("jobs", "redrive", dead)
    assert (code, err) == (3, "riskkit: This takes the role admin in the job's team.\n")
    member = service.table("memberships").select("user_id").eq("role", "analyst")
    team = service.table("teams").select("id").eq("slug", own_team).execute().data[0]["id"]
    user = member.eq("team_id", team).execute().data[0]["user_id"]
    service.table("memberships").update({"role": "admin"}).eq("team_id", team).eq("user_id", user).execute()
    code, out, _ = riskkit("jobs", "redrive", dead)
    assert code == 0
    again = out.rstrip(".\n").split()[-1]
    assert out == f"{dead[:8]} is queued again as {again}.\n"
    assert f"instead of  {dead}" in riskkit("jobs", "show", again)[1]


@pytest.mark.parametrize("wrong", ["", "12", "nothing!", "0000000000000000"])
def test_no_such_job(riskkit, own_team, wrong):
    for command in ("show", "cancel", "redrive"):
        code, out, err = riskkit("jobs", command, wrong)
        assert (code, out) == (2, "")
        assert err.startswith("riskkit: job: got ")


def test_nobody_signed_in(riskkit):
    code, _, err = riskkit("jobs", "list")
    assert code == 3
    assert "riskkit login" in err
