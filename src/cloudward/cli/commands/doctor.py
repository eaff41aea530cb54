"""`cloudward doctor`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from cloudward.cli.exits import Exit
from cloudward.cli.options import ContentFolders, Format, Output, StorePath
from cloudward.cli.output import Column, Listing, counted, write
from cloudward.errors import CloudwardError

OK, MISSING, BROKEN = "ok", "missing", "broken"
LISTING = Listing(
    "check",
    {
        "check": "what was looked at",
        "state": "ok; missing: something cannot be used, the rest can; broken",
        "found": "what is there",
        "remedy": "what to do",
    },
    (Column("check"), Column("state"), Column("found", fold=True), Column("remedy", fold=True)),
)
LEAST_SPACE = 1 << 30
Found = tuple[str, str, str]


def doctor(
    store: StorePath,
    own: ContentFolders,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no cloud who you are.")] = False,
    output: Output = Format.TABLE,
) -> None:
    """Look whether everything that a scan needs is there.

    Python and libraries, content, store, credentials and clock. One call is made, to ask AWS who you are.
    """
    checks: list[tuple[str, Callable[[], Found]]] = [
        ("python", _python),
        ("libraries", _libraries),
        ("content", lambda: _content(own)),
        ("store", lambda: _store(store)),
        ("disk", lambda: _disk(store)),
        ("work", lambda: _work(store)),
        *([] if offline else [("aws", _aws)]),
    ]
    records = list(_records(checks))
    write(LISTING, records, output)
    if any(record["state"] == BROKEN for record in records):
        raise typer.Exit(Exit.USAGE)


def _records(checks: list[tuple[str, Callable[[], Found]]]) -> Iterator[dict[str, Any]]:
    for name, look in checks:
        try:
            state, found, remedy = look()
        except CloudwardError as error:
            state, found, remedy = BROKEN, str(error), error.hint
        yield {"check": name, "state": state, "found": found, "remedy": remedy or None}


def _python() -> Found:
    version = ".".join(map(str, sys.version_info[:3]))
    return (
        (OK, version, "")
        if sys.version_info >= (3, 11)
        else (BROKEN, version, "install Python 3.11 or later")
    )


def _libraries() -> Found:
    import importlib

    missing = []
    names = ("boto3", "cel_expr_python", "duckdb", "msgspec", "pyarrow", "re2", "sqlalchemy", "yaml")
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError as error:
            missing.append(f"{name} ({error})")
    if missing:
        return BROKEN, f"cannot be loaded: {', '.join(missing)}", "install cloudward again"
    return OK, f"{len(names)} load", ""


def _content(own: list[Path]) -> Found:
    from cloudward.cli.stored import content

    pack = content(own)
    return OK, f"{len(pack.policies):,} policies on {len(pack.types):,} types", ""


def _store(folder: Path) -> Found:
    import shutil

    from cloudward.store import place

    if not place.exists(folder):
        return MISSING, f"{folder} is not there yet", "the first scan makes it"
    from cloudward.store import Store

    with Store.open(folder) as store:
        kept = f"{counted(len(store.scopes()), 'scope')}, {counted(len(store.scans()), 'scan')}"
    free = shutil.disk_usage(folder).free
    if free < LEAST_SPACE:
        return (
            BROKEN,
            f"{folder}: {free >> 20:,} MiB are free",
            "make room, or name another place with --store",
        )
    return OK, f"{folder}: {kept}, {free >> 30:,} GiB free", ""


def _disk(folder: Path) -> Found:
    """Whether there will be room for what is kept."""
    from datetime import UTC, datetime

    from cloudward.store import Store, place, upkeep

    if not place.exists(folder):
        return OK, "nothing is kept yet", ""
    with Store.open(folder) as store:
        with store.database.read() as connection:
            kept = upkeep.retention(connection)
        room, reason = upkeep.room(store, datetime.now(UTC), kept), upkeep.outgrown(store)
    year = room.forecast[-1][1]
    found = f"snapshots take {room.snapshots >> 20:,} MiB, events {room.events >> 20:,} MiB"
    found += f", in a year both {year >> 20:,} MiB"
    if room.full is not None:
        return (
            MISSING,
            f"{found}; the disk is full within {room.full} days",
            "make room, or cloudward retention --snapshots N --events N",
        )
    if reason:
        return MISSING, f"{found}; {reason}", "it is time for PostgreSQL: docs/guides/backup.md"
    return OK, found, ""


def _work(folder: Path) -> Found:
    """Whether somebody works on jobs."""
    from datetime import UTC, datetime

    from cloudward.store import Store, place, schedules, upkeep

    if not place.exists(folder):
        return OK, "there are no jobs yet", ""
    with Store.open(folder) as store, store.database.read() as connection:
        work = upkeep.work(connection, datetime.now(UTC))
        scheduled = any(each.enabled for each in schedules.every(connection))
    found = f"{counted(work.workers, 'worker')}, {counted(work.letters, 'dead letter')}"
    if work.stuck or work.overdue:
        late = counted(work.stuck + work.overdue, "job")
        return MISSING, f"{found}; {late} wait for nobody", "start cloudward serve, or cloudward worker"
    if scheduled and not work.workers:
        return MISSING, f"{found}, and connectors are scheduled", "start cloudward serve, or cloudward worker"
    return OK, found, ""


def _aws() -> Found:
    """Who is signed in; AWS refuses a request whose time is wrong, so the clock is looked at as well."""
    from cloudward.connect.aws.session import SIGN_IN, Boto
    from cloudward.connect.aws.transport import Kind
    from cloudward.errors import SignInError

    try:
        transport = Boto()
        reply = transport.send("sts", transport.region or "us-east-1", "GetCallerIdentity", {})
    except SignInError as error:
        return MISSING, str(error), error.hint
    if reply.kind is Kind.ANSWER and reply.data:
        return OK, f"{reply.data['Arn']}; the clock is right", ""
    if reply.kind is Kind.UNREACHABLE:
        return MISSING, "AWS cannot be reached", "look at the network, or HTTPS_PROXY"
    if reply.code in {"RequestTimeTooSkewed", "RequestExpired"} or "expired" in reply.message.lower():
        return BROKEN, f"{reply.code}: {reply.message}", f"set the clock, or {SIGN_IN}"
    return BROKEN, f"{reply.code}: {reply.message}", SIGN_IN
