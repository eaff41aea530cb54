"""A kubeconfig that somebody uploads: the address, the CA and a token or key are read, and nothing else.

A kubeconfig can name programs to run, files to read and proxies to go by. What is not listed here is refused,
whatever it is: a list of what is dangerous would be behind the next version of the format.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import yaml

from cloudward.errors import InputError

LARGEST = 64 << 10
CLUSTER = frozenset({"server", "certificate-authority-data"})
USER = frozenset({"token", "client-certificate-data", "client-key-data"})


@dataclass(frozen=True, slots=True)
class Cluster:
    """How a cluster is reached, and with what. Certificates and keys are PEM."""

    server: str
    ca: str
    token: str = field(default="", repr=False)
    certificate: str = ""
    key: str = field(default="", repr=False)


def read(text: str) -> Cluster:
    """The cluster of the current context; anything that is not one is an `InputError`."""
    if len(text) > LARGEST:
        raise InputError(f"a kubeconfig has at most {LARGEST:,} characters")
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError("this is no YAML") from error
    context = _named(document, "contexts", "context", _text(document, "current-context"))
    cluster = _named(document, "clusters", "cluster", _text(context, "cluster"))
    user = _named(document, "users", "user", _text(context, "user"))
    _only("cluster", cluster, CLUSTER)
    _only("user", user, USER)
    found = Cluster(
        _server(_text(cluster, "server")),
        _pem(cluster, "certificate-authority-data"),
        _text(user, "token") if "token" in user else "",
        _pem(user, "client-certificate-data"),
        _pem(user, "client-key-data"),
    )
    if bool(found.certificate) != bool(found.key) or bool(found.token) == bool(found.key):
        raise InputError("a user has a `token`, or `client-certificate-data` and `client-key-data`")
    return found


def _named(document: Any, several: str, one: str, name: str) -> Mapping[str, Any]:
    listed = document.get(several) if isinstance(document, dict) else None
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict) and each.get("name") == name and isinstance(each.get(one), dict):
            found: Mapping[str, Any] = each[one]
            return found
    raise InputError(f"no {one} {name[:100]!r} among `{several}`")


def _only(what: str, given: Mapping[str, Any], allowed: Collection[str]) -> None:
    for name in given:
        if name not in allowed:
            raise InputError(
                f"`{str(name)[:100]}` of the {what} is not read here",
                f"only {', '.join(sorted(allowed))}: embed the data, and make a token for a service account",
            )


def _text(document: Any, name: str) -> str:
    found = document.get(name) if isinstance(document, dict) else None
    if not isinstance(found, str) or not found or any(each < " " for each in found):
        raise InputError(f"`{name}` is missing, or is no text")
    return found


def _server(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise InputError("`server` is an https:// address without a name, a query or a fragment in it")
    return url


def _pem(given: Mapping[str, Any], name: str) -> str:
    if name not in given:
        return ""
    try:
        text = base64.b64decode(_text(given, name), validate=True).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise InputError(f"`{name}` is no base64") from error
    if not text.lstrip().startswith("-----BEGIN "):
        raise InputError(f"`{name}` is no PEM")
    return text
