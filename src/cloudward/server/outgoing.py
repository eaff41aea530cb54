"""Calls to addresses that people gave: only to where they may go.

The name is looked up here, every address that it has is looked at, and the connection goes to the address
that was looked at: a name that changes in between changes nothing. Loopback, private, link-local and other
special ranges are refused unless they are listed.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Sequence
from typing import Any

import httpx2 as httpx

from cloudward.errors import OutgoingError, UsageError

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
    """Connects to an address that was looked at. TLS and `Host` still speak of the name."""

    def __init__(self, allowed: Allowed, verify: Any = True) -> None:
        self._allowed = allowed
        self._inner = httpx.HTTPTransport(verify=verify, trust_env=False, retries=0)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        if url.scheme not in ("http", "https"):
            raise OutgoingError(f"{url.scheme}: is not called, only http and https")
        port = url.port or (443 if url.scheme == "https" else 80)
        address = resolved(url.host, port, self._allowed)
        request.extensions = {**request.extensions, "sni_hostname": url.host}
        request.headers["Host"] = url.netloc.decode("ascii")
        request.url = url.copy_with(host=str(address))
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


def resolved(host: str, port: int, allowed: Allowed) -> Address:
    """An address of a name. All that it has must be allowed: which of them is taken is chance."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise OutgoingError(f"there is no address of {host!r}") from error
    addresses: Sequence[Address] = [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]
    if not allowed.name(host, port):
        for address in addresses:
            if not allowed.address(address):
                raise OutgoingError(
                    f"{host} is {address}, which is not called",
                    "list it when it is yours: cloudward serve --allow-address",
                )
    return addresses[0]


def client(allowed: Allowed, verify: Any = True, **options: Any) -> httpx.Client:
    """For calls to addresses that people gave. Redirects are not followed, answers take some seconds."""
    transport = Checked(allowed, verify)
    return httpx.Client(
        transport=transport, timeout=SECONDS, follow_redirects=False, trust_env=False, **options
    )


def fetch(client: httpx.Client, method: str, url: str, **options: Any) -> tuple[int, bytes]:
    """(status, body) of a call; a body that is too large, or none at all, is an `OutgoingError`."""
    try:
        with client.stream(method, url, **options) as answer:
            body = b""
            for part in answer.iter_bytes():
                body += part
                if len(body) > LARGEST:
                    raise OutgoingError(f"{url} answers with more than {LARGEST:,} bytes")
            return answer.status_code, body
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise OutgoingError(f"{url} gives no answer: {error or type(error).__name__}") from error


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, or itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    tunnel = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or tunnel or address
