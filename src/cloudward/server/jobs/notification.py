"""Telling one channel one thing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from cloudward.respond.notify import Channel, Message, NotSentError, kinds
from cloudward.server.task import FinalError, Task
from cloudward.server.way import Ways
from cloudward.store import channels

SLOT = "short"


def run(task: Task) -> Mapping[str, Any]:
    """Send it; what did not arrive is tried again, until it is a dead letter."""
    message = msgspec.convert(task.job.payload["message"], Message)
    with task.store.database.read() as connection:
        kept = channels.one(connection, task.job.payload["channel"])
    if not kept.enabled and message.event != "test":
        return {"skipped": "the channel is off"}
    channel = opened(task, kept)
    try:
        return kinds()[channel.kind].send(channel, message, Ways(task.store, task.allowed, task.clock))
    except NotSentError as error:
        if error.final:
            raise FinalError(str(error)) from error
        raise


def opened(task: Task, kept: channels.Channel) -> Channel:
    """A channel with its secrets open."""
    fields = kinds()[kept.kind].FIELDS
    settings = dict(kept.settings)
    for name, field in fields.items():
        if field.secret and settings.get(name):
            settings[name] = task.store.vault.open(settings[name], f"channel.{kept.id}.{name}")
    return Channel(kept.id, kept.kind, settings)


def sealed(task_store: Any, id: str, kind: str, settings: Mapping[str, str]) -> dict[str, str]:
    """The settings of a channel as they are kept."""
    fields = kinds()[kind].FIELDS
    return {
        name: task_store.vault.seal(value, f"channel.{id}.{name}") if fields[name].secret and value else value
        for name, value in settings.items()
    }
