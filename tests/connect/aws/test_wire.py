"""What a server may put on the wire, read by botocore: bytes in, coverage out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import Kind, Reply

Answer = tuple[int, str, bytes]
PAGE = b"<!DOCTYPE html>\n<html><body>Internal Server Error</body></html>"
XHTML = b"<html><body><p>Sign in to the hotel's network</p></body></html>"
JSON, XML, HTML = "application/x-amz-json-1.1", "text/xml", "text/html"
USERS = (
    b"<ListUsersResponse><ListUsersResult><IsTruncated>false</IsTruncated><Users/></ListUsersResult>"
    b"<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></ListUsersResponse>"
)


class Wire:
    """A server that gives one answer to everything, and a transport to it."""

    given: Answer = (200, XML, USERS)

    def __init__(self) -> None:
        wire = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, kind, body = wire.given
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.do_GET()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()

    def send(self, given: Answer, service: str, operation: str, **params: str) -> Reply:
        self.given = given
        return self.boto.send(service, "us-east-1", operation, params)

    @cached_property
    def boto(self) -> Boto:
        return Boto()


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    wire = Wire()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{wire.server.server_port}")
        yield wire
    wire.server.shutdown()
    wire.server.server_close()


OPERATIONS = [
    pytest.param("kms", "ListKeys", {}, id="json"),
    pytest.param("lambda", "ListFunctions", {}, id="rest-json"),
    pytest.param("iam", "ListUsers", {}, id="query"),
    pytest.param("ec2", "DescribeVpcs", {}, id="ec2"),
    pytest.param("s3", "GetBucketVersioning", {"Bucket": "logs"}, id="rest-xml"),
]


@pytest.mark.parametrize(("service", "operation", "params"), OPERATIONS)
@pytest.mark.parametrize(
    "given",
    [
        pytest.param((500, HTML, PAGE), id="HTML 500"),
        pytest.param((404, HTML, PAGE), id="HTML 404"),
        pytest.param((200, HTML, PAGE), id="HTML 200"),
        pytest.param((200, HTML, XHTML), id="well-formed HTML 200"),
        pytest.param((200, JSON, b'{"Keys": [{"KeyId": "1", "Key'), id="half a JSON document"),
        pytest.param((200, JSON, b'{"Keys": []}, {}'), id="more than a JSON document"),
        pytest.param((200, XML, b"<Response><Users><member><Arn>arn"), id="half an XML document"),
        pytest.param((200, JSON, b""), id="nothing"),
        pytest.param((200, JSON, b"\xff\xfe\x00"), id="bytes"),
        pytest.param((502, HTML, b""), id="empty 502"),
    ],
)
def test_what_is_no_aws_answer_is_never_taken_for_one(
    wire: Wire, service: str, operation: str, params: dict[str, str], given: Answer
) -> None:
    reply = wire.send(given, service, operation, **params)
    assert reply.kind in (Kind.UNREADABLE, Kind.REFUSED)
    assert reply.data is None
    if given[0] >= 400:
        assert reply.status == given[0]


def test_message_about_garbage_does_not_quote_it(wire: Wire) -> None:
    reply = wire.send((200, XML, b"<User><Secret>hunter2"), "iam", "ListUsers")
    assert "hunter2" not in reply.message


def test_real_answer_is_read(wire: Wire) -> None:
    reply = wire.send((200, XML, USERS), "iam", "ListUsers")
    assert reply.kind is Kind.ANSWER
    assert reply.data is not None
    assert reply.data["Users"] == []


def test_error_code_of_json_services_is_read(wire: Wire) -> None:
    body = b'{"__type": "com.amazonaws.kms#NotFoundException", "message": "no such key"}'
    reply = wire.send((400, JSON, body), "kms", "DescribeKey", KeyId="x")
    assert (reply.kind, reply.code, reply.status) == (Kind.REFUSED, "NotFoundException", 400)


def test_times_come_as_text_in_one_form(wire: Wire) -> None:
    body = b'{"KeyMetadata": {"KeyId": "x", "CreationDate": 1767225600.5}}'
    reply = wire.send((200, JSON, body), "kms", "DescribeKey", KeyId="x")
    assert reply.data is not None
    assert reply.data["KeyMetadata"]["CreationDate"] == "2026-01-01T00:00:00Z"


def test_nobody_listening_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert Boto().send("kms", "us-east-1", "ListKeys", {}).kind is Kind.UNREACHABLE


def test_account_prefix_is_not_put_before_an_endpoint_of_ones_own(wire: Wire) -> None:
    tag = b"PublicAccessBlockConfiguration"
    body = b"<" + tag + b"><BlockPublicAcls>true</BlockPublicAcls></" + tag + b">"
    reply = wire.send((200, XML, body), "s3control", "GetPublicAccessBlock", AccountId="123456789012")
    assert reply.kind is Kind.ANSWER
