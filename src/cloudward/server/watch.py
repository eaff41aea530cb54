"""What the operator sees of calls: an id, a line of JSON and numbers of each; and what becomes of a fault.

The route is named as it is declared, never as it was called: an address may hold what nobody should log.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from traceback import TracebackException
from typing import Any

import msgspec
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloudward.server.problems import problem

log = logging.getLogger("cloudward.server")
GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}")
"""An id that a proxy may give to a call."""
HEADER = b"x-request-id"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.6, 1, 2.5, 10, 60)


class Numbers:
    """What Prometheus asks for."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.calls = Counter(
            "cloudward_http_requests", "Calls.", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "cloudward_http_request_seconds",
            "How long calls took.",
            ["method", "route"],
            registry=self.registry,
            buckets=SECONDS,
        )
        self.running = Gauge(
            "cloudward_http_requests_running", "Calls that are on their way.", registry=self.registry
        )


class Watch:
    """Gives each call its id, and tells of its end."""

    def __init__(self, app: ASGIApp, numbers: Numbers) -> None:
        self._app, self._numbers = app, numbers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        call = _Call(scope)
        started = time.perf_counter()
        with self._numbers.running.track_inprogress():
            try:
                await self._app(scope, receive, call.sending(send))
            finally:
                self._tell(scope, call, time.perf_counter() - started)

    def _tell(self, scope: Scope, call: _Call, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "-")
        method = scope["method"] if scope["method"] in METHODS else "OTHER"
        self._numbers.calls.labels(method, route, call.status).inc()
        self._numbers.seconds.labels(method, route).observe(seconds)
        fields = {
            "request": call.id,
            "method": method,
            "route": route,
            "status": call.status,
            "ms": round(seconds * 1000, 1),
            "bytes": call.bytes,
            "client": (scope.get("client") or ("",))[0],
            "caller": getattr(scope["state"].get("caller"), "id", ""),
        }
        log.info("request", extra={"fields": fields})


METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class _Call:
    """What is known of one call."""

    def __init__(self, scope: Scope) -> None:
        given = dict(scope["headers"]).get(HEADER, b"").decode("latin-1")
        self.id = given if GIVEN.fullmatch(given) else secrets.token_hex(8)
        scope.setdefault("state", {})["id"] = self.id
        self.status, self.bytes = 0, 0

    def sending(self, send: Send) -> Send:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.status = message["status"]
                message["headers"] = [*message["headers"], (HEADER, self.id.encode())]
            elif message["type"] == "http.response.body":
                self.bytes += len(message.get("body", b""))
            await send(message)

        return sent


class Faults:
    """Stands next to the routes: a fault of ours is logged where it happened and told as a problem."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except Exception:
            id = scope.get("state", {}).get("id", "")
            log.exception("fault", extra={"fields": {"request": id}})
            if begun or scope["type"] != "http":
                raise
            text = "a fault in cloudward itself; its log says where, under this request's id"
            await problem(Request(scope), 500, text)(scope, receive, send)


class Lines(logging.Formatter):
    """A record as one line of JSON. Line breaks of what others wrote cannot begin another one."""

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            fields["trace"] = self.formatException(record.exc_info)
        return msgspec.json.encode(fields).decode()

    def formatException(self, ei: Any) -> str:  # noqa: N802 it is called so in `logging`
        """Without marks below what failed in a line: for them a thread would parse Python, at which CPython
        3.11.7 fails, there or here, while another one does so (python/cpython#106905)."""
        told = TracebackException(*ei)
        for each in _chain(told):
            for frame in each.stack:
                frame.colno = None
        return "".join(told.format()).rstrip("\n")


def _chain(told: TracebackException) -> Iterator[TracebackException]:
    """An error, and those from which it came."""
    yield told
    for each in (told.__cause__, told.__context__, *(told.exceptions or ())):
        if each is not None:
            yield from _chain(each)
