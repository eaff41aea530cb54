"""Calls go only where they may, and to the address that was looked at."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cloudward.errors import OutgoingError, UsageError
from cloudward.server.outgoing import LARGEST, Allowed, client, fetch, resolved


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        seen.append(self.headers["Host"])
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/latest/meta-data")
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"x" * (LARGEST + 1) if self.path == "/large" else b"hello")

    def log_message(self, *_arguments: Any) -> None:
        pass


seen: list[str] = []


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


SPECIAL = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
]


@pytest.mark.parametrize("address", SPECIAL)
def test_special_ranges_are_not_called(address: str) -> None:
    assert not Allowed().address(ipaddress.ip_address(address))
    with pytest.raises(OutgoingError, match="is not called"):
        resolved(address, 80, Allowed())


@pytest.mark.parametrize("spelled", ["localhost", "2130706433", "0x7f.1", "127.1", "0177.0.0.1"])
def test_however_loopback_is_spelled(spelled: str) -> None:
    with pytest.raises(OutgoingError):
        resolved(spelled, 80, Allowed())


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_the_internet_is_called(address: str) -> None:
    assert Allowed().address(ipaddress.ip_address(address))


def test_what_is_listed_is_called(port: int) -> None:
    assert Allowed(["10.0.0.0/8"]).address(ipaddress.ip_address("10.1.2.3"))
    assert not Allowed(["10.0.0.0/8"]).address(ipaddress.ip_address("127.0.0.1"))
    for listed in ("127.0.0.1", "LOCALHOST", f"localhost:{port}"):
        assert str(resolved("localhost", port, Allowed(["::1", listed]))) in ("127.0.0.1", "::1")
    with pytest.raises(OutgoingError):
        resolved("localhost", port + 1, Allowed([f"localhost:{port}"]))
    with pytest.raises(UsageError):
        Allowed(["10.0.0.0/99"])


def test_the_connection_goes_to_the_address_that_was_looked_at(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    real = socket.getaddrinfo

    def changing(host: str, *rest: Any, **named: Any) -> Any:
        if host != "rebinding.example":
            return real(host, *rest, **named)
        asked.append(host)
        return real("127.0.0.1" if len(asked) == 1 else "169.254.169.254", *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", changing)
    with client(Allowed(["127.0.0.1"])) as calls:
        assert fetch(calls, "GET", f"http://rebinding.example:{port}/") == (200, b"hello")
    assert len(asked) == 1
    assert seen[-1] == f"rebinding.example:{port}"


def test_a_certificate_is_that_of_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda _host, *rest, **named: real("127.0.0.1", *rest, **named)
    )
    certificate = self_signed(tmp_path, "name.example")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    trust = ssl.create_default_context(cafile=certificate)
    port = server.server_address[1]
    with client(Allowed(["127.0.0.1"]), trust) as calls:
        assert fetch(calls, "GET", f"https://name.example:{port}/")[0] == 200
        with pytest.raises(OutgoingError, match="not valid for"):
            fetch(calls, "GET", f"https://other.example:{port}/")
    server.shutdown()
    server.server_close()


def self_signed(folder: Path, name: str) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "server.pem"
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return str(file)


def test_a_redirect_is_not_followed(port: int) -> None:
    with client(Allowed(["127.0.0.1"])) as calls:
        assert fetch(calls, "GET", f"http://127.0.0.1:{port}/away")[0] == 302


def test_an_answer_without_end_is_cut_off(port: int) -> None:
    with client(Allowed(["127.0.0.1"])) as calls, pytest.raises(OutgoingError, match="more than"):
        fetch(calls, "GET", f"http://127.0.0.1:{port}/large")


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "gopher://127.0.0.1/", "http://", "http://no.invalid/"]
)
def test_other_addresses_are_none(url: str) -> None:
    with client(Allowed()) as calls, pytest.raises(OutgoingError):
        fetch(calls, "GET", url)


def test_proxies_of_the_environment_are_not_asked(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with client(Allowed(["127.0.0.1"])) as calls:
        assert fetch(calls, "GET", f"http://127.0.0.1:{port}/")[0] == 200
