"""SQL expressions over a file's columns, such as ``Menge * Preis``.

The columns are texts until an expression counts with them.

Where an expression adds, multiplies or compares a column with a number, the column is read as a number by the format of
the file; everywhere else it stays the text that it is. This depends on the expression alone, never on the values.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

NUMBER_PREFIX = "number of "
"""What stands before a column's name where its number is meant."""

_ARITHMETIC = {"+", "-", "*", "/", "//", "%", "^", "**"}
_NUMBER_FUNCTIONS = {
    "abs",
    "ceil",
    "ceiling",
    "exp",
    "floor",
    "greatest",
    "least",
    "ln",
    "log",
    "mod",
    "pow",
    "power",
    "round",
    "sign",
    "sqrt",
    "trunc",
}
_FUNCTIONS_OF_VALUES = {"nullif", "if", "ifnull"}
"""Functions whose value is one of their arguments."""

_NUMBER_TYPE = re.compile(r"(U?(TINY|SMALL|BIG|HUGE))?INT(EGER)?[0-9]*|DECIMAL|NUMERIC|DOUBLE|FLOAT[0-9]*|REAL")
_ONE_ROW = "an expression has one value per row: leave out sums, counts, window functions and subqueries"


class ExpressionError(ValueError):
    """An expression that is no SQL, or no expression over one row. The message ends without a full stop."""


@dataclass(frozen=True)
class Expression:
    """An expression that is ready to be selected.

    Attributes:
        sql: The expression, with `NUMBER_PREFIX` before the names of columns that are read as numbers.
        columns: All columns of the file that it reads, in order of their appearance.
        number_columns: Those of them that are read as numbers.
    """

    sql: str
    columns: tuple[str, ...]
    number_columns: tuple[str, ...]


def parse_expression(text: str, names: Mapping[str, str] | None, is_number: bool) -> Expression:
    """Find the columns of an expression and how each is read.

    Args:
        text: The expression.
        names: Name of a column as it may be written, in lower case -> name in the file. None takes every name.
        is_number: Whether the expression's value is a number.

    Returns:
        The expression with the names of the file.

    Raises:
        ExpressionError: If it can't be parsed, names a column that is not there, or needs more than one row.
    """
    tree = _parse(text)
    walker = _Walker(names)
    node = walker.walk(tree["statements"][0]["node"]["select_list"][0], is_number)
    tree["statements"][0]["node"]["select_list"][0] = node
    with duckdb.connect() as connection:
        sql = connection.execute("select json_deserialize_sql(?)", [json.dumps(tree)]).fetchall()[0][0]
    return Expression(
        sql.strip().rstrip(";").removeprefix("SELECT ").strip(),
        tuple(dict.fromkeys(walker.columns)),
        tuple(dict.fromkeys(walker.number_columns)),
    )


@functools.lru_cache(maxsize=256)
def _serialized(text: str) -> str:
    with duckdb.connect() as connection:
        return connection.execute("select json_serialize_sql(?)", ["select " + text]).fetchall()[0][0]


def _parse(text: str) -> dict[str, Any]:
    tree = json.loads(_serialized(text))
    if tree["error"]:
        message = str(tree.get("error_message", "")).splitlines()[0]
        raise ExpressionError(
            f"`{text}` is no SQL expression ({message}); names with blanks or other signs stand in double quotes"
        )
    node = tree["statements"][0]["node"]
    if len(tree["statements"]) > 1 or node["type"] != "SELECT_NODE" or len(node["select_list"]) != 1:
        raise ExpressionError(f"`{text}` is more than one expression")
    if node["from_table"]["type"] != "EMPTY" or node["where_clause"]:
        raise ExpressionError(f"`{text}` is more than an expression")
    for inner in _nodes(node["select_list"][0]):
        if inner.get("class") in ("SUBQUERY", "WINDOW", "STAR") or inner.get("function_name") in _aggregates():
            raise ExpressionError(f"`{text}`: {_ONE_ROW}")
    return tree


@functools.cache
def _aggregates() -> frozenset[str]:
    with duckdb.connect() as connection:
        query = "select distinct function_name from duckdb_functions() where function_type = 'aggregate'"
        return frozenset(name for (name,) in connection.execute(query).fetchall())


