"""Azure Blob Storage: `az://ACCOUNT/CONTAINER/PREFIX`, with the credentials that `azure-identity` finds.

Diagnostic settings write `PT1H.json` into containers `insights-logs-*`: append blobs that grow for an hour.
https://learn.microsoft.com/azure/azure-monitor/essentials/resource-logs#send-to-azure-storage
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from cloudward.connect.events.storages import ChangedError, Object, endpoint
from cloudward.errors import InputError, SignInError, UsageError
from cloudward.runtime import trust

if TYPE_CHECKING:
    from azure.core.exceptions import AzureError
    from azure.storage.blob import ContainerClient

SCHEMES = ("az://", "https://")
FORM = "az://ACCOUNT/CONTAINER/PREFIX"
ENDPOINT = "AZURE_STORAGE_SERVICE_ENDPOINT"
"""Where the account answers, as the tools of Azure call it."""
ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
HOSTS = re.compile(
    r"[a-z0-9]{3,24}\.(blob\.core\.(windows\.net|chinacloudapi\.cn|usgovcloudapi\.net)"
    r"|z\d\d\.blob\.storage\.azure\.net)"
)
"""A token is sent to nobody else."""
CONTAINER = re.compile(r"\$?[a-z0-9](-?[a-z0-9]){1,62}")
PAGE = 5000
"""Blobs of a page."""
STEP = 32 << 20
"""Bytes of one request; of what grows more would be refused when it grew in between."""


class Container:
    """What is under a prefix of a container."""

    way = "azure"

    def __init__(self, address: str) -> None:
        self.address = address
        self._url, self._container, self._prefix = _parts(address)
        self._client: ContainerClient | None = None

    def objects(self) -> Iterator[Object]:
        with _told(self.address):
            for each in self._blobs().list_blobs(
                name_starts_with=self._prefix or None, results_per_page=PAGE
            ):
                grows = each.blob_type == "AppendBlob"
                version = f'"{(each.etag or "").strip(chr(34))}"'  # a list of Azure has it without quotes
                yield Object(each.name, each.last_modified, each.size, version, grows)

    def fetch(self, found: Object, start: int, file: IO[bytes]) -> None:
        from azure.core import MatchConditions

        same: dict[str, Any] = {"etag": found.version, "match_condition": MatchConditions.IfNotModified}
        with _told(self.name(found.key)):
            for at in range(start, found.size, STEP):
                length = min(STEP, found.size - at)
                blob = self._blobs().download_blob(
                    found.key, offset=at, length=length, **({} if found.grows else same)
                )
                blob.readinto(file)

    def name(self, key: str) -> str:
        return f"{self.address[: self.address.index(self._container) + len(self._container)]}/{key}"

    def _blobs(self) -> ContainerClient:
        if self._client is None:
            from azure.identity import DefaultAzureCredential
            from azure.storage.blob import ContainerClient, ExponentialRetry

            logging.getLogger("azure").setLevel(logging.ERROR)  # what it warns of is raised as well
            verify = trust.authorities() or True
            self._client = ContainerClient(
                self._url,
                self._container,
                credential=DefaultAzureCredential(connection_verify=verify),
                connection_verify=verify,
                connection_timeout=10,
                read_timeout=60,
                max_single_get_size=STEP,
                retry_policy=ExponentialRetry(initial_backoff=1, increment_base=2, retry_total=3),
            )
        return self._client


opened = Container


def _parts(address: str) -> tuple[str, str, str]:
    """Where the account answers, the container and the prefix."""
    url = urlsplit(address)
    if url.query or url.fragment or "@" in url.netloc:
        raise UsageError("an address with a signature is not taken", f"sign in, and name {FORM}")
    container, _, prefix = unquote(url.path).removeprefix("/").partition("/")
    if not CONTAINER.fullmatch(container):
        raise UsageError(f"{address!r} names no container", FORM)
    if url.scheme == "https":
        if not HOSTS.fullmatch(url.netloc):
            raise UsageError(f"{url.netloc!r} is no account of Azure Storage", FORM)
        return f"https://{url.netloc}", container, prefix
    if not ACCOUNT.fullmatch(url.netloc):
        raise UsageError(f"{url.netloc!r} is no name of a storage account", FORM)
    return endpoint(ENDPOINT, f"https://{url.netloc}.blob.core.windows.net"), container, prefix


@contextmanager
def _told(what: str) -> Iterator[None]:
    """What Azure says of an error, with what it is about."""
    from azure.core.exceptions import AzureError, ClientAuthenticationError, ResourceModifiedError

    try:
        yield
    except ResourceModifiedError as error:
        raise ChangedError(f"{what} was written to in between") from error
    except ClientAuthenticationError as error:
        hint = "az login, or an identity of this machine"
        raise SignInError(f"cannot read {what}: {_first(error)}", hint) from error
    except AzureError as error:
        if getattr(error, "error_code", None) == "InvalidRange":  # it is shorter than it was
            raise ChangedError(f"{what} was written to in between") from error
        raise InputError(f"cannot read {what}: {_first(error)}") from error


def _first(error: AzureError) -> str:
    """Its sentence, without the ids of requests below it."""
    code = getattr(error, "error_code", None)
    said = next(iter(str(error.message).strip().splitlines()), type(error).__name__)
    return f"{said} ({code})" if code else said
