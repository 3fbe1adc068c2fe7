"""What the first page says, made from what the database told: figures as people read them, and where each leads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from riskkit.charts import numbers
from riskkit.serving.catalogue import Dashboard

Address = Callable[..., str]
#: A verdict in a word, and its look.
VERDICTS = {
    "PASS": ("Passed", "rk-ok"),
    "WARN": ("Warning", "rk-warn"),
    "BLOCK": ("Blocked", "rk-bad"),
    None: ("Not judged", "rk-calm"),
}


class Home:
    """The first page of one reader.

    Parameters
    ----------
    told : mapping
        What the rpc `home` answered.
    dashboards : sequence of Dashboard
        Every published one; those that the reader may not open are left out.
    address : function
        Makes an address on this server.
    wanted : str
        What is searched for; empty for nothing. Every word must be somewhere in what is shown.
    """

    def __init__(
        self, told: Mapping[str, Any], dashboards: Sequence[Dashboard], address: Address, wanted: str = ""
    ) -> None:
        roles = [one["role"] for one in told["roles"]]
        self._open = [one for one in dashboards if one.open_to(roles)]
        self._titles = {one.name: one.title for one in dashboards}
        self._address, self._words = address, wanted.casefold().split()
        self.wanted = wanted
        self.dashboards = [self._dashboard(one) for one in self._open]
        self.portfolios = [self._portfolio(one) for one in told["portfolios"]]
        self.jobs = [self._job(one) for one in told["jobs"]]
        self.reports = [self._report(one) for one in told["reports"]]
        kept = {name: value for name, value in told.items() if name != "now"}
        self.digest = hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def found(self) -> int:
        """How many things a search leaves."""
        return sum(not one["hidden"] for part in (self.dashboards, self.portfolios, self.reports) for one in part)

    def _searched(self, *texts: str) -> dict[str, Any]:
        text = " ".join(texts).casefold()
        return {"search": text, "hidden": not all(word in text for word in self._words)}

    def _dashboard(self, one: Dashboard) -> dict[str, Any]:
        shown = {"title": one.title, "question": one.question, "href": self._address("dashboards", one.name)}
        return shown | self._searched(one.title, one.question, one.name)

    def _portfolio(self, told: Mapping[str, Any]) -> dict[str, Any]:
        path = f"{told['team']}/{told['slug']}"
        title = told["title"] or path
        return {
            "path": path, "title": title, "team": told["team"], "currency": told["currency"],
            "links": self._links(path), "last": self._last(told["last"]), **_figures(told),
        } | self._searched(title, path)  # fmt: skip

    def _links(self, path: str) -> list[dict[str, str]]:
        """Every dashboard of a portfolio, with this one chosen."""
        found = []
        for one in self._open:
            names = [p.name for p in one.parameters if p.constraint.kind == "portfolio"]
            if names:
                address = self._address("dashboards", one.name) + f"?{names[0]}={quote(path)}"
                found.append({"title": one.title, "href": address})
        return found

    def _last(self, run: Mapping[str, Any] | None) -> dict[str, Any] | None:
        return None if run is None else self._run(run) | {"page": run["page"]}

    def _run(self, run: Mapping[str, Any]) -> dict[str, Any]:
        word, look = VERDICTS.get(run["verdict"], VERDICTS[None])
        return {
            "id": run["id"], "title": self._titles.get(run["report"], run["report"]), "word": word, "look": look,
            "as_of": numbers.day(date.fromisoformat(run["as_of"])),
            "at": f"{datetime.fromisoformat(run['run_at']):%Y-%m-%d %H:%M} UTC",
            "href": self._address("reports", run["id"], "report.html"),
        }  # fmt: skip

    def _report(self, told: Mapping[str, Any]) -> dict[str, Any]:
        path = f"{told['team']}/{told['portfolio']}"
        shown = self._run(told) | {"path": path}
        return shown | self._searched(shown["title"], told["report"], path, told["as_of"], shown["as_of"])

    def _job(self, told: Mapping[str, Any]) -> dict[str, Any]:
        running = told["state"] == "running"
        return {
            "id": told["id"], "title": self._titles.get(told["report"], told["report"] or "Report"),
            "path": f"{told['team']}/{told['portfolio']}" if told["portfolio"] else told["team"],
            "as_of": numbers.day(date.fromisoformat(told["as_of"])) if told["as_of"] else "latest day",
            "percent": int(told["percent"] or 0) if running else None,
        }  # fmt: skip


def _figures(told: Mapping[str, Any]) -> dict[str, Any]:
    """Value, value at risk, their change and the most used limit; None for what there is none of."""
    run, before = told["var"], told["before"]
    if run is None:
        return {"value": None, "var": None, "change": None, "use": None, "as_of": "", "measure": ""}
    value, var = (_amount(run["figures"][name]) for name in ("value", "var"))
    return {
        "value": value, "var": var, "use": _use(run["use"]), "as_of": numbers.day(date.fromisoformat(run["as_of"])),
        "measure": _measure(run), "change": None if before is None else _change(run["figures"], before),
    }  # fmt: skip


def _measure(run: Mapping[str, Any]) -> str:
    parts = []
    if isinstance(run["confidence_level"], float):
        parts.append(numbers.level(run["confidence_level"]))
    if isinstance(run["horizon_days"], int):
        parts.append(numbers.days(run["horizon_days"]))
    return ", ".join(parts)


def _amount(figure: Mapping[str, Any]) -> dict[str, str]:
    value, unit = float(figure["value"]), figure["unit"]
    return {"text": numbers.number(value, numbers.decimals_of(value, unit)), "unit": unit}


def _change(now: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, str]:
    """How value at risk and value have moved since the run before; a sentence where the two do not compare."""
    since = numbers.day(date.fromisoformat(before["as_of"]))
    then = before["figures"] or {}
    if not before["same"] or any(then.get(name, {}).get("unit") != now[name]["unit"] for name in ("var", "value")):
        return {"since": since, "var": "", "value": "", "share": ""}
    moved = {name: float(now[name]["value"]) - float(then[name]["value"]) for name in ("var", "value")}
    old, unit = float(then["var"]["value"]), now["var"]["unit"]
    share = f"{numbers.signed(100 * moved['var'] / old, 1)}{numbers.SPACE}%" if old > 0 else ""
    texts = {
        name: numbers.signed(by, numbers.decimals_of(float(now[name]["value"]), unit)) for name, by in moved.items()
    }
    return {"since": since, "share": share, **texts}


def _use(told: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if told is None:
        return None
    used = told["utilisation"]
    word = {"BLOCK": "over the limit", "WARN": "near the limit"}.get(told["verdict"], "within the limit")
    return {
        "text": numbers.percent(used, 0) if isinstance(used, int | float) else "", "word": word,
        "percent": min(100.0, max(0.0, 100.0 * used)) if isinstance(used, int | float) else 0.0,
        "look": VERDICTS.get(told["verdict"], VERDICTS[None])[1], "of": told["of"] or "",
        "sentence": told["sentence"] or "",
    }  # fmt: skip
