"""One type in one place: its documents, their details, and the resources that they become."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future
from typing import Any, TypeAlias

from cloudward.connect.aws.answers import STUMBLES, Unread, take, use
from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Collector, Using, permission
from cloudward.connect.aws.fields import mapped, plain
from cloudward.model import Cause, Coverage, Document, Outcome, Provider, Reason, Resource

Keep: TypeAlias = Callable[[str, str, str, str], Resource | None]
"""From scope, type, id and generation to what is known of a resource and need not be read again."""
Finish: TypeAlias = Callable[[str, dict[str, Any], dict[str, Cause]], tuple[dict[str, Any], dict[str, Cause]]]
"""Completes and seals the properties of a type."""

WINDOW = 64
"""Documents whose details are asked ahead; the order of the list is kept."""


def collected(
    client: Client, finish: Finish, pool: Executor, keep: Keep | None = None
) -> Iterator[Resource | Coverage]:
    """The resources of the client's collector, then what its calls came to."""
    make = _Maker(client, finish, keep)
    for found in _detailed(client, _documents(client), pool, make.known):
        resource = found if isinstance(found, Resource) else make(found)
        if resource is not None:
            yield resource
    yield from client.ledger.rows()


def _documents(client: Client) -> Iterator[Document]:
    """What the collector yields. Should it stumble over an answer, it ends, and the list is not complete."""
    try:
        documents: Iterable[Any] = client.collector.collect(client)
        for document in documents:
            if isinstance(document, Mapping):
                yield document
            else:
                incomplete(client, "an element is no object")
    except STUMBLES as error:
        incomplete(client, f"an answer makes no sense ({type(error).__name__})")


def incomplete(client: Client, message: str, because: Cause | None = None) -> None:
    """There is a resource that cannot be told: the list is not complete."""
    source = permission(client.service, _listing(client.collector))
    cause = because or Cause(Reason.FAILED, source, message)
    outcome = Outcome.DENIED if cause.reason is Reason.DENIED else Outcome.FAILED
    client.ledger.add(cause.call or source, outcome, client.asker.clock.now(), listing=True, cause=cause)


def _listing(collector: Collector) -> Call:
    return next(call for call in collector.calls if call.listing)


def _detailed(
    client: Client,
    documents: Iterator[Document],
    pool: Executor,
    known: Callable[[Document], Resource | None],
) -> Iterator[Document | Resource]:
    calls = [call for call in client.collector.calls if call.by and not _is_left_out(client, call)]
    left_out = _left_out(client)
    if not calls:
        yield from ({**document, **left_out} for document in documents)
        return
    window: deque[Future[Document | Resource | None]] = deque()
    for document in documents:
        window.append(
            _kept(known(document)) or pool.submit(_with_details, client, calls, {**document, **left_out})
        )
        if len(window) >= WINDOW:
            yield from _still_there(window.popleft())
    while window:
        yield from _still_there(window.popleft())


def _kept(resource: Resource | None) -> Future[Document | Resource | None] | None:
    if resource is None:
        return None
    future: Future[Document | Resource | None] = Future()
    future.set_result(resource)
    return future


def _still_there(future: Future[Document | Resource | None]) -> Iterator[Document | Resource]:
    document = future.result()
    if document is not None:
        yield document


def _with_details(client: Client, calls: list[Call], document: dict[str, Any]) -> Document | Resource | None:
    """None when the resource ceased to exist meanwhile."""
    for call in calls:
        answer = client.detail(call, document)
        if isinstance(answer, Unread) and answer.gone:
            return None
        document[call.into] = answer
    return document


def _is_left_out(client: Client, call: Call) -> bool:
    return call.extra and call.into in client.skipped


def _left_out(client: Client) -> dict[str, Unread]:
    """What stands in every document for the extra calls that nobody wants."""
    missing = {}
    for call in client.collector.calls:
        if _is_left_out(client, call):
            source = permission(client.service, call)
            cause = Cause(Reason.NOT_REQUESTED, source)
            now = client.asker.clock.now()
            client.ledger.add(source, Outcome.NOT_REQUESTED, now, count=0, listing=call.listing, cause=cause)
            missing[call.into] = Unread(cause)
    return missing


