"""Log files in a bucket of S3: those that came since it was read, in the order in which they came."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cloudward.connect.events.reading import Part
from cloudward.connect.events.unpacking import LARGEST
from cloudward.errors import InputError, UsageError

SCHEME = "s3://"
OVERLAP = timedelta(days=1)
"""So much older than the latest may an object be that came after it: one that comes in parts has the moment
of the first."""
TOGETHER = 50
"""Objects that are fetched and evaluated together."""


class Bucket:
    """What is under `s3://bucket/prefix`. `known` is what `state` gave before."""

    def __init__(self, address: str, known: Mapping[str, Any] | None = None) -> None:
        self.address = address
        self.bucket, _, self.prefix = address.removeprefix(SCHEME).partition("/")
        if not self.bucket:
            raise UsageError(f"{address!r} names no bucket", "s3://bucket/prefix")
        seen = (known or {}).get("seen") or {}
        self._seen = {key: datetime.fromisoformat(at) for key, at in seen.items()}
        self._until = max(self._seen.values(), default=None)
        self._client: Any = None

    def state(self) -> dict[str, Any]:
        """How far it was read: the objects that an overlap needs."""
        return {"seen": {key: at.isoformat() for key, at in self._seen.items()}}

    def new(self) -> list[tuple[str, datetime, int]]:
        """Key, moment and size of the objects that were not read, the oldest first."""
        oldest = self._until - OVERLAP if self._until else None
        found = [
            (each["Key"], each["LastModified"], each["Size"])
            for page in self._pages()
            for each in page.get("Contents", ())
            if each["Size"]
            and (oldest is None or each["LastModified"] >= oldest)
            and self._seen.get(each["Key"]) != each["LastModified"]
        ]
        return sorted(found, key=lambda each: (each[1], each[0]))

    @contextmanager
    def fetched(self, objects: list[tuple[str, datetime, int]]) -> Iterator[list[Part]]:
        """Objects as files, for as long as the block runs."""
        with tempfile.TemporaryDirectory(prefix="cloudward-") as folder:
            parts = []
            for number, (key, _, size) in enumerate(objects):
                if size > LARGEST:
                    raise InputError(f"{SCHEME}{self.bucket}/{key} has more than {LARGEST >> 20} MiB")
                path = Path(folder) / str(number)
                with _told(self.address):
                    self._s3().download_file(self.bucket, key, str(path))
                parts.append(Part(path, f"{SCHEME}{self.bucket}/{key}"))
            yield parts

    def read(self, objects: list[tuple[str, datetime, int]]) -> None:
        """These are evaluated."""
        self._seen |= {key: at for key, at, _ in objects}
        self._until = max(self._seen.values(), default=None)
        if self._until:
            self._seen = {key: at for key, at in self._seen.items() if at >= self._until - OVERLAP}

    def _pages(self) -> Iterator[Any]:
        with _told(self.address):
            pages = self._s3().get_paginator("list_objects_v2")
            yield from pages.paginate(Bucket=self.bucket, Prefix=self.prefix)

    def _s3(self) -> Any:
        if self._client is None:
            import boto3

            self._client = boto3.client("s3")
        return self._client


@contextmanager
def _told(address: str) -> Iterator[None]:
    """What AWS says of an error, with the address that it is about."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError, Boto3Error) as error:
        raise InputError(f"cannot read {address}: {error}") from error
