"""Repositories of images as moto plays them, and as recorded."""

from __future__ import annotations

import json

import boto3

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused

from .conftest import Scan

POLICY = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}]}
RULES = {"rules": [{"rulePriority": 1}]}
ARN = "arn:aws:ecr:us-east-1:123456789012:repository/shop/web"


def test_repository_has_the_names_of_templates(moto: None, scan: Scan) -> None:
    ecr = boto3.client("ecr")
    ecr.create_repository(
        repositoryName="shop/web",
        imageTagMutability="IMMUTABLE",
        imageScanningConfiguration={"scanOnPush": True},
        tags=[{"Key": "team", "Value": "red"}],
    )
    ecr.set_repository_policy(repositoryName="shop/web", policyText=json.dumps(POLICY))
    found = scan(Boto(), services=["ecr"], regions=["us-east-1"]).one("AWS::ECR::Repository")
    assert (found.id, found.name, found.tags) == (ARN, "shop/web", {"team": "red"})
    p = found.properties
    assert (p["ImageTagMutability"], p["ImageScanningConfiguration"]["ScanOnPush"]) == ("IMMUTABLE", True)
    assert p["RepositoryPolicyText"] == POLICY
    assert p["LifecyclePolicy"]["LifecyclePolicyText"] is None
    assert found.unread == {}


def test_lifecycle_is_a_document_and_denied_policy_unread(replay: Replay, scan: Scan) -> None:
    one = {"repositoryArn": ARN, "repositoryName": "shop/web"}
    replay.record("ecr", "DescribeRepositories", {"repositories": [one]})
    replay.record("ecr", "GetLifecyclePolicy", {"lifecyclePolicyText": json.dumps(RULES)})
    replay.record("ecr", "GetRepositoryPolicy", refused("AccessDeniedException"))
    found = scan(replay, services=["ecr"]).one("AWS::ECR::Repository")
    assert found.properties["LifecyclePolicy"]["LifecyclePolicyText"] == RULES
    assert found.unread["RepositoryPolicyText"].call == "ecr:GetRepositoryPolicy"


def test_registry_says_what_it_scans(replay: Replay, scan: Scan) -> None:
    filters = [{"filter": "*", "filterType": "WILDCARD"}]
    rules = [{"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": filters}]
    answer = {"registryId": "123456789012", "scanningConfiguration": {"scanType": "BASIC", "rules": rules}}
    replay.record("ecr", "GetRegistryScanningConfiguration", answer)
    p = scan(replay, services=["ecr"]).one("AWS::ECR::RegistryScanningConfiguration").properties
    filters_here = [{"Filter": "*", "FilterType": "WILDCARD"}]
    assert p["Rules"] == [{"ScanFrequency": "SCAN_ON_PUSH", "RepositoryFilters": filters_here}]
