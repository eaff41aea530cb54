"""Real AWS through botocore, stripped to what a reader of configuration needs."""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from http import HTTPStatus
from threading import Lock
from typing import Any, Self, TypeAlias
from urllib.parse import urlsplit

from cloudward.connect.aws.transport import Kind, Reply, answer, refused
from cloudward.errors import SignInError
from cloudward.runtime import trust

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

OWN_AUTHORITIES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
"""Where botocore looks for whom to believe."""

SIGN_IN = (
    "sign in first: `aws configure`, `aws sso login`, or AWS_PROFILE (and AWS_REGION for China or GovCloud)"
)


Key: TypeAlias = "Callable[[], Any]"
"""What a request is signed with: botocore's frozen credentials, None for nothing, or a `Reply` that says why
there are none."""


class Boto:
    """A transport over a session of botocore, with one client per service and region.

    `session` is a `boto3.Session` whose credentials, profile and region are taken over; without it the
    ordinary chain decides (environment, profile, container, instance).
    """

    def __init__(self, session: Any = None) -> None:
        self._session = _session(session)
        self._key: Key = _chain(session, self._session)
        self._clients: dict[tuple[str, str], Any] = {}
        self._methods: dict[tuple[str, str, str], Any] = {}
        self._lock = Lock()

    def signing(self, key: Key) -> Self:
        """The same clients for somebody else: fifty accounts have the clients of one."""
        other = copy.copy(self)
        other._key = key
        return other

    @property
    def region(self) -> str | None:
        region = self._session.get_config_variable("region")
        return str(region) if region else None

    def send(self, service: str, region: str, operation: str, params: Mapping[str, Any]) -> Reply:
        from botocore import exceptions as boto

        from cloudward.connect.aws._parsers import GarbledError

        try:
            key = self._key()
            if isinstance(key, Reply):
                return key
            method = self._methods.get((service, region, operation))
            return answer(_signed(key, method or self._method(service, region, operation), params))
        except boto.ClientError as error:
            return _refused(error)
        except GarbledError as error:
            return Reply(Kind.UNREADABLE, message=str(error), status=error.status)
        except (boto.NoCredentialsError, boto.PartialCredentialsError, boto.ProfileNotFound) as error:
            raise SignInError(f"AWS credentials cannot be had: {error}", SIGN_IN) from error
        except (boto.CredentialRetrievalError, boto.TokenRetrievalError) as error:
            raise SignInError(f"AWS credentials cannot be had: {error}", SIGN_IN) from error
        except (boto.UnauthorizedSSOTokenError, boto.SSOTokenLoadError) as error:
            raise SignInError(f"the AWS SSO session has ended: {error}", SIGN_IN) from error
        except (boto.HTTPClientError, boto.ConnectionError) as error:
            return Reply(Kind.UNREACHABLE, message=type(error).__name__)
        except NotImplementedError as error:  # a cloud that is played in this process does not know the call
            return Reply(Kind.UNREADABLE, message=str(error), status=HTTPStatus.NOT_IMPLEMENTED)
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
        client = self._session.create_client(service, region_name=region, config=_config(plain=False))
        if not _is_aws(client.meta.endpoint_url):
            client = self._session.create_client(service, region_name=region, config=_config(plain=True))
            client.meta.events.register("before-call.s3-control", _without_account)
        self._clients[service, region] = client
        return client


_SIGNED_WITH: ContextVar[Any] = ContextVar("_SIGNED_WITH", default=None)


class _Signer:
    """Stands where botocore looks for credentials, and gives those of the request under way."""

    def get_frozen_credentials(self) -> Any:
        return _SIGNED_WITH.get()

    def get_deferred_property(self, _name: str) -> Callable[[], None]:
        return lambda: None


def _signed(key: Any, method: Callable[..., Any], params: Mapping[str, Any]) -> Any:
    before = _SIGNED_WITH.set(key)
    try:
        return method(**params)
    finally:
        _SIGNED_WITH.reset(before)


def _session(given: Any) -> Any:
    from botocore.exceptions import ProfileNotFound

    from cloudward.connect.aws._parsers import Parsers

    session = _bare(given)
    try:
        if given and given.region_name:
            session.set_config_variable("region", given.region_name)
    except ProfileNotFound as error:
        raise SignInError(str(error), SIGN_IN) from error
    vars(session)["_credentials"] = _Signer()  # ours have no other way in
    session.register_component("data_loader", _loader())
    session.register_component("response_parser_factory", Parsers(timestamp))
    return session


def _bare(given: Any) -> Any:
    from botocore.session import Session

    session = Session(profile=given.profile_name if given and given.profile_name != "default" else None)
    named = trust.authorities()
    if named and not any(os.environ.get(name) for name in OWN_AUTHORITIES):
        session.set_config_variable("ca_bundle", named)  # botocore does not look at it by itself
    return session


def _chain(given: Any, session: Any) -> Key:
    """The credentials of the given session or of the chain, looked for when they are first needed."""
    source = given or _bare(None)
    if source is not given:
        source.register_component("data_loader", session.get_component("data_loader"))

    def key() -> Any:
        credentials = source.get_credentials()
        return credentials and credentials.get_frozen_credentials()

    return key


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
        account_id_endpoint_mode="disabled",  # a client is of no account
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
