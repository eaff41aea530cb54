"""What is told of a record at a glance is what is told when all of it is read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from cloudward.connect.events import Event, Unparsed, cutting
from cloudward.connect.events.glancing import glance
from cloudward.connect.events.read import Reader, Row
from cloudward.connect.events.reading import read
from cloudward.connect.events.recognising import every
from cloudward.connect.events.sealing import seal

RECORD = {
    "eventSource": "iam.amazonaws.com",
    "eventName": "CreateUser",
    "eventTime": "2026-11-20T10:00:00Z",
    "eventID": "e-1",
    "userIdentity": {"arn": "arn:aws:iam::123456789012:user/ana"},
    "requestParameters": {"userName": "eve"},
}
TEXT = json.dumps(RECORD)
SECRET = "hunter2-is-long-enough"


def written(folder: Path, *records: str) -> Path:
    """A delivery; what is behind its first record is read at a glance."""
    file = folder / "a.json"
    file.write_text(f'{{"Records": [{", ".join(records)}]}}')
    return file


def events(path: Path) -> list[Event]:
    found = list(read([path]))
    assert all(isinstance(each, Event) for each in found), found
    return [each for each in found if isinstance(each, Event)]


def with_more(text: str, more: str) -> str:
    return text.replace("e-1", "e-2").removesuffix("}") + f", {more}}}"


def test_what_is_kept_is_what_stands_in_the_file(tmp_path: Path) -> None:
    odd = with_more(TEXT, '"x":  [1.50, "\\u00e9", {"b": 1, "a": 2}]')
    for file in (written(tmp_path, TEXT, odd), tmp_path / "b.log"):
        if not file.exists():
            file.write_text(f"{TEXT}\n{odd}\n")
        _, found = events(file)
        assert found.clean
        assert found.data == odd.encode()
        assert found.document == json.loads(odd)


@pytest.mark.parametrize(
    "more",
    [
        f'"requestParameters": {{"password": "{SECRET}"}}',
        f'"requestParameters": {{"password": "{SECRET}"}}, "requestParameters": {{"userName": "eve"}}',
        f'"requestParameters": {{"password": "{SECRET}", "password": null}}',
        f'"requestParameters": {{"pass\\u0077ord": "{SECRET}"}}, "requestParameters": null',
        f'"requestParameters": [{{"password": "{SECRET}"}}], "requestParameters": 1',
        f'"responseElements": {{"credentials": {{"sessionToken": "{SECRET}"}}, "credentials": {{}}}}',
        f'"requestParameters.password": "{SECRET}", "requestParameters.password": null',
        f'"cloudward": {{"addresses": ["{SECRET}"]}}',
    ],
)
def test_a_secret_is_not_kept_as_it_stands_there(tmp_path: Path, more: str) -> None:
    _, found = events(written(tmp_path, TEXT, with_more(TEXT, more)))
    assert not found.clean
    sealed = seal(found.document, found.source, lambda _: {"redacted": True})
    assert SECRET not in json.dumps(sealed)
    assert sealed is not found.document or SECRET.encode() not in found.data


def test_alerts_are_never_kept_as_they_stand_there(tmp_path: Path) -> None:
    (sample,) = (Path(__file__).parent / "samples").glob("falco.*")
    record = events(sample)[0].document
    (tmp_path / "a.log").write_text(f"{json.dumps(record)}\n" * 2)
    assert [(each.data, each.clean) for each in events(tmp_path)] == [(b"", False)] * 2


def test_a_number_that_is_too_large_is_null_and_costs_no_event(tmp_path: Path) -> None:
    for number in ("1e999", "1" * 5000):
        odd = with_more(TEXT, f'"x": [{number}, {2**70}]')
        (tmp_path / "b.log").write_text(f"{odd}\n{TEXT}\n{odd}\n")
        for file in (written(tmp_path, odd, TEXT, odd), tmp_path / "b.log"):
            first, _, last = events(file)
            assert first.document == last.document
            assert first.document["x"] == [None, 2**70]
            assert last.data == b""


def test_what_is_nested_too_deep_costs_itself_alone(tmp_path: Path) -> None:
    deep = with_more(TEXT, f'"x": {"[" * 400}{"]" * 400}')
    (tmp_path / "b.log").write_text(f"{TEXT}\n{deep}\n{TEXT}\n")
    first, broken, last = read([tmp_path / "b.log"])
    assert isinstance(broken, Unparsed)
    assert (broken.line, broken.problem) == (2, "it is nested too deep")
    assert isinstance(first, Event)
    assert isinstance(last, Event)
    found = list(read([written(tmp_path, TEXT, deep, TEXT)]))
    assert any(isinstance(each, Unparsed) for each in found)
    assert any(isinstance(each, Event) for each in found)


KNOWN = ("aws-cloudtrail", "okta", "gcp-vpcflow", "aws-bedrock", "azure-audit")
NAMES = sorted(
    {
        ".".join(path.split(".")[:length])
        for name in KNOWN
        for path in (*every()[name].keys, *every()[name].time, *every()[name].id, *every()[name].secrets)
        for length in (1, 2, 3)
    }
    | {"cloudward", "Records", "detail"}
)
LEAVES = some.none() | some.booleans() | some.integers() | some.sampled_from(["", "a", "2026-11-20", "é"])
VALUES = some.recursive(
    LEAVES,
    lambda inside: (
        some.lists(inside, max_size=3)
        | some.dictionaries(
            some.sampled_from([each.rpartition(".")[2] for each in NAMES]), inside, max_size=3
        )
    ),
    max_leaves=6,
)


def told(rows: Iterable[Row]) -> list[list[Any]]:
    """Rows with documents for their bytes."""
    return [[*row[:5], msgspec.json.decode(row[5]) if row[5] else None, *row[7:]] for row in rows]


@settings(deadline=None)
@given(
    source=some.sampled_from(KNOWN),
    changes=some.lists(some.dictionaries(some.sampled_from(NAMES), VALUES, max_size=3), max_size=4),
    gone=some.lists(some.sampled_from(NAMES), max_size=2),
)
def test_a_glance_tells_what_reading_tells(
    tmp_path_factory: pytest.TempPathFactory,
    source: str,
    changes: list[Mapping[str, Any]],
    gone: list[str],
) -> None:
    whole: dict[str, Any] = {}
    for path in (*every()[source].keys, *every()[source].time, *every()[source].id):
        *heads, last = path.split(".")
        node = whole
        for head in heads:
            node = node.setdefault(head, {})
        node[last] = "2026-11-20T10:00:00Z"
    records = [whole, *({**whole, **each} for each in changes)]
    records.append({name: each for name, each in whole.items() if name not in gone})
    data = json.dumps({"Records": records}).encode()
    file = tmp_path_factory.mktemp("told") / "a.json"
    file.write_bytes(data)
    rows = list(Reader(None).rows(file))
    assert told(rows) == told(Reader(None)._pieces(cutting.documents(data)))
    for row in rows:
        document = msgspec.json.decode(row[5]) if row[6] else {}
        assert seal(document, row[1], lambda _: {"redacted": True}) is document


def test_who_has_to_see_all_of_a_record_gets_it() -> None:
    assert glance("aws-guardduty") is None
    assert glance("kubernetes-audit") is None
    assert glance("aws-cloudtrail") is not None
