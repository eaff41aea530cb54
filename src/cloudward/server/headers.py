"""What every answer says to browsers, and the end of a body that has none."""

from __future__ import annotations

from collections.abc import Collection

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloudward.server.bounds import LARGER
from cloudward.server.problems import problem

LARGEST = 2 << 20
"""Bytes of a body; routes that take files read them in pieces and have limits of their own."""
ALWAYS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    b"content-security-policy": (
        b"default-src 'none'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
}
"""The policy of answers that are no page: nothing in them is run or loaded, wherever they are opened. The
page of the portal has its own, with a nonce."""
PRIVATE = (b"cache-control", b"no-store")
SAFER = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


class Headers:
    """Stands outermost."""

    def __init__(
        self, app: ASGIApp, secure: bool, hosts: Collection[str] = (), largest: int = LARGEST
    ) -> None:
        self._app, self._hosts, self._largest = app, hosts, largest
        self._always = {**ALWAYS, **(dict([SAFER]) if secure else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        private = scope["path"].startswith("/api/")

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self._more(message["headers"], private)]
            await send(message)

        largest = LARGER.get(scope["path"], self._largest)
        body = _Body(receive, largest)
        refused = self._refused(scope, body, largest)
        if refused is not None:
            await refused(scope, receive, sent)
            return
        await self._app(scope, body, sent)

    def _refused(self, scope: Scope, body: _Body, largest: int) -> Response | None:
        request = Request(scope)
        if self._hosts and request.url.hostname not in self._hosts:
            return problem(request, 421, f"this is not {request.headers.get('host', '')[:100]!r}")
        if body.said(scope) > largest:
            return problem(request, 413, f"a body has at most {largest:,} bytes")
        return None

    def _more(self, given: Collection[tuple[bytes, bytes]], private: bool) -> list[tuple[bytes, bytes]]:
        names = {name.lower() for name, _ in given}
        more = [(name, value) for name, value in self._always.items() if name not in names]
        return [*more, PRIVATE] if private and PRIVATE[0] not in names else more


class _Body:
    """Ends a body that is larger than it may be, also one that did not say how large it is."""

    def __init__(self, receive: Receive, largest: int) -> None:
        self._receive, self._left = receive, largest

    def said(self, scope: Scope) -> int:
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        return int(length) if length.isdigit() else 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        return {"type": "http.disconnect"} if self._left < 0 else message
