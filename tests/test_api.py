from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

import cloudward
from cloudward.errors import UsageError
from cloudward.model import Outcome, Provider, Reason, Status
from cloudward.store import Store


def pod(name: str, **spec: Any) -> dict[str, Any]:
    container = {"name": "c", "image": "i", "securityContext": {"privileged": spec.pop("privileged", False)}}
    meta = {"name": name, "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": [container], **spec}}


@pytest.fixture
def cluster(tmp_path: Path) -> Path:
    items = [pod("good"), pod("bad", privileged=True, hostNetwork=True)]
    path = tmp_path / "cluster.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    return path


def test_importing_it_imports_nothing_else() -> None:
    program = "import cloudward, json, sys; print(json.dumps(sorted(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    modules = json.loads(found.stdout)
    assert [name for name in modules if name.startswith("cloudward")] == ["cloudward"]
    assert not {"boto3", "pyarrow", "sqlalchemy", "msgspec", "dataclasses"} & set(modules)


def test_it_says_its_version_and_knows_no_other_names() -> None:
    assert cloudward.__version__ == "0.1.0"
    with pytest.raises(AttributeError, match="no attribute 'scan_moon'"):
        cloudward.scan_moon  # noqa: B018


def test_a_file_is_scanned_in_memory(cluster: Path) -> None:
    result = cloudward.scan_file(
        cluster, policies=["kubernetes-pod-privileged", "kubernetes-pod-host-network"]
    )
    found = {(each.policy.id, each.resource.name): each for each in result.assessments}
    assert {key: each.status for key, each in found.items()} == {
        ("kubernetes-pod-host-network", "shop/bad"): Status.UNHEALTHY,
        ("kubernetes-pod-host-network", "shop/good"): Status.HEALTHY,
        ("kubernetes-pod-privileged", "shop/bad"): Status.UNHEALTHY,
        ("kubernetes-pod-privileged", "shop/good"): Status.HEALTHY,
    }
    bad = found["kubernetes-pod-privileged", "shop/bad"]
    assert (bad.resource.type, bad.resource.scope, bad.cause) == ("v1/Pod", "cluster", None)
    assert bad.explanation.status is Status.UNHEALTHY
    assert bad.explanation.leaves[0].result is True
    assert [each.name for each in result.resources] == ["shop/bad", "shop/good"]
    assert [(row.type, row.outcome) for row in result.coverage] == [("v1/Pod", Outcome.READ)]
    assert [(scope.id, scope.kind) for scope in result.scopes] == [("cluster", "cluster")]
    assert result.score.weight in (0, 2)


def test_nothing_is_written_by_a_scan(cluster: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("CLOUDWARD_STORE", str(home))
    list(cloudward.scan_file(cluster).assessments)
    assert list(home.iterdir()) == []


def test_names_are_checked_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown policy 'kubernetes-pod-privilege'; did you mean"):
        cloudward.scan_file(tmp_path / "none.json", policies=["kubernetes-pod-privilege"])
    with pytest.raises(UsageError, match="unknown policy 'nothing'"):
        cloudward.scan_aws(parameters={"nothing": {}})


def test_policies_are_listed_with_their_equivalents() -> None:
    found = {policy.id: policy for policy in cloudward.policies()}
    assert list(found) == sorted(found)
    assert "prowler" in found["aws-s3-bucket-versioning"].equivalents


def test_a_policy_of_ones_own_runs_beside_the_others(cluster: Path, tmp_path: Path) -> None:
    folder = tmp_path / "content" / "policies" / "kubernetes" / "pod"
    folder.mkdir(parents=True)
    (folder / "my-pod-named-good.yaml").write_text(
        "title: Pods should be called good\n"
        "resource: v1/Pod\n"
        "severity: low\n"
        "categories: [compute]\n"
        "why: Because.\n"
        "fix: {cli: kubectl rename}\n"
        'unhealthy: meta.name != "shop/good"\n'
        "examples: {healthy: [{with: {}, document: {}, meta: {name: shop/good}}], unhealthy: [{}]}\n"
    )
    result = cloudward.scan_file(cluster, ["my-pod-named-good"], content=[tmp_path / "content"])
    assert {each.resource.name: str(each.status) for each in result.assessments} == {
        "shop/bad": "unhealthy",
        "shop/good": "healthy",
    }


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield boto3.Session(region_name="eu-west-1")


def test_an_account_is_scanned(aws: boto3.Session) -> None:
    s3 = aws.client("s3")
    for name in ("plain", "kept"):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
    result = cloudward.scan_aws(
        aws, regions=["eu-west-1"], services=["s3"], policies=["aws-s3-bucket-versioning"]
    )
    found = {each.resource.id: each for each in result.assessments}
    assert {id: each.status for id, each in found.items()} == {
        "arn:aws:s3:::plain": Status.UNHEALTHY,
        "arn:aws:s3:::kept": Status.HEALTHY,
    }
    assert found["arn:aws:s3:::plain"].resource.region == "eu-west-1"
    assert [(scope.id, scope.kind) for scope in result.scopes] == [("123456789012", "account")]
    assert {row.type for row in result.coverage if row.listing} >= {"AWS::S3::Bucket"}


def test_a_region_that_was_left_out_is_unknown_not_empty(aws: boto3.Session) -> None:
    result = cloudward.scan_aws(
        aws,
        regions=["eu-west-1"],
        services=["cloudtrail", "account"],
        policies=["aws-cloudtrail-multi-region"],
    )
    causes = [each.cause for each in result.assessments]
    assert [cause.reason if cause else None for cause in causes] == [Reason.NOT_SCANNED]


def test_the_accounts_of_a_connector_are_scanned(aws: boto3.Session, tmp_path: Path) -> None:
    one, two = "111122223333", "444455556666"
    with Store.open(tmp_path) as store:
        store.connect("acme", Provider.AWS, {"role": "cloudward", "accounts": [one, two]}, "ada")
    narrow: dict[str, Any] = {"regions": ["eu-west-1"], "services": ["kms"]}
    result = cloudward.scan_aws(aws, connector="acme", store=tmp_path, **narrow)
    assert [scope.id for scope in result.scopes] == [one, two]
    assert {row.scope for row in result.coverage} == {one, two}
    only = cloudward.scan_aws(aws, connector="acme", store=tmp_path, accounts=[two], **narrow)
    assert [scope.id for scope in only.scopes] == [two]
    with pytest.raises(UsageError, match="in which store is the connector 'acme'"):
        cloudward.scan_aws(aws, connector="acme", store=tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="belong to a connector"):
        cloudward.scan_aws(aws, accounts=[one])
