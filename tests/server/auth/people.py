"""A server with people: users with roles, their tokens and sign-ins, as the product makes them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient

from cloudward.model import Provider, Scope
from cloudward.pack import load
from cloudward.server.app import State, build
from cloudward.server.auth.guard import Guard, Options, digest
from cloudward.server.auth.links import first_link
from cloudward.server.auth.setup import install
from cloudward.store import Store, bindings, tokens, users
from cloudward.store.tokens import Token

pack = cache(load)
AWS = Provider.AWS
TREE = (
    Scope("org", AWS, "organization"),
    Scope("ou", AWS, "organizational unit", parent="org"),
    Scope("inside", AWS, "account", "Inside", parent="ou"),
    Scope("outside", AWS, "account", "Outside", parent="org"),
)
"""org holds ou and outside, ou holds inside."""


@dataclass(frozen=True)
class World:
    """A store, its guard and an app over it."""

    store: Store
    guard: Guard
    app: FastAPI

    def user(self, name: str, role: str | None = None, scope: str = "") -> str:
        """A new user, with a role; his id."""
        with self.store.database.write() as connection:
            user = users.new(name, "test")
            users.keep(connection, user, "test")
            if role is not None:
                bindings.keep(connection, bindings.new(user.id, role, scope, "test"), "test")
        return user.id

    def token(self, user: str, role: str = "owner", scope: str = "", seconds: float = 3600) -> str:
        """A new token of a user."""
        token, text, kept = minted(user, role, scope, seconds)
        with self.store.database.write() as connection:
            tokens.keep(connection, token, kept, "test")
        return text

    def client(self, token: str = "", address: str = "127.0.0.1") -> TestClient:
        """Somebody who calls, with a token or as nobody."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return TestClient(
            self.app,
            "http://localhost",
            headers=headers,
            client=(address, 5000),
            raise_server_exceptions=False,
        )

    def signed_in(self) -> Browser:
        """The administrator of a new store, by the link of the terminal."""
        link = first_link(self.store)
        assert link is not None
        browser = Browser(self.client())
        browser.follow(link)
        return browser


def minted(user: str, role: str = "owner", scope: str = "", seconds: float = 3600) -> tuple[Token, str, str]:
    """A token, its text and the digest of it."""
    now = datetime.now(UTC)
    id = f"cw_{secrets.token_hex(6)}"
    text = f"{id}_{secrets.token_urlsafe(32)}"
    return Token(id, user, "t", role, scope, now, now + timedelta(seconds=seconds)), text, digest(text)


class Browser:
    """Keeps the cookie, and sends with each call what a page of our own would."""

    def __init__(self, client: TestClient) -> None:
        self.client, self.csrf = client, ""

    def follow(self, link: str) -> None:
        answer = self.call("POST", "/api/v1/session/link", {"ticket": link.partition("#")[2]})
        assert answer.status_code == 204, answer.text
        self.learn()

    def learn(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get("/api/v1/session").json()
        self.csrf = found.get("csrf", "")
        return found

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        own = {"origin": "http://localhost", "sec-fetch-site": "same-origin", "x-csrf-token": self.csrf}
        sent = {} if body is None else {"json": body}
        return self.client.request(method, path, headers=own | headers, **sent)


def world(store: Store, scopes: Iterable[Scope] = TREE, options: Options | None = None) -> World:
    """An app over a store that knows some scopes."""
    store.know(scopes)
    guard = Guard(store, options)
    app = build(State(store, pack(), guard.authenticate))
    install(app, guard)
    return World(store, guard, app)


__all__ = ["TREE", "Browser", "World", "minted", "pack", "world"]
