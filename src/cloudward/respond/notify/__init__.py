"""Telling people and programs what happened. One module a channel; its name is the kind of the channel.

Each has `FIELDS`, what it is told by name; `check(settings)`, which refuses what cannot work; and
`send(channel, message, way)`, which raises `NotSentError` where it did not arrive. Texts of a message may be
an attacker's: each channel sends them as text in its own form, so that none of it is markup there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import ModuleType
from typing import Any, Protocol, cast

from cloudward.errors import UsageError, near
from cloudward.registry import modules
from cloudward.respond.text import visible

LONGEST = 300
"""Characters of a line."""
LINES = 20


class Event(StrEnum):
    """What a channel can be told of."""

    RECOMMENDATIONS = "recommendations"  # new ones of a severity
    SCORE = "score"  # it fell below a threshold
    COMPLIANCE = "compliance"  # the state of a control changed
    COVERAGE = "coverage"  # what was read before cannot be read any more
    ALERT = "alert"  # something happens right now
    INCIDENT = "incident"  # several alerts tell of one attack
    TEST = "test"  # somebody wants to see whether it arrives


class Level(StrEnum):
    """How serious it is, the worst first."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Message:
    """What is told, in plain text."""

    id: str
    """The same however often it is sent."""
    event: Event
    level: Level
    title: str
    lines: Sequence[str]
    at: datetime
    scopes: Sequence[str] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    """The same for programs."""


@dataclass(frozen=True, slots=True)
class Field:
    """A setting of a channel."""

    title: str
    required: bool = True
    secret: bool = False
    """It is kept encrypted and never told again."""
    default: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Channel:
    """Where to tell it, with its secrets open."""

    id: str
    kind: str
    settings: Mapping[str, str]


class NotSentError(Exception):
    """It did not arrive. `final`: it never will, as it is set up."""

    def __init__(self, message: str, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


class Way(Protocol):
    """How a message goes out: with the addresses checked that people gave."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """(status, body) of the answer; `NotSentError` when there is none."""

    def address(self, host: str, port: int) -> str:
        """The address to connect to; `NotSentError` when it may not be called."""

    def spare(self, address: str, event: Event, level: Level) -> bool:
        """Whether somebody has had as many of these as he is to have."""

    def sent(self, address: str, event: Event, level: Level) -> None:
        """Count one that he has had."""


class Kind(Protocol):
    """A module of a channel."""

    FIELDS: Mapping[str, Field]

    def check(self, settings: Mapping[str, str]) -> None: ...

    def send(self, channel: Channel, message: Message, way: Way) -> Mapping[str, Any]: ...


def kinds() -> dict[str, Kind]:
    """Every kind of channel by name."""
    found: list[ModuleType] = list(modules(__name__))
    return {module.__name__.rpartition(".")[2]: cast("Kind", module) for module in found}


def checked(kind: str, settings: Mapping[str, str]) -> dict[str, str]:
    """The settings of a channel, whole; what is not right with them is a `UsageError`."""
    known = kinds()
    if kind not in known:
        raise UsageError(f"unknown channel {kind!r}{near(kind, known)}", f"one of {', '.join(known)}")
    fields = known[kind].FIELDS
    for name, value in settings.items():
        if name not in fields:
            raise UsageError(f"{kind} has no setting {name!r}{near(name, fields)}")
        if fields[name].choices and value not in fields[name].choices:
            raise UsageError(f"{name} of {kind} is one of {', '.join(fields[name].choices)}")
        if any(ord(char) < 32 or ord(char) == 127 for char in value):
            raise UsageError(f"{name} of {kind} is one line of text")
    whole = {name: settings.get(name) or each.default for name, each in fields.items()}
    for name, each in fields.items():
        if each.required and not whole[name]:
            raise UsageError(f"{kind} needs {name}: {each.title}")
    known[kind].check(whole)
    return whole


def line(text: str, longest: int = LONGEST) -> str:
    """A text on one line, with all that hides spelled out, and not too long."""
    shown = visible(text)
    return shown if len(shown) <= longest else f"{shown[: longest - 3]}..."


def lines(message: Message) -> list[str]:
    """What a message says, in lines for people."""
    found = [line(each) for each in message.lines[:LINES]]
    more = len(message.lines) - LINES
    return [*found, *([f"and {more:,} more"] if more > 0 else [])]


def url(value: str, name: str, hosts: Callable[[str], bool] = lambda _: True, *, plain: bool = False) -> None:
    """Refuse what is no https address; `plain` allows http."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(value)
        good = parts.scheme in ({"https", "http"} if plain else {"https"}) and bool(parts.hostname)
        good = good and parts.username is None and (parts.port or 1) > 0 and hosts(parts.hostname or "")
    except ValueError:
        good = False
    if not good:
        raise UsageError(f"{name} is not the address that it should be", "https://...")


def answered(kind: str, status: int, body: bytes) -> None:
    """Raise when an answer says that it was not taken. What is wrong with the call stays wrong."""
    if status >= 300:
        final = status < 500 and status not in (408, 425, 429)
        told = line(body.decode("utf-8", "replace"), 120)
        raise NotSentError(f"{kind} answered {status}: {told}", final)
