"""`cloudward.detect` for programs."""

from __future__ import annotations

from pathlib import Path

import pytest

import cloudward
from cloudward.errors import InputError, UsageError
from tests.detect.rules import rule

TRAIL = """
title: Root signs in
logsource: {product: aws, service: cloudtrail}
detection:
  s: {eventName: ConsoleLogin, userIdentity.type: Root}
  condition: s
"""
COUNTED = "title: Often\ncorrelation: {type: event_count, rules: [root], timespan: 1h, condition: {gte: 1}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "root.yml").write_text(TRAIL)
    return tmp_path


def test_events_are_documents_or_json(folder: Path) -> None:
    event = {"eventName": "ConsoleLogin", "userIdentity": {"type": "Root"}}
    text = '{"eventName": "consolelogin", "userIdentity": {"type": "root"}}'
    found = cloudward.detect([event, {}, text, text.encode()], "aws-cloudtrail", rules=folder)
    assert list(found) == [(0, "root"), (2, "root"), (3, "root")]
    assert list(cloudward.detect([event], "aws-cloudtrail", rules=cloudward.detections([folder]))) == [
        (0, "root")
    ]
    assert list(cloudward.detect([event], "okta", rules=folder)) == []


def test_names_are_checked_before_the_first_event(folder: Path) -> None:
    with pytest.raises(UsageError, match="did you mean 'aws-cloudtrail'"):
        cloudward.detect([], "aws-cloudtrial", rules=folder)
    with pytest.raises(UsageError, match="no folder, no file and no detection"):
        cloudward.detect([], "aws-cloudtrail", rules="no-such-thing")


def test_rules_that_only_a_correlation_asks_are_not_told(folder: Path) -> None:
    (folder / "often.yml").write_text(COUNTED)
    event = {"eventName": "ConsoleLogin", "userIdentity": {"type": "Root"}}
    assert list(cloudward.detect([event], "aws-cloudtrail", rules=folder)) == []


def test_rules_that_are_not_understood_are_warned_of(folder: Path) -> None:
    (folder / "bad.yml").write_text(rule("s: {a|b: 1}\ncondition: s"))
    with pytest.warns(UserWarning, match="1 rules were not understood, the first: .*bad.yml:4"):
        cloudward.detect([], "aws-cloudtrail", rules=folder)


@pytest.mark.parametrize("event", ["{", "[1]", b"\xff"])
def test_what_is_no_event_is_told_with_its_place(folder: Path, event: str | bytes) -> None:
    with pytest.raises(InputError, match="event 1 is no JSON"):
        list(cloudward.detect([{}, event], "aws-cloudtrail", rules=folder))


def test_the_built_in_detections_run() -> None:
    assert list(cloudward.detect([{}], "aws-cloudtrail")) == []
