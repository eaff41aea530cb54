"""No call makes the server hold more than it should: bodies are read up to a bound, whatever they claim."""

from __future__ import annotations

from contextlib import suppress

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloudward.server.problems import problem

LARGER = {"/api/v1/intake": 64 << 20, "/api/v1/indicators/files": 16 << 20}
"""Bytes of a body on paths that take more than others."""


class Bound:
    """Refuses a longer body with 413, at the latest when so much of it has come."""

    def __init__(self, app: ASGIApp, bytes: int) -> None:
        self._app, self._bytes = app, bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = LARGER.get(scope["path"], self._bytes)
        body = _Body(receive, most)
        claimed = dict(scope["headers"]).get(b"content-length", b"0")
        if claimed.isdigit() and int(claimed) > most:
            await self._refuse(scope, receive, send, most)
            return
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            if not body.over:
                begun = True
                await send(message)

        with suppress(_TooLongError):
            await self._app(scope, body.receive, sent)
        if body.over and not begun:
            await self._refuse(scope, receive, send, most)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, most: int) -> None:
        answer = problem(Request(scope), 413, f"a body has at most {most:,} bytes")
        await answer(scope, receive, send)


class _TooLongError(Exception):
    """More has come than there may be."""


class _Body:
    """What has come of a body."""

    def __init__(self, receive: Receive, bytes: int) -> None:
        self._receive, self._left, self.over = receive, bytes, False

    async def receive(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            self.over = True
            raise _TooLongError
        return message
