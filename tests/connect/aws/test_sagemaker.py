"""Notebooks as moto plays them, and faults as recorded."""

from __future__ import annotations

import boto3
import pytest

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused
from cloudward.model import Reason

from .conftest import Scan

TYPE = "AWS::SageMaker::NotebookInstance"
ARN = "arn:aws:sagemaker:us-east-1:123456789012:notebook-instance/lab"
LISTED = {"NotebookInstances": [{"NotebookInstanceName": "lab", "NotebookInstanceArn": ARN}]}


@pytest.mark.usefixtures("moto")
def test_notebook_has_cloudformations_shape(scan: Scan) -> None:
    boto3.client("sagemaker", region_name="us-east-1").create_notebook_instance(
        NotebookInstanceName="lab",
        InstanceType="ml.t3.medium",
        RoleArn="arn:aws:iam::123456789012:role/lab",
        SubnetId="subnet-1",
        SecurityGroupIds=["sg-1"],
        DirectInternetAccess="Disabled",
        Tags=[{"Key": "team", "Value": "red"}],
    )
    found = scan(Boto(), services=["sagemaker"], regions=["us-east-1"]).one(TYPE)
    p = found.properties
    assert (found.id, found.tags) == (ARN, {"team": "red"})
    assert (p["DirectInternetAccess"], p["RootAccess"]) == ("Disabled", "Enabled")
    assert (p["SubnetId"], p["SecurityGroupIds"], p["KmsKeyId"]) == ("subnet-1", ["sg-1"], None)


def test_denied_details_are_unread(replay: Replay, scan: Scan) -> None:
    replay.record("sagemaker", "ListNotebookInstances", LISTED)
    replay.record("sagemaker", "DescribeNotebookInstance", refused("AccessDeniedException", "no", 400))
    found = scan(replay, services=["sagemaker"]).one(TYPE)
    assert found.unread["DirectInternetAccess"].reason is Reason.DENIED
    assert "RootAccess" not in found.properties


def test_notebook_that_was_deleted_meanwhile_is_dropped(replay: Replay, scan: Scan) -> None:
    replay.record("sagemaker", "ListNotebookInstances", LISTED)
    replay.record("sagemaker", "DescribeNotebookInstance", refused("ResourceNotFound", "no", 400))
    assert scan(replay, services=["sagemaker"]).of(TYPE) == []


def test_endpoint_configuration_tells_how_many_machines_serve(replay: Replay, scan: Scan) -> None:
    config = {
        "EndpointConfigName": "shop",
        "EndpointConfigArn": "arn:aws:sagemaker:us-east-1:1:endpoint-config/shop",
    }
    variants = [{"VariantName": "a", "InitialInstanceCount": 2}, {"VariantName": "serverless"}]
    replay.record("sagemaker", "ListEndpointConfigs", {"EndpointConfigs": [config]})
    replay.record("sagemaker", "DescribeEndpointConfig", {**config, "ProductionVariants": variants})
    found = scan(replay, services=["sagemaker"]).one("AWS::SageMaker::EndpointConfig").properties
    assert [each["InitialInstanceCount"] for each in found["ProductionVariants"]] == [2, None]


def test_model_tells_its_isolation_and_no_environment(replay: Replay, scan: Scan) -> None:
    model = {"ModelName": "shop", "ModelArn": "arn:aws:sagemaker:us-east-1:123456789012:model/shop"}
    told = {"EnableNetworkIsolation": True, "PrimaryContainer": {"Environment": {"TOKEN": "canary"}}}
    replay.record("sagemaker", "ListModels", {"Models": [model]})
    replay.record("sagemaker", "DescribeModel", {**model, **told})
    found = scan(replay, services=["sagemaker"]).one("AWS::SageMaker::Model")
    assert found.properties["EnableNetworkIsolation"] is True
    assert "canary" not in repr(found)
