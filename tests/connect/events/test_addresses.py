"""Addresses are known from a file that the user has; without one nothing is said."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cloudward.connect.events import Event
from cloudward.connect.events.addresses import Addresses
from cloudward.connect.events.reading import read
from cloudward.errors import InputError
from tests.detect import mmdb

PARIS = {"country": {"iso_code": "FR"}, "location": {"latitude": 48.85, "longitude": 2.35}}


def event(**document: Any) -> Event:
    return Event("aws-cloudtrail", "1", datetime.now(UTC), document)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    mmdb.write(tmp_path / "addresses" / "city.mmdb", {"203.0.113.0/24": PARIS, "2001:db8::/32": PARIS})
    network = {"autonomous_system_number": 64500, "autonomous_system_organization": "Example Net"}
    mmdb.write(tmp_path / "addresses" / "asn.mmdb", {"203.0.113.0/25": network}, "Test-ASN")
    return tmp_path


def test_an_event_gets_country_network_and_place_of_its_addresses(store: Path) -> None:
    found = Addresses(store).enriched(event(sourceIPAddress="203.0.113.9"))
    assert found.document["cloudward"] == {
        "addresses": [
            {
                "address": "203.0.113.9",
                "country": "FR",
                "network": "AS64500 Example Net",
                "latitude": 48.85,
                "longitude": 2.35,
            }
        ]
    }
    assert Addresses(store).known("203.0.113.200") == {
        "address": "203.0.113.200",
        "country": "FR",
        "latitude": 48.85,
        "longitude": 2.35,
    }
    assert (Addresses(store).known("2001:db8::1") or {})["country"] == "FR"


@pytest.mark.parametrize("address", ["10.0.0.1", "198.51.100.1", "s3.amazonaws.com", ""])
def test_what_is_not_in_the_file_is_not_guessed(store: Path, address: str) -> None:
    assert "cloudward" not in Addresses(store).enriched(event(sourceIPAddress=address)).document


def test_files_of_other_makers_are_understood(tmp_path: Path) -> None:
    record = {"country": "DE", "asn": "AS64501", "as_name": "Other"}
    mmdb.write(tmp_path / "addresses" / "lite.mmdb", {"198.51.100.0/24": record})
    assert Addresses(tmp_path).known("198.51.100.7") == {
        "address": "198.51.100.7",
        "country": "DE",
        "network": "AS64501 Other",
    }


def test_without_a_file_an_event_stays_as_it_is(tmp_path: Path) -> None:
    assert not Addresses(tmp_path)
    given = event(sourceIPAddress="203.0.113.9")
    assert Addresses(tmp_path).enriched(given) is given


def test_a_file_that_is_no_database_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "addresses").mkdir()
    (tmp_path / "addresses" / "x.mmdb").write_text("no")
    with pytest.raises(InputError, match=r"x\.mmdb is no database of addresses"):
        Addresses(tmp_path)


def test_no_log_says_itself_where_an_address_is(tmp_path: Path) -> None:
    log = tmp_path / "trail.json"
    log.write_text(
        '{"Records": [{"eventVersion": "1.08", "eventTime": "2026-01-02T03:04:05Z", "eventSource": "s3", '
        '"eventName": "x", "eventID": "1", "awsRegion": "eu-west-1", "recipientAccountId": "1", '
        '"userIdentity": {"type": "Root"}, "cloudward": {"addresses": [{"country": "FR"}]}}]}'
    )
    (found,) = read([log], "aws-cloudtrail")
    assert isinstance(found, Event)
    assert "cloudward" not in found.document
