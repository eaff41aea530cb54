from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudward.errors import QueryError
from cloudward.model import Exemption, ExemptionCategory
from cloudward.runtime.isolated import Limits
from cloudward.store import Store, query
from cloudward.store.answer import answer
from cloudward.store.questions import Head, Question
from tests.store.build import BUCKET, KEY, NOW, ONE, TWO, buckets, company, listed, scanned


@pytest.fixture(scope="module")
def company_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(tmp_path_factory.mktemp("store")) as opened:
        scanned(opened, *buckets()[:2], listed(), scopes=(ONE, TWO))
        company(opened)
        opened.exempt(Exemption("x1", "p", ONE, ExemptionCategory.WAIVER, "why", "ann", NOW))
        yield opened


def rows(store: Store, sql: str, scopes: list[str] | None = None) -> list[list[Any]]:
    """As the child does it, in this process; the child costs a second."""
    with store.database.read() as connection:
        asked = query.question(connection, store.folder, sql, scopes)
    found: list[list[Any]] = []
    for frame in map(query._decode, answer(asked)):
        if isinstance(frame, Head) and frame.error:
            raise QueryError(frame.error)
        if not isinstance(frame, Head):
            found += frame
    return found


ANSWERS: list[tuple[str, list[list[Any]]]] = [
    ("SELECT type, count(*) FROM resources GROUP BY ALL ORDER BY ALL", [[KEY, 2], [BUCKET, 6]]),
    (
        "SELECT status, count(*) FROM assessments GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 2",
        [["unhealthy", 10], ["not_applicable", 2]],
    ),
    ("SELECT properties->>'Name' FROM resources WHERE name = 'bucket-3'", [["bucket-3"]]),
    ("SELECT properties FROM resources WHERE name = 'key-1'", [[{"Name": "key-1"}]]),
    (
        "SELECT tags['env'], tags FROM resources WHERE name = 'bucket-1'",
        [["dev", {"env": "dev", "Env": "other"}]],
    ),
    (
        "SELECT key, value, count(*) FROM tags GROUP BY ALL ORDER BY ALL LIMIT 2",
        [["Env", "other", 6], ["env", "dev", 3]],
    ),
    ("SELECT unread->'Policy'->>'reason' FROM resources WHERE unread IS NOT NULL", [["denied"]]),
    ("SELECT count(*) FROM coverage WHERE listing AND outcome = 'read'", [[3]]),
    (
        "SELECT a.policy FROM assessments a JOIN resources r ON r.id = a.resource WHERE r.name = 'key-0'",
        [["key-rotation"]],
    ),
    (
        "SELECT due, exemption, cause FROM assessments WHERE resource LIKE '%key-0'",
        [["2026-01-02T12:30:15.123456Z", "x1", None]],
    ),
    ("SELECT count(*), count(DISTINCT scan) FROM resources_history", [[10, 2]]),
    ("SELECT count(*) FROM scores", [[4]]),
    ("SELECT id, provider, kind FROM scopes ORDER BY id", [[ONE, "aws", "account"], [TWO, "aws", "account"]]),
    ("SELECT policy, reason, created_at FROM exemptions", [["p", "why", "2026-01-01T12:30:15.123456Z"]]),
    ("SELECT state, count(*) FROM scans GROUP BY 1", [["finished", 2]]),
    ("WITH x AS (SELECT 1 AS a) SELECT a + 1 FROM x", [[2]]),
    ("SELECT sum(n) FROM (SELECT unnest([1, 2, 3]) AS n)", [[6]]),
    (
        "SELECT [x * 2 FOR x IN [1, 2]], {'a': [1.5]}, 10000000000000000000000000000000000",
        [[[2, 4], {"a": [1.5]}, 1e34]],
    ),
    (
        "SELECT DATE '2026-01-02', TIME '10:00', 'NaN'::DOUBLE, '\\x01'::BLOB, NULL, true",
        [["2026-01-02", "10:00:00", None, "01", None, True]],
    ),
    (
        "SELECT INTERVAL '1 month 2 days', '0e000000-0000-0000-0000-000000000000'::UUID",
        [["1 months 2 days 0 seconds", "0e000000-0000-0000-0000-000000000000"]],
    ),
    ("FROM range(3)", [[0], [1], [2]]),
    ("SELECT value FROM resources, json_each(properties) WHERE name = 'key-0'", [["key-0"]]),
    ("SELECT 1 WHERE false", []),
]


