"""`riskkit check`: everything a person writes beside the code, checked before it runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from riskkit.errors import RiskkitError
from riskkit.parameters.conventions import notebook_breaches
from riskkit.parameters.publishing import publishing_breaches
from riskkit.parameters.report_file import load_report
from riskkit.parameters.scenario_file import load_scenario
from riskkit.settings import Settings


@click.command()
@click.option("--project", type=click.Path(exists=True, file_okay=False, path_type=Path), help="The project's folder.")
def command(project: Path | None) -> None:
    """Check notebooks, parameter files, scenarios and settings.

    Prints one line for each fault and exits with 1 when there is one, so CI can call it.
    """
    settings = Settings.load(start=project)
    faults, checked = [], 0
    for name, fault in _check(settings):
        checked += 1
        if fault:
            faults.append(name)
            click.echo(f"{name}: {fault}")
    good = checked - len(faults)
    click.echo(f"{good} good, {len(faults)} with faults" if faults else f"{checked} checked, no fault")
    sys.exit(1 if faults else 0)


def _check(settings: Settings) -> Iterator[tuple[str, str]]:
    """(what was checked, the fault or an empty string), one a file; a file with several faults comes several times."""
    project = settings.project
    notebooks = sorted((project / "notebooks").glob("*.ipynb"))
    if not notebooks:
        yield "notebooks", f"no notebook in {project / 'notebooks'}"
    publishing = list(publishing_breaches(notebooks))
    for path in notebooks:
        name = f"notebooks/{path.name}"
        breaches = (*notebook_breaches(path), *(sentence for one, sentence in publishing if one is path))
        yield from ((name, breach) for breach in breaches or ("",))
    for path in _yaml(project / "parameters"):
        yield f"parameters/{path.name}", _fault(load_report, path)
    for path in _yaml(project / "parameters" / "scenarios"):
        yield f"parameters/scenarios/{path.name}", _fault(load_scenario, path)
    yield "settings", _settings_fault(settings)


def _yaml(folder: Path) -> list[Path]:
    """Every YAML file, those too that nothing reads because their name ends in `.yaml`: the check says so."""
    return sorted(path for path in folder.glob("*.y*ml") if path.suffix in (".yml", ".yaml"))


def _fault(load: Callable[[Path], object], path: Path) -> str:
    try:
        load(path)
    except RiskkitError as error:
        return str(error)
    return ""


def _settings_fault(settings: Settings) -> str:
    """Half a setting is a fault; none is not: the embedded Supabase may simply not be started."""
    url, key = settings.supabase_url, settings.supabase_key
    if bool(url) != bool(key):
        return "SUPABASE_URL and SUPABASE_ANON_KEY go together; only one of them is set"
    if url and not url.startswith(("http://", "https://")):
        return f"SUPABASE_URL: got {url!r}; expected an http(s) address"
    return ""
