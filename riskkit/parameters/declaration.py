"""The parameters cell of a notebook, read as declarations: the interface of its report and of its dashboard."""

from __future__ import annotations

import ast
import io
import keyword
import re
import tokenize
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from riskkit.errors import InputError
from riskkit.parameters.constraint import Constraint, parse

TypeName = Literal["str", "int", "float", "bool"]
Value = str | int | float | bool

#: Annotation -> the type a value must have exactly: a bool is not an int.
TYPES: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool}

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_HELP = re.compile(r"(?P<help>[^{}]*?) *(?:\{(?P<constraint>[^{}]*)\})?")
_GRAMMAR = "lines 'name: type = literal  # help {constraint}' with type str, int, float or bool"


@dataclass(frozen=True)
class Parameter:
    """One line of a parameters cell.

    Attributes
    ----------
    name : str
        A snake_case ASCII identifier.
    type : str
        `str`, `int`, `float` or `bool`.
    default : str, int, float or bool
        Of exactly that type, and within the constraint.
    help : str
        The trailing comment without the constraint.
    constraint : Constraint
        What the comment's braces say.
    """

    name: str
    type: TypeName
    default: Value
    help: str
    constraint: Constraint

    @property
    def expected(self) -> str:
        """The end of the sentence "expected …"."""
        return self.constraint.expected(self.type)


class Description(NamedTuple):
    """A parameter as five texts, for `--help` and for pages."""

    name: str
    type: str
    default: str
    help: str
    constraint: str


def declarations(source: str) -> tuple[Parameter, ...]:
    """The parameters that a cell declares.

    Parameters
    ----------
    source : str
        Source of the cell: lines `name: type = literal  # help {constraint}`, empty lines and lines of comment.

    Returns
    -------
    tuple of Parameter
        In the order of the cell, one at least.

    Raises
    ------
    InputError
        `field` is "parameters cell"; `line` is the first line that does not fit.

    Examples
    --------
    >>> declarations("horizon_days: int = 1  # trading days {1..250}")[0].constraint.text
    '1..250'
    """
    try:
        tree = ast.parse(source)
        comments = _comments(source)
    except (SyntaxError, ValueError, tokenize.TokenError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        raise InputError("parameters cell", _line(source, line), _GRAMMAR, line=line) from error
    found = [_declaration(node, source, comments) for node in tree.body]
    if not found:
        raise InputError("parameters cell", source, "one parameter at least: " + _GRAMMAR)
    for index, parameter in enumerate(found):
        if parameter.name in {other.name for other in found[:index]}:
            raise InputError("parameters cell", parameter.name, "each name once", line=tree.body[index].lineno)
    return tuple(found)


def describe(declared: Iterable[Parameter]) -> list[Description]:
    """Each parameter as texts: name, type, default, help, constraint.

    >>> describe(declarations('method: str = "a"  # how {a | b}'))[0]
    Description(name='method', type='str', default='a', help='how', constraint='a | b')
    """
    return [Description(p.name, p.type, as_text(p.default), p.help, p.constraint.text) for p in declared]


def as_text(value: Value) -> str:
    """A value as it is written on a command line, in YAML and in an address; reading it back gives the same value.

    >>> as_text(True), as_text(0.1), as_text("demo")
    ('true', '0.1', 'demo')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value)


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0]: token.string.lstrip("#").strip() for token in tokens if token.type == tokenize.COMMENT}


def _line(source: str, number: int | None) -> str:
    lines = source.splitlines()
    return lines[number - 1] if number and number <= len(lines) else source


def _declaration(node: ast.stmt, source: str, comments: dict[int, str]) -> Parameter:
    line = node.lineno
    refusal = InputError("parameters cell", _line(source, line), _GRAMMAR, line=line)
    if not isinstance(node, ast.AnnAssign) or not node.simple or node.value is None or node.lineno != node.end_lineno:
        raise refusal
    if not isinstance(node.target, ast.Name) or not isinstance(node.annotation, ast.Name) or line not in comments:
        raise refusal
    name, type_name = node.target.id, node.annotation.id
    if type_name not in TYPES or not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise refusal
    try:
        default = ast.literal_eval(node.value)
    except ValueError as error:
        raise refusal from error
    comment = _HELP.fullmatch(comments[line])
    if comment is None or not comment["help"]:
        raise refusal
    constraint = _constraint(name, type_name, comment["constraint"], line)
    if type(default) is not TYPES[type_name] or not constraint.accepts(default):
        raise InputError(name, default, f"a default that is {constraint.expected(type_name)}", line=line)
    return Parameter(name, type_name, default, comment["help"], constraint)  # type: ignore[arg-type]


def _constraint(name: str, type_name: str, text: str | None, line: int) -> Constraint:
    if text is None:
        return Constraint()
    try:
        constraint = parse(text)
    except InputError as error:
        raise InputError(name, text, error.expected, line=line) from error
    words = ("choices", "portfolio", "date", "scenarios", "shocks", "target", "trades", "report", "run")
    allowed = {"str": words, "int": ("range", "choices"), "float": ("range",)}
    if constraint.kind not in allowed.get(type_name, ()):
        raise InputError(name, text, f"a constraint that fits {type_name}", line=line)
    return constraint
