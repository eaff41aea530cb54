"""Clients are made of small models, and behave like those of whole ones."""

from __future__ import annotations

import pytest
from botocore.loaders import Loader

from cloudward.connect.aws._models import BESIDES, loader
from cloudward.connect.aws.facts import modules, operations
from cloudward.connect.aws.session import Boto

from .conftest import sign_in

SERVICES = ["account", "ec2", "iam", "kms", "s3", "s3control", "sts"]


@pytest.mark.parametrize("service", SERVICES)
def test_small_model_has_the_declared_operations_as_they_are(service: str) -> None:
    whole = Loader().load_service_model(service, "service-2")
    small = loader().load_service_model(service, "service-2")
    assert operations(service) <= set(small["operations"]) <= operations(service) | BESIDES
    for name, operation in small["operations"].items():
        expected = {key: part for key, part in whole["operations"][name].items() if key != "documentation"}
        assert set(operation) == set(expected)
    for name, shape in small["shapes"].items():
        assert set(shape.get("members", {})) == set(whole["shapes"][name].get("members", {})), name
    assert '"documentation": "<p>' not in str(small)


def test_service_that_nobody_declares_is_left_as_it_is() -> None:
    whole = Loader().load_service_model("sso", "service-2")
    assert loader().load_service_model("sso", "service-2") == whole


def test_operation_that_nobody_declares_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(monkeypatch)
    with pytest.raises(AttributeError, match="delete_bucket"):
        Boto().send("s3", "us-east-1", "DeleteBucket", {"Bucket": "logs"})


@pytest.mark.parametrize("service", sorted(modules()))
def test_every_shape_of_a_small_model_is_whole(service: str) -> None:
    model = loader().load_service_model(service, "service-2")
    assert [name for name, shape in model["shapes"].items() if "type" not in shape] == []
