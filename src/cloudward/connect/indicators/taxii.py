"""The indicators of a collection on a TAXII 2.1 server.

https://docs.oasis-open.org/cti/taxii/v2.1/os/taxii-v2.1-os.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlencode

import msgspec

from cloudward.errors import InputError

ACCEPT = "application/taxii+json;version=2.1"
PAGES = 10_000
EACH = 1_000
"""Objects that are asked for in one answer; a server may give fewer."""

Get = Callable[[str, Mapping[str, str]], tuple[int, bytes]]
"""URL and headers -> status and body."""


class _Envelope(msgspec.Struct):
    more: bool = False
    next: str | None = None


def pages(get: Get, url: str, headers: Mapping[str, str], since: str = "") -> Iterator[bytes]:
    """The answers of a collection, `https://HOST/ROOT/collections/ID/`, added after `since`, page by page.

    What is no answer, or does not end, is an `InputError`.
    """
    place = url.rstrip("/")
    place = place if place.endswith("/objects") else f"{place}/objects"
    asked = {"limit": str(EACH), "match[type]": "indicator"} | ({"added_after": since} if since else {})
    seen = set()
    for _ in range(PAGES):
        status, body = get(f"{place}/?{urlencode(asked)}", {"Accept": ACCEPT, **headers})
        if status != 200:
            raise InputError(f"{url} answers with {status}", _hint(status))
        try:
            answer = msgspec.json.decode(body, type=_Envelope)
        except msgspec.MsgspecError as error:
            raise InputError(f"{url} gives no TAXII 2.1: {error}", "name the collection's own URL") from error
        yield body
        if not answer.more:
            return
        if not answer.next or answer.next in seen:
            raise InputError(f"{url} says that there is more, and not where")
        seen.add(answer.next)
        asked["next"] = answer.next
    raise InputError(f"{url} does not end after {PAGES:,} pages")


def _hint(status: int) -> str:
    if status in (401, 403):
        return "the name and password of the server: --user NAME, and CLOUDWARD_TAXII_PASSWORD"
    return "https://HOST/ROOT/collections/ID/ is the collection's own URL"
