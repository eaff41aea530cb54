"""The description of the API, for programs and for the portal: OpenAPI 3.1.

`python -m cloudward.server.openapi [FILE]` writes it without a store.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts

from cloudward.server.needs import Needs

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "Why a call failed: RFC 9457, with the id of the request.",
    "required": ["type", "title", "status", "detail", "request"],
    "properties": {
        "type": {"type": "string", "description": "What kind of problem; `about:blank` for that of `title`."},
        "title": {"type": "string", "description": "The words of the status."},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong, and where."},
        "request": {"type": "string", "description": "The id of the call, as the log has it."},
        "hint": {"type": "string", "description": "What to do."},
        "errors": {
            "type": "array",
            "description": "What is wrong with single values.",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
    "examples": [
        {
            "type": "about:blank",
            "title": "Not Found",
            "status": 404,
            "detail": "there is no policy 'aws-s3-bucket-publik'; did you mean 'aws-s3-bucket-public'?",
            "request": "5f3a9c0d1e2b4a68",
        }
    ],
}


def document(app: FastAPI) -> dict[str, Any]:
    """The description, made once."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, routes=app.routes, summary=SUMMARY)
        schemas = made.setdefault("components", {}).setdefault("schemas", {})
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        _whole(made, schemas)
        schemas["Problem"] = PROBLEM
        made["components"]["securitySchemes"] = SCHEMES
        _operations(made, app)
        _plain(made)
        app.openapi_schema = made
    return app.openapi_schema


SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "description": "A token of cloudward: cw_..."},
    "session": {"type": "apiKey", "in": "cookie", "name": "cloudward", "description": "A sign-in."},
}
SUMMARY = "Posture of clouds and clusters: what is wrong, why, and what could not be seen."


def _operations(made: dict[str, Any], app: FastAPI) -> None:
    """Say of each operation how it fails and what it needs."""
    needs = {(route.path, method): _need(route) for route in _routes(app) for method in route.methods or ()}
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            need = needs.get((path, method.upper()))
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = {
                "description": "The call failed.",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
            if need is not None:
                operation["security"] = [{"token": []}, {"session": []}]
                operation["x-permission"] = need.permission.value
                where = "in one scope or more" if need.anywhere else "for all scopes"
                text = f"Needs the permission `{need.permission.value}` {where}."
                operation["description"] = f"{operation.get('description', '')}\n\n{text}".strip()


def _routes(app: FastAPI) -> Iterator[APIRoute]:
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            yield route


def _need(route: APIRoute) -> Needs | None:
    calls = (each.call for each in route.dependant.dependencies)
    return next((call for call in calls if isinstance(call, Needs)), None)


def _whole(made: dict[str, Any], schemas: dict[str, Any]) -> None:
    """In answers every key is there, also one that has a default."""
    given: set[str] = set()
    for operations in made["paths"].values():
        for operation in operations.values():
            given |= _named(operation.get("requestBody", {}), schemas)
            given |= _named(operation.get("parameters", []), schemas)
    for name, schema in schemas.items():
        if name not in given and "properties" in schema:
            schema["required"] = [*schema["properties"]]


def _named(part: Any, schemas: dict[str, Any]) -> set[str]:
    """The schemas that a part names, and those that these name."""
    found: set[str] = set()
    waiting = [part]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting += each
        elif isinstance(each, dict):
            name = str(each.get("$ref", "")).rpartition("/")[2]
            if name in schemas and name not in found:
                found.add(name)
                waiting.append(schemas[name])
            waiting += each.values()
    return found


def _plain(part: Any, named: bool = False) -> None:
    """Without titles that say a name once more. With `named` the keys are names of ours."""
    if isinstance(part, list):
        for each in part:
            _plain(each)
    elif isinstance(part, dict):
        if not named and isinstance(part.get("title"), str) and "version" not in part:
            del part["title"]
        for key, each in part.items():
            if key not in ("examples", "example", "default"):
                _plain(each, named=key in ("properties", "schemas"))


def main() -> None:
    from cloudward.pack import load
    from cloudward.server.app import build
    from cloudward.server.state import State

    nothing: Any = None
    text = json.dumps(document(build(State(nothing, load(), nothing))), indent=1) + "\n"
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(text)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
