"""Small content folders for tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

import msgspec
import pytest

from cloudward.errors import BrokenContentError, ContentError
from cloudward.pack.build import build
from cloudward.pack.cache import Content
from cloudward.pack.folder import files as folder_files
from cloudward.rules.rule import Rule

BUCKET = """\
type: AWS::S3::Bucket
title: S3 bucket
scope: global
source: https://docs.example/bucket
fields:
  Name: {type: string}
  Status: {type: string, default: Suspended, values: [Enabled, Suspended], source: https://docs.example/status}
  Block.Acls: {type: boolean, default: {live: false, template: true}}
  Grants: {type: list, items: {Grantee.URI: {type: string}, Permission: string}}
  Days: {type: integer, default: {}}
"""
POLICY = """\
title: Versioning should be on
resource: AWS::S3::Bucket
unhealthy: p.Status != "Enabled"
severity: low
categories: [data]
why: Because.
fix: {cli: aws s3api put-bucket-versioning --bucket NAME}
examples:
  healthy: [{Status: Enabled}]
  unhealthy: [{}]
"""
SMALL = {"types/aws/s3/bucket.yaml": BUCKET, "policies/aws/s3/aws-s3-bucket-versioning.yaml": POLICY}


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """A folder with these files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
    return folder


def load(folder: Path, files: Mapping[str, str]) -> Content:
    """The content of these files alone."""
    return build(folder_files(write(folder, files)))


def rules(content: Content, type: str) -> tuple[Rule, ...]:
    return msgspec.json.decode(content.rules[type], type=tuple[Rule, ...])


def problems(folder: Path, files: Mapping[str, str]) -> list[str]:
    """What loading says is wrong, without the folder's name."""
    with pytest.raises(ContentError) as caught:
        load(folder, files)
    error = caught.value
    errors = error.errors if isinstance(error, BrokenContentError) else (error,)
    return [str(each).replace(f"{folder}/", "") for each in errors]
