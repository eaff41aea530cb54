"""Calls go only where they may, and to the address that was looked at."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import Kind
from cloudward.errors import OutgoingError, UsageError
from cloudward.server.outgoing import LARGEST, Allowed, client, fetch, resolved
from tests.authority import Authority
from tests.respond.listeners import nobody, proxy, web


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
    authority = Authority(tmp_path)
    trust = ssl.create_default_context(cafile=authority.file)
    with web(authority.server("name.example")) as heard, client(Allowed(["127.0.0.1"]), trust) as calls:
        assert fetch(calls, "POST", f"https://name.example:{heard.port}/", content=b"")[0] == 200
        with pytest.raises(OutgoingError, match="not valid for"):
            fetch(calls, "POST", f"https://other.example:{heard.port}/", content=b"")


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


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """A private one that the environment names, where nothing else says whom to believe."""
    for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    return made


def test_a_proxy_is_told_the_name_which_nobody_here_has_to_know(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with web(authority.server("hooks.nosuch.invalid")) as heard, proxy(heard.port) as through:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{through.port}")
        with client(Allowed()) as calls:
            status, _ = fetch(calls, "POST", "https://hooks.nosuch.invalid/x", content=b"news")
            with pytest.raises(OutgoingError, match="certificate is not believed"):
                fetch(calls, "POST", "https://other.nosuch.invalid/x", content=b"news")
    assert status == 200
    assert [body for _, _, body in heard.calls] == [b"news"]
    assert through.records[0] == b"hooks.nosuch.invalid:443"


@pytest.mark.parametrize("host", ["169.254.169.254", "localhost", "2130706433", "[::1]"])
def test_a_proxy_does_not_lead_to_what_is_not_called(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy(1) as through:
        for name in ("HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{through.port}")
        for scheme in ("http", "https"):
            with client(Allowed()) as calls, pytest.raises(OutgoingError, match="is not called"):
                fetch(calls, "GET", f"{scheme}://{host}/latest/meta-data")
    assert through.records == []


def test_no_proxy_is_no_proxy(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{nobody()}")
    monkeypatch.setenv("NO_PROXY", f"other.example, 127.0.0.1:{port}")
    with client(Allowed(["127.0.0.1"])) as calls:
        assert fetch(calls, "GET", f"http://127.0.0.1:{port}/")[0] == 200


WHO = (
    b'<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
    b"<Arn>arn:aws:iam::111122223333:user/ann</Arn><UserId>AIDA</UserId><Account>111122223333</Account>"
    b"</GetCallerIdentityResult></GetCallerIdentityResponse>"
)


def test_aws_is_called_by_the_same_proxy_and_believed_by_the_same_authority(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for name, value in (("AWS_ACCESS_KEY_ID", "testing"), ("AWS_SECRET_ACCESS_KEY", "testing")):
        monkeypatch.setenv(name, value)
    with web(authority.server("sts.eu-west-1.amazonaws.com")) as heard, proxy(heard.port) as through:
        heard.answers[:] = [(200, WHO)]
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{through.port}")
        found = Boto().send("sts", "eu-west-1", "GetCallerIdentity", {})
        assert (found.kind, found.data and found.data["Account"]) == (Kind.ANSWER, "111122223333")
        other = Authority(tmp_path_factory.mktemp("other"))
        monkeypatch.setenv("SSL_CERT_FILE", str(other.file))
        found = Boto().send("sts", "eu-west-1", "GetCallerIdentity", {})
        assert (found.kind, found.message) == (Kind.UNREACHABLE, "SSLError")
    assert set(through.records) == {b"sts.eu-west-1.amazonaws.com:443"}


def test_a_file_of_authorities_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such/file.pem")
    with pytest.raises(UsageError, match="SSL_CERT_FILE names /no/such/file"):
        client(Allowed())
