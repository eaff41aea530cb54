"""One shape for every error: RFC 9457, with the id of the request."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from cloudward.errors import BusyError, CallerError, CloudwardError, StoreError, WhoError

MEDIA = "application/problem+json"


def install(app: FastAPI) -> None:
    """Answer every error of an app in this shape."""
    app.add_exception_handler(CloudwardError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _plain)


def problem(
    request: Request,
    status: int,
    detail: str,
    errors: list[dict[str, str]] | None = None,
    hint: str = "",
    kind: str = "about:blank",
    headers: dict[str, str] | None = None,
) -> Response:
    """The answer to a call that failed."""
    body: dict[str, Any] = {
        "type": kind,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "request": getattr(request.state, "id", ""),
    }
    if hint:
        body["hint"] = hint
    if errors:
        body["errors"] = errors
    return Response(msgspec.json.encode(body), status, headers, media_type=MEDIA)


async def _ours(request: Request, error: Exception) -> Response:
    status = error.status if isinstance(error, CallerError) else 503 if isinstance(error, StoreError) else 422
    headers = {}
    if isinstance(error, WhoError):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, BusyError):
        headers["Retry-After"] = str(error.seconds)
    kind, hint = getattr(error, "kind", "about:blank"), getattr(error, "hint", "")
    return problem(request, status, str(error), hint=hint, kind=kind, headers=headers)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [
        {"field": ".".join(str(part) for part in each["loc"]), "message": each["msg"]}
        for each in error.errors()
    ]
    return problem(request, 422, "the call is not what it should be", errors)


async def _plain(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(request, error.status_code, str(error.detail))
