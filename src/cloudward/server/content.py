"""The content that is served: what the server was started with, and what people have written since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Event, Lock, Thread

from cloudward.assess.plans import membership
from cloudward.errors import ContentError, StoreError
from cloudward.model import CustomPolicy
from cloudward.pack import Pack
from cloudward.pack.custom import extended
from cloudward.store import Store

INTERVAL = 5.0
"""Seconds after which a policy that was written through another process is known here."""


class Content:
    """A pack with the custom policies of a store. It is read when it is first asked for."""

    def __init__(self, store: Store, base: Pack) -> None:
        self._store, self.base, self._lock = store, base, Lock()
        self._written: tuple[CustomPolicy, ...] | None = None
        self._made: tuple[Pack, Mapping[str, Sequence[str]], Mapping[str, ContentError]] | None = None

    @property
    def pack(self) -> Pack:
        return self._now()[0]

    @property
    def plans_of(self) -> Mapping[str, Sequence[str]]:
        """Policy -> the plans that it belongs to."""
        return self._now()[1]

    @property
    def problems(self) -> Mapping[str, ContentError]:
        """What is wrong with those custom policies that do not run."""
        return self._now()[2]

    def renew(self) -> None:
        """Look whether somebody wrote something."""
        written = tuple(self._store.custom_policies())
        with self._lock:
            if written != self._written:
                pack, problems = extended(self.base, written)
                self._written, self._made = written, (pack, membership(pack), problems)

    def _now(self) -> tuple[Pack, Mapping[str, Sequence[str]], Mapping[str, ContentError]]:
        if self._made is None:
            self.renew()
        assert self._made is not None
        return self._made


class Renewal:
    """A thread that renews content until it is stopped."""

    def __init__(self, content: Content, interval: float = INTERVAL) -> None:
        self._content, self._interval, self._stop = content, interval, Event()
        self._thread = Thread(target=self._run, name="cloudward-content", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(1)

    def _run(self) -> None:
        while not self._stop.wait(self._interval):
            try:
                self._content.renew()
            except StoreError:
                continue  # the next look tells, and so does every call meanwhile