class _Maker:
    """Makes resources of one collector's documents."""

    def __init__(self, client: Client, finish: Finish, keep: Keep | None) -> None:
        self._client, self._finish, self._keep = client, finish, keep
        self._collector = collector = client.collector
        listing = permission(client.service, _listing(collector))
        self._sources = dict.fromkeys(collector.fields, listing) | {
            ours: permission(client.service, call)
            for call in collector.calls
            for ours in (collector.fills(call) if call.into else ())
        }

    def known(self, document: Document) -> Resource | None:
        """What is known of a listed document's resource, when it need not be read again."""
        id = self._id(document) if self._keep and self._collector.id else None
        if not self._keep or id is None:
            return None
        generation = self._text(document, self._collector.generation)
        return self._keep(self._client.account, self._collector.type, id, generation)

    def __call__(self, document: Document) -> Resource | None:
        """None when it is gone, or has no id (which the coverage then tells)."""
        id = self._id(document)
        properties, unread = mapped(self._collector.fields, document, self._sources)
        tags = self._tags(document, unread)
        region = self._region(document, unread)
        if any(gap.gone for gap in unread.values()):
            return None
        if id is None:
            incomplete(self._client, "an element has no id", self._no_id(document))
            return None
        causes = {path: gap.cause for path, gap in unread.items()}
        properties, causes = self._finish(self._collector.type, properties, causes)
        return Resource(
            id=id,
            type=self._collector.type,
            provider=Provider.AWS,
            scope=self._client.account,
            region=region,
            name=self._text(document, self._collector.name) or re.split("[:/]", id)[-1],
            properties=properties,
            tags=tags,
            unread=causes,
            generation=self._text(document, self._collector.generation),
        )

    def _id(self, document: Document) -> str | None:
        template, client = self._collector.id, self._client
        if not template:
            return ":".join((self._collector.type, "/".join(filter(None, (client.account, client.place)))))
        if "{" not in template:
            return self._text(document, template) or None
        names = {"partition": client.partition, "account": client.account, "region": client.region}
        parts = [
            names.get(name) or self._text(document, name) if odd else name
            for odd, name in _alternating(template)
        ]
        return "".join(parts) if all(parts) else None

    def _no_id(self, document: Document) -> Cause | None:
        """Why the id cannot be had, when a call that tells it did not answer."""
        found = take(self._collector.id, document)
        return found.cause if isinstance(found, Unread) and found.cause.call else None

    def _tags(self, document: Document, unread: dict[str, Unread]) -> Mapping[str, str]:
        found = take(self._collector.tags, document) if self._collector.tags else None
        tags: Mapping[str, str] | Unread = use(Using(_named, "Tags"), {"Tags": found})
        if isinstance(tags, Unread):
            unread["meta.tags"] = tags
            return {}
        return tags

    def _region(self, document: Document, unread: dict[str, Unread]) -> str | None:
        found = take(self._collector.region, document) if self._collector.region else None
        if isinstance(found, Unread):
            unread["meta.region"] = found
        return self._text(document, self._collector.region) or self._client.place

    def _text(self, document: Document, source: str | Using) -> str:
        value = take(source, document) if source else None
        return str(plain(value, "", {})) if isinstance(value, str | int) else ""


def _alternating(template: str) -> Iterator[tuple[bool, str]]:
    """Texts and, marked, the names in braces between them."""
    for index, part in enumerate(re.split(r"[{}]", template)):
        if part:
            yield index % 2 == 1, part


def _named(tags: Any) -> dict[str, str]:
    if isinstance(tags, Mapping):
        return {str(key): str(text) for key, text in tags.items()}
    pairs = (
        (_either(tag, "Key", "TagKey", "key"), _either(tag, "Value", "TagValue", "value"))
        for tag in tags or ()
    )
    return {key: text for key, text in pairs if key}


def _either(tag: Mapping[str, Any], *names: str) -> str:
    return next((str(tag[name]) for name in names if tag.get(name) is not None), "")
