"""The policies of the small estate and a standard that points to them."""

from __future__ import annotations

from pathlib import Path

from tests.pack.content import write

POLICY = """\
title: "{title}"
resource: {type}
unhealthy: 'meta.name == "nobody"'
severity: low
why: Because.
fix: {{portal: Mend it.}}
"""
STANDARD = """\
title: Small Benchmark
version: 1.2.0
publisher: Small Institute
source: https://small.example/benchmark
providers: [aws]
sections: {"1": Buckets, "2": Everything else}
controls:
  "1.1": {title: Buckets are private, policies: [test-bucket-public]}
  "1.2": {title: Buckets are logged, policies: [test-bucket-logged], manual: Somebody reads the logs.}
  "1.3": {title: Buckets are private and logged, policies: [test-bucket-public, test-bucket-logged]}
  "2.1": {title: No SSH, policies: [test-ssh]}
  "2.2": {title: People are trained, manual: Everybody was trained this year.}
  "2.3": {title: Doors are shut, uncovered: Doors are not in a cloud.}
"""
FILES = {
    "policies/test-bucket-public.yaml": POLICY.format(title="Not public", type="AWS::S3::Bucket"),
    "policies/test-bucket-logged.yaml": POLICY.format(title="Logged", type="AWS::S3::Bucket"),
    "policies/test-ssh.yaml": POLICY.format(title="No SSH", type="AWS::EC2::SecurityGroup"),
    "standards/small.yaml": STANDARD,
}


def content(folder: Path) -> Path:
    """A folder with them."""
    return write(folder, FILES)
