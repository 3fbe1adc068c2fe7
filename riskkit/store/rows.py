"""Rows to domain objects and back: the only place that knows the names of columns."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from riskkit import names
from riskkit.errors import InputError, RiskkitError
from riskkit.gates import Colour, EarlierBacktest, EarlierRun, Finding, GateFacts, GateReport, Limit
from riskkit.market import FactorSeries, RiskFactor
from riskkit.metric import Metric
from riskkit.portfolio import Instrument, Position, PositionVersion, instrument_from_terms, instrument_terms
from riskkit.scenarios import Shock, StressScenario
from riskkit.store.contract import Artifact, PortfolioRef, RunRecord, RunUnreadable
from riskkit.store.place import COLUMNS, place

Row = Mapping[str, Any]

PORTFOLIO = "id,team_id,slug,title,base_currency,parent_id,tags,teams(slug)"
FACTOR = "name,kind,currency,return_type,source,teams(slug)"
INSTRUMENT = "symbol,asset_class,currency,sector,terms,teams(slug)"
POSITION = "quantity,instruments(symbol,asset_class,currency,sector,terms)"
VERSION = "valid_from,valid_to," + POSITION
SCENARIO = "team_id,name,title,ordinal,definition"
RUN = (
    "id,report,notebook,portfolio_id,team_id,as_of,run_at,official,parameters,inputs,code,packages,seed,status,"
    "overrides,gates," + COLUMNS + ","
    "run_metrics(ordinal,name,value,unit,labels),run_artifacts(name,media_type,sha256,size,key)"
)

#: An artifact's path inside its run: no part begins with a dot.
_PART = r"[A-Za-z0-9_][A-Za-z0-9._ -]{0,99}"
_ARTIFACT = re.compile(rf"(?=.{{1,200}}\Z){_PART}(?:/{_PART}){{0,3}}")
#: A backtest's metric `zone` is the index of one.
COLOURS: tuple[Colour, ...] = ("green", "yellow", "red")
_SHA256 = re.compile(r"[0-9a-f]{64}")

_ORDER = ("equity", "option", "bond", "cash")
#: Tags a portfolio may have; the database says it too.
MOST_TAGS = 20


def portfolio_ref(row: Row) -> PortfolioRef:
    """From a row of `portfolios` with its team's slug, nested or as `team`."""
    team = row["team"] if "team" in row else row["teams"]["slug"]
    return PortfolioRef(
        id=row["id"],
        team_id=row["team_id"],
        team=team,
        slug=row["slug"],
        title=row["title"],
        base_currency=row["base_currency"],
        parent_id=row["parent_id"],
        tags=tuple(sorted(row.get("tags") or ())),
    )


def tags(given: Sequence[str]) -> list[str]:
    """Tags as they are kept: at most 20 slugs, each once, sorted."""
    if len(set(given)) > MOST_TAGS:
        raise InputError("tags", len(set(given)), f"at most {MOST_TAGS} of a portfolio")
    return sorted({names.slug("tag", one) for one in given})


def in_order(positions: Sequence[Position]) -> tuple[Position, ...]:
    """Positions as every report lists them: equities, options, bonds, cash; by symbol."""
    return tuple(sorted(positions, key=lambda p: (_ORDER.index(p.instrument.asset_class), p.symbol)))


def position_row(position: Position) -> dict[str, Any]:
    """For `import_portfolio`: the instrument's row and the quantity."""
    return {**instrument_row(position.instrument), "quantity": position.quantity}


def position(row: Row) -> Position:
    """From a row of `positions` with its instrument nested."""
    if row["instruments"] is None:
        raise InputError("instrument", None, "an instrument that you may see; ask an administrator")
    return Position(instrument(row["instruments"]), float(row["quantity"]))


def version(row: Row) -> PositionVersion:
    """From a row of `positions` with its days and its instrument nested."""
    ends = row["valid_to"]
    return PositionVersion(
        position(row), date.fromisoformat(row["valid_from"]), None if ends is None else date.fromisoformat(ends)
    )


