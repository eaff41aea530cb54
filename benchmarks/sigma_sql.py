"""One SELECT per rule over a table of events in SQLite, the way of Zircolite: what we are measured against.

https://github.com/wagga40/Zircolite loads flattened events into one table and runs a query for each rule.
Here there is a table for each source, an index on the fields that tell log sources apart, and regular
expressions and networks are functions of Python, as there.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

import orjson

from benchmarks.sigma_rules import KINDS
from cloudward.detect import Detection
from cloudward.detect.questions import LOGIC, Question, question
from cloudward.detect.routing import served
from cloudward.pack.mappings import Source
from cloudward.rules.ast import Call, Expr


def flattened(event: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in event.items():
        if isinstance(value, dict):
            yield from flattened(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def found(events: Sequence[bytes], rules: Iterable[Detection], source: Source) -> set[tuple[int, str]]:
    """(place of the event, id of the rule), parsing and loading included."""
    rows = [dict(flattened(orjson.loads(event))) for event in events]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    database = sqlite3.connect(":memory:", isolation_level=None)
    database.create_function(
        "regexp",
        2,
        lambda pattern, text: text is not None and _searched(pattern, str(text)),
        deterministic=True,
    )
    database.create_function("within", 2, _within, deterministic=True)
    database.execute(f"CREATE TABLE logs (row_id INTEGER PRIMARY KEY, {', '.join(map(_name, columns))})")
    database.execute("BEGIN")
    database.executemany(
        f"INSERT INTO logs VALUES ({', '.join('?' * (len(columns) + 1))})",
        ([place, *(row.get(name) for name in columns)] for place, row in enumerate(rows)),
    )
    database.execute("COMMIT")
    gates = [name for name in ("Channel", "EventID") if name in columns]
    if gates:
        database.execute(f"CREATE INDEX gates ON logs ({', '.join(map(_name, gates))})")
    hits: set[tuple[int, str]] = set()
    for rule in rules:
        sql = f"SELECT row_id FROM logs WHERE {_gate(rule, source)} AND {_sql(rule.condition, set(columns))}"
        hits.update((place, rule.id) for (place,) in database.execute(sql))
    database.close()
    return hits


def _gate(rule: Detection, source: Source) -> str:
    gates = [
        " AND ".join(f"{_name(field)} IN ({', '.join(_literals(values))})" for field, values in gate.items())
        for each in served(rule, source)
        for gate in each.when
    ]
    return f"({' OR '.join(gates)})" if gates else "1"


def _literals(values: Iterable[str]) -> Iterator[str]:
    known = {str(value).lower(): str(value) for kind in KINDS for value in kind.fixed.values()}
    for value in values:
        yield value if value.isdigit() else _quoted(known.get(value, value))


def _sql(condition: Expr, columns: set[str]) -> str:
    assert isinstance(condition, Call)
    if condition.function == "!":
        return f"NOT {_sql(condition.args[0], columns)}"
    if condition.function in LOGIC:
        sign = " AND " if condition.function == "&&" else " OR "
        return f"({sign.join(_sql(each, columns) for each in condition.args)})"
    asked = question(condition)
    if asked.field not in columns:
        return "1" if asked.op == "null" else "0"
    return f"coalesce({_leaf(asked, columns)}, 0)"


def _leaf(asked: Question, columns: set[str]) -> str:
    name, operand = _name(asked.field), str(asked.operand)
    if asked.other:
        return f"{name} = {_name(asked.other)} COLLATE NOCASE" if asked.other in columns else "0"
    match asked.op:
        case "equals":
            return f"{name} LIKE {_quoted(_escaped(operand))} ESCAPE '\\'"
        case "contains":
            return f"{name} LIKE {_quoted(f'%{_escaped(operand)}%')} ESCAPE '\\'"
        case "startsWith":
            return f"{name} LIKE {_quoted(f'{_escaped(operand)}%')} ESCAPE '\\'"
        case "endsWith":
            return f"{name} LIKE {_quoted(f'%{_escaped(operand)}')} ESCAPE '\\'"
        case "matches":
            return f"{name} REGEXP {_quoted(operand)}"
        case "within":
            return f"within({name}, {_quoted(operand)})"
        case "null":
            return f"{name} IS NULL"
    raise NotImplementedError(asked.op)


def _escaped(text: str) -> str:
    return re.sub(r"([%_\\])", r"\\\1", text)


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _searched(pattern: str, text: str) -> bool:
    return re.search(pattern, text) is not None


def _within(text: Any, network: str) -> bool:
    try:
        return ip_address(str(text)) in ip_network(network)
    except ValueError:
        return False
