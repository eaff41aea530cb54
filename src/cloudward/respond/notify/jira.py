"""An issue in Jira Cloud. Its description is text of Atlassian's document format, which is never markup.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-post
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

from cloudward.errors import UsageError
from cloudward.respond.notify import Channel, Field, Message, NotSentError, Way, answered, line, lines, url

FIELDS = {
    "url": Field("the address of the site: https://acme.atlassian.net"),
    "user": Field("the account's e-mail address"),
    "token": Field("an API token of it", secret=True),
    "project": Field("the key of the project: SEC"),
    "type": Field("the type of the issue", required=False, default="Task"),
}
PROJECT = re.compile(r"[A-Z][A-Z0-9_]{1,30}")
SUMMARY = 255
"""The longest that Jira takes."""


def check(settings: Mapping[str, str]) -> None:
    url(settings["url"], "url")
    if not PROJECT.fullmatch(settings["project"]):
        raise UsageError(f"{settings['project']!r} is no key of a project", "capital letters and digits: SEC")
    if ":" in settings["user"]:
        raise UsageError("the user of Jira is an e-mail address")


def send(channel: Channel, message: Message, way: Way) -> Mapping[str, Any]:
    settings = channel.settings
    fields = {
        "project": {"key": settings["project"]},
        "issuetype": {"name": settings["type"]},
        "summary": line(message.title, SUMMARY),
        "description": {
            "type": "doc",
            "version": 1,
            "content": [_paragraph(each) for each in lines(message)] or [_paragraph(line(message.title))],
        },
        "labels": ["cloudward", f"cloudward-{message.event.value}"],
    }
    signed = base64.b64encode(f"{settings['user']}:{settings['token']}".encode()).decode()
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Authorization": f"Basic {signed}",
    }
    address = f"{settings['url'].rstrip('/')}/rest/api/3/issue"
    status, answer = way.post(address, headers, json.dumps({"fields": fields}).encode())
    answered("Jira", status, answer)
    try:
        return {"issue": str(json.loads(answer)["key"])}
    except (ValueError, KeyError, TypeError) as error:
        raise NotSentError("Jira answered with something that is no issue", final=True) from error


def _paragraph(text: str) -> dict[str, Any]:
    return {"type": "paragraph", "content": [{"type": "text", "text": text}]}