def instrument_row(instrument: Instrument) -> dict[str, Any]:
    """Columns of `instruments`; `terms` holds what has no column of its own.

    >>> instrument_row(instrument_from_terms({"type": "cash", "currency": "EUR"}))["terms"]
    {'type': 'cash'}
    """
    known = {"symbol", "currency", "sector"}
    return {
        "symbol": instrument.symbol,
        "asset_class": instrument.asset_class,
        "currency": instrument.currency,
        "sector": instrument.sector,
        "terms": {name: value for name, value in instrument_terms(instrument).items() if name not in known},
    }


def instrument(row: Row) -> Instrument:
    """From a row of `instruments`; InputError if its terms describe something else."""
    terms = {**row["terms"], "currency": row["currency"]}
    if terms.get("type") != "cash":
        terms |= {"symbol": row["symbol"], "sector": row["sector"]}
    made = instrument_from_terms(terms)
    if (made.symbol, made.asset_class) != (row["symbol"], row["asset_class"]):
        raise InputError("instrument", row["symbol"], f"a {row['asset_class']}; its terms describe {made.symbol}")
    return made


def series_row(series: FactorSeries) -> dict[str, Any]:
    """For `import_prices`: one factor with its days and levels as arrays; missing levels (NaN) are left out."""
    levels = np.asarray(series.levels, np.float64)
    if np.isinf(levels).any():
        raise InputError(series.factor.name, levels[np.isinf(levels)][0], "finite levels")
    present = ~np.isnan(levels)
    days = np.asarray(series.dates, "datetime64[D]")[present]
    return {**asdict(series.factor), "dates": days.astype(str).tolist(), "levels": levels[present].tolist()}


def factor(row: Row) -> RiskFactor:
    """From a row of `risk_factors` or of `factor_history`."""
    return RiskFactor(row["name"], row["kind"], row["currency"], row["return_type"], row["source"])


def of_team(rows: Sequence[Row], team: str, key: str) -> list[Row]:
    """Of rows with their team nested (null is shared): those the team uses, its own in place of shared ones, sorted."""
    chosen = {row[key]: row for row in rows if row["teams"] is None}
    chosen |= {row[key]: row for row in rows if row["teams"] is not None and row["teams"]["slug"] == team}
    return [chosen[name] for name in sorted(chosen)]


def check_own(team: str, names: Sequence[str], own: Sequence[RiskFactor]) -> None:
    """Refuse names that are not those of a team's own factors, or are given twice."""
    known = [factor.name for factor in own]
    foreign = [name for name in names if name not in known]
    if not names or foreign or len(set(names)) != len(names):
        listed = ", ".join(known[:20]) + (" …" if len(known) > 20 else "")
        expected = (
            f"each once, of team {team}'s own: {listed}" if known else f"prices that are team {team}'s own; none is"
        )
        raise InputError("symbol", ", ".join(foreign or names), expected)


def series(row: Row) -> FactorSeries:
    """From a row of `factor_history`."""
    return FactorSeries(factor(row), np.array(row["dates"], "datetime64[D]"), np.array(row["levels"], np.float64))


def days(texts: Sequence[str]) -> tuple[date, ...]:
    """Dates from their ISO form."""
    return tuple(date.fromisoformat(text) for text in texts)


def scenario_row(scenario: StressScenario, ordinal: int) -> dict[str, Any]:
    """Columns of `scenarios`, but for the team."""
    definition: dict[str, Any] = {"source": scenario.source, "description": scenario.description}
    if scenario.window is not None:
        definition["window"] = [day.isoformat() for day in scenario.window]
    else:
        definition["shocks"] = [asdict(shock) for shock in scenario.shocks]
    return {"name": scenario.name, "title": scenario.title, "ordinal": ordinal, "definition": definition}


def scenario(row: Row) -> StressScenario:
    """From a row of `scenarios`; InputError if what is kept there is no scenario."""
    definition = row["definition"]
    try:
        window = tuple(date.fromisoformat(day) for day in definition["window"]) if "window" in definition else None
        shocks = tuple(Shock(s["target"], float(s["size"]), s["kind"]) for s in definition.get("shocks", ()))
        if window is not None and len(window) != 2:
            raise InputError("window", definition["window"], "two dates")
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"scenario {row['name']}", definition, "a window of two dates, or shocks") from error
    return StressScenario(
        row["name"],
        row["title"],
        str(definition.get("source", "")),
        str(definition.get("description", "")),
        None if window is None else (window[0], window[1]),
        shocks,
        row.get("team_id") is not None,
    )


