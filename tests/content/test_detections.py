"""Built-in detections prove themselves by their examples, and say what a person needs."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from pathlib import PurePath
from typing import Any

import pytest

from cloudward.assess.plans import BY_ID
from cloudward.connect.events.recognising import every
from cloudward.detect import Correlation, Detection, Detections, load
from cloudward.detect.correlator import Correlator
from cloudward.detect.coverage import TABLE, answered, totals
from cloudward.detect.trial import trials
from cloudward.pack.mappings import sources


@pytest.fixture(scope="module")
def detections() -> Detections:
    return load()


def each(detections: Detections) -> Iterator[Detection | Correlation]:
    return iter(detections.all.values())


def test_every_example_comes_out_as_it_says(detections: Detections) -> None:
    found = list(trials(detections, detections.detections))
    assert [(trial.detection.id, trial.expected, trial.number) for trial in found if not trial.passed] == []
    assert len(found) > 400


def test_every_detection_of_one_event_has_examples_of_both_kinds(detections: Detections) -> None:
    assert [one.id for one in detections.detections if not (one.alerting and one.quiet)] == []


def test_every_detection_says_why_and_what_to_do(detections: Detections) -> None:
    for one in each(detections):
        assert one.why, one.id
        assert one.extra.get("investigate"), one.id
        assert one.extra.get("remediate"), one.id
        assert one.tactics, one.id
        assert one.techniques or one.level == "informational" or one.tactics, one.id


def test_every_detection_lies_in_the_folder_of_a_source_and_runs_on_it(detections: Detections) -> None:
    for one in detections.detections:
        folder = PurePath(one.file).parent.name
        assert folder in sources(), one.id
        assert one in detections.of(folder), one.id


def test_no_title_is_given_twice(detections: Detections) -> None:
    titles = [(PurePath(one.file).parent.name, one.title) for one in each(detections)]
    assert len(titles) == len(set(titles))


def test_every_alert_type_that_is_named_is_in_the_reference(detections: Detections) -> None:
    known = {name for row in answered(detections) for name in (*row.alert_type.split(";"), row.name)}
    assert {name for one in each(detections) for name in one.alert_type} <= known


def test_every_alert_type_has_a_source_or_what_it_would_need(detections: Detections) -> None:
    rows = list(answered(detections))
    assert all(row.source for row in rows)
    assert sum(totals(rows).values()) == len(rows) == len(TABLE.read_text().splitlines()) - 1


def test_a_log_belongs_to_a_plan_that_can_be_switched() -> None:
    named = {name: each.plan for name, each in sources().items() if each.plan}
    assert set(named.values()) <= BY_ID.keys()
    without = {"aws-guardduty", "aws-securityhub", "azure-defender", "ocsf", "cloudward-canary"}
    assert sources().keys() - named.keys() == without


def test_every_log_that_is_read_has_a_mapping() -> None:
    assert {one.gives or one.name for one in every().values()} <= sources().keys()


def test_every_mapping_names_entities() -> None:
    given = {one.gives or one.name for one in every().values()}
    assert [name for name in given if not sources()[name].entities] == []


def put(event: dict[str, Any], path: str, value: Any) -> None:
    head, _, rest = path.partition(".")
    if rest:
        put(event.setdefault(head, {}), rest, value)
    else:
        event[head] = value


def enough(detections: Detections, id: str) -> list[dict[str, Any]]:
    """Events on which a detection alerts, or a correlation holds."""
    one = detections[id]
    if isinstance(one, Detection):
        return [deepcopy(one.alerting[0])]
    if one.type.startswith("temporal"):
        return [event for rule in one.rules for event in enough(detections, rule)]
    events = []
    for number in range(int(one.condition["gte"])):
        for event in enough(detections, one.rules[0]):
            for field in one.counted:
                put(event, field, f"value-{number}")
            events.append(event)
    return events


def test_every_correlation_holds_on_enough_of_its_events_and_not_on_one_fewer(detections: Detections) -> None:
    """Group fields that the examples of its rules do not have are given; those that are counted differ."""
    for one in detections.correlations:
        source = sources()[PurePath(one.file).parent.name]
        events = enough(detections, one.id)
        for event in events:
            for field in one.group_by:
                if field not in one.counted:
                    put(event, field, "203.0.113.9")
        for given, expected in ((events, True), (events[1:], False)):
            correlator = Correlator(detections)
            found = [
                joined.id
                for number, event in enumerate(given)
                for _, ids in [(event, [id for _, id in detections.match([event], source)])]
                for joined in correlator.feed(ids, event, source, float(number) / 100, str(number))
            ]
            assert (one.id in found) is expected, one.id
