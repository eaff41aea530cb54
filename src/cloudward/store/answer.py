"""The child that answers a question: started by `query`, under limits, without network or writing.

DuckDB sees the rows of the caller's snapshots as Arrow, no file and no database; its settings are
locked before it sees the question. Exactly one SELECT is run, over these tables and with functions that
read nothing else.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
from pyarrow.dataset import dataset

from cloudward.errors import QueryError, near
from cloudward.store.questions import Head, Question
from cloudward.store.snapshot import SCHEMA

BATCH = 1000
TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest", "json_each", "json_tree", "repeat"})
"""A table may come of these; all others read files, settings or the program itself."""
REFUSED = re.compile(
    r"read_|write_|glob$|parquet_|sniff_|query(_table)?$|getenv$|current_setting$|pragma_|duckdb_|"
    r"which_secret$|.*_scan(_|$)|pg_sleep$|sleep"
)
CONFIG = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "python_scan_all_frames": "false",
    "allow_community_extensions": "false",
    "threads": "2",
}

VIEWS = {
    "resources": """
        SELECT provider, scope, type, id, region, name, tags, properties::JSON AS properties,
               unread::JSON AS unread, file, line, generation, scan
        FROM {source} WHERE kind = 'resource'""",
    "tags": """
        SELECT scope, type, resource, tag.key AS key, tag.value AS value
        FROM (SELECT scope, type, id AS resource, unnest(map_entries(tags)) AS tag
              FROM {source} WHERE kind = 'resource')""",
    "assessments": """
        SELECT policy, resource, type, scope, region, status, severity, cause::JSON AS cause,
               since::TIMESTAMP AS since, last_status, last_at::TIMESTAMP AS last_at, snapshot,
               evaluated_at::TIMESTAMP AS evaluated_at, due::TIMESTAMP AS due, exemption, restarted,
               parameters::JSON AS parameters, document_hash, policy_hash, engine, scan
        FROM {source} WHERE kind = 'assessment'""",
    "coverage": """
        SELECT scope, region, type, call, outcome, listing, count, "at"::TIMESTAMP AS "at",
               cause::JSON AS cause, scan
        FROM {source} WHERE kind = 'coverage'""",
}


KINDS = {
    "VARCHAR": pa.string(),
    "DOUBLE": pa.float64(),
    "BIGINT": pa.int64(),
    "TIMESTAMP": pa.timestamp("us"),
}

Plain = Callable[[Any], Any]


def main() -> None:
    question = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Question)
    out = sys.stdout.buffer
    for frame in answer(question):
        out.write(len(frame).to_bytes(4, "big") + frame)
    out.write(bytes(4))
    out.flush()


def answer(question: Question) -> Iterator[bytes]:
    """The head, then rows by the thousand, or an error in the place of any of them."""
    encode = msgspec.msgpack.Encoder().encode
    try:
        connection = prepared(question)
        check(connection, question)
        asked = connection.sql(question.sql)
        columns = [(name, str(kind)) for name, kind in zip(asked.columns, asked.types, strict=True)]
        batches = asked.to_arrow_reader(BATCH)
        plain = [
            converter(kind, field.type) for (_, kind), field in zip(columns, batches.schema, strict=True)
        ]
        yield encode(Head(columns=[name for name, _ in columns], types=[kind for _, kind in columns]))
        for batch in batches:
            values = [
                list(map(convert, column.to_pylist()))
                for convert, column in zip(plain, batch.columns, strict=True)
            ]
            yield encode([list(row) for row in zip(*values, strict=True)])
    except (QueryError, duckdb.Error, pa.ArrowException, OSError, UnicodeError) as error:
        yield encode(Head(error=one_line(error)))


def prepared(question: Question) -> duckdb.DuckDBPyConnection:
    """A connection that holds the caller's tables and cannot be opened wider."""
    pa.set_cpu_count(2)
    connection = duckdb.connect(":memory:", config={**CONFIG, "memory_limit": f"{question.memory}B"})
    connection.execute("SET TimeZone = 'UTC'; SET temp_directory = ''; SET enable_external_access = false")
    for suffix, files in (("", question.current), ("_history", question.history)):
        source = f"snapshots{suffix}"
        connection.register(source, dataset(files, schema=SCHEMA, format="parquet"))
        for name, text in VIEWS.items():
            connection.execute(f"CREATE VIEW {name}{suffix} AS {text.format(source=source)}")
    for name, (columns, rows) in question.tables.items():
        arrays = [pa.array(values, KINDS[kind]) for kind, values in zip(columns.values(), rows, strict=True)]
        connection.register(name, pa.table(arrays, names=list(columns)))
    connection.execute("SET lock_configuration = true")
    return connection


