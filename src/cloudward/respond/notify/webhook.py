"""A call to a program of yours, signed.

`X-Cloudward-Signature` is `v1=` and the HMAC-SHA256 of `timestamp.body` with the secret, in hex;
`X-Cloudward-Timestamp` is in seconds. Refuse what is older than some minutes. A message keeps its `id`, so
one that arrives twice is known.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

from cloudward.errors import UsageError
from cloudward.respond.notify import Channel, Field, Message, Way, answered, url

FIELDS = {
    "url": Field("where it is sent"),
    "secret": Field("what it is signed with, at least 16 characters", secret=True),
}
SHORTEST = 16


def check(settings: Mapping[str, str]) -> None:
    url(settings["url"], "url", plain=True)
    if len(settings["secret"]) < SHORTEST:
        raise UsageError(f"the secret of a webhook has at least {SHORTEST} characters")


def send(channel: Channel, message: Message, way: Way) -> Mapping[str, Any]:
    document = {
        "id": message.id,
        "event": message.event.value,
        "level": message.level.value,
        "title": message.title,
        "lines": list(message.lines),
        "at": message.at.isoformat(),
        "scopes": list(message.scopes),
        "data": message.data,
    }
    body = json.dumps(document).encode()
    at = str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "X-Cloudward-Timestamp": at,
        "X-Cloudward-Signature": f"v1={signature(channel.settings['secret'], at, body)}",
        "Idempotency-Key": message.id,
    }
    status, answer = way.post(channel.settings["url"], headers, body)
    answered("the webhook", status, answer)
    return {"status": status}


def signature(secret: str, at: str, body: bytes) -> str:
    """In hex."""
    return hmac.digest(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hex()
