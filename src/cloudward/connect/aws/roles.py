"""The credentials of a role: had when they are first needed, and renewed before they end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

from cloudward.connect.aws.outcomes import Verdict
from cloudward.connect.aws.pace import Clock
from cloudward.connect.aws.transport import Reply, refused
from cloudward.model import Cause, Outcome, Reason

MARGIN = timedelta(minutes=5)
"""So long before their end credentials are renewed: requests that are under way still get through."""
AGAIN = timedelta(minutes=1)
"""Between two attempts at credentials that were refused."""
BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Grant:
    """Credentials with their end, and whose they are."""

    key: Any
    """What botocore signs with."""
    ends: datetime
    arn: str


class Role:
    """A role that `ask` takes: one request to STS, whose answer is that of `call`. Called, it gives what to
    sign with, or the reply that says why there is nothing. Any number of threads may call it."""

    def __init__(self, ask: Callable[[], Verdict], clock: Clock, call: str = "sts:AssumeRole") -> None:
        self._ask, self._clock, self._call, self._lock = ask, clock, call, Lock()
        self._grant: Grant | None = None
        self._refusal: Cause | None = None
        self._tried = BEGINNING

    def __call__(self) -> Any:
        grant = self.taken()
        if isinstance(grant, Grant):
            return grant.key
        return _reply(grant)

    def taken(self) -> Grant | Cause:
        """The role's credentials, or why there are none that are still good."""
        with self._lock:
            now = self._clock.now()
            if self._due(now):
                self._renew(now)
            if self._grant and now < self._grant.ends:
                return self._grant
            return self._refusal or Cause(Reason.FAILED, self._call, "the credentials have ended")

    def _due(self, now: datetime) -> bool:
        if self._grant and now < self._grant.ends - MARGIN:
            return False
        return now >= self._tried + AGAIN

    def _renew(self, now: datetime) -> None:
        self._tried = now
        verdict = self._ask()
        grant = _grant(verdict)
        if grant is not None:
            self._grant, self._refusal, self._tried = grant, None, BEGINNING
            return
        denied = verdict.outcome is Outcome.DENIED
        message = verdict.message or "the answer holds no credentials"
        self._refusal = Cause(Reason.DENIED if denied else Reason.FAILED, self._call, message)


def _grant(verdict: Verdict) -> Grant | None:
    """None when the answer is none, or lacks something."""
    from botocore.credentials import ReadOnlyCredentials

    data = verdict.data or {}
    given, user = data.get("Credentials") or {}, data.get("AssumedRoleUser") or {}
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")
    if not (all(isinstance(given.get(name), str) for name in names) and isinstance(user.get("Arn"), str)):
        return None
    access, secret, token, ends = (given[name] for name in names)
    return Grant(ReadOnlyCredentials(access, secret, token), datetime.fromisoformat(ends), user["Arn"])


def _reply(why: Cause) -> Reply:
    said = f"{why.call}: {why.message}"
    denied = why.reason is Reason.DENIED
    return refused("AccessDenied", said, 403) if denied else refused("NoCredentials", said)
