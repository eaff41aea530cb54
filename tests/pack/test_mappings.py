"""Mappings: data that is checked, one for each event source."""

from __future__ import annotations

import pytest

from cloudward.connect.events.recognising import every
from cloudward.errors import ContentError, UsageError
from cloudward.pack import reader
from cloudward.pack.file import File
from cloudward.pack.mappings import declared, source, sources


def test_every_mapping_is_of_a_source_that_is_read() -> None:
    given = {each.gives or each.name for each in every().values()}
    assert set(sources()) <= given


def test_what_is_passed_on_is_of_a_source_that_has_alerts_with_an_id() -> None:
    for each in sources().values():
        for relay in each.alert.relays if each.alert else ():
            origin = sources()[relay.source].alert
            assert origin is not None
            assert len(origin.id) == 1
            assert not origin.grouped
            assert relay.only


def test_a_source_that_is_not_known_is_told_with_the_near_name() -> None:
    with pytest.raises(UsageError, match="did you mean 'aws-cloudtrail'"):
        source("aws-cloudtrial")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tilte: x", "no key 'tilte'; did you mean 'title'?"),
        ("logsources: {product: x}", "expected a list of log sources"),
        ("logsources: [{produkt: x}]", "did you mean 'product'?"),
        ("logsources: [{product: x, when: [y]}]", "when"),
        ("fields: {a: 5}", "a: expected a path"),
        ("fields: {a: []}", "a: expected a path"),
        ("alert: {relays: {source: x}}", "expected a list of relays"),
        ("alert: {relays: [{sorce: x}]}", "did you mean 'source'?"),
        ("alert: {relays: [{source: x, id: [a]}]}", "after"),
    ],
)
def test_a_mapping_that_is_wrong_says_where(text: str, said: str) -> None:
    with pytest.raises(ContentError, match=r"x\.yaml:1") as caught:
        declared(File("x.yaml", (), "x", text, reader.parse(text, "x.yaml")))
    assert said in str(caught.value)


def test_where_a_field_stands() -> None:
    windows = source("windows")
    assert windows.paths("Unknown")[:2] == ("Unknown", "Event.EventData.Unknown")
    assert "Event.EventData.NewProcessName" in windows.paths("Image")
    assert source("gcp-audit").paths("data.protoPayload.serviceName")[0] == "protoPayload.serviceName"
