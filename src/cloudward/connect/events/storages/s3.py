"""Amazon S3: `s3://BUCKET/PREFIX`, with the credentials that the tools of AWS find."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from cloudward.connect.events.storages import ChangedError, Object
from cloudward.errors import InputError, SignInError, UsageError
from cloudward.runtime import trust

SCHEMES = ("s3://",)
FORM = "s3://BUCKET/PREFIX"


class Bucket:
    """What is under a prefix of a bucket."""

    way = "s3"

    def __init__(self, address: str) -> None:
        self.address = address
        self._bucket, _, self._prefix = address.removeprefix(SCHEMES[0]).partition("/")
        if not self._bucket:
            raise UsageError(f"{address!r} names no bucket", FORM)
        self._client: Any = None

    def objects(self) -> Iterator[Object]:
        with _told(self.address):
            pages = self._s3().get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix):
                for each in page.get("Contents", ()):
                    yield Object(each["Key"], each["LastModified"], each["Size"], each["ETag"])

    def fetch(self, found: Object, start: int, file: IO[bytes]) -> None:
        with _told(self.name(found.key)):
            answer = self._s3().get_object(
                Bucket=self._bucket, Key=found.key, IfMatch=found.version, Range=f"bytes={start}-"
            )
            for piece in answer["Body"].iter_chunks(1 << 20):
                file.write(piece)

    def name(self, key: str) -> str:
        return f"{SCHEMES[0]}{self._bucket}/{key}"

    def _s3(self) -> Any:
        if self._client is None:
            import boto3

            self._client = boto3.client("s3", verify=trust.authorities())
        return self._client


opened = Bucket


@contextmanager
def _told(what: str) -> Iterator[None]:
    """What AWS says of an error, with what it is about."""
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, NoCredentialsError

    try:
        yield
    except NoCredentialsError as error:
        raise SignInError(
            f"cannot read {what}: {error}", "aws configure, or a role of this machine"
        ) from error
    except ClientError as error:
        if error.response["Error"]["Code"] == "PreconditionFailed":
            raise ChangedError(f"{what} was written to in between") from error
        raise InputError(f"cannot read {what}: {error}") from error
    except (BotoCoreError, HTTPClientError) as error:
        raise InputError(f"cannot read {what}: {error}") from error
