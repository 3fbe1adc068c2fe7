"""`riskkit scheduler`: fires the slots of all teams' schedules, beside any number of others."""

from __future__ import annotations

import click

from riskkit import logs
from riskkit.cli.ending import told_to_end
from riskkit.reporting.alone import keep_to_itself
from riskkit.scheduling.scheduler import INTERVAL, Scheduler
from riskkit.settings import Settings, take_service_key
from riskkit.store.schedules import SchedulerStore
from riskkit.store.schema import migrations


@click.command("scheduler")
@click.option("--once", is_flag=True, help="Look once, fire what is due, and end.")
@click.option(
    "--interval", default=INTERVAL, show_default=True, type=click.FloatRange(0.1, 60), help="Seconds between two looks."
)
def command(once: bool, interval: float) -> None:
    """Fire the slots of every team's schedules when they come.

    Start as many as you like, anywhere: a slot fires once, and there is no leader. They go by the database's clock.
    What was missed is made up for as each schedule's misfire policy says. SIGTERM ends it. Needs the service key:
    SUPABASE_SERVICE_ROLE_KEY, the file that SUPABASE_SERVICE_ROLE_KEY_FILE names, or the embedded Supabase's own file.
    """
    settings = Settings.load()
    url, _ = settings.supabase()
    keep_to_itself()
    with logs.written(), SchedulerStore(url, take_service_key(settings)).needs(migrations(settings.project)) as store:
        scheduler = Scheduler(store, interval)
        with told_to_end(scheduler.stop):
            if not once:
                scheduler.run()
                return
            looked = scheduler.look()
            click.echo(f"{looked.decided} slots decided, {looked.jobs} jobs made, {looked.failed} schedules not served")
