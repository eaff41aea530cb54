"""Who somebody is and where he may do what, as things are now: for his calls, and for work in his name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from cloudward.server.auth.reach import Grant, Reach, Tree, tree
from cloudward.server.needs import Caller
from cloudward.store import Store, bindings, identities, tokens, users
from cloudward.store.tokens import Token
from cloudward.store.users import User


def acting(store: Store, user: str, token: str, now: datetime) -> Caller | None:
    """Who asked for work that is done now, by the token with which he did. None: he is switched off, or the
    token is over or revoked."""
    with store.database.read() as connection:
        found = users.one(connection, user)
        if found is None or not found.active:
            return None
        own = reach(connection, found, lambda: known(store))
        if not token:
            return Caller(found.id, found.name, own.scopes, own.everywhere)
        kept = tokens.one(connection, token)
    if kept is None or kept.user != user or kept.expires <= now:
        return None
    return through(kept, found, own, lambda: known(store))


def reach(connection: Connection, user: User, scopes: Callable[[], Tree]) -> Reach:
    """What his roles and those of his groups come to."""
    groups = [(each.issuer, name) for each in identities.of(connection, user.id) for name in each.groups]
    held = bindings.of(connection, user.id, groups)
    return Reach([Grant(each.role, each.scope) for each in held], scopes)


def through(token: Token, user: User, own: Reach, scopes: Callable[[], Tree]) -> Caller:
    """A user who acts by a token: what both he and the token may."""
    narrow = Reach([Grant(token.role, token.scope)], scopes)
    return Caller(
        id=user.id,
        name=user.name,
        scopes=lambda permission: narrow.scopes(permission) & own.scopes(permission),
        everywhere=lambda permission: narrow.everywhere(permission) and own.everywhere(permission),
        token=token.id,
    )


def known(store: Store) -> Tree:
    """The scopes, each with what holds it."""
    with store.database.read() as connection:
        return tree(connection)