def _nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from _nodes(value)
    elif isinstance(node, list):
        for value in node:
            yield from _nodes(value)


class _Walker:
    """Goes down an expression's tree and renames its columns."""

    def __init__(self, names: Mapping[str, str] | None) -> None:
        self.names = names
        self.columns: list[str] = []
        self.number_columns: list[str] = []

    def walk(self, node: dict[str, Any], is_number: bool) -> dict[str, Any]:
        kind = node["class"]
        if kind == "COLUMN_REF":
            return self._column(node, is_number)
        if kind == "FUNCTION":
            return self._function(node, is_number)
        if kind == "CASE":
            return self._case(node, is_number)
        if kind == "COMPARISON":
            numbers = _is_number(node["left"]) or _is_number(node["right"])
            return node | {"left": self.walk(node["left"], numbers), "right": self.walk(node["right"], numbers)}
        if kind == "BETWEEN":
            numbers = any(_is_number(node[name]) for name in ("input", "lower", "upper"))
            return node | {name: self.walk(node[name], numbers) for name in ("input", "lower", "upper")}
        if kind == "CAST":
            return node | {"child": self.walk(node["child"], _is_number_type(node)), "try_cast": True}
        if kind == "OPERATOR":
            return self._operator(node, is_number)
        return self._others(node)

    def _column(self, node: dict[str, Any], is_number: bool) -> dict[str, Any]:
        written = ".".join(node["column_names"])
        name = written if self.names is None else self.names.get(written.casefold())
        if name is None:
            raise ExpressionError(f"there is no column `{written}`")
        self.columns.append(name)
        if is_number:
            self.number_columns.append(name)
        return node | {"column_names": [NUMBER_PREFIX + name if is_number else name]}

    def _function(self, node: dict[str, Any], is_number: bool) -> dict[str, Any]:
        name = node["function_name"].lower()
        if name in _FUNCTIONS_OF_VALUES:
            wanted = [is_number] * len(node["arguments"])
            wanted[0] = is_number and name != "if"
        else:
            wanted = [name in _ARITHMETIC or name in _NUMBER_FUNCTIONS] * len(node["arguments"])
        arguments = [
            argument | {"expression": self.walk(argument["expression"], as_number)}
            for argument, as_number in zip(node["arguments"], wanted, strict=True)
        ]
        return node | {"arguments": arguments}

    def _case(self, node: dict[str, Any], is_number: bool) -> dict[str, Any]:
        checks = [
            {
                "when_expr": self.walk(check["when_expr"], False),
                "then_expr": self.walk(check["then_expr"], is_number),
            }
            for check in node["case_checks"]
        ]
        return node | {"case_checks": checks, "else_expr": self.walk(node["else_expr"], is_number)}

    def _operator(self, node: dict[str, Any], is_number: bool) -> dict[str, Any]:
        """``coalesce`` has the type of its parts; ``in`` that of its values; ``is null`` asks for the text."""
        children = node["children"]
        if node["type"] in ("COMPARE_IN", "COMPARE_NOT_IN"):
            is_number = any(_is_number(child) for child in children)
        elif node["type"] != "OPERATOR_COALESCE":
            is_number = False
        return node | {"children": [self.walk(child, is_number) for child in children]}

    def _others(self, node: dict[str, Any]) -> dict[str, Any]:
        changed = dict(node)
        for key, value in node.items():
            if isinstance(value, dict) and "class" in value:
                changed[key] = self.walk(value, False)
            elif isinstance(value, list):
                changed[key] = [
                    self.walk(item, False) if isinstance(item, dict) and "class" in item else item for item in value
                ]
        return changed


def _is_number(node: dict[str, Any]) -> bool:
    """Whether a part of a comparison can only be a number."""
    if node["class"] == "CONSTANT":
        return node["literal"]["kind"] in ("INTEGER", "NUMERIC")
    if node["class"] == "CAST":
        return _is_number_type(node)
    return node["class"] == "FUNCTION" and node["function_name"].lower() in _ARITHMETIC | _NUMBER_FUNCTIONS


def _is_number_type(cast: dict[str, Any]) -> bool:
    return _NUMBER_TYPE.fullmatch(cast["type_expr"].get("type_name", "").upper()) is not None
