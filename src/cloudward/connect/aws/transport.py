"""The seam between collectors and AWS: something that answers one request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Protocol


class Kind(Enum):
    """What came back."""

    ANSWER = auto()
    REFUSED = auto()  # an AWS error with a code
    UNREADABLE = auto()  # something that is no AWS answer: an HTML page, half a document
    UNREACHABLE = auto()  # nothing: no connection, or none that lasted
    NOT_RECORDED = auto()  # a replay that has no answer for this


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, or the way in which there was none."""

    kind: Kind
    data: Mapping[str, Any] | None = None
    code: str = ""
    message: str = ""
    status: int = 0


def answer(data: Mapping[str, Any]) -> Reply:
    """A good answer."""
    return Reply(Kind.ANSWER, data, status=200)


def refused(code: str, message: str = "", status: int = 400) -> Reply:
    """An AWS error."""
    return Reply(Kind.REFUSED, None, code, message, status)


class Transport(Protocol):
    """Sends one request once: no paging, no retry, no exception for what AWS says."""

    def send(self, service: str, region: str, operation: str, params: Mapping[str, Any]) -> Reply:
        """The reply to `operation`; credentials that cannot be had at all raise `SignInError`."""

    @property
    def region(self) -> str | None:
        """The region that was configured."""

    def partition(self, region: str) -> str:
        """`aws`, `aws-cn`, `aws-us-gov` ... of a region; empty when it is no region."""

    def regions(self, partition: str) -> tuple[str, ...]:
        """The regions that are known to exist, sorted, for when AWS does not tell."""

    def known(self, service: str, region: str) -> bool:
        """Whether the service is known to have an endpoint in the region."""
