"""Files of indicators, as others write them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cloudward.connect.indicators import kind_of, normal
from cloudward.connect.indicators.parse import parse
from cloudward.connect.indicators.reading import Given, file
from cloudward.connect.indicators.stix import pattern
from cloudward.errors import InputError


@pytest.mark.parametrize(
    ("value", "kind", "made"),
    [
        ("203.0.113.9", "address", "203.0.113.9"),
        ("203.0.113.9/24", "address", "203.0.113.0/24"),
        ("2001:DB8:0::1", "address", "2001:db8::1"),
        ("::ffff:203.0.113.9", "address", "203.0.113.9"),
        ("Bad.Example.", "domain", "bad.example"),
        ("*.bad[.]example", "domain", "bad.example"),
        ("hxxps://Bad.Example/a?b=1#c", "url", "https://bad.example/a?b=1"),
        ("http://bad.example:8080", "url", "http://bad.example:8080/"),
        ("D" * 64, "hash", "d" * 64),
        ("no", "", ""),
        ("10.0.0.300", "", ""),
        ("javascript:alert(1)", "", ""),
    ],
)
def test_a_value_is_known_by_its_looks_and_written_in_one_way(value: str, kind: str, made: str) -> None:
    assert (kind_of(value), normal(kind_of(value) or "domain", value)) == (kind, made)


def test_a_list_with_comments_is_read() -> None:
    assert parse(b"# exits\n203.0.113.1\n\n203.0.113.2\nrubbish\n") == (
        [("address", "203.0.113.1", None, None, [], ""), ("address", "203.0.113.2", None, None, [], "")],
        ["'rubbish' is no address, name, URL or hash"],
        1,
    )


def test_csv_is_read_by_its_head() -> None:
    text = b"ip,score,valid_until,tags,name\n203.0.113.1,80,2027-01-31,tor;Exit,x\n203.0.113.2,high,,,\n"
    rows, problems, wrong = parse(text)
    assert rows == [("address", "203.0.113.1", 80, "2027-01-31", ["tor", "exit"], "x")]
    assert (problems, wrong) == (["'203.0.113.2': the confidence 'high' is no number"], 1)


def test_json_lines_are_read_and_a_broken_one_costs_itself() -> None:
    text = b'{"indicator": "bad.example", "labels": ["c2"]}\n{"indicator": \n{"value": "%s"}\n' % (b"a" * 32)
    rows, problems, wrong = parse(text)
    assert [row[:2] for row in rows] == [("domain", "bad.example"), ("hash", "a" * 32)]
    assert (problems, wrong) == (["line 2 is no JSON"], 1)


def stix(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "indicator", "id": "indicator--1", "pattern": text, "pattern_type": "stix", **more}


def test_a_bundle_of_stix_is_read(tmp_path: Path) -> None:
    bundle = {
        "type": "bundle",
        "objects": [
            stix(
                "[ipv4-addr:value = '203.0.113.1' OR ipv4-addr:value = '203.0.113.2'] OR "
                "[domain-name:value = 'b.example']",
                confidence=90,
                valid_until="2027-01-31T00:00:00Z",
                indicator_types=["malicious-activity"],
                name="A",
            ),
            stix("[file:hashes.'SHA-256' = '" + "d" * 64 + "']"),
            stix("[url:value = 'http://a.example/'] AND [domain-name:value = 'a.example']"),
            stix("[ipv4-addr:value = '203.0.113.3']", revoked=True),
            {"type": "malware", "name": "x"},
        ],
    }
    path = tmp_path / "feed.json"
    path.write_text(json.dumps(bundle))
    found = file(path, Given("feed", confidence=40, labels=["mine"]))
    assert [(each.kind, each.value, each.confidence) for each in found.indicators] == [
        ("address", "203.0.113.1", 90),
        ("address", "203.0.113.2", 90),
        ("domain", "b.example", 90),
        ("hash", "d" * 64, 40),
    ]
    assert found.indicators[0].labels == ("malicious-activity", "mine")
    assert found.indicators[0].expires == datetime(2027, 1, 31, tzinfo=UTC)
    assert found.wrong == 1
    assert "no list of values" in found.problems[0]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[ipv4-addr:value ISSUBSET '203.0.113.0/24']", [("address", "203.0.113.0/24")]),
        (
            "[domain-name:value IN ('a.example', 'b.example')]",
            [("domain", "a.example"), ("domain", "b.example")],
        ),
        (r"[url:value = 'http://a.example/it\'s']", [("url", "http://a.example/it's")]),
        ("[ipv4-addr:value = '203.0.113.1' AND network-traffic:dst_port = 443]", []),
        ("[process:name = 'x']", []),
        ("[ipv4-addr:value LIKE '203.%']", []),
        ("[ipv4-addr:value = '203.0.113.1'] FOLLOWEDBY [url:value = 'http://a.example/']", []),
        ("", []),
        ("[", []),
    ],
)
def test_a_pattern_gives_values_or_nothing(text: str, found: list[tuple[str, str]]) -> None:
    assert list(pattern(text)) == found


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        file(tmp_path / "no", Given("x"))
