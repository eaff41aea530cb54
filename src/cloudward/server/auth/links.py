"""One-time links: the first sign-in of all, invitations, and the way back in for who has lost everything."""

from __future__ import annotations

from cloudward.errors import UsageError, near
from cloudward.server.auth import tickets
from cloudward.server.auth.roles import Role
from cloudward.store import Store, bindings, credentials, identities, revisions, users
from cloudward.store.users import User

CONSOLE, INVITATION = "link", "invitation"
MINUTES = 15
DAYS = 3
BY = "cloudward"


def first_link(store: Store) -> str | None:
    """The path of a one-time link for the administrator of a new store, who is made when nobody is there.

    None once any user can sign in without one. It is good for 15 minutes, once, and from this machine only
    unless the server was told otherwise.
    """
    with store.database.write() as connection:
        everybody = users.every(connection)
        if not everybody:
            admin = users.new("admin", BY)
            users.keep(connection, admin, BY)
            bindings.keep(connection, bindings.new(admin.id, Role.OWNER, "", BY), BY)
            everybody = [admin]
        owners = {
            each.holder for each in bindings.every(connection) if each.role == Role.OWNER and not each.scope
        }
        for user in everybody:
            if credentials.of(connection, user.id) or identities.of(connection, user.id):
                return None
        admin = next(each for each in everybody if each.id in owners)
    return sign_in_link(store, admin.name, BY)


def sign_in_link(store: Store, name: str, by: str) -> str:
    """The path of a one-time link for a user, made on the machine of the server."""
    with store.database.write() as connection:
        user = users.named(connection, name)
        if user is None:
            known = [each.name for each in users.every(connection)]
            raise UsageError(f"there is no user {name!r}{near(name, known)}")
        if not user.active:
            raise UsageError(f"{user.name} is switched off")
        revisions.note(connection, by, "link", user.id, None, {"user": user.name, "minutes": MINUTES})
    return _path(tickets.link(store, CONSOLE, user.id, MINUTES * 60))


def invitation(store: Store, user: User) -> str:
    """The path of a link with which a user comes in for the first time, or after he lost everything."""
    return _path(tickets.link(store, INVITATION, user.id, DAYS * 24 * 3600))


def _path(ticket: str) -> str:
    """After `#`: browsers do not send it, so no log of a proxy has it."""
    return f"/sign-in#{ticket}"
