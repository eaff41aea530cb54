"""What providers keep under a prefix: a module a provider, found by the scheme of an address.

A module has `SCHEMES` (what its addresses begin with), `FORM` (what they look like) and `opened`, which makes
a `Storage` of an address. Nothing is called before its methods are.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from ipaddress import ip_address
from types import ModuleType
from typing import IO, NamedTuple, Protocol
from urllib.parse import urlsplit

from cloudward import registry
from cloudward.errors import InputError, UsageError


class Object(NamedTuple):
    """An object as it is listed."""

    key: str
    at: datetime
    """When it was written last."""
    size: int
    version: str
    """Another one when its content is another one."""
    grows: bool = False
    """What is written later comes behind what is there."""


class ChangedError(InputError):
    """An object is not what it was when it was listed; the next list has it as it is now."""


class Storage(Protocol):
    """A prefix. What the provider refuses is an `InputError`, without anybody signed in a `SignInError`."""

    way: str
    """What `events health` calls it."""

    def objects(self) -> Iterator[Object]:
        """All there is, page by page."""

    def fetch(self, found: Object, start: int, file: IO[bytes]) -> None:
        """Write an object, from this byte to the size that it had; a `ChangedError` when it is another."""

    def name(self, key: str) -> str:
        """An object as people see it."""


@cache
def _modules() -> Mapping[str, ModuleType]:
    return registry.named(
        (scheme, module) for module in registry.modules(__name__) for scheme in module.SCHEMES
    )


def is_address(text: str) -> bool:
    """Whether it is one, and no path; one of a scheme that nobody knows is a `UsageError`."""
    scheme, sign, _ = text.partition("://")
    if sign and f"{scheme}://" not in _modules():
        raise UsageError(f"logs cannot be read from {scheme}://", forms())
    return bool(sign)


def forms() -> str:
    """What addresses look like."""
    return ", ".join(dict.fromkeys(module.FORM for module in _modules().values()))


def opened(address: str) -> Storage:
    """What lies at an address; a `UsageError` when it is none."""
    scheme, sign, _ = address.partition("://")
    found: Storage = _modules()[scheme + sign].opened(address)
    return found


def endpoint(variable: str, default: str) -> str:
    """Where a provider answers. Only who starts the process says another place, never an address: what
    signs in goes there, so without TLS it is on this machine."""
    named = os.environ.get(variable)
    if not named:
        return default
    url = urlsplit(named if "://" in named else f"http://{named}")
    if url.scheme != "https" and not (url.scheme == "http" and _is_here(url.hostname or "")):
        raise UsageError(f"{variable} has to be an address with https, or on this machine")
    return url.geturl().rstrip("/")


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
