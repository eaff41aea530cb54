"""A file as a connector: resources completed, and coverage that names what could not be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cloudward import pack
from cloudward.connect.files.connector import Files
from cloudward.errors import InputError, UsageError
from cloudward.model import Coverage, Outcome, Reason, Resource
from cloudward.rules.completion import sealer

POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web", "namespace": "shop", "uid": "1"},
    "spec": {"containers": [{"name": "a", "env": [{"name": "PASSWORD", "value": "hunter2-canary"}]}]},
}
ACCOUNT = {
    "id": "/subscriptions/S1/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a",
    "type": "microsoft.storage/storageaccounts",
    "location": "westeurope",
    "tags": {"team": "x"},
    "properties": {"supportsHttpsTrafficOnly": "true"},
}


def collected(path: Path, cluster: str = "") -> tuple[list[Resource], list[Coverage]]:
    source = Files(path, pack.load().types, sealer(b"key"), cluster)
    found = [item for unit in source.units() for item in source.collect(unit)]
    return [i for i in found if isinstance(i, Resource)], [i for i in found if isinstance(i, Coverage)]


def test_a_resource_graph_row_becomes_the_declared_type_in_its_subscription(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"data": [ACCOUNT]}))
    (account,), (row,) = collected(tmp_path / "a.json")
    assert (account.type, account.scope, account.region) == (
        "Microsoft.Storage/storageAccounts",
        "s1",
        "westeurope",
    )
    assert account.properties["properties"]["supportsHttpsTrafficOnly"] is True
    assert account.properties["properties"]["minimumTlsVersion"] == "TLS1_0"
    assert (row.type, row.outcome, row.count) == (account.type, Outcome.READ, 1)


def test_a_secret_of_a_pod_never_leaves_the_connector(tmp_path: Path) -> None:
    (tmp_path / "prod.json").write_text(json.dumps({"kind": "List", "items": [POD]}))
    (pod,), _ = collected(tmp_path / "prod.json")
    assert "hunter2" not in repr(pod)
    assert pod.properties["spec"]["containers"][0]["env"][0]["value"]["length"] == 14


def test_an_object_from_a_cluster_is_live_and_a_manifest_is_code(tmp_path: Path) -> None:
    manifest = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n"
    (tmp_path / "a.yaml").write_text("---\n" + manifest + "---\n" + manifest.replace("web", "db"))
    (tmp_path / "b.json").write_text(json.dumps(POD))
    resources, _ = collected(tmp_path, cluster="prod")
    places = {resource.id: resource.source and resource.source.line for resource in resources}
    assert places == {"prod/default/Pod/web": 2, "prod/default/Pod/db": 6, "prod/shop/Pod/web": None}


def test_a_snapshot_comes_back_as_it_was(tmp_path: Path) -> None:
    written = {
        "id": "arn:aws:s3:::b",
        "type": "AWS::S3::Bucket",
        "provider": "aws",
        "scope": "111122223333",
        "region": "eu-west-1",
        "name": "b",
        "properties": {},
        "unread": {"BucketPolicy": {"reason": "denied", "call": "s3:GetBucketPolicy"}},
    }
    (tmp_path / "a.ndjson").write_text(json.dumps(written) + "\n")
    (bucket,), _ = collected(tmp_path / "a.ndjson")
    assert bucket.unread["BucketPolicy"].reason is Reason.DENIED
    assert "BucketPolicy" not in bucket.properties


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "a list where a resource is expected"),
        ('{"a": 1}', "neither an Azure resource"),
        ('{"apiVersion": "v1", "kind": "Pod"}', "without metadata"),
        ('{"id": "/subscriptions/"}', "without a subscription"),
        ('{"id":"i","type":"t","provider":"vax","scope":"s","name":"n","properties":{}}', "vax"),
    ],
)
def test_a_broken_document_is_named_and_costs_nothing_else(tmp_path: Path, line: str, reason: str) -> None:
    (tmp_path / "a.ndjson").write_text(f"{json.dumps(ACCOUNT)}\n{line}\n{json.dumps(ACCOUNT)}\n")
    resources, coverage = collected(tmp_path / "a.ndjson")
    assert len(resources) == 2
    (failed,) = [row for row in coverage if row.outcome is Outcome.FAILED]
    assert failed.call == f"{tmp_path / 'a.ndjson'}:2"
    assert failed.cause is not None
    assert reason in failed.cause.message


def test_many_broken_documents_are_counted_not_listed(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text(json.dumps(ACCOUNT) + "\n" + "{\n" * 500)
    _, coverage = collected(tmp_path / "a.ndjson")
    failed = [row for row in coverage if row.outcome is Outcome.FAILED]
    assert len(failed) == 21
    assert sum(row.count for row in failed) == 500


def test_what_cannot_be_read_at_all_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        collected(tmp_path / "none.json")
    with pytest.raises(InputError, match="no file"):
        collected(tmp_path)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "out.json").write_text(json.dumps(ACCOUNT))
    inside = tmp_path / "in"
    inside.mkdir()
    (inside / "a.json").write_text(json.dumps(POD))
    (inside / "b.json").symlink_to(tmp_path / "out.json")
    resources, _ = collected(inside)
    assert [resource.type for resource in resources] == ["v1/Pod"]
