"""How events arrive: `cloudward events health`, `events canary`, `events token`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cloudward.cli.exits import Exit
from cloudward.cli.options import By, Format, Output, StorePath
from cloudward.cli.output import Column, Listing, moment, note, write
from cloudward.cli.stored import kept
from cloudward.errors import UsageError

if TYPE_CHECKING:
    from cloudward.store import Store

HEALTH = Listing(
    "source",
    {
        "source": "the log",
        "way": "the id of the token that brings it, or files",
        "events": "events that were evaluated",
        "unparsed": "records that could not be read",
        "rejected": "events that their token is not for",
        "last": "when the last event happened, by its own words",
        "received": "when something came last",
        "lag": "seconds from there until it was evaluated",
        "silent": "nothing came for longer than --silent-after",
    },
    (
        Column("source"),
        Column("way"),
        Column("events", right=True),
        Column("unparsed", right=True),
        Column("rejected", right=True),
        Column("received", "Last came", form=moment),
        Column("silent", form=lambda value: "silent" if value else ""),
    ),
    empty="No events came yet.",
)
VARIABLE = "CLOUDWARD_TOKEN"


def health(
    store: StorePath,
    silent_after: Annotated[
        float, typer.Option("--silent-after", metavar="HOURS", min=0.02, help="When a log counts as silent.")
    ] = 24,
    output: Output = Format.TABLE,
) -> int:
    """Show how events arrive: what came last, what could not be read, what has gone silent.

    It ends with 3 when a log is silent.
    """
    from cloudward.store import batches
    from cloudward.store.spool import Spool

    with kept(store) as opened:
        waits = Spool(opened.folder, opened.files).backlog(0)
        with opened.database.read() as connection:
            found = batches.health(connection, datetime.now(UTC), timedelta(hours=silent_after))
    write(HEALTH, [_record(each) for each in found], output)
    if waits.batches:
        age = datetime.now(UTC).timestamp() - waits.oldest / 1e9
        note(f"{waits.batches:,} batches wait to be evaluated, the oldest for {age:.0f} seconds.")
    return Exit.INCOMPLETE if any(each.silent for each in found) else Exit.OK


def _record(each: Any) -> dict[str, Any]:
    return {name: getattr(each, name) for name in HEALTH.keys}


def canary(
    store: StorePath,
    url: Annotated[
        str, typer.Option("--url", metavar="URL", help="Where the server answers.")
    ] = "http://127.0.0.1:8080",
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=1, help="How long to wait for its alert.")
    ] = 60,
) -> int:
    """Send an event to the server, and see whether it becomes an alert in this store.

    The token stands in CLOUDWARD_TOKEN: one of the role sender, of whatever log. It proves that the token is
    good, that batches reach the disk, and that they are evaluated. It ends with 3 when no alert came.
    """
    import os
    import time

    token = os.environ.get(VARIABLE, "")
    if not token:
        raise UsageError("which token is tried?", f"set {VARIABLE} to one of the role sender")
    begun = time.monotonic()
    id = _sent(url, token)
    with kept(store) as opened:
        while time.monotonic() - begun < timeout:
            if _arrived(opened, id):
                note(f"The canary came through in {time.monotonic() - begun:.1f} seconds.")
                return Exit.OK
            time.sleep(0.2)
    note(f"The canary was acknowledged, and no alert came in {timeout:.0f} seconds.")
    return Exit.INCOMPLETE


def _sent(url: str, token: str) -> str:
    """Send it; its id."""
    import socket
    from secrets import token_hex

    import httpx

    id = f"canary-{token_hex(8)}"
    event = {"canary": {"id": id, "at": datetime.now(UTC).isoformat(), "from": socket.gethostname()}}
    headers = {"authorization": f"Bearer {token}"}
    try:
        answer = httpx.post(f"{url.rstrip('/')}/api/v1/intake", json=event, headers=headers, timeout=30)
    except httpx.HTTPError as error:
        raise UsageError(f"{url} gives no answer: {error}", "is the server there? give its --url") from error
    if answer.status_code != 202:
        raise UsageError(f"{url} refused the canary: {answer.status_code} {answer.text[:300]}")
    return id


def _arrived(store: Store, id: str) -> bool:
    """Whether it became an alert, which is then done with."""
    from cloudward.model import AlertState
    from cloudward.store.alerts import Alerts

    alerts = Alerts(store.database)
    for each in alerts.every(detection="cloudward-canary-arrived", states=[AlertState.ACTIVE]):
        if any(event.id == id for event in alerts.evidence(each.id)):
            now = datetime.now(UTC)
            alerts.change(each.id, AlertState.RESOLVED, "canary", now, "it was sent to see that it comes")
            return True
    return False


def token(
    store: StorePath,
    by: By,
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The log, as `events` lists them.")],
    user: Annotated[str, typer.Option("--user", metavar="NAME", help="Who answers for it.")],
    scope: Annotated[
        str, typer.Option("--scope", metavar="ID", help="Of which scope events may be, and of what is below.")
    ] = "",
    account: Annotated[
        str, typer.Option("--account", metavar="ID", help="Of which account of the provider they have to be.")
    ] = "",
    days: Annotated[
        int, typer.Option("--days", metavar="N", min=1, max=365, help="How long it is good.")
    ] = 90,
) -> None:
    """Make a token with which events of one log are sent to the server. It is shown this once."""
    from cloudward.connect.events.recognising import named
    from cloudward.errors import near
    from cloudward.server.auth.guard import digest
    from cloudward.server.routes.tokens import NewToken, minted
    from cloudward.store import tokens, users

    named(source)
    with kept(store) as opened:
        scopes = [each.id for each in opened.scopes()]
        if scope and scope not in scopes:
            raise UsageError(f"unknown scope {scope!r}{near(scope, scopes)}")
        with opened.database.write() as connection:
            who = users.named(connection, user)
            if who is None:
                names = [each.name for each in users.every(connection)]
                raise UsageError(f"there is no user {user!r}{near(user, names)}", "cloudward users list")
            given = NewToken(
                name=source, role="sender", scope=scope, days=days, source=source, account=account
            )
            made, text = minted(who.id, given)
            tokens.keep(connection, made, digest(text), by)
    note(f"Events of {source} until {made.expires:%Y-%m-%d}, for the header Authorization: Bearer")
    typer.echo(text)
