"""The API as a program meets it, in process: a call in, what comes back out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI, Request

from cloudward.pack import Pack
from cloudward.server.app import State, build
from cloudward.server.auth.guard import Guard
from cloudward.server.needs import Caller, Permission
from cloudward.store import Store


@dataclass(frozen=True)
class Client:
    """Calls an app without a network."""

    app: FastAPI

    def __call__(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def call() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                return await client.request(method, path, **options)

        return asyncio.run(call())

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a call that has to succeed."""
        answer = self("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()


def everywhere(store: Store) -> Caller:
    """May do everything everywhere."""
    return Caller("1", "ann", lambda _: frozenset(each.id for each in store.scopes()), lambda _: True)


def only(scopes: Iterable[str], permissions: Iterable[Permission] = tuple(Permission)) -> Caller:
    """May do this in these scopes alone."""
    seen, may = frozenset(scopes), frozenset(permissions)
    return Caller("2", "bob", lambda each: seen if each in may else frozenset(), lambda _: False)


def serving(store: Store, pack: Pack, caller: Caller | None = None) -> Client:
    """The API over a store, for one caller."""

    async def authenticate(_request: Request) -> Caller:
        return caller or everywhere(store)

    app = build(State(store, pack, authenticate))
    app.state.guard = Guard(store)
    return Client(app)