@pytest.mark.parametrize(("sql", "expected"), ANSWERS)
def test_a_question_is_answered(company_store: Store, sql: str, expected: list[list[Any]]) -> None:
    assert rows(company_store, sql) == expected


def test_an_answer_names_its_columns_and_their_types(company_store: Store) -> None:
    found = company_store.query("SELECT name, count(*) AS n, tags FROM resources GROUP BY ALL")
    assert found.columns == ("name", "n", "tags")
    assert found.types == ("VARCHAR", "BIGINT", "MAP(VARCHAR, VARCHAR)")
    assert len(list(found.rows)) == 8


@pytest.mark.parametrize(
    "table", ["resources", "tags", "assessments", "coverage", "resources_history", "scores", "exemptions"]
)
def test_other_scopes_are_not_there(company_store: Store, table: str) -> None:
    found = {row[0] for row in rows(company_store, f"SELECT scope FROM {table}", [TWO])}
    assert found <= {TWO}
    assert rows(company_store, f"SELECT count(*) FROM {table}", []) == [[0]]


def test_other_scopes_are_not_named(company_store: Store) -> None:
    assert rows(company_store, "SELECT id FROM scopes", [TWO]) == [[TWO]]


FILES = (
    "read_csv", "read_json", "read_parquet", "read_text", "read_blob", "read_csv_auto", "read_ndjson", "glob",
    "sniff_csv", "parquet_scan", "parquet_metadata", "sqlite_scan", "arrow_scan",
)  # fmt: skip
REFUSED = [
    *((f"SELECT * FROM {name}('/etc/passwd')", f"{name}() is not allowed") for name in FILES),
    ("SELECT glob('/etc/*')", "glob() is not allowed"),
    ("SELECT * FROM resources WHERE id IN (SELECT content FROM read_text('/x'))", "read_text() is not"),
    ("SELECT getenv('HOME')", "getenv() is not allowed"),
    ("SELECT current_setting('memory_limit')", "current_setting() is not allowed"),
    ("SELECT * FROM query('SELECT 1')", "query() is not allowed"),
    ("SELECT * FROM query_table('resources')", "query_table() is not allowed"),
    ("SELECT * FROM duckdb_settings()", "duckdb_settings() is not allowed"),
    ("SELECT * FROM duckdb_secrets()", "duckdb_secrets() is not allowed"),
    ("SELECT * FROM pragma_version()", "pragma_version() is not allowed"),
    ("SELECT write_log('x')", "write_log() is not allowed"),
    ("SELECT * FROM '/etc/passwd'", "no table '/etc/passwd'"),
    ("SELECT * FROM 'state.sqlite'", "no table 'state.sqlite'"),
    ("SELECT * FROM information_schema.tables", "no information_schema.tables"),
    ("SELECT * FROM duckdb_settings", "no table 'duckdb_settings'"),
    ("SELECT * FROM snapshots", "no table 'snapshots'"),
    ("COPY resources TO '/tmp/cloudward-test.csv'", "exactly one SELECT; this is COPY"),
    ("COPY (SELECT 1) TO '/tmp/cloudward-test.csv'", "exactly one SELECT; this is COPY"),
    ("ATTACH 'state.sqlite' AS s", "exactly one SELECT; this is ATTACH"),
    ("DETACH memory", "exactly one SELECT; this is DETACH"),
    ("EXPORT DATABASE '/tmp/cloudward-test'", "exactly one SELECT; this is EXPORT"),
    ("IMPORT DATABASE '/tmp/cloudward-test'", "exactly one SELECT; this is"),
    ("INSTALL httpfs", "exactly one SELECT; this is LOAD"),
    ("LOAD httpfs", "exactly one SELECT; this is LOAD"),
    ("SET memory_limit = '100GB'", "exactly one SELECT; this is SET"),
    ("RESET memory_limit", "exactly one SELECT; this is"),
    ("PRAGMA version", "exactly one SELECT; this is"),
    ("CALL pragma_version()", "exactly one SELECT; this is CALL"),
    ("CREATE TABLE x AS SELECT 1", "exactly one SELECT; this is CREATE"),
    ("CREATE SECRET s (TYPE s3)", "exactly one SELECT; this is"),
    ("INSERT INTO scopes VALUES ('x')", "exactly one SELECT; this is INSERT"),
    ("UPDATE scopes SET id = 'x'", "exactly one SELECT; this is UPDATE"),
    ("DELETE FROM scopes", "exactly one SELECT; this is DELETE"),
    ("DROP VIEW resources", "exactly one SELECT; this is DROP"),
    ("EXPLAIN ANALYZE SELECT 1", "exactly one SELECT; this is EXPLAIN"),
    ("PIVOT scopes ON provider", "exactly one SELECT; this is"),
    ("SELECT 1; SELECT 2", "exactly one SELECT; this is SELECT, SELECT"),
    ("SELECT 1; DROP VIEW resources", "exactly one SELECT; this is SELECT, DROP"),
    ("", "exactly one SELECT; this is nothing"),
    ("-- nothing", "exactly one SELECT; this is nothing"),
    ("SELEC 1", 'Parser Error: syntax error at or near "SELEC"'),
    ("SELECT nam FROM resources", 'Referenced column "nam" not found'),
    ("SELECT * FROM resourcs", "no table 'resourcs'; did you mean 'resources'"),
    ("SELECT 'x'::INT", "Conversion Error"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "reason"), REFUSED)
