"""A card in Teams, over the address of a workflow ("When a Teams webhook request is received").

Its texts are runs of a RichTextBlock: Teams formats Markdown in a TextBlock, and not in a run.
https://adaptivecards.microsoft.com/?topic=TextRun
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cloudward.respond.notify import Channel, Field, Level, Message, Way, answered, line, lines, url

FIELDS = {"url": Field("the address of the workflow", secret=True)}
COLORS = {Level.HIGH: "attention", Level.MEDIUM: "warning", Level.LOW: "default"}


def check(settings: Mapping[str, str]) -> None:
    url(settings["url"], "url")


def send(channel: Channel, message: Message, way: Way) -> Mapping[str, Any]:
    title = _run(line(message.title), weight="bolder", size="medium", color=COLORS[message.level])
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [title, *(_run(each) for each in lines(message))],
    }
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    body = json.dumps({"type": "message", "attachments": [content]}).encode()
    status, answer = way.post(channel.settings["url"], {"Content-Type": "application/json"}, body)
    answered("Teams", status, answer)
    return {"status": status}


def _run(text: str, **look: str) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **look}]}
