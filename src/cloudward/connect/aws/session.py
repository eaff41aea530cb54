"""Real AWS through botocore, stripped to what a reader of configuration needs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from cloudward.connect.aws.transport import Kind, Reply, answer, refused
from cloudward.errors import SignInError

CONNECTIONS = 32
"""Open connections per client: at least as many as requests that run at the same time."""

AWS_HOSTS = (
    "amazonaws.",
    "api.aws.",
    "amazonwebservices.",
    "c2s.ic.gov.",
    "sc2s.sgov.gov.",
    "csp.hci.ic.gov.",
)
"""What is in the host names of AWS's partitions."""

SIGN_IN = (
    "sign in first: `aws configure`, `aws sso login`, or AWS_PROFILE (and AWS_REGION for China or GovCloud)"
)


class Boto:
    """A transport over a session of botocore, with one client per service and region.

    `session` is a `boto3.Session` whose credentials, profile and region are taken over; without it the
    ordinary chain decides (environment, profile, container, instance).
    """

    def __init__(self, session: Any = None) -> None:
        self._session = _session(session)
        self._clients: dict[tuple[str, str], Any] = {}
        self._methods: dict[tuple[str, str, str], Any] = {}
        self._lock = Lock()

    @property
    def region(self) -> str | None:
        region = self._session.get_config_variable("region")
        return str(region) if region else None

    def send(self, service: str, region: str, operation: str, params: Mapping[str, Any]) -> Reply:
        from botocore import exceptions as boto

        from cloudward.connect.aws._parsers import GarbledError

        method = self._methods.get((service, region, operation)) or self._method(service, region, operation)
        try:
            return answer(method(**params))
        except boto.ClientError as error:
            return _refused(error)
        except GarbledError as error:
            return Reply(Kind.UNREADABLE, message=str(error), status=error.status)
        except (boto.NoCredentialsError, boto.CredentialRetrievalError, boto.TokenRetrievalError) as error:
            raise SignInError(f"AWS credentials cannot be had: {error}", SIGN_IN) from error
        except (boto.UnauthorizedSSOTokenError, boto.SSOTokenLoadError) as error:
            raise SignInError(f"the AWS SSO session has ended: {error}", SIGN_IN) from error
        except (boto.HTTPClientError, boto.ConnectionError) as error:
            return Reply(Kind.UNREACHABLE, message=type(error).__name__)
        except (boto.BotoCoreError, ValueError, TypeError) as error:
            return Reply(Kind.UNREADABLE, message=f"{type(error).__name__} before it was sent")

    def known(self, service: str, region: str) -> bool:
        regions = self._session.get_available_regions(service, self.partition(region))
        return not regions or region in regions  # a global service has none

    def partition(self, region: str) -> str:
        from botocore.exceptions import UnknownRegionError

        try:
            return str(self._session.get_partition_for_region(region))
        except UnknownRegionError:
            return ""

    def regions(self, partition: str) -> tuple[str, ...]:
        return tuple(sorted(self._session.get_available_regions("ec2", partition)))

    def _method(self, service: str, region: str, operation: str) -> Any:
        from botocore import xform_name

        with self._lock:
            client = self._clients.get((service, region)) or self._client(service, region)
            method = getattr(client, xform_name(operation))
            self._methods[service, region, operation] = method
            return method

    def _client(self, service: str, region: str) -> Any:
        from botocore.exceptions import NoCredentialsError, PartialCredentialsError, ProfileNotFound

        try:
            client = self._session.create_client(service, region_name=region, config=_config(plain=False))
            if not _is_aws(client.meta.endpoint_url):
                client = self._session.create_client(service, region_name=region, config=_config(plain=True))
                client.meta.events.register("before-call.s3-control", _without_account)
        except (NoCredentialsError, PartialCredentialsError, ProfileNotFound) as error:
            raise SignInError(f"AWS credentials cannot be had: {error}", SIGN_IN) from error
        self._clients[service, region] = client
        return client


def _session(given: Any) -> Any:
    from botocore.exceptions import ProfileNotFound
    from botocore.session import Session

    from cloudward.connect.aws._parsers import Parsers

    try:
        session = Session(profile=given.profile_name if given and given.profile_name != "default" else None)
        if given:
            vars(session)["_credentials"] = given.get_credentials()  # refreshable ones have no other way in
            if given.region_name:
                session.set_config_variable("region", given.region_name)
    except ProfileNotFound as error:
        raise SignInError(str(error), SIGN_IN) from error
    session.register_component("data_loader", _loader())
    session.register_component("response_parser_factory", Parsers(timestamp))
    return session


@lru_cache(maxsize=1)
def _loader() -> Any:
    """The services' models, read once in a process."""
    from cloudward.connect.aws._models import loader

    return loader()


@lru_cache(maxsize=2)
def _config(*, plain: bool) -> Any:
    """`plain` is for an endpoint of one's own, without host names made of accounts and buckets."""
    from botocore import __version__ as botocore_version
    from botocore.config import Config

    from cloudward import __version__

    return Config(
        retries={"total_max_attempts": 1, "mode": "standard"},  # ours, with the rate in view
        parameter_validation=False,
        connect_timeout=10,
        read_timeout=60,
        max_pool_connections=CONNECTIONS,
        tcp_keepalive=True,
        user_agent=f"cloudward/{__version__} Botocore/{botocore_version}",  # else made anew, twice a request
        inject_host_prefix=not plain,
        s3={"addressing_style": "path"} if plain else None,
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )


def _without_account(params: dict[str, Any], **_: Any) -> None:
    """S3 Control's endpoint rules put the account before any host, whatever the configuration says."""
    params["url"] = re.sub(r"//\d{12}\.", "//", params["url"], count=1)


def _is_aws(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return not host.replace(".", "").isdigit() and any(f".{suffix}" in f".{host}." for suffix in AWS_HOSTS)


def _refused(error: Any) -> Reply:
    info = error.response.get("Error", {})
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return refused(str(info.get("Code", "")), str(info.get("Message", "")), status)


_ISO = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|\+00:00)$")


def timestamp(value: Any) -> str:
    """Whatever way AWS writes a time, as `2026-01-31T12:00:00Z`; one without a zone is UTC."""
    if isinstance(value, str):
        found = _ISO.match(value)
        if found:
            return found.group(1) + "Z"
    if isinstance(value, datetime):
        moment = value
    else:
        from botocore.utils import parse_timestamp

        moment = parse_timestamp(value)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
