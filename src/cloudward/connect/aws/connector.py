"""The connector of the account of the credentials."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from cloudward.connect.aws.cloudcontrol import generic
from cloudward.connect.aws.collecting import Keep
from cloudward.connect.aws.facts import Wanted, chosen
from cloudward.connect.aws.pace import Clock
from cloudward.connect.aws.reading import Reader, Task
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import Transport
from cloudward.rules.completion import Seal
from cloudward.rules.types import Type

PARALLEL = 16
"""Detail calls that run at the same time, over all units."""


class Aws(Reader):
    """The account of the credential chain, or of a given `boto3.Session`.

    `regions` and `services` narrow what is read; what is left out then stands in coverage.
    `cloud_control` are further types, which only Cloud Control reads.
    `wanted` (type -> paths) says which extra calls are worth making; None makes all of them.
    `max_rate` bounds the requests per second to each service of a region (default: half of its quota).
    `keep` gives resources that are known from before, and whose details need not be asked for again.
    """

    name = "aws"

    def __init__(
        self,
        types: Mapping[str, Type],
        seal: Seal,
        *,
        session: Any = None,
        regions: Collection[str] | None = None,
        services: Collection[str] | None = None,
        cloud_control: Collection[str] = (),
        wanted: Wanted | None = None,
        max_rate: float | None = None,
        transport: Transport | None = None,
        clock: Clock | None = None,
        keep: Keep | None = None,
    ) -> None:
        modules = {**chosen(services), **generic(cloud_control)}
        self._pool = ThreadPoolExecutor(PARALLEL, thread_name_prefix="aws")
        clock = clock or Clock()
        task = Task(types, seal, modules, self._pool, regions, wanted, max_rate, clock, keep)
        super().__init__(task, transport or Boto(session))

    def close(self) -> None:
        """End the threads; those that wait for an answer do so when it comes."""
        self._pool.shutdown(wait=False, cancel_futures=True)
