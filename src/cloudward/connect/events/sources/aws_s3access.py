from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from cloudward.connect.events import Line, Source

NAMES = """
    bucketowner bucket time remoteip requester requestid operation key requesturi httpstatus
    errorcode bytessent objectsize totaltime turnaroundtime referrer useragent versionid hostid
    signatureversion ciphersuite authenticationtype hostheader tlsVersion accesspointarn aclrequired
"""
FIELD = re.compile(r'\[([^\]]*)\]|"((?:[^"\\]|\\.|""(?!\s))*)"|(\S+)')
NUMBERS = {"httpstatus", "bytessent", "objectsize", "totaltime", "turnaroundtime"}
OWNER = re.compile(r"[0-9a-f]{64} \S+ \[\d\d/\w{3}/\d{4}:")


def _lines(_: datetime) -> Line:
    def read(text: str) -> dict[str, Any] | None:
        if not OWNER.match(text):
            return None
        words = [a or b or c for a, b, c in FIELD.findall(text)]
        return {
            name: int(word) if name in NUMBERS and word.isdigit() else word
            for name, word in zip(NAMES.split(), words, strict=False)
            if word not in ("-", "")
        }

    return read


SOURCE = Source(
    name="aws-s3access",
    title="Amazon S3 server access logs",
    lines=_lines,
    keys=("bucketowner", "bucket", "operation", "requestid"),
    time=("time",),
    id=("requestid",),
    page="https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html",
)