def tables(question: Question) -> list[str]:
    """What a question may read from."""
    views = [name + suffix for suffix in ("", "_history") for name in VIEWS]
    return sorted([*views, *question.tables])


def check(connection: duckdb.DuckDBPyConnection, question: Question) -> None:
    """Refuse all but one SELECT over the tables, by what DuckDB's own parser makes of it."""
    statements = connection.extract_statements(question.sql)
    kinds = [statement.type.name for statement in statements]
    if kinds != ["SELECT"]:
        given = ", ".join(kinds) if kinds else "nothing"
        raise QueryError(f"a question is exactly one SELECT; this is {given}")
    row = connection.execute("SELECT json_serialize_sql(?)", [statements[0].query]).fetchall()
    tree = msgspec.json.decode(row[0][0])
    if tree["error"]:
        raise QueryError(f"this SELECT is not understood: {tree.get('error_message', '')}")
    known = set(tables(question))
    for node in _nodes(tree["statements"]):
        known.update(entry["key"] for entry in (node.get("cte_map") or {}).get("map", ()))
    for node in _nodes(tree["statements"]):
        _check_node(node, known)


def _check_node(node: Mapping[str, Any], known: set[str]) -> None:
    name = str(node.get("function_name") or "").lower()
    if node.get("class") == "FUNCTION" and REFUSED.match(name):
        raise QueryError(f"{name}() is not allowed in a question")
    if node.get("type") == "TABLE_FUNCTION":
        made = str(node["function"].get("function_name", "")).lower()
        if made not in TABLE_FUNCTIONS:
            raise QueryError(f"{made}() is not allowed in a question")
    if node.get("type") == "BASE_TABLE":
        table = str(node["table_name"])
        if node.get("schema_name") or node.get("catalog_name"):
            raise QueryError(f"there is no {node['schema_name']}.{table}; tables have no schema")
        if table.lower() not in {name.lower() for name in known}:
            raise QueryError(
                f"there is no table {table!r}{near(table, known)}; there are {', '.join(sorted(known))}"
            )


def _nodes(tree: Any) -> Iterator[Mapping[str, Any]]:
    """Every object in the tree, without recursion."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def one_line(error: Exception) -> str:
    """What DuckDB says, without the drawing of the place."""
    text = re.split(r"\n\n?LINE |\nDatabase is launched|\nPossible solutions", str(error))[0]
    return " ".join(text.split())[:500]


def converter(kind: str, type: pa.DataType) -> Plain:
    """From what Arrow gives to what JSON has."""
    if kind == "JSON":
        return _document
    if pa.types.is_map(type):
        key, value = converter("", type.key_type), converter("", type.item_type)
        return lambda pairs: pairs and {str(key(k)): value(v) for k, v in pairs}
    if pa.types.is_list(type) or pa.types.is_large_list(type) or pa.types.is_fixed_size_list(type):
        inner = converter("", type.value_type)
        return lambda items: items and [inner(item) for item in items]
    if pa.types.is_struct(type):
        members = {field.name: converter("", field.type) for field in type}
        return lambda value: value and {name: convert(value[name]) for name, convert in members.items()}
    return _scalar


def _document(text: str | None) -> Any:
    return None if text is None else msgspec.json.decode(text)


def _scalar(value: Any) -> Any:
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value
        return moment.replace(tzinfo=None).isoformat() + "Z"
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
        return float(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, pa.MonthDayNano):
        return f"{value.months} months {value.days} days {value.nanoseconds / 1e9:g} seconds"
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _number(value: Decimal) -> int | float:
    """An integer as far as JSON's readers agree on it."""
    whole = value == value.to_integral_value() and abs(value) < 1 << 63
    return int(value) if whole else float(value)


if __name__ == "__main__":
    main()
