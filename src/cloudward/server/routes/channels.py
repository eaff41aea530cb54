"""Channels: who is told of what, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex
from typing import Annotated, Any

from fastapi import Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from cloudward.assess.tree import Tree
from cloudward.errors import MissingError, UsageError, near
from cloudward.respond import news
from cloudward.respond.notify import Event, Level, Message, checked, kinds
from cloudward.server.answers import DOCUMENTED, Listed, Page, Router, Word, encoded, sliced
from cloudward.server.changes import READ, Perhaps, conditional, tagged
from cloudward.server.jobs.notification import sealed
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.routes.jobs import JobItem, item
from cloudward.server.state import Served, State
from cloudward.store import channels as kept
from cloudward.store.channels import HIDDEN, Channel

router = Router(prefix="/api/v1/channels", tags=["notifications"])
Teller = Annotated[Caller, Depends(Needs(Permission.NOTIFY, anywhere=False))]
KINDS = "kinds"
"""What stands where the name of a channel does, and is none."""
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


@dataclass(frozen=True, slots=True)
class FieldItem:
    """A setting of a kind of channel."""

    __pydantic_config__ = DOCUMENTED

    name: str
    title: str
    required: bool
    secret: bool
    """It is kept encrypted and never told again."""
    default: str
    choices: Sequence[str]


@dataclass(frozen=True, slots=True)
class ChannelItem:
    """Where something is told, and what."""

    __pydantic_config__ = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "id": "on-call",
                    "kind": "webhook",
                    "settings": {"url": "https://hooks.acme.example/cloudward", "secret": "***"},
                    "events": {
                        "recommendations": "high",
                        "score": 0.7,
                        "compliance": ["soc-2"],
                        "coverage": True,
                    },
                    "scope": "ou-prod",
                    "enabled": True,
                    "created_by": "ann",
                    "created_at": "2026-01-12T08:30:00Z",
                    "fields": [],
                }
            ]
        },
    )

    id: str
    kind: str
    """`email`, `jira`, `slack`, `syslog`, `teams`, `webhook`."""
    settings: Mapping[str, str]
    """A secret is `***`."""
    events: Mapping[str, Any]
    """`recommendations`, `alert` and `incident`: from which level; `score`: below which; `compliance`: of
    which standards; `coverage`: true. What is not named is not told."""
    scope: str | None
    """Only what happens there and below; null for everywhere."""
    enabled: bool
    created_by: str
    created_at: datetime
    fields: Sequence[FieldItem]
    """The settings that this kind has."""


@dataclass(frozen=True, slots=True)
class KindItem:
    """A kind of channel."""

    __pydantic_config__ = DOCUMENTED

    kind: str
    fields: Sequence[FieldItem]
    """The settings that it has."""


@dataclass(frozen=True, slots=True)
class Kinds:
    """Every kind of channel."""

    __pydantic_config__ = DOCUMENTED

    items: Sequence[KindItem]


class Terms(BaseModel):
    """A channel."""

    model_config = ConfigDict(
        extra="forbid",
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "kind": "slack",
                    "settings": {"url": "https://hooks.slack.com/services/T0/B0/x"},
                    "events": {"recommendations": "high"},
                }
            ]
        },
    )

    kind: Word
    settings: Annotated[dict[Word, Word], Field(max_length=20)]
    """A secret that is left out, or `***`, stays what it was."""
    events: Annotated[dict[Word, Any], Field(max_length=20)] = {}
    scope: Word = ""
    """Empty for everywhere."""
    enabled: bool = True


@router.get("")
def channels(state: Served, _caller: Teller, asked: Annotated[Listed, Query()]) -> Page[ChannelItem]:
    """Every channel, in order of name."""
    with state.store.database.read() as connection:
        found = [_item(each) for each in kept.every(connection)]
    return sliced(state, "channels", asked, found, lambda each: (each.id,))


@router.get("/kinds")
def every_kind(_caller: Teller) -> Kinds:
    """The kinds of channels, and the settings that each has."""
    return Kinds([KindItem(kind, _fields(kind)) for kind in kinds()])


@router.get("/{id}", response_model=ChannelItem, responses={**READ})
def channel(state: Served, _caller: Teller, id: Word) -> Response:
    """One channel."""
    found = _one(state, id)
    return tagged(_item(found), found)


@router.put("/{id}", response_model=ChannelItem, responses={**READ})
def keep(state: Served, caller: Teller, id: Name, given: Terms, expected: Perhaps) -> Response:
    """Make a channel, or change it. One that is there is changed with its ETag as If-Match."""
    if id == KINDS:
        raise UsageError(f"{KINDS!r} is no name of a channel", "give it another name")
    tree = Tree(state.store.scopes())
    if given.scope and given.scope not in tree.ids:
        raise UsageError(f"unknown scope {given.scope!r}{near(given.scope, tree.ids)}")
    events = news.checked(given.events, state.pack)
    with state.store.database.write() as connection:
        old = next((each for each in kept.every(connection) if each.id == id), None)
        conditional(old, expected, "channel", id)
        settings = _sealed(state, id, given, old)
        made = Channel(
            id=id,
            kind=given.kind,
            settings=settings,
            events=events,
            scope=given.scope,
            enabled=given.enabled,
            created_by=old.created_by if old else caller.name,
            created_at=old.created_at if old else datetime.now(UTC).replace(microsecond=0),
        )
        kept.keep(connection, made, caller.name)
    return tagged(_item(made), made)


@router.delete("/{id}", status_code=204)
def drop(state: Served, caller: Teller, id: Word) -> Response:
    """Remove a channel."""
    _one(state, id)
    with state.store.database.write() as connection:
        kept.forget(connection, id, caller.name)
    return Response(status_code=204)


@router.post("/{id}/test", status_code=202, response_model=JobItem)
def test(state: Served, caller: Teller, id: Word) -> Response:
    """Send something, to see whether it arrives; the job says so."""
    now = datetime.now(UTC)
    lines = [f"{caller.name} wants to see whether this arrives.", "Nothing has happened."]
    message = Message(f"test-{token_hex(6)}", Event.TEST, Level.LOW, "A test of cloudward", lines, now)
    (job,) = news.queue(state.store, _one(state, id), [message], now)
    return encoded(item(job), 202, {"Location": f"/api/v1/jobs/{job.id}"})


def _sealed(state: State, id: str, given: Terms, old: Channel | None) -> dict[str, str]:
    """The settings as they are kept. A secret that was not given anew is read, checked with the rest, and
    stays only while the rest of it stays: or it could be sent to another address."""
    known = kinds()
    if given.kind not in known:
        raise UsageError(
            f"unknown channel {given.kind!r}{near(given.kind, known)}", f"one of {', '.join(known)}"
        )
    fields = known[given.kind].FIELDS
    plain = {name: value for name, value in given.settings.items() if value != HIDDEN}
    if old is not None and old.kind == given.kind and _told(old) == {**_told(old), **_shown(plain, fields)}:
        for name in (name for name, each in fields.items() if each.secret and name not in plain):
            if old.settings.get(name):
                plain[name] = state.store.vault.open(old.settings[name], f"channel.{id}.{name}")
    return sealed(state.store, id, given.kind, checked(given.kind, plain))


def _shown(settings: Mapping[str, str], fields: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, value in settings.items() if name in fields and not fields[name].secret}


def _told(channel: Channel) -> dict[str, str]:
    fields = kinds()[channel.kind].FIELDS
    return _shown(channel.settings, fields)


def _one(state: State, id: str) -> Channel:
    with state.store.database.read() as connection:
        found = next((each for each in kept.every(connection) if each.id == id), None)
    if found is None:
        raise MissingError(f"there is no channel {id!r}")
    return found


def _item(channel: Channel) -> ChannelItem:
    fields = kinds()[channel.kind].FIELDS
    hidden = {name: HIDDEN for name, each in fields.items() if each.secret and channel.settings.get(name)}
    return ChannelItem(
        channel.id,
        channel.kind,
        {**channel.settings, **hidden},
        channel.events,
        channel.scope or None,
        channel.enabled,
        channel.created_by,
        channel.created_at,
        _fields(channel.kind),
    )


def _fields(kind: str) -> list[FieldItem]:
    return [
        FieldItem(name, each.title, each.required, each.secret, each.default, each.choices)
        for name, each in kinds()[kind].FIELDS.items()
    ]
