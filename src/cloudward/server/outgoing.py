"""Calls to addresses that people gave: only to where they may go.

The name is looked up here, every address that it has is looked at, and the connection goes to the address
that was looked at: a name that changes in between changes nothing. Loopback, private, link-local and other
special ranges are refused unless they are listed.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Iterable, Sequence
from typing import Any

import httpx2 as httpx

from cloudward.errors import OutgoingError, UsageError
from cloudward.runtime import trust

SECONDS = 10
LARGEST = 1 << 20
"""Bytes of an answer that is read."""
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Allowed:
    """What is listed: networks, addresses, and names with their port or without."""

    def __init__(self, listed: Iterable[str] = ()) -> None:
        self._networks: list[Network] = []
        self._names: set[str] = set()
        for each in listed:
            try:
                self._networks.append(ipaddress.ip_network(each))
            except ValueError as error:
                if "/" in each or not each:
                    raise UsageError(f"{each!r} is no network, address or name") from error
                self._names.add(each.casefold())

    def name(self, host: str, port: int) -> bool:
        """Whether a name may stand for any address."""
        return host.casefold() in self._names or f"{host.casefold()}:{port}" in self._names

    def address(self, address: Address) -> bool:
        """Whether this address may be called."""
        inner = _inner(address)
        listed = any(each in network for network in self._networks for each in (address, inner))
        return listed or (inner.is_global and not inner.is_multicast)


class Checked(httpx.BaseTransport):
    """Connects to an address that was looked at. TLS and `Host` still speak of the name.

    Where a proxy stands before the address, the proxy is told the name and connects; what can be looked up
    here is looked at all the same.
    """

    def __init__(self, allowed: Allowed, verify: Any = None) -> None:
        self._allowed, self._verify = allowed, verify or trust.context()
        self._ways: dict[str | None, httpx.HTTPTransport] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        if url.scheme not in ("http", "https"):
            raise OutgoingError(f"{url.scheme}: is not called, only http and https")
        port = url.port or (443 if url.scheme == "https" else 80)
        if through := trust.proxy(url.scheme, url.host, port):
            _looked_at(url.host, port, _found(url.host, port), self._allowed)
            return self._by(through).handle_request(request)
        address = resolved(url.host, port, self._allowed)
        request.extensions = {**request.extensions, "sni_hostname": url.host}
        request.headers["Host"] = url.netloc.decode("ascii")
        request.url = url.copy_with(host=str(address))
        return self._by(None).handle_request(request)

    def _by(self, proxy: str | None) -> httpx.HTTPTransport:
        if proxy not in self._ways:
            self._ways[proxy] = httpx.HTTPTransport(self._verify, trust_env=False, proxy=proxy)
        return self._ways[proxy]

    def close(self) -> None:
        for way in self._ways.values():
            way.close()


def resolved(host: str, port: int, allowed: Allowed) -> Address:
    """An address of a name. All that it has must be allowed: which of them is taken is chance."""
    addresses = _found(host, port)
    if not addresses:
        raise OutgoingError(f"there is no address of {host!r}")
    _looked_at(host, port, addresses, allowed)
    return addresses[0]


def _found(host: str, port: int) -> Sequence[Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]


def _looked_at(host: str, port: int, addresses: Sequence[Address], allowed: Allowed) -> None:
    if not allowed.name(host, port):
        for address in addresses:
            if not allowed.address(address):
                raise OutgoingError(
                    f"{host} is {address}, which is not called",
                    "list it when it is yours: cloudward serve --allow-address",
                )


def client(allowed: Allowed, verify: Any = None, **options: Any) -> httpx.Client:
    """For calls to addresses that people gave. Redirects are not followed, answers take some seconds."""
    transport = Checked(allowed, verify)
    return httpx.Client(
        transport=transport, timeout=SECONDS, follow_redirects=False, trust_env=False, **options
    )


def fetch(
    client: httpx.Client, method: str, url: str, *, largest: int = LARGEST, **options: Any
) -> tuple[int, bytes]:
    """(status, body) of a call; a body that is too large, or none at all, is an `OutgoingError`."""
    try:
        with client.stream(method, url, **options) as answer:
            body = b""
            for part in answer.iter_bytes():
                body += part
                if len(body) > largest:
                    raise OutgoingError(f"{url} answers with more than {largest:,} bytes")
            return answer.status_code, body
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise OutgoingError(f"{url} gives no answer: {_told(error)}") from error


def _told(error: Exception) -> str:
    """What went wrong, from the error beneath where that is about a certificate."""
    beneath: BaseException | None = error
    while beneath is not None and not isinstance(beneath, ssl.SSLCertVerificationError):
        beneath = beneath.__cause__ or beneath.__context__
    return trust.told(beneath if isinstance(beneath, ssl.SSLCertVerificationError) else error)


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, or itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    tunnel = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or tunnel or address
