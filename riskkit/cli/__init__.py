"""The `riskkit` command: parsing and printing only; each command is one file here, loaded when it is called."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from riskkit.errors import RiskkitError
from riskkit.light import without_grammars

#: command -> (module, one-line help). Help is kept here so that `riskkit --help` imports no command.
COMMANDS: dict[str, tuple[str, str]] = {
    "audit": ("riskkit.cli.audit", "Read and verify the audit log."),
    "check": ("riskkit.cli.check", "Check notebooks, parameter files, scenarios and settings."),
    "deliveries": ("riskkit.cli.deliveries", "See what was sent to whom, and send it again."),
    "demo": ("riskkit.cli.demo", "Start everything on this machine, on real market data."),
    "doctor": ("riskkit.cli.doctor", "Name what is missing or broken here, with the remedy."),
    "jobs": ("riskkit.cli.jobs", "List, show, cancel and redrive queued calculations."),
    "limits": ("riskkit.cli.limits", "List, set and end the limits of portfolios."),
    "local": ("riskkit.cli.local", "Start, stop and reset the embedded Supabase."),
    "login": ("riskkit.cli.login", "Sign in."),
    "logout": ("riskkit.cli.logout", "Sign out."),
    "portfolio": ("riskkit.cli.portfolio", "Import, list, show and tag portfolios."),
    "preview": ("riskkit.cli.preview", "See a notebook as a report, or as a dashboard with a role's eyes."),
    "prices": ("riskkit.cli.prices", "Import prices."),
    "report": ("riskkit.cli.report", "Run a report."),
    "runs": ("riskkit.cli.runs", "Find, show, open, reproduce and compare runs."),
    "schedule": ("riskkit.cli.schedule", "See, sync, pause and backfill the schedules of reports."),
    "scheduler": ("riskkit.cli.scheduler", "Fire the schedules' slots when they come (operator)."),
    "second-factor": ("riskkit.cli.second_factor", "Set up an authenticator app for your account."),
    "serve": ("riskkit.cli.serve", "Serve the dashboards."),
    "status": ("riskkit.cli.status", "Show what is due, late, running, failed and done."),
    "users": ("riskkit.cli.users", "Invite people, give roles, reset second factors (operator)."),
    "whoami": ("riskkit.cli.whoami", "Show who is signed in."),
    "worker": ("riskkit.cli.worker", "Make the reports that the queue holds (operator)."),
}


class Commands(click.Group):
    """The command group that imports a command only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """Every command's name, sorted."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 (click's signature)
        """The command of that name, or None; its module's function `command` is the click command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name][0])
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 (click's signature)
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in sorted(COMMANDS)])


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="riskkit", prog_name="riskkit")
def riskkit() -> None:
    """Portfolio risk: explore in JupyterLab, schedule as a report, serve as a dashboard."""


def main(argv: list[str] | None = None) -> Any:
    """Run the command line; a riskkit error is one clear line on stderr and its own exit code."""
    without_grammars()
    try:
        return riskkit(args=argv, prog_name="riskkit")
    except RiskkitError as error:
        click.echo(f"riskkit: {error}", err=True)
        sys.exit(error.exit_code)