def test_what_is_no_question_is_refused_in_one_line(company_store: Store, sql: str, reason: str) -> None:
    with pytest.raises(QueryError) as caught:
        rows(company_store, sql)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list(Path("/tmp").glob("cloudward-test*"))


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT * FROM read_text('/etc/passwd')", "read_text() is not allowed"),
        ("COPY resources TO '/tmp/cloudward-test.csv'", "exactly one SELECT; this is COPY"),
        ("SELECT nam FROM resources", 'Referenced column "nam" not found'),
    ],
)
def test_the_child_refuses_the_same(company_store: Store, sql: str, reason: str) -> None:
    with pytest.raises(QueryError) as caught:
        company_store.query(sql)
    assert reason in str(caught.value)


def test_the_child_answers_the_same(company_store: Store) -> None:
    sql = "SELECT * FROM assessments ORDER BY ALL"
    assert list(company_store.query(sql, [ONE]).rows) == rows(company_store, sql, [ONE])


def test_an_error_among_later_rows_is_an_error(company_store: Store) -> None:
    sql = "SELECT CASE WHEN range = 299999 THEN ('x' || range)::INT ELSE range END FROM range(300000)"
    answer, before = company_store.query(sql).rows, list[list[int]]()
    with pytest.raises(QueryError, match="Conversion Error"):
        before.extend(answer)
    assert before == [[number] for number in range(len(before))]


def test_a_question_that_takes_too_much_is_given_up(company_store: Store) -> None:
    with company_store.database.read() as connection:
        asked = query.question(connection, company_store.folder, "SELECT 1", None)
    endless = "SELECT count(*) FROM range(1000000000000) WHERE hash(range) = 0"
    begun = time.monotonic()
    with pytest.raises(QueryError, match=r"was given up: it takes more than 2 seconds of processor time"):
        query.ask(replace_sql(asked, endless), Limits(cpu=2, memory=6 << 30, wait=20))
    assert time.monotonic() - begun < 20
    large = "SELECT list(range) FROM range(500000000)"
    with pytest.raises(QueryError, match=r"Out of Memory|was given up"):
        query.ask(replace_sql(asked, large), Limits(cpu=30, memory=6 << 30, wait=60))


def replace_sql(asked: Question, sql: str) -> Question:
    return Question(sql, 256 << 20, asked.current, asked.history, asked.tables)


def test_a_question_of_absurd_length_is_refused(company_store: Store) -> None:
    with pytest.raises(QueryError, match="at most 100,000 characters"):
        company_store.query("SELECT " + "1+" * 60_000 + "1")


def test_a_question_nested_absurdly_is_an_error_and_no_hang(company_store: Store) -> None:
    with pytest.raises(QueryError):
        company_store.query("SELECT " + "(" * 20_000 + "1" + ")" * 20_000)


def test_an_answer_that_nobody_reads_to_the_end_leaves_no_child(company_store: Store) -> None:
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    before = set(children.read_text().split())
    found = company_store.query("SELECT * FROM range(100000000)")
    assert next(found.rows) == [0]
    assert len(set(children.read_text().split()) - before) == 1
    found.close()
    assert set(children.read_text().split()) <= before


def test_an_empty_store_answers_too(store: Store) -> None:
    assert rows(store, "SELECT count(*) FROM resources") == [[0]]
    assert rows(store, "SELECT count(*) FROM assessments_history") == [[0]]
