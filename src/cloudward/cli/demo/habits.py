"""What was usual at Larch & Lane before the night of its alerts, and what others know of an address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from cloudward.cli.demo.estate import DEVELOPMENT
from cloudward.connect.events import Event
from cloudward.model import Indicator

LAST = datetime(2026, 11, 19, tzinfo=UTC)
"""The day before that night."""
DAYS = 14
WORK = (("DescribeInstances", 9), ("ListBuckets", 13), ("GetObject", 16))
"""What the intern calls on a working day, and at which hour."""
LISTED = Indicator(
    "address",
    "203.0.113.66",
    "neighbourhood-watch",
    85,
    datetime(2027, 5, 20, tzinfo=UTC),
    ("credential-theft",),
    "tries keys that it found in public repositories",
)


def events() -> Iterator[Event]:
    """The intern's days, of CloudTrail; the oldest first."""
    arn = f"arn:aws:iam::{DEVELOPMENT}:user/intern"
    for back in reversed(range(DAYS)):
        for call, hour in WORK:
            at = LAST - timedelta(days=back) + timedelta(hours=hour)
            document = {
                "eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
                "eventSource": "ec2.amazonaws.com" if call.startswith("Describe") else "s3.amazonaws.com",
                "eventName": call,
                "awsRegion": "eu-west-1",
                "sourceIPAddress": "198.51.100.24",
                "userAgent": "aws-cli/2.31",
                "userIdentity": {
                    "type": "IAMUser",
                    "arn": arn,
                    "accountId": DEVELOPMENT,
                    "userName": "intern",
                },
                "recipientAccountId": DEVELOPMENT,
                "eventID": f"larchlane-usual-{back}-{hour}",
            }
            yield Event("aws-cloudtrail", str(document["eventID"]), at, document)
