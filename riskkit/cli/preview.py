"""`riskkit preview`: a notebook as a report, or as a dashboard the way a role sees it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

import click

from riskkit.cli.report import progress, summary
from riskkit.errors import Forbidden, InputError, Unavailable
from riskkit.parameters.given import Given, Place, Plain
from riskkit.parameters.notebook import notebook_declarations, notebook_path
from riskkit.parameters.publishing import ROLES, publication, publishing_breaches
from riskkit.parameters.validate import validate
from riskkit.reporting.runner import run_report
from riskkit.session import Session, current
from riskkit.session.stand_in import stand_in
from riskkit.settings import Settings, take_service_key
from riskkit.store.connect import open_store


@click.command("preview")
@click.argument("notebook")
@click.option("--as", "face", type=click.Choice(["report", "dashboard"]), default="dashboard", show_default=True)
@click.option("--role", type=click.Choice(ROLES), default="viewer", show_default=True, help="Whose eyes to see with.")
@click.option("--portfolio", metavar="NAME", help="The book: team/portfolio, or its name alone where that is unique.")
@click.option("--as-of", metavar="DATE", help="Valuation date, YYYY-MM-DD, or latest.")
@click.option("-p", "--parameters", "single", nargs=2, multiple=True, metavar="NAME VALUE", help="One parameter.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="Where to serve; 0: any.")
@click.option("--open", "open_page", is_flag=True, help="Open the page in the browser.")
def command(
    notebook: str,
    face: str,
    role: str,
    portfolio: str | None,
    as_of: str | None,
    single: tuple[tuple[str, str], ...],
    port: int,
    *,
    open_page: bool,
) -> None:
    """Show NOTEBOOK as people will see it, before they do.

    --as report makes it now with your own identity, unofficially, and says where it lies. A report is the same for
    whoever may open it: the role changes nothing in it.

    --as dashboard serves this project on this machine's loopback, with an account that has --role, in those of your
    teams where you have that role or a higher one: a preview takes rights away and gives none. What the account sees
    and may do is decided by the database, as for anybody of that role. Sign in with the address and the password that
    are printed; Ctrl-C ends the preview and removes the account.

    Limits: making the account takes the service key (the embedded Supabase's is found by itself); with a hosted project
    and without its key, sign in as somebody of that role instead. The account has no second factor, so that what needs
    one is refused. The audit log and your team's list of members show it while it is there.
    """
    settings = Settings.load()
    path = notebook_path(settings.project, notebook)
    wanted = {**dict(single), **{k: v for k, v in (("portfolio", portfolio), ("as_of", as_of)) if v is not None}}
    declared = notebook_declarations(path)
    validate(declared, Given({k: Plain(v) for k, v in wanted.items()}, {k: Place("preview") for k in wanted}))
    _published(path, face, role)
    who = current(settings)
    if face == "report":
        _report(settings, who, notebook, wanted, open_page=open_page)
        return
    with open_store(settings, who) as store:
        teams = {team: role for team, mine in store.member().teams if ROLES.index(mine) >= ROLES.index(role)}
    if not teams:
        raise Forbidden(f"You have the role {role} in no team, nor a higher one: a preview gives no rights.")
    with stand_in(settings, take_service_key(settings), role, teams) as (email, password):
        click.echo(f"Sign in as {email}\n  password {password}\n  {role} of {', '.join(sorted(teams))}")
        query = f"?{urlencode(wanted)}" if wanted else ""
        _serve(port, f"dashboards/{notebook}{query}", open_page=open_page)


def _published(path: Path, face: str, role: str) -> None:
    """What keeps the role from opening it, said before anything is made."""
    breaches = [sentence for _, sentence in publishing_breaches([path])]
    if breaches:
        raise InputError("notebook", path.name, "one that can be published: " + "; ".join(breaches), source=str(path))
    said = publication(path)
    if said is None:
        if face == "dashboard":
            raise InputError(
                "metadata.riskkit", None, "title, question, roles, order: what publishes it", source=str(path)
            )
        return
    least = min(said["roles"], key=ROLES.index)
    if ROLES.index(role) < ROLES.index(least):
        click.echo(f"note: a {role} may not open this dashboard; its roles begin at {least}", err=True)


def _report(settings: Settings, who: Session, notebook: str, wanted: Mapping[str, str], *, open_page: bool) -> None:
    given = Given({k: Plain(v) for k, v in wanted.items()}, {k: Place("preview") for k in wanted})
    with open_store(settings, who) as store, progress(quiet=False) as on_step:
        run = run_report(settings, store, notebook, given, on_step)
    click.echo(summary(run))
    if open_page:
        click.launch(run.html.as_uri())


def _serve(port: int, page: str, *, open_page: bool) -> None:
    """The dashboards, in a process of their own that never sees the service key, until Ctrl-C."""
    command = [sys.executable, "-m", "riskkit", "serve", "--port", str(port)]
    previous = signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 (ours)
    try:
        assert server.stdout is not None  # noqa: S101 (it is a pipe)
        line = server.stdout.readline()
        if not line.startswith("Dashboards: "):
            raise Unavailable("The dashboards did not start; what is above says why.")
        address = line.split()[1] + page
        click.echo(f"  {address}  (Ctrl-C ends)")
        if open_page:
            click.launch(address)
        server.wait()
    except KeyboardInterrupt:
        click.echo("\nThe preview is over; its account is removed.")
    finally:
        signal.signal(signal.SIGTERM, previous)
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
