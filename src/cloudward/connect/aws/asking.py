"""One request to AWS, repeated while that helps, and never faster than is polite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from threading import Lock
from typing import Any

from cloudward.connect.aws.declare import Call, Service
from cloudward.connect.aws.outcomes import Again, Verdict, judge
from cloudward.connect.aws.pace import Bucket, Clock, backoff
from cloudward.connect.aws.transport import Kind, Transport
from cloudward.errors import SignInError
from cloudward.model import Outcome

ATTEMPTS = {Again.NO: 1, Again.THROTTLED: 9, Again.TRANSIENT: 4, Again.LATER: 12}
WAITS = {Again.THROTTLED: (0.5, 20.0), Again.TRANSIENT: (0.2, 5.0), Again.LATER: (2.0, 10.0)}
"""Base and bound of the pause before the next attempt, in seconds."""

PATIENCE = 3
"""When so many requests of a kind failed in a row, each of the next is tried once only ..."""
SURRENDER = 20
"""... and after so many the rest are not made: a scan ends even if a service never answers."""

QUOTA = 10.0
"""Requests per second assumed where a service documents nothing."""


class Asker:
    """Asks the services of one account. Any number of threads may use it."""

    def __init__(
        self,
        transport: Transport,
        home: str,
        services: Mapping[str, Service],
        *,
        max_rate: float | None = None,
        clock: Clock | None = None,
        alone: bool = True,
    ) -> None:
        """`alone` is False where other accounts are read on when the credentials of this one are refused."""
        self.transport, self.home, self.clock = transport, home, clock or Clock()
        self._services, self._max_rate, self._alone = services, max_rate, alone
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self._failures: dict[tuple[str, str, str], int] = {}
        self._lock = Lock()
        self.requests = 0
        """Sent so far, repeated ones included."""

    def ask(self, call: Call, service: str, region: str, params: Mapping[str, Any]) -> Verdict:
        """How the request ended after all attempts; credentials that are not valid raise `SignInError`."""
        kind = service, region, call.operation
        failures = self._failures.get(kind, 0)
        if failures >= SURRENDER:
            return Verdict(Outcome.FAILED, message=f"not asked any more: {failures} failed in a row")
        verdict = self._persist(call, service, region, params, patient=failures < PATIENCE)
        self._failures[kind] = failures + 1 if verdict.again in (Again.THROTTLED, Again.TRANSIENT) else 0
        return verdict

    def _persist(
        self, call: Call, service: str, region: str, params: Mapping[str, Any], *, patient: bool
    ) -> Verdict:
        bucket = self._bucket(service, region)
        attempt = 0
        while True:
            bucket.take()
            verdict = self._once(call, service, region, params)
            attempt += 1
            if verdict.again is Again.THROTTLED:
                bucket.slow_down()
            if attempt >= (ATTEMPTS[verdict.again] if patient else 1):
                return verdict
            self.clock.sleep(backoff(attempt, *WAITS[verdict.again]))

    def _once(self, call: Call, service: str, region: str, params: Mapping[str, Any]) -> Verdict:
        with self._lock:
            self.requests += 1
        reply = self.transport.send(service, region, call.operation, params)
        verdict = judge(reply, call)
        if verdict.signed_out and not self._still_signed_in(verdict):
            return self._signed_out(verdict)
        if reply.kind is Kind.UNREACHABLE and not self.transport.known(service, region):
            message = f"{service} is not offered in {region}"
            return Verdict(Outcome.UNSUPPORTED, message=message, not_offered=True)
        return verdict

    def _still_signed_in(self, verdict: Verdict) -> bool:
        """Credentials that one region refuses may be good elsewhere: then the region is not enabled."""
        if verdict.outcome is not Outcome.UNSUPPORTED:
            return False
        reply = self.transport.send("sts", self.home, "GetCallerIdentity", {})
        return reply.kind is not Kind.REFUSED

    def _signed_out(self, verdict: Verdict) -> Verdict:
        if not self._alone:
            return replace(verdict, outcome=Outcome.FAILED)
        raise SignInError(
            f"AWS does not take the credentials any more: {verdict.message}",
            "sign in again and continue the scan with --resume",
        )

    def _bucket(self, service: str, region: str) -> Bucket:
        """Quotas hold per account, service and region."""
        with self._lock:
            if (service, region) not in self._buckets:
                declared = self._services.get(service)
                quota = declared.quota if declared else QUOTA
                burst = declared.burst if declared and not self._max_rate else 0.0
                self._buckets[service, region] = Bucket(self._max_rate or quota / 2, self.clock, burst / 2)
            return self._buckets[service, region]
