"""What who sends events may send: those of one log, of one scope and what is below it, of one account."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace

from cloudward.connect.events import Event, Rejected, Unparsed, first
from cloudward.connect.events.recognising import every
from cloudward.pack.mappings import SUBSCRIPTION, UUID, sources

CANARY = "cloudward-canary"
"""Every token may send one: it proves that what the token sends is looked at."""
ACCOUNT = re.compile(rf"\d{{12}}|{UUID.pattern.removeprefix('(?i)')}", re.IGNORECASE)


def account(source: str, named: str) -> str:
    """The account, subscription or project that an event names; empty where it is none, as a host."""
    found = SUBSCRIPTION.match(named)
    if found:
        return found[1].lower()
    return named.lower() if ACCOUNT.fullmatch(named) or source.startswith("gcp-") else ""


@dataclass
class Binding:
    """What is taken. Without `scopes` any scope is; `account` stands for those that name none."""

    source: str
    scope: str = ""
    account: str = ""
    scopes: Collection[str] | None = None
    """`scope` and what is below it."""
    _known: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def gives(self) -> str:
        """The source of which its events are."""
        return every()[self.source].gives or self.source

    @property
    def forced(self) -> str:
        """The source by which a text has to be read; records of JSON are recognised."""
        return self.source if every()[self.source].lines else ""

    @property
    def place(self) -> str:
        """Of what events are that do not say it."""
        return self.account or self.scope

    def judged(self, found: Iterable[Event | Unparsed]) -> Iterator[Event | Unparsed | Rejected]:
        """Events, and those that may not be sent set aside."""
        gives = self.gives
        mapping = sources().get(gives)
        paths = mapping.scope if mapping else ()
        for each in found:
            if not isinstance(each, Event):
                yield each if each.source else replace(each, source=gives)
                continue
            other = each.source not in (gives, CANARY)
            problem = self._other(each) if other else self._outside(each, paths)
            yield Rejected(each, problem) if problem else each

    def _other(self, event: Event) -> str:
        return f"it is of {event.source}, and the token is for {self.source}"

    def _outside(self, event: Event, paths: Iterable[str]) -> str:
        """Why an event is outside; empty: it is not."""
        named = first(event.document, paths)
        if named is None:
            return ""
        text = str(named)
        if text not in self._known:
            if len(self._known) > 10_000:
                self._known.clear()
            self._known[text] = self._asked(account(event.source, text))
        return self._known[text]

    def _asked(self, named: str) -> str:
        if not named:
            return ""
        if self.account and named != self.account.lower():
            return f"it is of {named}, and the token is for {self.account}"
        if self.scopes is not None and named not in {each.lower() for each in self.scopes}:
            return f"it is of {named}, and the token is for {self.scope} and what is below it"
        return ""
