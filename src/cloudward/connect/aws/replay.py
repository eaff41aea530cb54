"""AWS without AWS: recorded answers, and faults put into real ones."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any

from cloudward.connect.aws.session import timestamp
from cloudward.connect.aws.transport import Kind, Reply, Transport, answer, refused

NOT_RECORDED = Reply(Kind.NOT_RECORDED, message="not recorded")
"""What a replay says to a request that it has no answer for; coverage then has it as not requested."""


@dataclass(slots=True)
class Recorded:
    """Replies to an operation, one after the other."""

    replies: list[Reply]
    where: Mapping[str, Any] = field(default_factory=dict)
    """Only for requests with these parameters."""
    forever: bool = False
    """The last one is repeated without end."""

    def fits(self, params: Mapping[str, Any]) -> bool:
        """Whether this has a reply to the request."""
        return bool(self.replies) and all(params.get(name) == value for name, value in self.where.items())

    def next(self) -> Reply:
        """The next reply."""
        return self.replies[0] if self.forever and len(self.replies) == 1 else self.replies.pop(0)


class Replay:
    """A transport that answers from what was recorded: the n-th request gets the n-th answer.

    Requests with parameters that a recording names (`where`) get that one. `requests` tells what was asked.
    """

    def __init__(self, region: str | None = "us-east-1", regions: Iterable[str] = ("us-east-1",)) -> None:
        self.region = region
        self.requests: list[tuple[str, str, str, Mapping[str, Any]]] = []
        self._regions = tuple(sorted(regions))
        self._recorded: defaultdict[tuple[str, str], list[Recorded]] = defaultdict(list)
        self._lock = Lock()

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]], **settings: Any) -> Replay:
        """A replay of recorded rows `{service, operation, status, data}`, in their order."""
        replay = cls(**settings)
        for row in rows:
            replay.record(row["service"], row["operation"], _reply(row["status"], _times(row["data"])))
        return replay

    def record(
        self,
        service: str,
        operation: str,
        *replies: Reply | Mapping[str, Any],
        forever: bool = False,
        **where: Any,
    ) -> Replay:
        """Add replies (a document stands for a good answer) and give the replay back."""
        made = [reply if isinstance(reply, Reply) else answer(reply) for reply in replies]
        self._recorded[service, operation].append(Recorded(made, where, forever))
        return self

    def send(self, service: str, region: str, operation: str, params: Mapping[str, Any]) -> Reply:
        with self._lock:
            self.requests.append((service, region, operation, dict(params)))
            fitting = [one for one in self._recorded[service, operation] if one.fits(params)]
            return max(fitting, key=lambda one: len(one.where)).next() if fitting else NOT_RECORDED

    def count(self) -> Counter[str]:
        """How often each operation was asked for."""
        return Counter(operation for _, _, operation, _ in self.requests)

    def partition(self, region: str) -> str:
        prefixes = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
        return next((name for prefix, name in prefixes.items() if region.startswith(prefix)), "aws")

    def regions(self, partition: str) -> tuple[str, ...]:
        return tuple(region for region in self._regions if self.partition(region) == partition)

    def known(self, service: str, region: str) -> bool:  # noqa: ARG002 (a replay has every service)
        return region in self._regions


class Faulty(Replay):
    """A transport that puts recorded replies (faults, mostly) before those of another one."""

    def __init__(self, inner: Transport) -> None:
        super().__init__(inner.region)
        self._inner = inner

    def send(self, service: str, region: str, operation: str, params: Mapping[str, Any]) -> Reply:
        reply = super().send(service, region, operation, params)
        return self._inner.send(service, region, operation, params) if reply is NOT_RECORDED else reply

    def partition(self, region: str) -> str:
        return self._inner.partition(region)

    def regions(self, partition: str) -> tuple[str, ...]:
        return self._inner.regions(partition)

    def known(self, service: str, region: str) -> bool:
        return self._inner.known(service, region)


def _reply(status: int, data: Mapping[str, Any]) -> Reply:
    error = data.get("Error")
    if status < 300 or not isinstance(error, Mapping):
        return answer(data)
    return refused(str(error.get("Code", status)), str(error.get("Message", "")), status)


def _times(value: Any) -> Any:
    """Recordings write a time as `{"__class__": "datetime", "year": ...}`."""
    if isinstance(value, list):
        return [_times(element) for element in value]
    if not isinstance(value, Mapping):
        return value
    if value.get("__class__") == "datetime":
        parts = {name: number for name, number in value.items() if not name.startswith("__")}
        return timestamp(datetime(**parts))  # noqa: DTZ001 (recorded in UTC)
    return {key: _times(member) for key, member in value.items()}
