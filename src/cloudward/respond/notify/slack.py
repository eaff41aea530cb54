"""A message in Slack, over an incoming webhook. Its parts are `plain_text`, which Slack never formats.

https://docs.slack.dev/reference/block-kit/composition-objects/text-object
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cloudward.respond.notify import Channel, Field, Message, Way, answered, line, lines, url

FIELDS = {"url": Field("the address of the incoming webhook", secret=True)}
HEADER, TEXT = 150, 3000
"""The longest that Slack takes."""


def check(settings: Mapping[str, str]) -> None:
    url(settings["url"], "url")


def send(channel: Channel, message: Message, way: Way) -> Mapping[str, Any]:
    title = line(f"{message.level.upper()}: {message.title}", HEADER)
    blocks: list[dict[str, Any]] = [{"type": "header", "text": _plain(title)}]
    text = "\n".join(lines(message))[:TEXT]
    if text:
        blocks.append({"type": "section", "text": _plain(text)})
    body = {"text": escaped(title), "blocks": blocks, "unfurl_links": False, "unfurl_media": False}
    headers = {"Content-Type": "application/json"}
    status, answer = way.post(channel.settings["url"], headers, json.dumps(body).encode())
    answered("Slack", status, answer)
    return {"status": status}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def escaped(text: str) -> str:
    """Where Slack reads markup: three characters begin all of it that calls people or links."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
