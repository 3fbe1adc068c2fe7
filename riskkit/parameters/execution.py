"""How a report's jobs are run, kept and sent: the fields of its file beside what it is and when it is due."""

from __future__ import annotations

import re
from dataclasses import dataclass

from riskkit import names
from riskkit.errors import InputError
from riskkit.parameters.constraint import parse
from riskkit.parameters.scalar_fields import each_once, switch, whole
from riskkit.parameters.yaml_file import Node

#: The fields read here, all optional.
FIELDS = (
    "retries",
    "timeout_minutes",
    "cell_timeout_minutes",
    "concurrency",
    "retention",
    "recipients",
    "alarm_after_minutes",
)

_MAIL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,7}")
_RECIPIENT = "a mail address, or the name of a webhook: lower-case letters, digits, - and _"
_SELECTOR = "a portfolio (its name, or team/name) or tag: with a tag"


@dataclass(frozen=True)
class Execution:
    """How a report's jobs are run.

    Attributes
    ----------
    retries : int
        Further attempts after one that ended by a cause that can pass.
    timeout_minutes : int
        Longest an attempt may take, and with it the whole run.
    cell_timeout_minutes : int or None
        Longest a cell of the notebook may take; None: as long as the attempt.
    concurrency : int or None
        How many portfolios of its schedule are computed at once; None: as many as the team has places.
    """

    retries: int = 4
    timeout_minutes: int = 15
    cell_timeout_minutes: int | None = None
    concurrency: int | None = None


@dataclass(frozen=True)
class Retention:
    """Which runs are kept; the current one of each slot's day and what is on hold always are.

    Attributes
    ----------
    keep_last : int
        So many of the latest, for each portfolio.
    month_ends : bool
        Whether the last of each month is kept too.
    """

    keep_last: int
    month_ends: bool = True


def selectors(node: Node) -> tuple[str, ...]:
    """The books a report is made for: `all`, `tag:<tag>`, or a list of names and tags.

    Examples
    --------
    >>> from riskkit.parameters.yaml_file import parse_yaml
    >>> selectors(parse_yaml("all", "-y")), selectors(parse_yaml("[atlas/demo, 'tag:daily']", "-y"))
    (('all',), ('atlas/demo', 'tag:daily'))
    """
    if isinstance(node.value, str):
        text = node.text("portfolios")
        if text != "all" and not _is_tag(text):
            raise node.error("portfolios", f"all, tag: with a tag, or a list, of each entry {_SELECTOR}")
        return (text,)
    book = parse("portfolio")
    return each_once(
        "portfolios", node, lambda text: _is_tag(text) or (text != "all" and book.accepts(text)), _SELECTOR
    )


def execution(fields: dict[str, Node]) -> Execution:
    """From the fields of a report's file; InputError with line and column."""
    given: dict[str, int] = {}
    bounds = {
        "retries": (0, 24),
        "timeout_minutes": (1, 1440),
        "cell_timeout_minutes": (1, 1440),
        "concurrency": (1, 64),
    }
    for name, (least, most) in bounds.items():
        if name in fields:
            given[name] = whole(name, fields[name], least, most)
    made = Execution(**given)
    if made.cell_timeout_minutes is not None and made.cell_timeout_minutes > made.timeout_minutes:
        raise fields["cell_timeout_minutes"].error("cell_timeout_minutes", f"at most the run's {made.timeout_minutes}")
    return made


def retention(node: Node) -> Retention:
    """From `{keep_last: 30, month_ends: true}`."""
    fields = node.fields("retention", required=("keep_last",), optional=("month_ends",))
    keep_last = whole("keep_last", fields["keep_last"], 1, 100_000)
    return Retention(keep_last, switch("month_ends", fields["month_ends"]) if "month_ends" in fields else True)


def recipients(node: Node) -> tuple[str, ...]:
    """Mail addresses and names of webhooks, at most 100, each once."""
    return each_once("recipients", node, is_recipient, _RECIPIENT, most=100)


def alarm(node: Node) -> int:
    """Minutes after its slot at which a report that is not there is late."""
    return whole("alarm_after_minutes", node, 1, 10_080)


def is_recipient(text: str) -> bool:
    """Whether it is a mail address or may be a webhook's name.

    >>> is_recipient("risk@atlas.example"), is_recipient("desk-channel"), is_recipient("https://hooks.example/x")
    (True, True, False)
    """
    return bool(_MAIL.fullmatch(text)) or _is_slug(text)


def _is_tag(text: str) -> bool:
    return text.startswith("tag:") and _is_slug(text.removeprefix("tag:"))


def _is_slug(text: str) -> bool:
    try:
        names.slug("name", text)
    except InputError:
        return False
    return True