def run_rows(record: RunRecord) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]:
    """For `record_run`: the run, its metrics, its artifacts."""
    if record.run_at.tzinfo is None:
        raise InputError("run_at", record.run_at, "a time with its zone")
    for metric in record.metrics:
        if not math.isfinite(metric.value):
            raise InputError(f"metric {metric.name}", metric.value, "a finite number")
    for artifact in record.artifacts:
        _check_artifact(artifact)
    run = {name: value for name, value in vars(record).items() if name not in ("metrics", "artifacts", "place")}
    run |= {
        **record.place.facts,
        "as_of": record.as_of.isoformat(),
        "run_at": record.run_at.astimezone(UTC).isoformat(),
    }
    run |= {name: dict(run[name]) for name in ("parameters", "overrides", "inputs", "code", "packages")}
    run["gates"] = None if record.gates is None else [asdict(one) for one in record.gates.findings]
    metrics = [{"name": m.name, "value": m.value, "unit": m.unit, "labels": dict(m.labels)} for m in record.metrics]
    return run, metrics, [asdict(artifact) for artifact in record.artifacts]


def metric(row: Row) -> Metric:
    """From a row of `run_metrics`."""
    return Metric(row["name"], float(row["value"]), row["unit"], row["labels"])


def limit(row: Row) -> Limit:
    """From a row of `limits`."""
    soft, hard = (None if row[name] is None else float(row[name]) for name in ("soft", "hard"))
    return Limit(row["metric"], row["unit"], soft, hard, row["scope"], row["scope_value"], row["basis"])


def gate_facts(row: Row) -> GateFacts:
    """From what `gate_facts` answers."""
    before, tested = row["previous"], row["backtest"]
    return GateFacts(
        tuple(map(limit, row["limits"])),
        before
        and EarlierRun(before["run"], date.fromisoformat(before["as_of"]), tuple(map(metric, before["metrics"]))),
        tested and EarlierBacktest(tested["run"], date.fromisoformat(tested["as_of"]), COLOURS[int(tested["zone"])]),
    )


def _check_artifact(artifact: Artifact) -> None:
    if not _ARTIFACT.fullmatch(artifact.name):
        raise InputError("artifact", artifact.name, "a path inside the run, of letters, digits, spaces and . _ -")
    if not _SHA256.fullmatch(artifact.sha256):
        raise InputError(f"sha256 of {artifact.name}", artifact.sha256, "64 lower-case hexadecimal digits")
    expected = f"{artifact.sha256[:2]}/{artifact.sha256}"
    if artifact.key != expected:
        raise InputError(f"key of {artifact.name}", artifact.key, expected)


def run(row: Row) -> RunRecord:
    """From a row of `report_runs` with its metrics and artifacts nested.

    Raises
    ------
    RunUnreadable
        What is kept there is no run; names it.
    """
    try:
        return _run(row)
    except (KeyError, TypeError, ValueError, OverflowError, RiskkitError) as error:
        raise RunUnreadable(str(row.get("id")), f"{type(error).__name__}: {error}") from error


def _run(row: Row) -> RunRecord:
    metrics = sorted(row["run_metrics"], key=lambda metric: metric["ordinal"])
    artifacts = sorted(row["run_artifacts"], key=lambda artifact: artifact["name"])
    return RunRecord(
        id=row["id"],
        report=row["report"],
        notebook=row["notebook"],
        portfolio_id=row["portfolio_id"],
        team_id=row["team_id"],
        as_of=date.fromisoformat(row["as_of"]),
        run_at=datetime.fromisoformat(row["run_at"]),
        official=row["official"],
        parameters=row["parameters"],
        inputs=row["inputs"],
        code=row["code"],
        packages=row["packages"],
        seed=None if row["seed"] is None else int(row["seed"]),
        metrics=tuple(map(metric, metrics)),
        artifacts=tuple(Artifact(a["name"], a["media_type"], a["sha256"], int(a["size"]), a["key"]) for a in artifacts),
        status=row["status"],
        overrides=row.get("overrides", {}),
        gates=None if row.get("gates") is None else GateReport(tuple(Finding(**one) for one in row["gates"])),
        place=place(row),
    )
