"""Files of exactly what filters leave, harmless where they are opened; history; questions."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest

from cloudward.pack import Pack
from cloudward.server.needs import Permission
from cloudward.store import Store
from tests.server.client import Client, only, serving
from tests.server.test_reading import uid
from tests.store.build import ONE, TWO, assessment, buckets, listed, resource, scanned

FORMULAS = ("=1+1", "+1", "-1", "@x", "\uff1d1", "\t=1", " \u00a0=1", "|x")


@pytest.mark.parametrize("name", ["assessments", "resources", "recommendations"])
@pytest.mark.parametrize("query", [{}, {"scope": ONE}, {"type": "AWS::KMS::Key"}])
def test_a_file_has_exactly_the_rows_of_the_list(client: Client, name: str, query: dict[str, str]) -> None:
    items = client.get(f"/api/v1/{name}", limit=500, **query)["items"]
    answer = client("GET", f"/api/v1/{name}/export", params={**query, "form": "json"})
    assert [json.loads(line) for line in answer.text.splitlines()] == items
    table = list(csv.DictReader(io.StringIO(client("GET", f"/api/v1/{name}/export", params=query).text)))
    key = "policy" if name == "recommendations" else "uid"
    assert [row[key] for row in table] == [each[key] for each in items]
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}.ndjson"'


def test_no_name_of_a_resource_is_a_formula(store: Store, client: Client) -> None:
    scanned(store, *(resource(name, tags={"t": name}) for name in FORMULAS), listed())
    text = client("GET", "/api/v1/resources/export", params={"scope": ONE}).text
    for row in csv.reader(io.StringIO(text)):
        for cell in row:
            assert cell.lstrip(" \u00a0\u3000\ufeff\u200b")[:1] not in set(
                "=+-@|%\t\r\uff1d\uff0b\uff0d\uff20"
            ), cell


def test_a_finding_of_ocsf_is_a_line(client: Client, store: Store, pack: Pack) -> None:
    policy = "aws-kms-key-rotation" if "aws-kms-key-rotation" in pack.policies else next(iter(pack.policies))
    item = resource("one")
    scanned(store, item, listed(), assessments=[assessment(item, policy)])
    answer = client("GET", "/api/v1/assessments/export", params={"form": "ocsf", "scope": ONE})
    found = [json.loads(line) for line in answer.text.splitlines()]
    assert [(each["class_uid"], each["metadata"]["event_code"]) for each in found] == [(2003, policy)]


def test_who_may_not_export_gets_no_file(store: Store, pack: Pack) -> None:
    reader = serving(store, pack, only([ONE], [Permission.READ]))
    assert reader("GET", "/api/v1/assessments/export").status_code == 403
    narrow = serving(store, pack, only([ONE]))
    text = narrow("GET", "/api/v1/resources/export", params={"form": "json"}).text
    assert {json.loads(line)["scope"] for line in text.splitlines()} == {ONE}


def test_the_history_of_a_resource_has_what_changed_and_how(store: Store, client: Client) -> None:
    old = buckets()[0]
    new = replace(old, properties={"Name": "bucket-0", "Odd": {"it's": [1]}}, tags={"env": "dev"})
    scanned(store, new, listed())
    found = client.get(f"/api/v1/resources/{uid(client, 'bucket-0')}/history")["items"]
    assert [(each["path"], each["before"], each["after"]) for each in found[0]["paths"]] == [
        ("meta.tags['Env']", "other", None),
        ("meta.tags['env']", "prod", "dev"),
        ("Odd", None, {"it's": [1]}),
    ]
    changes = client.get(f"/api/v1/scopes/{ONE}/changes")["items"]
    assert ("changed", "bucket-0") in [(each["kind"], each["name"]) for each in changes]
    one = client.get(f"/api/v1/scopes/{ONE}/changes", limit=1)
    rest = client.get(f"/api/v1/scopes/{ONE}/changes", limit=500, cursor=one["next"])
    assert [*one["items"], *rest["items"]] == changes
    assert client.get(f"/api/v1/scopes/{ONE}/snapshots")["total"] == 2


def test_history_of_what_may_not_be_seen_is_not_there(narrow: Client) -> None:
    for path in ("snapshots", "changes"):
        assert narrow("GET", f"/api/v1/scopes/{TWO}/{path}").status_code == 404


def test_a_question_reaches_the_scopes_of_who_asks(client: Client, narrow: Client) -> None:
    sql = "SELECT scope, count(*) AS n FROM resources GROUP BY scope ORDER BY scope"
    assert client("POST", "/api/v1/query", json={"sql": sql}).json()["rows"] == [[ONE, 5], [TWO, 3]]
    own = narrow("POST", "/api/v1/query", json={"sql": sql, "limit": 1}).json()
    assert (own["rows"], own["more"]) == ([[ONE, 5]], False)
    assert [each["name"] for each in own["columns"]] == ["scope", "n"]


@pytest.mark.parametrize(
    "sql", ["DROP TABLE resources", "SELECT * FROM read_text('/etc/passwd')", "SELECT", "x" * 100_001]
)
def test_a_question_that_is_none_is_refused(client: Client, sql: str) -> None:
    answer = client("POST", "/api/v1/query", json={"sql": sql})
    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_scans_of_other_scopes_are_not_told(store: Store, client: Client, narrow: Client) -> None:
    scanned(store, resource("b", scope=TWO), listed(scope=TWO), scopes=(TWO,))
    sql = {"sql": "SELECT count(*) FROM scans"}
    assert client("POST", "/api/v1/query", json=sql).json()["rows"] == [[2]]
    assert narrow("POST", "/api/v1/query", json=sql).json()["rows"] == [[1]]
    assert (client.get("/api/v1/scans")["total"], narrow.get("/api/v1/scans")["total"]) == (2, 1)
