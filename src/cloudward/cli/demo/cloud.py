"""A cloud on loopback: moto's server, the company in it, and the environment that leads AWS clients there."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from cloudward.cli.demo import estate
from cloudward.errors import UsageError

SEED = 17
"""The same ids each time, so that the company is the same when it is played again."""


@contextmanager
def playing() -> Iterator[str]:
    """The address of the cloud with the company in it; AWS clients go there and nowhere else meanwhile."""
    with _server() as address:
        before = dict(os.environ)
        os.environ.update(
            AWS_ENDPOINT_URL=address,
            AWS_ACCESS_KEY_ID="demo",
            AWS_SECRET_ACCESS_KEY="demo",  # noqa: S106 - the fake cloud takes any
            AWS_DEFAULT_REGION=estate.REGIONS[0],
            AWS_CONFIG_FILE=os.devnull,
            AWS_SHARED_CREDENTIALS_FILE=os.devnull,
            AWS_EC2_METADATA_DISABLED="true",
            **_direct(before),
        )
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN"):
            os.environ.pop(name, None)
        try:
            _found(address)
            yield address
        finally:
            os.environ.clear()
            os.environ.update(before)


def _direct(environment: Mapping[str, str]) -> dict[str, str]:
    """What keeps calls to this machine away from a proxy; some read the one name, some the other."""
    known = environment.get("no_proxy") or environment.get("NO_PROXY")
    return dict.fromkeys(("no_proxy", "NO_PROXY"), ",".join(filter(None, (known, "127.0.0.1"))))


@contextmanager
def _server() -> Iterator[str]:
    try:
        from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend
        from moto.moto_api._internal import mock_random
        from moto.moto_server import werkzeug_app
        from moto.server import ThreadedMotoServer
    except ImportError as error:
        raise UsageError(
            "the demo plays AWS with moto, which is not installed", "pip install 'cloudward[demo]'"
        ) from error

    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    mock_random.seed(SEED)
    # The company has switched all other regions off, so that its scan is a whole one.
    RegionsAndZonesBackend.regions = [r for r in RegionsAndZonesBackend.regions if r.name in estate.REGIONS]
    # moto prints a line for each call that it does not play; the scan says so itself, in coverage.
    setattr(werkzeug_app, "print", lambda *_, **__: None)  # noqa: B010
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def _found(address: str) -> None:
    """Make the company's accounts and all that is in them."""
    accounts = ((estate.PRODUCTION, estate.production), (estate.DEVELOPMENT, estate.development))
    for account, build in accounts:
        build(partial(_client, _session(address, account), address))


def _session(address: str, account: str) -> Any:
    import boto3

    sts = boto3.client("sts", endpoint_url=address)
    role = f"arn:aws:iam::{account}:role/{estate.ROLE}"
    given = sts.assume_role(RoleArn=role, RoleSessionName="larchlane")["Credentials"]
    return boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


def _client(session: Any, address: str, service: str, region: str) -> Any:
    return session.client(service, region_name=region, endpoint_url=address)
